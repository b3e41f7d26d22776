//! What the arguments of calls say: which they are, what of an ARN follows from them, what a name in code means.

use super::arn::node;
use super::need::Target;
use crate::iam::actions;
use crate::iam::usage::{Call, Value as Said};
use crate::model::{Node, Project, Value};

/// Whether a call has an argument, or something in it.
pub(super) fn has(call: &Call, path: &str) -> bool {
    call.arguments.iter().any(|argument| {
        argument.path == path
            || argument.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.') || rest.starts_with('['))
    })
}

/// The values that a call gives for an argument.
pub(super) fn values<'c>(call: &'c Call, path: &str) -> Vec<&'c Said> {
    let at = |path: &str| -> Vec<&'c Said> {
        call.arguments.iter().filter(|argument| argument.path == path).map(|argument| &argument.value).collect()
    };
    match path {
        "CopySource" => {
            let bucket = at("CopySource.Bucket");
            if bucket.is_empty() { at(path) } else { bucket }
        }
        _ => at(path),
    }
}

/// Whether a call certainly doesn't need one of its operation's actions.
///
/// Source: the API reference of S3: a version is read by `s3:GetObjectVersion` alone, and tags are copied by default.
pub(super) fn is_spared(call: &Call, action: &str, in_python: bool) -> bool {
    let literal = |path: &str| match call.argument(path) {
        Some(Said::Literal(text)) => Some(text.as_str()),
        _ => None,
    };
    match (call.service.as_str(), call.operation.as_str(), action) {
        // Python refuses one that is nothing; JavaScript reads the latest version then.
        ("s3", "GetObject", "s3:GetObject") => {
            literal("VersionId").is_some() || in_python && call.argument("VersionId").is_some()
        }
        ("s3", "CopyObject", "s3:GetObjectTagging") => literal("TaggingDirective") == Some("REPLACE"),
        ("s3", "CopyObject", "s3:PutObjectTagging") => {
            literal("TaggingDirective") == Some("REPLACE") && !has(call, "Tagging") && call.keys_complete
        }
        _ => false,
    }
}

/// What follows the ARN for an action. One that is on items of a table or on its index needs both where it isn't known.
pub(super) fn suffixes(call: &Call, action: &str, kind: &str) -> Vec<&'static str> {
    let known = actions::table().action(action);
    let is_on = |kind: &str| known.as_ref().is_some_and(|action| action.is_on(kind));
    match kind {
        "s3:bucket" if is_on("object") => vec!["/*"],
        "dynamodb:table" if is_on("index") => match (has(call, "IndexName"), call.keys_complete) {
            (true, _) => vec!["/index/*"],
            (false, true) => vec![""],
            (false, false) => vec!["", "/index/*"],
        },
        "logs:log-group" => vec![":*"],
        // Both are asked for; an endpoint that isn't named is the default one.
        "bedrock-agentcore:runtime" if action.starts_with("bedrock-agentcore:InvokeAgentRuntime") => {
            vec!["", "/runtime-endpoint/*"]
        }
        "lambda:function" => match (has(call, "Qualifier"), call.keys_complete) {
            (true, _) => vec![":*"],
            (false, true) => vec![""],
            (false, false) => vec!["", ":*"],
        },
        "execute-api:execute-api-general" => vec!["/*/*/@connections/*"],
        "ssm:parameter" if action == "ssm:GetParametersByPath" => vec!["", "/*"],
        _ => vec![""],
    }
}

/// Whether an action can be on a type: what names a group of schedules doesn't name the schedule that is made in it.
pub(super) fn fits(known: &actions::Action, action: &str, kind: &str) -> bool {
    let Some((service, local)) = kind.split_once(':') else { return true };
    let foreign = action.split_once(':').is_some_and(|(prefix, _)| prefix != service);
    let within = match kind {
        "s3:bucket" => known.is_on("object"),
        "logs:log-group" => known.is_on("log-stream"),
        _ => false,
    };
    foreign || within || known.is_on(local)
}

/// The name in what a program gives: a queue's URL ends with it, an object's address begins with its bucket.
pub(super) fn name_of(value: &Value, kind: &str) -> Value {
    let pieces: Vec<Node> = match value {
        Value::Text(pieces) => pieces.clone(),
        other => vec![node(other.clone())],
    };
    let first = pieces.first().and_then(|piece| piece.value.as_str()).unwrap_or_default();
    match kind {
        "s3:bucket" if first.starts_with("arn:aws:s3:::") => until_slash(&pieces, "arn:aws:s3:::"),
        "s3:bucket" if first.starts_with("s3://") => until_slash(&pieces, "s3://"),
        "s3:bucket" => until_slash(&pieces, ""),
        "sqs:queue" if first.starts_with("https://") => {
            let end = pieces.last().and_then(|piece| piece.value.as_str()).unwrap_or_default();
            match end.rsplit_once('/') {
                Some((_, name)) if !name.is_empty() => Value::string(name),
                _ => value.clone(),
            }
        }
        "lambda:function" if value.as_str().is_some_and(|text| !text.starts_with("arn:")) => {
            Value::string(first.split(':').next().unwrap_or_default())
        }
        _ => value.clone(),
    }
}

/// What stands between a prefix and the first slash.
pub(super) fn until_slash(pieces: &[Node], prefix: &str) -> Value {
    let mut kept = Vec::new();
    for (i, piece) in pieces.iter().enumerate() {
        let Some(text) = piece.value.as_str() else {
            kept.push(piece.clone());
            continue;
        };
        let text = if i == 0 { text.strip_prefix(prefix).unwrap_or(text) } else { text };
        match text.split_once('/') {
            Some((before, _)) => {
                kept.push(node(Value::string(before)));
                break;
            }
            None => kept.push(node(Value::string(text))),
        }
    }
    let kept: Vec<Node> = kept.into_iter().filter(|piece| piece.value.as_str() != Some("")).collect();
    Value::text(kept)
}

/// A name that isn't declared here.
pub(super) fn literal(project: &Project, kind: &str, text: &str, suffix: &'static str) -> Result<Vec<Target>, String> {
    match kind {
        // Models and profiles for several regions are of AWS: nobody declares them.
        "bedrock:foundation-model" if !text.starts_with("arn:") => {
            let known = |mut target: Target| {
                target.doubt = None;
                target
            };
            Ok(models(project, text).into_iter().map(known).collect())
        }
        "ses:identity" => Err(format!("`{text}` may be sent by its own identity or by that of its domain")),
        "iam:role" | "kms:key" | "execute-api:execute-api-general" => Err(format!("`{text}` isn't declared here")),
        _ if text.contains(['$', '{']) => Err(format!("`{text}` isn't known before a deploy")),
        _ if !is_named_once(kind) => Err(format!("`{text}` is only a part of its name")),
        _ => Ok(vec![Target::named(project, kind, text, suffix)]),
    }
}

/// Whether one name makes the ARN of a type; a schedule's has its group's, too.
pub(super) fn is_named_once(kind: &str) -> bool {
    let pattern = actions::table().arn(kind).unwrap_or_default();
    let standard = ["${Partition}", "${Region}", "${Account}"].iter().filter(|part| pattern.contains(**part)).count();
    pattern.matches("${").count() <= standard + 1
}

/// A model by its id; an inference profile (`us.`) calls the model in several regions.
pub(super) fn models(project: &Project, id: &str) -> Vec<Target> {
    const AREAS: [&str; 8] = ["us", "eu", "apac", "us-gov", "global", "jp", "au", "ca"];
    match id.split_once('.').filter(|(area, rest)| AREAS.contains(area) && rest.contains('.')) {
        Some((_, model)) => vec![
            Target::named(project, "bedrock:inference-profile", id, ""),
            Target::named(project, "bedrock:foundation-model", model, ""),
        ],
        None => vec![Target::named(project, "bedrock:foundation-model", id, "")],
    }
}
