//! X-Ray tracing of functions and state machines, with the permission that their role needs for it.

use crate::catalogue::{Context, Verdict};
use crate::fix::{Change, Effect, Fix, Grade};
use crate::iam::role::{self, Exclusive};
use crate::model::{Draft, DraftBody, Resource, Value};

/// The managed policy that allows to write traces.
const POLICY: &str = "AWSXRayDaemonWriteAccess";
/// Managed policies that allow it too.
const ENOUGH: [&str; 5] =
    [POLICY, "AWSXrayWriteOnlyAccess", "AWSXrayFullAccess", "AdministratorAccess", "PowerUserAccess"];
/// What a traced resource calls the role that writes its traces, by type.
const ROLE_ARGUMENTS: [(&str, &str); 4] = [
    ("AWS::Lambda::Function", "Role"),
    ("AWS::StepFunctions::StateMachine", "RoleArn"),
    ("aws_lambda_function", "role"),
    ("aws_sfn_state_machine", "role_arn"),
];

/// Functions trace actively.
pub(super) fn function(context: &Context<'_>) -> Verdict {
    let function = context.resource;
    let (block, argument) = context.named(("tracing_config", "mode"), ("TracingConfig", "Mode"));
    match context.project.settle(&function.body.at(&format!("{block}.{argument}"))) {
        Value::String(mode) if &*mode == "Active" => return Verdict::Pass,
        Value::Null => {}
        Value::String(mode) => {
            return Verdict::show(
                format!("its tracing mode is `{mode}`: only what its callers chose to trace is recorded"),
                "Set the mode to Active",
                "somebody has chosen this mode",
            );
        }
        _ => return Verdict::Unknown("the tracing mode isn't known before a deploy".into()),
    }
    if crate::iam::scope::log_group::at_edge(context.project, function) {
        return Verdict::Exempt("CloudFront invokes it at the edge, where X-Ray records nothing".into());
    }
    let content = DraftBody::default().with_block(block, DraftBody::arguments([(argument, Draft::string("Active"))]));
    Verdict::fail("invocations leave no X-Ray trace", fix(context, content))
}

/// State machines trace their executions.
pub(super) fn state_machine(context: &Context<'_>) -> Verdict {
    let (block, argument) = context.named(("tracing_configuration", "enabled"), ("TracingConfiguration", "Enabled"));
    let enabled = context.project.settle(&context.resource.body.at(&format!("{block}.{argument}")));
    match (enabled.as_bool(), enabled.is_null()) {
        (Some(true), _) => Verdict::Pass,
        (Some(false), _) | (None, true) => {
            let content = DraftBody::default().with_block(block, DraftBody::arguments([(argument, Draft::Bool(true))]));
            Verdict::fail("executions leave no X-Ray trace", fix(context, content))
        }
        (None, false) => Verdict::Unknown("whether executions are traced isn't known before a deploy".into()),
    }
}

fn fix(context: &Context<'_>, content: DraftBody) -> Fix {
    let resource = context.resource;
    let mut fix = Fix {
        title: "Record traces".into(),
        grade: Grade::Safe,
        effect: Effect::InPlace,
        changes: vec![Change::Set { resource: resource.id, content }],
        notes: vec![
            "traces are billed by number; by default one request a second and 5 % of the rest are recorded".into(),
        ],
    };
    if let Some(role) = role_of(context, resource) {
        allow_traces(context, role, resource, &mut fix);
    } else {
        fix.grade = Grade::Review;
        fix.notes.push(format!(
            "the role stands elsewhere: it needs xray:PutTraceSegments and xray:PutTelemetryRecords ({POLICY})"
        ));
    }
    fix
}

/// The value of the argument that names a resource's role.
pub(super) fn role_argument(resource: &Resource) -> Value {
    let argument = ROLE_ARGUMENTS.iter().find(|(kind, _)| *kind == &*resource.kind);
    argument.map_or(Value::Null, |(_, argument)| resource.body.get(argument))
}

/// The role, when it is declared in the resource's own module.
pub(super) fn role_of<'a>(context: &Context<'a>, resource: &Resource) -> Option<&'a Resource> {
    let Value::Reference(reference) = role_argument(resource) else { return None };
    let role = context.project.resource(reference.resource);
    let declared = matches!(&*role.kind, "aws_iam_role" | "AWS::IAM::Role")
        && role.mode == crate::model::Mode::Managed
        && role.instance == resource.instance;
    declared.then_some(role)
}

fn allow_traces(context: &Context<'_>, role: &Resource, resource: &Resource, fix: &mut Fix) {
    let grants = role::grants(context.project, role);
    if grants.allows("xray:PutTraceSegments", &ENOUGH) {
        return;
    }
    let arn = Draft::Text(vec![
        Draft::string("arn:"),
        super::partition(context.project, resource.instance),
        Draft::string(format!(":iam::aws:policy/{POLICY}")),
    ]);
    fix.title.push_str(" and allow the role to write traces");
    let change = match grants.exclusive {
        Some(Exclusive::Argument) => {
            let argument = context.named("managed_policy_arns", "ManagedPolicyArns");
            Change::Append { resource: role.id, argument: argument.into(), value: arn }
        }
        Some(Exclusive::Resource(id)) => Change::Append { resource: id, argument: "policy_arns".into(), value: arn },
        // Once for all that have the role.
        None => Change::AddShared {
            near: role.id,
            kind: "aws_iam_role_policy_attachment".into(),
            name: format!("{}_xray", role.name),
            mirror: true,
            content: DraftBody::arguments([("role", Draft::Attribute(role.id, "name".into())), ("policy_arn", arn)]),
        },
    };
    fix.changes.push(change);
    if serves_others(context, role, resource) {
        fix.grade = Grade::Review;
        fix.notes.push(format!("{} serves others too: they may then write traces as well", role.address()));
    }
}

/// Whether a function or state machine other than `resource` has the role, too.
pub(super) fn serves_others(context: &Context<'_>, role: &Resource, resource: &Resource) -> bool {
    let mut users = ROLE_ARGUMENTS.iter().flat_map(|(kind, _)| context.project.of_kind(kind));
    users.any(|other| {
        other.span != resource.span && matches!(role_argument(other), Value::Reference(r) if r.resource == role.id)
    })
}
