//! Asynchronous invocations that fail are kept: a dead-letter queue, with the permission to send to it.
//!
//! Only where the configuration shows that a function is invoked asynchronously: for all others the queue would stay
//! empty for ever.

use super::invokers;
use crate::catalogue::{Context, Verdict};
use crate::fix::{Change, Effect, Fix, Grade};
use crate::model::{Draft, DraftBody, Project, Repeat, Resource, Value};

pub(super) fn judge(context: &Context<'_>) -> Verdict {
    let (project, function) = (context.project, context.resource);
    match function.body.at("dead_letter_config.target_arn").is_present() {
        Some(true) => return Verdict::Pass,
        None => return Verdict::Unknown("the dead-letter target isn't known before a deploy".into()),
        Some(false) => {}
    }
    let destination = project.of_kind("aws_lambda_function_event_invoke_config").any(|config| {
        config.body.get("function_name").refers_to(function.id)
            && config.body.at("destination_config.on_failure").is_present() != Some(false)
    });
    if destination || super::is_edge_function(project, function) {
        return Verdict::Pass;
    }
    if let Some(trigger) = invokers::asynchronous(project, function) {
        let message = format!("{} invokes it asynchronously, and events that fail are lost", trigger.address());
        return Verdict::fail(message, fix(context, function));
    }
    if context.option("every_function").as_bool() != Some(true) {
        return Verdict::Pass;
    }
    let message = "whoever may invoke it can do so asynchronously, and events that fail are lost";
    match invokers::waiting(project, function) {
        Some(invoker) => Verdict::show(
            "it has no dead-letter queue",
            "Leave it without a dead-letter queue",
            format!(
                "{} invokes it and sees its failures: a dead-letter queue would receive nothing",
                invoker.address()
            ),
        ),
        None => Verdict::fail(message, fix(context, function)),
    }
}

fn fix(context: &Context<'_>, function: &Resource) -> Fix {
    let title = "Keep failed events in a dead-letter queue";
    let Some(role) = own_role(context.project, function) else {
        return Fix::manual(title, "the function's role stands elsewhere: it needs sqs:SendMessage on the queue");
    };
    if function.repeat != Repeat::Once || role.repeat != Repeat::Once {
        return Fix::manual(title, "function and role are repeated: which queue belongs to which role isn't known");
    }
    let Some(name) = context.as_written(function, "function_name") else {
        return Fix::manual(title, "the function's name isn't known");
    };
    let queue = format!("{}_dlq", function.name);
    let arn = || Draft::AddedAttribute(format!("aws_sqs_queue.{queue}"), "arn".into());
    let text = |suffix: &str| Draft::Text(vec![name.clone(), Draft::string(suffix)]);
    let policy = Draft::object([
        ("Version", Draft::string("2012-10-17")),
        (
            "Statement",
            Draft::List(vec![Draft::object([
                ("Effect", Draft::string("Allow")),
                ("Action", Draft::string("sqs:SendMessage")),
                ("Resource", arn()),
            ])]),
        ),
    ]);
    let add = |near: &Resource, kind: &str, name: &str, content| Change::Add {
        near: near.id,
        kind: kind.into(),
        name: name.into(),
        mirror: true,
        content,
    };
    let queue_body = DraftBody::arguments([
        // Not the name that a queue's or a rule's dead-letter queue gets: functions are often called like these.
        ("name", text("-async-dlq")),
        ("message_retention_seconds", Draft::Number("1209600".into())),
        ("sqs_managed_sse_enabled", Draft::Bool(true)),
    ]);
    let policy_body = DraftBody::arguments([
        ("name", text("-dlq")),
        ("role", Draft::Attribute(role.id, "id".into())),
        ("policy", Draft::Json(Box::new(policy))),
    ]);
    let mut set = DraftBody::default().with_block("dead_letter_config", DraftBody::arguments([("target_arn", arn())]));
    let mut changes =
        vec![add(function, "aws_sqs_queue", &queue, queue_body), add(role, "aws_iam_role_policy", &queue, policy_body)];
    // Lambda checks the permission when the queue is set: without the order the first deploy may fail.
    let order = Draft::AddedAttribute(format!("aws_iam_role_policy.{queue}"), String::new());
    if function.body.entry("depends_on").is_some() {
        changes.push(Change::Set { resource: function.id, content: set });
        changes.push(Change::Append { resource: function.id, argument: "depends_on".into(), value: order });
    } else {
        set.items.push(("depends_on".into(), crate::model::DraftItem::Argument(Draft::List(vec![order]))));
        changes.push(Change::Set { resource: function.id, content: set });
    }
    Fix {
        title: title.into(),
        grade: Grade::Review,
        effect: Effect::Access,
        changes,
        notes: vec![
            "the role may send to the queue from then on; watch its depth, or nobody will see the events".into(),
            "a queue is billed by requests only".into(),
        ],
    }
}

fn own_role<'a>(project: &'a Project, function: &Resource) -> Option<&'a Resource> {
    let Value::Reference(reference) = function.body.get("role") else { return None };
    let role = project.resource(reference.resource);
    (&*role.kind == "aws_iam_role" && role.mode == crate::model::Mode::Managed && role.instance == function.instance)
        .then_some(role)
}
