//! What a run came to: for terminals, programs, job summaries and as one page that needs no network.

mod html;
mod markdown;
mod text;

pub use html::html;
pub use markdown::markdown;
pub use text::text;

use std::collections::BTreeMap;

use serde::Serialize;

use super::journal::{Count, Journal, JournalError, Past, Progress, Row, Seen, Sent};
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
    /// Pull requests by how they stood when GitHub was last asked (`status --live`).
    pub states: BTreeMap<String, u64>,
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
    /// How pull requests stood over time, the first time first.
    pub progress: Vec<Progress>,
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
    /// `public`, `private` or `internal`.
    pub visibility: String,
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
    pub pull_requests: Vec<PullReport>,
}

/// A pull request: what a run made of it, and how it stood when GitHub was last asked.
#[derive(Debug, Serialize)]
pub struct PullReport {
    /// What the run made of it.
    #[serde(flatten)]
    pub sent: Sent,
    /// `open`, `draft`, `merged`, `closed` or `gone`; absent when GitHub wasn't asked.
    pub state: Option<String>,
    /// Who closed it, if it is closed and not merged.
    pub closed_by: Option<String>,
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
    let own = journal.runs()?.into_iter().find(|past| past.id == run);
    let own = own.ok_or_else(|| JournalError::Content(format!("there is no run {run}")))?;
    let mut gathered = Gathered::new(diffs);
    journal.each::<JournalError>(run, |row| {
        let sent = journal.pull_requests(run, row.repository.id)?;
        gathered.take(journal, run, row, sent)
    })?;
    gathered.report(journal, own, stages(journal, run)?)
}

/// The same over all runs that began at a time or later, in seconds since 1970: each repository as its last run has it.
pub fn report_since(journal: &Journal, since: u64, diffs: bool) -> Result<Report, JournalError> {
    let runs = journal.runs()?.into_iter().filter(|past| past.started >= since).collect::<Vec<_>>();
    let (Some(last), Some(first)) = (runs.first(), runs.last()) else {
        return Err(JournalError::Content(format!("there is no run since {}", time(since))));
    };
    let own = Past {
        command: "status".into(),
        target: format!("{} runs since {}", runs.len(), time(since)),
        started: first.started,
        ..last.clone()
    };
    let mut gathered = Gathered::new(diffs);
    journal.each_since::<JournalError>(since, |run, row| {
        let sent = journal.pull_requests_since(since, row.repository.id)?;
        gathered.take(journal, run, row, sent)
    })?;
    let stages = gathered.repositories.iter().fold(BTreeMap::new(), |mut stages, repository| {
        *stages.entry(repository.stage.clone()).or_default() += 1;
        stages
    });
    gathered.report(journal, own, stages)
}

/// What repositories add up to.
struct Gathered {
    controls: BTreeMap<String, ControlCount>,
    repositories: Vec<RepositoryReport>,
    /// Bytes of diffs that still fit.
    left: usize,
}

impl Gathered {
    fn new(diffs: bool) -> Self {
        let left = if diffs { MOST_DIFFS } else { 0 };
        Self { controls: BTreeMap::new(), repositories: Vec::new(), left }
    }

    fn take(&mut self, journal: &Journal, run: i64, row: Row, sent: Vec<Sent>) -> Result<(), JournalError> {
        let id = row.repository.id;
        let plan: Option<RepositoryPlan> = journal.plan(run, id)?;
        let pull = |sent: Sent| {
            let seen = sent.number.map(|number| journal.state(id, number)).transpose()?.flatten();
            let (state, closed_by) = seen.map_or((None, None), |Seen { state, by }| (Some(state), by));
            Ok(PullReport { sent, state, closed_by })
        };
        let mut own = RepositoryReport {
            visibility: row.repository.visibility().to_owned(),
            name: row.repository.full_name,
            stage: row.stage.to_string(),
            reason: row.reason,
            findings: 0,
            controls: BTreeMap::new(),
            complete: true,
            notes: Vec::new(),
            proposals: Vec::new(),
            pull_requests: sent.into_iter().map(pull).collect::<Result<_, JournalError>>()?,
        };
        if let Some(plan) = plan {
            count(&mut self.controls, &mut own, &plan);
            own.proposals = plan.proposals.iter().map(|planned| proposal(planned, &mut self.left)).collect();
            own.notes = plan.notes;
        }
        self.repositories.push(own);
        Ok(())
    }

    fn report(self, journal: &Journal, run: Past, stages: BTreeMap<String, u64>) -> Result<Report, JournalError> {
        let (mut families, mut severities) = (BTreeMap::new(), BTreeMap::new());
        for count in self.controls.values() {
            *families.entry(count.family.clone()).or_default() += count.findings;
            *severities.entry(count.severity.clone()).or_default() += count.findings;
        }
        let mut controls: Vec<_> = self.controls.into_values().collect();
        controls.sort_by(|a, b| (b.findings, &a.control).cmp(&(a.findings, &b.control)));
        let (mut operations, mut states) = (BTreeMap::new(), BTreeMap::new());
        for pull in self.repositories.iter().flat_map(|repository| &repository.pull_requests) {
            *operations.entry(pull.sent.operation.clone()).or_default() += 1;
            if let Some(state) = &pull.state {
                *states.entry(state.clone()).or_default() += 1;
            }
        }
        Ok(Report {
            schema_version: SCHEMA_VERSION,
            run,
            stages,
            operations,
            states,
            controls,
            families,
            severities,
            repositories: self.repositories,
            history: history(journal)?,
            progress: journal.progress()?,
        })
    }
}

fn history(journal: &Journal) -> Result<Vec<PastReport>, JournalError> {
    let past = |run: Past| {
        let (stages, operations) = (stages(journal, run.id)?, operations(journal, run.id)?);
        Ok(PastReport { run, stages, operations })
    };
    journal.runs()?.into_iter().take(MOST_RUNS).map(past).collect()
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

/// `3 planned, 2 skipped`, in the order of the words; severities begin with the worst.
fn listed(counts: &BTreeMap<String, u64>) -> String {
    const WORST_FIRST: [&str; 4] = ["critical", "high", "medium", "low"];
    let mut counts: Vec<_> = counts.iter().collect();
    counts.sort_by_key(|(word, _)| WORST_FIRST.iter().position(|severity| severity == word));
    let parts: Vec<_> = counts.into_iter().map(|(word, count)| format!("{count} {word}")).collect();
    if parts.is_empty() { "none".into() } else { parts.join(", ") }
}

/// A time as `2026-11-28 22:43 UTC`.
pub(super) fn time(seconds: u64) -> String {
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
