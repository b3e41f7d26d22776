//! Runs over an organisation: what its repositories may not do, and what a kill may not break.

#![allow(clippy::unwrap_used)]

mod archives;
#[path = "../support/browser.rs"]
mod browser;
mod commands;
mod dashboard;
mod journal;
mod kills;
mod page;
mod selection;
mod serve;
mod simulation;
mod status;
mod support;
