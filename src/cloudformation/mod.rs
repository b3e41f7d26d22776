//! The CloudFormation backend: from JSON templates to the model, and from changes to byte edits.
//!
//! It knows syntax and CloudFormation's rules; it never knows a control. Templates that a program synthesised are read
//! and judged, never edited.

mod add;
mod build;
mod condition;
mod draft;
mod intrinsics;
pub mod lower;
mod names;
mod reference;
pub mod suppress;
mod template;

use crate::diagnostic::Diagnostic;
use crate::discover::directory;
use crate::json::{self, Node};
use crate::source::SourceFile;
use crate::workspace::{Group, Parsed, Tree};

pub use build::build;
pub use reference::unresolved;
pub use template::{Template, is_synthesised, nested_file};

/// What every template with a version line holds.
const VERSION: &str = "\"AWSTemplateFormatVersion\"";

/// The sections of a template.
const SECTIONS: [&str; 12] = [
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

/// Whether a JSON text that begins so may be a template: its first name is a section.
pub fn may_begin(head: &str) -> bool {
    let Some(inside) = head.trim_start_matches('\u{feff}').trim_start().strip_prefix('{') else { return false };
    let Some(name) = inside.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next()) else {
        // Comments, or something broken that the parser tells.
        return !inside.trim().is_empty();
    };
    SECTIONS.contains(&name)
}

/// Whether a JSON text is worth parsing as a template.
pub fn may_be_template(text: &str) -> bool {
    text.contains(VERSION) || text.contains("\"Resources\"") && text.contains("\"AWS::")
}

/// Parses a JSON file; nothing when it is no template.
pub fn parse(file: SourceFile) -> Result<Option<Parsed>, Diagnostic> {
    if !may_be_template(&file.text) {
        return Ok(None);
    }
    let root = json::parse(&file.text).map_err(|(message, offset)| {
        Diagnostic::error(
            &*file.display,
            format!("not valid JSON: {message}"),
            "it looks like a CloudFormation template; the other files were analysed",
        )
        .at(file.position(offset as u32))
    })?;
    if !is_template(&root) {
        return Ok(None);
    }
    if let Some((name, at)) = json::duplicate(&root) {
        return Err(Diagnostic::error(
            &*file.display,
            format!("`{name}` stands there twice: which one counts isn't said"),
            "take one away; the other files were analysed",
        )
        .at(file.position(at as u32)));
    }
    Ok(Some(Parsed { file, tree: Tree::Template(root) }))
}

/// A template has a version line, or resources of AWS's types.
fn is_template(root: &Node) -> bool {
    let resources = root.get("Resources").map_or(&[][..], Node::properties);
    let is_aws = |node: &Node| node.get("Type").and_then(Node::as_str).is_some_and(|kind| kind.contains("::"));
    !resources.is_empty()
        && (root.get("AWSTemplateFormatVersion").is_some() || resources.iter().any(|p| is_aws(&p.value)))
}

/// Groups templates: those that another one nests belong to it.
pub fn group(parsed: Vec<Parsed>) -> Vec<Group> {
    let mut groups: Vec<Vec<Parsed>> = Vec::new();
    let mut names: Vec<Vec<String>> = Vec::new();
    for file in parsed {
        let base = directory(&file.file.display).to_owned();
        let mut own = nested_paths(&file.tree, &base);
        own.push(file.file.display.to_string());
        let (mut members, mut all) = (vec![file], own);
        // Join every group that shares a name with it.
        let mut i = 0;
        while i < groups.len() {
            if names[i].iter().any(|name| all.contains(name)) {
                members.extend(groups.remove(i));
                all.extend(names.remove(i));
            } else {
                i += 1;
            }
        }
        groups.push(members);
        names.push(all);
    }
    groups.into_iter().map(Group::from).collect()
}

/// The local templates that a template nests, as displayed paths.
fn nested_paths(tree: &Tree, base: &str) -> Vec<String> {
    let Tree::Template(root) = tree else { return Vec::new() };
    let template = Template::of(root);
    template.resources().iter().filter_map(|p| template::nested_file(&p.value, base)).collect()
}
