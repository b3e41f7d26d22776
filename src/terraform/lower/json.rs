//! Changes to `.tf.json` files: the same intents as JSON text.

use super::render::Place;
use super::{Lowering, header_of};
use crate::edit::Edit;
use crate::fix::Change;
use crate::model::{Draft, DraftBody, DraftItem, Mode, Resource, resource};
use crate::source::{SourceFile, Span, indentation, line_start};
use crate::terraform::Tree;
use crate::terraform::json::{Kind, Node, Property};

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
    let writer = Writer { file, resource, place, step: step(&file.text) };
    match change {
        Change::Set { content, .. } => {
            let property = find(root, resource.span).ok_or("the resource moved")?;
            writer.set(lowering, &property.value, content, "")?;
            lowering.out.updated.push((resource.id, content.paths()));
            Ok(())
        }
        Change::Add { kind, name, mirror, content, .. } => {
            let mut content = content.clone();
            if *mirror {
                content.items.splice(0..0, inherited(find(root, resource.span)));
            }
            let name = lowering.free_name(resource, kind, name);
            let edit = writer.add(root, kind, &name, &content)?;
            lowering.out.edits.push(edit);
            lowering.out.added.push(format!("resource {kind} {name}"));
            lowering.out.created.push((resource::address(Mode::Managed, kind, &name), resource.id));
            Ok(())
        }
        Change::AppendBlock { name, content, .. } => {
            let property = find(root, resource.span).ok_or("the resource moved")?;
            let edits = writer.append_block(&property.value, name, content)?;
            lowering.out.edits.extend(edits);
            lowering.touch(resource.span.file, header_of(resource), name.as_str());
            lowering.out.updated.push((resource.id, vec![name.clone()]));
            Ok(())
        }
        _ => Err("policies, lists and removals in JSON files are not edited yet".into()),
    }
}

/// The property whose range is `span`.
fn find(node: &Node, span: Span) -> Option<&Property> {
    match &node.kind {
        Kind::Object(properties) => properties
            .iter()
            .find(|p| p.range == span.range())
            .or_else(|| properties.iter().find_map(|p| find(&p.value, span))),
        Kind::Array(items) => items.iter().find_map(|item| find(item, span)),
        _ => None,
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

/// One level of indentation: the white space before the first property.
fn step(text: &str) -> String {
    let line = text.lines().find(|line| line.trim_start().starts_with('"')).unwrap_or("  ");
    let step = &line[..line.len() - line.trim_start().len()];
    if step.is_empty() { "  ".into() } else { step.to_owned() }
}

struct Writer<'a> {
    file: &'a SourceFile,
    resource: &'a Resource,
    place: Place<'a>,
    step: String,
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
                    let text = self.value(value, indentation(&self.file.text, old.range.start))?;
                    lowering.out.edits.push(Edit::replace(Span::new(self.resource.span.file, old.range.clone()), text));
                    lowering.touch(self.resource.span.file, header_of(self.resource), path);
                }
                (None, item) => {
                    new.push((name.as_str(), item));
                    lowering.touch(self.resource.span.file, header_of(self.resource), path);
                }
            }
        }
        if !new.is_empty() {
            lowering.out.edits.push(self.insert(node, &new)?);
        }
        Ok(())
    }

    /// One more block of a name: an element of the array, which a single block becomes.
    fn append_block(&self, object: &Node, name: &str, content: &DraftBody) -> Result<Vec<Edit>, String> {
        let file = self.resource.span.file;
        let text = &self.file.text;
        let Some(old) = object.get(name) else {
            return Ok(vec![self.insert(object, &[(name, &DraftItem::Block(content.clone()))])?]);
        };
        let (last, whole) = match &old.kind {
            Kind::Array(items) => (items.last().ok_or("the list of blocks is empty")?, false),
            _ => (old, true),
        };
        let indent = indentation(text, last.range.start).to_owned();
        let own_line = text[line_start(text, last.range.start)..last.range.start].trim().is_empty();
        let separator = if own_line { format!(",{}{indent}", self.file.newline()) } else { ", ".to_owned() };
        let added = format!("{separator}{}", self.body(content, &indent)?);
        Ok(if whole {
            vec![Edit::insert(file, last.range.start, "["), Edit::insert(file, last.range.end, added + "]")]
        } else {
            vec![Edit::insert(file, last.range.end, added)]
        })
    }

    /// Properties at the end of an object.
    fn insert(&self, object: &Node, new: &[(&str, &DraftItem)]) -> Result<Edit, String> {
        let text = &self.file.text;
        let nl = self.file.newline();
        let file = self.resource.span.file;
        let Some(last) = object.properties().last() else {
            let outer = indentation(text, object.range.start).to_owned();
            let inner = format!("{outer}{}", self.step);
            let lines = self.properties(new, &inner)?.join(&format!(",{nl}{inner}"));
            return Ok(Edit::replace(
                Span::new(file, object.range.clone()),
                format!("{{{nl}{inner}{lines}{nl}{outer}}}"),
            ));
        };
        let own_line = text[line_start(text, last.range.start)..last.range.start].trim().is_empty();
        let indent = indentation(text, last.range.start).to_owned();
        let separator = if own_line { format!(",{nl}{indent}") } else { ", ".to_owned() };
        let lines = self.properties(new, &indent)?;
        let added: String = lines.iter().map(|line| format!("{separator}{line}")).collect();
        Ok(Edit::insert(file, last.range.end, added))
    }

    fn properties(&self, new: &[(&str, &DraftItem)], indent: &str) -> Result<Vec<String>, String> {
        new.iter().map(|(name, item)| Ok(format!("{}: {}", quote(name), self.item(item, indent)?))).collect()
    }

    fn item(&self, item: &DraftItem, indent: &str) -> Result<String, String> {
        match item {
            DraftItem::Argument(value) => self.value(value, indent),
            DraftItem::Block(body) => self.body(body, indent),
        }
    }

    fn body(&self, body: &DraftBody, indent: &str) -> Result<String, String> {
        let nl = self.file.newline();
        let inner = format!("{indent}{}", self.step);
        let items: Vec<_> = body.items.iter().map(|(name, item)| (name.as_str(), item)).collect();
        if items.is_empty() {
            return Ok("{}".into());
        }
        let lines = self.properties(&items, &inner)?.join(&format!(",{nl}{inner}"));
        Ok(format!("{{{nl}{inner}{lines}{nl}{indent}}}"))
    }

    fn value(&self, draft: &Draft, indent: &str) -> Result<String, String> {
        value(&self.place, draft, indent, &self.step, self.file.newline())
    }

    /// A resource under `resource.KIND`, both made where they are missing.
    fn add(&self, root: &Node, kind: &str, name: &str, content: &DraftBody) -> Result<Edit, String> {
        let body = DraftItem::Block(content.clone());
        let resources = root.each().iter().find_map(|top| top.get("resource"));
        let resources = resources.filter(|node| matches!(node.kind, Kind::Object(_)));
        let resources = resources.ok_or("the file's `resource` is a list")?;
        match resources.get(kind) {
            Some(node) if matches!(node.kind, Kind::Object(_)) => self.insert(node, &[(name, &body)]),
            Some(_) => Err(format!("`{kind}` is a list in this file")),
            None => {
                let named = DraftItem::Block(DraftBody { items: vec![(name.to_owned(), body)] });
                self.insert(resources, &[(kind, &named)])
            }
        }
    }
}

/// A draft as JSON, references as interpolations.
pub(super) fn value(place: &Place<'_>, draft: &Draft, indent: &str, step: &str, nl: &str) -> Result<String, String> {
    let inner = format!("{indent}{step}");
    let nested = |draft: &Draft| value(place, draft, &inner, step, nl);
    Ok(match draft {
        Draft::Bool(b) => b.to_string(),
        Draft::Number(n) => n.clone(),
        Draft::String(text) => quote(&text.replace("${", "$${").replace("%{", "%%{")),
        Draft::Text(pieces) => {
            let mut text = String::new();
            for piece in pieces {
                match piece {
                    Draft::String(known) => text.push_str(&known.replace("${", "$${")),
                    other => text.push_str(&format!("${{{}}}", place.one_line(other)?)),
                }
            }
            quote(&text)
        }
        Draft::List(items) if items.is_empty() => "[]".into(),
        Draft::List(items) => {
            let items: Result<Vec<_>, _> = items.iter().map(nested).collect();
            format!("[{nl}{inner}{}{nl}{indent}]", items?.join(&format!(",{nl}{inner}")))
        }
        Draft::Object(entries) if entries.is_empty() => "{}".into(),
        Draft::Object(entries) => {
            let entries: Result<Vec<_>, String> =
                entries.iter().map(|(name, value)| Ok(format!("{}: {}", quote(name), nested(value)?))).collect();
            format!("{{{nl}{inner}{}{nl}{indent}}}", entries?.join(&format!(",{nl}{inner}")))
        }
        other => quote(&format!("${{{}}}", place.one_line(other)?)),
    })
}

fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
