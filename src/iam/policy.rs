//! Policy documents as statements: from `jsonencode`, JSON text with interpolations, `aws_iam_policy_document`, and the
//! objects of CloudFormation.
//!
//! Reading never guesses: what isn't known makes [`Policy::complete`] false, and a pattern with unknown parts matches
//! nothing for certain.

use std::sync::Arc;

use super::text;
use crate::model::{Body, Form, Mode, Project, Resource, Value};
use crate::source::Span;

/// A policy document.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// The statements that could be read.
    pub statements: Vec<Statement>,
    /// Whether these are all, certainly there, and with all their elements.
    pub complete: bool,
}

/// A statement.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Its name, where it has one.
    pub sid: Option<Arc<str>>,
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
    /// Whether it is certainly in the policy (neither one of several arms nor repeated over something unknown), and has
    /// no elements but these (no merge with something unknown, no dynamic block).
    pub certain: bool,
    /// Where it stands.
    pub at: StatementAt,
}

/// Where a statement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementAt {
    /// The object or block; the whole text when the policy is JSON text.
    pub span: Span,
    /// Its position in JSON text, from 0.
    pub index: Option<usize>,
}

impl Policy {
    /// The policy in an argument (`policy`); nothing when it isn't there or can't be read at all.
    pub fn of(project: &Project, body: &Body, argument: &str) -> Option<Self> {
        let node = &body.entry(argument)?.node;
        Self::read(project, &node.value, node.span)
    }

    /// The statements in an input of a published module: a list or a map of objects, in the words of
    /// `aws_iam_policy_document`.
    pub fn of_inputs(project: &Project, body: &Body, argument: &str) -> Option<Self> {
        let node = &body.entry(argument)?.node;
        let (items, known): (Vec<&crate::model::Node>, bool) = match &node.value {
            Value::List(items) => (items.iter().collect(), true),
            Value::Map(map) => (map.entries.iter().map(|entry| &entry.node).collect(), !map.open),
            _ => return None,
        };
        let mut policy = Self { statements: Vec::new(), complete: known };
        for item in items {
            let Value::Map(body) = &item.value else { return None };
            let at = StatementAt { span: item.span, index: None };
            let mut statement = data_statement(project, body, at, !body.open);
            if !body.get("condition").is_null() && statement.conditions.is_empty() {
                statement.conditions.push(unknown_condition());
            }
            policy.complete &= statement.certain;
            policy.statements.push(statement);
        }
        Some(policy)
    }

    /// The policy in a value; nothing when it can't be read at all. `span` is where the value is written.
    pub fn read(project: &Project, value: &Value, span: Span) -> Option<Self> {
        match value {
            Value::Json(node) => Some(from_document(project, &node.value, node.span, false)),
            // CloudFormation writes documents as objects.
            Value::Map(_) => Some(from_document(project, value, span, false)),
            Value::String(_) | Value::Text(_) => {
                text::parse(value, span).map(|document| from_document(project, &document, span, true))
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
                let mut all = Self { statements: Vec::new(), complete: false };
                for arm in arms {
                    let policy = Self::read(project, &arm.value, arm.span)?;
                    all.statements.extend(policy.statements);
                }
                all.statements.iter_mut().for_each(|statement| statement.certain = false);
                Some(all)
            }
            _ => None,
        }
    }

    /// Whether all statements are written out at `span`, and nowhere else.
    pub fn stands_at(&self, project: &Project, span: Span) -> bool {
        let within = |at: Span| at.file == span.file && span.start <= at.start && at.end <= span.end;
        // The place of text is where it is used; it stands there when it is a heredoc.
        let file = project.files.get(span.file.0 as usize);
        let text = file.and_then(|file| file.text.get(span.range())).is_some_and(|text| text.starts_with("<<"));
        let is_here = |statement: &Statement| within(statement.at.span) && (statement.at.index.is_none() || text);
        self.complete && !self.statements.is_empty() && self.statements.iter().all(is_here)
    }

    /// The statements that are certainly in force, with all their elements known.
    pub fn certain(&self) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(|statement| statement.certain)
    }
}

/// `text`: whether the document is JSON text, where all of it has one span.
fn from_document(project: &Project, document: &Value, span: Span, text: bool) -> Policy {
    let Some(body) = document.as_map() else { return Policy::default() };
    let mut policy = Policy { statements: Vec::new(), complete: !body.open };
    let node = body.entry("Statement").map(|entry| &entry.node);
    let (items, known) = match node.map(|node| &node.value) {
        Some(Value::List(items)) => (items.as_slice(), true),
        Some(Value::AtLeast(items)) => (items.as_slice(), false),
        Some(Value::Map(_)) => (node.map(std::slice::from_ref).unwrap_or_default(), true),
        _ => (&[][..], false),
    };
    policy.complete &= known;
    for (i, item) in items.iter().enumerate() {
        let at = StatementAt { span: if text { span } else { item.span }, index: text.then_some(i) };
        policy.add(project, &item.value, at, true);
    }
    policy
}

impl Policy {
    /// Adds a statement's object, or each of those that it may be.
    fn add(&mut self, project: &Project, value: &Value, at: StatementAt, certain: bool) {
        match value {
            Value::Map(body) => {
                self.complete &= !body.open;
                self.statements.push(json_statement(project, body, at, certain));
            }
            // `Fn::If` without its statement.
            Value::Null => {}
            Value::Either(arms) => {
                self.complete = false;
                for arm in arms {
                    self.add(project, &arm.value, StatementAt { span: arm.span, ..at }, false);
                }
            }
            _ => self.complete = false,
        }
    }
}

fn json_statement(project: &Project, body: &Body, at: StatementAt, certain: bool) -> Statement {
    let list = |name: &str| listed(project, &body.get(name));
    let mut conditions = Vec::new();
    if let Some(operators) = body.get("Condition").as_map() {
        for operator in &operators.entries {
            let Some(keys) = operator.node.value.as_map().filter(|keys| !keys.open) else {
                conditions.push(unknown_condition());
                continue;
            };
            for key in &keys.entries {
                conditions.push((operator.name.clone(), key.name.clone(), listed(project, &key.node.value)));
            }
        }
        if operators.open {
            conditions.push(unknown_condition());
        }
    } else if !body.get("Condition").is_null() {
        conditions.push(unknown_condition());
    }
    let not_actions = !body.get("NotAction").is_null();
    let not_resources = !body.get("NotResource").is_null();
    Statement {
        sid: body.get("Sid").as_str().map(Arc::from),
        allow: allow(&body.get("Effect")),
        principals: json_principals(project, &body.get("Principal")),
        actions: list(if not_actions { "NotAction" } else { "Action" }),
        not_actions,
        resources: list(if not_resources { "NotResource" } else { "Resource" }),
        not_resources,
        conditions,
        certain: certain && !body.open,
        at,
    }
}

fn unknown_condition() -> (Arc<str>, Arc<str>, Vec<Value>) {
    ("?".into(), "?".into(), Vec::new())
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
        let certain = match entry.form {
            Form::Block | Form::Empty => true,
            Form::Attribute => entry.bodies().next().is_some(),
            Form::Dynamic => false,
        };
        policy.complete &= certain;
        let at = StatementAt { span: entry.span, index: None };
        for body in entry.bodies() {
            let statement = data_statement(project, body, at, certain);
            policy.complete &= statement.certain;
            policy.statements.push(statement);
        }
    }
    for name in ["source_policy_documents", "override_policy_documents", "source_json", "override_json"] {
        let Some(node) = resource.body.entry(name).map(|entry| &entry.node) else { continue };
        let documents = match &node.value {
            Value::List(documents) => documents.as_slice(),
            Value::AtLeast(documents) => {
                policy.complete = false;
                documents.as_slice()
            }
            _ => std::slice::from_ref(node),
        };
        for document in documents.iter().filter(|document| !document.value.is_null()) {
            match Policy::read(project, &document.value, document.span) {
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

fn data_statement(project: &Project, body: &Body, at: StatementAt, certain: bool) -> Statement {
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
        sid: body.get("sid").as_str().map(Arc::from),
        allow: if body.get("effect").is_null() { Some(true) } else { allow(&body.get("effect")) },
        principals: principals.collect(),
        actions: list(if not_actions { "not_actions" } else { "actions" }),
        not_actions,
        resources: list(if not_resources { "not_resources" } else { "resources" }),
        not_resources,
        conditions: conditions.collect(),
        certain: certain && body.entries.iter().all(|entry| entry.form != Form::Dynamic),
        at,
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
}
