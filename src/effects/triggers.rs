//! Resources that are replaced because their `triggers` refer to a resource that changes.
//!
//! The value of such an argument is mostly a hash, of which nothing is known but its text.

use crate::model::{Project, Resource};

/// Resource types with the argument whose change replaces them.
const TRIGGERED: [(&str, &str); 4] = [
    ("aws_api_gateway_deployment", "triggers"),
    ("aws_apigatewayv2_deployment", "triggers"),
    ("null_resource", "triggers"),
    ("terraform_data", "triggers_replace"),
];

/// The resources that a change of `paths` (dotted) of `changed` replaces by their triggers.
pub fn triggered<'a>(project: &'a Project, changed: &Resource, paths: &[String]) -> Vec<&'a Resource> {
    let address = changed.address();
    let of_kind = |(kind, argument): (&str, &'static str)| {
        let here = project.of_kind(kind).filter(|r| r.instance == changed.instance && r.id != changed.id);
        here.filter(|r| mentions(written(project, r, argument), &address, paths)).collect::<Vec<_>>()
    };
    TRIGGERED.into_iter().flat_map(of_kind).collect()
}

fn written<'a>(project: &'a Project, resource: &Resource, argument: &str) -> &'a str {
    let entry = resource.body.entries.iter().find(|entry| &*entry.name == argument);
    let text = |span: crate::source::Span| project.file(span.file).text.get(span.range());
    entry.and_then(|entry| text(entry.node.span)).unwrap_or_default()
}

/// Whether an expression refers to the whole resource, or to one of these paths of it.
fn mentions(expression: &str, address: &str, paths: &[String]) -> bool {
    let in_name = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    expression.match_indices(address).any(|(at, _)| {
        let before = expression[..at].chars().next_back();
        let after = &expression[at + address.len()..];
        if before.is_some_and(|c| in_name(c) || c == '.') || after.starts_with(in_name) {
            return false;
        }
        let Some(attribute) = after.strip_prefix('.') else { return true };
        let end = attribute.find(|c| !in_name(c)).unwrap_or(attribute.len());
        paths.iter().any(|path| path.split('.').next() == Some(&attribute[..end]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_whole_names() {
        let paths = ["request_validator_id".to_owned()];
        for (expression, expected) in [
            ("sha1(jsonencode([aws_api_gateway_method.get, 1]))", true),
            ("aws_api_gateway_method.get[0].id", true),
            ("aws_api_gateway_method.get.request_validator_id", true),
            ("aws_api_gateway_method.get.id", false),
            ("aws_api_gateway_method.getter", false),
            ("data.aws_api_gateway_method.get", false),
            ("aws_api_gateway_method.put", false),
        ] {
            assert_eq!(mentions(expression, "aws_api_gateway_method.get", &paths), expected, "{expression}");
        }
    }
}
