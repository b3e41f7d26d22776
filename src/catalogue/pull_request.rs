//! What a user's configuration says about pull requests: the block `pull_request` of `.terramend.hcl`.

use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::structure::Body;

use super::nearest;
use crate::fix::{Grade, names};

/// What goes into one pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum GroupBy {
    /// Everything of a grade.
    #[default]
    Repository,
    /// The controls of a family.
    Family,
    /// The resources of a module.
    Module,
    /// One control.
    Control,
}

/// How GitHub merges by itself, once everything that the repository demands is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeMethod {
    /// A merge commit.
    Merge,
    /// One commit.
    Squash,
    /// The commits on top of the base.
    Rebase,
}

names!(GroupBy { Repository = "repository", Family = "family", Module = "module", Control = "control" });
names!(MergeMethod { Merge = "merge", Squash = "squash", Rebase = "rebase" });

/// The block's settings; what isn't set is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PullRequestSettings {
    /// The branch that pull requests go to; else the repository's default branch.
    pub base: Option<String>,
    /// What the names of branches begin with.
    pub branch_prefix: Option<String>,
    /// Fixes of this grade and above.
    pub grade: Option<Grade>,
    /// What goes into one pull request.
    pub group_by: Option<GroupBy>,
    /// The template of titles.
    pub title: Option<String>,
    /// The template of the first line of commit messages; else the title.
    pub commit: Option<String>,
    /// Labels.
    pub labels: Vec<String>,
    /// Logins of people.
    pub reviewers: Vec<String>,
    /// Slugs of teams.
    pub team_reviewers: Vec<String>,
    /// Open every pull request as a draft.
    pub draft: bool,
    /// How many pull requests a run may open in a repository.
    pub max: Option<usize>,
    /// Let GitHub merge pull requests with safe fixes.
    pub auto_merge: Option<MergeMethod>,
    /// A paragraph at the end of the text.
    pub note: Option<String>,
}

/// What the block may hold.
const NAMES: [&str; 13] = [
    "auto_merge",
    "base",
    "branch_prefix",
    "commit",
    "draft",
    "grade",
    "group_by",
    "labels",
    "max",
    "note",
    "reviewers",
    "team_reviewers",
    "title",
];

/// The longest note, in characters: the text of a pull request has a limit.
const MAX_NOTE: usize = 4_000;

/// What stands in braces in the templates of titles and commits.
pub const PLACEHOLDERS: [&str; 4] = ["count", "grade", "group", "summary"];

impl PullRequestSettings {
    /// Reads the block. An error comes with its offset in the file.
    pub(super) fn parse(body: &Body) -> Result<Self, (usize, String)> {
        let mut settings = Self::default();
        if let Some(block) = body.blocks().next() {
            let message = format!("`pull_request` holds no blocks; write `{}` as an argument", block.ident.as_str());
            return Err((block.span().unwrap_or_default().start, message));
        }
        for attribute in body.attributes() {
            let name = attribute.key.as_str();
            settings
                .set(name, &attribute.value)
                .map_err(|message| (attribute.span().unwrap_or_default().start, message))?;
        }
        Ok(settings)
    }

    fn set(&mut self, name: &str, value: &Expression) -> Result<(), String> {
        let string = || text(value).ok_or_else(|| format!("`{name}` is a string"));
        match name {
            "base" => self.base = Some(filled(name, string()?)?),
            "branch_prefix" => self.branch_prefix = Some(branch_prefix(&string()?)?),
            "grade" => self.grade = Some(applicable(&string()?)?),
            "group_by" => self.group_by = Some(string()?.parse()?),
            "title" => self.title = Some(template(name, string()?)?),
            "commit" => self.commit = Some(template(name, string()?)?),
            "labels" => self.labels = texts(name, value)?,
            "reviewers" => self.reviewers = texts(name, value)?,
            "team_reviewers" => self.team_reviewers = texts(name, value)?,
            "draft" => self.draft = value.as_bool().ok_or("`draft` is true or false")?,
            "max" => {
                let max = value.as_number().and_then(hcl_edit::Number::as_u64).filter(|max| *max > 0);
                self.max = Some(max.ok_or("`max` is a whole number from 1")? as usize);
            }
            "auto_merge" => self.auto_merge = Some(string()?.parse()?),
            "note" => {
                let note = string()?;
                if note.chars().count() > MAX_NOTE {
                    return Err(format!("`note` is longer than {MAX_NOTE} characters"));
                }
                self.note = Some(note);
            }
            _ => {
                let near: Vec<_> = nearest(name, NAMES.into_iter()).into_iter().take(1).collect();
                return Err(match near.as_slice() {
                    [near] => format!("`pull_request` has no setting `{name}`; did you mean `{near}`?"),
                    _ => format!("`pull_request` has no setting `{name}`; it has: {}", NAMES.join(", ")),
                });
            }
        }
        Ok(())
    }
}

/// Checks what the names of branches are to begin with, as git does it.
pub fn branch_prefix(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let bad = text.is_empty()
        || !text.chars().all(allowed)
        || text.starts_with(['-', '.', '/'])
        || ["..", "//", "/.", ".lock/"].iter().any(|part| text.contains(part));
    if bad {
        return Err(format!("branches can't begin with `{text}`: take letters, digits, `-`, `_`, `.` and `/`"));
    }
    Ok(text.to_owned())
}

/// Checks a template: braces hold only what is known.
pub fn template(name: &str, text: String) -> Result<String, String> {
    if text.contains(['\n', '\r']) || text.trim().is_empty() {
        return Err(format!("`{name}` is one line of text"));
    }
    let mut rest = text.as_str();
    while let Some((_, after)) = rest.split_once('{') {
        let (placeholder, after) = after.split_once('}').ok_or_else(|| format!("`{name}`: a brace isn't closed"))?;
        if !PLACEHOLDERS.contains(&placeholder) {
            let known = PLACEHOLDERS.join("}`, `{");
            return Err(format!("`{name}` holds `{{{placeholder}}}`; known are `{{{known}}}`"));
        }
        rest = after;
    }
    Ok(text)
}

/// Checks a grade that can be applied.
fn applicable(text: &str) -> Result<Grade, String> {
    match text.parse()? {
        Grade::Manual => Err("manual fixes are never applied: use safe or review".into()),
        grade => Ok(grade),
    }
}

fn filled(name: &str, text: String) -> Result<String, String> {
    if text.trim().is_empty() { Err(format!("`{name}` is empty")) } else { Ok(text) }
}

fn text(value: &Expression) -> Option<String> {
    match crate::hcl::literal(value) {
        crate::model::Value::String(text) => Some(text.to_string()),
        _ => None,
    }
}

fn texts(name: &str, value: &Expression) -> Result<Vec<String>, String> {
    let wrong = || format!("`{name}` is a list of strings");
    let items = value.as_array().ok_or_else(wrong)?;
    items.iter().map(|item| text(item).ok_or_else(wrong).and_then(|text| filled(name, text))).collect()
}
