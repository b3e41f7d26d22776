//! The tables, and which version of them a file has.

use std::path::Path;

use rusqlite::{Connection, ErrorCode};

use super::JournalError;

/// The version that this program writes. A change of the tables raises it and says in [`create`] what becomes of older
/// ones.
pub(super) const VERSION: i32 = 2;

/// `trmd`: says that the file is a journal and no other database.
const APPLICATION: i32 = 0x7472_6d64;

const TABLES: &str = "
CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  command TEXT NOT NULL,
  target TEXT NOT NULL,      -- what was selected, in words
  fingerprint TEXT NOT NULL, -- of all that decides the result: an unfinished run with the same one is continued
  started INTEGER NOT NULL,  -- seconds since 1970, as all times here
  listed INTEGER,            -- when the list was complete
  finished INTEGER
) STRICT;
CREATE TABLE repository (
  run INTEGER NOT NULL REFERENCES run (id),
  id INTEGER NOT NULL,       -- GitHub's
  name TEXT NOT NULL,
  listing TEXT NOT NULL,     -- what GitHub said of it, as JSON
  stage TEXT NOT NULL,
  reason TEXT,
  plan BLOB,                 -- JSON, compressed
  updated INTEGER NOT NULL,
  PRIMARY KEY (run, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX repository_by_stage ON repository (run, stage);
CREATE TABLE pull_request (
  run INTEGER NOT NULL REFERENCES run (id),
  repository INTEGER NOT NULL,
  branch TEXT NOT NULL,
  operation TEXT NOT NULL,   -- created, updated, unchanged, closed, skipped, failed
  number INTEGER,
  url TEXT,
  reason TEXT,
  at INTEGER NOT NULL,
  PRIMARY KEY (run, repository, branch)
) STRICT, WITHOUT ROWID;
";

/// What version 2 has besides.
const LIVE: &str = "
CREATE TABLE live (          -- what GitHub last said of pull requests
  repository INTEGER NOT NULL,
  number INTEGER NOT NULL,
  state TEXT NOT NULL,       -- open, draft, merged, closed, gone
  closed_by TEXT,
  at INTEGER NOT NULL,
  PRIMARY KEY (repository, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE progress (      -- how many of a run were in which state
  run INTEGER NOT NULL REFERENCES run (id),
  at INTEGER NOT NULL,
  open INTEGER NOT NULL,
  draft INTEGER NOT NULL,
  merged INTEGER NOT NULL,
  closed INTEGER NOT NULL,
  PRIMARY KEY (run, at)
) STRICT, WITHOUT ROWID;
CREATE TABLE dashboard (     -- the issue in a central repository
  repository TEXT NOT NULL,
  name TEXT NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY (repository, name)
) STRICT, WITHOUT ROWID;
ALTER TABLE run ADD COLUMN findings INTEGER; -- at its end
";

/// The version of the tables in a file; 0 for an empty one.
pub(super) fn check(path: &Path, database: &Connection) -> Result<i32, JournalError> {
    let foreign = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => JournalError::Foreign(path.to_owned()),
        _ => JournalError::Database(error),
    };
    let number = |name: &str| database.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i32>(0));
    let tables = database.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
    let is_empty = tables.map_err(foreign)? == 0;
    match (number("application_id")?, number("user_version")?) {
        (0, 0) if is_empty => Ok(0),
        (APPLICATION, found) if found > VERSION => {
            Err(JournalError::Newer { path: path.to_owned(), found, known: VERSION })
        }
        (APPLICATION, found) => Ok(found),
        _ => Err(JournalError::Foreign(path.to_owned())),
    }
}

/// Makes the tables, or those that an older version hasn't, all or none.
pub(super) fn create(database: &Connection) -> Result<(), JournalError> {
    let version: i32 = database.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let missing = match version {
        0 => format!("{TABLES}{LIVE}"),
        1 => LIVE.to_owned(),
        _ => String::new(),
    };
    if !missing.is_empty() {
        database.execute_batch(&format!(
            "BEGIN IMMEDIATE; {missing} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; COMMIT"
        ))?;
    }
    Ok(())
}
