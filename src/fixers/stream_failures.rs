//! Batches of a stream that fail: a destination for them, and an end of the retries.

use super::async_failures;
use super::dead_letters::DeadLetters;
use crate::catalogue::{Context, Failure, Verdict};
use crate::fix::{Effect, Fix, Grade};
use crate::model::{Draft, DraftBody, DraftItem, Mode, Resource, Value};

const DESTINATION: &str = "destination_config.on_failure.destination_arn";
/// Characters of a queue's name.
const LONGEST_NAME: usize = 80;
const MESSAGE: &str = "a batch that fails blocks its shard until it expires, or is dropped";

pub(super) fn judge(context: &Context<'_>) -> Verdict {
    let (project, mapping) = (context.project, context.resource);
    let unknown = || Verdict::Unknown("it depends on values that aren't known before a deploy".into());
    match (mapping.body.at(DESTINATION).is_present(), has_end(context)) {
        (Some(true), Some(true)) => return Verdict::Pass,
        (None, _) | (_, None) => return unknown(),
        (Some(true), Some(false)) => {
            return Verdict::Fail(Box::new(Failure { message: MESSAGE.into(), at: None, fix: context.page_fix() }));
        }
        (Some(false), _) => {}
    }
    let function = match mapping.body.get("function_name") {
        Value::Reference(reference) => Some(project.resource(reference.resource)),
        _ => None,
    };
    let function = function.filter(|f| &*f.kind == "aws_lambda_function" && f.mode == Mode::Managed);
    Verdict::fail(MESSAGE, fix(context, function))
}

/// Whether retries end, by number or by age; -1 is "never".
fn has_end(context: &Context<'_>) -> Option<bool> {
    let number = |name: &str| context.project.settle(&context.resource.body.get(name));
    let attempts = match number("maximum_retry_attempts") {
        Value::Null => Some(false),
        value => value.as_number().map(|n| n >= 0.0),
    };
    let age = match number("maximum_record_age_in_seconds") {
        Value::Null => Some(false),
        value => value.as_number().map(|n| n > 0.0),
    };
    match (attempts, age) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

/// What follows the function's name in the queue's: a function may read several streams.
fn suffix(context: &Context<'_>, function: &Resource) -> String {
    let mapping = context.resource;
    let reads =
        |other: &&Resource| other.span != mapping.span && other.body.get("function_name").refers_to(function.id);
    match context.project.of_kind(&mapping.kind).find(reads) {
        Some(_) => format!("-{}-batches-dlq", mapping.name.replace('_', "-")),
        None => "-batches-dlq".into(),
    }
}

fn fix(context: &Context<'_>, function: Option<&Resource>) -> Fix {
    let title = "Add a destination for batches that fail, and end the retries";
    let manual = |reason: &str| {
        let note = "set `destination_config { on_failure { destination_arn } }` with a queue or topic that the role may \
                    send to, then `maximum_retry_attempts`; without a destination a limit only loses records";
        Fix::manual(title, format!("{reason}: {note}"))
    };
    let mapping = context.resource;
    let Some(function) = function else { return manual("the function stands elsewhere") };
    if function.instance != mapping.instance {
        return manual("the function stands in another module");
    }
    let suffix = suffix(context, function);
    let known = context.project.settle(&function.body.get("function_name"));
    if known.as_str().is_some_and(|known| known.len() + suffix.len() > LONGEST_NAME) {
        return manual("the queue's name would be longer than SQS allows");
    }
    let letters = match DeadLetters::plan(context, function, mapping, &suffix) {
        Ok(letters) => letters,
        Err(reason) => return manual(&reason),
    };
    let destination = DraftBody::arguments([("destination_arn", letters.arn())]);
    let on_failure = DraftBody::default().with_block("on_failure", destination);
    let mut content = DraftBody::default();
    let mut argument = |name: &str, value: Draft| content.items.push((name.to_owned(), DraftItem::Argument(value)));
    if has_end(context) == Some(false) {
        let attempts = context.number("retry_attempts").unwrap_or_default();
        argument("maximum_retry_attempts", Draft::Number(attempts.to_string()));
    }
    // A batch of one can't be halved.
    let alone = context.project.settle(&mapping.body.get("batch_size")).as_number() == Some(1.0);
    if !alone && mapping.body.entry("bisect_batch_on_function_error").is_none() {
        argument("bisect_batch_on_function_error", Draft::Bool(true));
    }
    let mut notes = async_failures::notes();
    notes.push(
        "a batch that fails is left behind after the retries and described in a message to the queue: code that needs \
         every record in its order must not go on"
            .into(),
    );
    Fix {
        title: title.into(),
        grade: Grade::Review,
        effect: Effect::Access,
        changes: letters.used_by(context, mapping, content.with_block("destination_config", on_failure)),
        notes,
    }
}
