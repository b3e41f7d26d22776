//! What past runs came to.

use rusqlite::params;
use serde::Serialize;

use super::{Journal, JournalError, Stage};

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Past {
    /// Its number in this journal.
    pub id: i64,
    /// `plan`, `apply`, `run`, `update` or `close`.
    pub command: String,
    /// What was selected, in words.
    pub target: String,
    /// Seconds since 1970.
    pub started: u64,
    /// The same; absent while it isn't finished.
    pub finished: Option<u64>,
    /// Findings at its end, as far as it was reported then.
    pub findings: Option<u64>,
}

/// How many of something there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Count {
    /// A stage or an operation.
    pub of: String,
    /// How many.
    pub count: u64,
}

impl Journal {
    /// The runs, the last one first.
    pub fn runs(&self) -> Result<Vec<Past>, JournalError> {
        let findings = if self.is_current { "findings" } else { "NULL" };
        let query = format!("SELECT id, command, target, started, finished, {findings} FROM run ORDER BY id DESC");
        let mut statement = self.database.prepare_cached(&query)?;
        let rows = statement.query_map([], |row| {
            Ok(Past {
                id: row.get(0)?,
                command: row.get(1)?,
                target: row.get(2)?,
                started: row.get(3)?,
                finished: row.get(4)?,
                findings: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Keeps how much a run found.
    pub fn set_findings(&mut self, run: i64, findings: u64) -> Result<(), JournalError> {
        self.database.execute("UPDATE run SET findings = ?2 WHERE id = ?1", params![run, findings])?;
        Ok(())
    }

    /// How many repositories of a run are at each stage.
    pub fn stages(&self, run: i64) -> Result<Vec<(Stage, u64)>, JournalError> {
        let counts = self.count("SELECT stage, count(*) FROM repository WHERE run = ?1 GROUP BY stage", run)?;
        let mut stages = Vec::new();
        for count in counts {
            stages.push((count.of.parse().map_err(JournalError::Content)?, count.count));
        }
        stages.sort_unstable();
        Ok(stages)
    }

    /// What became of the pull requests of a run.
    pub fn operations(&self, run: i64) -> Result<Vec<Count>, JournalError> {
        self.count("SELECT operation, count(*) FROM pull_request WHERE run = ?1 GROUP BY operation ORDER BY 1", run)
    }

    /// The repositories for which a run opened, changed or found pull requests, by name.
    pub fn with_pull_requests(&self, run: i64) -> Result<Vec<String>, JournalError> {
        let query = "SELECT name FROM repository AS r WHERE run = ?1 AND EXISTS (SELECT 1 FROM pull_request AS p \
                     WHERE p.run = r.run AND p.repository = r.id AND p.number IS NOT NULL AND p.operation <> 'closed') \
                     ORDER BY name";
        let mut statement = self.database.prepare_cached(query)?;
        let rows = statement.query_map([run], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The last run with something that waits for publishing.
    pub fn last_planned(&self) -> Result<Option<i64>, JournalError> {
        let query = "SELECT max(run) FROM repository WHERE stage = 'planned'";
        Ok(self.database.query_row(query, [], |row| row.get(0))?)
    }

    /// Takes up a run that was finished.
    pub fn reopen(&mut self, run: i64) -> Result<(), JournalError> {
        self.database.execute("UPDATE run SET finished = NULL WHERE id = ?1", [run])?;
        Ok(())
    }

    /// How many pull requests a run opened since a time, in seconds since 1970.
    pub fn opened_since(&self, run: i64, since: u64) -> Result<u64, JournalError> {
        let query = "SELECT count(*) FROM pull_request WHERE run = ?1 AND operation = 'created' AND at >= ?2";
        Ok(self.database.query_row(query, params![run, since], |row| row.get(0))?)
    }

    pub(super) fn count(&self, query: &str, run: i64) -> Result<Vec<Count>, JournalError> {
        let mut statement = self.database.prepare_cached(query)?;
        let rows = statement.query_map([run], |row| Ok(Count { of: row.get(0)?, count: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
