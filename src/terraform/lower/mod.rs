//! Changes to byte edits.
//!
//! Every refusal is a sentence: a change that can't be written well is not written at all.

mod add;
mod align;
mod copy;
mod delete;
mod json;
mod json_policy;
mod overrides;
mod place;
mod policy;
mod render;
mod set;
mod solve;
mod triggers;
mod variable;

use hcl_edit::expr::Expression;
use hcl_edit::structure::Block;

use self::place::Inside;
use self::render::Place;
use self::set::has_dynamic;
use crate::edit::{Edit, EditSet, Order};
use crate::fix::Change;
use crate::model::{Draft, DraftBody, DraftItem, InstanceId, Mode, Repeat, Resource, ResourceId};
use crate::source::{FileId, SourceFile, Span};
use crate::workspace::{Common, Lowered, Sharing, Touched, Tree, Workspace};

/// Lowers the changes of a fix: all of them or none. `only` says for which uses of the module, when not for all: then
/// nothing but the arguments of their calls may change.
pub fn lower<'w>(
    workspace: &'w Workspace,
    changes: &'w [Change],
    only: Option<Vec<InstanceId>>,
) -> Result<Lowered, String> {
    let out = Lowered { only, ..Lowered::default() };
    let mut lowering = Lowering { workspace, changes, out, renamed: Vec::new() };
    for change in changes {
        if !matches!(change, Change::Set { .. }) {
            lowering.whole_definition()?;
        }
        lowering.change(change)?;
    }
    Ok(lowering.out)
}

/// What keeps formatted the lines around edits that were formatted.
pub fn align(workspace: &Workspace, edits: &EditSet) -> Vec<Edit> {
    let realigned = |file: FileId| {
        let Tree::Hcl(document) = &workspace.trees[file.0 as usize] else { return Vec::new() };
        align::realigned(file, &workspace.project.file(file).text, document, &edits.of(file))
    };
    edits.files().into_iter().flat_map(realigned).collect()
}

struct Lowering<'w> {
    workspace: &'w Workspace,
    /// All changes of the fix.
    changes: &'w [Change],
    out: Lowered,
    /// Addresses of added resources whose name was taken, and what they are called instead.
    renamed: Vec<(String, String)>,
}

/// One level of indentation, as the file does it.
fn unit(text: &str) -> &'static str {
    let first = text.lines().find(|line| line.starts_with(['\t', ' ']) && !line.trim().is_empty());
    match first {
        Some(line) if line.starts_with('\t') => "\t",
        Some(line) if line.starts_with("    ") && !text.lines().any(is_indented_by_two) => "    ",
        _ => "  ",
    }
}

fn is_indented_by_two(line: &str) -> bool {
    line.starts_with("  ") && !line.starts_with("   ")
}

impl<'w> Lowering<'w> {
    fn change(&mut self, change: &Change) -> Result<(), String> {
        let (edits, added, touched) = (self.out.edits.len(), self.out.added.len(), self.out.touched.len());
        self.write(change)?;
        match change {
            Change::AddShared { .. } | Change::AddData { .. } | Change::Pass { .. } => {
                let edits = self.out.edits.split_off(edits);
                let headers = self.out.added[added..].iter();
                let common = headers.map(|header| (header.clone(), edits.clone()));
                let common = common.map(|(header, edits)| Common { header, change: change.clone(), edits });
                self.out.common.extend(common);
            }
            // A new `depends_on` is one for all who want something in it.
            Change::Set { resource, content } if matches!(&self.out.edits[edits..], [only] if only.order == Order::Last) =>
            {
                let edits = self.out.edits.split_off(edits);
                let change = Change::Set { resource: *resource, content: self.named(content) };
                for touched in &mut self.out.touched[touched..] {
                    touched.shared = Sharing::List;
                    let header = format!("{} {}", touched.block, touched.path);
                    self.out.common.push(Common { header, change: change.clone(), edits: edits.clone() });
                }
            }
            // A plain insertion stands beside others; a list that is made of a single value is rewritten.
            Change::AppendStatement { .. } if matches!(&self.out.edits[edits..], [only] if only.is_insertion()) => {
                self.out.joint.extend(self.out.edits.drain(edits..));
                self.out.touched[touched..].iter_mut().for_each(|touched| touched.shared = Sharing::List);
            }
            _ => {}
        }
        Ok(())
    }

    fn write(&mut self, change: &Change) -> Result<(), String> {
        let (file, resource) = self.place_of(change.anchor())?;
        if matches!(self.tree(resource.span.file), Tree::Json(_)) {
            return json::change(self, file, resource, change);
        }
        match change {
            Change::Set { content, .. } => self.set(resource, content),
            Change::AppendBlock { name, content, .. } => self.append_block(resource, name, content),
            Change::Remove { names, .. } => self.remove(resource, names),
            Change::Add { kind, name, mirror, content, .. } | Change::AddShared { kind, name, mirror, content, .. } => {
                self.add(resource, kind, name, *mirror, content)
            }
            Change::Copy { name, rewired, content, .. } => self.copy(resource, name, rewired, content),
            Change::Rewire { argument, from, to, .. } => self.rewire(resource, argument, *from, to),
            Change::AddData { kind, name, below, provider, .. } => {
                self.add_data(resource, kind, name, (provider.as_deref(), *below));
                Ok(())
            }
            Change::Pass { variable, description, values, .. } => {
                variable::pass(self, resource, (variable, description), values)
            }
            Change::Append { argument, value, .. } => self.append(resource, argument, value),
            Change::AppendStatement { argument, statement, .. } => {
                policy::append_statement(self, resource, argument, statement)
            }
            Change::EditStatement { argument, at, edits, .. } => {
                policy::edit_statement(self, resource, argument, *at, edits)
            }
            Change::SetInCall { .. } => Err("no program makes it".into()),
            Change::RewriteStatements { argument, removed, added, .. } => {
                policy::rewrite_statements(self, resource, argument, removed, added)
            }
            Change::Delete { resources } => self.delete(resources),
            Change::Import { to, id, .. } => self.import(resource, to, id),
        }
    }

    /// What a list names of what this fix adds, by the address that it gets.
    fn named(&self, content: &DraftBody) -> DraftBody {
        let named = |draft: &Draft| match draft {
            Draft::AddedAttribute(address, _) => Draft::Expression(self.address_of(address)),
            draft => draft.clone(),
        };
        let item = |item: &DraftItem| match item {
            DraftItem::Argument(Draft::List(list)) => {
                DraftItem::Argument(Draft::List(list.iter().map(named).collect()))
            }
            item => item.clone(),
        };
        DraftBody { items: content.items.iter().map(|(name, inner)| (name.clone(), item(inner))).collect() }
    }

    fn tree(&self, file: FileId) -> &'w Tree {
        &self.workspace.trees[file.0 as usize]
    }

    fn place_of(&self, id: ResourceId) -> Result<(&'w SourceFile, &'w Resource), String> {
        let project = &self.workspace.project;
        let resource = project.resource(id);
        let file = project.file(resource.span.file);
        if !file.editable {
            return Err(format!("{} is a symbolic link", file.display));
        }
        Ok((file, resource))
    }

    fn block(&self, resource: &Resource) -> Result<&'w Block, String> {
        match self.tree(resource.span.file) {
            Tree::Hcl(document) => document.block_at(&resource.span.range()).ok_or_else(|| "the block moved".into()),
            Tree::Json(_) | Tree::Template(_) | Tree::Program(_) => Err("the block is JSON".into()),
        }
    }

    fn written_at<'a>(
        &self,
        file: &'a SourceFile,
        resource: &Resource,
        mirrored: bool,
        renamed: &'a [(String, String)],
    ) -> Place<'a>
    where
        'w: 'a,
    {
        Place {
            project: &self.workspace.project,
            changes: self.changes,
            resource: resource.id,
            mirrored: mirrored && resource.repeat != Repeat::Once,
            whole: false,
            unit: unit(&file.text),
            newline: file.newline(),
            renamed,
        }
    }

    /// Refuses an edit of the definition when only some of its uses fail.
    fn whole_definition(&self) -> Result<(), String> {
        match &self.out.only {
            None => Ok(()),
            Some(_) => Err("it fails in some uses of the module only: change the arguments of their calls".into()),
        }
    }

    fn touch(&mut self, file: FileId, block: String, path: impl Into<String>) {
        self.touch_with(file, block, path, Sharing::Alone);
    }

    fn touch_with(&mut self, file: FileId, block: String, path: impl Into<String>, shared: Sharing) {
        self.out.touched.push(Touched { file, block, path: path.into(), shared });
    }

    /// A block more, below the last one of its name.
    fn append_block(&mut self, resource: &Resource, name: &str, content: &DraftBody) -> Result<(), String> {
        if let Some(over) = self.effective(resource, name)? {
            return self.append_block(&over, name, content);
        }
        let file = self.workspace.project.file(resource.span.file);
        let block = self.block(resource)?;
        let renamed = self.renamed.clone();
        let place = self.written_at(file, resource, true, &renamed);
        let inside = Inside::of(&file.text, block, place.unit, place.newline)?;
        let text = place.block(name, content, &inside.indent)?;
        // What is appended may be there several times: also beside those that a `dynamic` block makes.
        let alike = block.body.get_blocks(name).chain(set::dynamics(block, name)).filter_map(hcl_edit::Span::span);
        let insertions = match alike.max_by_key(|span| span.end) {
            Some(last) => vec![inside.insert_below(&last, &text)],
            None => inside.insert(&[], &[text]),
        };
        for insertion in insertions {
            self.out.edits.push(Edit::replace(Span::new(resource.span.file, insertion.at), insertion.text));
        }
        self.touch(resource.span.file, header_of(resource), name);
        self.out.updated.push((resource.id, vec![name.to_owned()]));
        Ok(())
    }

    /// Takes arguments and blocks away, with their lines.
    fn remove(&mut self, resource: &Resource, names: &[String]) -> Result<(), String> {
        let file = self.workspace.project.file(resource.span.file);
        let block = self.block(resource)?;
        for name in names {
            if let Some(over) = self.effective(resource, name)? {
                let file = self.workspace.project.file(over.span.file);
                return Err(format!("`{name}` is overridden in {}", file.display));
            }
            if has_dynamic(block, name) {
                return Err(format!("`{name}` is a dynamic block"));
            }
            let spans = block.body.iter().filter(|s| place::name_of(s) == name).filter_map(hcl_edit::Span::span);
            for span in spans {
                let lines = place::whole_lines(&file.text, &span).ok_or("it shares its line with something else")?;
                self.out.edits.push(Edit::replace(Span::new(resource.span.file, lines), String::new()));
            }
            self.touch(resource.span.file, header_of(resource), name.as_str());
        }
        self.out.updated.push((resource.id, names.to_vec()));
        Ok(())
    }

    fn append(&mut self, resource: &Resource, argument: &str, value: &Draft) -> Result<(), String> {
        if let Some(over) = self.effective(resource, argument)? {
            return self.append(&over, argument, value);
        }
        let file = self.workspace.project.file(resource.span.file);
        let block = self.block(resource)?;
        let renamed = self.renamed.clone();
        let place = self.written_at(file, resource, true, &renamed).meant_by(argument);
        let Some(attribute) = block.body.get_attribute(argument) else {
            let content = DraftBody::arguments([(argument, Draft::List(vec![value.clone()]))]);
            return self.set(resource, &content);
        };
        if argument == "triggers" {
            return self.add_triggers(file, resource, &attribute.value, value, &place);
        }
        let array = attribute.value.as_array().ok_or_else(|| format!("`{argument}` is not a plain list"))?;
        let edit =
            policy::append_element(file, resource.span.file, array, place.unit, |indent| place.value(value, indent))?;
        self.out.edits.push(edit);
        self.touch_with(resource.span.file, header_of(resource), argument, Sharing::Below);
        self.out.updated.push((resource.id, vec![argument.to_owned()]));
        Ok(())
    }
}

fn header_of(resource: &Resource) -> String {
    match resource.mode {
        Mode::Managed => format!("resource {} {}", resource.kind, resource.name),
        Mode::Data => format!("data {} {}", resource.kind, resource.name),
        Mode::Call => format!("module {}", resource.name),
    }
}

/// Whether a value is written out: nothing that a reader would lose by replacing it.
fn is_literal(expr: &Expression) -> bool {
    match expr {
        Expression::Null(_) | Expression::Bool(_) | Expression::Number(_) | Expression::String(_) => true,
        Expression::Array(items) => items.iter().all(is_literal),
        Expression::UnaryOp(op) => is_literal(&op.expr),
        _ => false,
    }
}

fn shorten(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > 60 {
        format!("`{}…`", line.chars().take(57).collect::<String>())
    } else {
        format!("`{line}`")
    }
}
