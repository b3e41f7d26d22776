//! Repositories of images: what the configuration does with their tags.

use crate::catalogue::Context;
use crate::model::{ResourceId, Value};

/// Whether the configuration deploys the image that the tag `latest` of the repository has at that time.
pub(super) fn latest_is_deployed(context: &Context<'_>) -> Value {
    let (project, repository) = (context.project, context.resource);
    let users = project.resources.iter().filter(|resource| resource.uses(repository));
    let mut values = users.flat_map(|resource| resource.body.entries.iter().map(|entry| &entry.node.value));
    Value::Bool(values.any(|value| names_latest(value, repository.id)))
}

fn names_latest(value: &Value, repository: ResourceId) -> bool {
    let any = |mut values: std::slice::Iter<'_, crate::model::Node>| values.any(|n| names_latest(&n.value, repository));
    match value {
        Value::Text(pieces) => {
            let is_of =
                |value: &Value| matches!(value, Value::Reference(reference) if reference.resource == repository);
            let is_latest = |value: &Value| value.as_str().is_some_and(|text| text.starts_with(":latest"));
            pieces.windows(2).any(|pair| is_of(&pair[0].value) && is_latest(&pair[1].value)) || any(pieces.iter())
        }
        Value::List(nodes) | Value::AtLeast(nodes) | Value::Either(nodes) => any(nodes.iter()),
        Value::Map(body) => body.entries.iter().any(|entry| names_latest(&entry.node.value, repository)),
        Value::Json(node) => names_latest(&node.value, repository),
        _ => false,
    }
}
