//! Statements below the one that makes a construct, about the construct:
//! `new cloudwatch.Alarm(this, 'Errors', { metric: handler.metricErrors() }).addAlarmAction(new actions.SnsAction(topic));`

use tree_sitter::Node;

use super::scope::end;
use super::write::Writer;
use super::{Place, scope};
use crate::edit::Edit;
use crate::model::ProgramDraft;
use crate::program::{Language, text};
use crate::source::indentation;

/// The statement as an insertion below another one; nothing when all that it makes stands in the file already.
pub(super) fn write(
    place: &Place<'_>,
    writer: &mut Writer<'_>,
    at: Node<'_>,
    value: &ProgramDraft,
) -> Result<Option<Edit>, String> {
    let file = place.file;
    if is_there(place, writer, at, value)? {
        return Ok(None);
    }
    let indent = indentation(&file.text, at.start_byte()).to_owned();
    let statement = writer.value(value, Some(&indent))?;
    let ended = place.program.language != Language::Python && text(at, &file.text).ends_with(';');
    let after = if ended { ";" } else { "" };
    let line = format!("{}{indent}{statement}{after}", file.newline());
    Ok(Some(Edit::insert(place.id, end(file, at), line)))
}

/// Whether the statement was written before: what it makes is there, by the ids, or the same call of the same method.
fn is_there(place: &Place<'_>, writer: &mut Writer<'_>, at: Node<'_>, value: &ProgramDraft) -> Result<bool, String> {
    let source = &*place.file.text;
    let ids = value.ids();
    if !ids.is_empty() {
        for id in ids {
            if !source.contains(&writer.id(id)?) {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    let ProgramDraft::Method { of, name, .. } = value else { return Ok(false) };
    let start = format!("{}.{}(", writer.value(of, None)?, writer.property(name));
    let mut next = Some(at);
    while let Some(statement) = next {
        if text(statement, source).starts_with(&start) {
            return Ok(true);
        }
        next = statement.next_named_sibling();
    }
    Ok(false)
}

/// The statement below which one can stand that names these constructs.
pub(super) fn anchor<'t>(own: &scope::Kept<'t>, others: &[scope::Kept<'t>], source: &str) -> Result<Node<'t>, String> {
    others.iter().try_fold(own.statement, |at, other| {
        let refused = || format!("`{}` isn't there where it would be needed", other.name);
        scope::later(other, at, source).ok_or_else(refused)
    })
}
