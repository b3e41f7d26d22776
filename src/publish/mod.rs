//! Pull requests: what each one holds ([`propose`]), and how it gets to a branch ([`git`]) or to
//! GitHub.
//!
//! A [`Proposal`] is made without git and without a network, so that a dry run shows what a real one would send. Its
//! branch follows from its group alone, so that the same fixes always meet the same pull request.

pub mod git;
#[cfg(feature = "github")]
pub mod github;
mod group;
pub mod marker;
mod message;
mod proposal;

pub use group::GroupKey;
pub use message::{Templates, commit_message, tree_of};
pub use proposal::{Analysis, FileChange, Proposal, Proposals, ProposeError, Scope, propose};

pub use crate::catalogue::{GroupBy, MergeMethod, PullRequestSettings};
