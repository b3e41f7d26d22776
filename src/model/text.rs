//! Strings that are put together from known and unknown pieces: what can be told of them.

use super::value::{Node, Value};

impl Value {
    /// A string put together from `pieces`. A single piece is itself, as in `"${x}"`.
    pub fn text(pieces: Vec<Node>) -> Self {
        let mut merged: Vec<Node> = Vec::with_capacity(pieces.len());
        if pieces.len() == 1 {
            return pieces.into_iter().next().map_or(Self::Null, |piece| piece.value);
        }
        for piece in pieces {
            match piece.value {
                Self::Text(inner) => inner.into_iter().for_each(|piece| push_piece(&mut merged, piece)),
                _ => push_piece(&mut merged, piece),
            }
        }
        match merged.as_slice() {
            [] => Self::string(""),
            [Node { value: Self::String(text), .. }] => Self::String(text.clone()),
            _ => Self::Text(merged),
        }
    }

    /// The known text at the start of a string: all of it, or up to the first unknown piece.
    pub fn known_prefix(&self) -> &str {
        match self {
            Self::String(text) => text,
            Self::Text(pieces) => known(pieces.first()),
            _ => "",
        }
    }

    /// The known text at the end of a string.
    pub fn known_suffix(&self) -> &str {
        match self {
            Self::String(text) => text,
            Self::Text(pieces) => known(pieces.last()),
            _ => "",
        }
    }

    /// Whether a string starts so.
    pub fn starts_with(&self, start: &str) -> Option<bool> {
        let prefix = self.known_prefix();
        match self {
            Self::String(text) => Some(text.starts_with(start)),
            Self::Text(_) if prefix.len() >= start.len() => Some(prefix.starts_with(start)),
            Self::Text(_) if !start.starts_with(prefix) => Some(false),
            _ => None,
        }
    }

    /// Whether a string ends so.
    pub fn ends_with(&self, end: &str) -> Option<bool> {
        let suffix = self.known_suffix();
        match self {
            Self::String(text) => Some(text.ends_with(end)),
            Self::Text(_) if suffix.len() >= end.len() => Some(suffix.ends_with(end)),
            Self::Text(_) if !end.ends_with(suffix) => Some(false),
            _ => None,
        }
    }

    /// Known pieces of a string, wherever they stand.
    pub fn known_pieces(&self) -> Vec<&str> {
        match self {
            Self::String(text) => vec![text],
            Self::Text(pieces) => pieces.iter().filter_map(|piece| piece.value.as_str()).collect(),
            Self::Either(arms) => arms.iter().flat_map(|arm| arm.value.known_pieces()).collect(),
            _ => Vec::new(),
        }
    }
}

fn known(piece: Option<&Node>) -> &str {
    piece.and_then(|piece| piece.value.as_str()).unwrap_or_default()
}

/// Adds a piece of text, joined to the one before where both are known.
fn push_piece(pieces: &mut Vec<Node>, piece: Node) {
    let value = match piece.value {
        Value::Number(n) => Value::string(n.to_string()),
        Value::Bool(b) => Value::string(b.to_string()),
        other => other,
    };
    if let (Value::String(new), Some(Node { value: Value::String(old), .. })) = (&value, pieces.last_mut()) {
        *old = format!("{old}{new}").into();
        return;
    }
    pieces.push(Node { value, span: piece.span });
}

/// Whether two texts with unknown pieces are equal.
pub(super) fn same(a: &[Node], b: &[Node]) -> Option<bool> {
    if a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.value.equals(&b.value) == Some(true)) {
        return Some(true);
    }
    let ((start_a, end_a), (start_b, end_b)) =
        ((known(a.first()), known(a.last())), (known(b.first()), known(b.last())));
    let starts_agree = start_a.starts_with(start_b) || start_b.starts_with(start_a);
    let ends_agree = end_a.ends_with(end_b) || end_b.ends_with(end_a);
    if starts_agree && ends_agree { None } else { Some(false) }
}

/// Whether `text` could be what the pieces make: its ends must agree with the known ones, and between them the known
/// pieces must stand in their order.
pub(super) fn may_be(pieces: &[Node], text: &str) -> bool {
    let (start, end) = (known(pieces.first()), known(pieces.last()));
    if text.len() < start.len() + end.len() || !text.starts_with(start) || !text.ends_with(end) {
        return false;
    }
    let mut rest = &text[start.len()..text.len() - end.len()];
    let inner = pieces.get(1..pieces.len().saturating_sub(1)).unwrap_or_default();
    for piece in inner.iter().filter_map(|piece| piece.value.as_str()) {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn text(pieces: &[&str]) -> Value {
        let value = |piece: &&str| if *piece == "?" { Value::Unknown } else { Value::string(*piece) };
        Value::Text(pieces.iter().map(|piece| Node { value: value(piece), span: Span::default() }).collect())
    }

    #[test]
    fn ends_decide() {
        let arn = text(&["arn:", "?", ":x"]);
        for (start, expected) in [("ar", Some(true)), ("arn:", Some(true)), ("arn:aws", None), ("aws", Some(false))] {
            assert_eq!(arn.starts_with(start), expected, "{start}");
        }
        for (end, expected) in [("x", Some(true)), (":x", Some(true)), ("a:x", None), ("y", Some(false))] {
            assert_eq!(arn.ends_with(end), expected, "{end}");
        }
        assert_eq!(text(&["?"]).starts_with("a"), None);
        assert_eq!(Value::Unknown.starts_with(""), None);
    }

    #[test]
    fn known_pieces_must_stand_in_order() {
        let arn = text(&["arn:", "?", ":s3:", "?", "/*"]);
        for (literal, expected) in [
            ("arn:aws:s3:::b/*", None),
            ("arn:aws:sqs:::b/*", Some(false)),
            ("arn:aws:s3:::b", Some(false)),
            ("arn:s3:/*", Some(false)),
            ("arn::s3:/*", None),
        ] {
            assert_eq!(arn.equals(&Value::string(literal)), expected, "{literal}");
        }
    }
}
