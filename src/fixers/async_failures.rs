//! Asynchronous invocations that fail are kept: a dead-letter queue, with the permission to send to it.
//!
//! Only where the configuration shows that a function is invoked asynchronously: for all others the queue would stay
//! empty for ever.

use super::dead_letters::DeadLetters;
use super::invokers;
use crate::catalogue::{Context, Verdict};
use crate::fix::{Effect, Fix, Grade};
use crate::model::{DraftBody, Resource};

const FUNCTION: &str = "aws_lambda_function";
const CONFIG: &str = "aws_lambda_function_event_invoke_config";

pub(super) fn judge(context: &Context<'_>) -> Verdict {
    let (project, function) = (context.project, context.resource);
    match project.value(function, FUNCTION, "dead_letter_config.target_arn").is_present() {
        Some(true) => return Verdict::Pass,
        None => return Verdict::Unknown("the dead-letter target isn't known before a deploy".into()),
        Some(false) => {}
    }
    let destination = project.all(CONFIG).any(|config| {
        project.value(config, CONFIG, "function_name").refers_to(function.id)
            && project.value(config, CONFIG, "destination_config.on_failure").is_present() != Some(false)
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
    // Not the name that a queue's or a rule's dead-letter queue gets: functions are often called like these.
    const SUFFIX: &str = "-async-dlq";
    let title = "Keep failed events in a dead-letter queue";
    let (letters, notes) = match DeadLetters::of_siblings(context, function, SUFFIX) {
        Some(letters) => {
            let note = "it is the queue that the module's other functions use: messages don't say whose they are but by \
                        their attributes and their bodies";
            (letters, vec![note.into()])
        }
        None => match DeadLetters::plan(context, function, function, SUFFIX) {
            Ok(letters) => (letters, notes()),
            Err(reason) => return Fix::manual(title, reason),
        },
    };
    let project = context.project;
    let target = project.arguments(FUNCTION, [("target_arn", letters.arn())]);
    let content = DraftBody::default().with_block(&project.argument(FUNCTION, "dead_letter_config"), target);
    Fix {
        title: title.into(),
        grade: Grade::Review,
        effect: Effect::Access,
        changes: letters.used_by(context, function, content),
        notes,
    }
}

/// What to know of a new dead-letter queue.
pub(super) fn notes() -> Vec<String> {
    vec![
        "the role may send to the queue from then on; watch its depth, or nobody will see the events".into(),
        "a queue is billed by requests only".into(),
    ]
}
