//! Changes to `.tf.json` files: the same intents as JSON text, references as interpolations.

use super::render::Place;
use super::{Lowering, header_of, json_policy};
use crate::edit::Edit;
use crate::fix::Change;
use crate::json::{Kind, Layout, Node, Property, Style, quote};
use crate::model::{Draft, DraftBody, DraftItem, Mode, Resource, resource};
use crate::source::SourceFile;
use crate::workspace::Tree;

/// Lowers one change to a resource that is declared in JSON.
pub(super) fn change(
    lowering: &mut Lowering<'_>,
    file: &SourceFile,
    resource: &Resource,
    change: &Change,
) -> Result<(), String> {
    let Tree::Json(root) = lowering.tree(resource.span.file) else { return Err("the file is not JSON".into()) };
    let renamed = lowering.renamed.clone();
    let place = lowering.written_at(file, resource, true, &renamed);
    let writer = Writer { resource, place, style: Style::of(file, resource.span.file) };
    let declared = || root.at(&resource.span.range()).ok_or("the resource moved");
    match change {
        Change::Set { content, .. } => {
            writer.set(lowering, &declared()?.value, content, "")?;
            lowering.out.updated.push((resource.id, content.paths()));
        }
        Change::Add { kind, name, mirror, content, .. } | Change::AddShared { kind, name, mirror, content, .. } => {
            let inherited = if *mirror { inherited(file, root.at(&resource.span.range())) } else { Vec::new() };
            let name = lowering.free_name(resource, kind, name);
            let body = writer.body(content)?;
            let edit = writer.declare(root, "resource", kind, &name, with_first(inherited, body))?;
            lowering.out.edits.push(edit);
            lowering.out.added.push(format!("resource {kind} {name}"));
            lowering.out.created.push((resource::address(Mode::Managed, kind, &name), resource.id));
        }
        Change::AddData { provider: Some(_), .. } => {
            return Err("data sources of another provider are not written in JSON yet".into());
        }
        Change::AddData { kind, name, .. } => writer.add_data(lowering, root, kind, name)?,
        Change::Pass { .. } => return Err("variables of modules in JSON are not passed yet".into()),
        Change::AppendBlock { name, content, .. } => {
            let block = writer.body(content)?;
            let edits = writer.append_block(&declared()?.value, name, block)?;
            lowering.out.edits.extend(edits);
            writer.changed(lowering, name);
        }
        Change::Remove { names, .. } => {
            let object = only_block(&declared()?.value)?;
            let edits = writer.style.remove(object, names);
            lowering.out.edits.extend(edits);
            for name in names {
                lowering.touch(resource.span.file, header_of(resource), name.as_str());
            }
            lowering.out.updated.push((resource.id, names.clone()));
        }
        Change::Append { argument, value, .. } => {
            let object = only_block(&declared()?.value)?;
            let value = named_layout(&writer.place, argument, value)?;
            let edit = match object.get(argument) {
                None => writer.style.insert(object, &[(argument.clone(), Layout::List(vec![value]))]),
                Some(old) => {
                    writer.style.append(old, &value).ok_or_else(|| format!("`{argument}` is not a plain list"))?
                }
            };
            lowering.out.edits.push(edit);
            writer.changed(lowering, argument);
        }
        Change::AppendStatement { argument, statement, .. } => {
            let object = only_block(&declared()?.value)?;
            let policy = object.get(argument).ok_or_else(|| format!("`{argument}` is missing"))?;
            return json_policy::append_statement(lowering, &writer.place, resource, argument, policy, statement);
        }
        // The document may stand in a file of the native syntax.
        Change::EditStatement { argument, at, edits, .. } => {
            return super::policy::edit_statement(lowering, resource, argument, *at, edits);
        }
        Change::SetInCall { .. } => return Err("no program makes it".into()),
        Change::RewriteStatements { argument, removed, added, .. } => {
            return super::policy::rewrite_statements(lowering, resource, argument, removed, added);
        }
        Change::Delete { .. } => return Err("resources in JSON files are not taken away yet".into()),
        Change::Import { to, id, .. } => {
            let edit = writer.import(lowering, root, to, id)?;
            lowering.out.edits.push(edit);
            lowering.out.added.push("import".into());
        }
        Change::Copy { .. } | Change::Rewire { .. } => {
            return Err("what copies a block isn't written in JSON files yet".into());
        }
    }
    Ok(())
}

/// A block where Terraform also takes a list of blocks.
fn only_block(node: &Node) -> Result<&Node, String> {
    match &node.kind {
        Kind::Array(items) if items.len() == 1 => Ok(&items[0]),
        Kind::Array(_) => Err("there are several blocks".into()),
        _ => Ok(node),
    }
}

/// One more block of a name: an element of the array, which a single block becomes.
pub(super) fn append_block(style: &Style<'_>, object: &Node, name: &str, block: Layout) -> Result<Vec<Edit>, String> {
    let object = only_block(object)?;
    let Some(old) = object.get(name) else { return Ok(vec![style.insert(object, &[(name.to_owned(), block)])]) };
    match &old.kind {
        Kind::Array(_) => Ok(style.append(old, &block).into_iter().collect()),
        _ => Ok(style.wrap_and_append(old, &block).into()),
    }
}

/// `count`, `for_each`, `provider` and `region` of a block, as they are written, for what is added beside it.
fn inherited(file: &SourceFile, property: Option<&Property>) -> Vec<(String, Layout)> {
    let object = property.and_then(|property| only_block(&property.value).ok());
    let value = |name: &str| {
        let node = object?.get(name)?;
        Some((name.to_owned(), Layout::Scalar(file.text[node.range.clone()].to_owned())))
    };
    ["count", "for_each", "provider", "region"].into_iter().filter_map(value).collect()
}

fn with_first(mut first: Vec<(String, Layout)>, body: Layout) -> Layout {
    match body {
        Layout::Object(entries) => {
            first.extend(entries);
            Layout::Object(first)
        }
        other => other,
    }
}

struct Writer<'a> {
    resource: &'a Resource,
    place: Place<'a>,
    style: Style<'a>,
}

impl Writer<'_> {
    /// Says that an argument or block of the resource changes.
    fn changed(&self, lowering: &mut Lowering<'_>, name: &str) {
        lowering.touch(self.resource.span.file, header_of(self.resource), name);
        lowering.out.updated.push((self.resource.id, vec![name.to_owned()]));
    }

    fn add_data(&self, lowering: &mut Lowering<'_>, root: &Node, kind: &str, name: &str) -> Result<(), String> {
        let address = resource::address(Mode::Data, kind, name);
        if lowering.workspace.project.at(self.resource.instance, &address).is_none() {
            let edit = self.declare(root, "data", kind, name, Layout::Object(Vec::new()))?;
            lowering.out.edits.push(edit);
            lowering.out.added.push(format!("data {kind} {name}"));
        }
        Ok(())
    }

    fn set(&self, lowering: &mut Lowering<'_>, node: &Node, content: &DraftBody, prefix: &str) -> Result<(), String> {
        let node = only_block(node)?;
        let mut new = Vec::new();
        for (name, item) in &content.items {
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            match (node.get(name), item) {
                (Some(inner), DraftItem::Block(content)) => self.set(lowering, inner, content, &path)?,
                (Some(old), DraftItem::Argument(value)) => self.replace(lowering, old, name, value, path)?,
                (None, item) => {
                    lowering.whole_definition()?;
                    new.push((name.clone(), self.item(name, item)?));
                    lowering.touch(self.resource.span.file, header_of(self.resource), path);
                }
            }
        }
        if !new.is_empty() {
            lowering.out.edits.push(self.style.insert(node, &new));
        }
        Ok(())
    }

    /// Replaces a value; one that comes from a variable is changed where that is given.
    fn replace(
        &self,
        lowering: &mut Lowering<'_>,
        old: &Node,
        name: &str,
        value: &Draft,
        path: String,
    ) -> Result<(), String> {
        match old.as_str() {
            Some(text) if text.contains("${") || text.contains("%{") => {
                let variable = text.strip_prefix("${var.").and_then(|rest| rest.strip_suffix('}'));
                let variable = variable.filter(|name| name.chars().all(|c| c.is_alphanumeric() || "_-".contains(c)));
                let variable = variable.ok_or_else(|| format!("`{path}` is an expression"))?;
                let solution = super::solve::Solution::is(variable, value.clone());
                super::variable::set(lowering, &self.place, self.resource, &solution)
            }
            _ => {
                lowering.whole_definition()?;
                lowering.out.edits.push(self.style.replace(old, &named_layout(&self.place, name, value)?));
                lowering.touch(self.resource.span.file, header_of(self.resource), path);
                Ok(())
            }
        }
    }

    fn append_block(&self, object: &Node, name: &str, block: Layout) -> Result<Vec<Edit>, String> {
        append_block(&self.style, object, name, block)
    }

    fn item(&self, name: &str, item: &DraftItem) -> Result<Layout, String> {
        match item {
            DraftItem::Argument(value) => named_layout(&self.place, name, value),
            DraftItem::Block(body) => self.body(body),
        }
    }

    fn body(&self, body: &DraftBody) -> Result<Layout, String> {
        body_layout(&self.place, body)
    }

    /// A block under `resource.KIND` or `data.KIND`, which are made where they are missing. Each may be a list of
    /// objects, too.
    fn declare(&self, root: &Node, keyword: &str, kind: &str, name: &str, body: Layout) -> Result<Edit, String> {
        let named = (name.to_owned(), body);
        let of_kind = (kind.to_owned(), Layout::Object(vec![named.clone()]));
        let Some(blocks) = root.each().iter().find_map(|top| top.get(keyword)) else {
            let top = root.each().last().ok_or("the file is an empty list")?;
            return Ok(self.style.insert(top, &[(keyword.to_owned(), Layout::Object(vec![of_kind]))]));
        };
        let list = |node: &Node, element: (String, Layout)| {
            self.style.append(node, &Layout::Object(vec![element])).ok_or_else(|| "no place for a block".to_owned())
        };
        match blocks.each().iter().find_map(|group| group.get(kind)) {
            Some(node) if matches!(node.kind, Kind::Object(_)) => Ok(self.style.insert(node, &[named])),
            Some(node) => list(node, named),
            None if matches!(blocks.kind, Kind::Object(_)) => Ok(self.style.insert(blocks, &[of_kind])),
            None => list(blocks, of_kind),
        }
    }

    fn import(&self, lowering: &Lowering<'_>, root: &Node, to: &str, id: &str) -> Result<Edit, String> {
        if !lowering.workspace.project.instance(self.resource.instance).address.is_empty() {
            return Err("import blocks may stand in the root module only".into());
        }
        let entry = |name: &str, value: &str| (name.to_owned(), Layout::Scalar(quote(value)));
        let block = Layout::Object(vec![entry("to", to), entry("id", &id.replace("${", "$${"))]);
        let top = root.each().iter().find(|top| top.get("import").is_some()).or(root.each().last());
        let top = top.ok_or("the file is an empty list")?;
        match top.get("import") {
            None => Ok(self.style.insert(top, &[("import".to_owned(), Layout::List(vec![block]))])),
            Some(list) => self.style.append(list, &block).ok_or_else(|| "`import` is no list".into()),
        }
    }
}

/// Arguments whose strings are references themselves in JSON: an interpolation can't stand there.
const REFERENCES: [&str; 4] = ["depends_on", "provider", "ignore_changes", "replace_triggered_by"];

/// The value of an argument.
fn named_layout(place: &Place<'_>, name: &str, draft: &Draft) -> Result<Layout, String> {
    if !REFERENCES.contains(&name) {
        return layout(place, draft);
    }
    match draft {
        Draft::List(items) => {
            let items = items.iter().map(|item| named_layout(place, name, item));
            Ok(Layout::List(items.collect::<Result<_, _>>()?))
        }
        Draft::String(text) => Ok(Layout::Scalar(quote(text))),
        other => Ok(Layout::Scalar(quote(&place.one_line(other)?))),
    }
}

/// The content of a block.
pub(super) fn body_layout(place: &Place<'_>, body: &DraftBody) -> Result<Layout, String> {
    let item = |name: &str, item: &DraftItem| match item {
        DraftItem::Argument(value) => named_layout(place, name, value),
        DraftItem::Block(body) => body_layout(place, body),
    };
    let items = body.items.iter().map(|(name, inner)| Ok((name.clone(), item(name, inner)?)));
    Ok(Layout::Object(items.collect::<Result<_, String>>()?))
}

/// A draft as JSON, references as interpolations.
pub(super) fn layout(place: &Place<'_>, draft: &Draft) -> Result<Layout, String> {
    Ok(match draft {
        Draft::Bool(b) => Layout::Scalar(b.to_string()),
        Draft::Number(n) => Layout::Scalar(n.clone()),
        Draft::String(text) => Layout::Scalar(quote(&text.replace("${", "$${").replace("%{", "%%{"))),
        Draft::Text(pieces) => {
            let mut text = String::new();
            for piece in pieces {
                match piece {
                    Draft::String(known) => text.push_str(&known.replace("${", "$${")),
                    other => text.push_str(&format!("${{{}}}", place.one_line(other)?)),
                }
            }
            Layout::Scalar(quote(&text))
        }
        Draft::List(items) => Layout::List(items.iter().map(|item| layout(place, item)).collect::<Result<_, _>>()?),
        Draft::Object(entries) => {
            let entries = entries.iter().map(|(name, value)| Ok((name.clone(), layout(place, value)?)));
            Layout::Object(entries.collect::<Result<_, String>>()?)
        }
        other => Layout::Scalar(quote(&format!("${{{}}}", place.one_line(other)?))),
    })
}
