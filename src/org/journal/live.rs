//! What became of pull requests after they were opened, as GitHub last said it.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};
use serde::Serialize;

use super::{Journal, JournalError, schema};

/// How long another process's step is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// A pull request of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// GitHub's id of the repository.
    pub repository: u64,
    /// `owner/name`
    pub name: String,
    /// The pull request's number.
    pub number: u64,
}

/// What GitHub said of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// `open`, `draft`, `merged`, `closed`, or `gone` when GitHub doesn't show it any more.
    pub state: String,
    /// Who closed it, if it is closed and not merged.
    pub by: Option<String>,
}

/// How many pull requests of a run were in which state at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// The run.
    pub run: i64,
    /// Seconds since 1970.
    pub at: u64,
    /// Open and ready.
    pub open: u64,
    /// Open as drafts.
    pub draft: u64,
    /// Merged.
    pub merged: u64,
    /// Closed without that.
    pub closed: u64,
}

impl Journal {
    /// Opens it for what GitHub says of pull requests, also while a run writes its steps.
    pub fn beside(path: &Path) -> Result<Self, JournalError> {
        if !path.is_file() {
            return Err(JournalError::Missing(path.to_owned()));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = Connection::open_with_flags(path, flags)?;
        database.busy_timeout(PATIENCE)?;
        if schema::check(path, &database)? == 0 {
            return Err(JournalError::Foreign(path.to_owned()));
        }
        schema::create(&database)?;
        Ok(Self { database, scratch: None, is_current: true, _lock: None })
    }

    /// The pull requests of a run whose state may have changed: merged ones stay so.
    pub fn unsettled(&self, run: i64) -> Result<Vec<Opened>, JournalError> {
        let query = "SELECT DISTINCT p.repository, r.name, p.number FROM pull_request AS p \
                     JOIN repository AS r ON r.run = p.run AND r.id = p.repository \
                     LEFT JOIN live AS l ON l.repository = p.repository AND l.number = p.number \
                     WHERE p.run = ?1 AND p.number IS NOT NULL AND l.state IS NOT 'merged' ORDER BY r.name, p.number";
        let mut statement = self.database.prepare_cached(query)?;
        let rows = statement
            .query_map([run], |row| Ok(Opened { repository: row.get(0)?, name: row.get(1)?, number: row.get(2)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Keeps what GitHub said of some pull requests.
    pub fn seen(&mut self, all: &[(&Opened, Seen)], now: u64) -> Result<(), JournalError> {
        let transaction = self.database.transaction()?;
        for (opened, seen) in all {
            transaction.execute(
                "INSERT OR REPLACE INTO live (repository, number, state, closed_by, at) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![opened.repository, opened.number, seen.state, seen.by, now],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Keeps how the pull requests of a run stand now. What doesn't differ from the last time is not kept again.
    pub fn count_states(&mut self, run: i64, now: u64) -> Result<(), JournalError> {
        let query = "SELECT l.state, count(*) FROM live AS l WHERE EXISTS (SELECT 1 FROM pull_request AS p \
                     WHERE p.run = ?1 AND p.repository = l.repository AND p.number = l.number) GROUP BY l.state";
        let mut progress = Progress { run, at: now, open: 0, draft: 0, merged: 0, closed: 0 };
        for count in self.count(query, run)? {
            match count.of.as_str() {
                "open" => progress.open = count.count,
                "draft" => progress.draft = count.count,
                "merged" => progress.merged = count.count,
                _ => progress.closed += count.count,
            }
        }
        let last = self.progress()?.into_iter().rfind(|last| last.run == run);
        if last.is_none_or(|last| Progress { at: now, ..last } != progress) {
            self.database.execute(
                "INSERT OR REPLACE INTO progress (run, at, open, draft, merged, closed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![run, now, progress.open, progress.draft, progress.merged, progress.closed],
            )?;
        }
        Ok(())
    }

    /// What GitHub last said of a pull request; nothing when it wasn't asked.
    pub fn state(&self, repository: u64, number: u64) -> Result<Option<Seen>, JournalError> {
        if !self.is_current {
            return Ok(None);
        }
        let query = "SELECT state, closed_by FROM live WHERE repository = ?1 AND number = ?2";
        let mut statement = self.database.prepare_cached(query)?;
        let seen = |row: &rusqlite::Row<'_>| Ok(Seen { state: row.get(0)?, by: row.get(1)? });
        Ok(statement.query_row(params![repository, number], seen).optional()?)
    }

    /// How pull requests stood over time, the first time first.
    pub fn progress(&self) -> Result<Vec<Progress>, JournalError> {
        if !self.is_current {
            return Ok(Vec::new());
        }
        let query = "SELECT run, at, open, draft, merged, closed FROM progress ORDER BY at, run";
        let mut statement = self.database.prepare_cached(query)?;
        let rows = statement.query_map([], |row| {
            Ok(Progress {
                run: row.get(0)?,
                at: row.get(1)?,
                open: row.get(2)?,
                draft: row.get(3)?,
                merged: row.get(4)?,
                closed: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The number of the dashboard's issue in a repository, as far as this journal knows.
    pub fn dashboard(&self, repository: &str, name: &str) -> Result<Option<u64>, JournalError> {
        let query = "SELECT number FROM dashboard WHERE repository = ?1 AND name = ?2";
        Ok(self.database.query_row(query, params![repository, name], |row| row.get(0)).optional()?)
    }

    /// Remembers it.
    pub fn set_dashboard(&mut self, repository: &str, name: &str, number: u64) -> Result<(), JournalError> {
        let query = "INSERT OR REPLACE INTO dashboard (repository, name, number) VALUES (?1, ?2, ?3)";
        self.database.execute(query, params![repository, name, number])?;
        Ok(())
    }
}
