//! What is different between two assemblies of one application, beside what edits of its calls announce.
//!
//! Announced is: changes of what belongs to the constructs that were edited (never their removal or replacement), what
//! the edit makes beside them, and statements by which the library lets their roles write traces and deliver logs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Map, Value as Json};

use crate::effects::facts;
use crate::finding::Announced;
use crate::iam::LOG_DELIVERY;

/// Resources whose logical id holds a hash of what they depend on: one goes and another comes.
const HASHED: [&str; 2] = ["AWS::ApiGateway::Deployment", "AWS::Lambda::Version"];
/// Digits of the hash in the name of an asset.
const HASH: usize = 64;
/// Parts of a template that no edit of a call changes.
const OTHERS: [&str; 6] = ["Conditions", "Mappings", "Outputs", "Parameters", "Rules", "Transform"];
/// Starts of the actions that the library lets a role do for a property, beside [`LOG_DELIVERY`]: traces, streams of logs.
const GRANTED: [&str; 3] = ["xray:Put", "xray:GetSampling", "logs:CreateLogStream"];

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
    let (old, new) = (resources(old), resources(new));
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
        return (!lets_everybody_in(was, announced)).then(|| format!("{} {name} would be removed", kind(was)));
    };
    if kind(now) != kind(was) {
        return Some(format!("{name} would change its type"));
    }
    if plain(was) == plain(now) {
        return None;
    }
    if let Some(owner) = owner(was, announced) {
        let property = if owner.replaces { None } else { replaced(was, now) };
        return property.map(|property| format!("{} {name} would be replaced, for its {property}", kind(was)));
    }
    (!is_grant(Some(was), now, usable)).then(|| format!("{} {name} would change, too", kind(was)))
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

/// Whether nothing is different in a policy but statements by which the library lets a role do what a property needs, or
/// use what was added for it (`usable`: ids in quotes).
fn is_grant(was: Option<&Json>, now: &Json, usable: &[String]) -> bool {
    if kind(now) != "AWS::IAM::Policy" {
        return false;
    }
    let rest = |resource: &Json| {
        let mut resource = resource.clone();
        resource["Properties"]["PolicyDocument"]["Statement"] = Json::Null;
        resource
    };
    if was.is_some_and(|was| plain(&rest(was)) != plain(&rest(now))) {
        return false;
    }
    let (old, new) = (was.map(permissions).unwrap_or_default(), permissions(now));
    let is_granted = |(action, rest): &(String, String)| {
        GRANTED.iter().chain(&LOG_DELIVERY).any(|start| action.starts_with(start))
            || usable.iter().any(|id| rest.contains(id))
    };
    old.is_subset(&new) && new.difference(&old).all(is_granted)
}

/// What a policy says, one action each: the action, and all else that its statement says of it.
fn permissions(policy: &Json) -> BTreeSet<(String, String)> {
    let statements = policy["Properties"]["PolicyDocument"]["Statement"].as_array();
    let mut found = BTreeSet::new();
    for statement in statements.into_iter().flatten() {
        let mut rest = statement.clone();
        let actions = rest.as_object_mut().and_then(|statement| statement.remove("Action")).unwrap_or_default();
        let rest = plain(&rest);
        match actions {
            Json::Array(actions) => {
                found.extend(
                    actions.iter().map(|action| (action.as_str().unwrap_or_default().to_owned(), rest.clone())),
                );
            }
            action => drop(found.insert((action.as_str().unwrap_or_default().to_owned(), rest))),
        }
    }
    found
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
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn differ(before: &Json, after: &Json) -> Option<String> {
        let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for (place, template) in [(&old, before), (&new, after)] {
            fs::write(place.path().join("S.template.json"), template.to_string()).unwrap();
        }
        let constructs = vec!["S/Api".into()];
        let announced = [Announced { constructs, beside: vec!["Logs".into()], replaces: false }];
        unexpected(old.path(), new.path(), &announced, &BTreeSet::new())
    }

    fn resources(resources: &Json) -> Json {
        json!({ "Resources": resources })
    }

    fn made(kind: &str, path: &str, value: &str) -> Json {
        json!({ "Type": kind, "Properties": { "Value": value }, "Metadata": { "aws:cdk:path": path } })
    }

    fn policy(statements: &Json) -> Json {
        let properties = json!({ "PolicyDocument": { "Statement": statements } });
        json!({ "Type": "AWS::IAM::Policy", "Properties": properties, "Metadata": { "aws:cdk:path": "S/Role/DefaultPolicy" } })
    }

    #[test]
    fn what_belongs_to_the_construct_may_change() {
        let stage = |deployment: &str| {
            let properties = json!({ "DeploymentId": { "Ref": deployment } });
            json!({ "Type": "AWS::ApiGateway::Stage", "Properties": properties, "Metadata": { "aws:cdk:path": "S/Other" } })
        };
        let before = resources(&json!({
            "Api": made("AWS::ApiGateway::RestApi", "S/Api/Resource", "a"),
            "D1": made("AWS::ApiGateway::Deployment", "S/Api/Deployment/Resource", "a"),
            "Stage": stage("D1"),
            "F": made("AWS::Lambda::Function", "S/F/Resource", &"ab".repeat(32)),
        }));
        let after = resources(&json!({
            "Api": made("AWS::ApiGateway::RestApi", "S/Api/Resource", "b"),
            "D2": made("AWS::ApiGateway::Deployment", "S/Api/Deployment/Resource", "a"),
            "Stage": stage("D2"),
            "F": made("AWS::Lambda::Function", "S/F/Resource", &"cd".repeat(32)),
            "L": made("AWS::Logs::LogGroup", "S/ApiLogs/Resource", "a"),
        }));
        assert_eq!(differ(&before, &after), None);
    }

    #[test]
    fn a_role_may_write_traces_and_nothing_else() {
        let own = json!({ "Action": ["s3:GetObject"], "Effect": "Allow", "Resource": "*" });
        let traces = json!({ "Action": ["xray:PutTraceSegments"], "Effect": "Allow", "Resource": "*" });
        let merged = json!({ "Action": ["s3:GetObject", "xray:PutTraceSegments"], "Effect": "Allow", "Resource": "*" });
        let more = json!({ "Action": "s3:*", "Effect": "Allow", "Resource": "*" });
        let was = resources(&json!({ "P": policy(&json!([own])) }));
        for (statements, is_fine) in [
            (json!([own, traces]), true),
            (json!([merged]), true),
            (json!([traces]), false),
            (json!([own, more]), false),
        ] {
            let now = resources(&json!({ "P": policy(&statements) }));
            assert_eq!(differ(&was, &now).is_none(), is_fine, "{statements}");
        }
        assert_eq!(differ(&resources(&json!({})), &resources(&json!({ "P": policy(&json!([traces])) }))), None);
        let wide = resources(&json!({ "P": policy(&json!([more])) }));
        assert!(differ(&resources(&json!({})), &wide).is_some());
    }

    #[test]
    fn everything_else_is_said() {
        let one = |path: &str, value: &str| resources(&json!({ "Q": made("AWS::SQS::Queue", path, value) }));
        let named = |name: &str| {
            let queue = json!({ "Type": "AWS::SQS::Queue", "Properties": { "QueueName": name }, "Metadata": { "aws:cdk:path": "S/Api/Q" } });
            resources(&json!({ "Q": queue }))
        };
        let nothing = resources(&json!({}));
        for (before, after, said) in [
            (one("S/Q/Resource", "a"), nothing.clone(), "would be removed"),
            (one("S/Api/Q/Resource", "a"), nothing.clone(), "would be removed"),
            (one("S/Q/Resource", "a"), one("S/Q/Resource", "b"), "would change, too"),
            (one("S/ApiKeys/Resource", "a"), one("S/ApiKeys/Resource", "b"), "would change, too"),
            (nothing.clone(), one("S/Q/Resource", "a"), "would be added, too"),
            (nothing.clone(), one("S/ApiKeys/Resource", "a"), "would be added, too"),
            (named("a"), named("b"), "would be replaced, for its QueueName"),
            (nothing, json!({ "Resources": {}, "Outputs": { "A": {} } }), "the Outputs of a template would change"),
        ] {
            assert!(differ(&before, &after).is_some_and(|is| is.contains(said)), "{said}");
        }
    }

    #[test]
    fn a_template_that_is_gone_is_said() {
        let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(old.path().join("S.template.json"), "{}").unwrap();
        let said = unexpected(old.path(), new.path(), &[], &BTreeSet::new());
        assert_eq!(said.as_deref(), Some("the template S.template.json would be gone"));
    }

    #[test]
    fn what_is_different_in_every_synthesis_is_no_difference() {
        let place = |value: &str| {
            let directory = tempfile::tempdir().unwrap();
            let template = resources(&json!({ "K": made("AWS::AppSync::ApiKey", "S/K", value) }));
            fs::write(directory.path().join("S.template.json"), template.to_string()).unwrap();
            directory
        };
        let (before, again, after) = (place("1"), place("2"), place("3"));
        let volatile = volatile(before.path(), again.path());
        assert_eq!(unexpected(before.path(), after.path(), &[], &volatile), None);
        assert!(unexpected(before.path(), after.path(), &[], &BTreeSet::new()).is_some());
    }
}
