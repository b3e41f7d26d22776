//! JSON text whose parts may be unknown: in its strings, or in place of a value.

use crate::model::{Body, Entry, Form, Node, Value};
use crate::source::Span;

/// Stand for an unknown piece in JSON text while it is parsed, in a string and as a value of its own: characters of the
/// private use area.
const OPEN: char = '\u{E000}';
const CLOSE: char = '\u{E001}';
const VALUE: char = '\u{E002}';

/// The document that a value encodes as JSON: `jsonencode`, or text with unknown pieces in its strings.
pub fn document(value: &Value, span: Span) -> Option<Value> {
    match value {
        Value::Json(node) => Some(node.value.clone()),
        _ => parse(value, span),
    }
}

/// Parses JSON text with unknown pieces in it.
pub(super) fn parse(value: &Value, span: Span) -> Option<Value> {
    let mut text = String::new();
    let pieces = match value {
        Value::Text(pieces) => pieces.as_slice(),
        _ => &[],
    };
    if let Value::String(known) = value {
        text.push_str(known);
    }
    let mut quoted = false;
    for (i, piece) in pieces.iter().enumerate() {
        match &piece.value {
            Value::String(known) => {
                quoted = ends_in_string(known, quoted);
                text.push_str(known);
            }
            _ if quoted => text.push_str(&format!("{OPEN}{i}{CLOSE}")),
            _ => text.push_str(&format!("\"{VALUE}{i}{CLOSE}\"")),
        }
    }
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text.trim());
    let document = read(&text).or_else(|_| read(&without_trailing_commas(&text))).ok()?;
    document.is_object().then(|| from_json(&document, pieces, span))
}

/// JSON text with blanks for commas behind last elements: AWS refuses them, but they hide nothing of what is meant.
fn without_trailing_commas(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut quoted, mut escaped) = (false, false);
    for (i, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = quoted,
            '"' => quoted = !quoted,
            _ => {}
        }
        let is_last = || text[i + 1..].trim_start().starts_with([']', '}']);
        out.push(if c == ',' && !quoted && is_last() { ' ' } else { c });
    }
    out
}

/// Whether JSON text ends inside a string; `quoted` says whether it begins in one.
fn ends_in_string(text: &str, mut quoted: bool) -> bool {
    let mut escaped = false;
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = quoted,
            '"' => quoted = !quoted,
            _ => {}
        }
    }
    quoted
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
    if let Some(number) = text.strip_prefix(VALUE).and_then(|rest| rest.strip_suffix(CLOSE)) {
        // An encoded value is the value; what else stands outside a string can be anything.
        return match number.parse::<usize>().ok().and_then(|i| pieces.get(i)).map(|piece| &piece.value) {
            Some(Value::Json(node)) => node.value.clone(),
            _ => Value::Unknown,
        };
    }
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
    use crate::iam::policy::Policy;
    use crate::model::Project;

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

    #[test]
    fn unknown_pieces_in_place_of_values() {
        let node = |value| Node { value, span: Span::default() };
        let actions = Value::List(vec![node(Value::string("s3:GetObject"))]);
        let text = Value::Text(vec![
            node(Value::string(r#"{"Statement":[{"Effect":"Allow","Sid":"a \"b\"","Action":"#)),
            node(Value::Json(Box::new(node(actions)))),
            node(Value::string(r#","Resource":["*","#)),
            node(Value::Unknown),
            node(Value::string("]}]}")),
        ]);
        let policy = Policy::read(&Project::default(), &text, Span::default()).expect("it is a policy");
        let statement = &policy.statements[0];
        assert!(statement.covers_action("s3:GetObject") && statement.on_everything(), "{statement:?}");
        assert_eq!(statement.resources.len(), 2);
    }
}
