//! A reference from one place to an attribute of a resource.

use std::sync::Arc;

use super::resource::ResourceId;

/// `aws_s3_bucket.uploads[each.key].id`, resolved to the resource that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The resource or data source.
    pub resource: ResourceId,
    /// The key between brackets right after the address, as written (`0`, `each.key`, `*`).
    pub index: Option<Arc<str>>,
    /// The attribute names that follow.
    pub path: Vec<Arc<str>>,
}

impl Reference {
    /// The same reference one attribute further in.
    #[must_use]
    pub fn step(&self, name: &str) -> Self {
        let mut next = self.clone();
        next.path.push(name.into());
        next
    }

    /// The attribute, dotted.
    pub fn attribute(&self) -> String {
        self.path.join(".")
    }
}
