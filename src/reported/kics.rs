//! KICS's JSON: files by query. <https://docs.kics.io/latest/results/>

use serde_json::Value;

use super::{ReportError, Reported, each, lines, needed, string};

pub(super) fn read(report: &Value) -> Result<Vec<Reported>, ReportError> {
    let mut all = Vec::new();
    for query in each(report, "queries") {
        let id = needed(query, "query_id", "kics")?;
        for file in each(query, "files") {
            let line = file["line"].as_u64();
            all.push(Reported {
                tool: "kics".into(),
                ids: vec![id.clone()],
                files: vec![needed(file, "file_name", "kics")?],
                lines: lines(line, line),
                resource: address(file),
            });
        }
    }
    Ok(all)
}

/// The resource is the first step of the search key, `aws_sqs_queue[orders].kms_master_key_id`; `resource_name` holds the
/// value of its name instead.
fn address(file: &Value) -> Option<String> {
    let key = string(file, "search_key")?;
    let (kind, rest) = key.split_once('[')?;
    let (name, _) = rest.split_once(']')?;
    (kind.starts_with("aws_") && !name.contains(['{', '.'])).then(|| format!("{kind}.{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn addresses_are_read_of_search_keys() {
        let of = |key: &str| address(&json!({ "search_key": key }));
        assert_eq!(of("aws_sqs_queue[orders].kms_master_key_id").as_deref(), Some("aws_sqs_queue.orders"));
        assert_eq!(of("Resources.Orders.Properties"), None);
        assert_eq!(of("aws_sqs_queue[{{orders}}]"), None);
    }
}
