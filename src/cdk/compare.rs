//! What is different between two assemblies of one application, beside what an edit is expected to change.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value as Json;

/// Resources whose logical id holds a hash of what they depend on: one goes and another comes.
const HASHED: [&str; 2] = ["AWS::ApiGateway::Deployment", "AWS::Lambda::Version"];
/// Digits of the hash in the name of an asset.
const HASH: usize = 64;

/// Says the first difference that no edit of these constructs makes; `constructs` are their paths. What belongs to one
/// has a path that begins with it, and so has what is made beside it under an id that begins with its own.
pub fn unexpected(before: &Path, after: &Path, constructs: &[&str]) -> Option<String> {
    let (before, after) = (resources(before), resources(after));
    let is_expected = |resource: &Json| {
        let path = resource["Metadata"]["aws:cdk:path"].as_str().unwrap_or_default();
        constructs.iter().any(|construct| path.starts_with(construct))
    };
    let kind = |resource: &Json| resource["Type"].as_str().unwrap_or_default().to_owned();
    for (name, old) in &before {
        match after.get(name) {
            None if is_expected(old) && HASHED.contains(&&*kind(old)) => {}
            None => return Some(format!("{} {} would be removed", kind(old), name.1)),
            Some(new) if kind(new) != kind(old) => return Some(format!("{} would change its type", name.1)),
            // The role that an edit lets do more may stand elsewhere.
            Some(new) if is_expected(old) || kind(old) == "AWS::IAM::Policy" || plain(old) == plain(new) => {}
            Some(_) => return Some(format!("{} {} would change, too", kind(old), name.1)),
        }
    }
    let added = after
        .iter()
        .find(|(name, new)| !before.contains_key(*name) && !is_expected(new) && kind(new) != "AWS::IAM::Policy");
    added.map(|(name, new)| format!("{} {} would be added, too", kind(new), name.1))
}

/// The resources of all templates, by template and logical id.
fn resources(assembly: &Path) -> BTreeMap<(String, String), Json> {
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
            let template: Json = serde_json::from_str(&text).unwrap_or_default();
            let file = path.strip_prefix(assembly).unwrap_or(&path).to_string_lossy().into_owned();
            for (id, resource) in template["Resources"].as_object().into_iter().flatten() {
                found.insert((file.clone(), id.clone()), resource.clone());
            }
        }
    }
    found
}

/// A resource as text, without what says where it comes from, and with the same hash in the name of every asset.
fn plain(resource: &Json) -> String {
    let mut resource = resource.clone();
    if let Some(object) = resource.as_object_mut() {
        object.remove("Metadata");
    }
    let text = resource.to_string();
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
        for (place, resources) in [(&old, before), (&new, after)] {
            let text = json!({ "Resources": resources }).to_string();
            fs::write(place.path().join("S.template.json"), text).unwrap();
        }
        unexpected(old.path(), new.path(), &["S/Api"])
    }

    fn made(kind: &str, path: &str, value: &str) -> Json {
        json!({ "Type": kind, "Properties": { "Value": value }, "Metadata": { "aws:cdk:path": path } })
    }

    #[test]
    fn what_belongs_to_the_construct_may_change() {
        let before = json!({
            "Api": made("AWS::ApiGateway::RestApi", "S/Api/Resource", "a"),
            "D1": made("AWS::ApiGateway::Deployment", "S/Api/Deployment/Resource", "a"),
            "F": made("AWS::Lambda::Function", "S/F/Resource", &"ab".repeat(32)),
        });
        let after = json!({
            "Api": made("AWS::ApiGateway::RestApi", "S/Api/Resource", "b"),
            "D2": made("AWS::ApiGateway::Deployment", "S/Api/Deployment/Resource", "a"),
            "F": made("AWS::Lambda::Function", "S/F/Resource", &"cd".repeat(32)),
            "L": made("AWS::Logs::LogGroup", "S/ApiLogs/Resource", "a"),
        });
        assert_eq!(differ(&before, &after), None);
    }

    #[test]
    fn everything_else_is_said() {
        let one = |path: &str, value: &str| json!({ "Q": made("AWS::SQS::Queue", path, value) });
        for (before, after, said) in [
            (one("S/Q/Resource", "a"), json!({}), "would be removed"),
            (one("S/Api/Q/Resource", "a"), json!({}), "would be removed"),
            (one("S/Q/Resource", "a"), one("S/Q/Resource", "b"), "would change, too"),
            (json!({}), one("S/Q/Resource", "a"), "would be added, too"),
        ] {
            assert!(differ(&before, &after).is_some_and(|is| is.contains(said)), "{said}");
        }
    }
}
