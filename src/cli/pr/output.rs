//! What `terramend pr` prints.

use std::fmt::Write as _;

use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::finding::Applied;
use crate::publish::{Proposal, Proposals};

/// What became of one pull request.
#[derive(Debug, Default, Serialize)]
pub(super) struct Entry {
    /// The group's name.
    group: String,
    /// `proposed`, `created`, `updated`, `unchanged`, `closed`, `skipped`, `written` or `failed`.
    operation: String,
    branch: String,
    title: String,
    body: String,
    draft: bool,
    number: Option<u64>,
    url: Option<String>,
    /// The commit at the head of the branch.
    commit: Option<String>,
    /// Whether GitHub says that the commit is signed.
    verified: Option<bool>,
    /// Why it was skipped or failed; the file that was written.
    reason: Option<String>,
    files: Vec<String>,
    fixes: Vec<Applied>,
    diff: String,
}

impl Entry {
    pub(super) fn new(proposal: &Proposal, operation: impl Into<String>) -> Self {
        Self {
            group: proposal.key.name(),
            operation: operation.into(),
            branch: proposal.branch.clone(),
            title: proposal.title.clone(),
            body: proposal.body.clone(),
            draft: proposal.draft,
            number: None,
            url: None,
            commit: None,
            verified: None,
            reason: None,
            files: proposal.files.iter().map(|file| file.path.clone()).collect(),
            fixes: proposal.applied.clone(),
            diff: proposal.diff(),
        }
    }

    pub(super) fn at(mut self, commit: String) -> Self {
        self.commit = Some(commit);
        self
    }

    pub(super) fn because(mut self, reason: String) -> Self {
        self.reason = Some(reason);
        self
    }

    /// A pull request that nothing is proposed for.
    #[cfg(feature = "github")]
    pub(super) fn of_pull(
        pull: &crate::publish::github::Pull,
        marker: &crate::publish::marker::Marker,
        operation: String,
    ) -> Self {
        Self { group: marker.group.clone(), operation, title: pull.title.clone(), ..Self::default() }
    }

    /// What GitHub made of it.
    #[cfg(feature = "github")]
    pub(super) fn with(mut self, done: crate::publish::github::Done) -> Self {
        let (number, url) = done.pull.unzip();
        (self.number, self.url) = (number, url);
        (self.commit, self.verified, self.reason) = (done.commit, done.verified, done.reason);
        self.branch = done.branch;
        self
    }

    pub(super) fn is_failure(&self) -> bool {
        self.operation == "failed"
    }
}

#[derive(Serialize)]
struct Report<'a> {
    schema_version: u32,
    pull_requests: &'a [Entry],
    complete: bool,
    errors: &'a [Diagnostic],
}

/// One JSON object; docs/json.md describes it.
pub(super) fn json(proposals: &Proposals, entries: &[Entry]) -> Result<String, serde_json::Error> {
    let report = Report {
        schema_version: crate::report::json::SCHEMA_VERSION,
        pull_requests: entries,
        complete: proposals.complete,
        errors: &proposals.diagnostics,
    };
    serde_json::to_string_pretty(&report).map(|text| text + "\n")
}

/// What a real run would send: title, text and diff of each.
pub(super) fn preview(proposals: &Proposals) -> String {
    let mut text = String::new();
    for proposal in &proposals.list {
        let draft = if proposal.draft { " (draft)" } else { "" };
        let _ = writeln!(text, "pull request{draft} from {}\ntitle: {}\n", proposal.branch, proposal.title);
        text.push_str(&proposal.body);
        text.push('\n');
        text.push_str(&proposal.diff());
        text.push('\n');
    }
    text
}

/// The texts alone.
pub(super) fn markdown(proposals: &Proposals) -> String {
    let text = |proposal: &Proposal| format!("# {}\n\n{}\n", proposal.title, proposal.body);
    proposals.list.iter().map(text).collect()
}

/// A line for each, and what it refers to.
pub(super) fn text(entries: &[Entry]) -> String {
    let mut text = String::new();
    for entry in entries {
        let count = match entry.fixes.len() {
            1 => "1 fix".to_owned(),
            n => format!("{n} fixes"),
        };
        let _ = write!(text, "{:9} {}: {}", entry.operation, entry.branch, entry.title);
        if !entry.fixes.is_empty() {
            let _ = write!(text, " ({count})");
        }
        if let Some(url) = &entry.url {
            let _ = write!(text, "\n          {url}");
        } else if let Some(commit) = entry.commit.as_ref().filter(|_| !entry.is_failure()) {
            let short: String = commit.chars().take(10).collect();
            let _ = write!(text, "\n          commit {short}; send it with: git push -u origin {}", entry.branch);
        }
        if let Some(reason) = &entry.reason {
            let _ = write!(text, "\n          {}", reason.replace('\n', "\n          "));
        }
        text.push('\n');
    }
    text
}
