//! What the managed policies of AWS allow: a table that `tools/iam-actions/managed` generates, read once.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::iam::actions::{Part, unpacked};

/// A statement of a managed policy.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub(super) struct Allowed(
    /// The actions, with wildcards.
    pub Vec<&'static str>,
    /// Whether on everything.
    pub bool,
    /// Whether under a condition.
    pub bool,
);

type Table = BTreeMap<&'static str, Part<Vec<Option<Allowed>>>>;

/// The statements of a managed policy by its name; nothing for one that isn't known. A statement that isn't one that
/// allows is nothing.
pub(super) fn statements(name: &str) -> Option<&'static [Option<Allowed>]> {
    table().get(name).map(|statements| statements.as_slice())
}

fn table() -> &'static Table {
    static TABLE: LazyLock<Table> = LazyLock::new(|| {
        let text = unpacked(include_bytes!(concat!(env!("OUT_DIR"), "/managed.z")));
        serde_json::from_str(text).expect("the table has the form that its generator writes")
    });
    &TABLE
}

#[cfg(test)]
mod tests {
    #[test]
    fn policies_of_aws() {
        let basic = super::statements("AWSLambdaBasicExecutionRole").unwrap();
        let first = basic[0].as_ref().unwrap();
        assert!(first.0.contains(&"logs:PutLogEvents") && first.1 && !first.2);
        assert!(super::statements("AmazonS3FullAccess").is_some());
        assert!(super::statements("Nothing").is_none());
    }

    #[test]
    fn every_policy_is_read() {
        assert!(super::table().len() > 500);
        assert!(super::table().values().all(|statements| !statements.is_empty()));
    }
}
