//! What the user says of functions that are built elsewhere.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::model::{Project, Resource};

/// Hints by a function's name or address.
pub type Hints = BTreeMap<String, Hint>;

/// Where the source of a function is; of one that stands for many (`for_each`) the entries of all of them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Written")]
pub struct Hint {
    /// One at least.
    pub entries: Vec<Entry>,
}

/// A directory, and what Lambda calls in it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Below the scanned one.
    pub directory: String,
    /// `src/lambda.handler`, where it isn't the function's own: a bundler made one file of many.
    pub handler: Option<String>,
}

/// The forms in which a hint is written.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a directory, { directory, handler }, or a list of such objects")]
enum Written {
    Directory(String),
    Entry(Entry),
    Entries(Vec<Entry>),
}

impl From<Written> for Hint {
    fn from(written: Written) -> Self {
        let entries = match written {
            Written::Directory(directory) => vec![Entry { directory, handler: None }],
            Written::Entry(entry) => vec![entry],
            Written::Entries(entries) => entries,
        };
        Self { entries }
    }
}

/// The user's word on a function: by its address, in the whole configuration, in its module, or behind the module's
/// directory, or by its name.
pub(super) fn of<'h>(project: &Project, function: &Resource, hints: &'h Hints) -> Option<&'h Hint> {
    let name = project.settle(&function.body.get("function_name"));
    let address = function.address();
    let names = [
        Some(project.plan_address(function.id)),
        Some(format!("{}/{address}", project.module_of(function.instance).directory)),
        Some(address),
        name.as_str().map(str::to_owned),
    ];
    let found = names.into_iter().flatten().find_map(|name| hints.get(&name));
    found.filter(|hint| !hint.entries.is_empty())
}
