//! Titles and commit messages.

use std::fmt::Write as _;

use super::group::GroupKey;
use crate::catalogue::{GroupBy, PullRequestSettings};
use crate::finding::Applied;
use crate::fix::Grade;

/// GitHub's limit for titles, in characters.
const MAX_TITLE: usize = 256;
/// Lines of a commit message that list fixes.
const MAX_LISTED: usize = 50;

/// The trailer that names the group.
const GROUP: &str = "Terramend-Group: ";
/// The trailer that names the commit's own tree: a commit whose tree is another one was changed by somebody.
const TREE: &str = "Terramend-Tree: ";

/// The templates of a configuration.
#[derive(Debug, Clone, Default)]
pub struct Templates {
    /// Of titles.
    pub title: Option<String>,
    /// Of the first line of commit messages; else the title's.
    pub commit: Option<String>,
}

impl From<&PullRequestSettings> for Templates {
    fn from(settings: &PullRequestSettings) -> Self {
        Self { title: settings.title.clone(), commit: settings.commit.clone() }
    }
}

impl Templates {
    /// The title of a pull request.
    pub fn title(&self, key: &GroupKey, applied: &[Applied]) -> String {
        filled(self.title.as_deref(), key, applied)
    }

    /// The message of the commit, without the trailers.
    pub fn message(&self, key: &GroupKey, applied: &[Applied]) -> String {
        let mut text = filled(self.commit.as_deref().or(self.title.as_deref()), key, applied);
        text.push_str("\n\n");
        for fix in applied.iter().take(MAX_LISTED) {
            let _ = writeln!(text, "- {} {} ({}): {}", fix.control, one_line(&fix.resource), fix.effect, fix.title);
        }
        if applied.len() > MAX_LISTED {
            let _ = writeln!(text, "- and {} more", applied.len() - MAX_LISTED);
        }
        text
    }
}

/// The whole message of a commit with the tree `tree`.
pub fn commit_message(message: &str, group: &str, tree: &str) -> String {
    format!("{}\n\n{GROUP}{}\n{TREE}{tree}\n", message.trim_end(), one_line(group))
}

/// The tree that a commit's message says it has; nothing when terramend didn't write the message.
pub fn tree_of(message: &str) -> Option<&str> {
    let (rest, tree) = message.trim_end().rsplit_once(TREE)?;
    (tree.len() >= 40 && tree.bytes().all(|b| b.is_ascii_hexdigit()) && rest.contains(GROUP)).then_some(tree)
}

fn filled(template: Option<&str>, key: &GroupKey, applied: &[Applied]) -> String {
    let summary = summary(key, applied);
    let Some(template) = template else { return cut(&summary) };
    let mut text = String::new();
    let mut rest = template;
    // One pass: what is put in is no template.
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        text.push_str(before);
        match name {
            "count" => text.push_str(&applied.len().to_string()),
            "grade" => text.push_str(&key.grade.to_string()),
            "group" => text.push_str(&key.name()),
            _ => text.push_str(&summary),
        }
        rest = after;
    }
    cut(&one_line(&(text + rest)))
}

/// What a pull request does, in one line.
fn summary(key: &GroupKey, applied: &[Applied]) -> String {
    let controls: std::collections::BTreeSet<_> = applied.iter().map(|fix| fix.control.as_str()).collect();
    let count = applied.len();
    let mut text = match (controls.first(), controls.len()) {
        (Some(control), 1) => match applied {
            [only] => format!("Fix {control} of {}", one_line(&only.resource)),
            _ => format!("Fix {control} of {count} resources"),
        },
        _ if key.by == GroupBy::Family => format!("Fix {count} findings on {}", key.part),
        _ => format!("Fix {count} serverless security findings"),
    };
    if key.by == GroupBy::Module && key.part != "." {
        let _ = write!(text, " in {}", one_line(&key.part));
    }
    if key.grade == Grade::Review {
        text.push_str(" (needs review)");
    }
    text
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn cut(text: &str) -> String {
    if text.chars().count() <= MAX_TITLE {
        return text.to_owned();
    }
    text.chars().take(MAX_TITLE - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_its_tree_until_somebody_writes_another() {
        let tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        let message = commit_message("Fix it\n\n- a\n", "safe", tree);
        assert_eq!(message, format!("Fix it\n\n- a\n\nTerramend-Group: safe\nTerramend-Tree: {tree}\n"));
        assert_eq!(tree_of(&message), Some(tree));
        assert_eq!(tree_of(message.trim_end()), Some(tree), "GitHub strips the last line ending");
        assert_eq!(tree_of("Merge branch 'main' into terramend/safe"), None);
        assert_eq!(tree_of(&format!("{message}\nand a word of mine")), None);
    }
}
