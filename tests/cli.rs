//! What the documentation promises of the command line.

#![allow(clippy::unwrap_used)]

mod support;

#[path = "support/browser.rs"]
mod browser;
#[path = "support/cli/commands.rs"]
mod commands;
#[path = "support/cli/configuration.rs"]
mod configuration;
#[path = "support/cli/json.rs"]
mod json;
#[path = "support/cli/json_files.rs"]
mod json_files;
#[path = "support/cli/opened.rs"]
mod opened;
#[path = "support/cli/outcome.rs"]
mod outcome;
#[path = "support/cli/overrides.rs"]
mod overrides;
#[path = "support/cli/pages.rs"]
mod pages;
#[path = "support/cli/profiles.rs"]
mod profiles;
#[path = "support/cli/reports.rs"]
mod reports;
#[path = "support/cli/selection.rs"]
mod selection;
#[path = "support/cli/suggest.rs"]
mod suggest;
#[path = "support/cli/suppression.rs"]
mod suppression;
#[path = "support/cli/triggers.rs"]
mod triggers;
#[path = "support/cli/values.rs"]
mod values;
#[path = "support/cli/writing.rs"]
mod writing;
