//! GitHub: a [`plan()`] that only reads, and its application ([`apply()`]), through one [`Gate`] for each credential.
//!
//! Invariants: a branch with a commit of somebody else is never moved; there is never a second pull request from a
//! branch; after an error on a create the state is read before it is tried again; what isn't understood in an answer is
//! never taken for a failure of what was asked.

mod answers;
mod apply;
mod client;
mod clock;
mod connect;
mod content;
mod download;
mod error;
mod fork;
mod gate;
mod people;
mod plan;
mod remote;
mod verdict;

pub use answers::Pull;
pub use apply::{Done, Journal, NoJournal, Operation, Stage, apply};
pub use client::{Client, Repeat};
pub use clock::{Clock, Sleep, SystemClock};
pub use connect::{Credential, Endpoint, connect, connect_at};
pub use content::{Base, blob};
pub use download::Download;
pub use error::GithubError;
pub use fork::{Fork, Home};
pub use gate::{Closed, Gate, Limits};
pub use plan::{Branch, Options, Plan, PlanError, Step, Text, plan};
pub use remote::Remote;
pub use verdict::{Answer, Limit, Verdict, judge};
