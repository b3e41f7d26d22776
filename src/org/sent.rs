//! Steps as the journal remembers them.

use super::journal::Sent;
use super::plan::RepositoryPlan;
use crate::publish::github::{Done, Step};

/// What became of a step.
pub(super) fn sent(done: &Done) -> Sent {
    Sent {
        branch: done.branch.clone(),
        operation: done.operation.to_string(),
        number: done.pull.as_ref().map(|pull| pull.0),
        url: done.pull.as_ref().map(|pull| pull.1.clone()),
        reason: done.reason.clone(),
    }
}

/// What a step would do.
pub(super) fn would(step: &Step, stored: &RepositoryPlan) -> Sent {
    let (operation, proposal, pull, reason) = match step {
        Step::Create { proposal, .. } => ("create", Some(*proposal), None, None),
        Step::Update { proposal, pull, .. } => ("update", Some(*proposal), Some(pull), None),
        Step::Skip { proposal, pull, reason } => ("skip", Some(*proposal), pull.as_ref(), Some(reason.clone())),
        Step::Close { pull, .. } => ("close", None, Some(pull), None),
    };
    let own = proposal.and_then(|i| stored.proposals.get(i)).map(|proposal| proposal.branch.clone());
    Sent {
        branch: own.or_else(|| pull.map(|pull| pull.head.branch.clone())).unwrap_or_default(),
        operation: operation.into(),
        number: pull.map(|pull| pull.number),
        url: pull.map(|pull| pull.html_url.clone()),
        reason,
    }
}
