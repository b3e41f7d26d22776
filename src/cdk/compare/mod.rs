//! What is different between two assemblies of one application, beside what edits of its calls announce.
//!
//! Announced is: changes of what belongs to the constructs that were edited (never their removal or replacement), what
//! the edit makes beside them, statements by which the library lets their roles write traces and deliver logs, and fewer
//! permissions in policies that were narrowed.

mod policy;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Map, Value as Json};

use self::policy::{around, is_grant, is_narrower, may_go};
use crate::effects::facts;
use crate::finding::Announced;

/// Resources whose logical id holds a hash of what they depend on: one goes and another comes.
const HASHED: [&str; 2] = ["AWS::ApiGateway::Deployment", "AWS::Lambda::Version"];
/// Digits of the hash in the name of an asset.
const HASH: usize = 64;
/// Parts of a template that no edit of a call changes.
const OTHERS: [&str; 6] = ["Conditions", "Mappings", "Outputs", "Parameters", "Rules", "Transform"];

/// Says the first difference that the edits don't announce. What is `volatile` is different in every synthesis.
pub fn unexpected(
    before: &Path,
    after: &Path,
    announced: &[Announced],
    volatile: &BTreeSet<(String, String)>,
) -> Option<String> {
    let (mut old, mut new) = (templates(before), templates(after));
    for (file, name) in volatile {
        for templates in [&mut old, &mut new] {
            if let Some(resources) = templates.get_mut(file).and_then(|t| t["Resources"].as_object_mut()) {
                resources.remove(name);
            }
        }
    }
    for (file, template) in &mut new {
        if let Some(old) = old.get(file) {
            rename_hashed(old, template, announced);
        }
    }
    if let Some(gone) = old.keys().find(|file| !new.contains_key(*file)) {
        return Some(format!("the template {gone} would be gone"));
    }
    let nothing = Json::Null;
    new.iter().find_map(|(file, template)| difference(old.get(file).unwrap_or(&nothing), template, announced))
}

/// Resources that are different in two assemblies of the same program, as what has the time in it: template and logical id.
pub fn volatile(one: &Path, other: &Path) -> BTreeSet<(String, String)> {
    let (one, other) = (templates(one), templates(other));
    let mut found = BTreeSet::new();
    for (file, template) in &one {
        for (name, resource) in template["Resources"].as_object().into_iter().flatten() {
            let same = other.get(file).and_then(|other| other["Resources"].get(name));
            if same.is_none_or(|same| plain(same) != plain(resource)) {
                found.insert((file.clone(), name.clone()));
            }
        }
    }
    found
}

fn difference(old: &Json, new: &Json, announced: &[Announced]) -> Option<String> {
    let other = OTHERS.iter().find(|part| plain(&old[**part]) != plain(&new[**part]));
    if let (Some(part), false) = (other, old.is_null()) {
        return Some(format!("the {part} of a template would change, too"));
    }
    let resources = |template: &Json| template["Resources"].as_object().cloned().unwrap_or_default();
    let (mut old, new) = (resources(old), resources(new));
    let gone: Vec<String> = old.keys().filter(|name| !new.contains_key(*name)).cloned().collect();
    let gone: Vec<&String> = gone.iter().filter(|name| is_narrowed(name, announced)).collect();
    old.values_mut().for_each(|resource| wait_no_more(resource, &gone));
    let added = || new.iter().filter(|(name, _)| !old.contains_key(*name));
    // A role may use what is added for its function.
    let usable: Vec<String> =
        added().filter(|(_, new)| is_announced(new, announced)).map(|(name, _)| format!("\"{name}\"")).collect();
    let changed = old.iter().find_map(|(name, was)| change(name, was, new.get(name), announced, &usable));
    changed.or_else(|| {
        let asked = added().any(|(_, new)| kind(new) == "Custom::LogRetention" && owner(new, announced).is_some());
        let may_come =
            |new: &Json| is_announced(new, announced) || is_grant(None, new, &usable) || sets_retention(new, asked);
        let unannounced = added().find(|(_, new)| !may_come(new));
        unannounced.map(|(name, resource)| format!("{} {name} would be added, too", kind(resource)))
    })
}

/// What is said of a resource that was there.
fn change(name: &str, was: &Json, now: Option<&Json>, announced: &[Announced], usable: &[String]) -> Option<String> {
    let Some(now) = now else {
        let may_go = lets_everybody_in(was, announced) || is_narrowed(name, announced) && may_go(was);
        return (!may_go).then(|| format!("{} {name} would be removed", kind(was)));
    };
    if kind(now) != kind(was) {
        return Some(format!("{name} would change its type"));
    }
    if plain(was) == plain(now) {
        return None;
    }
    if is_narrowed(name, announced) {
        if !is_narrower(was, now, usable) {
            return Some(format!("{} {name} would allow more than it did", kind(was)));
        }
        if around(was) == around(now) {
            return None;
        }
    }
    if let Some(owner) = owner(was, announced) {
        let property = if owner.replaces { None } else { replaced(was, now) };
        return property.map(|property| format!("{} {name} would be replaced, for its {property}", kind(was)));
    }
    (!is_grant(Some(was), now, usable)).then(|| format!("{} {name} would change, too", kind(was)))
}

/// Whether an edit narrows the policy with a logical id.
fn is_narrowed(name: &str, announced: &[Announced]) -> bool {
    announced.iter().any(|edit| edit.narrowed.iter().any(|narrowed| **narrowed == *name))
}

/// A resource that doesn't wait for what is gone.
fn wait_no_more(resource: &mut Json, gone: &[&String]) {
    if let Some(awaited) = resource.get_mut("DependsOn").and_then(Json::as_array_mut) {
        awaited.retain(|id| !gone.iter().any(|gone| id == gone.as_str()));
    }
}

/// Whether a resource is the permission for everybody that the library gives beside the URL of a function without
/// authorisation: it goes with that.
fn lets_everybody_in(was: &Json, announced: &[Announced]) -> bool {
    kind(was) == "AWS::Lambda::Permission" && was["Properties"]["Principal"] == "*" && owner(was, announced).is_some()
}

/// Whether a resource belongs to the function that the library adds to a stack for the retention of a log group, and an
/// announced construct asks for that.
fn sets_retention(resource: &Json, asked: bool) -> bool {
    asked && path(resource).split('/').any(|id| id.starts_with("LogRetentionaae0aa3c"))
}

/// Whether an edit announces a resource that wasn't there.
fn is_announced(resource: &Json, announced: &[Announced]) -> bool {
    let path = path(resource);
    let is_beside = |edit: &Announced| {
        let ends = |construct: &str, end: &str| belongs(path, &format!("{construct}{end}"));
        edit.constructs.iter().any(|construct| edit.beside.iter().any(|end| ends(construct, end)))
    };
    owner(resource, announced).is_some() || announced.iter().any(is_beside)
}

/// The edit to whose constructs a resource belongs.
fn owner<'a>(resource: &Json, announced: &'a [Announced]) -> Option<&'a Announced> {
    let path = path(resource);
    announced.iter().find(|edit| edit.constructs.iter().any(|construct| belongs(path, construct)))
}

fn belongs(path: &str, construct: &str) -> bool {
    path.strip_prefix(construct).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn kind(resource: &Json) -> &str {
    resource["Type"].as_str().unwrap_or_default()
}

fn path(resource: &Json) -> &str {
    resource["Metadata"]["aws:cdk:path"].as_str().unwrap_or_default()
}

/// The property of a resource whose change makes CloudFormation replace it.
fn replaced(was: &Json, now: &Json) -> Option<String> {
    let facts = facts(kind(was));
    let differs = |path: &str| {
        let at =
            |resource: &Json| path.split('.').fold(resource["Properties"].clone(), |value, name| value[name].clone());
        plain(&at(was)) != plain(&at(now))
    };
    if facts.no_update && plain(&was["Properties"]) != plain(&now["Properties"]) {
        return Some("change".into());
    }
    let listed = facts.force_new.iter().chain(facts.conditional.iter().map(|conditional| &conditional.path));
    listed.filter(|path| !path.contains('*')).find(|path| differs(path)).cloned()
}

/// Gives resources whose logical id holds a hash the ids that they had: those of announced constructs, by their paths.
fn rename_hashed(old: &Json, new: &mut Json, announced: &[Announced]) {
    let hashed = |template: &Json| -> BTreeMap<String, String> {
        let all = template["Resources"].as_object().into_iter().flatten();
        let of = all.filter(|(_, resource)| HASHED.contains(&kind(resource)) && owner(resource, announced).is_some());
        of.map(|(name, resource)| (path(resource).to_owned(), name.clone())).collect()
    };
    let (was, now) = (hashed(old), hashed(new));
    let ids: BTreeMap<&String, &String> = now
        .iter()
        .filter_map(|(path, id)| Some((id, was.get(path)?)))
        .filter(|(new_id, old_id)| new_id != old_id)
        .collect();
    if !ids.is_empty() {
        rename(new, &ids);
    }
}

fn rename(value: &mut Json, ids: &BTreeMap<&String, &String>) {
    match value {
        Json::String(text) => {
            if let Some(old) = ids.get(text) {
                (*old).clone_into(text);
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| rename(item, ids)),
        Json::Object(object) => {
            let taken = std::mem::take(object);
            let renamed = |name: String| ids.get(&name).map_or(name, |old| (*old).clone());
            *object = taken.into_iter().map(|(name, value)| (renamed(name), value)).collect::<Map<_, _>>();
            object.values_mut().for_each(|value| rename(value, ids));
        }
        _ => {}
    }
}

/// The templates of an assembly, by their path in it.
fn templates(assembly: &Path) -> BTreeMap<String, Json> {
    let mut found = BTreeMap::new();
    let mut open = vec![assembly.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok) {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if path.is_dir() && !name.starts_with("asset.") {
                open.push(path);
                continue;
            }
            if !name.ends_with(".template.json") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap_or_default();
            let file = path.strip_prefix(assembly).unwrap_or(&path).to_string_lossy().into_owned();
            found.insert(file, serde_json::from_str(&text).unwrap_or_default());
        }
    }
    found
}

/// A value as text, without what says where it comes from, and with the same hash in the name of every asset.
fn plain(value: &Json) -> String {
    let mut value = value.clone();
    if let Some(object) = value.as_object_mut() {
        object.remove("Metadata");
    }
    let text = value.to_string();
    let mut out = String::with_capacity(text.len());
    let mut digits = String::new();
    for c in text.chars().chain(['\0']) {
        if c.is_ascii_hexdigit() {
            digits.push(c);
            continue;
        }
        out.push_str(if digits.len() == HASH { "HASH" } else { &digits });
        digits.clear();
        out.push(c);
    }
    // What ended the last digits.
    out.pop();
    out
}

#[cfg(test)]
mod tests;
