//! Setting arguments and blocks: where they aren't there they are inserted, where they are their values are replaced.

use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::structure::Block;

use super::place::{self, Inside};
use super::render::Place;
use super::solve::{solve, solve_block};
use super::{Lowering, header_of, is_literal, shorten, variable};
use crate::edit::{Edit, Order};
use crate::model::{Draft, DraftBody, DraftItem, Resource};
use crate::source::{FileId, SourceFile, Span};
use crate::workspace::Sharing;

impl Lowering<'_> {
    pub(super) fn set(&mut self, resource: &Resource, content: &DraftBody) -> Result<(), String> {
        for (i, (name, item)) in content.items.iter().enumerate() {
            if let Some(over) = self.effective(resource, name)? {
                self.set(&over, &DraftBody { items: vec![(name.clone(), item.clone())] })?;
                let mut rest = content.clone();
                rest.items.remove(i);
                return if rest.items.is_empty() { Ok(()) } else { self.set(resource, &rest) };
            }
        }
        let file = self.workspace.project.file(resource.span.file);
        let block = self.block(resource)?;
        let renamed = self.renamed.clone();
        let place = self.written_at(file, resource, true, &renamed);
        self.set_in(&place, resource, file, block, content, "")?;
        self.out.updated.push((resource.id, content.paths()));
        Ok(())
    }

    /// Sets arguments in a block, and in the blocks inside it.
    pub(super) fn set_in(
        &mut self,
        place: &Place<'_>,
        resource: &Resource,
        file: &SourceFile,
        block: &Block,
        content: &DraftBody,
        prefix: &str,
    ) -> Result<(), String> {
        let mut inside = Inside::of(&file.text, block, place.unit, place.newline)?;
        let header = header_of(resource);
        let first = self.out.edits.len();
        let mut arguments = Vec::new();
        let (mut blocks, mut closing) = (Vec::new(), Vec::new());
        // What stands below all else needs no look at what other fixes put there, nor do arguments above it.
        let open = inside.is_open_below();
        let (below, above) = if open { (Sharing::Below, Sharing::Above) } else { (Sharing::Alone, Sharing::Alone) };
        for (name, item) in &content.items {
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            let existing: Vec<_> = block.body.get_blocks(name).collect();
            if let Some(at) = inside.commented_out(name).filter(|_| name != "depends_on") {
                self.out.decided = Some(taken_out(file, &path, at));
            }
            match item {
                DraftItem::Argument(value) => {
                    if let Some(attribute) = block.body.get_attribute(name) {
                        self.replace(place, resource, &attribute.value, value, &path)?;
                    } else {
                        self.whole_definition()?;
                        let is_last = name == "depends_on";
                        if is_last {
                            // People keep it at the end, behind the blocks. It names resources as a whole.
                            let text = place.meant_by(name).value(value, &inside.indent)?;
                            closing.push(format!("{}{name} = {text}", inside.indent));
                        } else {
                            arguments.push((name.clone(), place.meant_by(name).value(value, &inside.indent)?));
                        }
                        let shared = if is_last { below } else { above };
                        self.touch_with(resource.span.file, header.clone(), path, shared);
                    }
                }
                DraftItem::Block(inner) if has_dynamic(block, name) => {
                    self.set_dynamic(place, resource, block, (name, inner))?;
                }
                DraftItem::Block(_) if block.body.get_attribute(name).is_some() => {
                    return Err(format!("`{name}` is written as an argument"));
                }
                DraftItem::Block(inner) => match existing.as_slice() {
                    [] => {
                        self.whole_definition()?;
                        blocks.push(place.block(name, inner, &inside.indent)?);
                        self.touch_with(resource.span.file, header.clone(), path, below);
                    }
                    [one] => {
                        let is_new = |name: &&str| !one.body.has_attribute(name) && !one.body.has_blocks(name);
                        let mut added = inner.items.iter().map(|(name, _)| name.as_str()).filter(is_new);
                        if let Some(at) = added.find_map(|added| inside.commented_out_in(name, added)) {
                            self.out.decided = Some(taken_out(file, &path, at));
                        }
                        self.set_in(place, resource, file, one, inner, &path)?;
                    }
                    _ => return Err(format!("there are several `{name}` blocks")),
                },
            }
        }
        if open {
            for insertion in inside.insert(&[], &closing) {
                let edit = Edit::replace(Span::new(resource.span.file, insertion.at), insertion.text);
                self.out.edits.push(Edit { order: Order::Last, ..edit });
            }
        } else {
            blocks.append(&mut closing);
        }
        if !arguments.is_empty() || !blocks.is_empty() {
            if inside.is_one_line() {
                // The block is written anew on several lines: what was changed inside goes with it.
                let within = |edit: &Edit| {
                    edit.span.file == resource.span.file
                        && inside.inner.start <= edit.span.start as usize
                        && edit.span.end as usize <= inside.inner.end
                };
                let (mine, others): (Vec<_>, Vec<_>) = self.out.edits.drain(first..).partition(within);
                self.out.edits.extend(others);
                inside.existing = place::with_edits(&file.text, &inside.inner, &mine);
            }
            for insertion in inside.insert(&arguments, &blocks) {
                let edit = Edit::replace(Span::new(resource.span.file, insertion.at), insertion.text);
                self.out.edits.push(Edit { order: insertion.order, ..edit });
            }
        }
        Ok(())
    }

    /// Sets what a `dynamic` block holds, by the variable that makes it.
    fn set_dynamic(
        &mut self,
        place: &Place<'_>,
        resource: &Resource,
        block: &Block,
        (name, content): (&str, &DraftBody),
    ) -> Result<(), String> {
        let solution = dynamic(block, name).and_then(|dynamic| solve_block(dynamic, content));
        let solution = solution.ok_or_else(|| format!("`{name}` is a dynamic block"))?;
        variable::set(self, place, resource, &solution)
    }

    /// Replaces a value; one that comes from a variable's default is replaced there.
    pub(super) fn replace(
        &mut self,
        place: &Place<'_>,
        resource: &Resource,
        old: &Expression,
        new: &Draft,
        path: &str,
    ) -> Result<(), String> {
        let file = self.workspace.project.file(resource.span.file);
        if is_literal(old) {
            let range = old.span().ok_or("the value has no place in its file")?;
            let indent = crate::source::indentation(&file.text, range.start).to_owned();
            let text = place.value(new, &indent)?;
            if file.text[range.clone()] == text {
                return Ok(());
            }
            self.whole_definition()?;
            self.overwrite(resource.span.file, range, text, header_of(resource), path);
            return Ok(());
        }
        match solve(old, new) {
            Some(solution) => variable::set(self, place, resource, &solution),
            None => Err(format!("`{path}` is an expression: {}", shorten(&file.text[old.span().unwrap_or_default()]))),
        }
    }

    /// Puts another value in the place of one.
    pub(super) fn overwrite(
        &mut self,
        file: FileId,
        range: Range<usize>,
        text: impl Into<String>,
        header: String,
        path: &str,
    ) {
        if let Some(comment) = crate::source::reason_behind(&self.workspace.project.file(file).text, range.end) {
            self.out.decided = Some(format!("whoever wrote `{path}` explains it: {}", shorten(comment)));
        }
        self.out.edits.push(Edit::replace(Span::new(file, range), text));
        self.touch(file, header, path);
    }
}

/// Why what stands in a comment isn't written again.
fn taken_out(file: &SourceFile, path: &str, at: u32) -> String {
    let line = file.position(at).line;
    format!("`{path}` stands commented out in line {line}: somebody took it out")
}

pub(super) fn has_dynamic(block: &Block, name: &str) -> bool {
    dynamics(block, name).next().is_some()
}

/// The only `dynamic` block of a name.
fn dynamic<'b>(block: &'b Block, name: &'b str) -> Option<&'b Block> {
    let mut all = dynamics(block, name);
    all.next().filter(|_| all.next().is_none() && block.body.get_blocks(name).next().is_none())
}

pub(super) fn dynamics<'b>(block: &'b Block, name: &'b str) -> impl Iterator<Item = &'b Block> {
    let of_name = move |inner: &&Block| inner.labels.first().is_some_and(|label| label.as_str() == name);
    block.body.get_blocks("dynamic").filter(of_name)
}
