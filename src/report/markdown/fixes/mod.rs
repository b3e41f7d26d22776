//! What was fixed: the text of a pull request, and the Markdown report of a run of `fix`. First what deploying it does, then
//! what is fixed and why, how that was checked, and how to refuse it.
//!
//! GitHub takes no text above [`LIMIT`]; lists are cut before that, and say how much they leave out.

mod deploy;
mod list;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::escape::{code, prose};
use crate::catalogue::{Catalogue, Control};
use crate::diagnostic::Diagnostic;
use crate::finding::{Applied, NotApplied};

/// The longest text of a pull request that GitHub takes, in characters.
pub const LIMIT: usize = 65_536;
/// What is kept free for the marker, which names all controls, and for what people add.
const RESERVE: usize = 16_000;

/// The longest reason for a finding that stays, in characters.
const MAX_REASON: usize = 240;

/// What a text speaks of.
#[derive(Debug, Clone, Copy)]
pub struct Content<'a> {
    /// The fixes.
    pub applied: &'a [Applied],
    /// What is left.
    pub left: &'a [NotApplied],
    /// What could not be analysed.
    pub errors: &'a [&'a Diagnostic],
    /// How many files change.
    pub files: usize,
    /// The controls.
    pub catalogue: &'a Catalogue,
    /// The analysed directory, relative to the repository; empty for the top.
    pub directory: &'a str,
    /// Branches of other proposals that change the same files.
    pub beside: &'a [String],
    /// A paragraph of the user's at the end, in Markdown.
    pub note: Option<&'a str>,
}

/// The text, in GitHub's Markdown.
pub fn render(content: &Content<'_>) -> String {
    let lead = lead(content);
    let closing = closing(content);
    let mut budget = (LIMIT - RESERVE).saturating_sub(lead.chars().count() + closing.chars().count());
    let mut text = lead;
    // What a deploy does comes first and is cut last; the rest is cut from the end.
    budget = deploy::append(&mut text, content.applied, budget);
    budget = table(&mut text, content, budget);
    budget = why(&mut text, content, budget);
    budget = deploy::plan(&mut text, content.applied, budget);
    budget = errors(&mut text, content, budget);
    left(&mut text, content, budget);
    text + &closing
}

/// `1 fix`, `2 fixes`.
fn counted(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

fn lead(content: &Content<'_>) -> String {
    let resources: BTreeSet<_> = content.applied.iter().map(|fix| (&fix.module, &fix.resource)).collect();
    let mut text = match content.applied.len() {
        0 => "terramend found nothing that it can fix.\n\n".to_owned(),
        n => format!(
            "terramend fixed {} in {} ({}). Nothing but the lines of these fixes changes.\n\n",
            counted(n, "finding", "findings"),
            counted(resources.len(), "resource", "resources"),
            counted(content.files, "file", "files"),
        ),
    };
    for branch in content.beside {
        let _ = writeln!(
            text,
            "> [!NOTE]\n> The branch {} changes some of the same files. Merge one, and terramend brings the other up to \
             date on its next run.\n",
            code(branch)
        );
    }
    text
}

/// The fixes, worst first: what was wrong, where, and what changes.
fn table(text: &mut String, content: &Content<'_>, budget: usize) -> usize {
    let mut fixes: Vec<&Applied> = content.applied.iter().collect();
    fixes.sort_by_key(|fix| (std::cmp::Reverse(fix.severity), &fix.control, &fix.file, fix.line));
    let rows: Vec<String> = fixes
        .iter()
        .map(|fix| {
            let line = fix.line.map_or(String::new(), |line| format!(":{line}"));
            format!(
                "| {} | {} | {}<br>{} | {} | {} | {} |",
                fix.severity,
                link(content, &fix.control),
                code(&fix.resource),
                code(&format!("{}{line}", in_repository(content.directory, &fix.file))),
                prose(&fix.message),
                prose(&fix.title),
                fix.effect
            )
        })
        .collect();
    let heading = "## What is fixed\n\n| severity | control | resource | what was wrong | fix | a deploy |\n\
                   |---|---|---|---|---|---|\n";
    let rest = |n: usize| format!("\n…and {n} more: the diff shows them.");
    let left = list::append(text, heading, &rows, rest, budget);
    text.push('\n');
    left.saturating_sub(1)
}

fn in_repository(directory: &str, file: &str) -> String {
    if directory.is_empty() { file.to_owned() } else { format!("{directory}/{file}") }
}

/// The control with a link to its page; a page of the user's own stands in the repository itself.
fn link(content: &Content<'_>, id: &str) -> String {
    match content.catalogue.find(id).and_then(Control::address) {
        Some(address) => format!("[{id}]({address})"),
        None => code(id),
    }
}

/// For each control: the risk, what to know about the fix, and when not to take it.
fn why(text: &mut String, content: &Content<'_>, budget: usize) -> usize {
    let mut notes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for fix in content.applied {
        let own = notes.entry(&fix.control).or_default();
        for note in &fix.notes {
            if !own.contains(&note.as_str()) {
                own.push(note);
            }
        }
    }
    let parts: Vec<String> = notes
        .iter()
        .map(|(id, notes)| {
            let control = content.catalogue.find(id);
            let title = control.map_or(*id, |control| control.title.as_str());
            let mut part = format!("<details><summary><b>{}</b> ({id})</summary>\n\n", prose(title));
            if let Some(control) = control {
                part.push_str(&format!("{}\n\n", control.summary()));
                let when_not = section(control, "When not to");
                if !when_not.is_empty() {
                    part.push_str(&format!("**When not to:** {when_not}\n\n"));
                }
            }
            if notes.len() > deploy::FEW {
                part.push_str("**Evidence:**\n\n");
            }
            for note in notes {
                part.push_str(&format!("- {}\n", prose(note)));
            }
            part.trim_end().to_owned() + "\n\n</details>"
        })
        .collect();
    let rest = |n: usize| format!("\n…and {}: `terramend explain ID` prints each.", counted(n, "control", "controls"));
    list::append(text, "## Why\n\n", &parts, rest, budget)
}

/// A section's text of a control's page. The page is the project's own or the repository's own, so its Markdown is taken
/// as it is.
fn section(control: &Control, heading: &str) -> String {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in control.text.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            inside = name.trim() == heading;
        } else if inside {
            lines.push(line);
        }
    }
    lines.join("\n").trim().to_owned()
}

/// What could not be analysed: nothing is said of it.
fn errors(text: &mut String, content: &Content<'_>, budget: usize) -> usize {
    let lines: Vec<String> = content.errors.iter().map(|error| self::error(error, content.directory)).collect();
    let rest = |n: usize| format!("- and {n} more: `terramend scan` lists them");
    list::append(text, "\n## Not analysed\n\n", &lines, rest, budget)
}

/// An error with its place, which begins at the top of the repository.
pub(super) fn error(error: &Diagnostic, directory: &str) -> String {
    let line = error.line.map(|line| format!(":{line}")).unwrap_or_default();
    let hint = if error.hint.is_empty() { String::new() } else { format!("; {}", prose(&error.hint)) };
    format!("- {}: {}{hint}", code(&format!("{}{line}", in_repository(directory, &error.file))), prose(&error.message))
}

/// What people must decide.
fn left(text: &mut String, content: &Content<'_>, budget: usize) {
    let is_open =
        |left: &&NotApplied| !left.quiet && left.reason != "not chosen" && !left.reason.starts_with("suppressed");
    // What a run with another grade would propose needs no explanation each.
    let waits = |left: &&NotApplied| left.reason.starts_with("grade review");
    let (waiting, open): (Vec<_>, Vec<_>) = content.left.iter().filter(is_open).partition(waits);
    let line = |left: &&NotApplied| {
        let place = format!("{}:{}", in_repository(content.directory, &left.file), left.line);
        let (control, resource) = (link(content, &left.control), code(&left.resource));
        format!("- {control} {resource} ({}): {}", code(&place), prose(&in_short(&left.reason)))
    };
    let mut lines: Vec<String> = open.iter().map(line).collect();
    if !waiting.is_empty() {
        let count = counted(waiting.len(), "more fix wants", "more fixes want");
        lines.push(format!("- {count} a review: `terramend pr --grade review` proposes them as a draft"));
    }
    let heading = format!(
        "\n## Not in this change\n\n<details><summary>{} left</summary>\n\n",
        counted(open.len() + waiting.len(), "finding is", "findings are")
    );
    let rest = |n: usize| format!("- and {n} more: `terramend scan` lists them");
    let before = text.len();
    list::append(text, &heading, &lines, rest, budget.saturating_sub(20));
    if text.len() > before {
        text.push_str("\n</details>\n");
    }
}

/// A reason without what only people who work on it want to know; `terramend scan` says all of it.
fn in_short(reason: &str) -> String {
    let reason = reason.strip_prefix("manual: ").unwrap_or(reason);
    if reason.chars().count() <= MAX_REASON {
        return reason.to_owned();
    }
    let kept: String = reason.chars().take(MAX_REASON).collect();
    // Whole parts, where there are some.
    let end = kept.rfind("; ").or_else(|| kept.rfind(' ')).unwrap_or(kept.len());
    format!("{}…", &kept[..end])
}

/// How it was checked and how to refuse it; always there.
fn closing(content: &Content<'_>) -> String {
    let mut text = format!(
        "\n## How this was checked\n\nterramend {} kept a fix only when the edited files parse, the finding is gone, no new \
         finding appeared, nothing but the declared places differs and every reference that was added resolves. It then \
         ran until nothing was left to fix, so a second run changes nothing. It didn't deploy anything: look at the plan \
         before you do.\n",
        env!("CARGO_PKG_VERSION")
    );
    if !content.applied.is_empty() {
        text.push_str(
            "\n## If you don't want it\n\n\
             - **One finding:** write `# terramend:ignore CONTROL -- reason` above the resource (in a template: \
             `\"terramend\": {\"ignore\": [{\"id\": \"CONTROL\", \"reason\": \"…\"}]}` in its `Metadata`).\n\
             - **A control:** `control \"CONTROL\" { enabled = false }` in `.terramend.hcl`.\n\
             - **All of it:** close the pull request. terramend opens it again only when it finds something of another \
             kind.\n\
             - **Undo after the merge:** revert the commit and deploy.",
        );
        if deploy::is_lasting(content.applied) {
            text.push_str(" What a deploy replaced doesn't come back by that.");
        }
        text.push('\n');
    }
    if let Some(note) = content.note {
        text.push_str(&format!("\n{}\n", note.trim()));
    }
    text
}
