//! Grants: `table.grantReadWriteData(handler)`.

use std::collections::BTreeSet;
use std::ops::Range;

use tree_sitter::Node;

use super::super::{Place, naming};
use super::{Wanted, Written, edit, names, policies, shown};
use crate::edit::Edit;
use crate::iam::scope::library::{self, Method, Subject};
use crate::model::{Resource, Value};
use crate::program::{Language, each, parts, snake_case, text};
use crate::source::{FileId, line_end, line_start, reason_behind};
use crate::workspace::{Tree, Workspace};

/// Writes the narrower grant in the place of the one that gives these statements, or takes it away.
pub(super) fn write(workspace: &Workspace, subject: Subject, wanted: &[Wanted<'_>]) -> Result<Written, String> {
    let project = &workspace.project;
    let holder = wanted[0].holder;
    let on = project.resource(subject.resource);
    let (mut old, mut left) = (BTreeSet::new(), BTreeSet::new());
    for statement in policies(project, holder).into_iter().flat_map(|policy| policy.statements) {
        if library::subject(&statement.resources) != Some(subject) {
            continue;
        }
        let actions = names(&statement);
        let part = wanted.iter().find(|wanted| wanted.old.at == statement.at);
        left.extend(match part {
            Some(part) => part.left.iter().flat_map(|part| part.actions.clone()).collect(),
            None => actions.clone(),
        });
        old.extend(actions);
    }
    let old: BTreeSet<&str> = old.iter().map(String::as_str).collect();
    let left: BTreeSet<&str> = left.iter().map(String::as_str).collect();
    let method = |actions| library::method_of(&on.kind, subject.is_stream, actions);
    let what = || on.origin.as_ref().map_or_else(|| on.address(), |origin| origin.construct.to_string());
    let role = role_of(workspace, holder).ok_or("which role has the policy isn't known")?;
    let was = method(&old).ok_or_else(|| super::not_found(workspace, &wanted[0]))?;
    match call(workspace, on, role, was) {
        Ok(found) if left.is_empty() => removed(workspace, &[found]),
        Ok((file, call)) => {
            let narrower = method(&left).ok_or_else(|| format!("no grant on {} has just what is needed", what()))?;
            let at = shown(workspace, file, call);
            let property = member(call).ok_or("a grant has no name")?;
            let name = in_language(workspace, file, narrower.name);
            let decided = reason(&workspace.project.files[file].text, call.end_byte(), &at);
            let edits = vec![edit(file, property.byte_range(), name)];
            Ok(Written { file: FileId(file as u32), edits, name: format!("grant {at}"), decided })
        }
        Err(reason) => {
            let unneeded = several(workspace, (on, subject.is_stream), role, (&old, &left));
            removed(workspace, &unneeded.ok_or_else(|| format!("{}: {reason}", what()))?)
        }
    }
}

/// Of several grants that give permissions together, those of which nothing is needed, when the others give just what is
/// left.
fn several<'w>(
    workspace: &'w Workspace,
    (on, is_stream): (&Resource, bool),
    role: &Resource,
    (old, left): (&BTreeSet<&str>, &BTreeSet<&str>),
) -> Option<Vec<(usize, Node<'w>)>> {
    let among = library::methods_among(&on.kind, is_stream, old);
    let called: Vec<_> =
        among.into_iter().filter_map(|(method, part)| Some((call(workspace, on, role, method).ok()?, part))).collect();
    let all: BTreeSet<&str> = called.iter().flat_map(|(_, part)| part).copied().collect();
    let (needed, unneeded): (Vec<_>, Vec<_>) = called.into_iter().partition(|(_, part)| part.is_subset(left));
    let rest: BTreeSet<&str> = needed.iter().flat_map(|(_, part)| part).copied().collect();
    let is_right = all == *old && rest == *left && !unneeded.is_empty();
    is_right.then(|| unneeded.into_iter().map(|(found, _)| found).collect())
}

/// The program without grants, all in one file.
fn removed(workspace: &Workspace, calls: &[(usize, Node<'_>)]) -> Result<Written, String> {
    let file = calls[0].0;
    let (mut edits, mut decided) = (Vec::new(), None);
    for (other, call) in calls {
        let at = shown(workspace, *other, *call);
        if *other != file {
            return Err(format!("nothing is needed of the grant at {at}: take it out"));
        }
        let statement = call.parent().filter(|parent| parent.kind() == "expression_statement");
        let statement = statement.ok_or_else(|| format!("nothing is needed of the grant at {at}: take it out"))?;
        let (more, reason) = without(workspace, file, statement)?;
        edits.extend(more);
        decided = decided.or(reason);
    }
    let name = format!("grant {}", shown(workspace, file, calls[0].1));
    Ok(Written { file: FileId(file as u32), edits, name, decided })
}

fn role_of<'w>(workspace: &'w Workspace, holder: &Resource) -> Option<&'w Resource> {
    let roles = holder.body.get("Roles");
    let [role] = roles.as_list()? else { return None };
    let Value::Reference(reference) = &role.value else { return None };
    Some(workspace.project.resource(reference.resource))
}

/// The one call of a method by which something is granted to a role.
fn call<'w>(
    workspace: &'w Workspace,
    on: &Resource,
    role: &Resource,
    method: &Method,
) -> Result<(usize, Node<'w>), String> {
    let grantees = grantees(workspace, role)?;
    let mut found = Vec::new();
    for (file, tree) in workspace.trees.iter().enumerate() {
        let Tree::Program(program) = tree else { continue };
        let source = &*program.text;
        let here: Vec<&str> =
            grantees.iter().filter(|(known, _)| *known == file).map(|(_, name)| name.as_str()).collect();
        let wanted = in_language(workspace, file, method.name);
        each(program.root(), &mut |node| {
            if here.is_empty() || member(node).is_none_or(|name| text(name, source) != wanted) {
                return;
            }
            let arguments = node.child_by_field_name("arguments").map(parts).unwrap_or_default();
            if let [grantee] = arguments.as_slice()
                && here.contains(&text(*grantee, source).trim_end_matches('!'))
            {
                found.push((file, node));
            }
        });
    }
    found.sort_by_key(|(file, node)| (*file, node.start_byte()));
    let name = in_language(workspace, grantees.first().map_or(0, |(file, _)| *file), method.name);
    if found.len() > 1 {
        found.retain(|(file, node)| is_called_on(workspace, *file, *node, on));
    }
    match found.as_slice() {
        [only] => Ok(*only),
        [] => Err(format!("no call of {name} grants it to the function by its name")),
        all => Err(format!("{} calls of {name} may grant it", all.len())),
    }
}

/// Whether a method is called on the variable that holds a construct.
fn is_called_on(workspace: &Workspace, file: usize, call: Node<'_>, on: &Resource) -> bool {
    let object = call.child_by_field_name("function").and_then(|function| function.child_by_field_name("object"));
    let place = super::place(workspace, file, call);
    let kept = place.and_then(|place| naming::other(&place, workspace, on.id).ok().map(|kept| kept.name.clone()));
    let source = &workspace.project.files[file].text;
    kept.is_some_and(|name| object.is_some_and(|object| text(object, source) == name))
}

/// What a role is granted by: the names of its functions and its own, by file.
fn grantees(workspace: &Workspace, role: &Resource) -> Result<Vec<(usize, String)>, String> {
    let project = &workspace.project;
    let runs = |function: &&Resource| project.value(function, "aws_lambda_function", "role").refers_to(role.id);
    let mut found = Vec::new();
    for grantee in project.all("aws_lambda_function").filter(runs).chain([role]) {
        let Ok(place) = Place::of(workspace, grantee) else { continue };
        let Ok(kept) = naming::other(&place, workspace, grantee.id) else { continue };
        let file = place.id.0 as usize;
        found.push((file, format!("{}.role", kept.name)));
        found.push((file, kept.name));
    }
    if found.is_empty() { Err("no variable holds what it is granted to".into()) } else { Ok(found) }
}

/// The name of a method that is called.
fn member(call: Node<'_>) -> Option<Node<'_>> {
    if !matches!(call.kind(), "call_expression" | "call") {
        return None;
    }
    let function = call.child_by_field_name("function")?;
    function.child_by_field_name("property").or_else(|| function.child_by_field_name("attribute"))
}

fn in_language(workspace: &Workspace, file: usize, name: &str) -> String {
    match workspace.trees.get(file) {
        Some(Tree::Program(program)) if program.language == Language::Python => snake_case(name),
        _ => name.to_owned(),
    }
}

fn reason(source: &str, end: usize, at: &str) -> Option<String> {
    reason_behind(source, end).map(|comment| format!("whoever wrote {at} explains it: {comment}"))
}

/// A program without a statement: its lines go, with the blank line that would be left twice. A comment above or behind it
/// speaks for it.
pub(super) fn without(
    workspace: &Workspace,
    file: usize,
    statement: Node<'_>,
) -> Result<(Vec<Edit>, Option<String>), String> {
    let source = &*workspace.project.files[file].text;
    let at = shown(workspace, file, statement);
    let is_alone = |range: &Range<usize>| source[range.clone()].trim().is_empty();
    let start = line_start(source, statement.start_byte());
    let end = line_end(source, statement.end_byte());
    let siblings = statement.parent().map(parts).unwrap_or_default();
    if siblings.len() < 2 {
        return Err(format!("nothing is needed of {at}, and nothing else stands in its block"));
    }
    let above = statement.prev_sibling().filter(|above| above.kind() == "comment");
    let above = above.filter(|above| above.end_position().row + 1 >= statement.start_position().row);
    let behind = reason(source, statement.end_byte(), &at);
    let decided = behind.or_else(|| {
        above.map(|above| {
            format!("whoever wrote {at} explains it: {}", text(above, source).lines().next().unwrap_or_default())
        })
    });
    if !is_alone(&(start..statement.start_byte())) || !is_alone(&(statement.end_byte()..end)) && decided.is_none() {
        return Err(format!("{at} shares its line with something"));
    }
    let rest = &source[end..];
    let newline = rest.find('\n').map_or(rest.len(), |at| at + 1);
    let mut range = start..end + newline;
    let blank_above = source[..start].ends_with("\n\n") || source[..start].ends_with("\r\n\r\n");
    let below = source[range.end..].lines().next().unwrap_or_default().trim();
    if blank_above && (below.is_empty() || below.starts_with('}')) {
        range.start = line_start(source, start - 1);
    }
    Ok((vec![edit(file, range, String::new())], decided))
}
