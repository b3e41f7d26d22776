//! Pull requests on a GitHub of one's own: the happy path, what people do meanwhile, and every fault.

#![allow(clippy::unwrap_used)]

mod command;
mod conformance;
mod faults;
mod forks;
mod identity;
mod publishing;
mod refused;
mod run;
mod steps;

#[path = "../support/github/mod.rs"]
mod fake;
#[path = "../support/mod.rs"]
mod support;
