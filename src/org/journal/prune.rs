//! Forgets old runs.

use rusqlite::params;

use super::{Journal, JournalError};

/// What is forgotten: of the numbers of runs, and since when not.
const OLD: &str = "started < ?2 AND id NOT IN (SELECT id FROM run ORDER BY id DESC LIMIT ?1)";

/// What was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pruned {
    /// Runs.
    pub runs: usize,
    /// Bytes by which the file became smaller.
    pub bytes: u64,
}

impl Journal {
    /// Forgets all runs but the last `keep` (at least one) and those that began at `since` (seconds since 1970) or later,
    /// and makes the file smaller.
    pub fn prune(&mut self, keep: usize, since: u64) -> Result<Pruned, JournalError> {
        let before = self.size()?;
        let transaction = self.database.transaction()?;
        for table in ["repository", "pull_request", "progress"] {
            let of_old = format!("DELETE FROM {table} WHERE run IN (SELECT id FROM run WHERE {OLD})");
            transaction.execute(&of_old, params![keep.max(1), since])?;
        }
        let runs = transaction.execute(&format!("DELETE FROM run WHERE {OLD}"), params![keep.max(1), since])?;
        transaction.execute(
            "DELETE FROM live WHERE NOT EXISTS (SELECT 1 FROM pull_request AS p \
             WHERE p.repository = live.repository AND p.number = live.number)",
            [],
        )?;
        transaction.commit()?;
        self.database.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")?;
        Ok(Pruned { runs, bytes: before.saturating_sub(self.size()?) })
    }

    fn size(&self) -> Result<u64, JournalError> {
        let number = |name: &str| self.database.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, u64>(0));
        Ok(number("page_count")? * number("page_size")?)
    }
}
