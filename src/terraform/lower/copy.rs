//! A block once more under another name, and references that move to what a fix adds.

use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, Traversal};
use hcl_edit::visit::{Visit, visit_traversal};

use super::{Lowering, header_of, place};
use crate::edit::Edit;
use crate::model::{DraftBody, DraftItem, Mode, Resource, ResourceId, resource};
use crate::source::Span;

/// Where an address stands, as the start of a longer reference or alone.
struct Mentions<'a> {
    text: &'a str,
    address: &'a str,
    found: Vec<Range<usize>>,
}

impl Visit for Mentions<'_> {
    fn visit_traversal(&mut self, node: &Traversal) {
        if let (Expression::Variable(_), Some(span)) = (&node.expr, node.span()) {
            let start = span.start + self.text[span.clone()].len() - self.text[span].trim_start().len();
            let rest = self.text[start..].strip_prefix(self.address);
            if rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-')) {
                self.found.push(start..start + self.address.len());
            }
        }
        visit_traversal(self, node);
    }
}

impl Lowering<'_> {
    /// A block like that of `original`, below it.
    pub(super) fn copy(
        &mut self,
        original: &Resource,
        name: &str,
        rewired: &[(ResourceId, String)],
        content: &DraftBody,
    ) -> Result<(), String> {
        let file = self.workspace.project.file(original.span.file);
        let block = self.block(original)?;
        if block.body.has_blocks("provisioner") {
            return Err("its provisioners would run for the copy too".into());
        }
        let label = block.labels.get(1).and_then(hcl_edit::Span::span).ok_or("the block has no name")?;
        let name = self.free_name(original, &original.kind, name);
        let quote = if file.text[label.clone()].starts_with('"') { "\"" } else { "" };
        let edit = |range: Range<usize>, text: String| Edit::replace(Span::new(original.span.file, range), text);
        let mut edits = vec![edit(label, format!("{quote}{name}{quote}"))];
        let renamed = self.renamed.clone();
        let place = self.written_at(file, original, true, &renamed);
        for (argument, item) in &content.items {
            let DraftItem::Argument(value) = item else { return Err("only arguments of a copy differ".into()) };
            let old = block.body.get_attribute(argument).and_then(|attribute| attribute.value.span());
            let text = place.value(value, place.unit)?;
            edits.push(edit(old.ok_or_else(|| format!("`{argument}` is missing"))?, text));
        }
        for (from, to) in rewired {
            let to = self.address_of(to);
            let inside = |range: &Range<usize>| edits.iter().all(|e| !e.span.contains(range.start as u32));
            let mentions = self.mentions(original, *from, |visitor| visitor.visit_body(&block.body));
            let new: Vec<Edit> = mentions.into_iter().filter(inside).map(|range| edit(range, to.clone())).collect();
            edits.extend(new);
        }
        let text = place::with_edits(&file.text, &original.span.range(), &edits);
        self.insert_below(file, original.span, &text);
        self.out.added.push(format!("resource {} {name}", original.kind));
        let address = resource::address(Mode::Managed, &original.kind, &name);
        self.out.copies.push((address.clone(), original.address()));
        self.out.created.push((address, original.id));
        Ok(())
    }

    /// Lets an argument refer to `to` where it refers to `from`.
    pub(super) fn rewire(
        &mut self,
        resource: &Resource,
        argument: &str,
        from: ResourceId,
        to: &str,
    ) -> Result<(), String> {
        let block = self.block(resource)?;
        let attribute = block.body.get_attribute(argument).ok_or_else(|| format!("`{argument}` is missing"))?;
        let mentions = self.mentions(resource, from, |visitor| visitor.visit_expr(&attribute.value));
        if mentions.is_empty() {
            let address = self.workspace.project.resource(from).address();
            return Err(format!("`{argument}` doesn't name {address} itself"));
        }
        let to = self.address_of(to);
        let file = resource.span.file;
        self.out.edits.extend(mentions.into_iter().map(|range| Edit::replace(Span::new(file, range), to.clone())));
        self.touch(file, header_of(resource), argument);
        self.out.updated.push((resource.id, vec![argument.to_owned()]));
        Ok(())
    }

    fn mentions(
        &self,
        near: &Resource,
        target: ResourceId,
        visit: impl FnOnce(&mut Mentions<'_>),
    ) -> Vec<Range<usize>> {
        let project = &self.workspace.project;
        let address = project.resource(target).address();
        let text = &project.file(near.span.file).text;
        let mut visitor = Mentions { text, address: &address, found: Vec::new() };
        visit(&mut visitor);
        visitor.found
    }

    /// What an added resource is called, when its name was taken.
    pub(super) fn address_of(&self, address: &str) -> String {
        let renamed = self.renamed.iter().find(|(old, _)| old == address);
        renamed.map_or_else(|| address.to_owned(), |(_, new)| new.clone())
    }
}
