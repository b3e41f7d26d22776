//! Runs over all repositories that an organisation has.
//!
//! Invariants: GitHub is the source of truth, and the [`journal`] only makes a second start fast; a repository that fails
//! never stops the others; nothing that a repository holds is executed, written outside of its own temporary directory,
//! or able to grant itself more than the policy does.

pub mod content;
pub mod dashboard;
mod examine;
pub mod journal;
pub mod listing;
pub mod live;
pub mod pace;
pub mod plan;
pub mod policy;
pub mod report;
pub mod run;
pub mod select;
mod sent;
pub mod shard;
pub mod since;
mod take;

pub use examine::{ExamineError, Examined};
