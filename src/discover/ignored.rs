//! What `.gitignore`, `.ignore` and git's excludes keep out of a scan.
//!
//! The rules are those of the crate `ignore`, whose matchers decide here too. What is different is when: its walk
//! compiles the patterns of every file that it meets, and in a large repository that takes longer than all reading and
//! parsing of configuration. Here a file's patterns are compiled when a name turns up that one of them may match, and
//! only names that matter are asked about.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

use ignore::gitignore::gitconfig_excludes_path;

use super::patterns::{Asked, Known, Patterns};

/// The files of patterns in one directory, the strongest first: the name that shows in a listing, and the path.
const FILES: [(&str, &str); 3] = [(".ignore", ".ignore"), (".gitignore", ".gitignore"), (".git", ".git/info/exclude")];

/// The rules that hold in one directory: its own and those of the directories above it.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    level: Option<Arc<Level>>,
    global: Arc<Option<Patterns>>,
    known: Arc<Known>,
}

impl Rules {
    /// The rules above `root`, a path without links.
    pub(super) fn above(root: &Path) -> Self {
        let known = Arc::<Known>::default();
        let here = std::env::current_dir().unwrap_or_default();
        let global = gitconfig_excludes_path().and_then(|path| Patterns::read(here, &path, &known));
        let mut rules = Self { level: None, global: Arc::new(global), known };
        let mut parents: Vec<_> = root.ancestors().skip(1).collect();
        parents.reverse();
        for parent in parents {
            rules = rules.within(parent, |_| true);
        }
        rules
    }

    /// The rules in a directory below; `holds` says whether there may be an entry of a name in it.
    pub(super) fn within(&self, directory: &Path, holds: impl Fn(&str) -> bool) -> Self {
        let patterns = FILES.map(|(name, path)| {
            holds(name).then(|| Patterns::read(directory.to_owned(), &directory.join(path), &self.known)).flatten()
        });
        if patterns.iter().all(Option::is_none) {
            return self.clone();
        }
        let level = Level { above: self.level.clone(), patterns };
        Self { level: Some(Arc::new(level)), ..self.clone() }
    }

    /// Whether an entry of the directory is left out.
    pub(super) fn cover(&self, directory: &Path, name: &OsStr, is_directory: bool) -> bool {
        let asked = Asked { directory, name, is_directory };
        let decided = (0..FILES.len()).find_map(|kind| self.level.as_ref()?.decide(kind, &asked));
        decided.or_else(|| self.global.as_ref().as_ref()?.decide(&asked)).unwrap_or(false)
    }
}

/// The rules of one directory and of those above it.
#[derive(Debug)]
struct Level {
    above: Option<Arc<Self>>,
    patterns: [Option<Patterns>; FILES.len()],
}

impl Level {
    /// What the files of one kind say, the innermost first.
    fn decide(&self, kind: usize, asked: &Asked<'_>) -> Option<bool> {
        let own = self.patterns[kind].as_ref().and_then(|patterns| patterns.decide(asked));
        own.or_else(|| self.above.as_ref()?.decide(kind, asked))
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn write(root: &Path, files: &[(&str, &str)]) {
        for (name, text) in files {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }

    /// Takes everything.
    struct All<'a>(&'a std::sync::Mutex<Vec<PathBuf>>);

    impl crate::discover::walk::Visitor for All<'_> {
        fn enters(&self, _: &OsStr) -> bool {
            true
        }
        fn matters(&self, _: &OsStr, _: std::fs::FileType) -> bool {
            true
        }
        fn visit(&self, entry: &crate::discover::walk::Entry) {
            self.0.lock().unwrap().push(entry.path.clone());
        }
        fn failed(&self, path: &Path, error: &std::io::Error) {
            panic!("{}: {error}", path.display());
        }
    }

    /// What the walk of the crate finds below a directory, and what is found with these rules.
    fn both(root: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
        let mut theirs: Vec<_> = ignore::WalkBuilder::new(root)
            .hidden(false)
            .require_git(false)
            .build()
            .map(|entry| entry.unwrap().into_path())
            .collect();
        let ours = std::sync::Mutex::new(vec![root.to_owned()]);
        crate::discover::walk::walk(root, &All(&ours));
        let mut ours = ours.into_inner().unwrap();
        theirs.sort();
        ours.sort();
        (theirs, ours)
    }

    #[test]
    fn the_walk_of_the_crate_is_the_rule() {
        let folder = tempfile::tempdir().unwrap();
        write(
            folder.path(),
            &[
                (".gitignore", "\u{feff}*.js\n!keep.js\nbuild/\n/only-here\ndeep/**/x\n# no\n[ab].tf\n"),
                ("a.js", ""),
                ("keep.js", ""),
                ("a.tf", ""),
                ("c.tf", ""),
                ("build/main.tf", ""),
                ("only-here/main.tf", ""),
                ("inner/only-here/main.tf", ""),
                ("inner/deep/er/x/main.tf", ""),
                ("inner/.gitignore", "!b.js\n*.tfvars  \n"),
                ("inner/b.js", ""),
                ("inner/c.js", ""),
                ("inner/x.tfvars", ""),
                ("inner/.ignore", "!x.tfvars\nsecret\n"),
                ("inner/secret/main.tf", ""),
                ("own/.git/info/exclude", "left-out\n"),
                ("own/.gitignore", ""),
                ("own/a.js", ""),
                ("own/left-out", ""),
                ("own/below/left-out/main.tf", ""),
            ],
        );
        let (theirs, ours) = both(folder.path());
        assert_eq!(theirs, ours);
        assert!(
            ours.iter().any(|path| path.ends_with("inner/b.js"))
                && !ours.iter().any(|path| path.ends_with("inner/c.js"))
        );
        // The rules of directories above the root hold.
        let (theirs, ours) = both(&folder.path().join("inner"));
        assert_eq!(theirs, ours);
        assert!(!ours.iter().any(|path| path.ends_with("c.js")));
    }
}
