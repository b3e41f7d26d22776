//! Policy documents as statements: from `jsonencode`, JSON text with interpolations, `aws_iam_policy_document`, and the
//! objects of CloudFormation.
//!
//! Reading never guesses: what isn't known makes [`Policy::complete`] false, and a pattern with unknown parts matches
//! nothing for certain.

use std::sync::Arc;

use crate::model::{Body, Entry, Form, Mode, Node, Project, Resource, Value};
use crate::source::Span;

/// A policy document.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// The statements that could be read.
    pub statements: Vec<Statement>,
    /// Whether these are all.
    pub complete: bool,
}

/// A statement.
#[derive(Debug, Clone)]
pub struct Statement {
    /// `Effect = "Allow"`; nothing when unknown.
    pub allow: Option<bool>,
    /// Type and value of each principal; `*` is `("*", "*")`.
    pub principals: Vec<(Arc<str>, Value)>,
    /// The actions, or what they exclude.
    pub actions: Vec<Value>,
    /// Whether `NotAction` is used.
    pub not_actions: bool,
    /// The resources, or what they exclude.
    pub resources: Vec<Value>,
    /// Whether `NotResource` is used.
    pub not_resources: bool,
    /// Operator, key and values of each condition.
    pub conditions: Vec<(Arc<str>, Arc<str>, Vec<Value>)>,
    /// Where it stands (the whole document's place when it is JSON text).
    pub span: Span,
}

impl Policy {
    /// The policy in a value; nothing when it can't be read at all.
    pub fn read(project: &Project, value: &Value, span: Span) -> Option<Self> {
        match value {
            Value::Json(node) => Some(from_document(project, &node.value, node.span)),
            // CloudFormation writes documents as objects.
            Value::Map(_) => Some(from_document(project, value, span)),
            Value::String(_) | Value::Text(_) => {
                from_document_text(value, span).map(|document| from_document(project, &document, span))
            }
            Value::Reference(reference) => {
                let resource = project.resource(reference.resource);
                let is_document = resource.mode == Mode::Data && &*resource.kind == "aws_iam_policy_document";
                if is_document {
                    return Some(from_data(project, resource));
                }
                match project.settle(value) {
                    Value::Reference(_) => None,
                    settled => Self::read(project, &settled, span),
                }
            }
            Value::Either(arms) => {
                let mut all = Self { statements: Vec::new(), complete: true };
                for arm in arms {
                    let policy = Self::read(project, &arm.value, arm.span)?;
                    all.statements.extend(policy.statements);
                    all.complete = false;
                }
                Some(all)
            }
            _ => None,
        }
    }
}

fn from_document(project: &Project, document: &Value, span: Span) -> Policy {
    let Some(body) = document.as_map() else { return Policy::default() };
    let mut policy = Policy { statements: Vec::new(), complete: !body.open };
    let (items, known) = match body.get("Statement") {
        Value::List(items) => (items, true),
        value @ Value::Map(_) => (vec![Node { value, span }], true),
        _ => (Vec::new(), false),
    };
    policy.complete &= known;
    for item in items {
        match item.value.as_map() {
            Some(statement) => policy.statements.push(json_statement(project, statement, item.span)),
            // `Fn::If` without its statement.
            None if item.value.is_null() => {}
            None => policy.complete = false,
        }
    }
    policy
}

fn json_statement(project: &Project, body: &Body, span: Span) -> Statement {
    let list = |name: &str| listed(project, &body.get(name));
    let mut conditions = Vec::new();
    if let Some(operators) = body.get("Condition").as_map() {
        for operator in &operators.entries {
            for key in operator.node.value.as_map().into_iter().flat_map(|keys| &keys.entries) {
                conditions.push((operator.name.clone(), key.name.clone(), listed(project, &key.node.value)));
            }
        }
    } else if !body.get("Condition").is_null() {
        conditions.push(("?".into(), "?".into(), Vec::new()));
    }
    let not_actions = !body.get("NotAction").is_null();
    let not_resources = !body.get("NotResource").is_null();
    Statement {
        allow: allow(&body.get("Effect")),
        principals: json_principals(project, &body.get("Principal")),
        actions: list(if not_actions { "NotAction" } else { "Action" }),
        not_actions,
        resources: list(if not_resources { "NotResource" } else { "Resource" }),
        not_resources,
        conditions,
        span,
    }
}

fn json_principals(project: &Project, value: &Value) -> Vec<(Arc<str>, Value)> {
    match value {
        Value::Map(body) => body
            .entries
            .iter()
            .flat_map(|entry| listed(project, &entry.node.value).into_iter().map(|value| (entry.name.clone(), value)))
            .collect(),
        Value::Null => Vec::new(),
        other => vec![("*".into(), other.clone())],
    }
}

fn allow(effect: &Value) -> Option<bool> {
    effect.as_str().map(|effect| effect == "Allow")
}

/// One value or several.
fn listed(project: &Project, value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::List(items) => items.iter().map(|item| project.settle(&item.value)).collect(),
        other => vec![project.settle(other)],
    }
}

fn from_data(project: &Project, resource: &Resource) -> Policy {
    let mut policy = Policy { statements: Vec::new(), complete: true };
    for entry in resource.body.entries.iter().filter(|e| &*e.name == "statement") {
        // In JSON syntax a block is the value of a property.
        policy.complete &= match entry.form {
            Form::Block | Form::Empty => true,
            Form::Attribute => entry.bodies().next().is_some(),
            Form::Dynamic => false,
        };
        policy.statements.extend(entry.bodies().map(|body| data_statement(project, body, entry.span)));
    }
    for name in ["source_policy_documents", "override_policy_documents", "source_json", "override_json"] {
        for value in listed(project, &resource.body.get(name)) {
            match Policy::read(project, &value, resource.span) {
                Some(other) => {
                    policy.complete &= other.complete;
                    policy.statements.extend(other.statements);
                }
                None => policy.complete = false,
            }
        }
    }
    policy
}

fn data_statement(project: &Project, body: &Body, span: Span) -> Statement {
    let list = |name: &str| listed(project, &body.get(name));
    let not_actions = !body.get("not_actions").is_null();
    let not_resources = !body.get("not_resources").is_null();
    let principals = body.blocks("principals").flat_map(|block| {
        let kind: Arc<str> = block.get("type").as_str().unwrap_or("?").into();
        listed(project, &block.get("identifiers")).into_iter().map(move |value| (kind.clone(), value))
    });
    let conditions = body.blocks("condition").map(|block| {
        let text = |name: &str| Arc::from(block.get(name).as_str().unwrap_or("?"));
        (text("test"), text("variable"), listed(project, &block.get("values")))
    });
    Statement {
        allow: if body.get("effect").is_null() { Some(true) } else { allow(&body.get("effect")) },
        principals: principals.collect(),
        actions: list(if not_actions { "not_actions" } else { "actions" }),
        not_actions,
        resources: list(if not_resources { "not_resources" } else { "resources" }),
        not_resources,
        conditions: conditions.collect(),
        span,
    }
}

impl Statement {
    /// Whether an action is certainly granted or denied by it, wildcards of the pattern included.
    pub fn covers_action(&self, action: &str) -> bool {
        !self.not_actions && self.actions.iter().any(|p| p.as_str().is_some_and(|p| pattern_matches(p, action)))
    }

    /// Whether everybody is named as principal.
    pub fn names_everybody(&self) -> bool {
        self.principals.iter().any(|(kind, value)| matches!(&**kind, "*" | "AWS") && value.as_str() == Some("*"))
    }

    /// Whether some resource is `*`.
    pub fn on_everything(&self) -> bool {
        self.resources.iter().any(|r| r.as_str() == Some("*"))
    }

    /// The service principals that are known.
    pub fn services(&self) -> impl Iterator<Item = &str> {
        self.principals.iter().filter(|(kind, _)| &**kind == "Service").filter_map(|(_, value)| value.as_str())
    }
}

/// IAM's wildcards; case doesn't matter in actions.
pub fn pattern_matches(pattern: &str, text: &str) -> bool {
    fn matches(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) => {
                matches(rest, text) || text.split_first().is_some_and(|(_, t)| matches(pattern, t))
            }
            (Some((b'?', rest)), Some((_, text))) => matches(rest, text),
            (Some((p, rest)), Some((t, text))) if p.eq_ignore_ascii_case(t) => matches(rest, text),
            _ => false,
        }
    }
    // Several stars in a row mean one; the recursion stays short then.
    let mut squeezed = pattern.as_bytes().to_vec();
    squeezed.dedup_by(|a, b| *a == b'*' && *b == b'*');
    matches(&squeezed, text.as_bytes())
}

/// Stands for an unknown piece in JSON text while it is parsed: characters of the private use area.
const OPEN: char = '\u{E000}';
const CLOSE: char = '\u{E001}';

/// The document that a value encodes as JSON: `jsonencode`, or text with unknown pieces in its strings.
pub fn document(value: &Value, span: Span) -> Option<Value> {
    match value {
        Value::Json(node) => Some(node.value.clone()),
        _ => from_document_text(value, span),
    }
}

/// Parses JSON text with unknown pieces in its strings.
fn from_document_text(value: &Value, span: Span) -> Option<Value> {
    let mut text = String::new();
    let pieces = match value {
        Value::Text(pieces) => pieces.as_slice(),
        _ => &[],
    };
    if let Value::String(known) = value {
        text.push_str(known);
    }
    for (i, piece) in pieces.iter().enumerate() {
        match &piece.value {
            Value::String(known) => text.push_str(known),
            _ => text.push_str(&format!("{OPEN}{i}{CLOSE}")),
        }
    }
    let document: serde_json::Value = serde_json::from_str(text.trim()).ok()?;
    document.is_object().then(|| from_json(&document, pieces, span))
}

fn from_json(json: &serde_json::Value, pieces: &[Node], span: Span) -> Value {
    let node = |json: &serde_json::Value| Node { value: from_json(json, pieces, span), span };
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(b) => Value::Bool(*b),
        serde_json::Value::Number(n) => n.as_f64().map_or(Value::Unknown, Value::Number),
        serde_json::Value::String(text) => fill(text, pieces, span),
        serde_json::Value::Array(items) => Value::List(items.iter().map(node).collect()),
        serde_json::Value::Object(map) => Value::Map(Body {
            entries: map
                .iter()
                .map(|(name, value)| Entry {
                    name: name.as_str().into(),
                    span,
                    form: Form::Attribute,
                    node: node(value),
                })
                .collect(),
            open: false,
        }),
    }
}

/// Puts the unknown pieces back into a string.
fn fill(text: &str, pieces: &[Node], span: Span) -> Value {
    let mut nodes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let Some((number, tail)) = after.split_once(CLOSE) else { break };
        if !before.is_empty() {
            nodes.push(Node { value: Value::string(before), span });
        }
        let piece = number.parse::<usize>().ok().and_then(|i| pieces.get(i));
        nodes.push(piece.cloned().unwrap_or(Node { value: Value::Unknown, span }));
        rest = tail;
    }
    if !rest.is_empty() || nodes.is_empty() {
        nodes.push(Node { value: Value::string(rest), span });
    }
    Value::text(nodes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        for (pattern, text, expected) in [
            ("*", "s3:GetObject", true),
            ("s3:*", "s3:GetObject", true),
            ("S3:get*", "s3:GetObject", true),
            ("s3:Get?bject", "s3:GetObject", true),
            ("s3:Put*", "s3:GetObject", false),
            ("dynamodb:*", "s3:GetObject", false),
            ("**********************a", "s3:GetObject", false),
        ] {
            assert_eq!(pattern_matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn json_text_with_unknown_pieces() {
        let node = |value| Node { value, span: Span::default() };
        let text = Value::Text(vec![
            node(Value::string(r#"{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":""#)),
            node(Value::Unknown),
            node(Value::string(r#"/*","Principal":"*"}]}"#)),
        ]);
        let policy = Policy::read(&Project::default(), &text, Span::default()).expect("it is a policy");
        let statement = &policy.statements[0];
        assert!(policy.complete && statement.names_everybody() && statement.covers_action("s3:GetObject"));
        assert!(matches!(statement.resources[0], Value::Text(_)), "{:?}", statement.resources);
    }
}
