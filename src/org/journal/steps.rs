//! The steps of a run, each one transaction.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use rusqlite::{OptionalExtension as _, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Journal, JournalError, Stage};
use crate::org::select::Repository;

/// A repository as the journal has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What GitHub said of it.
    pub repository: Repository,
    /// How far it came.
    pub stage: Stage,
    /// Why it is there.
    pub reason: Option<String>,
}

/// What became of one pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// The branch that it comes from.
    pub branch: String,
    /// `created`, `updated`, `unchanged`, `closed`, `skipped` or `failed`.
    pub operation: String,
    /// Its number.
    pub number: Option<u64>,
    /// Its address.
    pub url: Option<String>,
    /// Why it was skipped, closed or failed.
    pub reason: Option<String>,
}

impl Journal {
    /// The run to continue: the last one, if it has this fingerprint and wasn't finished. Else a new one. With it comes
    /// whether its list of repositories is complete.
    pub fn begin(
        &mut self,
        command: &str,
        target: &str,
        fingerprint: &str,
        now: u64,
    ) -> Result<(i64, bool), JournalError> {
        let last = "SELECT id, listed IS NOT NULL FROM run WHERE fingerprint = ?1 AND finished IS NULL \
                    AND id = (SELECT max(id) FROM run)";
        let known = self.database.query_row(last, [fingerprint], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        if let Some(known) = known {
            return Ok(known);
        }
        self.database.execute(
            "INSERT INTO run (command, target, fingerprint, started) VALUES (?1, ?2, ?3, ?4)",
            params![command, target, fingerprint, now],
        )?;
        Ok((self.database.last_insert_rowid(), false))
    }

    /// Takes down a page of the list. What is known already keeps its stage.
    pub fn list(
        &mut self,
        run: i64,
        page: &[(Repository, Stage, Option<String>)],
        now: u64,
    ) -> Result<(), JournalError> {
        let transaction = self.database.transaction()?;
        {
            let mut insert = transaction.prepare_cached(
                "INSERT OR IGNORE INTO repository (run, id, name, listing, stage, reason, updated) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?;
            for (repository, stage, reason) in page {
                let listing = json(repository)?;
                let stage = stage.to_string();
                insert.execute(params![run, repository.id, repository.full_name, listing, stage, reason, now])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// The list is complete.
    pub fn listed(&mut self, run: i64, now: u64) -> Result<(), JournalError> {
        self.database.execute("UPDATE run SET listed = ?2 WHERE id = ?1", params![run, now])?;
        Ok(())
    }

    /// The run has done what it could.
    pub fn finish(&mut self, run: i64, now: u64) -> Result<(), JournalError> {
        self.database.execute("UPDATE run SET finished = ?2 WHERE id = ?1", params![run, now])?;
        Ok(())
    }

    /// Says how far a repository came. Its plan stays.
    pub fn set(&mut self, run: i64, id: u64, stage: Stage, reason: Option<&str>, now: u64) -> Result<(), JournalError> {
        self.database.execute(
            "UPDATE repository SET stage = ?3, reason = ?4, updated = ?5 WHERE run = ?1 AND id = ?2",
            params![run, id, stage.to_string(), reason, now],
        )?;
        Ok(())
    }

    /// Puts every repository of one stage into another.
    pub fn move_all(&mut self, run: i64, from: Stage, to: Stage, now: u64) -> Result<usize, JournalError> {
        let moved = self.database.execute(
            "UPDATE repository SET stage = ?3, reason = NULL, updated = ?4 WHERE run = ?1 AND stage = ?2",
            params![run, from.to_string(), to.to_string(), now],
        )?;
        Ok(moved)
    }

    /// Keeps a repository's plan and says how far it came.
    pub fn keep(
        &mut self,
        run: i64,
        id: u64,
        stage: Stage,
        plan: &impl Serialize,
        now: u64,
    ) -> Result<(), JournalError> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        let plan = encoder.write_all(json(plan)?.as_bytes()).and_then(|()| encoder.finish());
        let plan = plan.map_err(|error| JournalError::Content(error.to_string()))?;
        self.database.execute(
            "UPDATE repository SET stage = ?3, reason = NULL, plan = ?4, updated = ?5 WHERE run = ?1 AND id = ?2",
            params![run, id, stage.to_string(), plan, now],
        )?;
        Ok(())
    }

    /// A repository's plan.
    pub fn plan<T: DeserializeOwned>(&self, run: i64, id: u64) -> Result<Option<T>, JournalError> {
        let plan = "SELECT plan FROM repository WHERE run = ?1 AND id = ?2";
        let bytes = self.database.query_row(plan, params![run, id], |row| row.get::<_, Option<Vec<u8>>>(0));
        let Some(bytes) = bytes.optional()?.flatten() else { return Ok(None) };
        let mut text = String::new();
        let unpacked = ZlibDecoder::new(bytes.as_slice()).read_to_string(&mut text);
        unpacked.map_err(|error| JournalError::Content(error.to_string()))?;
        serde_json::from_str(&text).map(Some).map_err(|error| JournalError::Content(error.to_string()))
    }

    /// Up to `most` repositories of a stage, in the order of their ids, after the id `after`.
    pub fn next(&self, run: i64, stage: Stage, after: u64, most: usize) -> Result<Vec<Row>, JournalError> {
        let query = "SELECT listing, stage, reason FROM repository \
                     WHERE run = ?1 AND stage = ?2 AND id > ?3 ORDER BY id LIMIT ?4";
        let mut statement = self.database.prepare_cached(query)?;
        let mut rows = statement.query(params![run, stage.to_string(), after, most])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
        Ok(found)
    }

    /// A repository by its name.
    pub fn find(&self, run: i64, name: &str) -> Result<Option<Row>, JournalError> {
        let query = "SELECT listing, stage, reason FROM repository WHERE run = ?1 AND name = ?2 COLLATE NOCASE";
        let mut statement = self.database.prepare_cached(query)?;
        let mut rows = statement.query(params![run, name])?;
        rows.next()?.map(read).transpose()
    }

    /// Every repository of a run, by name.
    pub fn each<E: From<JournalError>>(&self, run: i64, mut f: impl FnMut(Row) -> Result<(), E>) -> Result<(), E> {
        let query = "SELECT listing, stage, reason FROM repository WHERE run = ?1 ORDER BY name";
        let failed = |error: rusqlite::Error| E::from(JournalError::Database(error));
        let mut statement = self.database.prepare_cached(query).map_err(failed)?;
        let mut rows = statement.query([run]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            f(read(row)?)?;
        }
        Ok(())
    }

    /// Every repository that was treated in a run since a time (seconds since 1970), by name, as its last run has it.
    pub fn each_since<E: From<JournalError>>(
        &self,
        since: u64,
        mut f: impl FnMut(i64, Row) -> Result<(), E>,
    ) -> Result<(), E> {
        let query = "SELECT listing, stage, reason, max(run) FROM repository \
                     WHERE run IN (SELECT id FROM run WHERE started >= ?1) GROUP BY id ORDER BY name";
        let failed = |error: rusqlite::Error| E::from(JournalError::Database(error));
        let mut statement = self.database.prepare_cached(query).map_err(failed)?;
        let mut rows = statement.query([since]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            f(row.get(3).map_err(failed)?, read(row)?)?;
        }
        Ok(())
    }

    /// What became of the pull requests of a repository in all runs since a time: of each branch the last that changed
    /// something; that it was opened stays said.
    pub fn pull_requests_since(&self, since: u64, id: u64) -> Result<Vec<Sent>, JournalError> {
        let query = "SELECT run FROM pull_request WHERE repository = ?2 \
                     AND run IN (SELECT id FROM run WHERE started >= ?1) GROUP BY run ORDER BY run";
        let mut statement = self.database.prepare_cached(query)?;
        let runs = statement.query_map(params![since, id], |row| row.get::<_, i64>(0))?;
        let mut all: BTreeMap<String, Sent> = BTreeMap::new();
        for run in runs.collect::<Result<Vec<_>, _>>()? {
            for sent in self.pull_requests(run, id)? {
                let known = all.get(&sent.branch).filter(|known| known.number == sent.number);
                let stays = known.is_some_and(|known| match sent.operation.as_str() {
                    "unchanged" => known.operation != "failed",
                    "updated" => known.operation == "created",
                    _ => false,
                });
                if !stays {
                    all.insert(sent.branch.clone(), sent);
                }
            }
        }
        Ok(all.into_values().collect())
    }

    /// Takes down what became of a pull request.
    pub fn sent(&mut self, run: i64, id: u64, sent: &Sent, now: u64) -> Result<(), JournalError> {
        self.database.execute(
            "INSERT OR REPLACE INTO pull_request (run, repository, branch, operation, number, url, reason, at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![run, id, sent.branch, sent.operation, sent.number, sent.url, sent.reason, now],
        )?;
        Ok(())
    }

    /// What became of the pull requests of a repository.
    pub fn pull_requests(&self, run: i64, id: u64) -> Result<Vec<Sent>, JournalError> {
        let query = "SELECT branch, operation, number, url, reason FROM pull_request \
                     WHERE run = ?1 AND repository = ?2 ORDER BY branch";
        let mut statement = self.database.prepare_cached(query)?;
        let rows = statement.query_map(params![run, id], |row| {
            Ok(Sent {
                branch: row.get(0)?,
                operation: row.get(1)?,
                number: row.get(2)?,
                url: row.get(3)?,
                reason: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn json(value: &impl Serialize) -> Result<String, JournalError> {
    serde_json::to_string(value).map_err(|error| JournalError::Content(error.to_string()))
}

fn read(row: &rusqlite::Row<'_>) -> Result<Row, JournalError> {
    let repository = serde_json::from_str(row.get_ref(0)?.as_str().unwrap_or_default());
    let stage = row.get_ref(1)?.as_str().unwrap_or_default().parse();
    Ok(Row {
        repository: repository.map_err(|error| JournalError::Content(error.to_string()))?,
        stage: stage.map_err(JournalError::Content)?,
        reason: row.get(2)?,
    })
}
