//! Which fixes go into one pull request, and what its branch is called.

use std::fmt::Write as _;

use crate::catalogue::{Catalogue, GroupBy};
use crate::finding::Applied;
use crate::fix::Grade;

/// The longest part of a branch's name that is taken from a path or an id, in characters.
const MAX_SLUG: usize = 40;

/// What a pull request holds: fixes of one grade, all of them or those of one part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupKey {
    /// The grade. Safe fixes and those that want a review never go together.
    pub grade: Grade,
    /// By what fixes are told apart.
    pub by: GroupBy,
    /// The family, the module's directory or the control; empty for the whole repository.
    pub part: String,
}

impl GroupKey {
    /// The group of a fix.
    pub fn of(by: GroupBy, grade: Grade, family: &str, module: &str, control: &str) -> Self {
        let part = match by {
            GroupBy::Repository => "",
            GroupBy::Family => family,
            GroupBy::Module => module,
            GroupBy::Control => control,
        };
        Self { grade, by, part: part.to_owned() }
    }

    /// The group of a fix that was applied.
    pub(super) fn of_applied(by: GroupBy, applied: &Applied, catalogue: &Catalogue) -> Self {
        let family = catalogue.find(&applied.control).map_or("", |control| control.family.as_str());
        Self::of(by, applied.grade, family, &applied.module, &applied.control)
    }

    /// Its name: `safe`, `review family encryption`.
    pub fn name(&self) -> String {
        if self.by == GroupBy::Repository {
            self.grade.to_string()
        } else {
            format!("{} {} {}", self.grade, self.by, self.part)
        }
    }

    /// The name of its branch. `directory` is the scanned one, relative to the repository; empty for the top.
    pub fn branch(&self, prefix: &str, directory: &str) -> String {
        let mut branch = format!("{prefix}{}", self.grade);
        if !directory.is_empty() {
            let _ = write!(branch, "--in-{}", slug(directory));
        }
        if self.by != GroupBy::Repository {
            let _ = write!(branch, "--{}-{}", self.by, slug(&self.part));
        }
        branch
    }
}

/// A text as part of a branch's name: lower-case letters, digits and single hyphens. What that loses is told apart by a
/// hash.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars() {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            'A'..='Z' => slug.push(c.to_ascii_lowercase()),
            _ if slug.ends_with('-') || slug.is_empty() => {}
            _ => slug.push('-'),
        }
    }
    slug.truncate(MAX_SLUG);
    let slug = slug.trim_end_matches('-');
    match slug {
        _ if slug == text => slug.to_owned(),
        "" => format!("{:08x}", hash(text)),
        _ => format!("{slug}-{:08x}", hash(text)),
    }
}

/// FNV-1a, 32 bits: the same in every version of the program, as the names of branches must be.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_follow_from_the_group_alone_and_differ_between_groups() {
        let branch = |by, part: &str, directory: &str| {
            GroupKey { grade: Grade::Safe, by, part: part.into() }.branch("terramend/", directory)
        };
        assert_eq!(branch(GroupBy::Repository, "", ""), "terramend/safe");
        assert_eq!(branch(GroupBy::Family, "encryption", ""), "terramend/safe--family-encryption");
        assert_eq!(branch(GroupBy::Control, "s3-versioning", ""), "terramend/safe--control-s3-versioning");
        let all = [
            branch(GroupBy::Repository, "", ""),
            branch(GroupBy::Module, ".", ""),
            branch(GroupBy::Module, "a/b", ""),
            branch(GroupBy::Module, "a-b", ""),
            branch(GroupBy::Module, "A-b", ""),
            branch(GroupBy::Module, "größe", ""),
            branch(GroupBy::Module, &"long/".repeat(40), ""),
            branch(GroupBy::Module, &"long/".repeat(41), ""),
            branch(GroupBy::Repository, "", "a/b"),
            branch(GroupBy::Family, "b", "a"),
            branch(GroupBy::Repository, "", "a--family-b"),
        ];
        let unique: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(unique.len(), all.len(), "{all:?}");
        for branch in &all {
            let known = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '/';
            assert!(branch.chars().all(known) && branch.len() < 150 && !branch.ends_with('-'), "{branch}");
        }
    }

    #[test]
    fn the_hash_is_the_published_one() {
        // Test vectors of the FNV reference code.
        assert_eq!((hash(""), hash("a"), hash("foobar")), (0x811c_9dc5, 0xe40c_292c, 0xbf9c_f968));
    }
}
