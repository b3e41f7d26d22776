//! `terramend fix`

use std::time::Duration;

use super::arguments::{Fix, Format};
use super::{files, output, talk};
use crate::engine::{Options, Outcome};
use crate::report;

pub(super) fn run(arguments: &Fix) -> anyhow::Result<u8> {
    if arguments.write && !arguments.allow_dirty {
        files::refuse_dirty_tree(&arguments.common.path)?;
    }
    let common = &arguments.common;
    let options = Options { apply: Some(arguments.grade), preview: output::shows_fixes(common, true), severity: None };
    let proof = arguments.verify_cdk.then(|| Duration::from_secs(arguments.cdk_timeout));
    let analysis = match &arguments.from {
        Some(path) => super::from::analyse(common, path, options, proof)?,
        None => super::analyse(common, options, proof)?,
    };
    if arguments.write {
        files::write_all(&common.path, &analysis.outcome)?;
    }
    output::write(common, &analysis, true, || patch(&analysis.outcome))?;
    if common.format == Format::Text {
        talk_about(arguments, &analysis.outcome);
    }
    Ok(super::exit_code(&analysis.outcome, common.fail_on))
}

/// The whole diff.
pub(super) fn patch(outcome: &Outcome) -> String {
    outcome.changed.iter().map(|file| report::diff(&file.before.display, file)).collect()
}

fn talk_about(arguments: &Fix, outcome: &Outcome) {
    for applied in &outcome.applied {
        talk(&format!(
            "fixed {} {} ({}; a deploy: {})",
            applied.control, applied.resource, applied.grade, applied.effect
        ));
        for cost in &applied.costs {
            talk(&format!("  cost: {cost}"));
        }
        for note in &applied.notes {
            talk(&format!("  note: {note}"));
        }
    }
    for left in outcome.not_applied.iter().filter(|left| !left.quiet && !left.reason.starts_with("suppressed")) {
        talk(&format!("left  {} {} ({}:{}): {}", left.control, left.resource, left.file, left.line, left.reason));
    }
    for other in &outcome.unmatched {
        let line = other.line.map(|line| format!(":{line}")).unwrap_or_default();
        let place = other.file.as_ref().map(|file| format!(" {file}{line}")).unwrap_or_default();
        let resource = other.resource.as_ref().map(|resource| format!(" {resource}")).unwrap_or_default();
        talk(&format!("skip  {} {}{place}{resource}: {}", other.tool, other.id, other.reason));
    }
    talk(report::text::counts(outcome).trim_end());
    if !arguments.write && !outcome.changed.is_empty() {
        talk("nothing was written: run again with --write");
    }
}
