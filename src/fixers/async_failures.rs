//! Asynchronous invocations that fail are kept: a dead-letter queue, with the permission to send to it.
//!
//! Only where the configuration shows that a function is invoked asynchronously: for all others the queue stays empty
//! unless somebody else invokes them so. Options ask for these, too.

use super::dead_letters::DeadLetters;
use super::invokers;
use crate::catalogue::{Context, Verdict};
use crate::fix::{Effect, Fix, Grade};
use crate::model::{DraftBody, Language, Resource};

const FUNCTION: &str = "aws_lambda_function";
const CONFIG: &str = "aws_lambda_function_event_invoke_config";

/// From so many functions on that need one, a module gets one queue for all: it is called after none of them.
const MANY: usize = 2;

/// What is to be said of a function.
enum Need<'p> {
    /// It has a target, or needs none.
    None,
    /// What it has isn't known.
    Unknown(&'static str),
    /// What sends its failures somewhere.
    Sent(&'p Resource),
    /// Who invokes it waits for it.
    Waits(&'p Resource),
    /// It gets no queue: why.
    Never(&'static str),
    /// Its failures are lost: why, and what to know of its queue.
    Lost(String, Option<String>),
}

pub(super) fn judge(context: &Context<'_>) -> Verdict {
    match need(context, context.resource) {
        Need::None => Verdict::Pass,
        Need::Sent(config) => Verdict::Exempt(format!(
            "{} sends its failures to a destination, with more about them than a dead-letter queue gets",
            config.address()
        )),
        Need::Unknown(why) => Verdict::Unknown(why.into()),
        Need::Never(why) => Verdict::Exempt(why.into()),
        Need::Waits(invoker) => Verdict::Exempt(format!(
            "{} invokes it and sees its failures: a dead-letter queue would receive nothing",
            invoker.address()
        )),
        Need::Lost(message, note) => {
            let mut fix = fix(context, context.resource);
            if fix.grade != Grade::Manual {
                fix.notes.extend(note);
            }
            Verdict::fail(message, fix)
        }
    }
}

fn asks(context: &Context<'_>, option: &str) -> bool {
    context.option(option).as_bool() == Some(true)
}

fn need<'p>(context: &Context<'p>, function: &Resource) -> Need<'p> {
    let project = context.project;
    match project.value(function, FUNCTION, "dead_letter_config.target_arn").is_present() {
        Some(true) => return Need::None,
        None => return Need::Unknown("the dead-letter target isn't known before a deploy"),
        Some(false) => {}
    }
    let destination = project.all(CONFIG).find(|config| {
        project.value(config, CONFIG, "function_name").refers_to(function.id)
            && project.value(config, CONFIG, "destination_config.on_failure").is_present() != Some(false)
    });
    if let Some(config) = destination {
        return Need::Sent(config);
    }
    if crate::iam::scope::log_group::at_edge(project, function) {
        return Need::Never(
            "CloudFront invokes it at the edge and waits for its answer, and a function there takes no queue",
        );
    }
    if let Some(trigger) = invokers::asynchronous(project, function) {
        let lost = format!("{} invokes it asynchronously, and events that fail are lost", trigger.address());
        return Need::Lost(lost, None);
    }
    if !asks(context, "every_function") {
        return Need::Never("nothing here invokes it asynchronously: who waits for its answer sees its failures");
    }
    let lost = "whoever may invoke it can do so asynchronously, and events that fail are lost".to_owned();
    match invokers::waiting(project, function) {
        Some(invoker) if asks(context, "waiting_functions") => {
            let note = "waits for the answer and sees failures itself: the queue gets those of other invocations only";
            Need::Lost(lost, Some(format!("{} {note}", invoker.address())))
        }
        Some(invoker) => Need::Waits(invoker),
        None => Need::Lost(lost, None),
    }
}

fn fix(context: &Context<'_>, function: &Resource) -> Fix {
    // Not the name that a queue's or a rule's dead-letter queue gets: functions are often called like these.
    const SUFFIX: &str = "-async-dlq";
    let title = "Keep failed events in a dead-letter queue";
    let common = "messages don't say whose they are but by their attributes and their bodies";
    let (letters, mut notes) = if let Some(letters) = DeadLetters::of_siblings(context, function, SUFFIX) {
        (Ok(letters), vec![format!("it is the queue that the module's other functions use: {common}")])
    } else if let Some(last) = last_of_many(context, function).filter(|_| DeadLetters::knows_role(context, function)) {
        let note = format!("the functions of the module share it: {common}");
        (DeadLetters::shared(context, function, last), notes().into_iter().chain([note]).collect())
    } else {
        (DeadLetters::plan(context, function, function, SUFFIX), notes())
    };
    let letters = match letters {
        Ok(letters) => letters,
        Err(reason) => return Fix::manual(title, reason),
    };
    notes.extend(letters.note());
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

/// The last of the module's functions whose failures are lost, where they are many and none is special. What a stack of
/// CloudFormation adds has no order that could be shared.
fn last_of_many<'p>(context: &Context<'p>, function: &Resource) -> Option<&'p Resource> {
    if context.project.language != Language::Terraform || !function.is_plain() {
        return None;
    }
    let alike = context.project.all(FUNCTION).filter(|other| {
        other.instance == function.instance && other.is_plain() && matches!(need(context, other), Need::Lost(..))
    });
    let alike: Vec<_> = alike.collect();
    (alike.len() >= MANY).then_some(alike)?.into_iter().max_by_key(|other| other.span)
}

/// What to know of a new dead-letter queue.
pub(super) fn notes() -> Vec<String> {
    vec![
        "the role may send to the queue from then on; watch its depth, or nobody will see the events".into(),
        "a queue is billed by requests only".into(),
    ]
}
