//! A value that comes from a variable is changed where it is given: in the calls that pass it, else in its default.

use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::structure::Block;

use super::place::Inside;
use super::render::Place;
use super::solve::{Solution, solve};
use super::{Lowering, is_literal, shorten};
use crate::edit::Edit;
use crate::hcl::Document;
use crate::model::{Draft, InstanceId, ModuleId, Resource};
use crate::source::{FileId, Span};
use crate::workspace::Tree;

/// Gives the variable that decides on a value its own, for the uses that are meant.
pub(super) fn set(
    lowering: &mut Lowering<'_>,
    place: &Place<'_>,
    resource: &Resource,
    solution: &Solution<'_>,
) -> Result<(), String> {
    let project = &lowering.workspace.project;
    let meant = |instance: InstanceId| lowering.out.only.as_ref().is_none_or(|only| only.contains(&instance));
    let mut uses: Vec<&Resource> = project.twins(resource.id).filter(|twin| meant(twin.instance)).collect();
    if uses.iter().any(|twin| !project.is_switched_off(twin)) {
        uses.retain(|twin| !project.is_switched_off(twin));
    }
    let uses: Vec<InstanceId> = uses.iter().map(|twin| twin.instance).collect();
    let all = lowering.out.only.is_none();
    let mut given = Given::default();
    give(lowering, place, (&uses, all), &resource.span, solution, &mut given)?;
    let defaults: Vec<&str> = given.defaults.iter().map(|(_, name)| name.as_str()).collect();
    lowering.out.shared = Some(match (defaults.as_slice(), given.calls.as_slice()) {
        ([], names) => format!("changes what {} passes as `{}`", callers(names), given.passed.join("`, `")),
        (defaults, _) => {
            let described = if given.described { "; its description still names the old one" } else { "" };
            format!("changes the default of `var.{}`, for all who use it{described}", defaults.join("`, `var."))
        }
    });
    Ok(())
}

/// Where a variable was given its value.
#[derive(Default)]
struct Given {
    /// Variables whose defaults change.
    defaults: Vec<(ModuleId, String)>,
    /// Whether a description names such a default.
    described: bool,
    /// Calls that pass something else now, and as what.
    calls: Vec<String>,
    passed: Vec<String>,
}

/// Gives a variable of a module its value in these uses, `all` of the module or not: in the calls that pass it, in the
/// variables that these pass on, or in its default. `asked`: the block that refers to it.
fn give(
    lowering: &mut Lowering<'_>,
    place: &Place<'_>,
    (uses, all): (&[InstanceId], bool),
    asked: &Span,
    solution: &Solution<'_>,
    given: &mut Given,
) -> Result<(), String> {
    let project = &lowering.workspace.project;
    let (name, new) = (solution.name, solution.value.as_ref());
    let Some(module) = uses.first().map(|first| project.instance(*first).module) else { return Ok(()) };
    let text = match new {
        Draft::Bool(_) | Draft::Number(_) | Draft::String(_) => place.value(new, "")?,
        _ => return Err(format!("it is set by `var.{name}`, and the new value can't stand outside the module")),
    };
    if solution.chooses {
        refuse_wide_switch(lowering, module, asked, name)?;
    }
    // What a published module's variables default to is its word to others, and a change is for its maintainers to announce;
    // its examples pass what is right.
    let by_default = all && !project.is_published(module);
    let mut default = false;
    let mut calls: Vec<(FileId, &Block, Vec<InstanceId>)> = Vec::new();
    for instance in uses {
        let caller = project.caller(*instance).map(|(caller, _)| caller);
        match (call_of(lowering, *instance), caller) {
            (None, _) if project.instance(*instance).address.is_empty() => default = true,
            (Some((_, block)), _) if by_default && !block.body.has_attribute(name) => default = true,
            (Some(call), Some(caller)) => {
                match calls.iter_mut().find(|(file, block, _)| is_same((*file, *block), call)) {
                    Some((.., callers)) => callers.push(caller),
                    None => calls.push((call.0, call.1, vec![caller])),
                }
            }
            _ => return Err(format!("it is set by `var.{name}`, and the call of the module isn't HCL")),
        }
    }
    if default {
        given.described |= set_default(lowering, module, name, &text)?;
        given.defaults.push((module, name.to_owned()));
    }
    calls.into_iter().try_for_each(|call| give_call(lowering, place, call, &text, solution, given))
}

/// Gives a call the value of its input, or the variable that it passes on.
fn give_call(
    lowering: &mut Lowering<'_>,
    place: &Place<'_>,
    (file, block, callers): (FileId, &Block, Vec<InstanceId>),
    text: &str,
    solution: &Solution<'_>,
    given: &mut Given,
) -> Result<(), String> {
    let name = solution.name;
    let project = &lowering.workspace.project;
    let passed = block.body.get_attribute(name).map(|attribute| &attribute.value);
    if let Some(above) = passed.filter(|value| !is_literal(value)).and_then(|value| solve(value, &solution.value)) {
        let module = project.instance(callers[0]).module;
        if given.defaults.iter().any(|(of, known)| *of == module && known == above.name) {
            return Ok(());
        }
        let mut others = (0..project.instances.len() as u32).map(InstanceId);
        let all = others.all(|id| project.instance(id).module != module || callers.contains(&id));
        let asked = Span::new(file, block.span().unwrap_or_default());
        return give(lowering, place, (&callers, all), &asked, &above, given);
    }
    let written = passed.filter(|value| solution.fills && !matches!(value, Expression::Null(_)));
    if let Some(value) = written.and_then(hcl_edit::Span::span) {
        let written = shorten(&project.file(file).text[value]);
        return Err(format!("a call passes {written} as `{name}`, which is a decision"));
    }
    set_argument(lowering, file, block, name, text)?;
    given.calls.extend(block.labels.first().map(|label| format!("module.{}", label.as_str())));
    if !given.passed.iter().any(|known| known == name) {
        given.passed.push(name.to_owned());
    }
    Ok(())
}

/// A variable that chooses is changed only if it chooses this alone, and isn't about where it is deployed to: what is
/// `production` stays that.
fn refuse_wide_switch(lowering: &Lowering<'_>, module: ModuleId, asked: &Span, name: &str) -> Result<(), String> {
    const PLACES: [&str; 7] = ["prod", "env", "stage", "staging", "dev", "test", "workspace"];
    let is_place = name.split('_').any(|word| PLACES.iter().any(|place| word.starts_with(place)));
    let mention = format!("var.{name}");
    let elsewhere = files_of(lowering, module).any(|file| {
        let text = &lowering.workspace.project.file(file).text;
        text.match_indices(&mention).any(|(at, _)| {
            let whole = !text[at + mention.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-');
            let inside = file == asked.file && (asked.start as usize..asked.end as usize).contains(&at);
            whole && !inside
        })
    });
    if is_place || elsewhere {
        return Err(format!("`var.{name}` chooses it, and says more than that"));
    }
    Ok(())
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

/// Changes the default, unless a values file overrides it; says whether the variable's description names the old one.
fn set_default(lowering: &mut Lowering<'_>, module: ModuleId, name: &str, text: &str) -> Result<bool, String> {
    let project = &lowering.workspace.project;
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
        let described = names_default(lowering.tree(file), name, &source.text[range.clone()]);
        lowering.overwrite(file, range, text, format!("variable {name}"), "default");
        return Ok(described);
    }
    Err(format!("it is set by `var.{name}`, which isn't declared here"))
}

/// Whether the description of a variable says what its default is.
fn names_default(tree: &Tree, name: &str, old: &str) -> bool {
    let Tree::Hcl(document) = tree else { return false };
    let description = labelled(document, "variable", name).and_then(|block| block.body.get_attribute("description"));
    let Some(text) = description.and_then(|attribute| attribute.value.as_str()) else { return false };
    let old = old.trim_matches('"').to_lowercase();
    let text = text.to_lowercase();
    let mut words = text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-'));
    text.contains("default") && words.any(|word| word == old)
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
