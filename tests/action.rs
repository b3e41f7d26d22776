//! The action's scripts as a runner runs them: variables in, outputs, summary and annotations out. GitHub's API, releases
//! and `cargo install` are played by programs on PATH.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

mod support;

#[path = "support/action/install.rs"]
mod install;
#[path = "support/action/modes.rs"]
mod modes;
#[path = "support/action/runner.rs"]
mod runner;
#[path = "support/action/suggestions.rs"]
mod suggestions;
