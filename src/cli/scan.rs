//! `terramend scan`

use super::arguments::{Format, Scan};
use super::output;
use crate::engine::Options;
use crate::report;

pub(super) fn run(arguments: &Scan) -> anyhow::Result<u8> {
    let common = &arguments.common;
    let patches = common.format == Format::Patch || common.report.iter().any(|(format, _)| *format == Format::Patch);
    if patches && (common.format != Format::Patch || common.report.iter().any(|(format, _)| *format != Format::Patch)) {
        anyhow::bail!(
            "a patch shows the files with their fixes, other reports without\n  hint: use `terramend fix`, or run twice"
        );
    }
    let options = Options {
        apply: patches.then_some(arguments.grade),
        preview: output::shows_fixes(common, false),
        severity: None,
    };
    let analysis = super::analyse(common, options, None)?;
    output::write(common, &analysis, false, || report::text::render(&analysis.outcome, true))?;
    Ok(super::exit_code(&analysis.outcome, common.fail_on))
}
