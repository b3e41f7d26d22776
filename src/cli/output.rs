//! The result in the format that was asked for, on stdout and in files.

use std::path::Path;

use anyhow::Context as _;

use super::Analysis;
use super::arguments::{Common, Format};
use crate::report::{self, Report};

/// Whether a report shows diffs and replacements of single fixes.
pub(super) fn shows_fixes(common: &Common, fixing: bool) -> bool {
    let shows = |format: Format| match format {
        // The text of a fix is the diff of all.
        Format::Text => !fixing,
        Format::Json | Format::Patch | Format::Github => false,
        Format::Sarif | Format::Junit | Format::Markdown | Format::Html => true,
    };
    shows(common.format) || common.report.iter().any(|(format, _)| shows(*format))
}

/// Prints the result and writes the files that were asked for beside it. `text` makes the text report, which differs from
/// command to command.
pub(super) fn write(
    common: &Common,
    analysis: &Analysis,
    fixing: bool,
    text: impl Fn() -> String,
) -> anyhow::Result<()> {
    let prefix = prefix(&common.path);
    let links = links();
    let report = Report {
        outcome: &analysis.outcome,
        catalogue: &analysis.catalogue,
        fixing,
        prefix: &prefix,
        links: links.as_deref(),
    };
    let render = |format: Format| -> anyhow::Result<String> {
        Ok(match format {
            Format::Text => text(),
            Format::Json => report::json::render(&analysis.outcome, fixing)?,
            Format::Patch => super::fix::patch(&analysis.outcome),
            Format::Sarif => report::sarif::render(&report)?,
            Format::Junit => report::junit::render(&report),
            Format::Markdown => report::markdown::render(&report),
            Format::Github => report::github::render(&report),
            Format::Html => report::html::render(&report),
        })
    };
    for (format, file) in &common.report {
        let content = match format {
            Format::Text => anstream::adapter::strip_str(&text()).to_string(),
            format => render(*format)?,
        };
        std::fs::write(file, content).with_context(|| format!("{}: can't be written", file.display()))?;
    }
    super::print(&render(common.format)?)
}

/// What stands before the paths of a directory, so that they begin at the top of its git work tree; nothing outside one.
pub(super) fn prefix(root: &Path) -> String {
    let Ok(root) = root.canonicalize() else { return String::new() };
    let Some(top) = root.ancestors().find(|directory| directory.join(".git").exists()) else { return String::new() };
    let inner = root.strip_prefix(top).unwrap_or(Path::new(""));
    let parts = inner.components().map(|part| part.as_os_str().to_string_lossy().into_owned() + "/");
    parts.collect()
}

/// Where GitHub Actions shows the files of the commit that it runs on; nothing elsewhere.
fn links() -> Option<String> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (server, repository) = (set("GITHUB_SERVER_URL")?, set("GITHUB_REPOSITORY")?);
    Some(format!("{server}/{repository}/blob/{}/", set("GITHUB_SHA")?))
}
