//! Git objects with the ids that git gives to them.

use std::collections::BTreeMap;

use sha1::{Digest as _, Sha1};

/// An object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Object {
    Blob(Vec<u8>),
    /// Name to mode and id.
    Tree(BTreeMap<String, (String, String)>),
    Commit(Commit),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Commit {
    pub(crate) tree: String,
    pub(crate) parents: Vec<String>,
    pub(crate) author: String,
    pub(crate) committer: String,
    pub(crate) message: String,
    /// Seconds since 1970.
    pub(crate) at: u64,
    pub(crate) signed: bool,
}

/// The address that GitHub gives to a login.
pub(crate) fn email(login: &str) -> String {
    format!("{login}@users.noreply.github.com")
}

impl Object {
    fn kind(&self) -> &'static str {
        match self {
            Self::Blob(_) => "blob",
            Self::Tree(_) => "tree",
            Self::Commit(_) => "commit",
        }
    }

    fn content(&self) -> Vec<u8> {
        match self {
            Self::Blob(bytes) => bytes.clone(),
            Self::Tree(entries) => {
                let mut sorted: Vec<_> = entries.iter().collect();
                // Git sorts directories as if their names ended in a slash.
                let key = |name: &str, mode: &str| if mode == "040000" { format!("{name}/") } else { name.to_owned() };
                sorted.sort_by_key(|(name, (mode, _))| key(name, mode));
                let mut out = Vec::new();
                for (name, (mode, id)) in sorted {
                    out.extend(format!("{} {name}\0", mode.trim_start_matches('0')).into_bytes());
                    let byte = |i: usize| u8::from_str_radix(&id[i..i + 2], 16).unwrap();
                    out.extend((0..40).step_by(2).map(byte));
                }
                out
            }
            Self::Commit(commit) => {
                let mut text = format!("tree {}\n", commit.tree);
                for parent in &commit.parents {
                    text.push_str(&format!("parent {parent}\n"));
                }
                for (role, login) in [("author", &commit.author), ("committer", &commit.committer)] {
                    text.push_str(&format!("{role} {login} <{}> {} +0000\n", email(login), commit.at));
                }
                if commit.signed {
                    text.push_str("gpgsig (signed)\n");
                }
                (text + "\n" + &commit.message).into_bytes()
            }
        }
    }

    pub(crate) fn id(&self) -> String {
        let content = self.content();
        let mut hash = Sha1::new();
        hash.update(format!("{} {}\0", self.kind(), content.len()));
        hash.update(&content);
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// All objects of a repository.
#[derive(Debug, Default, Clone)]
pub(crate) struct Objects(BTreeMap<String, Object>);

impl Objects {
    /// Takes over what another one holds.
    pub(crate) fn absorb(&mut self, other: &Self) {
        self.0.extend(other.0.iter().map(|(id, object)| (id.clone(), object.clone())));
    }

    pub(crate) fn add(&mut self, object: Object) -> String {
        let id = object.id();
        self.0.insert(id.clone(), object);
        id
    }

    pub(crate) fn commit(&self, id: &str) -> Option<&Commit> {
        match self.0.get(id) {
            Some(Object::Commit(commit)) => Some(commit),
            _ => None,
        }
    }

    pub(crate) fn tree(&self, id: &str) -> Option<&BTreeMap<String, (String, String)>> {
        match self.0.get(id) {
            Some(Object::Tree(entries)) => Some(entries),
            _ => None,
        }
    }

    pub(crate) fn blob(&self, id: &str) -> Option<&[u8]> {
        match self.0.get(id) {
            Some(Object::Blob(bytes)) => Some(bytes),
            _ => None,
        }
    }

    /// The id of a tree that a tree or a commit is, or has.
    pub(crate) fn treeish(&self, id: &str) -> Option<String> {
        match self.0.get(id)? {
            Object::Tree(_) => Some(id.to_owned()),
            Object::Commit(commit) => Some(commit.tree.clone()),
            Object::Blob(_) => None,
        }
    }

    /// Every file below a tree: path to mode and id.
    pub(crate) fn files(&self, tree: &str) -> BTreeMap<String, (String, String)> {
        let mut all = BTreeMap::new();
        for (name, (mode, id)) in self.tree(tree).into_iter().flatten() {
            if mode == "040000" {
                all.extend(self.files(id).into_iter().map(|(path, file)| (format!("{name}/{path}"), file)));
            } else {
                all.insert(name.clone(), (mode.clone(), id.clone()));
            }
        }
        all
    }

    /// Writes the trees of some files.
    pub(crate) fn write(&mut self, files: &BTreeMap<String, (String, String)>) -> String {
        let mut entries = BTreeMap::new();
        let mut below: BTreeMap<String, BTreeMap<String, (String, String)>> = BTreeMap::new();
        for (path, file) in files {
            match path.split_once('/') {
                Some((directory, rest)) => {
                    below.entry(directory.to_owned()).or_default().insert(rest.to_owned(), file.clone());
                }
                None => {
                    entries.insert(path.clone(), file.clone());
                }
            }
        }
        for (directory, files) in below {
            let id = self.write(&files);
            entries.insert(directory, ("040000".to_owned(), id));
        }
        self.add(Object::Tree(entries))
    }

    /// A commit and all before it.
    pub(crate) fn history(&self, head: &str) -> Vec<String> {
        let mut all = Vec::new();
        let mut open = vec![head.to_owned()];
        while let Some(id) = open.pop() {
            if !all.contains(&id) {
                open.extend(self.commit(&id).into_iter().flat_map(|commit| commit.parents.clone()));
                all.push(id);
            }
        }
        all
    }
}
