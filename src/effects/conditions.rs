//! Replacement under a condition: evaluated where the configuration shows it.
//!
//! Invariant: what isn't known counts as a replacement.

use crate::model::value::{all, any};
use crate::model::{Body, Draft, Value};

/// When a change of an argument replaces its resource.
#[derive(Debug, Clone, Copy)]
enum Condition {
    /// When it is switched off.
    Off,
    /// When it is switched off, or switched on while the engine is an Elasticsearch before 6.7.
    OffOrOld(&'static str),
    /// When it changes while the engine is older than this version.
    Older(&'static str, &'static [u32]),
    /// When the number becomes smaller.
    Lowered,
    /// When it takes this value.
    Becomes(&'static str),
    /// When it changes while another argument has this value.
    While(&'static str, &'static str),
    /// When it changes while another argument has another value than this, or none.
    Unless(&'static str, &'static str),
    /// When the block is taken away.
    BlockRemoved,
    /// When there was a value before.
    FromValue,
    /// When there was no value before, or there is none afterwards: another kind of thing is named then.
    FromNothing,
    /// When the value changes from or to this one.
    FromOrTo(&'static str),
}

use Condition::{
    Becomes, BlockRemoved, FromNothing, FromOrTo, FromValue, Lowered, Off, OffOrOld, Older, Unless, While,
};

/// The conditions of the data that a configuration can answer: type, path, condition.
const CONDITIONS: [(&str, &str, Condition); 26] = [
    ("aws_acm_certificate", "domain_name", FromValue),
    ("aws_acm_certificate", "subject_alternative_names", FromValue),
    ("aws_api_gateway_authorizer", "type", FromOrTo("COGNITO_USER_POOLS")),
    ("aws_docdb_cluster", "serverless_v2_scaling_configuration", BlockRemoved),
    ("aws_elasticache_replication_group", "transit_encryption_enabled", Older("engine_version", &[7, 0, 5])),
    ("aws_elasticsearch_domain", "encrypt_at_rest.enabled", OffOrOld("elasticsearch_version")),
    ("aws_elasticsearch_domain", "node_to_node_encryption.enabled", OffOrOld("elasticsearch_version")),
    ("aws_instance", "enable_primary_ipv6", Off),
    ("aws_instance", "user_data", While("user_data_replace_on_change", "true")),
    ("aws_instance", "user_data_base64", While("user_data_replace_on_change", "true")),
    ("aws_msk_cluster", "storage_mode", Becomes("LOCAL")),
    ("aws_opensearch_domain", "advanced_security_options.enabled", Off),
    ("aws_opensearch_domain", "encrypt_at_rest.enabled", OffOrOld("engine_version")),
    ("aws_opensearch_domain", "node_to_node_encryption.enabled", OffOrOld("engine_version")),
    ("aws_sagemaker_notebook_instance", "volume_size", Lowered),
    ("aws_ssm_parameter", "tier", Becomes("Standard")),
    ("aws_transfer_server", "endpoint_details.vpc_id", FromValue),
    ("aws_vpc_endpoint", "private_dns_enabled", Unless("vpc_endpoint_type", "Interface")),
    ("aws_vpc_security_group_egress_rule", "cidr_ipv4", FromNothing),
    ("aws_vpc_security_group_egress_rule", "cidr_ipv6", FromNothing),
    ("aws_vpc_security_group_egress_rule", "prefix_list_id", FromNothing),
    ("aws_vpc_security_group_egress_rule", "referenced_security_group_id", FromNothing),
    ("aws_vpc_security_group_ingress_rule", "cidr_ipv4", FromNothing),
    ("aws_vpc_security_group_ingress_rule", "cidr_ipv6", FromNothing),
    ("aws_vpc_security_group_ingress_rule", "prefix_list_id", FromNothing),
    ("aws_vpc_security_group_ingress_rule", "referenced_security_group_id", FromNothing),
];

/// What an argument becomes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum New<'a> {
    /// This value.
    Value(&'a Draft),
    /// A block, or something in one.
    Block,
    /// Nothing.
    Removed,
}

/// Whether the change of `path` replaces a resource for which the data names a condition; unknown where the
/// configuration doesn't show it.
pub(super) fn replaces(kind: &str, path: &str, body: &Body, new: New<'_>) -> Option<bool> {
    let (_, _, condition) = CONDITIONS.iter().find(|(known, argument, _)| *known == kind && *argument == path)?;
    let old = body.at(path);
    match *condition {
        Off => is_on(new).map(|on| !on),
        OffOrOld(engine) => any([is_on(new).map(|on| !on), is_new_search(&body.at(engine)).map(|new| !new)]),
        Older(engine, version) => is_from(&body.at(engine), version).map(|new| !new),
        Lowered => Some(scalar(new)?.parse::<f64>().ok()? < old.as_number()?),
        Becomes(value) => {
            all([scalar(new).map(|new| new == value), old.equals(&Value::string(value)).map(|same| !same)])
        }
        While(other, value) => {
            let other = body.at(other);
            if other.is_null() { Some(false) } else { other.equals(&Value::string(value)) }
        }
        Unless(other, value) => body.at(other).equals(&Value::string(value)).map(|same| !same),
        BlockRemoved => Some(new == New::Removed),
        FromValue => old.is_present(),
        FromNothing => old.is_present().map(|present| !present || new == New::Removed),
        FromOrTo(value) => any([scalar(new).map(|new| new == value), old.equals(&Value::string(value))]),
    }
}

fn is_on(new: New<'_>) -> Option<bool> {
    match new {
        New::Value(Draft::Bool(on)) => Some(*on),
        New::Removed => Some(false),
        _ => None,
    }
}

fn scalar(new: New<'_>) -> Option<&str> {
    match new {
        New::Value(Draft::String(text) | Draft::Number(text)) => Some(text),
        _ => None,
    }
}

/// `OpenSearch_2.17`, or Elasticsearch (with or without its name) from 6.7 on; without a version AWS's default, which is
/// not known.
fn is_new_search(engine: &Value) -> Option<bool> {
    let text = engine.as_str()?;
    if text.starts_with("OpenSearch_") {
        return Some(true);
    }
    is_from(&Value::string(text.strip_prefix("Elasticsearch_").unwrap_or(text)), &[6, 7])
}

/// Whether a version is at least this one: `7.1`, `6.x` of an unknown minor version is not known.
fn is_from(version: &Value, least: &[u32]) -> Option<bool> {
    let text = version.as_str().map(str::to_owned).or_else(|| version.as_number().map(|n| n.to_string()))?;
    let mut parts = text.split('.');
    for least in least.iter().copied() {
        // A part that is left out is any.
        let part = parts.next()?.parse::<u32>().ok()?;
        if part != least {
            return Some(part > least);
        }
    }
    Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effects::facts;
    use crate::model::{Entry, Form, Node};
    use crate::source::Span;

    fn body(entries: &[(&str, Value)]) -> Body {
        let entry = |(name, value): &(&str, Value)| Entry {
            name: (*name).into(),
            span: Span::default(),
            form: Form::Attribute,
            node: Node { value: value.clone(), span: Span::default() },
        };
        Body { entries: entries.iter().map(entry).collect(), open: false }
    }

    #[test]
    fn every_condition_is_one_of_the_data() {
        for (kind, path, _) in CONDITIONS {
            assert!(facts(kind).conditional.iter().any(|known| known.path == path), "{kind} {path}");
        }
    }

    #[test]
    fn search_engines_from_elasticsearch_6_7_are_updated_in_place() {
        let on = Draft::Bool(true);
        for (engine, expected) in [
            (Value::string("OpenSearch_1.0"), Some(false)),
            (Value::string("Elasticsearch_7.10"), Some(false)),
            (Value::string("Elasticsearch_6.7"), Some(false)),
            (Value::string("Elasticsearch_6"), None),
            (Value::string("Elasticsearch_6.5"), Some(true)),
            (Value::Null, None),
            (Value::Unknown, None),
        ] {
            let body = body(&[("engine_version", engine.clone())]);
            let is = replaces("aws_opensearch_domain", "encrypt_at_rest.enabled", &body, New::Value(&on));
            assert_eq!(is, expected, "{engine:?}");
        }
        let off = replaces(
            "aws_opensearch_domain",
            "encrypt_at_rest.enabled",
            &Body::default(),
            New::Value(&Draft::Bool(false)),
        );
        assert_eq!(off, Some(true));
    }

    #[test]
    fn conditions_without_an_answer_stay_unknown() {
        let on = Draft::Bool(true);
        let group = |version| body(&[("engine_version", version)]);
        let is = |version| {
            replaces(
                "aws_elasticache_replication_group",
                "transit_encryption_enabled",
                &group(version),
                New::Value(&on),
            )
        };
        assert_eq!(is(Value::string("7.1")), Some(false));
        assert_eq!(is(Value::string("6.2")), Some(true));
        assert_eq!(is(Value::string("7.0")), None);
        assert_eq!(is(Value::Null), None);
        assert_eq!(replaces("aws_no_such_thing", "name", &Body::default(), New::Value(&on)), None);
    }

    #[test]
    fn the_kind_of_source_decides() {
        let kind = "aws_vpc_security_group_ingress_rule";
        let new = Draft::string("10.0.0.0/8");
        let open = body(&[("cidr_ipv4", Value::string("0.0.0.0/0"))]);
        assert_eq!(replaces(kind, "cidr_ipv4", &open, New::Value(&new)), Some(false));
        assert_eq!(replaces(kind, "cidr_ipv4", &Body::default(), New::Value(&new)), Some(true));
        assert_eq!(replaces(kind, "cidr_ipv4", &open, New::Removed), Some(true));
    }
}
