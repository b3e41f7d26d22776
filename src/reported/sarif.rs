//! SARIF of any tool.

use serde_json::Value;

use super::{ReportError, Reported, each, lines, string};

pub(super) fn read(log: &Value) -> Result<Vec<Reported>, ReportError> {
    let mut all = Vec::new();
    for run in each(log, "runs") {
        let driver = &run["tool"]["driver"];
        let tool = string(driver, "name").unwrap_or_else(|| "sarif".into()).to_lowercase();
        for result in each(run, "results").filter(|result| is_open(result)) {
            all.extend(one(run, driver, &tool, result)?);
        }
    }
    Ok(all)
}

/// Not what passed, what is gone, or what somebody silenced.
fn is_open(result: &Value) -> bool {
    let silenced =
        each(result, "suppressions").any(|by| by["status"].as_str().is_none_or(|status| status == "accepted"));
    let failed = matches!(result["kind"].as_str(), None | Some("fail" | "open" | "review"));
    failed && !silenced && result["baselineState"] != "absent"
}

/// A finding for each of its places.
fn one(run: &Value, driver: &Value, tool: &str, result: &Value) -> Result<Vec<Reported>, ReportError> {
    let index = result["ruleIndex"].as_u64().or_else(|| result["rule"]["index"].as_u64());
    let rule = index.and_then(|index| driver["rules"].get(index as usize));
    let ids = [string(result, "ruleId"), string(&result["rule"], "id"), rule.and_then(|rule| string(rule, "id"))];
    let mut ids: Vec<String> = ids.into_iter().flatten().collect();
    ids.dedup();
    if ids.is_empty() {
        return Err(ReportError::Malformed(format!("a result of {tool} names no rule: {result:.200}")));
    }
    let places: Vec<Reported> = each(result, "locations")
        .map(|place| {
            let physical = &place["physicalLocation"];
            let region = &physical["region"];
            let resource = each(place, "logicalLocations").find_map(|logical| string(logical, "fullyQualifiedName"));
            Reported {
                tool: tool.into(),
                ids: ids.clone(),
                files: file(run, &physical["artifactLocation"]).into_iter().collect(),
                lines: lines(region["startLine"].as_u64(), region["endLine"].as_u64()),
                resource,
            }
        })
        .collect();
    // Without a place it is told as one that can't be matched.
    let nowhere = Reported { tool: tool.into(), ids, ..Reported::default() };
    Ok(if places.is_empty() { vec![nowhere] } else { places })
}

/// The path of an artifact, below the base that it names where that is known.
fn file(run: &Value, location: &Value) -> Option<String> {
    let by_index = || {
        let index = location["index"].as_u64()? as usize;
        string(&run["artifacts"].get(index)?["location"], "uri")
    };
    let uri = string(location, "uri").or_else(by_index)?;
    let base = location["uriBaseId"].as_str().and_then(|id| string(&run["originalUriBaseIds"][id], "uri"));
    let whole = if uri.contains("://") { uri } else { base.unwrap_or_default() + &uri };
    let path = whole.strip_prefix("file://").unwrap_or(&whole);
    Some(decoded(path))
}

/// A path without the escapes of a URI.
fn decoded(uri: &str) -> String {
    let mut bytes = Vec::with_capacity(uri.len());
    let mut rest = uri.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        let hex = others.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = hex.filter(|_| *first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        rest = if byte.is_some() { &others[2..] } else { others };
        bytes.push(byte.unwrap_or(*first));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_are_read_of_uris() {
        let run = json!({ "originalUriBaseIds": { "ROOT": { "uri": "file:///src/shop/" }, "%SRCROOT%": {} } });
        let of = |location: Value| file(&run, &location);
        assert_eq!(
            of(json!({ "uri": "a%20b/main.tf", "uriBaseId": "ROOT" })).as_deref(),
            Some("/src/shop/a b/main.tf")
        );
        assert_eq!(of(json!({ "uri": "main.tf", "uriBaseId": "%SRCROOT%" })).as_deref(), Some("main.tf"));
        assert_eq!(of(json!({ "uri": "file:///x/100%.tf" })).as_deref(), Some("/x/100%.tf"));
        assert_eq!(of(json!({})), None);
    }
}
