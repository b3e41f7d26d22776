//! A policy document for needs, without a configuration.

use serde_json::{Value, json};

use super::narrow::united_by_resource;
use super::need::{Certainty, Need, On, Target};

/// The policy that allows what is needed, `*` standing for what isn't known.
pub fn document(needs: &[Need]) -> Value {
    let needed = needs.iter().filter(|need| need.certainty == Certainty::Needed);
    let grants = needed.map(|need| {
        let resources = match &need.on {
            On::Targets(targets) => targets.iter().map(Target::text).collect(),
            On::Everything | On::Open(_) => vec!["*".to_owned()],
        };
        (need.action.clone(), resources)
    });
    let one_or_all = |mut all: Vec<String>| if all.len() == 1 { Value::String(all.remove(0)) } else { json!(all) };
    let statements: Vec<Value> = united_by_resource(grants)
        .into_iter()
        .map(|(actions, resources)| json!({ "Effect": "Allow", "Action": actions, "Resource": one_or_all(resources) }))
        .collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}
