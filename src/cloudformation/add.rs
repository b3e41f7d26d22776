//! Resources that a fix adds to a template: one for the resource that fails, or one for the whole template.

use super::lower::{Lowering, Place, is_beside};
use super::template::Template;
use crate::edit::Edit;
use crate::fix::Change;
use crate::json::{Layout, Node, Style, quote};
use crate::model::{DraftBody, DraftItem, Mode, resource};
use crate::workspace::Common;

/// CloudFormation's limit for logical ids.
const MAX_ID: usize = 255;

impl<'w> Lowering<'w> {
    pub(super) fn add(
        &mut self,
        place: Place<'w>,
        kind: &str,
        name: &str,
        mirror: bool,
        content: &DraftBody,
    ) -> Result<(), String> {
        let id = self.free_id(place, name)?;
        self.renamed.push((resource::address(Mode::Managed, kind, name), id.clone()));
        let edit = self.declaration(place, (kind, &id, mirror), content)?;
        self.out.edits.push(edit);
        self.out.added.push(format!("Resources {id}"));
        self.out.created.push((resource::address(Mode::Managed, kind, &id), place.resource.id));
        Ok(())
    }

    /// What the template has once: its name is a logical id that nothing has, and the same for all who ask for it.
    pub(super) fn add_shared(
        &mut self,
        place: Place<'w>,
        change: &Change,
        (kind, name, mirror): (&str, &str, bool),
        content: &DraftBody,
    ) -> Result<(), String> {
        if is_taken(place.root, name) {
            return Err(format!("the logical id `{name}` is taken"));
        }
        let edit = self.declaration(place, (kind, name, mirror), content)?;
        let header = format!("Resources {name}");
        self.out.added.push(header.clone());
        self.out.created.push((resource::address(Mode::Managed, kind, name), place.resource.id));
        self.out.common.push(Common { header, change: change.clone(), edits: vec![edit] });
        Ok(())
    }

    fn declaration(
        &self,
        place: Place<'w>,
        (kind, id, mirror): (&str, &str, bool),
        content: &DraftBody,
    ) -> Result<Edit, String> {
        let mut entries = vec![("Type".to_owned(), Layout::Scalar(quote(kind)))];
        if let Some(condition) = place.declared.value.get("Condition").and_then(Node::as_str).filter(|_| mirror) {
            entries.push(("Condition".to_owned(), Layout::Scalar(quote(condition))));
        }
        let (beside, inside): (Vec<(String, DraftItem)>, Vec<_>) =
            content.items.iter().cloned().partition(|(name, _)| is_beside(name));
        for (name, item) in beside {
            let value = self.beside(&name, &item)?;
            entries.push((name, value));
        }
        if !inside.is_empty() {
            entries.push(("Properties".to_owned(), self.writer(place).body(&DraftBody { items: inside })?));
        }
        let style = Style::of(place.file, place.resource.span.file);
        Ok(style.insert_below(place.declared, id, &Layout::Object(entries)))
    }

    /// A logical id made of a name, with a number when it is taken: letters and digits only.
    fn free_id(&self, place: Place<'_>, name: &str) -> Result<String, String> {
        let base = logical_id(name);
        let taken = |id: &str| is_taken(place.root, id) || self.renamed.iter().any(|(_, used)| used == id);
        let mut candidates = std::iter::once(base.clone()).chain((2..).map(|n| format!("{base}{n}")));
        let id = candidates.find(|id| !taken(id)).ok_or("no name is free")?;
        if id.len() > MAX_ID { Err("the logical id would be too long".into()) } else { Ok(id) }
    }
}

fn is_taken(root: &Node, id: &str) -> bool {
    ["Resources", "Parameters"].iter().any(|section| Template::of(root).entry(section, id).is_some())
}

/// `orders_access` becomes `ordersAccess`.
fn logical_id(name: &str) -> String {
    let mut id = String::new();
    let mut raise = false;
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            id.push(if raise { c.to_ascii_uppercase() } else { c });
        }
        raise = !c.is_ascii_alphanumeric();
    }
    id
}
