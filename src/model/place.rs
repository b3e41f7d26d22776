//! Where a resource stands: which provider manages it, and in which region.

use super::{Project, Resource};

/// The arguments that take a resource away from where its module is.
const APART: [&str; 2] = ["provider", "region"];

impl Project {
    /// The argument by which a resource stands elsewhere than its module, or may do so; nothing when it stands there. A
    /// region that is null is the provider's.
    pub fn apart(&self, resource: &Resource) -> Option<&'static str> {
        APART.into_iter().find(|argument| self.apart_by(resource, argument).is_some())
    }

    /// The provider that a resource names itself, as it is written (`aws.central`).
    pub fn own_provider(&self, resource: &Resource) -> Option<&str> {
        self.apart_by(resource, "provider")
    }

    /// Whether two resources of a module certainly have one provider and one region.
    pub fn stand_together(&self, one: &Resource, other: &Resource) -> bool {
        APART.into_iter().all(|argument| self.apart_by(one, argument) == self.apart_by(other, argument))
    }

    /// What an argument that takes a resource away says.
    fn apart_by(&self, resource: &Resource, argument: &str) -> Option<&str> {
        let node = &resource.body.entry(argument)?.node;
        // In JSON syntax a name stands in a string.
        let text = self.file(node.span.file).text[node.span.range()].trim().trim_matches('"');
        // The provider without an alias is the module's own.
        let is_own = self.settle(&node.value).is_null() || argument == "provider" && text == "aws";
        (!is_own).then_some(text)
    }
}
