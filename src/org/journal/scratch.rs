//! Where a run unpacks archives: beside its journal, so that the next one that holds it clears what a kill left.

use std::path::{Path, PathBuf};

/// A directory that is there when it is asked for, and goes away with the journal.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// Beside a journal that this process holds. Clears it.
    pub(super) fn beside(journal: &Path) -> std::io::Result<Self> {
        let mut name = journal.as_os_str().to_owned();
        name.push(".work");
        let scratch = Self(name.into());
        scratch.clear()?;
        Ok(scratch)
    }

    pub(super) fn directory(&self) -> std::io::Result<&Path> {
        std::fs::create_dir_all(&self.0)?;
        Ok(&self.0)
    }

    fn clear(&self) -> std::io::Result<()> {
        match std::fs::remove_dir_all(&self.0) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What can't be removed now is removed by the next run.
        drop(self.clear());
    }
}
