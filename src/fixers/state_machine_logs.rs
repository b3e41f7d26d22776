//! Logs of state machines: a log group, the setting, and the permission that their role needs first.
//!
//! NOTE: without the permission the state machine is neither created nor updated: "The state machine IAM Role is not
//! authorized to access the Log Destination". <https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html>

use super::tracing::{role_of, serves_others};
use crate::catalogue::{Context, Verdict};
use crate::fix::{Change, Effect, Fix, Grade};
use crate::iam::LOG_DELIVERY;
use crate::iam::role::{self, Granted, Grants};
use crate::model::{Draft, DraftBody, DraftItem, Resource, Value};

/// Managed policies that allow them.
const ENOUGH: [&str; 4] =
    ["AdministratorAccess", "PowerUserAccess", "CloudWatchLogsFullAccess", "CloudWatchFullAccess"];
/// A shared policy on log groups holds few names; what begins so is left out of it.
const PREFIX: &str = "/aws/vendedlogs/states/";
const DATA: &str = "whoever reads the log group sees the data of the steps, personal data included";
const GROUP: &str = "aws_cloudwatch_log_group";
const INLINE: &str = "aws_iam_role_policy";

/// State machines log their executions.
pub(super) fn judge(context: &Context<'_>) -> Verdict {
    let (project, machine) = (context.project, context.resource);
    let level = project.settle(&machine.body.at("logging_configuration.level"));
    match &level {
        Value::Null => {}
        Value::String(level) if &**level == "OFF" => {}
        Value::String(_) => return execution_data(context),
        _ => return Verdict::Unknown("whether executions are logged isn't known before a deploy".into()),
    }
    Verdict::fail("its executions leave no log", fix(context))
}

/// What is logged of a step, where the option asks for it.
fn execution_data(context: &Context<'_>) -> Verdict {
    let (project, machine) = (context.project, context.resource);
    let asked = context.option("execution_data").as_bool() == Some(true);
    match project.settle(&machine.body.at("logging_configuration.include_execution_data")) {
        Value::Bool(true) => return Verdict::Pass,
        Value::Bool(false) | Value::Null if asked => {}
        Value::Bool(false) | Value::Null => {
            return Verdict::Exempt(format!(
                "executions are logged without their data (option `execution_data`): {DATA}"
            ));
        }
        _ if asked => return Verdict::Unknown("whether data is logged isn't known before a deploy".into()),
        _ => return Verdict::Pass,
    }
    let logging = DraftBody::arguments([("include_execution_data", Draft::Bool(true))]);
    let content = DraftBody::default().with_block("logging_configuration", logging);
    Verdict::fail(
        "inputs and outputs of its steps are not logged",
        Fix {
            title: "Log the inputs and outputs of steps".into(),
            grade: Grade::Review,
            effect: Effect::Cost,
            changes: vec![Change::Set { resource: machine.id, content }],
            notes: vec![DATA.into(), "logs are billed by volume".into()],
        },
    )
}

fn fix(context: &Context<'_>) -> Fix {
    let (project, machine) = (context.project, context.resource);
    let title = "Log the executions";
    let Some(role) = role_of(context, machine) else {
        return Fix::manual(
            title,
            format!(
                "its role isn't declared in this module, and it needs {} on `*` before the setting is made",
                LOG_DELIVERY.join(", ")
            ),
        );
    };
    let grants = role::grants(project, role);
    let mut notes = vec!["logs are billed by volume".to_owned()];
    let mut changes = Vec::new();
    let mut effect = Effect::Cost;
    let allowed = LOG_DELIVERY.iter().all(|action| grants.allows(action, &ENOUGH));
    let waits_for = if allowed {
        super::order::delivering(project, role, machine).into_iter().map(Resource::address).collect()
    } else {
        effect = Effect::Access;
        match allow(context, role, &grants, &mut changes) {
            Ok(address) => address.into_iter().collect(),
            Err(reason) => return Fix::manual(title, reason),
        }
    };
    if !allowed && serves_others(context, role, machine) {
        notes.push(format!("{} serves others too: they may then set up the delivery of logs as well", role.address()));
    }
    let days = context.number("retention_days").unwrap_or(30.0);
    let mut logging = DraftBody::default();
    if machine.body.at("logging_configuration.log_destination").is_null() {
        let (group, destination) = group(context, days);
        changes.push(group);
        logging.items.push(("log_destination".into(), DraftItem::Argument(destination)));
    }
    if context.option("execution_data").as_bool() == Some(true) {
        logging.items.push(("include_execution_data".into(), DraftItem::Argument(Draft::Bool(true))));
        notes.push(DATA.into());
    }
    // An express workflow has no history beside its log.
    let express = project.settle(&machine.body.get("type")).as_str() == Some("EXPRESS");
    let level = Draft::string(if express { "ALL" } else { "ERROR" });
    logging.items.push(("level".into(), DraftItem::Argument(level)));
    set(machine, logging, waits_for, &mut changes);
    Fix {
        title: if allowed {
            format!("{title} to a group with {days} days of retention")
        } else {
            format!("{title} to a group with {days} days of retention, and let the role deliver them")
        },
        grade: Grade::Review,
        effect,
        changes,
        notes,
    }
}

/// The log group and the destination that names it.
fn group(context: &Context<'_>, days: f64) -> (Change, Draft) {
    let machine = context.resource;
    let name = context.project.unused_name(machine.instance, GROUP, &machine.name);
    let named = match context.as_written(machine, "name") {
        Some(written) => ("name", Draft::Text(vec![Draft::string(PREFIX), written])),
        None => ("name_prefix", Draft::string(format!("{PREFIX}{}-", machine.name))),
    };
    let retention = ("retention_in_days", Draft::Number(days.to_string()));
    let address = format!("{GROUP}.{name}");
    let group = Change::Add {
        near: machine.id,
        kind: GROUP.into(),
        name,
        mirror: true,
        content: DraftBody::arguments([named, retention]),
    };
    // NOTE: the `:*` is required here, and wrong for API Gateway.
    (group, Draft::Text(vec![Draft::AddedAttribute(address, "arn".into()), Draft::string(":*")]))
}

/// Sets the block, and has the state machine wait for the permission.
fn set(machine: &Resource, logging: DraftBody, waits_for: Vec<String>, changes: &mut Vec<Change>) {
    let content = DraftBody::default().with_block("logging_configuration", logging);
    changes.push(Change::Set { resource: machine.id, content });
    let addresses: Vec<Draft> = waits_for.into_iter().map(Draft::Expression).collect();
    if !addresses.is_empty() {
        changes.extend(super::order::after(machine, addresses));
    }
}

/// Gives the role the actions; the address of what the state machine has to wait for, unless it is the role itself.
fn allow(
    context: &Context<'_>,
    role: &Resource,
    grants: &Grants,
    changes: &mut Vec<Change>,
) -> Result<Option<String>, String> {
    let project = context.project;
    let statement = Draft::object([
        ("Effect", Draft::string("Allow")),
        ("Action", Draft::List(LOG_DELIVERY.map(Draft::string).to_vec())),
        ("Resource", Draft::string("*")),
    ]);
    let inline = role.body.blocks("inline_policy").count();
    if inline > 0 {
        // Blocks in the role are all of its inline policies: another one would be taken away at the next apply.
        if inline > 1 {
            return Err(
                "its role has several `inline_policy` blocks: which one is to get the permission isn't known".into()
            );
        }
        let argument = "inline_policy.policy".to_owned();
        changes.push(Change::AppendStatement { resource: role.id, argument, statement });
        return Ok(None);
    }
    if let Some(own) = own_policy(context, grants) {
        changes.push(Change::AppendStatement { resource: own.holder, argument: own.argument.into(), statement });
        let address = project.resource(own.by).address();
        let named = context.resource.body.get("depends_on");
        let mut waits = false;
        named.each_reference(&mut |reference| waits |= reference.resource == own.by);
        return Ok(Some(address).filter(|_| !waits));
    }
    let exclusive = project.of_kind("aws_iam_role_policies_exclusive");
    if let Some(other) =
        exclusive.into_iter().find(|r| project.names(&r.body.get("role_name"), role, "name") != Some(false))
    {
        return Err(format!(
            "{} takes away inline policies that it doesn't list: write the permission there",
            other.address()
        ));
    }
    let name = project.unused_name(role.instance, INLINE, &format!("{}_logs", role.name));
    let document =
        Draft::object([("Version", Draft::string("2012-10-17")), ("Statement", Draft::List(vec![statement]))]);
    let address = format!("{INLINE}.{name}");
    changes.push(Change::Add {
        near: role.id,
        kind: INLINE.into(),
        name,
        mirror: true,
        content: DraftBody::arguments([
            ("role", Draft::Attribute(role.id, "name".into())),
            ("policy", Draft::Json(Box::new(document))),
        ]),
    });
    Ok(Some(address))
}

/// The one inline policy of the role, when it is written out in its own resource and doesn't wait for the state machine.
fn own_policy<'g>(context: &Context<'_>, grants: &'g Grants) -> Option<&'g Granted> {
    let project = context.project;
    let inline = |granted: &&Granted| granted.by == granted.holder && &*project.resource(granted.by).kind == INLINE;
    let mut own = grants.granted.iter().filter(inline);
    let one = own.next().filter(|_| own.next().is_none())?;
    let holder = project.resource(one.holder);
    let node = &holder.body.entry(one.argument)?.node;
    let apart = !holder.body.refers_to(context.resource.id) && holder.instance == context.resource.instance;
    (apart && one.policy.stands_at(project, node.span)).then_some(one)
}
