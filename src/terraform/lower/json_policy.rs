//! Adds a statement to a policy in a JSON file: to the document in a string, to one in `jsonencode` in a string, or to an
//! `aws_iam_policy_document`.
//!
//! What stands in a string is edited as a text of its own; the edits are then moved to where its characters are written.

use hcl_edit::expr::Expression;
use hcl_edit::template::Element;

use super::policy::{append_to_object, blank_interpolations, document_statement, referred};
use super::render::Place;
use super::{Lowering, header_of, json, policy};
use crate::edit::Edit;
use crate::json::{Kind, Node, Style, parse, quote};
use crate::model::{Draft, Resource};
use crate::source::{FileId, SourceFile, Span};
use crate::workspace::Tree;

/// Adds `statement` to the document in `argument`, whose value is `written`.
pub(super) fn append_statement(
    lowering: &mut Lowering<'_>,
    place: &Place<'_>,
    resource: &Resource,
    argument: &str,
    written: &Node,
    statement: &Draft,
) -> Result<(), String> {
    if let Some(document) = referred(lowering, &resource.body.at(argument)) {
        return policy::append_to_data(lowering, resource, document, statement);
    }
    let file = lowering.workspace.project.file(resource.span.file);
    let text = written.as_str().ok_or("the policy is not a string")?;
    let inner = SourceFile::new(file.path.clone(), &file.display, text);
    let edits = match encoded(text) {
        Some(call) => in_call(&inner, place, &call, statement)?,
        None => in_text(&inner, place, statement)?,
    };
    let raw = &file.text[written.range.clone()];
    for edit in edits {
        let start = written.range.start + raw_offset(raw, edit.span.start as usize);
        let end = written.range.start + raw_offset(raw, edit.span.end as usize);
        let text = quote(&edit.text);
        lowering.out.edits.push(Edit::replace(Span::new(resource.span.file, start..end), &text[1..text.len() - 1]));
    }
    lowering.touch(resource.span.file, header_of(resource), argument);
    lowering.out.updated.push((resource.id, vec![argument.to_owned()]));
    Ok(())
}

/// Adds a statement to an `aws_iam_policy_document` that is declared in JSON.
pub(super) fn append_to_document(
    lowering: &mut Lowering<'_>,
    place: &Place<'_>,
    document: &Resource,
    statement: &Draft,
) -> Result<(), String> {
    let Tree::Json(root) = lowering.tree(document.span.file) else { return Err("the file is not JSON".into()) };
    let file = lowering.workspace.project.file(document.span.file);
    let declared = root.at(&document.span.range()).ok_or("the document moved")?;
    let block = json::body_layout(place, &document_statement(statement)?)?;
    let style = Style::of(file, document.span.file);
    lowering.out.edits.extend(json::append_block(&style, &declared.value, "statement", block)?);
    Ok(())
}

/// The expression when the string is nothing but `${jsonencode(...)}`.
fn encoded(text: &str) -> Option<Expression> {
    let template = hcl_edit::parser::parse_template(text).ok()?;
    let mut elements = template.into_iter();
    match (elements.next()?, elements.next()) {
        (Element::Interpolation(inner), None) => Some(inner.expr),
        _ => None,
    }
}

fn in_call(inner: &SourceFile, place: &Place<'_>, call: &Expression, statement: &Draft) -> Result<Vec<Edit>, String> {
    let call = call.as_func_call().filter(|call| call.name.name.as_str() == "jsonencode");
    let object = call.and_then(|call| call.args.iter().next()).and_then(Expression::as_object);
    let object = object.ok_or("the policy is written elsewhere")?;
    if inner.text.contains('\n') {
        let place = Place { unit: super::unit(&inner.text), newline: "\n", ..*place };
        return append_to_object(inner, FileId::default(), object, &place, statement);
    }
    // All on one line, and so stays what is added.
    let is_statement = |key: &hcl_edit::expr::ObjectKey| match key {
        hcl_edit::expr::ObjectKey::Ident(ident) => ident.as_str() == "Statement",
        hcl_edit::expr::ObjectKey::Expression(expr) => expr.as_str() == Some("Statement"),
    };
    let (_, value) = object.iter().find(|(key, _)| is_statement(key)).ok_or("the document has no statements")?;
    let last = value.expr().as_array().and_then(|array| array.iter().last()).and_then(hcl_edit::Span::span);
    let last = last.ok_or("the statements are not written out as a list")?;
    let end = last.start + inner.text[last.clone()].trim_end().len();
    Ok(vec![Edit::insert(FileId::default(), end, format!(", {}", place.one_line(statement)?))])
}

fn in_text(inner: &SourceFile, place: &Place<'_>, statement: &Draft) -> Result<Vec<Edit>, String> {
    let blanked = blank_interpolations(&inner.text);
    let document = parse(&blanked).map_err(|(message, _)| format!("the policy is not JSON: {message}"))?;
    let statements = document.get("Statement").ok_or("the document has no statements")?;
    let style = Style::of(inner, FileId::default());
    let statement = json::layout(place, statement)?;
    match &statements.kind {
        Kind::Array(_) => Ok(style.append(statements, &statement).into_iter().collect()),
        Kind::Object(_) => Ok(style.wrap_and_append(statements, &statement).into()),
        _ => Err("the statements are not written out as a list".into()),
    }
}

/// Where the character at `offset` of a string's value is written in `raw`, the string with its quotes.
fn raw_offset(raw: &str, offset: usize) -> usize {
    let mut value = 0;
    let mut chars = raw.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        if value >= offset {
            return at;
        }
        if c != '\\' {
            value += c.len_utf8();
            continue;
        }
        match chars.next() {
            Some((at, 'u')) => {
                let unit =
                    raw.get(at + 1..at + 5).and_then(|hex| u32::from_str_radix(hex, 16).ok()).unwrap_or_default();
                // Two halves of a pair make one character of four bytes.
                value += char::from_u32(unit).map_or(2, char::len_utf8);
                chars.nth(3);
            }
            _ => value += 1,
        }
    }
    raw.len()
}

#[cfg(test)]
mod tests {
    use super::raw_offset;

    #[test]
    fn characters_are_found_where_they_are_written() {
        let raw = r#""a\"b\u00e9\ud83d\ude00é\n}""#;
        let value: String = serde_json::from_str(raw).expect("JSON");
        for (at, c) in value.char_indices() {
            let there = &raw[raw_offset(raw, at)..];
            let starts = match c {
                '"' => there.starts_with("\\\""),
                '\n' => there.starts_with("\\n"),
                '😀' => there.starts_with("\\ud83d"),
                'é' => there.starts_with("\\u00e9") || there.starts_with('é'),
                plain => there.starts_with(plain),
            };
            assert!(starts, "{c}: {there}");
        }
        assert_eq!(raw_offset(raw, value.len()), raw.len() - 1);
    }
}
