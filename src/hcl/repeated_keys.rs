//! Objects that give a key twice. Terraform takes the last one; the parser refuses the text.
//!
//! The text is parsed with blanks in place of what doesn't count, so that all spans are those of the file.

use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::{Object, ObjectKey};
use hcl_edit::structure::Body;
use hcl_edit::visit::{Visit, visit_object};

/// What the parser says of such a key; its place is the key.
pub const MESSAGE: &str = "redefined object key";
/// A file with more repeated keys than this is refused.
const MOST: usize = 64;

/// A key that was given before in its object.
struct Repeated {
    at: usize,
    name: String,
}

/// Parses a text that was refused; nothing when repeated keys aren't all that is wrong with it.
pub(super) fn parse(text: &str, refused: &hcl_edit::parser::Error) -> Option<Body> {
    let (renamed, repeated) = rename(text, refused)?;
    let body = hcl_edit::parser::parse_body(&renamed).ok()?;
    let mut finder = Finder { text, repeated: &repeated, blanks: Vec::new() };
    finder.visit_body(&body);
    let mut bytes = text.as_bytes().to_vec();
    for blank in &finder.blanks {
        // Whole characters become as many blanks as they have bytes.
        bytes[blank.clone()].iter_mut().filter(|byte| !matches!(**byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
    }
    hcl_edit::parser::parse_body(&String::from_utf8(bytes).ok()?).ok()
}

/// The text with names that are free in place of repeated ones, each as long as what it stands for.
fn rename(text: &str, refused: &hcl_edit::parser::Error) -> Option<(String, Vec<Repeated>)> {
    let mut renamed = text.to_owned();
    let mut repeated: Vec<Repeated> = Vec::new();
    let mut place = place_of(refused)?;
    for number in 0..MOST * 32 {
        let range = name_at(text, place)?;
        if repeated.last().is_none_or(|last| last.at != place) {
            if repeated.len() == MOST {
                return None;
            }
            repeated.push(Repeated { at: place, name: text[range.clone()].to_owned() });
        }
        renamed.replace_range(range.clone(), &free_name(number, range.len()));
        match hcl_edit::parser::parse_body(&renamed) {
            Ok(_) => return Some((renamed, repeated)),
            Err(error) => place = place_of(&error)?,
        }
    }
    None
}

fn place_of(error: &hcl_edit::parser::Error) -> Option<usize> {
    error.message().contains(MESSAGE).then(|| error.location().offset())
}

/// The name of the key at an offset, without its quotes; nothing where the key is an expression.
fn name_at(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text.get(at..)?;
    let (start, length) = match rest.strip_prefix('"') {
        Some(inner) => (at + 1, inner.find('"')?),
        None => (at, rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))?),
    };
    let plain = !text[start..start + length].contains(['\\', '$', '%', '\n']);
    (length > 0 && plain).then_some(start..start + length)
}

/// A name of so many bytes, another one for each number as far as they go.
fn free_name(mut number: usize, length: usize) -> String {
    let letter = |number: usize| char::from(b'a' + (number % 26) as u8);
    let mut name = String::new();
    while name.len() < length {
        name.push(letter(number));
        number /= 26;
    }
    name
}

/// Finds what repeated keys make void.
struct Finder<'t> {
    text: &'t str,
    repeated: &'t [Repeated],
    blanks: Vec<Range<usize>>,
}

impl Visit for Finder<'_> {
    fn visit_object(&mut self, object: &Object) {
        let mut before: Vec<(&str, Range<usize>)> = Vec::new();
        for (key, value) in object {
            let span = match key {
                ObjectKey::Ident(ident) => ident.span(),
                ObjectKey::Expression(expr) => expr.span(),
            };
            let (Some(key), Some(value)) = (span, value.expr().span()) else { continue };
            let start = key.start + self.text[key.clone()].len() - self.text[key].trim_start().len();
            let Some(name) = name_at(self.text, start).map(|range| &self.text[range]) else { continue };
            if self.repeated.iter().any(|repeated| repeated.at == start && repeated.name == name)
                && let Some(i) = before.iter().position(|(earlier, _)| *earlier == name)
            {
                let (_, item) = before.remove(i);
                let rest = &self.text[item.end..];
                let comma = rest.trim_start().starts_with(',');
                let end = if comma { item.end + rest.find(',').unwrap_or_default() + 1 } else { item.end };
                self.blanks.push(item.start..end);
            }
            before.push((name, start..value.start + self.text[value].trim_end().len()));
        }
        visit_object(self, object);
    }
}

#[cfg(test)]
mod tests {
    use crate::hcl::parse_body;

    fn parsed(text: &str) -> String {
        let body = parse_body(text).unwrap_or_else(|error| panic!("{text}: {}", error.message));
        let words = body.to_string();
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_last_one_counts() {
        for (text, expected) in [
            ("x = { a = 1, a = 2 }\n", "x = { a = 2 }"),
            ("x = {\n  a = {\n    b = 1\n  }\n  c = 3\n  a = 2\n}\n", "x = { c = 3 a = 2 }"),
            ("x = { \"k v\" : 1, \"k v\" : 2, \"k v\" : [3] }\n", "x = { \"k v\" : [3] }"),
            ("x = { é = 1, é = { b = 1, b = 2 } }\n", "x = { é = { b = 2 } }"),
            ("x = f({ a = 1, b = 2, a = 3 })\ny = { a = 1, a = 2 }\n", "x = f({ b = 2, a = 3 }) y = { a = 2 }"),
        ] {
            assert_eq!(parsed(text), expected);
        }
    }

    #[test]
    fn places_are_those_of_the_text() {
        use hcl_edit::Span as _;
        let text = "x = {\n  a = \"ä\" # first\n  a = 2\n}\ny = 1\n";
        let body = parse_body(text).expect("a key may be repeated");
        let last = body.attributes().last().and_then(hcl_edit::Span::span).expect("it has a place");
        assert_eq!(text[last].trim(), "y = 1");
        let object = body.get_attribute("x").and_then(|x| x.value.span()).expect("it has a place");
        assert!(text[object].trim().ends_with('}'));
    }

    #[test]
    fn other_faults_are_faults() {
        for text in ["x = { a = 1, a = }\n", "x = { (y) = 1, (y) = 2 }\n", "x = { a = 1, a = 2 }}\n"] {
            assert!(parse_body(text).is_err(), "{text}");
        }
    }
}
