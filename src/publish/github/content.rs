//! What a repository holds: ids as git makes them, entries of trees, and the base that fixes were made for.

use std::collections::{BTreeMap, BTreeSet};

use sha1::{Digest as _, Sha1};

use super::error::GithubError;
use super::plan::PlanError;
use super::remote::Remote;
use crate::publish::proposal::Proposal;

/// Where pull requests go to.
#[derive(Debug, Clone)]
pub struct Base {
    /// The branch.
    pub branch: String,
    /// Its head.
    pub sha: String,
    /// The head's tree.
    pub tree: String,
    /// The modes of the files that change, by path.
    pub modes: BTreeMap<String, String>,
}

/// A file in a tree.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) mode: String,
    pub(super) sha: String,
}

/// The id that git gives to a file's content.
pub fn blob(bytes: &[u8]) -> String {
    let mut hash = Sha1::new();
    hash.update(format!("blob {}\0", bytes.len()));
    hash.update(bytes);
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads the base and checks that it holds what was analysed.
pub(super) async fn read(
    remote: &Remote,
    branch: String,
    sha: String,
    proposals: &[Proposal],
) -> Result<Base, PlanError> {
    let commit = remote.commit(&sha).await?;
    let files = || proposals.iter().flat_map(|proposal| &proposal.files);
    let paths: BTreeSet<&str> = files().map(|file| file.path.as_str()).collect();
    let found = entries(remote, &commit.tree.sha, paths.into_iter()).await?;
    let mut modes = BTreeMap::new();
    for file in files() {
        match found.get(&file.path) {
            Some(is) if is.sha == blob(&file.before) && is.mode.starts_with("100") => {
                modes.insert(file.path.clone(), is.mode.clone());
            }
            _ => {
                let (path, repository) = (file.path.clone(), remote.name().to_owned());
                return Err(PlanError::Differs { path, repository, branch });
            }
        }
    }
    Ok(Base { branch, sha, tree: commit.tree.sha, modes })
}

/// The entries of some paths in a tree. GitHub cuts the list of a large tree: then it is read directory by directory.
pub(super) async fn entries(
    remote: &Remote,
    tree: &str,
    paths: impl Iterator<Item = &str>,
) -> Result<BTreeMap<String, File>, GithubError> {
    let wanted: BTreeSet<&str> = paths.collect();
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let whole = remote.tree(tree, true).await?;
    if !whole.truncated {
        let files = whole.entries.into_iter().filter(|entry| wanted.contains(entry.path.as_str()));
        return Ok(files.filter_map(|entry| Some((entry.path, File { mode: entry.mode, sha: entry.sha? }))).collect());
    }
    let mut open = vec![(String::new(), tree.to_owned())];
    let mut found = BTreeMap::new();
    while let Some((directory, sha)) = open.pop() {
        for entry in remote.tree(&sha, false).await?.entries {
            let (path, Some(sha)) = (format!("{directory}{}", entry.path), entry.sha) else { continue };
            let below = format!("{path}/");
            if entry.mode == "040000" && wanted.iter().any(|wanted| wanted.starts_with(&below)) {
                open.push((below, sha));
            } else if wanted.contains(path.as_str()) {
                found.insert(path, File { mode: entry.mode, sha });
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_git() {
        // `printf 'hello\n' | git hash-object --stdin`
        assert_eq!(blob(b"hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a");
        assert_eq!(blob(b""), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
    }
}
