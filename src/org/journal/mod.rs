//! What a run did, in a file: how it is continued after it was killed, and what it reports.
//!
//! Invariants: every step is one transaction, so that a kill at any instruction loses at most the step that was under
//! way; one process writes at a time, others may read; the schema has a version. It holds no tokens and no secrets of
//! GitHub: addresses, names, findings and diffs.

mod history;
mod lock;
mod schema;
mod steps;

pub use history::{Count, Past};
pub use steps::{Row, Sent};

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::fix::names;

/// How far a repository came in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Named by GitHub; nothing was done.
    Listed,
    /// Left out, with the reason.
    Skipped,
    /// It couldn't be treated, with the reason.
    Failed,
    /// Treated: there is nothing to propose.
    Clean,
    /// Its plan is in the journal.
    Planned,
    /// Its pull requests are as the plan says.
    Published,
}

names!(Stage {
    Listed = "listed",
    Skipped = "skipped",
    Failed = "failed",
    Clean = "clean",
    Planned = "planned",
    Published = "published",
});

/// What is wrong with a journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process writes.
    #[error("{}: another run is using this journal\n  hint: wait for it, or name another file with --journal", .0.display())]
    InUse(PathBuf),
    /// A later version made it.
    #[error("{}: a newer terramend made this journal (version {found}; this one knows {known})\n  hint: update terramend, or name another file with --journal", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i32,
        /// The version that this program writes.
        known: i32,
    },
    /// It isn't one.
    #[error("{}: this file is no journal of terramend\n  hint: name another file with --journal", .0.display())]
    Foreign(PathBuf),
    /// There is none.
    #[error("{}: there is no journal\n  hint: `terramend org plan` or `run` makes one; --journal says where", .0.display())]
    Missing(PathBuf),
    /// It can't be read or written.
    #[error("the journal can't be read or written: {0}")]
    Database(#[from] rusqlite::Error),
    /// What stands in it can't be understood.
    #[error(
        "the journal holds something unknown: {0}\n  hint: name another file with --journal; pull requests are found again on GitHub"
    )]
    Content(String),
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    database: Connection,
    /// Held as long as this process writes.
    _lock: Option<lock::Lock>,
}

impl Journal {
    /// Opens it for writing; makes it when it isn't there.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let lock = lock::Lock::take(path)?;
        let database = Connection::open(path)?;
        schema::check(path, &database)?;
        // What a kill leaves is whole; only a crash of the machine may lose the last steps, which GitHub knows.
        database.pragma_update(None, "journal_mode", "wal")?;
        database.pragma_update(None, "synchronous", "normal")?;
        schema::create(&database)?;
        Ok(Self { database, _lock: Some(lock) })
    }

    /// Opens it for reading, also while another process writes.
    pub fn read(path: &Path) -> Result<Self, JournalError> {
        if !path.is_file() {
            return Err(JournalError::Missing(path.to_owned()));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = Connection::open_with_flags(path, flags)?;
        if schema::check(path, &database)? == 0 {
            return Err(JournalError::Foreign(path.to_owned()));
        }
        database.pragma_update(None, "query_only", true)?;
        Ok(Self { database, _lock: None })
    }
}
