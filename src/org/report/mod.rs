//! What a run came to: for terminals, programs, job summaries and as one page that needs no network.

mod html;
mod markdown;
mod text;

pub use html::html;
pub use markdown::markdown;
pub use text::text;

use std::collections::BTreeMap;

use serde::Serialize;

use super::journal::{Count, Journal, JournalError, Past, Sent};
use super::plan::RepositoryPlan;

/// The version of the JSON report. Fields are only ever added to one.
pub const SCHEMA_VERSION: u32 = 1;

/// Bytes of diffs that a report holds; later ones are left out, and said to be.
const MOST_DIFFS: usize = 24 << 20;

/// Runs that the history goes back.
const MOST_RUNS: usize = 50;

/// A report.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The version of this format.
    pub schema_version: u32,
    /// The run.
    pub run: Past,
    /// Repositories by how far they came.
    pub stages: BTreeMap<String, u64>,
    /// Pull requests by what became of them.
    pub operations: BTreeMap<String, u64>,
    /// Findings by control.
    pub controls: Vec<ControlCount>,
    /// Findings by family.
    pub families: BTreeMap<String, u64>,
    /// Findings by severity.
    pub severities: BTreeMap<String, u64>,
    /// The repositories, by name.
    pub repositories: Vec<RepositoryReport>,
    /// Earlier runs of this journal, the last one first.
    pub history: Vec<PastReport>,
}

/// The findings of a control.
#[derive(Debug, Default, Serialize)]
pub struct ControlCount {
    /// Its id.
    pub control: String,
    /// Its family.
    pub family: String,
    /// How bad it is.
    pub severity: String,
    /// Findings.
    pub findings: u64,
    /// Those with a fix that can be written.
    pub fixable: u64,
    /// Repositories.
    pub repositories: u64,
}

/// A repository.
#[derive(Debug, Serialize)]
pub struct RepositoryReport {
    /// `owner/name`
    pub name: String,
    /// How far it came.
    pub stage: String,
    /// Why.
    pub reason: Option<String>,
    /// Findings that nobody silenced.
    pub findings: usize,
    /// Findings by control.
    pub controls: BTreeMap<String, u64>,
    /// Whether everything in it was analysed.
    pub complete: bool,
    /// What else is to be known.
    pub notes: Vec<String>,
    /// What is proposed.
    pub proposals: Vec<ProposalReport>,
    /// What became of it on GitHub.
    pub pull_requests: Vec<Sent>,
}

/// What a pull request is to hold.
#[derive(Debug, Serialize)]
pub struct ProposalReport {
    /// The branch.
    pub branch: String,
    /// The title.
    pub title: String,
    /// Whether it wants a review.
    pub draft: bool,
    /// Fixes.
    pub fixes: usize,
    /// The difference; absent where reports would become too large.
    pub diff: Option<String>,
}

/// An earlier run in short.
#[derive(Debug, Serialize)]
pub struct PastReport {
    /// The run.
    pub run: Past,
    /// Repositories by how far they came.
    pub stages: BTreeMap<String, u64>,
    /// Pull requests by what became of them.
    pub operations: BTreeMap<String, u64>,
}

/// Reads the report of a run out of the journal. `diffs` says whether it holds them.
pub fn report(journal: &Journal, run: i64, diffs: bool) -> Result<Report, JournalError> {
    let runs = journal.runs()?;
    let own = runs.iter().find(|past| past.id == run).cloned();
    let own = own.ok_or_else(|| JournalError::Content(format!("there is no run {run}")))?;
    let mut controls: BTreeMap<String, ControlCount> = BTreeMap::new();
    let mut repositories = Vec::new();
    let mut left = if diffs { MOST_DIFFS } else { 0 };
    journal.each::<JournalError>(run, |row| {
        let id = row.repository.id;
        let plan: Option<RepositoryPlan> = journal.plan(run, id)?;
        let mut own = RepositoryReport {
            name: row.repository.full_name,
            stage: row.stage.to_string(),
            reason: row.reason,
            findings: 0,
            controls: BTreeMap::new(),
            complete: true,
            notes: Vec::new(),
            proposals: Vec::new(),
            pull_requests: journal.pull_requests(run, id)?,
        };
        if let Some(plan) = plan {
            count(&mut controls, &mut own, &plan);
            own.proposals = plan.proposals.iter().map(|planned| proposal(planned, &mut left)).collect();
            own.notes = plan.notes;
        }
        repositories.push(own);
        Ok(())
    })?;
    let (mut families, mut severities) = (BTreeMap::new(), BTreeMap::new());
    for count in controls.values() {
        *families.entry(count.family.clone()).or_default() += count.findings;
        *severities.entry(count.severity.clone()).or_default() += count.findings;
    }
    let mut controls: Vec<_> = controls.into_values().collect();
    controls.sort_by(|a, b| (b.findings, &a.control).cmp(&(a.findings, &b.control)));
    let past = |past: &Past| {
        Ok(PastReport {
            run: past.clone(),
            stages: stages(journal, past.id)?,
            operations: operations(journal, past.id)?,
        })
    };
    Ok(Report {
        schema_version: SCHEMA_VERSION,
        stages: stages(journal, run)?,
        operations: operations(journal, run)?,
        controls,
        families,
        severities,
        repositories,
        history: runs.iter().take(MOST_RUNS).map(past).collect::<Result<_, JournalError>>()?,
        run: own,
    })
}

fn count(controls: &mut BTreeMap<String, ControlCount>, own: &mut RepositoryReport, plan: &RepositoryPlan) {
    own.findings = plan.findings.len();
    own.complete = plan.complete;
    for found in &plan.findings {
        let count = controls.entry(found.control.clone()).or_insert_with(|| ControlCount {
            control: found.control.clone(),
            family: found.family.clone(),
            severity: found.severity.clone(),
            ..ControlCount::default()
        });
        count.findings += 1;
        count.fixable += u64::from(matches!(found.grade.as_deref(), Some("safe" | "review")));
        let here = own.controls.entry(found.control.clone()).or_default();
        count.repositories += u64::from(*here == 0);
        *here += 1;
    }
}

fn proposal(planned: &super::plan::Planned, left: &mut usize) -> ProposalReport {
    let diff = planned.diff();
    let fits = diff.len() <= *left;
    if fits {
        *left -= diff.len();
    }
    ProposalReport {
        branch: planned.branch.clone(),
        title: planned.title.clone(),
        draft: planned.draft,
        fixes: planned.fixes.len(),
        diff: fits.then_some(diff),
    }
}

fn stages(journal: &Journal, run: i64) -> Result<BTreeMap<String, u64>, JournalError> {
    Ok(journal.stages(run)?.into_iter().map(|(stage, count)| (stage.to_string(), count)).collect())
}

fn operations(journal: &Journal, run: i64) -> Result<BTreeMap<String, u64>, JournalError> {
    Ok(journal.operations(run)?.into_iter().map(|Count { of, count }| (of, count)).collect())
}

impl Report {
    /// For programs.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }

    /// All findings.
    pub fn findings(&self) -> u64 {
        self.controls.iter().map(|count| count.findings).sum()
    }
}

/// `3 planned, 2 skipped`, in the order of the words.
fn listed(counts: &BTreeMap<String, u64>) -> String {
    let parts: Vec<_> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
    if parts.is_empty() { "none".into() } else { parts.join(", ") }
}

/// A time as `2026-11-28 22:43 UTC`.
fn time(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days of the civil calendar, after Howard Hinnant's `civil_from_days`.
    let z = days as i64 + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{day:02} {:02}:{:02} UTC", year + era * 400 + carry, rest / 3600, rest / 60 % 60)
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_are_of_the_civil_calendar() {
        // `date -u -d @N`
        for (seconds, expected) in [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_400, "2000-02-29 00:00 UTC"),
            (1_795_905_780, "2026-11-28 22:43 UTC"),
            (1_803_859_199, "2027-02-28 23:59 UTC"),
            (1_803_859_200, "2027-03-01 00:00 UTC"),
        ] {
            assert_eq!(super::time(seconds), expected);
        }
    }
}
