//! Strings, also those of which only pieces are known.

use super::{key, list, to_text, whole};
use crate::hcl::evaluate::truth;
use crate::model::{Node, Value};
use crate::source::Span;

pub(super) fn call(name: &str, values: &[&Value], span: Span) -> Value {
    let texts: Vec<Value> = values.iter().map(|value| to_text(value)).collect();
    match (name, texts.as_slice()) {
        ("startswith", [text, Value::String(start)]) => truth(text.starts_with(start)),
        ("endswith", [text, Value::String(end)]) => truth(text.ends_with(end)),
        ("strcontains", [text @ Value::Text(_), Value::String(part)]) => {
            truth(text.known_pieces().iter().any(|piece| piece.contains(&**part)).then_some(true))
        }
        ("lower", [text]) => each_piece(text, str::to_ascii_lowercase),
        ("upper", [text]) => each_piece(text, str::to_ascii_uppercase),
        ("trimprefix", [text @ Value::Text(pieces), Value::String(start)]) => match text.starts_with(start) {
            Some(true) => without_start(pieces, start),
            Some(false) => text.clone(),
            None => Value::Unknown,
        },
        ("split", [Value::String(separator), Value::String(text)]) => split(separator, text, span),
        ("substr", [text, ..]) => substring(text, &values[1..]),
        ("indent", [_, Value::String(text)]) => match whole(values[0]) {
            Some(n) => Value::string(text.replace('\n', &format!("\n{}", " ".repeat(n.min(1000))))),
            None => Value::Unknown,
        },
        (_, [Value::String(text), rest @ ..]) => {
            let rest: Option<Vec<_>> = rest.iter().map(key).collect();
            let rest: Option<Vec<&str>> = rest.as_ref().map(|rest| rest.iter().map(|text| &**text).collect());
            rest.map_or(Value::Unknown, |rest| known(name, text, &rest))
        }
        _ => Value::Unknown,
    }
}

/// Functions of known strings.
fn known(name: &str, text: &str, rest: &[&str]) -> Value {
    let cut = |set: &str| text.trim_matches(|c| set.contains(c)).to_owned();
    match (name, rest) {
        ("strcontains", [part]) => Value::Bool(text.contains(part)),
        ("trimprefix", [start]) => Value::string(text.strip_prefix(start).unwrap_or(text)),
        ("trimsuffix", [end]) => Value::string(text.strip_suffix(end).unwrap_or(text)),
        ("trimspace", []) => Value::string(text.trim()),
        ("trim", [set]) => Value::string(cut(set)),
        ("chomp", []) => Value::string(text.trim_end_matches(['\r', '\n'])),
        ("strrev", []) if text.is_ascii() && !text.contains('\r') => {
            Value::string(text.chars().rev().collect::<String>())
        }
        // Between slashes stands a regular expression.
        ("replace", [from, to]) if !(from.len() > 1 && from.starts_with('/') && from.ends_with('/')) => {
            Value::string(text.replace(from, to))
        }
        ("basename", []) if is_plain_path(text) => Value::string(text.rsplit('/').next().unwrap_or(text)),
        ("dirname", []) if is_plain_path(text) && !text.starts_with('/') => {
            Value::string(text.rsplit_once('/').map_or(".", |(directory, _)| directory))
        }
        _ => Value::Unknown,
    }
}

/// A path that isn't tidied up by looking at it.
fn is_plain_path(text: &str) -> bool {
    let inner = text.strip_prefix('/').unwrap_or(text);
    !inner.is_empty() && inner.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn each_piece(text: &Value, f: impl Fn(&str) -> String) -> Value {
    match text {
        Value::String(text) if text.is_ascii() => Value::string(f(text)),
        Value::Text(pieces) if pieces.iter().all(|piece| piece.value.as_str().is_none_or(str::is_ascii)) => {
            let piece = |piece: &Node| {
                let value = piece.value.as_str().map_or(Value::Unknown, |text| Value::string(f(text)));
                Node { value, span: piece.span }
            };
            Value::Text(pieces.iter().map(piece).collect())
        }
        _ => Value::Unknown,
    }
}

fn without_start(pieces: &[Node], start: &str) -> Value {
    let mut pieces = pieces.to_vec();
    if let Some(Value::String(first)) = pieces.first_mut().map(|piece| &mut piece.value) {
        *first = first.strip_prefix(start).unwrap_or(first).into();
    }
    Value::Text(pieces)
}

fn split(separator: &str, text: &str, span: Span) -> Value {
    if separator.is_empty() {
        return list(text.chars().map(|c| Value::string(c.to_string())), span);
    }
    list(text.split(separator).map(Value::string), span)
}

/// `substr(text, from, length)`; of a text whose start is known, what lies in it.
fn substring(text: &Value, arguments: &[&Value]) -> Value {
    let [from, length] = arguments else { return Value::Unknown };
    let (Some(from), Some(length)) = (whole(from), length.as_number().filter(|n| n.fract() == 0.0)) else {
        return Value::Unknown;
    };
    let start = text.known_prefix();
    // Terraform counts what a reader sees as one character.
    if !start.is_ascii() || start.contains('\r') {
        return Value::Unknown;
    }
    let end = if length < 0.0 { usize::MAX } else { from.saturating_add(length as usize) };
    match text {
        Value::String(_) => {
            let end = end.min(start.len());
            Value::string(start.get(from.min(end)..end).unwrap_or_default())
        }
        _ => start.get(from..end).map_or(Value::Unknown, Value::string),
    }
}

/// `%s`, `%d`, `%v`, `%q` and `%%`; any other verb makes the result unknown.
pub(super) fn format(pattern: &Value, arguments: &[Node], span: Span) -> Value {
    let Value::String(pattern) = pattern else { return Value::Unknown };
    let text = |text: &str| Node { value: Value::string(text), span };
    let mut pieces = vec![text("")];
    let mut arguments = arguments.iter();
    let mut rest = &**pattern;
    while let Some((before, after)) = rest.split_once('%') {
        pieces.push(text(before));
        let Some(verb) = after.chars().next() else { return Value::Unknown };
        rest = &after[verb.len_utf8()..];
        if verb == '%' {
            pieces.push(text("%"));
            continue;
        }
        match arguments.next().and_then(|argument| verb_value(verb, argument)) {
            Some(piece) => pieces.push(piece),
            None => return Value::Unknown,
        }
    }
    pieces.push(text(rest));
    if arguments.next().is_some() {
        return Value::Unknown;
    }
    // An empty start would hide that a lone "%s" is its argument.
    let pieces: Vec<Node> = pieces.into_iter().filter(|piece| piece.value.as_str() != Some("")).collect();
    if pieces.is_empty() { Value::string("") } else { Value::text(pieces) }
}

fn verb_value(verb: char, argument: &Node) -> Option<Node> {
    let value = match (verb, &argument.value) {
        ('s' | 'v', Value::Null | Value::List(_) | Value::Map(_) | Value::AtLeast(_)) => return None,
        ('s' | 'v', value @ (Value::Bool(_) | Value::Number(_))) => to_text(value),
        ('s' | 'v', value) => value.clone(),
        ('d', value) => match value.as_number() {
            Some(n) if n.fract() == 0.0 => to_text(&Value::Number(n)),
            None if matches!(value, Value::Symbol(_) | Value::Reference(_)) => value.clone(),
            _ => return None,
        },
        ('q', Value::String(text)) if text.is_ascii() => Value::string(serde_json::Value::from(&**text).to_string()),
        _ => return None,
    };
    Some(Node { value, span: argument.span })
}

/// The pattern for each element of the lists among the arguments.
pub(super) fn format_list(pattern: &Value, arguments: &[Node], span: Span) -> Value {
    let lengths = arguments.iter().filter_map(|argument| argument.value.as_list().map(<[Node]>::len));
    let lengths: Vec<usize> = lengths.collect();
    let unknown = arguments.iter().any(|argument| {
        // What isn't known may be a list, too.
        matches!(argument.value, Value::Unknown | Value::Symbol(_) | Value::Reference(_) | Value::AtLeast(_))
    });
    let length = lengths.first().copied().unwrap_or(1);
    if unknown || lengths.iter().any(|other| *other != length) {
        return Value::Unknown;
    }
    let row = |i: usize| {
        let chosen = |argument: &Node| match &argument.value {
            Value::List(items) => items[i].clone(),
            _ => argument.clone(),
        };
        format(pattern, &arguments.iter().map(chosen).collect::<Vec<_>>(), span)
    };
    list((0..length).map(row), span)
}

pub(super) fn join(separator: &str, lists: &[&Value], span: Span) -> Value {
    let mut pieces = Vec::new();
    for value in lists {
        let Value::List(items) = value else { return Value::Unknown };
        for item in items {
            if matches!(item.value, Value::Null | Value::List(_) | Value::Map(_) | Value::AtLeast(_)) {
                return Value::Unknown;
            }
            if !pieces.is_empty() {
                pieces.push(Node { value: Value::string(separator), span });
            }
            pieces.push(item.clone());
        }
    }
    match pieces.as_mut_slice() {
        [] => Value::string(""),
        [one] => match to_text(&one.value) {
            Value::Unknown => one.value.clone(),
            text => text,
        },
        _ => super::lift(&pieces, &|pieces| Value::text(pieces.to_vec())),
    }
}
