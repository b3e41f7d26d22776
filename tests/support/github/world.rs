//! What the fake GitHub holds: repositories with git objects, branches, pull requests and their history.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::objects::{Commit, Object, Objects};

/// Everything.
#[derive(Debug, Default)]
pub(crate) struct World {
    /// By `owner/name`.
    pub(crate) repositories: BTreeMap<String, Repository>,
    /// Old names of repositories.
    pub(crate) renamed: BTreeMap<String, String>,
    /// Tokens and who they are.
    pub(crate) tokens: BTreeMap<String, Identity>,
    /// When tokens of installations end; each new one takes the place of the last one then.
    pub(crate) token_ends: Option<String>,
    /// Ids and installations of apps: the app's login.
    pub(crate) apps: BTreeMap<u64, String>,
    pub(crate) next: u64,
}

/// Who a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) login: String,
    pub(crate) writes: bool,
}

/// A repository. What GitHub tells by yes or no is told so here.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Default)]
pub(crate) struct Repository {
    pub(crate) id: u64,
    pub(crate) objects: Objects,
    /// By name, without `refs/`.
    pub(crate) references: BTreeMap<String, String>,
    pub(crate) pulls: Vec<Pull>,
    pub(crate) default_branch: String,
    pub(crate) archived: bool,
    pub(crate) fork: bool,
    /// What it was forked from.
    pub(crate) parent: Option<String>,
    /// So many looks at a new fork find nothing yet.
    pub(crate) not_ready: usize,
    /// Heads of the branches of its forks, by `owner:branch`; renewed before each request.
    pub(crate) outside: BTreeMap<String, String>,
    /// Lists of trees are cut after so many entries.
    pub(crate) longest_tree: Option<usize>,
    /// Branches that begin so can't be made or moved.
    pub(crate) protected: Vec<String>,
    pub(crate) collaborators: BTreeSet<String>,
    pub(crate) allows_auto_merge: bool,
    pub(crate) has_drafts: bool,
    /// The archive, when it isn't made of its files.
    pub(crate) archive: Option<Vec<u8>>,
    /// Custom properties.
    pub(crate) properties: BTreeMap<String, String>,
    /// What GitHub says of it besides, or instead.
    pub(crate) about: Map<String, Value>,
    pub(crate) issues: Vec<Issue>,
}

/// An issue.
#[derive(Debug, Clone, Default)]
pub(crate) struct Issue {
    pub(crate) number: u64,
    pub(crate) author: String,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) open: bool,
}

/// A pull request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pull {
    pub(crate) number: u64,
    pub(crate) author: String,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) head: String,
    pub(crate) head_sha: String,
    pub(crate) base: String,
    pub(crate) open: bool,
    pub(crate) merged: bool,
    pub(crate) draft: bool,
    pub(crate) labels: Vec<String>,
    pub(crate) reviewers: Vec<String>,
    pub(crate) teams: Vec<String>,
    pub(crate) auto_merge: Option<String>,
    /// What happened: the event, and the label, login or slug that it was about.
    pub(crate) events: Vec<(String, String)>,
}

impl World {
    /// What forks share: their objects, and the branches that pull requests may come from.
    pub(crate) fn share(&mut self, name: &str) {
        let Some(parent) = self.repositories.get(name).map(|found| found.parent.clone().unwrap_or(name.to_owned()))
        else {
            return;
        };
        let family = |(name, one): &(&String, &Repository)| **name == parent || one.parent.as_ref() == Some(&parent);
        let all: Vec<(String, Objects)> =
            self.repositories.iter().filter(family).map(|(name, one)| (name.clone(), one.objects.clone())).collect();
        let mut outside = BTreeMap::new();
        for (name, one) in self.repositories.iter().filter(|(_, one)| one.parent.as_ref() == Some(&parent)) {
            let owner = name.split('/').next().unwrap();
            let branches = one.references.iter().filter_map(|(name, id)| Some((name.strip_prefix("heads/")?, id)));
            outside.extend(branches.map(|(branch, id)| (format!("{owner}:{branch}"), id.clone())));
        }
        for (name, _) in &all {
            let one = self.repositories.get_mut(name).unwrap();
            for (_, objects) in &all {
                one.objects.absorb(objects);
            }
            if *name == parent {
                for pull in one.pulls.iter_mut().filter(|pull| pull.open) {
                    if let Some(head) = outside.get(&pull.head) {
                        head.clone_into(&mut pull.head_sha);
                    }
                }
                one.outside.clone_from(&outside);
            }
        }
    }

    /// Forks a repository; who has a fork already gets that one.
    pub(crate) fn fork(&mut self, name: &str, owner: &str) -> String {
        let fork = format!("{owner}/{}", name.split('/').nth(1).unwrap());
        let id = self.next();
        let parent = &self.repositories[name];
        let made = Repository {
            id,
            objects: parent.objects.clone(),
            references: parent
                .references
                .iter()
                .filter(|(name, _)| **name == format!("heads/{}", parent.default_branch))
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect(),
            default_branch: parent.default_branch.clone(),
            fork: true,
            parent: Some(name.to_owned()),
            has_drafts: true,
            not_ready: 2,
            ..Repository::default()
        };
        self.repositories.entry(fork.clone()).or_insert(made);
        fork
    }

    /// A number that nobody has yet; also the time.
    pub(crate) fn next(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// A repository with one commit of these files on `main`; empty without files.
    pub(crate) fn add(&mut self, name: &str, files: &[(&str, &str)]) -> &mut Repository {
        let mut repository = Repository {
            id: self.next(),
            default_branch: "main".into(),
            allows_auto_merge: true,
            has_drafts: true,
            ..Repository::default()
        };
        if !files.is_empty() {
            repository.commit("heads/main", "ada", "first", files);
        }
        self.repositories.insert(name.to_owned(), repository);
        self.repositories.get_mut(name).unwrap()
    }
}

impl Repository {
    /// Commits files on top of a branch, as a person would.
    pub(crate) fn commit(&mut self, reference: &str, login: &str, message: &str, files: &[(&str, &str)]) -> String {
        let parent = self.references.get(reference).cloned();
        let tree = parent.as_ref().and_then(|parent| self.objects.treeish(parent));
        let mut all = tree.map_or_else(BTreeMap::new, |tree| self.objects.files(&tree));
        for (path, text) in files {
            let id = self.objects.add(Object::Blob(text.as_bytes().to_vec()));
            let mode = all.get(*path).map_or("100644".to_owned(), |(mode, _)| mode.clone());
            all.insert((*path).to_owned(), (mode, id));
        }
        let tree = self.objects.write(&all);
        let at = 1_700_000_000 + self.references.len() as u64;
        let commit = Commit {
            tree,
            parents: parent.into_iter().collect(),
            author: login.into(),
            committer: login.into(),
            message: message.into(),
            at,
            signed: false,
        };
        let id = self.objects.add(Object::Commit(commit));
        self.move_to(reference, &id);
        id
    }

    /// Sets the mode of a file of a branch.
    pub(crate) fn set_mode(&mut self, reference: &str, path: &str, mode: &str) {
        let head = self.references[reference].clone();
        let mut files = self.objects.files(&self.objects.treeish(&head).unwrap());
        files.get_mut(path).unwrap().0 = mode.into();
        let tree = self.objects.write(&files);
        let commit = Commit { tree, ..self.objects.commit(&head).unwrap().clone() };
        let id = self.objects.add(Object::Commit(commit));
        self.move_to(reference, &id);
    }

    /// Moves a reference; open pull requests follow.
    pub(crate) fn move_to(&mut self, reference: &str, id: &str) {
        self.references.insert(reference.to_owned(), id.to_owned());
        let branch = reference.trim_start_matches("heads/");
        for pull in self.pulls.iter_mut().filter(|pull| pull.open && pull.head == branch) {
            id.clone_into(&mut pull.head_sha);
        }
    }

    /// Deletes a reference; open pull requests from it close.
    pub(crate) fn delete(&mut self, reference: &str) -> bool {
        let branch = reference.trim_start_matches("heads/");
        for pull in self.pulls.iter_mut().filter(|pull| pull.open && pull.head == branch) {
            pull.open = false;
        }
        self.references.remove(reference).is_some()
    }

    /// Merges a pull request as a squash.
    pub(crate) fn merge(&mut self, number: u64) {
        let pull = self.pulls.iter_mut().find(|pull| pull.number == number).unwrap();
        (pull.open, pull.merged) = (false, true);
        let (head, base) = (pull.head_sha.clone(), format!("heads/{}", pull.base));
        let tree = self.objects.treeish(&head).unwrap();
        let commit = Commit {
            tree,
            parents: vec![self.references[&base].clone()],
            committer: "web-flow".into(),
            ..self.objects.commit(&head).unwrap().clone()
        };
        let id = self.objects.add(Object::Commit(commit));
        self.move_to(&base, &id);
    }

    /// The text of a file on a branch.
    pub(crate) fn read(&self, branch: &str, path: &str) -> Option<String> {
        let head = self.references.get(&format!("heads/{branch}"))?;
        let files = self.objects.files(&self.objects.treeish(head)?);
        Some(String::from_utf8(self.objects.blob(&files.get(path)?.1)?.to_vec()).unwrap())
    }

    pub(crate) fn is_protected(&self, reference: &str) -> bool {
        self.protected.iter().any(|start| reference.trim_start_matches("heads/").starts_with(start.as_str()))
    }

    pub(crate) fn pull(&mut self, number: u64) -> Option<&mut Pull> {
        self.pulls.iter_mut().find(|pull| pull.number == number)
    }

    /// The pull requests that are open.
    pub(crate) fn open(&self) -> Vec<&Pull> {
        self.pulls.iter().filter(|pull| pull.open).collect()
    }
}
