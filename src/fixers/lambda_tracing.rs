//! X-Ray tracing of functions, with the permission that the function's role needs for it.

use crate::catalogue::{Context, Verdict};
use crate::fix::{Change, Effect, Fix, Grade};
use crate::iam::role::{self, Exclusive};
use crate::model::{Draft, DraftBody, Resource, Value};

/// The managed policy that allows to write traces.
const POLICY: &str = "AWSXRayDaemonWriteAccess";
/// Managed policies that allow it too.
const ENOUGH: [&str; 5] =
    [POLICY, "AWSXrayWriteOnlyAccess", "AWSXrayFullAccess", "AdministratorAccess", "PowerUserAccess"];

pub(super) fn judge(context: &Context<'_>) -> Verdict {
    let function = context.resource;
    match context.project.settle(&function.body.at("tracing_config.mode")) {
        Value::String(mode) if &*mode == "Active" => return Verdict::Pass,
        Value::Null | Value::String(_) => {}
        _ => return Verdict::Unknown("the tracing mode isn't known before a deploy".into()),
    }
    if super::is_edge_function(context.project, function) {
        return Verdict::Pass;
    }
    Verdict::fail("invocations leave no X-Ray trace", fix(context, function))
}

fn fix(context: &Context<'_>, function: &Resource) -> Fix {
    let content =
        DraftBody::default().with_block("tracing_config", DraftBody::arguments([("mode", Draft::string("Active"))]));
    let mut fix = Fix {
        title: "Trace invocations".into(),
        grade: Grade::Safe,
        effect: Effect::InPlace,
        changes: vec![Change::Set { resource: function.id, content }],
        notes: vec![
            "traces are billed by number; by default one request a second and 5 % of the rest are recorded".into(),
        ],
    };
    if let Some(role) = role_of(context, function) {
        allow_traces(context, role, function, &mut fix);
    } else {
        fix.grade = Grade::Review;
        fix.notes.push(format!(
            "the function's role stands elsewhere: it needs xray:PutTraceSegments and xray:PutTelemetryRecords ({POLICY})"
        ));
    }
    fix
}

/// The role, when it is declared in the function's own module.
fn role_of<'a>(context: &Context<'a>, function: &Resource) -> Option<&'a Resource> {
    let Value::Reference(reference) = function.body.get("role") else { return None };
    let role = context.project.resource(reference.resource);
    let declared =
        &*role.kind == "aws_iam_role" && role.mode == crate::model::Mode::Managed && role.instance == function.instance;
    declared.then_some(role)
}

fn allow_traces(context: &Context<'_>, role: &Resource, function: &Resource, fix: &mut Fix) {
    let grants = role::grants(context.project, role);
    if grants.allows("xray:PutTraceSegments", &ENOUGH) {
        return;
    }
    let arn = Draft::Text(vec![
        Draft::string("arn:"),
        super::partition(context.project, function.instance),
        Draft::string(format!(":iam::aws:policy/{POLICY}")),
    ]);
    fix.title.push_str(" and allow the role to write traces");
    let change = match grants.exclusive {
        Some(Exclusive::Argument) => {
            Change::Append { resource: role.id, argument: "managed_policy_arns".into(), value: arn }
        }
        Some(Exclusive::Resource(id)) => Change::Append { resource: id, argument: "policy_arns".into(), value: arn },
        None => Change::Add {
            near: role.id,
            kind: "aws_iam_role_policy_attachment".into(),
            name: format!("{}_xray", role.name),
            mirror: true,
            content: DraftBody::arguments([("role", Draft::Attribute(role.id, "name".into())), ("policy_arn", arn)]),
        },
    };
    fix.changes.push(change);
    let others = context.project.of_kind("aws_lambda_function").filter(|other| {
        other.span != function.span && matches!(other.body.get("role"), Value::Reference(r) if r.resource == role.id)
    });
    if others.count() > 0 {
        fix.grade = Grade::Review;
        fix.notes.push(format!("{} serves other functions too: they may then write traces as well", role.address()));
    }
}
