//! Adds statements to policy documents and changes those that are there, whichever way they are written.

mod home;
mod keyed;
mod rewrite;
mod statement;
mod text;

use hcl_edit::Span as _;
use hcl_edit::expr::{Array, Expression, Object};
use hcl_edit::structure::Block;

use self::home::{document_of, document_serves_only};
pub(super) use self::rewrite::rewrite_statements;
pub(super) use self::statement::edit_statement;
use self::statement::{entry, listed};
pub(super) use self::text::blank_interpolations;
use super::render::Place;
use super::{Lowering, header_of};
use crate::edit::Edit;
use crate::model::{Draft, DraftBody, DraftItem, Resource, Value};
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
    let (block, name) = holder(lowering.block(resource)?, argument)?;
    let attribute = block.body.get_attribute(name).ok_or_else(|| format!("`{argument}` is missing"))?;
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
            let edit = text::append(file, resource.span.file, &range, &place, statement)?;
            lowering.out.edits.push(edit);
            touch(lowering, resource, argument);
            Ok(())
        }
        other => match referred(lowering, &resource.body.at(argument)) {
            Some(document) => append_to_data(lowering, resource, document, statement),
            None => Err(home::not_here(&file.text, other)),
        },
    }
}

/// The block that holds a dotted argument (`inline_policy.policy`), and the argument's own name.
fn holder<'b>(block: &'b Block, argument: &'b str) -> Result<(&'b Block, &'b str), String> {
    let Some((outer, name)) = argument.split_once('.') else { return Ok((block, argument)) };
    let mut blocks = block.body.get_blocks(outer);
    match (blocks.next(), blocks.next()) {
        (Some(one), None) => Ok((one, name)),
        _ => Err(format!("there is not one `{outer}` block")),
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
    let value = entry(object, "Statement").ok_or("the document has no statements")?;
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
    let end = last_start + text[last_start..last.end].trim_end().len();
    let comma = text[end..whole.end].find(|c: char| !c.is_whitespace()).filter(|at| text[end + at..].starts_with(','));
    if !own_line && text[last.clone()].contains('\n') {
        // The last of several begins further in than the list does.
        let first = render(indentation(text, whole.start))?;
        if first.ends_with('}') {
            return Ok(prepend_element(file, id, whole.start + 1, &first, unit));
        }
    }
    let element = render(&indent)?;
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
pub(super) fn prepend_element(file: &SourceFile, id: FileId, at: usize, element: &str, unit: &str) -> Edit {
    let indent = indentation(&file.text, at);
    let body = element.strip_suffix('}').unwrap_or(element).trim_end_matches([' ', '\t']);
    Edit::insert(id, at, format!("{body}{indent}{unit}}}, "))
}

fn skip_blank(text: &str, at: usize) -> usize {
    at + text[at..].len() - text[at..].trim_start().len()
}

/// The `aws_iam_policy_document` that a value refers to.
pub(super) fn referred<'w>(lowering: &Lowering<'w>, value: &Value) -> Option<&'w Resource> {
    let Value::Reference(reference) = value else { return None };
    document_of(lowering, reference.resource)
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
    document_serves_only(project, document, resource)?;
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

/// What `aws_iam_policy_document` calls an element of a statement.
fn argument_of(element: &str) -> Result<&'static str, String> {
    Ok(match element {
        "Sid" => "sid",
        "Effect" => "effect",
        "Action" => "actions",
        "Resource" => "resources",
        other => return Err(format!("`{other}` can't be written in a policy document")),
    })
}

/// A statement as the block of `aws_iam_policy_document`.
pub(super) fn document_statement(statement: &Draft) -> Result<DraftBody, String> {
    let Draft::Object(entries) = statement else { return Err("a statement is an object".into()) };
    let mut body = DraftBody::default();
    let mut blocks = Vec::new();
    for (name, value) in entries {
        let argument = match name.as_str() {
            "Sid" | "Effect" => (argument_of(name)?, value.clone()),
            "Principal" => {
                blocks.extend(principals(value)?);
                continue;
            }
            "Condition" => {
                blocks.extend(conditions(value)?);
                continue;
            }
            other => (argument_of(other)?, listed(value)),
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
        Draft::Object(entries) => Ok(entries.iter().map(|(kind, value)| block(kind, listed(value))).collect()),
        _ => Err("the principal can't be written in a policy document".into()),
    }
}

fn conditions(value: &Draft) -> Result<Vec<(String, DraftBody)>, String> {
    let Draft::Object(operators) = value else { return Err("a condition is an object".into()) };
    let mut blocks = Vec::new();
    for (operator, keys) in operators {
        let Draft::Object(keys) = keys else { return Err("a condition is an object".into()) };
        for (key, value) in keys {
            let body = DraftBody::arguments([
                ("test", Draft::string(operator.as_str())),
                ("variable", Draft::string(key.as_str())),
                ("values", listed(value)),
            ]);
            blocks.push(("condition".to_owned(), body));
        }
    }
    Ok(blocks)
}
