//! Classes that are nothing but a type of the template: `new sqs.CfnQueue(this, 'Orders', { sqsManagedSseEnabled: true })`.
//!
//! Their properties are the template's, in camel case; so are the names inside of values, but not those of documents.

use super::highest;
use crate::catalogue::check::PageScope;
use crate::fix::{Change, Fix};
use crate::model::{CallContent, Draft, DraftBody, DraftItem, ProgramDraft};
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

/// The template's fix in the call.
pub(super) fn in_call(scope: &PageScope<'_>, fix: &Fix) -> Result<Fix, String> {
    let own = scope.context.resource.id;
    let mut properties = Vec::new();
    for change in &fix.changes {
        match change {
            Change::Set { resource, content } if *resource == own => properties.extend(fields(content)?),
            _ => return Err("the fix is more than properties of this resource".into()),
        }
    }
    let names: Vec<&str> = properties.iter().map(|(name, _)| name.as_str()).collect();
    let class = scope.context.resource.origin.as_ref().and_then(|origin| origin.class.clone()).unwrap_or_default();
    let title = format!("Set {} in the call of {}", names.join(", "), class.rsplit('.').next().unwrap_or_default());
    let content = CallContent { properties, without: Vec::new(), overrides: Vec::new() };
    let mut changes = vec![Change::SetInCall { resource: own, content }];
    changes.extend(fix.changes.iter().cloned());
    Ok(Fix { title, grade: fix.grade.min(highest(scope)), effect: fix.effect, changes, notes: fix.notes.clone() })
}

fn fields(body: &DraftBody) -> Result<Vec<(String, ProgramDraft)>, String> {
    let field = |(name, item): &(String, DraftItem)| {
        if DOCUMENTS.contains(&name.as_str()) {
            return Err(format!("`{name}` is a document"));
        }
        let value = match item {
            DraftItem::Argument(value) => value_of(value)?,
            DraftItem::Block(body) => ProgramDraft::Map(fields(body)?),
        };
        Ok((camel_case(name), value))
    };
    body.items.iter().map(field).collect()
}

fn value_of(draft: &Draft) -> Result<ProgramDraft, String> {
    Ok(match draft {
        Draft::Bool(b) => ProgramDraft::Bool(*b),
        Draft::Number(number) => ProgramDraft::Number(number.clone()),
        Draft::String(text) if text.contains(['\'', '"', '\\', '\n', '$']) => {
            return Err("a text needs quoting".into());
        }
        Draft::String(text) => ProgramDraft::Text(text.clone()),
        Draft::List(items) => ProgramDraft::List(items.iter().map(value_of).collect::<Result<_, _>>()?),
        Draft::Object(entries) => {
            let entry = |(name, value): &(String, Draft)| Ok((camel_case(name), value_of(value)?));
            ProgramDraft::Map(entries.iter().map(entry).collect::<Result<_, String>>()?)
        }
        _ => return Err("the fix refers to other resources".into()),
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
