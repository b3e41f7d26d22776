//! For the summary of a job.

use std::fmt::Write as _;

use super::{PullReport, Report, listed, time};

/// Rows of a table; GitHub takes a summary of 1 MiB.
const MOST_ROWS: usize = 300;

/// The report in GitHub's Markdown.
pub fn markdown(report: &Report) -> String {
    let mut text = String::from("# terramend over the organisation\n\n");
    let _ = writeln!(
        text,
        "{} of {}, started {}.\n",
        report.run.command,
        cell(&report.run.target),
        time(report.run.started)
    );
    text.push_str("| | |\n|---|---|\n");
    let _ = writeln!(text, "| repositories | {} ({}) |", report.repositories.len(), listed(&report.stages));
    let _ = writeln!(text, "| findings | {} ({}) |", report.findings(), listed(&report.severities));
    let _ = writeln!(text, "| pull requests | {} |", listed(&report.operations));
    if !report.states.is_empty() {
        let _ = writeln!(text, "| on GitHub | {} |", listed(&report.states));
    }
    if !report.controls.is_empty() {
        text.push_str(
            "\n## Controls\n\n| control | severity | findings | fixable | repositories |\n|---|---|---:|---:|---:|\n",
        );
        for count in report.controls.iter().take(MOST_ROWS) {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} |",
                cell(&count.control),
                count.severity,
                count.findings,
                count.fixable,
                count.repositories
            );
        }
    }
    let worth = |stage: &str| stage != "skipped" && stage != "clean";
    let rows: Vec<_> = report.repositories.iter().filter(|repository| worth(&repository.stage)).collect();
    if !rows.is_empty() {
        text.push_str("\n## Repositories\n\n| repository | stage | findings | pull requests |\n|---|---|---:|---|\n");
        for repository in rows.iter().take(MOST_ROWS) {
            let mut sent: Vec<String> = repository.pull_requests.iter().map(pull_request).collect();
            sent.extend(repository.reason.as_deref().map(cell));
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} |",
                cell(&repository.name),
                repository.stage,
                repository.findings,
                sent.join("; ")
            );
        }
        if rows.len() > MOST_ROWS {
            let _ = writeln!(text, "\nand {} more repositories.", rows.len() - MOST_ROWS);
        }
    }
    text
}

/// What became of a pull request, and how it stands.
fn pull_request(pull: &PullReport) -> String {
    let PullReport { sent, state, closed_by } = pull;
    let word = match (state, closed_by) {
        (Some(state), Some(by)) => format!("{state} by {}", cell(by)),
        (Some(state), None) => state.clone(),
        (None, _) => sent.operation.clone(),
    };
    match (&sent.url, sent.number) {
        (Some(url), Some(number)) => format!("{word} [#{number}]({url})"),
        _ => format!("{word} `{}`", sent.branch),
    }
}

/// A text in a cell of a table: nothing in it is markup.
fn cell(text: &str) -> String {
    let mut cell = String::new();
    for c in text.chars() {
        match c {
            '\n' | '\r' => cell.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '@' | '&' | '~' => cell.extend(['\\', c]),
            c => cell.push(c),
        }
    }
    cell
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_cell_holds_no_markup() {
        assert_eq!(super::cell("a|b\n<img> @all [x](y)"), "a\\|b \\<img\\> \\@all \\[x\\](y)");
    }
}
