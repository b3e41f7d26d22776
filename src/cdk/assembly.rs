//! A cloud assembly: what its manifest, metadata and construct tree say about the resources of its templates.
//!
//! Both forms of metadata are read: inline in the manifest, and in a file of its own beside the templates (since
//! aws-cdk-lib 2.245).

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value as Json;

use super::source::Sources;
use crate::model::Version;
use crate::workspace::Parsed;

/// Marks what a library made for its own purposes.
const HANDLER: &str = "aws:cdk:is-custom-resource-handler";

/// What is known of one assembly.
#[derive(Debug, Default)]
pub struct Assembly {
    /// The application that made it; nothing when it isn't known.
    pub app: Option<App>,
    /// The calls of the application's source.
    pub(super) sources: Option<Sources>,
    /// The version of aws-cdk-lib.
    pub(super) library: Option<Version>,
    /// Construct paths by template and logical id.
    paths: HashMap<(Arc<str>, String), Arc<str>>,
    /// Types of constructs by path.
    classes: HashMap<Arc<str>, Arc<str>>,
    /// Call stacks by path of the construct that they made.
    traces: HashMap<Arc<str>, Vec<String>>,
    /// Paths of constructs that a library marked as its own.
    handlers: HashSet<Arc<str>>,
}

/// Where an application's source stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct App {
    /// On disk.
    pub path: PathBuf,
    /// Relative to the scanned directory, with `/`; `.` for itself.
    pub display: String,
}

impl Assembly {
    /// An assembly of an application, and the files of its program.
    pub(super) fn new(app: Option<App>) -> (Self, Vec<Parsed>) {
        let (sources, parsed) = app.as_ref().map(Sources::read).unzip();
        (Self { app, sources, ..Self::default() }, parsed.unwrap_or_default())
    }

    /// An assembly whose parts are known.
    pub(super) fn assembled(sources: Sources, classes: HashMap<Arc<str>, Arc<str>>, library: Version) -> Self {
        Self { sources: Some(sources), classes, library: Some(library), ..Self::default() }
    }

    /// The path of the construct behind a logical id, where the template doesn't say it.
    pub(super) fn path_of(&self, template: &Arc<str>, logical_id: &str) -> Option<&Arc<str>> {
        self.paths.get(&(template.clone(), logical_id.to_owned()))
    }

    /// The type of a construct: `aws-cdk-lib.aws_s3.Bucket`.
    pub(super) fn class(&self, path: &str) -> Option<&str> {
        self.classes.get(path).map(|class| &**class)
    }

    /// The call stack that made a construct, innermost first.
    pub(super) fn trace(&self, path: &str) -> Option<&[String]> {
        self.traces.get(path).map(Vec::as_slice)
    }

    /// Whether a library marked a construct as its own.
    pub(super) fn is_handler(&self, path: &str) -> bool {
        self.handlers.contains(path)
    }

    /// Takes the metadata of a stack: construct path to a list of entries.
    pub(super) fn add_metadata(&mut self, template: &Arc<str>, metadata: &Json) {
        let entries = metadata.as_object().into_iter().flatten();
        for (path, list) in entries {
            let path: Arc<str> = path.trim_start_matches('/').into();
            for entry in list.as_array().into_iter().flatten() {
                self.add_entry(template, &path, entry);
            }
        }
    }

    fn add_entry(&mut self, template: &Arc<str>, path: &Arc<str>, entry: &Json) {
        let data = &entry["data"];
        match entry["type"].as_str().unwrap_or_default() {
            "aws:cdk:logicalId" => {
                if let Some(id) = data.as_str() {
                    self.paths.entry((template.clone(), id.to_owned())).or_insert_with(|| path.clone());
                }
                // Up to 2.250, and only with CDK_DEBUG.
                self.add_trace(path, &entry["trace"]);
            }
            "aws:cdk:creationStack" => self.add_trace(path, data),
            kind if kind.starts_with(HANDLER) => drop(self.handlers.insert(path.clone())),
            _ => {}
        }
    }

    fn add_trace(&mut self, path: &Arc<str>, frames: &Json) {
        let frames: Vec<String> =
            frames.as_array().into_iter().flatten().filter_map(|f| f.as_str().map(str::to_owned)).collect();
        if !frames.is_empty() {
            self.traces.entry(path.clone()).or_insert(frames);
        }
    }

    /// Takes a node of the construct tree, with all below it.
    pub(super) fn add_tree(&mut self, node: &Json) {
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            if let (Some(path), Some(class)) = (node["path"].as_str(), node["constructInfo"]["fqn"].as_str()) {
                self.classes.insert(path.into(), class.into());
                let version = node["constructInfo"]["version"].as_str().filter(|_| class.starts_with("aws-cdk-lib."));
                self.library = self.library.or_else(|| library_version(version?));
            }
            open.extend(node["children"].as_object().into_iter().flatten().map(|(_, child)| child));
        }
    }
}

/// `2.276.0`, also with what stands behind it in versions that are none yet.
fn library_version(text: &str) -> Option<Version> {
    let mut numbers = text.split('.');
    Version::parse(&format!("{}.{}", numbers.next()?, numbers.next()?))
}
