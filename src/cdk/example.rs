//! The assembly of an example: one program file, and the resources that its calls make.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::Assembly;
use super::source::{Id, Sources};
use crate::cloudformation;
use crate::diagnostic::Diagnostic;
use crate::model::Version;
use crate::program::Language;
use crate::source::SourceFile;
use crate::workspace::{Group, Tree};

/// The newest version whose assemblies and properties were looked at.
pub const NEWEST: Version = Version { major: 2, minor: 276 };

/// What stands behind the calls of an example.
#[derive(Debug)]
pub struct Synthesised<'a> {
    /// Classes that are looked for, each with the type of the resource that it makes when nothing else is said.
    pub classes: Vec<(&'a str, &'a str)>,
    /// Resources by logical id, as JSON; an id is that of a construct. Nothing for one bare resource for each call.
    pub resources: &'a str,
    /// The version of the library.
    pub library: Version,
}

/// Makes a group of a program file and what its calls make.
pub fn example(file: SourceFile, made: &Synthesised<'_>) -> Result<Group, Diagnostic> {
    let problem = |message: String| Diagnostic::error("example", message, "see docs/pages.md");
    let language = Language::of(&file.path).ok_or_else(|| problem("no programming language".into()))?;
    let program = super::parse(language, file.clone()).ok_or_else(|| problem("not parsed".into()))?;
    let calls = match &program.tree {
        Tree::Program(program) => super::source::calls(program, &file.text),
        _ => Vec::new(),
    };
    let class = |name: &str| {
        made.classes
            .iter()
            .find(|(class, _)| class.rsplit('.').next() == Some(name))
            .map(|(class, kind)| (*class, *kind))
    };
    let mut classes: HashMap<Arc<str>, Arc<str>> = HashMap::new();
    classes.insert("Stack".into(), "aws-cdk-lib.Stack".into());
    let mut resources = Map::new();
    if !made.resources.is_empty() {
        resources = serde_json::from_str(made.resources).map_err(|error| problem(error.to_string()))?;
    }
    let bare = resources.is_empty();
    for call in &calls {
        let Some((class, kind)) = class(&call.class) else {
            // Another construct that the page speaks of.
            if let Id::Plain(id) = &call.id
                && resources.contains_key(id)
            {
                classes.insert(format!("Stack/{id}").into(), format!("aws-cdk-lib.{}", call.class).into());
            }
            continue;
        };
        if let Id::Plain(id) = &call.id {
            classes.insert(format!("Stack/{id}").into(), class.into());
            if bare {
                resources.insert(id.clone(), json!({ "Type": kind }));
            }
        }
        // An id that is put together fits many.
        for id in resources.keys().filter(|id| call.id.fits(id)) {
            classes.entry(format!("Stack/{id}").into()).or_insert_with(|| class.into());
        }
    }
    for (id, resource) in &mut resources {
        if resource["Metadata"]["aws:cdk:path"].is_null() {
            resource["Metadata"] = json!({ "aws:cdk:path": format!("Stack/{id}/Resource") });
        }
    }
    let text = json!({ "Resources": Json::Object(resources) }).to_string();
    let template = SourceFile::new("template.json".into(), "template.json", &text);
    let template = cloudformation::parse(template)?.ok_or_else(|| problem("it makes no resources".into()))?;
    let mut sources = Sources::default();
    let name = file.display.to_string();
    sources.add(&name, file);
    let assembly = Assembly::assembled(sources, classes, made.library);
    Ok(Group { parsed: vec![template, program], assembly: Some(Arc::new(assembly)) })
}
