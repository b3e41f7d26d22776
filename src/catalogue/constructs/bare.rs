//! Classes that are nothing but a type of the template: `new sqs.CfnQueue(this, 'Orders', { sqsManagedSseEnabled: true })`.
//!
//! Their properties are the template's, in camel case; so are the names inside of values, but not those of documents.

use super::{highest, retention};
use crate::catalogue::scope::PageScope;
use crate::fix::{Change, Fix};
use crate::model::{CallContent, Construct, Draft, DraftBody, DraftItem, ProgramDraft};
use crate::program::camel_case;

/// Properties that are documents: what stands in them has the template's own names.
const DOCUMENTS: [&str; 16] = [
    "AccessPolicies",
    "AssumeRolePolicyDocument",
    "Body",
    "Definition",
    "DefinitionSubstitutions",
    "EventPattern",
    "FilterPolicy",
    "KeyPolicy",
    "Policy",
    "PolicyDocument",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "ResourcePolicy",
    "RouteSettings",
    "Tags",
    "Variables",
];

/// Whether a class is the type of a resource: `aws-cdk-lib.aws_sqs.CfnQueue` is `AWS::SQS::Queue`.
pub(super) fn is_bare(class: &str, kind: &str) -> bool {
    let name = class.rsplit('.').next().and_then(|name| name.strip_prefix("Cfn"));
    class.starts_with("aws-cdk-lib.") && name.is_some() && name == kind.rsplit("::").next()
}

/// The template's fix in the call. A log group that it adds is made where it is named.
pub(super) fn in_call(scope: &PageScope<'_>, fix: &Fix) -> Result<Fix, String> {
    let own = scope.context.resource;
    let mut added = Vec::new();
    let mut sets = Vec::new();
    for change in &fix.changes {
        match change {
            Change::Set { resource, content } if *resource == own.id => sets.push(content),
            Change::Add { kind, name, content, .. } if kind == LOG_GROUP => {
                added.push((format!("{kind}.{name}"), log_group(&own.name, name, content)?));
            }
            _ => return Err("the fix is more than properties of this resource".into()),
        }
    }
    let mut properties = Vec::new();
    for content in sets {
        properties.extend(fields(content, &added)?);
    }
    let names: Vec<&str> = properties.iter().map(|(name, _)| name.as_str()).collect();
    let class = own.origin.as_ref().and_then(|origin| origin.class.clone()).unwrap_or_default();
    let title = format!("Set {} in the call of {}", names.join(", "), class.rsplit('.').next().unwrap_or_default());
    let content = CallContent { properties, ..CallContent::default() };
    let mut changes = vec![Change::SetInCall { resource: own.id, content }];
    changes.extend(fix.changes.iter().filter(|change| matches!(change, Change::Set { .. })).cloned());
    Ok(Fix { title, grade: fix.grade.min(highest(scope)), effect: fix.effect, changes, notes: fix.notes.clone() })
}

const LOG_GROUP: &str = "AWS::Logs::LogGroup";

/// What the fix adds, by its address in the template.
type Added = [(String, ProgramDraft)];

/// `new logs.LogGroup(this, 'PipeLogs', { retention: ... })`. Its name is left to the library, as in all that it makes.
fn log_group(owner: &str, name: &str, content: &DraftBody) -> Result<ProgramDraft, String> {
    let days = content.items.iter().find_map(|(name, item)| match item {
        DraftItem::Argument(Draft::Number(days)) if name == "RetentionInDays" => days.parse().ok(),
        _ => None,
    });
    let retention = days.and_then(retention).ok_or("the library has no name for the retention")?;
    let retention = ["aws_logs", "RetentionDays", retention].map(str::to_owned).to_vec();
    let end = name.strip_prefix(owner).unwrap_or(name).trim_start_matches('_');
    let end: String = end.split('_').map(capital).collect();
    let fields = vec![("retention".to_owned(), ProgramDraft::Name(retention))];
    Ok(ProgramDraft::New(Construct {
        class: vec!["aws_logs".into(), "LogGroup".into()],
        arguments: vec![ProgramDraft::Scope, ProgramDraft::Text(end), ProgramDraft::Struct { name: None, fields }],
    }))
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

fn fields(body: &DraftBody, added: &Added) -> Result<Vec<(String, ProgramDraft)>, String> {
    let field = |(name, item): &(String, DraftItem)| {
        if DOCUMENTS.contains(&name.as_str()) {
            return Err(format!("`{name}` is a document"));
        }
        let value = match item {
            DraftItem::Argument(value) => value_of(value, added)?,
            DraftItem::Block(body) => ProgramDraft::Map(fields(body, added)?),
        };
        Ok((camel_case(name), value))
    };
    body.items.iter().map(field).collect()
}

fn value_of(draft: &Draft, added: &Added) -> Result<ProgramDraft, String> {
    Ok(match draft {
        Draft::Bool(b) => ProgramDraft::Bool(*b),
        Draft::Number(number) => ProgramDraft::Number(number.clone()),
        Draft::String(text) => plain(text.clone())?,
        Draft::Json(document) => plain(json(document)?.to_string())?,
        Draft::List(items) => {
            ProgramDraft::List(items.iter().map(|item| value_of(item, added)).collect::<Result<_, _>>()?)
        }
        Draft::Object(entries) => {
            let entry = |(name, value): &(String, Draft)| Ok((camel_case(name), value_of(value, added)?));
            ProgramDraft::Map(entries.iter().map(entry).collect::<Result<_, String>>()?)
        }
        Draft::AddedAttribute(address, attribute) if attribute == "Arn" => {
            let made = added.iter().find(|(known, _)| known == address);
            let (_, made) = made.ok_or("the fix refers to what it doesn't add")?;
            ProgramDraft::Member { of: Box::new(made.clone()), name: "logGroupArn".into() }
        }
        _ => return Err("the fix refers to other resources".into()),
    })
}

/// A text that can stand between quotes as it is.
fn plain(text: String) -> Result<ProgramDraft, String> {
    let both = text.contains('\'') && text.contains('"');
    if both || text.contains(['\\', '\n']) || text.contains("${") {
        return Err("a text needs quoting".into());
    }
    Ok(ProgramDraft::Text(text))
}

fn json(draft: &Draft) -> Result<serde_json::Value, String> {
    Ok(match draft {
        Draft::Bool(b) => (*b).into(),
        Draft::String(text) => text.clone().into(),
        Draft::Object(entries) => {
            let entries = entries.iter().map(|(name, value)| Ok((name.clone(), json(value)?)));
            serde_json::Value::Object(entries.collect::<Result<_, String>>()?)
        }
        _ => return Err("the fix writes a document".into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_types() {
        assert!(is_bare("aws-cdk-lib.aws_sqs.CfnQueue", "AWS::SQS::Queue"));
        assert!(!is_bare("aws-cdk-lib.aws_sqs.Queue", "AWS::SQS::Queue"));
        assert!(!is_bare("aws-cdk-lib.aws_sqs.CfnQueue", "AWS::SQS::QueuePolicy"));
    }
}
