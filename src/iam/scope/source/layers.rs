//! What layers add to a function: their sources where this configuration packs them, else their names.

use super::package_at;
use crate::iam::usage::{Language, SourceSet};
use crate::model::{Mode, Project, Resource, Value};

/// Layers of AWS that make no calls by the function's role but those that are listed with the configuration's needs.
const KNOWN: [&str; 4] =
    ["layer:AWSLambdaPowertools", "layer:LambdaInsightsExtension", "layer:AWSOpenTelemetryDistro", "layer:AWSCodeGuru"];

/// The layers of a function.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    /// Layers whose sources were read.
    pub read: Vec<String>,
    /// Layers of AWS that are known.
    pub known: Vec<String>,
    /// Layers whose content isn't known.
    pub unknown: Vec<String>,
}

/// The layers of a function, and the files that they bring.
pub(super) fn of(project: &Project, function: &Resource, language: Language) -> (Layers, SourceSet) {
    let mut layers = Layers::default();
    let mut files = SourceSet::default();
    let items = match function.body.get("layers") {
        Value::Null => return (layers, files),
        Value::List(items) => items,
        _ => {
            layers.unknown.push("layers that aren't known before a deploy".into());
            return (layers, files);
        }
    };
    for item in items {
        let declared = match &item.value {
            Value::Reference(reference) => Some(project.resource(reference.resource)),
            _ => None,
        };
        let declared =
            declared.filter(|layer| layer.mode == Mode::Managed && &*layer.kind == "aws_lambda_layer_version");
        if let Some(layer) = declared {
            match package_at(project, layer, &layer.body.get("filename"), "") {
                Ok(package) => {
                    layers.read.push(layer.address());
                    files.files.extend(placed(package.files, language).files);
                }
                Err(_) => layers.unknown.push(layer.address()),
            }
            continue;
        }
        let arn = project.settle(&item.value);
        let pieces = arn.known_pieces().concat();
        match KNOWN.iter().find(|known| pieces.contains(**known)) {
            Some(known) => layers.known.push(known.trim_start_matches("layer:").to_owned()),
            None if pieces.is_empty() => layers.unknown.push("a layer that isn't known before a deploy".into()),
            None => layers.unknown.push(pieces),
        }
    }
    (layers, files)
}

/// Files of a layer where the runtime finds them: `python/` is on the path of modules, as is its site-packages.
fn placed(set: SourceSet, language: Language) -> SourceSet {
    let prefix = match language {
        Language::Python => "python/",
        Language::JavaScript => "nodejs/",
        // A program holds all that it needs.
        Language::Go | Language::Java => return SourceSet::default(),
    };
    let inside = |path: &str| {
        let rest = path.strip_prefix(prefix)?;
        let packages = rest.strip_prefix("lib/").and_then(|rest| rest.split_once("/site-packages/"));
        Some(packages.map_or(rest, |(_, inside)| inside).to_owned())
    };
    let files = set.files.into_iter().filter_map(|(path, content)| Some((inside(&path)?, content)));
    SourceSet { files: files.collect() }
}
