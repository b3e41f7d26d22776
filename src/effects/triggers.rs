//! Resources that are replaced because their `triggers` refer to a resource that changes.
//!
//! The value of such an argument is mostly a hash, of which nothing is known but what it refers to: through locals,
//! variables and outputs, see [`crate::model::Resource::watched`].

use std::collections::BTreeSet;

use crate::model::{Project, Resource, ResourceId};

/// Resource types with the argument whose change replaces them. `lifecycle.replace_triggered_by` does so for any type.
const TRIGGERED: [(&str, &str); 4] = [
    ("aws_api_gateway_deployment", "triggers"),
    ("aws_apigatewayv2_deployment", "triggers"),
    ("null_resource", "triggers"),
    ("terraform_data", "triggers_replace"),
];

/// The resources that a change of `paths` (dotted) of `changed` replaces by their triggers, in any use of its module,
/// and those that these replace; of those that are declared once, one.
pub fn triggered<'a>(project: &'a Project, changed: &Resource, paths: &[String]) -> Vec<&'a Resource> {
    let mut found = directly(project, changed, Some(paths));
    let mut next = 0;
    while let Some(replaced) = found.get(next).copied() {
        next += 1;
        for resource in directly(project, replaced, None) {
            if resource.span != changed.span && !found.iter().any(|known| known.span == resource.span) {
                found.push(resource);
            }
        }
    }
    found
}

/// `paths`: what changes; everything when the resource is replaced.
fn directly<'a>(project: &'a Project, changed: &Resource, paths: Option<&[String]>) -> Vec<&'a Resource> {
    let uses: BTreeSet<ResourceId> = project.twins(changed.id).map(|twin| twin.id).collect();
    let changes = |name: &str| paths.is_none_or(|paths| paths.iter().any(|path| path.split('.').next() == Some(name)));
    let mut found: Vec<&Resource> = Vec::new();
    for resource in project.resources.iter().filter(|resource| !uses.contains(&resource.id)) {
        let is_replaced = resource.watched.iter().any(|(argument, reference)| {
            let replaces = &**argument == "replace_triggered_by" || TRIGGERED.contains(&(&*resource.kind, &**argument));
            replaces && uses.contains(&reference.resource) && reference.path.first().is_none_or(|name| changes(name))
        });
        if is_replaced && !found.iter().any(|known| known.span == resource.span) {
            found.push(resource);
        }
    }
    found
}
