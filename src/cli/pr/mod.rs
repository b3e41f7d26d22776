//! `terramend pr`

mod output;
#[cfg(feature = "github")]
pub(super) mod remote;

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::arguments::{Common, FailOn, Format, Pr};
use super::{Prepared, talk};
use crate::catalogue::Severity;
use crate::publish::git::{Branch, WorkTree};
use crate::publish::{Analysis, Proposal, Proposals, Scope, Templates, propose};
use output::Entry;

pub(super) fn run(arguments: &Pr) -> anyhow::Result<u8> {
    refuse_formats(&arguments.common)?;
    let prepared = super::prepare(&arguments.common)?;
    let work_tree = WorkTree::open(&arguments.common.path);
    let directory = work_tree.as_ref().map_or_else(|_| String::new(), |tree| tree.directory.clone());
    let scope = scope(arguments, &prepared, directory);
    let analysis = Analysis {
        load: &|| prepared.load(super::discover(prepared.common)),
        catalogue: &prepared.catalogue,
        settings: &prepared.settings,
        severity: arguments.common.severity,
    };
    let proposals = propose(&analysis, &scope)?;
    for diagnostic in &proposals.diagnostics {
        talk(&diagnostic.to_string());
    }
    let entries = if let Some(file) = &arguments.patch {
        patches(&proposals.list, file)?
    } else if arguments.local {
        let base = arguments.base.as_deref().unwrap_or("HEAD");
        local(arguments, &proposals.list, &work_tree?, base)
    } else if arguments.dry_run {
        proposals.list.iter().map(|proposal| Entry::new(proposal, "proposed")).collect()
    } else {
        send(arguments, &prepared, &scope, &proposals, work_tree.as_ref().ok())?
    };
    finish(arguments, &proposals, &entries)
}

/// What scans report in, pull requests don't.
fn refuse_formats(common: &Common) -> anyhow::Result<()> {
    if !matches!(common.format, Format::Text | Format::Json | Format::Markdown) {
        anyhow::bail!("pull requests are reported as text, json or markdown\n  hint: --patch FILE writes a patch");
    }
    if !common.report.is_empty() || common.fail_on != FailOn::Severity(Severity::Low) {
        anyhow::bail!("--report and --fail-on are for findings\n  hint: run `terramend scan` or `fix` with them");
    }
    Ok(())
}

/// What the flags say goes before the configuration.
fn scope(arguments: &Pr, prepared: &Prepared<'_>, directory: String) -> Scope {
    let from_file = Scope::new(&prepared.settings.pull_request, directory);
    Scope {
        grade: arguments.grade.unwrap_or(from_file.grade),
        by: arguments.group_by.unwrap_or(from_file.by),
        branch_prefix: arguments.branch_prefix.clone().unwrap_or(from_file.branch_prefix),
        draft: arguments.draft || from_file.draft,
        templates: Templates {
            title: arguments.title.clone().or(from_file.templates.title),
            commit: arguments.commit.clone().or(from_file.templates.commit),
        },
        ..from_file
    }
}

#[cfg(feature = "github")]
use remote::run as send;

/// Without the feature there is no network.
#[cfg(not(feature = "github"))]
fn send(_: &Pr, _: &Prepared<'_>, _: &Scope, _: &Proposals, _: Option<&WorkTree>) -> anyhow::Result<Vec<Entry>> {
    anyhow::bail!(
        "this terramend was built without the feature `github`\n  hint: use --dry-run, --local or --patch FILE"
    )
}

/// Branches and commits by git. One that can't be made doesn't keep the others.
fn local(arguments: &Pr, proposals: &[Proposal], tree: &WorkTree, base: &str) -> Vec<Entry> {
    let mut made = 0;
    let max = arguments.max.map_or(usize::MAX, |max| max as usize);
    let mut entries = Vec::new();
    for proposal in proposals {
        if made >= max {
            entries.push(Entry::new(proposal, "skipped").because(format!("--max {max} is reached")));
            continue;
        }
        entries.push(match tree.publish(proposal, base) {
            Ok(Branch::Created(commit)) => {
                made += 1;
                Entry::new(proposal, "created").at(commit)
            }
            Ok(Branch::Updated(commit)) => Entry::new(proposal, "updated").at(commit),
            Ok(Branch::Unchanged(commit)) => Entry::new(proposal, "unchanged").at(commit),
            Err(error) => Entry::new(proposal, "failed").because(error.to_string()),
        });
    }
    entries
}

/// Writes the patches.
fn patches(proposals: &[Proposal], file: &Path) -> anyhow::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for proposal in proposals {
        let diff = proposal.diff();
        if file == Path::new("-") {
            super::print(&diff)?;
        } else {
            let file = if proposals.len() == 1 { file.to_owned() } else { beside(file, &proposal.branch) };
            std::fs::write(&file, diff).with_context(|| format!("{}: can't be written", file.display()))?;
            entries.push(Entry::new(proposal, "written").because(file.display().to_string()));
        }
    }
    Ok(entries)
}

/// `fixes.patch` and the branch `terramend/safe`: `fixes.terramend-safe.patch`.
fn beside(file: &Path, branch: &str) -> PathBuf {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let end = file.extension().map_or(String::new(), |end| format!(".{}", end.to_string_lossy()));
    file.with_file_name(format!("{stem}.{}{end}", branch.replace('/', "-")))
}

fn finish(arguments: &Pr, proposals: &Proposals, entries: &[Entry]) -> anyhow::Result<u8> {
    let is_patch_on_stdout = arguments.patch.as_deref() == Some(Path::new("-"));
    match arguments.common.format {
        _ if is_patch_on_stdout => {}
        Format::Json => super::print(&output::json(proposals, entries)?)?,
        Format::Markdown => super::print(&output::markdown(proposals))?,
        _ if arguments.dry_run => super::print(&output::preview(proposals))?,
        _ => super::print(&output::text(entries))?,
    }
    if proposals.list.is_empty() {
        talk("nothing to propose: no fix of this grade was found");
    }
    Ok(match () {
        () if entries.iter().any(Entry::is_failure) => super::USAGE,
        () if !proposals.complete => super::INCOMPLETE,
        () => super::CLEAN,
    })
}
