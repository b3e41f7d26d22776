//! The files of a folder that may be code.

use std::path::Path;

use crate::iam::usage::SourceSet;

/// More files than these are no function of somebody's own.
const MAX_FILES: usize = 5_000;
/// Bytes of one file that is read; a larger one is left out, so that an import of it is refused.
pub(super) const MAX_FILE: u64 = 2 * 1024 * 1024;
/// Bytes of all files.
pub(super) const MAX_TOTAL: u64 = 32 * 1024 * 1024;
/// Folders that hold no source.
const SKIPPED: [&str; 6] = [".git", "__pycache__", "node_modules", ".terraform", ".venv", "cdk.out"];

/// Whether a file may be code or decides how code is read.
pub(super) fn may_be_code(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    matches!(end, "py" | "js" | "mjs" | "cjs" | "jsx" | "ts" | "mts" | "cts" | "tsx" | "go" | "java")
        || matches!(name, "package.json" | "go.mod")
}

/// Whether a file is of Go's source.
pub(super) fn is_go(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|end| end == "go")
}

/// Copies of other modules that Go builds with; what they are called says enough.
fn is_vendored(path: &str) -> bool {
    is_go(path) && (path.starts_with("vendor/") || path.contains("/vendor/"))
}

/// Reads a folder of source. Links are not followed.
pub fn read_folder(folder: &Path) -> Result<SourceSet, String> {
    let mut found = Reader { set: SourceSet::default(), total: 0 };
    found.read(folder, "")?;
    Ok(found.set)
}

struct Reader {
    set: SourceSet,
    total: u64,
}

impl Reader {
    fn read(&mut self, folder: &Path, prefix: &str) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
        let mut entries: Vec<_> =
            std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(failed)?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type().map_err(failed)?;
            let path = format!("{prefix}{name}");
            if kind.is_dir() && !SKIPPED.contains(&name.as_str()) {
                self.read(&entry.path(), &format!("{path}/"))?;
            } else if kind.is_file() && may_be_code(&path) && !is_vendored(&path) {
                self.add(&entry.path(), path)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, file: &Path, path: String) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("{}: {error}", file.display());
        let length = std::fs::metadata(file).map_err(failed)?.len();
        if length > MAX_FILE {
            return Ok(());
        }
        self.total += length;
        if self.set.files.len() >= MAX_FILES || self.total > MAX_TOTAL {
            return Err(format!("{} holds too much to be one function's source", file.display()));
        }
        self.set.files.insert(path, std::fs::read(file).map_err(failed)?.into());
        Ok(())
    }
}
