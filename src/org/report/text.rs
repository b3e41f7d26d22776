//! For terminals.

use std::fmt::Write as _;

use super::{Report, listed, time};

/// Controls that are listed.
const MOST_CONTROLS: usize = 15;

/// The summary, then what went wrong, then the pull requests.
pub fn text(report: &Report) -> String {
    let mut text = String::new();
    let end = report.run.finished.map_or("not finished".to_owned(), |at| format!("finished {}", time(at)));
    let _ = writeln!(
        text,
        "run {} ({}, {}): started {}, {end}",
        report.run.id,
        report.run.command,
        report.run.target,
        time(report.run.started)
    );
    let _ = writeln!(text, "repositories:  {} ({})", report.repositories.len(), listed(&report.stages));
    let _ = writeln!(text, "findings:      {} ({})", report.findings(), listed(&report.severities));
    let _ = writeln!(text, "pull requests: {}", listed(&report.operations));
    if !report.states.is_empty() {
        let _ = writeln!(text, "on GitHub:     {}", listed(&report.states));
    }
    if !report.controls.is_empty() {
        text.push_str("\nfindings by control:\n");
        for count in report.controls.iter().take(MOST_CONTROLS) {
            let _ = writeln!(
                text,
                "{:6}  {:8}  {} ({} repositories)",
                count.findings, count.severity, count.control, count.repositories
            );
        }
        if report.controls.len() > MOST_CONTROLS {
            let _ = writeln!(
                text,
                "        and {} more controls (--format json has all)",
                report.controls.len() - MOST_CONTROLS
            );
        }
    }
    let failed: Vec<_> = report.repositories.iter().filter(|repository| repository.stage == "failed").collect();
    if !failed.is_empty() {
        text.push_str("\nfailed (try again with `terramend org retry`):\n");
        for repository in failed {
            let reason = repository.reason.as_deref().unwrap_or_default().replace('\n', "\n    ");
            let _ = writeln!(text, "  {}: {reason}", repository.name);
        }
    }
    let mut heading = "\npull requests:\n";
    for repository in &report.repositories {
        for pull in &repository.pull_requests {
            text.push_str(heading);
            heading = "";
            let place = pull.sent.url.as_deref().unwrap_or(&pull.sent.branch);
            let _ = write!(text, "  {:9} {}: {place}", pull.sent.operation, repository.name);
            match (&pull.state, &pull.closed_by) {
                (Some(state), Some(by)) => text.push_str(&format!(" ({state} by {by})")),
                (Some(state), None) => text.push_str(&format!(" ({state})")),
                (None, _) => {}
            }
            if let Some(reason) = &pull.sent.reason {
                let _ = write!(text, "\n            {}", reason.replace('\n', "\n            "));
            }
            text.push('\n');
        }
    }
    text
}
