//! The local way: a branch with a commit, made by the `git` program, without a token and without a network.
//!
//! Invariants: the work tree and the index of the user are never touched (the commit is made in an index of its own); a
//! branch moves only when all of its commits are terramend's; what was analysed must be what the base holds.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::message::{commit_message, tree_of};
use super::proposal::{FileChange, Proposal};

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is no `git`.
    #[error("git can't be run: {0}\n  hint: install git, or use --patch FILE")]
    Missing(std::io::Error),
    /// git refused.
    #[error("git {0}: {1}")]
    Failed(String, String),
    /// The directory isn't in a work tree.
    #[error("{0} isn't in a git work tree\n  hint: use --patch FILE outside of one")]
    NoWorkTree(String),
    /// The base isn't there.
    #[error("there is no commit `{0}`\n  hint: commit something first, or name another --base")]
    NoBase(String),
    /// A file differs from the base.
    #[error("{path} differs from {base}, so its fix would carry other changes along\n  hint: commit or stash them")]
    Differs {
        /// The file.
        path: String,
        /// The base.
        base: String,
    },
    /// A file isn't in the base, or isn't a plain file there.
    #[error("{path}: {base} holds no such file\n  hint: commit it first; what a submodule holds is fixed there")]
    NotThere {
        /// The file.
        path: String,
        /// The base.
        base: String,
    },
    /// A commit on the branch isn't terramend's.
    #[error(
        "the branch {branch} has a commit that isn't terramend's ({commit}): it stays as it is\n  hint: merge or delete the branch"
    )]
    Foreign {
        /// The branch.
        branch: String,
        /// The first such commit.
        commit: String,
    },
    /// The branch is checked out.
    #[error("the branch {branch} is checked out in {place}\n  hint: switch to another branch there")]
    CheckedOut {
        /// The branch.
        branch: String,
        /// The work tree.
        place: String,
    },
}

/// A work tree.
#[derive(Debug, Clone)]
pub struct WorkTree {
    top: PathBuf,
    /// The directory that was opened, relative to the top and with `/`; empty for the top.
    pub directory: String,
}

/// What became of a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Branch {
    /// It is new.
    Created(String),
    /// It has a new commit in the place of the old ones.
    Updated(String),
    /// It was there already.
    Unchanged(String),
}

impl WorkTree {
    /// The work tree that holds `path`.
    pub fn open(path: &Path) -> Result<Self, GitError> {
        let inside = Self { top: path.to_owned(), directory: String::new() };
        let outside = |error| match error {
            GitError::Failed(_, said) if said.contains("not a git repository") => {
                GitError::NoWorkTree(path.display().to_string())
            }
            error => error,
        };
        let top = inside.text(&["rev-parse", "--show-toplevel"]).map_err(outside)?;
        let directory = inside.text(&["rev-parse", "--show-prefix"])?.trim_end_matches('/').to_owned();
        Ok(Self { top: top.into(), directory })
    }

    /// The address of the remote `origin`, when there is one.
    pub fn origin(&self) -> Option<String> {
        self.text(&["config", "--get", "remote.origin.url"]).ok().filter(|url| !url.is_empty())
    }

    /// Makes or renews the branch of a proposal on top of `base` (`HEAD`, a branch, a commit).
    pub fn publish(&self, proposal: &Proposal, base: &str) -> Result<Branch, GitError> {
        let commit = format!("{base}^{{commit}}");
        let Ok(base_commit) = self.text(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]) else {
            return Err(GitError::NoBase(base.to_owned()));
        };
        let tree = self.tree(&proposal.files, base, &base_commit)?;
        let reference = format!("refs/heads/{}", proposal.branch);
        let old = self.text(&["rev-parse", "--verify", "--quiet", &reference]).ok();
        if let Some(old) = &old {
            self.refuse_foreign(&proposal.branch, &base_commit, old)?;
            if self.text(&["rev-parse", &format!("{old}^{{tree}}")])? == tree {
                return Ok(Branch::Unchanged(old.clone()));
            }
            let place = self.text(&["for-each-ref", "--format=%(worktreepath)", &reference])?;
            if !place.is_empty() {
                return Err(GitError::CheckedOut { branch: proposal.branch.clone(), place });
            }
        }
        let message = commit_message(&proposal.message, &proposal.marker.group, &tree);
        let mut arguments = vec!["commit-tree", &tree, "-p", &base_commit, "-F", "-"];
        if self.text(&["config", "--bool", "--get", "commit.gpgSign"]).is_ok_and(|value| value == "true") {
            arguments.push("-S");
        }
        let new = self.run(&arguments, message.as_bytes(), None)?;
        // Forty zeros: the branch must not be there yet.
        let expected = old.clone().unwrap_or_else(|| "0".repeat(new.len()));
        self.text(&["update-ref", "-m", "terramend", &reference, &new, &expected])?;
        Ok(if old.is_some() { Branch::Updated(new) } else { Branch::Created(new) })
    }

    /// Writes the tree of the base with the files of the proposal.
    fn tree(&self, files: &[FileChange], base: &str, commit: &str) -> Result<String, GitError> {
        let scratch = tempfile::tempdir().map_err(GitError::Missing)?;
        let index = scratch.path().join("index");
        let mut entries = Vec::new();
        for file in files {
            let listed = self.text(&["ls-tree", "-z", "--full-tree", commit, "--", &file.path])?;
            let mut words = listed.split(['\t', ' ', '\0']);
            let (mode, kind, is) = (words.next(), words.next(), words.next());
            let (Some(mode @ ("100644" | "100755")), Some("blob"), Some(is)) = (mode, kind, is) else {
                return Err(GitError::NotThere { path: file.path.clone(), base: base.to_owned() });
            };
            // With `--path` git converts line ends as the attributes of the file say.
            let path = format!("--path={}", file.path);
            if self.run(&["hash-object", "--stdin", &path], &file.before, None)? != is {
                return Err(GitError::Differs { path: file.path.clone(), base: base.to_owned() });
            }
            let blob = self.run(&["hash-object", "-w", "--stdin", &path], &file.after, None)?;
            entries.extend_from_slice(format!("{mode} {blob}\t{}\0", file.path).as_bytes());
        }
        self.run(&["read-tree", commit], &[], Some(&index))?;
        self.run(&["update-index", "-z", "--index-info"], &entries, Some(&index))?;
        self.run(&["write-tree"], &[], Some(&index))
    }

    /// Refuses when a commit on the branch isn't terramend's, or isn't any more.
    fn refuse_foreign(&self, branch: &str, base: &str, head: &str) -> Result<(), GitError> {
        let range = format!("{base}..{head}");
        let commits = self.text(&["rev-list", "--end-of-options", &range])?;
        for commit in commits.lines() {
            let said = self.text(&["show", "-s", "--format=%T%n%B", commit])?;
            let (tree, message) = said.split_once('\n').unwrap_or_default();
            if tree_of(message) != Some(tree) {
                let short = commit.chars().take(10).collect();
                return Err(GitError::Foreign { branch: branch.to_owned(), commit: short });
            }
        }
        Ok(())
    }

    fn text(&self, arguments: &[&str]) -> Result<String, GitError> {
        self.run(arguments, &[], None)
    }

    /// Runs git at the top; its output without the last line ending.
    fn run(&self, arguments: &[&str], input: &[u8], index: Option<&Path>) -> Result<String, GitError> {
        let mut command = Command::new("git");
        // In English: some answers are read.
        command.env("LC_ALL", "C").current_dir(&self.top).args(arguments);
        if let Some(index) = index {
            command.env("GIT_INDEX_FILE", index);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(GitError::Missing)?;
        if let Some(mut stdin) = child.stdin.take() {
            // A git that stops reading says why by its exit code.
            let _ = stdin.write_all(input);
        }
        let output = child.wait_with_output().map_err(GitError::Missing)?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(GitError::Failed(arguments.first().copied().unwrap_or_default().to_owned(), said));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned())
    }
}
