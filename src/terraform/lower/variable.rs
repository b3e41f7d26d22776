//! A value that comes from a variable is changed where it is given: in the calls that pass it, else in its default.

use hcl_edit::Span as _;
use hcl_edit::structure::Block;

use super::place::Inside;
use super::render::Place;
use super::{Lowering, is_literal, shorten};
use crate::edit::Edit;
use crate::hcl::Document;
use crate::model::{Draft, InstanceId, ModuleId, Project, Resource};
use crate::source::{FileId, Span};
use crate::workspace::Tree;

/// Gives `var.NAME` the value `new` for the uses that are meant.
pub(super) fn set(
    lowering: &mut Lowering<'_>,
    place: &Place<'_>,
    resource: &Resource,
    name: &str,
    new: &Draft,
) -> Result<(), String> {
    let project = &lowering.workspace.project;
    let text = match new {
        Draft::Bool(_) | Draft::Number(_) | Draft::String(_) => place.value(new, "")?,
        _ => return Err(format!("it is set by `var.{name}`, and the new value can't stand outside the module")),
    };
    let meant = |instance: InstanceId| lowering.out.only.as_ref().is_none_or(|only| only.contains(&instance));
    let by_default = lowering.out.only.is_none() && !is_published(project, resource);
    let mut default = false;
    let mut calls = Vec::new();
    for twin in project.twins(resource.id).filter(|twin| meant(twin.instance) && !project.is_switched_off(twin)) {
        match call_of(lowering, twin.instance) {
            None if project.instance(twin.instance).address.is_empty() => default = true,
            None => return Err(format!("it is set by `var.{name}`, and the call of the module isn't HCL")),
            Some((_, block)) if by_default && !block.body.has_attribute(name) => default = true,
            Some(call) if calls.iter().any(|known| is_same(*known, call)) => {}
            Some(call) => calls.push(call),
        }
    }
    let names: Vec<String> =
        calls.iter().filter_map(|(_, block)| Some(format!("module.{}", block.labels.first()?.as_str()))).collect();
    for (file, block) in calls {
        set_argument(lowering, file, block, name, &text)?;
    }
    if default {
        set_default(lowering, resource, name, &text)?;
    }
    lowering.out.shared = Some(match (default, names.as_slice()) {
        (true, _) => format!("changes the default of `var.{name}`, for all who use it"),
        (false, names) => format!("changes what {} passes as `{name}`", callers(names)),
    });
    Ok(())
}

/// Whether a module is there for others: nothing but examples calls it here. What its variables default to is its word to
/// them, and a change is for its maintainers to announce; the examples pass what is right.
fn is_published(project: &Project, resource: &Resource) -> bool {
    let shows = |directory: &str| directory.split('/').any(|part| matches!(part, "examples" | "example" | "wrappers"));
    let mut callers = project.twins(resource.id).filter_map(|twin| project.caller(twin.instance)).peekable();
    callers.peek().is_some()
        && callers.all(|(caller, _)| shows(&project.module_of(caller).directory))
        && !shows(&project.module_of(resource.instance).directory)
}

/// Who passes: calls of one name once, and not all of many.
fn callers(names: &[String]) -> String {
    const MOST: usize = 5;
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for name in names {
        match counts.iter_mut().find(|(known, _)| known == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    let told =
        |(name, count): &(&str, usize)| if *count > 1 { format!("{name} ({count} calls)") } else { (*name).to_owned() };
    let mut told: Vec<String> = counts.iter().take(MOST).map(told).collect();
    if counts.len() > MOST {
        told.push(format!("{} more", counts.len() - MOST));
    }
    told.join(", ")
}

/// Declares a variable for a list in the module of `near`, and passes it in the calls that make its uses.
pub(super) fn pass(
    lowering: &mut Lowering<'_>,
    near: &Resource,
    (name, description): (&str, &str),
    values: &[(InstanceId, Draft)],
) -> Result<(), String> {
    let mut calls: Vec<(FileId, &Block, String)> = Vec::new();
    for (instance, value) in values {
        let (file, block) = call_of(lowering, *instance).ok_or("a call of the module isn't HCL")?;
        if block.body.has_attribute("providers") {
            return Err(
                "a call gives the module providers of its own: what is passed may stand in another region".into()
            );
        }
        let source = lowering.workspace.project.file(file);
        let indent = Inside::of(&source.text, block, super::unit(&source.text), source.newline())?.indent;
        let text = lowering.written_at(source, near, false, &[]).value(value, &indent)?;
        match calls.iter().find(|(other, known, _)| is_same((*other, known), (file, block))) {
            Some((.., known)) if *known == text => {}
            Some(_) => return Err("what is passed differs between uses of one call".into()),
            None => calls.push((file, block, text)),
        }
    }
    declare(lowering, near, name, description)?;
    for (file, block, text) in calls {
        if block.body.has_attribute(name) {
            return Err(format!("a call passes `{name}` already"));
        }
        set_argument(lowering, file, block, name, &text)?;
    }
    lowering.out.added.push(format!("variable {name}"));
    Ok(())
}

/// Adds a variable where the module has its variables.
fn declare(lowering: &mut Lowering<'_>, near: &Resource, name: &str, description: &str) -> Result<(), String> {
    let project = &lowering.workspace.project;
    let module = project.instance(near.instance).module;
    if files_of(lowering, module).any(|file| default_of(lowering.tree(file), name).is_some()) {
        return Err(format!("`var.{name}` is declared already, and it isn't known what it holds"));
    }
    let named = |wanted: &str| files_of(lowering, module).find(|file| project.file(*file).name() == wanted);
    let file = named("variables.tf").or_else(|| named("main.tf")).unwrap_or(near.span.file);
    let source = project.file(file);
    if !source.editable || !matches!(lowering.tree(file), Tree::Hcl(_)) {
        return Err(format!("{} can't take a variable", source.display));
    }
    let nl = source.newline();
    let lines =
        [("description", format!("\"{description}\"")), ("type", "list(string)".into()), ("default", "[]".into())];
    let lines = lines.map(|(name, value)| (name.to_owned(), value));
    let body = super::render::aligned(&lines, super::unit(&source.text), nl);
    let kept = source.text.trim_end();
    let text = format!("{nl}{nl}variable \"{name}\" {{{nl}{body}}}");
    let at = kept.len();
    lowering.out.edits.push(Edit::insert(file, at, if kept.is_empty() { text.trim_start().to_owned() } else { text }));
    Ok(())
}

fn is_same(one: (FileId, &Block), other: (FileId, &Block)) -> bool {
    one.0 == other.0 && one.1.span() == other.1.span()
}

/// The block of a kind that has this label.
fn labelled<'d>(document: &'d Document, kind: &str, label: &str) -> Option<&'d Block> {
    let is_it = |block: &Block| {
        block.ident.as_str() == kind && block.labels.first().is_some_and(|first| first.as_str() == label)
    };
    let (piece, _) = document.blocks().find(|(_, block)| is_it(block))?;
    document.placed_block(piece)
}

/// The `module` block that makes an instance.
fn call_of<'w>(lowering: &Lowering<'w>, instance: InstanceId) -> Option<(FileId, &'w Block)> {
    let project = &lowering.workspace.project;
    let (caller, call) = project.caller(instance)?;
    files_of(lowering, project.instance(caller).module).find_map(|file| {
        let Tree::Hcl(document) = lowering.tree(file) else { return None };
        Some((file, labelled(document, "module", call)?))
    })
}

fn files_of<'w>(lowering: &Lowering<'w>, module: ModuleId) -> impl Iterator<Item = FileId> + use<'w> {
    lowering.workspace.project.modules[module.0 as usize].files.iter().copied()
}

fn set_argument(
    lowering: &mut Lowering<'_>,
    file: FileId,
    block: &Block,
    name: &str,
    text: &str,
) -> Result<(), String> {
    let source = lowering.workspace.project.file(file);
    if !source.editable {
        return Err(format!("{} is a symbolic link", source.display));
    }
    let header = format!("module {}", block.labels.first().map_or("", |label| label.as_str()));
    if let Some(attribute) = block.body.get_attribute(name) {
        let range = attribute.value.span().unwrap_or_default();
        if !is_literal(&attribute.value) {
            return Err(format!("{header} passes {} as `{name}`", shorten(&source.text[range])));
        }
        lowering.overwrite(file, range, text, header, name);
        return Ok(());
    }
    let inside = Inside::of(&source.text, block, super::unit(&source.text), source.newline())?;
    for insertion in inside.insert(&[(name.to_owned(), text.to_owned())], &[]) {
        lowering.out.edits.push(Edit::replace(Span::new(file, insertion.at), insertion.text));
    }
    lowering.touch(file, header, name);
    Ok(())
}

/// Changes the default, unless a values file overrides it.
fn set_default(lowering: &mut Lowering<'_>, resource: &Resource, name: &str, text: &str) -> Result<(), String> {
    let project = &lowering.workspace.project;
    let module = project.instance(resource.instance).module;
    for file in files_of(lowering, module) {
        let source = project.file(file);
        let sets = match lowering.tree(file) {
            Tree::Hcl(document) => document.attributes().any(|(_, attribute)| attribute.key.as_str() == name),
            Tree::Json(root) => root.get(name).is_some(),
            Tree::Template(_) | Tree::Program(_) => false,
        };
        if sets && source.name().contains(".tfvars") {
            return Err(format!("it is set by `var.{name}`, which {} sets", source.display));
        }
    }
    for file in files_of(lowering, module) {
        let source = project.file(file);
        if source.name().contains(".tfvars") {
            continue;
        }
        let Some(range) = default_of(lowering.tree(file), name) else { continue };
        let range = range?;
        if !source.editable {
            return Err(format!("{} is a symbolic link", source.display));
        }
        lowering.overwrite(file, range, text, format!("variable {name}"), "default");
        return Ok(());
    }
    Err(format!("it is set by `var.{name}`, which isn't declared here"))
}

/// The place of a variable's default, or that it isn't written out; nothing when the file doesn't declare the variable.
fn default_of(tree: &Tree, name: &str) -> Option<Result<std::ops::Range<usize>, String>> {
    let range = match tree {
        Tree::Hcl(document) => {
            let block = labelled(document, "variable", name)?;
            let default = block.body.get_attribute("default").filter(|a| is_literal(&a.value));
            default.and_then(|a| a.value.span())
        }
        Tree::Json(root) => {
            let variables = root.each().iter().filter_map(|top| top.get("variable"));
            let variable = variables.flat_map(crate::json::Node::each).find_map(|node| node.get(name))?;
            let default = variable.each().first().and_then(|node| node.get("default"));
            // A default in JSON is a value, never an expression.
            default.filter(|node| node.properties().is_empty()).map(|node| node.range.clone())
        }
        Tree::Template(_) | Tree::Program(_) => return None,
    };
    Some(range.ok_or_else(|| format!("it is set by `var.{name}`, which has no plain default")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_told_once() {
        let names = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(callers(&names("module.a module.b module.a")), "module.a (2 calls), module.b");
        assert_eq!(callers(&names("a b c d e f g")), "a, b, c, d, e, 2 more");
    }
}
