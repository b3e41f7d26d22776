//! Asks GitHub how pull requests stand: fifty with one request of GraphQL, and none that is merged already.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::journal::{Journal, Opened, Seen};
use super::run::RunError;
use crate::publish::github::{Client, GithubError};

/// Pull requests in one request. GitHub counts a request of this size as one point of 5,000 an hour.
const TOGETHER: usize = 50;

/// What is asked of each.
const ASKED: &str = "state isDraft timelineItems(last: 1, itemTypes: [CLOSED_EVENT]) \
                     { nodes { ... on ClosedEvent { actor { login } } } }";

#[derive(Deserialize)]
struct Repository {
    #[serde(rename = "pullRequest")]
    pull: Option<Pull>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pull {
    state: String,
    is_draft: bool,
    timeline_items: Closed,
}

#[derive(Deserialize)]
struct Closed {
    nodes: Vec<Option<Event>>,
}

#[derive(Deserialize)]
struct Event {
    actor: Option<Actor>,
}

#[derive(Deserialize)]
struct Actor {
    login: String,
}

/// Asks for all pull requests of some runs whose state may have changed, each once, and keeps what GitHub says, part by
/// part.
pub async fn look(client: &Client, journal: &mut Journal, runs: &[i64]) -> Result<(), RunError> {
    let mut unsettled = BTreeMap::new();
    for run in runs {
        let of = journal.unsettled(*run)?.into_iter();
        unsettled.extend(of.map(|opened| ((opened.repository, opened.number), opened)));
    }
    let unsettled: Vec<Opened> = unsettled.into_values().collect();
    for part in unsettled.chunks(TOGETHER) {
        let (query, variables) = question(part);
        let data = client.graphql_parts(&query, &variables).await?;
        let seen = answer(part, data)?;
        let now = client.gate().clock().epoch();
        journal.seen(&seen, now)?;
    }
    for run in runs {
        journal.count_states(*run, client.gate().clock().epoch())?;
    }
    Ok(())
}

/// The query for some pull requests. Names are variables: nothing in them is syntax.
fn question(part: &[Opened]) -> (String, Value) {
    let (mut declared, mut asked, mut variables) = (Vec::new(), String::new(), Map::new());
    for (i, opened) in part.iter().enumerate() {
        let (owner, name) = opened.name.split_once('/').unwrap_or(("", &opened.name));
        declared.push(format!("$o{i}: String!, $n{i}: String!, $p{i}: Int!"));
        asked +=
            &format!(" r{i}: repository(owner: $o{i}, name: $n{i}) {{ pullRequest(number: $p{i}) {{ {ASKED} }} }}");
        variables.insert(format!("o{i}"), json!(owner));
        variables.insert(format!("n{i}"), json!(name));
        variables.insert(format!("p{i}"), json!(opened.number));
    }
    (format!("query({}) {{{asked} }}", declared.join(", ")), Value::Object(variables))
}

fn answer(part: &[Opened], data: Value) -> Result<Vec<(&Opened, Seen)>, GithubError> {
    let mut all: BTreeMap<String, Option<Repository>> = serde_json::from_value(data)
        .map_err(|error| GithubError::Shape { request: "POST /graphql".into(), message: error.to_string() })?;
    let seen = |(i, opened)| {
        let pull = all.remove(&format!("r{i}")).flatten().and_then(|repository| repository.pull);
        (opened, pull.map_or_else(|| Seen { state: "gone".into(), by: None }, Pull::seen))
    };
    Ok(part.iter().enumerate().map(seen).collect())
}

impl Pull {
    fn seen(mut self) -> Seen {
        let is_closed = self.state == "CLOSED";
        let state = match self.state.as_str() {
            "MERGED" => "merged",
            "CLOSED" => "closed",
            _ if self.is_draft => "draft",
            _ => "open",
        };
        let closer = self.timeline_items.nodes.pop().flatten().and_then(|event| event.actor);
        Seen { state: state.into(), by: closer.filter(|_| is_closed).map(|actor| actor.login) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_names_each_and_an_answer_may_lack_some() {
        let opened = |name: &str, number| Opened { repository: number, name: name.into(), number };
        let part = [opened("acme/a", 7), opened("acme/b", 8), opened("acme/c", 9), opened("acme/d", 10)];
        let (query, variables) = question(&part);
        assert!(query.starts_with("query($o0: String!, $n0: String!, $p0: Int!, $o1: "), "{query}");
        assert!(
            query.contains(" r1: repository(owner: $o1, name: $n1) { pullRequest(number: $p1) { state "),
            "{query}"
        );
        assert_eq!((&variables["o1"], &variables["n1"], &variables["p1"]), (&json!("acme"), &json!("b"), &json!(8)));
        let pull = |state: &str, nodes: Value| {
            let items = json!({ "nodes": nodes });
            json!({ "pullRequest": { "state": state, "isDraft": state == "OPEN", "timelineItems": items } })
        };
        let ada = json!([{ "actor": { "login": "ada" } }]);
        let data = json!({
            "r0": pull("MERGED", ada.clone()), "r1": pull("CLOSED", ada), "r2": pull("OPEN", json!([])), "r3": null,
        });
        let seen = answer(&part, data).unwrap();
        let words: Vec<_> = seen.iter().map(|(_, seen)| (seen.state.as_str(), seen.by.as_deref())).collect();
        assert_eq!(words, [("merged", None), ("closed", Some("ada")), ("draft", None), ("gone", None)]);
        assert!(answer(&part, json!({ "r0": { "pullRequest": { "state": 7 } } })).is_err());
    }
}
