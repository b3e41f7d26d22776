//! Expressions as pages write them: TypeScript, of which a small part is read.
//!
//! `QueueEncryption.SQS_MANAGED`, `aws_kms.Alias.fromAliasName(this, 'Key', 'alias/aws/sns')`,
//! `new aws_logs.LogGroup(this, 'LogGroup', { retention: aws_logs.RetentionDays.ONE_MONTH })`,
//! `new aws_cloudwatch.Alarm(this, 'Alarm', {...}).addAlarmAction(new aws_cloudwatch_actions.SnsAction($topic))` (`$` before
//! what the page has a name for), `{ tracingEnabled: true } as StageOptions`, `{ 'FlowLog': { ... } as FlowLogOptions }` for a map.

use std::sync::Arc;

use tree_sitter::Node;

use super::{Language, parts, text};
use crate::model::{Construct, ProgramDraft};

/// Reads an expression; the error says what can't be read.
pub fn parse(source: &str) -> Result<ProgramDraft, String> {
    let wrapped: Arc<str> = format!("({source});").into();
    let program = Language::TypeScript.parse(&wrapped).ok_or("the parser failed")?;
    let root = program.root();
    if root.has_error() {
        return Err(format!("`{source}` is no expression of TypeScript"));
    }
    let statement = root.named_child(0).and_then(|statement| statement.named_child(0));
    let inner = statement.filter(|node| node.kind() == "parenthesized_expression").and_then(|node| node.named_child(0));
    inner.ok_or_else(|| format!("`{source}` is no expression")).and_then(|node| draft(node, &wrapped))
}

fn draft(node: Node<'_>, source: &str) -> Result<ProgramDraft, String> {
    let written = text(node, source);
    Ok(match node.kind() {
        "true" | "false" => ProgramDraft::Bool(node.kind() == "true"),
        "number" => ProgramDraft::Number(written.to_owned()),
        "string" => ProgramDraft::Text(written[1..written.len() - 1].to_owned()),
        "this" => ProgramDraft::Scope,
        "identifier" if written.starts_with('$') => ProgramDraft::Given(written[1..].to_owned()),
        "member_expression" if is_of_value(node, source) => {
            let (of, name) = member(node, source)?;
            ProgramDraft::Member { of, name }
        }
        "identifier" | "member_expression" => ProgramDraft::Name(path(node, source)?),
        "array" => ProgramDraft::List(drafts(node, source)?),
        "object" if is_map(node) => ProgramDraft::Map(fields(node, source)?),
        "object" => ProgramDraft::Struct { name: None, fields: fields(node, source)? },
        "as_expression" => match (parts(node).as_slice(), node.named_child_count()) {
            ([object, name], 2) if object.kind() == "object" => {
                let name = text(*name, source).split('.').map(str::to_owned).collect();
                ProgramDraft::Struct { name: Some(name), fields: fields(*object, source)? }
            }
            _ => return Err(format!("`{written}`: only an object has a type with `as`")),
        },
        "new_expression" | "call_expression" => {
            let is_new = node.kind() == "new_expression";
            let callee = node.child_by_field_name(if is_new { "constructor" } else { "function" });
            let callee = callee.ok_or("a call of nothing")?;
            let arguments = node.child_by_field_name("arguments").map_or(Ok(Vec::new()), |n| drafts(n, source))?;
            if is_of_value(callee, source) {
                let (of, name) = member(callee, source)?;
                return Ok(ProgramDraft::Method { of, name, arguments });
            }
            let callee = path(callee, source)?;
            if is_new {
                ProgramDraft::New(Construct { class: callee, arguments })
            } else {
                ProgramDraft::Call { function: callee, arguments }
            }
        }
        _ => return Err(format!("`{written}` can't stand in a page")),
    })
}

/// Whether a name is that of a member of a value, not of a class: `$topic.topicArn`, `new Alarm(...).addAlarmAction`.
fn is_of_value(node: Node<'_>, source: &str) -> bool {
    let object = node.child_by_field_name("object").filter(|_| node.kind() == "member_expression");
    object.is_some_and(|object| match object.kind() {
        "identifier" => text(object, source).starts_with('$'),
        "new_expression" | "call_expression" => true,
        _ => is_of_value(object, source),
    })
}

fn member(node: Node<'_>, source: &str) -> Result<(Box<ProgramDraft>, String), String> {
    let (of, name) = (node.child_by_field_name("object"), node.child_by_field_name("property"));
    let (of, name) = of.zip(name).ok_or("a member of nothing")?;
    Ok((Box::new(draft(of, source)?), text(name, source).to_owned()))
}

fn drafts(node: Node<'_>, source: &str) -> Result<Vec<ProgramDraft>, String> {
    parts(node).into_iter().map(|node| draft(node, source)).collect()
}

/// Whether the names of an object are values: they stand in quotes.
fn is_map(object: Node<'_>) -> bool {
    let parts = parts(object);
    let quoted = |pair: &Node<'_>| pair.child_by_field_name("key").is_some_and(|key| key.kind() == "string");
    !parts.is_empty() && parts.iter().all(quoted)
}

fn fields(object: Node<'_>, source: &str) -> Result<Vec<(String, ProgramDraft)>, String> {
    let field = |pair: Node<'_>| {
        let wrong = || format!("`{}` is no plain property", text(pair, source));
        let (key, value) = (pair.child_by_field_name("key"), pair.child_by_field_name("value"));
        let (key, value) = (key.ok_or_else(wrong)?, value.ok_or_else(wrong)?);
        Ok((text(key, source).trim_matches(['\'', '"']).to_owned(), draft(value, source)?))
    };
    parts(object).into_iter().map(field).collect()
}

fn path(node: Node<'_>, source: &str) -> Result<Vec<String>, String> {
    let written = text(node, source);
    let names: Vec<String> = written.split('.').map(str::to_owned).collect();
    let is_name = |name: &String| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if names.iter().all(is_name) { Ok(names) } else { Err(format!("`{written}` is no plain name")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(path: &str) -> ProgramDraft {
        ProgramDraft::Name(path.split('.').map(str::to_owned).collect())
    }

    #[test]
    fn expressions_of_pages() {
        assert_eq!(parse("QueueEncryption.SQS_MANAGED"), Ok(name("QueueEncryption.SQS_MANAGED")));
        assert_eq!(parse("true"), Ok(ProgramDraft::Bool(true)));
        let group = parse("new aws_logs.LogGroup(this, 'LogGroup', { retention: aws_logs.RetentionDays.ONE_MONTH })");
        let Ok(ProgramDraft::New(group)) = group else { panic!("{group:?}") };
        assert_eq!(group.class, ["aws_logs", "LogGroup"]);
        assert_eq!(group.arguments[..2], [ProgramDraft::Scope, ProgramDraft::Text("LogGroup".into())]);
        let fields = vec![("retention".to_owned(), name("aws_logs.RetentionDays.ONE_MONTH"))];
        assert_eq!(group.arguments[2], ProgramDraft::Struct { name: None, fields });
        let Ok(ProgramDraft::Struct { name: Some(name), fields }) = parse("{ tracingEnabled: true } as StageOptions")
        else {
            panic!("a struct")
        };
        assert_eq!((name, fields.len()), (vec!["StageOptions".to_owned()], 1));
    }

    #[test]
    fn members_of_values() {
        let of = |name: &str| Box::new(ProgramDraft::Given(name.into()));
        assert_eq!(parse("$topic.topicArn"), Ok(ProgramDraft::Member { of: of("topic"), name: "topicArn".into() }));
        let Ok(ProgramDraft::Method { of: stage, name, arguments }) = parse("$self.stage.metric({ period: 1 })") else {
            panic!("a method")
        };
        assert_eq!(*stage, ProgramDraft::Member { of: of("self"), name: "stage".into() });
        assert_eq!((name.as_str(), arguments.len()), ("metric", 1));
        let made = parse("new Alarm(this, 'Alarm').addAlarmAction($topic)");
        let Ok(ProgramDraft::Method { of: alarm, name, .. }) = &made else { panic!("{made:?}") };
        assert!(matches!(**alarm, ProgramDraft::New(_)) && name == "addAlarmAction");
        assert_eq!(made.unwrap().ids(), ["Alarm"]);
    }

    #[test]
    fn what_is_more_than_an_expression_is_refused() {
        for wrong in ["", "a +", "() => 1", "{ ...all }", "a; b", "`x`", "f(x) as Y"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
