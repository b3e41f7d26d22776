//! A walk over a directory tree, in parallel, that leaves out what is ignored.
//!
//! Each directory is listed once and whole, so that its listing says whether it has rules of its own: asking the file
//! system for each possible file of rules would take longer than the walk. Links are handed over, never followed.

use std::ffi::{OsStr, OsString};
use std::fs::FileType;
use std::io;
use std::path::{Path, PathBuf};

use super::ignored::Rules;
use super::installed::Installed;

/// An entry below the root.
#[derive(Debug)]
pub(super) struct Entry {
    /// Begins with the root as it was given.
    pub(super) path: PathBuf,
    /// Of the entry itself, not of what a link leads to.
    pub(super) kind: FileType,
}

/// What is done on the way; called from several threads, in no order.
pub(super) trait Visitor: Sync {
    /// Whether directories of this name are entered at all.
    fn enters(&self, name: &OsStr) -> bool;
    /// Whether an entry is worth asking the rules about.
    fn matters(&self, name: &OsStr, kind: FileType) -> bool;
    /// Takes an entry that matters and isn't ignored.
    fn visit(&self, entry: &Entry);
    /// Takes an error of a directory that can't be listed.
    fn failed(&self, path: &Path, error: &io::Error);
}

/// A directory on the way: as it was given, and without links, as rules need it.
struct Place {
    path: PathBuf,
    real: PathBuf,
}

/// Walks everything below the directory `root`.
pub(super) fn walk(root: &Path, visitor: &impl Visitor) {
    let real = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let rules = Rules::above(&real);
    let place = Place { path: root.to_owned(), real };
    rayon::scope(|scope| enter(scope, &place, &rules, visitor));
}

fn enter<'s>(scope: &rayon::Scope<'s>, place: &Place, above: &Rules, visitor: &'s impl Visitor) {
    let entries = match list(&place.path) {
        Ok(entries) => entries,
        Err(error) => return visitor.failed(&place.path, &error),
    };
    let names: Vec<_> = entries.iter().map(std::fs::DirEntry::file_name).collect();
    // Files of rules begin with a dot, as few others do.
    let dotted: Vec<_> = names.iter().filter(|name| name.as_encoded_bytes().starts_with(b".")).collect();
    let rules = above.within(&place.real, |name| dotted.iter().any(|known| *known == name));
    let installed = Installed::among(names.iter().map(OsString::as_os_str));
    for (entry, name) in entries.into_iter().zip(names) {
        let kind = match entry.file_type() {
            Ok(kind) => kind,
            Err(error) => {
                visitor.failed(&entry.path(), &error);
                continue;
            }
        };
        let (enters, matters) =
            (kind.is_dir() && !installed.has(&name) && visitor.enters(&name), visitor.matters(&name, kind));
        if !(enters || matters) || rules.cover(&place.real, &name, kind.is_dir()) {
            continue;
        }
        if matters {
            visitor.visit(&Entry { path: entry.path(), kind });
        }
        if enters {
            let (below, rules) = (Place { path: entry.path(), real: place.real.join(&name) }, rules.clone());
            scope.spawn(move |scope| enter(scope, &below, &rules, visitor));
        }
    }
}

fn list(directory: &Path) -> io::Result<Vec<std::fs::DirEntry>> {
    std::fs::read_dir(directory)?.collect()
}
