//! Changes to `.tf.json` files: the same intents as JSON text, references as interpolations.

use super::render::Place;
use super::{Lowering, header_of};
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
            Ok(())
        }
        Change::Add { kind, name, mirror, content, .. } | Change::AddShared { kind, name, mirror, content, .. } => {
            let mut content = content.clone();
            if *mirror {
                content.items.splice(0..0, inherited(root.at(&resource.span.range())));
            }
            let name = lowering.free_name(resource, kind, name);
            let edit = writer.add(root, kind, &name, &content)?;
            lowering.out.edits.push(edit);
            lowering.out.added.push(format!("resource {kind} {name}"));
            lowering.out.created.push((resource::address(Mode::Managed, kind, &name), resource.id));
            Ok(())
        }
        Change::AppendBlock { name, content, .. } => {
            let edits = writer.append_block(&declared()?.value, name, content)?;
            lowering.out.edits.extend(edits);
            lowering.touch(resource.span.file, header_of(resource), name.as_str());
            lowering.out.updated.push((resource.id, vec![name.clone()]));
            Ok(())
        }
        _ => Err("policies, lists and removals in JSON files are not edited yet".into()),
    }
}

fn inherited(property: Option<&Property>) -> Vec<(String, DraftItem)> {
    let value = |name: &str| {
        let node = property?.value.get(name)?;
        let draft = match &node.kind {
            Kind::String(text) => Draft::Expression(text.trim_start_matches("${").trim_end_matches('}').to_owned()),
            Kind::Number(n) => Draft::Number(n.clone()),
            _ => return None,
        };
        Some((name.to_owned(), DraftItem::Argument(draft)))
    };
    ["count", "for_each", "provider"].into_iter().filter_map(value).collect()
}

struct Writer<'a> {
    resource: &'a Resource,
    place: Place<'a>,
    style: Style<'a>,
}

impl Writer<'_> {
    fn set(&self, lowering: &mut Lowering<'_>, node: &Node, content: &DraftBody, prefix: &str) -> Result<(), String> {
        let node = match &node.kind {
            Kind::Array(items) if items.len() == 1 => &items[0],
            Kind::Array(_) => return Err("there are several blocks".into()),
            _ => node,
        };
        let mut new = Vec::new();
        for (name, item) in &content.items {
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            match (node.get(name), item) {
                (Some(inner), DraftItem::Block(content)) => self.set(lowering, inner, content, &path)?,
                (Some(old), DraftItem::Argument(value)) => {
                    if old.as_str().is_some_and(|text| text.contains("${")) {
                        return Err(format!("`{path}` is an expression"));
                    }
                    lowering.out.edits.push(self.style.replace(old, &layout(&self.place, value)?));
                    lowering.touch(self.resource.span.file, header_of(self.resource), path);
                }
                (None, item) => {
                    new.push((name.clone(), self.item(item)?));
                    lowering.touch(self.resource.span.file, header_of(self.resource), path);
                }
            }
        }
        if !new.is_empty() {
            lowering.out.edits.push(self.style.insert(node, &new));
        }
        Ok(())
    }

    /// One more block of a name: an element of the array, which a single block becomes.
    fn append_block(&self, object: &Node, name: &str, content: &DraftBody) -> Result<Vec<Edit>, String> {
        let block = self.body(content)?;
        let Some(old) = object.get(name) else {
            return Ok(vec![self.style.insert(object, &[(name.to_owned(), block)])]);
        };
        match &old.kind {
            Kind::Array(_) => Ok(vec![self.style.append(old, &block).ok_or("the list of blocks is empty")?]),
            _ => Ok(self.style.wrap_and_append(old, &block).into()),
        }
    }

    fn item(&self, item: &DraftItem) -> Result<Layout, String> {
        match item {
            DraftItem::Argument(value) => layout(&self.place, value),
            DraftItem::Block(body) => self.body(body),
        }
    }

    fn body(&self, body: &DraftBody) -> Result<Layout, String> {
        let items = body.items.iter().map(|(name, item)| Ok((name.clone(), self.item(item)?)));
        Ok(Layout::Object(items.collect::<Result<_, String>>()?))
    }

    /// A resource under `resource.KIND`, both made where they are missing.
    fn add(&self, root: &Node, kind: &str, name: &str, content: &DraftBody) -> Result<Edit, String> {
        let body = self.body(content)?;
        let resources = root.each().iter().find_map(|top| top.get("resource"));
        let resources = resources.filter(|node| matches!(node.kind, Kind::Object(_)));
        let resources = resources.ok_or("the file's `resource` is a list")?;
        let named = (name.to_owned(), body);
        match resources.get(kind) {
            Some(node) if matches!(node.kind, Kind::Object(_)) => Ok(self.style.insert(node, &[named])),
            Some(_) => Err(format!("`{kind}` is a list in this file")),
            None => Ok(self.style.insert(resources, &[(kind.to_owned(), Layout::Object(vec![named]))])),
        }
    }
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
