//! Whether what gives a role its permissions is there wherever the function is.

use super::grant::Granted;
use crate::model::{Project, Repeat, Resource, Value};

/// Takes note of what may be missing where the function is: `count = var.vpc_id == null ? 0 : 1`.
pub(super) fn note(project: &Project, granted: &mut Granted, role: &Resource, function: &Resource) {
    let may_be_missing = |by: &Resource| {
        !is_above(project, by, role)
            || !is_there(&by.repeat) && ![role, function].iter().any(|o| goes_with(project, by, o))
    };
    for document in &mut granted.documents {
        document.sure = !may_be_missing(project.resource(document.by));
    }
    for attached in &mut granted.attached {
        attached.sure = !may_be_missing(project.resource(attached.by));
    }
}

/// Whether a resource stands in the role's module, or in one that calls it: such a module is there where the role is.
fn is_above(project: &Project, by: &Resource, role: &Resource) -> bool {
    let (above, below) = (project.instance(by.instance), project.instance(role.instance));
    let inside = below.address.strip_prefix(above.address.as_str());
    above.root == below.root
        && inside.is_some_and(|rest| above.address.is_empty() || rest.is_empty() || rest.starts_with('.'))
}

/// Whether a resource is certainly there.
fn is_there(repeat: &Repeat) -> bool {
    match repeat {
        Repeat::Once => true,
        Repeat::Count(count) => count.value.as_number().is_some_and(|count| count >= 1.0),
        Repeat::ForEach(over) => match &over.value {
            Value::List(items) | Value::AtLeast(items) => !items.is_empty(),
            Value::Map(map) => !map.entries.is_empty(),
            _ => false,
        },
    }
}

/// Whether two resources of a module are there under the same condition.
fn goes_with(project: &Project, a: &Resource, b: &Resource) -> bool {
    let text = |span: crate::source::Span| project.file(span.file).text[span.range()].trim();
    match (&a.repeat, &b.repeat) {
        (Repeat::ForEach(over), Repeat::ForEach(other)) | (Repeat::Count(over), Repeat::Count(other)) => {
            a.instance == b.instance && text(over.span) == text(other.span)
        }
        _ => false,
    }
}
