//! What a run did, in a file: how it is continued after it was killed, and what it reports.
//!
//! Invariants: every step is one transaction, so that a kill at any instruction loses at most the step that was under
//! way; one run writes at a time, others may read, and keep what GitHub says meanwhile; the schema has a version. It holds no tokens and no secrets of
//! GitHub: addresses, names, findings and diffs.

mod history;
mod live;
mod lock;
mod prune;
mod schema;
mod scratch;
mod steps;

pub use history::{Count, Past};
pub use live::{Opened, Progress, Seen};
pub use prune::Pruned;
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
    /// What is unpacked has no place.
    #[error("{}.work: this directory can't be made or cleared: {}\n  hint: it is where archives are unpacked; --journal says where the journal and it are", .0.display(), .1)]
    Scratch(PathBuf, std::io::Error),
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
    scratch: Option<scratch::Scratch>,
    /// Whether it has the tables of this version.
    is_current: bool,
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
        let unusable = |error: std::io::Error| JournalError::Scratch(path.to_owned(), error);
        let scratch = scratch::Scratch::beside(path).map_err(unusable)?;
        Ok(Self { database, scratch: Some(scratch), is_current: true, _lock: Some(lock) })
    }

    /// A directory for what a run unpacks: beside the journal, cleared when it is opened and when it is closed. Nothing for
    /// a reader.
    pub fn scratch(&self) -> Result<Option<&Path>, JournalError> {
        let Some(scratch) = &self.scratch else { return Ok(None) };
        let unusable = |error| JournalError::Scratch(PathBuf::from(self.database.path().unwrap_or_default()), error);
        scratch.directory().map(Some).map_err(unusable)
    }

    /// Opens it for reading, also while another process writes.
    pub fn read(path: &Path) -> Result<Self, JournalError> {
        if !path.is_file() {
            return Err(JournalError::Missing(path.to_owned()));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = Connection::open_with_flags(path, flags)?;
        let version = schema::check(path, &database)?;
        if version == 0 {
            return Err(JournalError::Foreign(path.to_owned()));
        }
        database.pragma_update(None, "query_only", true)?;
        Ok(Self { database, scratch: None, is_current: version == schema::VERSION, _lock: None })
    }
}
