//! Policies that were read already: several controls look at the same one.

use std::sync::{Arc, Mutex, PoisonError};

use foldhash::HashMap;

use super::policy::Policy;
use crate::model::{Project, Resource, ResourceId};

/// The policies of one project, by resource and argument.
#[derive(Debug, Default)]
pub struct Policies(Mutex<HashMap<(ResourceId, &'static str), Known>>);

/// A policy, unless there is none that could be read.
type Known = Option<Arc<Policy>>;

impl Policies {
    /// The policy in an argument of a resource; nothing when it isn't there or can't be read at all.
    pub fn of(&self, project: &Project, resource: &Resource, argument: &'static str) -> Option<Arc<Policy>> {
        let read = || Policy::of(project, &resource.body, argument).map(Arc::new);
        // A view of a resource has a body of its own.
        if !std::ptr::eq(resource, project.resource(resource.id)) {
            return read();
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry((resource.id, argument)).or_insert_with(read).clone()
    }
}
