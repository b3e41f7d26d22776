//! Checkov's JSON: one object a framework, or a list of them.

use serde_json::Value;

use super::{ReportError, Reported, each, lines, needed, string};

pub(super) fn read(report: &Value) -> Result<Vec<Reported>, ReportError> {
    each(&report["results"], "failed_checks").map(one).collect()
}

fn one(check: &Value) -> Result<Reported, ReportError> {
    let range = &check["file_line_range"];
    // `/main.tf` is relative to the directory that was scanned.
    let files = ["file_abs_path", "repo_file_path", "file_path"].into_iter().filter_map(|name| string(check, name));
    Ok(Reported {
        tool: "checkov".into(),
        ids: vec![needed(check, "check_id", "checkov")?],
        files: files.collect(),
        lines: lines(range[0].as_u64(), range[1].as_u64()),
        resource: string(check, "resource_address").or_else(|| string(check, "resource")),
    })
}
