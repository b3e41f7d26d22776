//! A review of somebody's changes: fixes that lie within the changed lines, as suggestions.
//!
//! A suggestion replaces whole lines that the diff shows, so that one click takes it. A fix is suggested whole or not at
//! all; one whose lines are not all in one hunk is told in words. Of two fixes that want the same lines the worse finding's
//! is suggested, and the other one comes with the next review.

mod diff;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use serde::Serialize;

pub use diff::{DiffError, Hunk, Hunks, parse};

use crate::finding::{Finding, FixSummary, Replacement};
use crate::fix::Grade;

/// Comments in one review: more would bury the reader, and GitHub takes long to make them.
const LIMIT: usize = 50;

/// What stands before a suggestion's identity in its comment, unseen.
const MARK: &str = "<!-- terramend:suggest ";

/// A suggestion on lines of a file.
#[derive(Debug, Clone)]
pub struct Suggestion<'a> {
    /// What it mends.
    pub finding: &'a Finding,
    /// From the top of the repository.
    pub path: String,
    /// The lines that it replaces, from 1.
    pub lines: RangeInclusive<usize>,
    /// What is to stand there, with a line end behind each line.
    pub text: String,
}

/// What a review says.
#[derive(Debug, Default)]
pub struct Review<'a> {
    /// In order of path and line.
    pub suggestions: Vec<Suggestion<'a>>,
    /// Findings in the changed lines whose fixes don't fit into a suggestion.
    pub others: Vec<&'a Finding>,
    /// Suggestions that were left out because there are too many.
    pub cut: usize,
}

/// What a review is made of.
pub struct Request<'a> {
    /// Findings with their edits, the worst first.
    pub findings: Vec<&'a Finding>,
    /// Fixes of this grade and above.
    pub grade: Grade,
    /// The changed lines, by paths from the top of the repository.
    pub hunks: &'a Hunks,
    /// What stands before the findings' paths, so that they begin at the top of the repository.
    pub prefix: &'a str,
    /// Identities of what was said before.
    pub posted: &'a BTreeSet<String>,
}

/// Chooses what is suggested. `read` gives a file of a finding as it is, without a byte-order mark.
pub fn review<'a, E>(request: &Request<'a>, mut read: impl FnMut(&str) -> Result<String, E>) -> Result<Review<'a>, E> {
    let mut review = Review::default();
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    let applies = |fix: &FixSummary| fix.grade >= request.grade && fix.grade > Grade::Manual;
    for finding in &request.findings {
        let is_new = !request.posted.contains(&identity(finding));
        if finding.edits.is_empty() || !is_new || !finding.fix.as_ref().is_some_and(applies) {
            continue;
        }
        let path = format!("{}{}", request.prefix, finding.file);
        let Some(hunks) = request.hunks.get(&path) else { continue };
        if !texts.contains_key(&*finding.file) {
            texts.insert(&finding.file, read(&finding.file)?);
        }
        let text = &texts[&*finding.file];
        let here: Vec<&Replacement> = finding.edits.iter().filter(|edit| edit.file == finding.file).collect();
        let last = here.iter().map(|edit| edit.region.end_line).max().unwrap_or(finding.line);
        let touched = |hunk: &Hunk| hunk.added.range(finding.line..=last.max(finding.line)).next().is_some();
        if !hunks.iter().any(touched) {
            continue;
        }
        let whole = here.len() == finding.edits.len();
        let fitting = hunks.iter().find_map(|hunk| whole.then(|| fit(&here, hunk, text)).flatten());
        let Some((lines, text)) = fitting else {
            review.others.push(finding);
            continue;
        };
        let meets = |other: &Suggestion<'_>| {
            other.path == path && other.lines.start() <= lines.end() && lines.start() <= other.lines.end()
        };
        if !review.suggestions.iter().any(meets) {
            review.suggestions.push(Suggestion { finding, path, lines, text });
        }
    }
    review.cut = review.suggestions.len().saturating_sub(LIMIT);
    review.suggestions.truncate(LIMIT);
    review.suggestions.sort_by(|a, b| (&a.path, a.lines.start()).cmp(&(&b.path, b.lines.start())));
    Ok(review)
}

/// What makes a suggestion the same one in the next run.
fn identity(finding: &Finding) -> String {
    format!("{}:{}:{}", finding.control, finding.module, finding.resource).replace("--", "%2D%2D")
}

/// The lines of a hunk that the edits replace, and what stands there afterwards; nothing where they don't lie in it.
fn fit(edits: &[&Replacement], hunk: &Hunk, text: &str) -> Option<(RangeInclusive<usize>, String)> {
    let lines: Option<Vec<(usize, usize)>> = edits.iter().map(|edit| lines_of(edit, hunk)).collect();
    let lines = lines?;
    let (first, last) = (lines.iter().map(|(first, _)| *first).min()?, lines.iter().map(|(_, last)| *last).max()?);
    let range = line_offset(text, first)..line_offset(text, last + 1);
    let mut after = String::new();
    let mut at = range.start;
    for edit in edits {
        after.push_str(text.get(at..edit.range.start)?);
        after.push_str(&edit.text);
        at = edit.range.end;
    }
    after.push_str(text.get(at..range.end)?);
    Some((first..=last, after))
}

/// The first and the last line of which an edit takes something, or beside which it inserts, when the hunk shows them.
fn lines_of(edit: &Replacement, hunk: &Hunk) -> Option<(usize, usize)> {
    let region = edit.region;
    let shown = |line: usize| hunk.lines.contains(&line);
    if edit.range.is_empty() && region.start_column == 1 {
        // Whole lines: behind the line above, or before the one below.
        return [region.start_line - 1, region.start_line]
            .into_iter()
            .find(|line| shown(*line))
            .map(|line| (line, line));
    }
    let ends_before = region.end_column == 1 && region.end_line > region.start_line;
    let last = if ends_before { region.end_line - 1 } else { region.end_line };
    (shown(region.start_line) && shown(last)).then_some((region.start_line, last))
}

/// Where a line, counted from 1, begins; behind the last line the text's end.
fn line_offset(text: &str, line: usize) -> usize {
    let mut at = 0;
    for _ in 1..line {
        match text[at..].find('\n') {
            Some(n) => at += n + 1,
            None => return text.len(),
        }
    }
    at
}

/// The request that makes a review: <https://docs.github.com/en/rest/pulls/reviews#create-a-review-for-a-pull-request>.
#[derive(Debug, Serialize)]
pub struct Submission {
    /// The commit whose lines are meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    commit_id: Option<String>,
    event: &'static str,
    body: String,
    comments: Vec<Comment>,
}

#[derive(Debug, Serialize)]
struct Comment {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_side: Option<&'static str>,
    line: usize,
    side: &'static str,
    body: String,
}

impl Review<'_> {
    /// The review as GitHub takes it.
    pub fn request(&self, commit: Option<String>) -> Submission {
        let comments = self.suggestions.iter().map(|suggestion| {
            let (start, line) = (*suggestion.lines.start(), *suggestion.lines.end());
            let several = start < line;
            Comment {
                path: suggestion.path.clone(),
                start_line: several.then_some(start),
                start_side: several.then_some("RIGHT"),
                line,
                side: "RIGHT",
                body: comment(suggestion),
            }
        });
        Submission { commit_id: commit, event: "COMMENT", body: self.words(), comments: comments.collect() }
    }

    fn words(&self) -> String {
        let mut text =
            String::from("terramend suggests fixes for lines of this pull request. Each says what deploying it does.");
        if self.cut > 0 {
            text.push_str(&format!(" {} more are left for the next review.", self.cut));
        }
        for (n, finding) in self.others.iter().take(LIMIT).enumerate() {
            if n == 0 {
                text.push_str("\n\nFixes that reach beyond these lines:\n");
            }
            text.push_str(&format!(
                "\n- `{}` of `{}`: `terramend fix --control {}`",
                finding.control, finding.resource, finding.control
            ));
        }
        text
    }
}

fn comment(suggestion: &Suggestion<'_>) -> String {
    let finding = suggestion.finding;
    let mut text = format!("**{}** ({}): {}\n", finding.control, finding.severity, finding.message);
    if let Some(fix) = &finding.fix {
        text.push_str(&format!("\n{} ({}; a deploy: {})\n", fix.title, fix.grade, fix.effect));
        let costs = fix.costs.iter().map(|cost| format!("cost: {cost}"));
        for line in costs.chain(fix.notes.iter().cloned()) {
            text.push_str(&format!("- {line}\n"));
        }
    }
    let fence = crate::report::markdown::fence(&suggestion.text);
    let lines = suggestion.text.replace("\r\n", "\n");
    let end = if lines.is_empty() || lines.ends_with('\n') { "" } else { "\n" };
    text.push_str(&format!("\n{fence}suggestion\n{lines}{end}{fence}\n\n{MARK}{} -->", identity(finding)));
    text
}

/// The identities in comments of earlier reviews: arrays of comments, one behind the other, as GitHub's pages come.
pub fn posted(pages: &str) -> Result<BTreeSet<String>, serde_json::Error> {
    let mut found = BTreeSet::new();
    for page in serde_json::Deserializer::from_str(pages).into_iter::<Vec<serde_json::Value>>() {
        for comment in page? {
            let body = comment["body"].as_str().unwrap_or_default();
            let marks = body.split(MARK).skip(1).filter_map(|rest| rest.split_once(" -->"));
            found.extend(marks.map(|(identity, _)| identity.to_owned()));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_of_lines() {
        for (line, offset) in [(1, 0), (2, 2), (3, 4), (4, 5), (9, 5)] {
            assert_eq!(line_offset("a\nb\nc", line), offset, "{line}");
        }
    }

    #[test]
    fn pages_of_comments_are_read() {
        let pages = r#"[{"body": "a <!-- terramend:suggest x:.:y --> b"}, {"body": "c"}] [{"body": null}]"#;
        assert_eq!(posted(pages).unwrap(), ["x:.:y".to_owned()].into());
        assert!(posted("{").is_err());
        assert!(posted("").unwrap().is_empty());
    }
}
