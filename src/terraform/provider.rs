//! Which AWS provider a module gets: constraints, the lock file, and the other modules below the same root.

use std::collections::HashMap;

use super::declare::Declared;
use crate::model::{InstanceId, Project, Version, highest};
use crate::source::SourceFile;

/// One provider serves a root module and all that it calls: the highest that each of them allows.
pub(super) fn share(project: &mut Project) {
    let mut shared: HashMap<InstanceId, Version> = HashMap::new();
    for instance in &project.instances {
        let own = project.modules[instance.module.0 as usize].provider;
        shared.entry(instance.root).and_modify(|lowest| *lowest = own.min(*lowest)).or_insert(own);
    }
    for instance in &mut project.instances {
        instance.provider = shared[&instance.root];
    }
}

/// The highest version that a module itself allows.
pub(super) fn allowed(files: &[SourceFile], declared: &Declared<'_>) -> Version {
    let lowest = declared.constraints.iter().map(|constraint| highest(constraint)).min();
    let locked = declared.files.first().and_then(|file| locked_version(&files[file.0 as usize]));
    locked.or(lowest).unwrap_or(Version::UNBOUNDED).min(Version::NEWEST_PROVIDER)
}

/// The version in `.terraform.lock.hcl` beside a file.
fn locked_version(file: &SourceFile) -> Option<Version> {
    let text = std::fs::read_to_string(file.directory().join(".terraform.lock.hcl")).ok()?;
    let body = crate::hcl::parse_body(&text).ok()?;
    let block = body
        .get_blocks("provider")
        .find(|block| block.labels.first().is_some_and(|label| label.as_str().ends_with("/hashicorp/aws")))?;
    Some(highest(block.body.get_attribute("version")?.value.as_str()?))
}
