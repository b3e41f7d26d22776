//! Symbolic links of an archive: made only where they lead to a kept file, straight to it.

use std::collections::{BTreeMap, BTreeSet};

/// Links that one path may go through.
const MOST: usize = 16;

/// Where a link leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// To this kept file.
    File(String),
    /// Out of the repository.
    Outside,
    /// To a directory, a file that isn't kept, nothing, or in a circle.
    Nowhere,
}

/// Follows the link at `path` by the names alone, part by part as a system does it. Nothing on disk is asked, and no
/// directory on disk is a link, so that the result holds on disk, too.
pub(super) fn follow(path: &str, links: &BTreeMap<String, String>, files: &BTreeSet<String>) -> Target {
    let mut followed = 0;
    let mut done: Vec<String> = Vec::new();
    // The next part is the last one.
    let mut ahead: Vec<String> = reversed(path);
    while let Some(part) = ahead.pop() {
        if part == ".." {
            if done.pop().is_none() {
                return Target::Outside;
            }
            continue;
        }
        done.push(part);
        if let Some(target) = links.get(&done.join("/")) {
            followed += 1;
            if target.starts_with('/') {
                return Target::Outside;
            }
            if followed > MOST {
                return Target::Nowhere;
            }
            done.pop();
            ahead.extend(reversed(target));
        }
    }
    let at = done.join("/");
    if files.contains(&at) { Target::File(at) } else { Target::Nowhere }
}

fn reversed(path: &str) -> Vec<String> {
    path.rsplit('/').filter(|part| !matches!(*part, "" | ".")).map(str::to_owned).collect()
}

/// The way from the directory of `link` to `file`.
pub(super) fn way(link: &str, file: &str) -> String {
    let depth = link.matches('/').count();
    format!("{}{file}", "../".repeat(depth))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_kept_files_or_nowhere() {
        let links = [
            ("a/providers.tf", "../common/providers.tf"),
            ("again.tf", "a/providers.tf"),
            ("modules", "a/../common"),
            ("through.tf", "modules/providers.tf"),
            ("out.tf", "../../etc/passwd"),
            ("root.tf", "/etc/passwd"),
            ("deep/out", ".."),
            ("sly.tf", "deep/out/../../etc/passwd"),
            ("loop.tf", "pool.tf"),
            ("pool.tf", "loop.tf"),
            ("self.tf", "self.tf"),
            ("gone.tf", "nothing.tf"),
            ("dir.tf", "common"),
        ];
        let links = links.map(|(path, target)| (path.to_owned(), target.to_owned())).into();
        let files = ["common/providers.tf".to_owned()].into();
        let provider = || Target::File("common/providers.tf".into());
        for (path, expected) in [
            ("a/providers.tf", provider()),
            ("again.tf", provider()),
            ("through.tf", provider()),
            ("out.tf", Target::Outside),
            ("root.tf", Target::Outside),
            ("sly.tf", Target::Outside),
            ("loop.tf", Target::Nowhere),
            ("self.tf", Target::Nowhere),
            ("gone.tf", Target::Nowhere),
            ("dir.tf", Target::Nowhere),
        ] {
            assert_eq!(follow(path, &links, &files), expected, "{path}");
        }
        assert_eq!(way("a/b/c.tf", "common/x.tf"), "../../common/x.tf");
    }
}
