//! Adds a statement to a policy document, whichever way it is written.

use hcl_edit::Span as _;
use hcl_edit::expr::{Array, Expression, Object, ObjectKey};

use super::render::Place;
use super::{Lowering, header_of};
use crate::edit::Edit;
use crate::json::{self, Style};
use crate::model::{Draft, DraftBody, DraftItem, Mode, Resource, Value};
use crate::source::{FileId, SourceFile, Span, indentation, line_end, line_start};
use crate::workspace::Tree;

/// Adds `statement` (IAM's JSON names) to the document in `argument`.
pub(super) fn append_statement(
    lowering: &mut Lowering<'_>,
    resource: &Resource,
    argument: &str,
    statement: &Draft,
) -> Result<(), String> {
    let project = &lowering.workspace.project;
    let file = project.file(resource.span.file);
    let block = lowering.block(resource)?;
    let attribute = block.body.get_attribute(argument).ok_or_else(|| format!("`{argument}` is missing"))?;
    let renamed = lowering.renamed.clone();
    let place = lowering.written_at(file, resource, true, &renamed);
    match &attribute.value {
        Expression::FuncCall(call) if call.name.name.as_str() == "jsonencode" => {
            let object = call.args.iter().next().and_then(Expression::as_object);
            let object = object.ok_or("the document in `jsonencode` is not written out")?;
            let edits = append_to_object(file, resource.span.file, object, &place, statement)?;
            lowering.out.edits.extend(edits);
            touch(lowering, resource, argument);
            Ok(())
        }
        Expression::HeredocTemplate(_) => {
            let range = attribute.value.span().ok_or("the document has no place in its file")?;
            let edit = append_to_text(file, resource.span.file, range, &place, statement)?;
            lowering.out.edits.push(edit);
            touch(lowering, resource, argument);
            Ok(())
        }
        other => match data_document(lowering, resource, argument) {
            Some(document) => append_to_data(lowering, resource, document, statement),
            None => Err(format!(
                "the policy is written elsewhere: {}",
                super::shorten(&file.text[other.span().unwrap_or_default()])
            )),
        },
    }
}

fn touch(lowering: &mut Lowering<'_>, resource: &Resource, argument: &str) {
    lowering.touch(resource.span.file, header_of(resource), argument);
    lowering.out.updated.push((resource.id, vec![argument.to_owned()]));
}

pub(super) fn append_to_object(
    file: &SourceFile,
    id: FileId,
    object: &Object,
    place: &Place<'_>,
    statement: &Draft,
) -> Result<Vec<Edit>, String> {
    let Draft::Object(entries) = statement else { return Err("a statement is an object".into()) };
    let is_statement = |key: &ObjectKey| match key {
        ObjectKey::Ident(ident) => ident.as_str() == "Statement",
        ObjectKey::Expression(expr) => expr.as_str() == Some("Statement"),
    };
    let (_, value) = object.iter().find(|(key, _)| is_statement(key)).ok_or("the document has no statements")?;
    match value.expr() {
        Expression::Array(array) => {
            Ok(vec![append_element(file, id, array, place.unit, |indent| place.object(entries, indent))?])
        }
        Expression::Object(single) => {
            // One statement without a list: it becomes a list of two.
            let range = single.span().ok_or("the statement has no place in its file")?;
            let indent = indentation(&file.text, range.start).to_owned();
            let text = format!(", {}]", place.object(entries, &indent)?);
            Ok(vec![Edit::insert(id, range.start, "["), Edit::insert(id, range.end, text)])
        }
        _ => Err("the statements are not written out as a list".into()),
    }
}

/// Adds an element at the end of a list, in the list's own layout. `render` gets the indentation of its lines.
pub(super) fn append_element(
    file: &SourceFile,
    id: FileId,
    array: &Array,
    unit: &str,
    render: impl Fn(&str) -> Result<String, String>,
) -> Result<Edit, String> {
    let text = &file.text;
    let whole = array.span().ok_or("the list has no place in its file")?;
    let Some(last) = array.iter().last().and_then(hcl_edit::Span::span) else {
        let indent = indentation(text, whole.start).to_owned();
        return Ok(Edit::replace(Span::new(id, whole), format!("[{}]", render(&indent)?)));
    };
    let last_start = skip_blank(text, last.start);
    let indent = indentation(text, last_start).to_owned();
    let own_line = text[line_start(text, last_start)..last_start].trim().is_empty();
    let element = render(&indent)?;
    let end = last_start + text[last_start..last.end].trim_end().len();
    let comma = text[end..whole.end].find(|c: char| !c.is_whitespace()).filter(|at| text[end + at..].starts_with(','));
    if !own_line && text[last.clone()].contains('\n') && element.ends_with('}') {
        return Ok(prepend_element(file, id, whole.start + 1, &element, unit));
    }
    if !own_line {
        return Ok(match comma {
            Some(at) => Edit::insert(id, end + at + 1, format!(" {element},")),
            None => Edit::insert(id, end, format!(", {element}")),
        });
    }
    let nl = file.newline();
    Ok(match comma {
        Some(at) => Edit::insert(id, line_end(text, end + at + 1), format!("{nl}{indent}{element},")),
        None => Edit::insert(id, end, format!(",{nl}{indent}{element}")),
    })
}

/// `[{` ... `}]` takes another element in front: behind the last one, `terraform fmt` would move its closing brace.
fn prepend_element(file: &SourceFile, id: FileId, at: usize, element: &str, unit: &str) -> Edit {
    let indent = indentation(&file.text, at);
    let body = element.strip_suffix('}').unwrap_or(element).trim_end_matches([' ', '\t']);
    Edit::insert(id, at, format!("{body}{indent}{unit}}}, "))
}

fn skip_blank(text: &str, at: usize) -> usize {
    at + text[at..].len() - text[at..].trim_start().len()
}

/// Adds a statement to JSON text in a heredoc.
fn append_to_text(
    file: &SourceFile,
    id: FileId,
    range: std::ops::Range<usize>,
    place: &Place<'_>,
    statement: &Draft,
) -> Result<Edit, String> {
    let whole = &file.text[range.clone()];
    let start = whole.find('\n').ok_or("the text has no lines")? + 1;
    let blanked = blank_interpolations(whole);
    let json_start = blanked[start..].find('{').ok_or("the text is not JSON")? + start;
    let json_end = blanked.rfind('}').ok_or("the text is not JSON")? + 1;
    let document = json::parse(&blanked[json_start..json_end])
        .map_err(|(message, _)| format!("the text is not JSON: {message}"))?;
    let statements = document.get("Statement").ok_or("the document has no statements")?;
    let base = range.start + json_start;
    let json::Kind::Array(items) = &statements.kind else {
        return Err("the statements are not written out as a list".into());
    };
    let last = items.last().ok_or("the list of statements is empty")?;
    let at = base + last.range.end;
    let first = base + last.range.start;
    let indent = indentation(&file.text, first).to_owned();
    let inner = file.text[first..at].lines().nth(1).map(|line| line[..line.len() - line.trim_start().len()].to_owned());
    let step = inner.and_then(|inner| inner.strip_prefix(indent.as_str()).map(str::to_owned));
    let step = step.filter(|step| !step.is_empty()).unwrap_or_else(|| place.unit.to_owned());
    let style = Style::of(file, id).with_step(step);
    let rendered = style.text(&super::json::layout(place, statement)?, &indent);
    let own_line = file.text[line_start(&file.text, first)..first].trim().is_empty();
    let separator = if own_line { format!(",{}{indent}", file.newline()) } else { ", ".to_owned() };
    Ok(Edit::insert(id, at, format!("{separator}{rendered}")))
}

/// The text with each interpolation replaced by as many digits: JSON then, with all offsets as they were.
pub(super) fn blank_interpolations(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${").filter(|at| !rest[..*at].ends_with('$')) {
        let mut depth = 0usize;
        let end = rest[at..].char_indices().find_map(|(i, c)| {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => return None,
            }
            (depth == 0).then_some(at + i + 1)
        });
        let Some(end) = end else { break };
        out.push_str(&rest[..at]);
        out.extend(std::iter::repeat_n('1', end - at));
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// The `aws_iam_policy_document` that the argument refers to.
pub(super) fn data_document<'w>(lowering: &Lowering<'w>, resource: &Resource, argument: &str) -> Option<&'w Resource> {
    let Value::Reference(reference) = resource.body.get(argument) else { return None };
    let document = lowering.workspace.project.resource(reference.resource);
    (document.mode == Mode::Data && &*document.kind == "aws_iam_policy_document").then_some(document)
}

pub(super) fn append_to_data(
    lowering: &mut Lowering<'_>,
    resource: &Resource,
    document: &Resource,
    statement: &Draft,
) -> Result<(), String> {
    let project = &lowering.workspace.project;
    let file = project.file(document.span.file);
    if document.instance != resource.instance || !file.editable {
        return Err(format!("{} stands in another module", document.address()));
    }
    let others =
        project.resources.iter().filter(|other| other.id != resource.id && other.span != resource.span).find(|other| {
            let mut uses = false;
            for entry in &other.body.entries {
                entry.node.value.each_reference(&mut |reference| uses |= reference.resource == document.id);
            }
            uses
        });
    if let Some(other) = others {
        return Err(format!("{} also serves {}", document.address(), other.address()));
    }
    let renamed = lowering.renamed.clone();
    let mut place = lowering.written_at(file, document, true, &renamed);
    // References are written in the document but mean what the policy's resource means.
    place.resource = if place.mirrored { document.id } else { resource.id };
    if matches!(lowering.tree(document.span.file), Tree::Json(_)) {
        super::json_policy::append_to_document(lowering, &place, document, statement)?;
        lowering.touch(document.span.file, header_of(document), "statement");
        lowering.out.updated.push((resource.id, Vec::new()));
        return Ok(());
    }
    let block = lowering.block(document)?;
    let inside = super::Inside::of(&file.text, block, place.unit, place.newline)?;
    let text = place.block("statement", &document_statement(statement)?, &inside.indent)?;
    for insertion in inside.insert(&[], &[text]) {
        lowering.out.edits.push(Edit::replace(Span::new(document.span.file, insertion.at), insertion.text));
    }
    lowering.touch(document.span.file, header_of(document), "statement");
    lowering.out.updated.push((resource.id, Vec::new()));
    Ok(())
}

/// A statement as the block of `aws_iam_policy_document`.
pub(super) fn document_statement(statement: &Draft) -> Result<DraftBody, String> {
    let Draft::Object(entries) = statement else { return Err("a statement is an object".into()) };
    let list = |value: &Draft| match value {
        Draft::List(_) => value.clone(),
        single => Draft::List(vec![single.clone()]),
    };
    let mut body = DraftBody::default();
    let mut blocks = Vec::new();
    for (name, value) in entries {
        let argument = match name.as_str() {
            "Sid" => ("sid", value.clone()),
            "Effect" => ("effect", value.clone()),
            "Action" => ("actions", list(value)),
            "Resource" => ("resources", list(value)),
            "Principal" => {
                blocks.extend(principals(value)?);
                continue;
            }
            "Condition" => {
                blocks.extend(conditions(value)?);
                continue;
            }
            other => return Err(format!("`{other}` can't be written in a policy document")),
        };
        body.items.push((argument.0.to_owned(), DraftItem::Argument(argument.1)));
    }
    body.items.extend(blocks.into_iter().map(|(name, block)| (name, DraftItem::Block(block))));
    Ok(body)
}

fn principals(value: &Draft) -> Result<Vec<(String, DraftBody)>, String> {
    let block = |kind: &str, identifiers: Draft| {
        ("principals".to_owned(), DraftBody::arguments([("type", Draft::string(kind)), ("identifiers", identifiers)]))
    };
    match value {
        Draft::String(all) if all == "*" => Ok(vec![block("*", Draft::List(vec![Draft::string("*")]))]),
        Draft::Object(entries) => Ok(entries
            .iter()
            .map(|(kind, value)| {
                let identifiers =
                    if matches!(value, Draft::List(_)) { value.clone() } else { Draft::List(vec![value.clone()]) };
                block(kind, identifiers)
            })
            .collect()),
        _ => Err("the principal can't be written in a policy document".into()),
    }
}

fn conditions(value: &Draft) -> Result<Vec<(String, DraftBody)>, String> {
    let Draft::Object(operators) = value else { return Err("a condition is an object".into()) };
    let mut blocks = Vec::new();
    for (operator, keys) in operators {
        let Draft::Object(keys) = keys else { return Err("a condition is an object".into()) };
        for (key, value) in keys {
            let values = if matches!(value, Draft::List(_)) { value.clone() } else { Draft::List(vec![value.clone()]) };
            let body = DraftBody::arguments([
                ("test", Draft::string(operator.as_str())),
                ("variable", Draft::string(key.as_str())),
                ("values", values),
            ]);
            blocks.push(("condition".to_owned(), body));
        }
    }
    Ok(blocks)
}
