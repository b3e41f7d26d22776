//! `terramend pr` without a network: what is proposed, what its text says, branches and patches by git.

#![allow(clippy::unwrap_used)]

mod body;
mod local;
mod preview;
mod settings;
#[path = "../support/mod.rs"]
mod support;
