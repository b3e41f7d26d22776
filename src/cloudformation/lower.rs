//! Changes to byte edits of templates.
//!
//! Every refusal is a sentence: a change that can't be written well is not written at all. What an intrinsic function
//! gives is never replaced, but for the default of a parameter.

use super::build::is_written_by_hand;
use super::draft::Writer;
use super::intrinsics::intrinsic;
use super::template::Template;
use crate::fix::Change;
use crate::json::{Kind, Layout, Node, Property, Style, quote};
use crate::model::{Draft, DraftBody, DraftItem, InstanceId, Resource};
use crate::source::{FileId, SourceFile};
use crate::workspace::{Lowered, Sharing, Touched, Tree, Workspace};

/// Attributes of a resource that stand beside its properties.
const BESIDE: [&str; 3] = ["DependsOn", "DeletionPolicy", "UpdateReplacePolicy"];

/// Lowers the changes of a fix: all of them or none.
pub fn lower(workspace: &Workspace, changes: &[Change], only: Option<&[InstanceId]>) -> Result<Lowered, String> {
    if only.is_some() {
        return Err("it fails in some uses of the nested template only: change what their stacks pass".into());
    }
    let mut lowering = Lowering { workspace, out: Lowered::default(), renamed: Vec::new() };
    for change in changes {
        lowering.change(change)?;
    }
    Ok(lowering.out)
}

pub(super) struct Lowering<'w> {
    workspace: &'w Workspace,
    pub(super) out: Lowered,
    /// Addresses that a fix gives to what it adds, and the logical ids that it got.
    pub(super) renamed: Vec<(String, String)>,
}

/// Where a change is written.
#[derive(Clone, Copy)]
pub(super) struct Place<'w> {
    pub(super) file: &'w SourceFile,
    pub(super) resource: &'w Resource,
    pub(super) root: &'w Node,
    pub(super) declared: &'w Property,
}

impl<'w> Lowering<'w> {
    fn change(&mut self, change: &Change) -> Result<(), String> {
        let place = self.place(change)?;
        match change {
            Change::Set { content, .. } => self.set(place, content),
            Change::AppendBlock { name, content, .. } => {
                let element = self.writer(place).body(content)?;
                self.append(place, name, element)
            }
            Change::Append { argument, value, .. } => {
                let element = match value {
                    Draft::AddedAttribute(..) if argument == "DependsOn" => Layout::Scalar(self.id_of(value)),
                    value => self.writer(place).value(value)?,
                };
                self.append(place, argument, element)
            }
            Change::Remove { names, .. } => self.remove(place, names),
            Change::Add { kind, name, mirror, content, .. } => self.add(place, kind, name, *mirror, content),
            Change::AddShared { kind, name, mirror, content, .. } => {
                self.add_shared(place, change, (kind, name, *mirror), content)
            }
            Change::Copy { .. } | Change::Rewire { .. } => {
                Err("split resources are not written in templates yet".into())
            }
            Change::AppendStatement { argument, statement, .. } => self.append_statement(place, argument, statement),
            Change::EditStatement { .. } | Change::RewriteStatements { .. } => {
                Err("statements in templates are not changed yet".into())
            }
            Change::Delete { .. } => Err("resources of templates are not taken away yet".into()),
            // Pseudo parameters need no declaration.
            Change::AddData { .. } => Ok(()),
            Change::SetInCall { .. } => Err("a template has no calls".into()),
            Change::Pass { .. } => Err("parameters of nested templates are not passed yet".into()),
            Change::Import { .. } => Err("a template can't import what exists: that is a change set's business".into()),
        }
    }

    fn place(&self, change: &Change) -> Result<Place<'w>, String> {
        let project = &self.workspace.project;
        let resource = project.resource(change.anchor());
        let file = project.file(resource.span.file);
        if !file.editable {
            return Err(format!("{} is a symbolic link", file.display));
        }
        let tree = &self.workspace.trees[resource.span.file.0 as usize];
        if !is_written_by_hand(tree) {
            return Err("the template is synthesised: the fix belongs into the program that makes it".into());
        }
        if let Some(yaml) = made_from(file) {
            return Err(format!("{yaml} stands beside it: the JSON may be made from it, and is fixed there"));
        }
        let Tree::Template(root) = tree else { return Err("the file is no template".into()) };
        let declared = root.at(&resource.span.range()).ok_or("the resource moved")?;
        Ok(Place { file, resource, root, declared })
    }

    pub(super) fn writer<'a>(&'a self, place: Place<'a>) -> Writer<'a> {
        Writer { project: &self.workspace.project, near: place.resource, renamed: &self.renamed }
    }

    fn touch(&mut self, file: FileId, block: String, path: impl Into<String>) {
        self.out.touched.push(Touched { file, block, path: path.into(), shared: Sharing::Alone });
    }

    fn touch_resource(&mut self, place: Place<'_>, path: &str) {
        self.touch(place.resource.span.file, format!("Resources {}", place.resource.name), path);
    }

    /// What stands beside the properties: a list of logical ids, or what becomes of a resource that goes.
    pub(super) fn beside(&self, name: &str, item: &DraftItem) -> Result<Layout, String> {
        match item {
            DraftItem::Argument(Draft::String(text)) if name != "DependsOn" => Ok(Layout::Scalar(quote(text))),
            DraftItem::Argument(Draft::List(items)) if name == "DependsOn" => {
                let names: Vec<_> = items.iter().map(|item| Layout::Scalar(self.id_of(item))).collect();
                Ok(if let [one] = names.as_slice() { one.clone() } else { Layout::List(names) })
            }
            _ => Err(format!("`{name}` can't be written")),
        }
    }

    /// The logical id of something that the same fix adds.
    fn id_of(&self, draft: &Draft) -> String {
        let Draft::AddedAttribute(address, _) = draft else { return String::new() };
        let renamed = self.renamed.iter().find(|(old, _)| old == address);
        quote(renamed.map_or(address, |(_, id)| id))
    }

    fn set(&mut self, place: Place<'w>, content: &DraftBody) -> Result<(), String> {
        let style = Style::of(place.file, place.resource.span.file);
        let (beside, inside): (Vec<_>, Vec<_>) = content.items.iter().cloned().partition(|(name, _)| is_beside(name));
        for (name, item) in beside {
            let value = self.beside(&name, &item)?;
            self.touch_resource(place, &name);
            self.out.edits.push(style.insert(&place.declared.value, &[(name, value)]));
        }
        let inside = DraftBody { items: inside };
        if let Some(properties) = place.declared.value.get("Properties") {
            self.set_in(place, &style, properties, &inside, "Properties")?;
        } else {
            let body = self.writer(place).body(&inside)?;
            self.out.edits.push(style.insert(&place.declared.value, &[("Properties".into(), body)]));
            self.touch_resource(place, "Properties");
        }
        self.out.updated.push((place.resource.id, content.paths()));
        Ok(())
    }

    fn set_in(
        &mut self,
        place: Place<'w>,
        style: &Style<'_>,
        object: &'w Node,
        content: &DraftBody,
        prefix: &str,
    ) -> Result<(), String> {
        let object = match &object.kind {
            Kind::Array(items) if items.len() == 1 => &items[0],
            Kind::Array(_) => return Err(format!("there are several `{prefix}`")),
            _ => object,
        };
        if !matches!(object.kind, Kind::Object(_)) || intrinsic(object).is_some() {
            return Err(format!("`{prefix}` is not written out"));
        }
        let mut new = Vec::new();
        for (name, item) in &content.items {
            let path = format!("{prefix}.{name}");
            match (object.get(name), item) {
                (Some(inner), DraftItem::Block(content)) => self.set_in(place, style, inner, content, &path)?,
                (Some(old), DraftItem::Argument(value)) => self.replace(place, style, old, value, &path)?,
                (None, item) => {
                    new.push((name.clone(), self.writer(place).item(item)?));
                    self.touch_resource(place, &path);
                }
            }
        }
        if !new.is_empty() {
            self.out.edits.push(style.insert(object, &new));
        }
        Ok(())
    }

    /// Replaces a value that is written out; one that a parameter gives is replaced in its default.
    fn replace(
        &mut self,
        place: Place<'w>,
        style: &Style<'_>,
        old: &'w Node,
        new: &Draft,
        path: &str,
    ) -> Result<(), String> {
        if is_literal(old) {
            let layout = self.writer(place).value(new)?;
            self.out.edits.push(style.replace(old, &layout));
            self.touch_resource(place, path);
            return Ok(());
        }
        let parameter = match intrinsic(old) {
            Some(("Ref", name)) => name.as_str().and_then(|name| Template::of(place.root).entry("Parameters", name)),
            _ => None,
        };
        let parameter = parameter.ok_or_else(|| format!("`{path}` is not written out: a function gives it"))?;
        self.set_default(place, style, parameter, new)
    }

    fn set_default(
        &mut self,
        place: Place<'w>,
        style: &Style<'_>,
        parameter: &'w Property,
        new: &Draft,
    ) -> Result<(), String> {
        let name = &*parameter.name;
        let default = parameter.value.get("Default").filter(|node| is_literal(node));
        let default = default.ok_or_else(|| format!("the parameter `{name}` gives it, which has no plain default"))?;
        let (Draft::Bool(_) | Draft::Number(_) | Draft::String(_)) = new else {
            return Err(format!("the parameter `{name}` gives it, and the new value can't stand there"));
        };
        let Layout::Scalar(text) = self.writer(place).value(new)? else { return Err("not a plain value".into()) };
        // Parameters are strings; a bare number or boolean stays one where the old default is.
        let text = if default.as_str().is_some() && !text.starts_with('"') { quote(&text) } else { text };
        let plain = |text: &str| text.trim_matches('"').to_owned();
        let written = |node: &Node| plain(&place.file.text[node.range.clone()]);
        let allowed = parameter.value.get("AllowedValues").map(Node::each);
        if allowed.is_some_and(|allowed| !allowed.iter().any(|node| written(node) == plain(&text))) {
            return Err(format!("the parameter `{name}` gives it, which doesn't allow {text}"));
        }
        self.out.edits.push(style.replace(default, &Layout::Scalar(text)));
        self.touch(place.resource.span.file, format!("Parameters {name}"), "Default");
        self.out.shared = Some(format!(
            "changes the default of the parameter `{name}`, for all who use it; a stack that exists keeps its value until it is given another one"
        ));
        Ok(())
    }

    /// An element more in a list that is written out; the list is made where it is missing.
    fn append(&mut self, place: Place<'w>, name: &str, element: Layout) -> Result<(), String> {
        let style = Style::of(place.file, place.resource.span.file);
        let beside = is_beside(name);
        let owner = if beside { Some(&place.declared.value) } else { place.declared.value.get("Properties") };
        let mut owner = owner.ok_or("the resource has no properties")?;
        let (path, last) = name.rsplit_once('.').map_or(("", name), |(path, last)| (path, last));
        for part in path.split('.').filter(|part| !part.is_empty()) {
            owner = owner.get(part).ok_or_else(|| format!("`{part}` isn't there"))?;
        }
        if !matches!(owner.kind, Kind::Object(_)) || intrinsic(owner).is_some() {
            return Err(format!("what `{last}` stands in is not written out"));
        }
        match owner.get(last) {
            None => self.out.edits.push(style.insert(owner, &[(last.to_owned(), Layout::List(vec![element]))])),
            Some(list) => match &list.kind {
                Kind::Array(items) if items.is_empty() => {
                    self.out.edits.push(style.replace(list, &Layout::List(vec![element])));
                }
                Kind::Array(_) => self.out.edits.extend(style.append(list, &element)),
                Kind::String(_) if beside => self.out.edits.extend(style.wrap_and_append(list, &element)),
                _ => return Err(format!("`{name}` is not a plain list")),
            },
        }
        self.touch_resource(place, &if beside { name.to_owned() } else { format!("Properties.{name}") });
        self.out.updated.push((place.resource.id, vec![name.to_owned()]));
        Ok(())
    }

    fn remove(&mut self, place: Place<'w>, names: &[String]) -> Result<(), String> {
        let style = Style::of(place.file, place.resource.span.file);
        let properties = place.declared.value.get("Properties").ok_or("the resource has no properties")?;
        self.out.edits.extend(style.remove(properties, names));
        for name in names {
            self.touch_resource(place, &format!("Properties.{name}"));
        }
        self.out.updated.push((place.resource.id, names.to_vec()));
        Ok(())
    }

    fn append_statement(&mut self, place: Place<'w>, argument: &str, statement: &Draft) -> Result<(), String> {
        let style = Style::of(place.file, place.resource.span.file);
        let properties = place.declared.value.get("Properties").ok_or("the resource has no properties")?;
        let statements = properties.get(argument).and_then(|document| document.get("Statement"));
        let statements = statements.ok_or("the policy document is not written out")?;
        let element = self.writer(place).value(statement)?;
        match &statements.kind {
            Kind::Array(items) if items.is_empty() => return Err("the list of statements is empty".into()),
            Kind::Array(_) => self.out.edits.extend(style.append(statements, &element)),
            Kind::Object(_) if intrinsic(statements).is_none() => {
                self.out.edits.extend(style.wrap_and_append(statements, &element));
            }
            _ => return Err("the statements are not written out".into()),
        }
        self.touch_resource(place, &format!("Properties.{argument}.Statement"));
        self.out.updated.push((place.resource.id, vec![argument.to_owned()]));
        Ok(())
    }
}

/// Whether an attribute of a resource stands beside its properties.
pub(super) fn is_beside(name: &str) -> bool {
    BESIDE.contains(&name)
}

/// The template in YAML with the same name, which this one may be made from.
fn made_from(file: &SourceFile) -> Option<String> {
    let stem = file.path.file_stem()?.to_str()?;
    let yaml = ["yaml", "yml"].map(|extension| format!("{stem}.{extension}"));
    yaml.into_iter().find(|name| file.path.with_file_name(name).is_file())
}

/// Whether a value is written out: nothing that a reader would lose by replacing it.
fn is_literal(node: &Node) -> bool {
    match &node.kind {
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => true,
        Kind::String(text) => !text.contains("{{resolve:"),
        Kind::Array(items) => items.iter().all(is_literal),
        Kind::Object(_) => false,
    }
}
