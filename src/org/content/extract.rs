//! Which entries of an archive become files, and where.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::links::{self, Target};
use super::relevant::{Relevance, relevance};
use super::tar::{Entry, Kind};
use super::{Content, ContentError, Limits, is_strange, shown};
use crate::diagnostic::Diagnostic;
use crate::discover::is_terraform;

/// An archive that is being unpacked.
pub(super) struct Extraction<'a> {
    limits: &'a Limits,
    directory: tempfile::TempDir,
    entries: u64,
    bytes: u64,
    files: BTreeSet<String>,
    links: BTreeMap<String, String>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Extraction<'a> {
    pub(super) fn new(limits: &'a Limits, parent: &Path) -> Result<Self, ContentError> {
        Ok(Self {
            limits,
            directory: tempfile::Builder::new().prefix("terramend-").tempdir_in(parent)?,
            entries: 0,
            bytes: 0,
            files: BTreeSet::new(),
            links: BTreeMap::new(),
            diagnostics: Vec::new(),
        })
    }

    /// Takes or leaves an entry.
    pub(super) fn take(&mut self, entry: &Entry, content: &mut impl Read) -> Result<(), ContentError> {
        self.entries += 1;
        if self.entries > self.limits.entries {
            return Err(too_many("entries", self.limits.entries));
        }
        let Some(path) = inner(&entry.path)? else { return Ok(()) };
        if entry.kind == Kind::Directory {
            return Ok(());
        }
        // What can't be shown or named everywhere is told apart before anything is made of it.
        let Some(path) = self.usable(path) else { return Ok(()) };
        // A link to a directory may stand in the way that another one takes.
        if relevance(path) == Relevance::None && entry.kind != Kind::Symlink {
            return Ok(());
        }
        match entry.kind {
            Kind::File if entry.size > self.limits.file => {
                self.leave(path, &format!("{} MiB is too large", entry.size >> 20));
                Ok(())
            }
            Kind::File => self.keep(path, entry, content),
            Kind::Symlink => {
                let target = String::from_utf8_lossy(&entry.link).into_owned();
                if self.links.len() >= self.limits.files {
                    return Err(too_many("links", self.limits.files as u64));
                }
                match self.links.insert(path.to_owned(), target) {
                    Some(_) => Err(ContentError::Twice(path.to_owned())),
                    None => Ok(()),
                }
            }
            _ => {
                self.leave(path, "it is neither a file nor a link");
                Ok(())
            }
        }
    }

    /// A path that can be shown and that every system can have; else the reader is told.
    fn usable<'p>(&mut self, path: &'p [u8]) -> Option<&'p str> {
        let text = std::str::from_utf8(path).ok();
        let reserved: &[char] = if cfg!(windows) { &['\\', ':', '*', '?', '"', '<', '>', '|'] } else { &['\\'] };
        let strange = |text: &str| text.chars().any(|c| is_strange(c) || reserved.contains(&c));
        let why = match text {
            None => "its name is not valid UTF-8",
            Some(_) if path.len() > self.limits.path => "its path is too long",
            Some(text) if text.matches('/').count() > self.limits.depth => "it lies too deep",
            Some(text) if strange(text) => "its name has characters that no file should have",
            Some(text) => return Some(text),
        };
        let shown = shown(path);
        if relevance(&String::from_utf8_lossy(path)) == Relevance::Configuration {
            self.diagnostics.push(Diagnostic::error(shown, format!("{why}: not read"), "rename the file"));
        }
        None
    }

    /// Leaves a file out, and says so where it would have been judged.
    fn leave(&mut self, path: &str, why: &str) {
        if is_terraform(path.rsplit('/').next().unwrap_or_default()) {
            let hint = "generated or data files do not belong among the configuration";
            self.diagnostics.push(Diagnostic::error(path, format!("{why}: not read"), hint));
        }
    }

    fn keep(&mut self, path: &str, entry: &Entry, content: &mut impl Read) -> Result<(), ContentError> {
        if self.files.len() >= self.limits.files {
            return Err(too_many("files", self.limits.files as u64));
        }
        self.bytes += entry.size;
        if self.bytes > self.limits.kept {
            let limit = format!("{} MiB", self.limits.kept >> 20);
            let hint = "clone the repository and run `terramend pr` in its directories";
            return Err(ContentError::TooMuch { what: "more configuration and code than is kept".into(), limit, hint });
        }
        let target = self.place(path)?;
        // Never over something that is there: two names that a file system takes for one.
        let mut file = OpenOptions::new().write(true).create_new(true).open(&target).map_err(|e| collision(path, e))?;
        if std::io::copy(content, &mut file)? < entry.size {
            return Err(ContentError::Damaged("it ends within a file".into()));
        }
        #[cfg(unix)]
        if entry.executable {
            use std::os::unix::fs::PermissionsExt as _;
            file.set_permissions(fs::Permissions::from_mode(0o755))?;
        }
        self.files.insert(path.to_owned());
        Ok(())
    }

    /// The place of a file, with the directories above it made.
    fn place(&self, path: &str) -> Result<PathBuf, ContentError> {
        let target = self.directory.path().join(path);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(|error| collision(path, error))?;
        }
        Ok(target)
    }

    /// Makes the links, and hands over.
    pub(super) fn finish(mut self, commit: Option<String>) -> Result<Content, ContentError> {
        // No link is on disk while files are written: nothing can be written through one.
        for path in self.links.keys().cloned().collect::<Vec<_>>() {
            match links::follow(&path, &self.links, &self.files) {
                _ if relevance(&path) == Relevance::None => {}
                Target::File(file) => self.link(&path, &file)?,
                Target::Outside => self.leave(&path, "a symbolic link leads out of the repository"),
                Target::Nowhere => self.leave(&path, "a symbolic link leads to no file of the repository"),
            }
        }
        let is_commit = |text: &String| matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit());
        Ok(Content {
            commit: commit.filter(is_commit),
            files: self.files.len(),
            bytes: self.bytes,
            diagnostics: self.diagnostics,
            directory: self.directory,
        })
    }

    #[cfg(unix)]
    fn link(&self, path: &str, file: &str) -> Result<(), ContentError> {
        let place = self.place(path)?;
        std::os::unix::fs::symlink(links::way(path, file), place).map_err(|error| collision(path, error))
    }

    /// Without the right to make links a copy that nobody may edit would pass for the file: it is left out.
    #[cfg(not(unix))]
    fn link(&mut self, path: &str, _: &str) -> Result<(), ContentError> {
        self.leave(path, "symbolic links can't be made on this system");
        Ok(())
    }
}

fn too_many(what: &str, limit: u64) -> ContentError {
    let hint = "clone the repository and run `terramend pr` in its directories";
    ContentError::TooMuch { what: format!("too many {what}"), limit: limit.to_string(), hint }
}

fn collision(path: &str, error: std::io::Error) -> ContentError {
    match error.kind() {
        std::io::ErrorKind::AlreadyExists | std::io::ErrorKind::NotADirectory | std::io::ErrorKind::IsADirectory => {
            ContentError::Twice(path.to_owned())
        }
        _ => ContentError::Io(error),
    }
}

/// The path below the archive's top directory; nothing for that itself. One that leads out ends everything.
fn inner(path: &[u8]) -> Result<Option<&[u8]>, ContentError> {
    let parts = path.split(|byte| *byte == b'/');
    let outside = path.starts_with(b"/") || parts.clone().any(|part| part == b"..");
    if outside || path.contains(&0) {
        return Err(ContentError::Outside(shown(path)));
    }
    let start = parts.clone().next().map_or(0, <[u8]>::len) + 1;
    Ok(path.get(start..).filter(|inner| !inner.is_empty() && !inner.starts_with(b"/")))
}
