//! Escape hatches: a property of the template that no property of the construct leads to.
//!
//! `(api.defaultStage!.node.defaultChild as apigwv2.CfnStage).addPropertyOverride('DefaultRouteSettings', { ... });` below
//! the statement that makes the construct.

use tree_sitter::Node;

use super::Place;
use super::scope::{Kept, end, kept};
use super::write::Writer;
use crate::edit::Edit;
use crate::model::{Override, ProgramDraft};
use crate::program::{Language, text};
use crate::source::{SourceFile, indentation};

/// The statement that overrides a property; nothing when it stands there already.
pub(super) fn write(
    place: &Place<'_>,
    call: Node<'_>,
    writer: &mut Writer<'_>,
    change: &Override,
) -> Result<Option<Edit>, String> {
    let file: &SourceFile = place.file;
    let kept = kept(call, &file.text).ok_or("no variable holds what the call makes: an override has no place")?;
    if is_there(&kept, &file.text, &change.property) {
        return Ok(None);
    }
    let python = place.program.language == Language::Python;
    let indent = indentation(&file.text, kept.statement.start_byte()).to_owned();
    let through: String = change.through.iter().map(|name| format!(".{}", writer.property(name))).collect();
    let value = writer.plain(&change.value, &indent)?;
    let property = writer.value(&ProgramDraft::Text(change.property.clone()), None)?;
    let statement = if python {
        format!("{}{through}.node.default_child.add_property_override({property}, {value})", kept.name)
    } else if place.program.language == Language::TypeScript {
        let class = writer.value(&ProgramDraft::Name(vec![change.class.clone()]), None)?;
        let is_there = if through.is_empty() { "" } else { "!" };
        format!(
            "({}{through}{is_there}.node.defaultChild as {class}).addPropertyOverride({property}, {value})",
            kept.name
        )
    } else {
        format!("{}{through}.node.defaultChild.addPropertyOverride({property}, {value})", kept.name)
    };
    let ended = text(kept.statement, &file.text).ends_with(';');
    // Without semicolons a line that begins with a bracket would belong to the one before.
    let (before, after) = match (ended, python) {
        (true, _) => ("", ";"),
        (false, true) => ("", ""),
        (false, false) => (if statement.starts_with('(') { ";" } else { "" }, ""),
    };
    let line = format!("{}{indent}{before}{statement}{after}", file.newline());
    Ok(Some(Edit::insert(place.id, end(file, kept.statement), line)))
}

/// Whether a later statement beside it overrides the property.
fn is_there(kept: &Kept<'_>, source: &str, property: &str) -> bool {
    let mut next = kept.statement.next_named_sibling();
    while let Some(statement) = next {
        let written = text(statement, source);
        let overrides = ["addPropertyOverride", "add_property_override"].iter().any(|name| written.contains(name));
        if overrides && written.contains(&kept.name) && written.contains(property) {
            return true;
        }
        next = statement.next_named_sibling();
    }
    false
}
