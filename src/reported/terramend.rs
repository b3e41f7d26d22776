//! terramend's own JSON report, as a run kept it: what it found then and nobody silenced.

use serde_json::Value;

use super::{ReportError, Reported, each, lines, needed, string};

pub(super) fn read(report: &Value) -> Result<Vec<Reported>, ReportError> {
    each(report, "findings").filter(|finding| finding["suppressed"].is_null()).map(one).collect()
}

fn one(finding: &Value) -> Result<Reported, ReportError> {
    let line = finding["line"].as_u64();
    Ok(Reported {
        tool: "terramend".into(),
        ids: vec![needed(finding, "control", "terramend")?],
        files: vec![needed(finding, "file", "terramend")?],
        lines: lines(line, line),
        resource: string(finding, "resource"),
    })
}
