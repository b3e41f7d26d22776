//! Writing files: never half, never over uncommitted work, never outside the tree.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::engine::{ChangedFile, Outcome};

/// Refuses when `root` is in a git work tree with uncommitted changes in what would be treated.
pub(super) fn refuse_dirty_tree(root: &Path) -> anyhow::Result<()> {
    let directory =
        if root.is_dir() { root } else { root.parent().filter(|p| *p != Path::new("")).unwrap_or(Path::new(".")) };
    // In English: the answer is read below.
    let status = Command::new("git")
        .env("LC_ALL", "C")
        .args(["status", "--porcelain", "--untracked-files=normal", "--", "."])
        .current_dir(directory)
        .output();
    // Without git there is no work tree to protect.
    let Ok(output) = status else { return Ok(()) };
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() && !said.contains("not a git repository") {
        bail!(
            "git can't tell whether the work tree has uncommitted changes: {}\n  hint: mend that, or use --allow-dirty",
            said.trim()
        );
    }
    // Outside a work tree files are written.
    if !output.status.success() || output.stdout.is_empty() {
        return Ok(());
    }
    let list = String::from_utf8_lossy(&output.stdout);
    let first: Vec<&str> = list.lines().take(5).collect();
    bail!(
        "the git work tree has uncommitted changes:\n{}\n  hint: commit or stash them, or use --allow-dirty",
        first.join("\n")
    );
}

/// Writes every changed file; when one can't be written, those written before are put back.
pub(super) fn write_all(root: &Path, outcome: &Outcome) -> anyhow::Result<()> {
    let top = root.canonicalize().with_context(|| format!("{}: can't be opened", root.display()))?;
    let mut written: Vec<&ChangedFile> = Vec::new();
    for file in &outcome.changed {
        let result = check(&top, file).and_then(|()| replace(&file.after.path, &file.after.bytes()));
        if let Err(error) = result {
            for done in written {
                let _ = replace(&done.before.path, &done.before.bytes());
            }
            return Err(error).with_context(|| format!("{}: nothing was changed", file.before.display));
        }
        written.push(file);
    }
    Ok(())
}

/// The file must lie in the tree and be as it was when it was read.
fn check(top: &Path, file: &ChangedFile) -> anyhow::Result<()> {
    let real = file.before.path.canonicalize().context("can't be opened")?;
    if !real.starts_with(top) {
        bail!("a symbolic link leads out of the directory");
    }
    if std::fs::read(&real).context("can't be read")? != file.before.bytes() {
        bail!("the file changed while it was treated");
    }
    Ok(())
}

/// Writes beside the file and renames; the mode is kept.
fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let directory = path.parent().context("the file has no directory")?;
    let permissions = std::fs::metadata(path)?.permissions();
    let mut temporary = tempfile::NamedTempFile::new_in(directory).context("can't write beside the file")?;
    temporary.write_all(bytes)?;
    temporary.as_file().set_permissions(permissions)?;
    temporary.as_file().sync_all()?;
    temporary.persist(path)?;
    Ok(())
}
