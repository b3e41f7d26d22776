//! cdk-nag: the CSV and JSON of version 2, and the validation report of the CDK, to which version 3 and others write.

use serde_json::Value;

use super::{ReportError, Reported, each, needed, string};

/// The first line of the CSV.
const HEADER: &str = "Rule ID,Resource ID,Compliance,";

pub(super) fn is_csv(text: &str) -> bool {
    text.starts_with(HEADER)
}

pub(super) fn csv(text: &str) -> Result<Vec<Reported>, ReportError> {
    let mut all = Vec::new();
    for (n, record) in records(text).into_iter().enumerate().skip(1) {
        match record.as_slice() {
            [rule, resource, compliance, ..] if !rule.is_empty() => {
                all.extend(is_failure(compliance).then(|| at(rule, resource)));
            }
            [only] if only.is_empty() => {}
            _ => {
                return Err(ReportError::Malformed(format!(
                    "record {} of the CSV has no rule, resource and compliance",
                    n + 1
                )));
            }
        }
    }
    Ok(all)
}

pub(super) fn json(report: &Value) -> Result<Vec<Reported>, ReportError> {
    let mut all = Vec::new();
    for line in each(report, "lines") {
        let (rule, resource) = (needed(line, "ruleId", "cdk-nag")?, needed(line, "resourceId", "cdk-nag")?);
        all.extend(is_failure(line["compliance"].as_str().unwrap_or_default()).then(|| at(&rule, &resource)));
    }
    Ok(all)
}

pub(super) fn validation(report: &Value) -> Result<Vec<Reported>, ReportError> {
    let mut all = Vec::new();
    for plugin in each(report, "pluginReports") {
        for violation in each(plugin, "violations") {
            let rule = needed(violation, "ruleName", "the validation report")?;
            for construct in each(violation, "violatingConstructs") {
                let template = &construct["cloudFormationResource"];
                let mut reported = at(&rule, &string(construct, "constructPath").unwrap_or_default());
                reported.tool = string(plugin, "pluginName").unwrap_or_else(|| "cdk".into()).to_lowercase();
                if let (Some(file), Some(logical)) = (string(template, "templatePath"), string(template, "logicalId")) {
                    (reported.files, reported.resource) = (vec![file], Some(logical));
                }
                all.push(reported);
            }
        }
    }
    Ok(all)
}

/// `AwsSolutions-IAM5[Resource::*]` names a rule and what it found.
fn at(rule: &str, construct: &str) -> Reported {
    let id = rule.split_once('[').map_or(rule, |(id, _)| id);
    Reported {
        tool: "cdk-nag".into(),
        ids: vec![id.into()],
        resource: Some(construct.to_owned()).filter(|path| !path.is_empty()),
        ..Reported::default()
    }
}

/// Not `Compliant`, `Suppressed` or `UNKNOWN`.
fn is_failure(compliance: &str) -> bool {
    compliance.eq_ignore_ascii_case("Non-Compliant")
}

/// CSV as RFC 4180 has it: records of fields, which may stand in quotes.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            '\r' if !quoted => {}
            letter => field.push(letter),
        }
    }
    if !field.is_empty() || !record.is_empty() {
        record.push(field);
        records.push(record);
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_csv() {
        let expected = [vec!["a", "b\"c\nd", ""], vec!["e"]];
        assert_eq!(records("a,\"b\"\"c\nd\",\r\ne"), expected);
    }
}
