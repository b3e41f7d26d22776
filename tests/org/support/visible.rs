//! What people would see on GitHub.

use std::collections::{BTreeMap, BTreeSet};

use super::github::State;

/// Branches but the default one, with their files, and pull requests, by repository. Numbers and ids depend on the order,
/// and are left out.
pub(crate) fn visible(state: &State, owner: &str) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for (name, repository) in &state.world.repositories {
        let Some(short) = name.strip_prefix(owner).and_then(|rest| rest.strip_prefix('/')) else { continue };
        let mut text = String::new();
        for (reference, commit) in repository.references.iter().filter(|(name, _)| *name != "heads/main") {
            let tree = repository.objects.treeish(commit).unwrap();
            let parents = &repository.objects.commit(commit).unwrap().parents;
            let is_on_base = parents == &[repository.references["heads/main"].clone()];
            text += &format!("{reference} {tree} on base: {is_on_base}\n");
        }
        for pull in &repository.pulls {
            text += &format!(
                "{} -> {}: {} open {} draft {} {:?}\n{}\n",
                pull.head, pull.base, pull.title, pull.open, pull.draft, pull.labels, pull.body
            );
        }
        all.insert(short.to_owned(), text.replace(&format!("{owner}/"), "OWNER/"));
    }
    all
}

/// Repositories with open pull requests, and how many each has.
pub(crate) fn open_pulls(state: &State) -> BTreeMap<String, usize> {
    let all = state.world.repositories.iter().map(|(name, repository)| (name.clone(), repository.open().len()));
    all.filter(|(_, count)| *count > 0).collect()
}

/// Branches of terramend without an open pull request.
pub(crate) fn orphans(state: &State) -> BTreeSet<String> {
    let mut orphans = BTreeSet::new();
    for (name, repository) in &state.world.repositories {
        for reference in repository.references.keys().filter(|name| name.starts_with("heads/terramend/")) {
            let branch = reference.trim_start_matches("heads/");
            if !repository.open().iter().any(|pull| pull.head == branch) {
                orphans.insert(format!("{name} {branch}"));
            }
        }
    }
    orphans
}
