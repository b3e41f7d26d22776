//! One writer at a time, told by a lock that the system takes back when the process ends in whatever way.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use super::JournalError;

/// A lock beside the journal. It is a database of its own, so that the journal can still be read.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "holds the lock until it is dropped")] Connection);

impl Lock {
    pub(super) fn take(journal: &Path) -> Result<Self, JournalError> {
        let database = Connection::open(beside(journal))?;
        database.busy_timeout(Duration::ZERO)?;
        match database.execute_batch("BEGIN EXCLUSIVE") {
            Ok(()) => Ok(Self(database)),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                Err(JournalError::InUse(journal.to_owned()))
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn beside(journal: &Path) -> PathBuf {
    let mut name = journal.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}
