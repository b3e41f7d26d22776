//! `terramend scan`

use super::arguments::{Format, Scan};
use crate::engine::Options;
use crate::report;

pub(super) fn run(arguments: &Scan) -> anyhow::Result<u8> {
    let format = arguments.common.format;
    let options = Options {
        apply: (format == Format::Patch).then_some(arguments.grade),
        preview: format == Format::Text,
        severity: None,
    };
    let outcome = super::analyse(&arguments.common, options)?;
    match format {
        Format::Text => super::print(&report::text::render(&outcome, true))?,
        Format::Json => super::print(&report::json::render(&outcome, false)?)?,
        Format::Patch => super::print(&super::fix::patch(&outcome))?,
    }
    Ok(super::exit_code(&outcome))
}
