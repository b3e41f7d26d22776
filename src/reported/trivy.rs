//! Trivy's JSON: misconfigurations by file.

use serde_json::Value;

use super::{ReportError, Reported, each, lines, needed, string};

pub(super) fn read(report: &Value) -> Result<Vec<Reported>, ReportError> {
    let mut all = Vec::new();
    for result in each(report, "Results") {
        let target = string(result, "Target");
        for found in each(result, "Misconfigurations") {
            // With `--include-non-failures` what passes is there, too.
            if found["Status"].as_str().is_none_or(|status| status == "FAIL") {
                all.push(one(found, target.clone())?);
            }
        }
    }
    Ok(all)
}

fn one(found: &Value, target: Option<String>) -> Result<Reported, ReportError> {
    let cause = &found["CauseMetadata"];
    // Checks that are new have a name for an id.
    let ids = [string(found, "AVDID"), Some(needed(found, "ID", "trivy")?)].into_iter().flatten();
    // Of a template Trivy says `orders.template.json:316-327`; of a module's resource the call.
    let is_resource = |resource: &String| !resource.contains(':') && !resource.starts_with("module.");
    Ok(Reported {
        tool: "trivy".into(),
        ids: ids.collect(),
        files: target.into_iter().collect(),
        lines: lines(cause["StartLine"].as_u64(), cause["EndLine"].as_u64()),
        resource: string(cause, "Resource").filter(is_resource),
    })
}
