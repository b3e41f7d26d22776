//! The sections of a template, still as syntax.

use crate::json::{Node, Property};

/// The type of nested stacks.
pub(super) const STACK: &str = "AWS::CloudFormation::Stack";

/// A template's sections.
#[derive(Debug, Clone, Copy)]
pub struct Template<'a> {
    root: &'a Node,
}

impl<'a> Template<'a> {
    /// The template of a tree.
    pub fn of(root: &'a Node) -> Self {
        Self { root }
    }

    /// A section, e.g. `Parameters`.
    pub fn section(self, name: &str) -> &'a [Property] {
        self.root.get(name).map_or(&[], Node::properties)
    }

    /// What is declared under a name in a section.
    pub fn entry(self, section: &str, name: &str) -> Option<&'a Property> {
        self.section(section).iter().find(|p| &*p.name == name)
    }

    /// The resources.
    pub fn resources(self) -> &'a [Property] {
        self.section("Resources")
    }

    /// The template's own metadata.
    pub fn metadata(self) -> Option<&'a Node> {
        self.root.get("Metadata")
    }

    /// Whether a macro may declare resources that don't stand here.
    pub(super) fn has_macros(self) -> bool {
        let dynamic = |name: &str| name == "Fn::Transform" || name.starts_with("Fn::ForEach");
        let own = |node: &Node| node.as_str().is_none_or(|name| !name.starts_with("AWS::") || name == "AWS::Include");
        self.resources().iter().any(|p| dynamic(&p.name))
            || self.root.get("Transform").is_some_and(|transforms| transforms.each().iter().any(own))
    }
}

/// Whether a program wrote the template: its resources carry the paths of constructs.
pub fn is_synthesised(root: &Node) -> bool {
    let resources = Template::of(root).resources();
    resources.iter().any(|p| construct_path(&p.value).is_some())
        || resources.iter().any(|p| p.value.get("Type").and_then(Node::as_str) == Some("AWS::CDK::Metadata"))
}

/// The path of the construct that made a resource.
pub(super) fn construct_path(resource: &Node) -> Option<&str> {
    resource.get("Metadata")?.get("aws:cdk:path")?.as_str()
}

/// The template that a nested stack uses, when it stands beside this one: an asset of an assembly, or a relative path.
pub fn nested_file(resource: &Node, base: &str) -> Option<String> {
    if resource.get("Type")?.as_str()? != STACK {
        return None;
    }
    let asset = resource.get("Metadata").and_then(|m| m.get("aws:asset:path")).and_then(Node::as_str);
    let url = || resource.get("Properties")?.get("TemplateURL")?.as_str();
    let path = asset.or_else(|| url().filter(|url| !url.contains("://")))?;
    let mut parts: Vec<&str> = base.split('/').filter(|p| *p != "." && !p.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}
