//! Whether a repository is worth its archive, by the names of its files.

use serde::Deserialize;

use super::Skip;
use crate::org::content::{Limits, Relevance, relevance};

/// GitHub's answer to `GET /repos/{owner}/{repo}/git/trees/{branch}?recursive=1`.
#[derive(Debug, Default, Deserialize)]
pub struct Prefilter {
    /// The entries.
    #[serde(default)]
    pub tree: Vec<TreeEntry>,
    /// Whether GitHub left entries out.
    #[serde(default)]
    pub truncated: bool,
}

/// A file or directory of a commit.
#[derive(Debug, Deserialize)]
pub struct TreeEntry {
    /// Relative to the repository.
    pub path: String,
    /// `blob`, `tree` or `commit` (a submodule).
    #[serde(rename = "type")]
    pub kind: String,
}

/// Leaves out what holds nothing to look at. What GitHub didn't list may be anything: then the archive is asked.
pub fn prefilter(answer: &Prefilter, limits: &Limits) -> Result<(), Skip> {
    let matters = |entry: &TreeEntry| {
        entry.kind == "blob" && entry.path.len() <= limits.path && relevance(&entry.path) == Relevance::Configuration
    };
    if answer.truncated || answer.tree.iter().any(matters) { Ok(()) } else { Err(Skip::NoConfiguration) }
}
