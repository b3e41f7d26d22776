//! the description of GitHub's API: requests are held against it, answers are completed and held against it.

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

/// An operation's description.
pub(crate) struct Operation {
    template: &'static str,
    about: &'static Value,
}

fn description() -> &'static Value {
    static ALL: OnceLock<Value> = OnceLock::new();
    ALL.get_or_init(|| serde_json::from_str(include_str!("openapi.json")).unwrap())
}

/// The operation of a request.
pub(crate) fn operation(method: &str, template: &str) -> Operation {
    let (template, operations) = description()["paths"].as_object().unwrap().get_key_value(template).unwrap();
    Operation { template, about: &operations[method.to_lowercase()] }
}

impl Operation {
    /// What is wrong with a request.
    pub(crate) fn request_faults(&self, query: &[(String, String)], body: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        let parameters = self.about["parameters"].as_array().unwrap();
        for (name, value) in query {
            let Some(parameter) = parameters.iter().find(|p| p["in"] == "query" && p["name"] == name.as_str()) else {
                faults.push(format!("{}: no query parameter {name}", self.template));
                continue;
            };
            let is_number = parameter["schema"]["type"] == "integer";
            let value = if is_number { json!(value.parse::<u64>().ok()) } else { json!(value) };
            check(&parameter["schema"], &value, &format!("?{name}"), &mut faults);
        }
        match &self.about["requestBody"] {
            Value::Null if !body.is_null() => faults.push(format!("{} takes no body", self.template)),
            Value::Null => {}
            schema => {
                check(schema, body, "body", &mut faults);
                // The description lets everything through that it doesn't know; a mistyped name would go unseen.
                let known = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
                let known: Vec<&str> = known.collect();
                for name in body.as_object().into_iter().flatten().map(|(name, _)| name) {
                    if schema["properties"].is_object() && !known.contains(&name.as_str()) {
                        faults.push(format!("{}: no {name} in the body", self.template));
                    }
                }
            }
        }
        faults
    }

    fn answer_schema(&self, status: u16) -> Option<&'static Value> {
        self.about["responses"].get(status.to_string())
    }

    /// Fills in what GitHub always sends and the fake has no state for.
    pub(crate) fn complete(&self, status: u16, answer: &mut Value) {
        if let Some(schema) = self.answer_schema(status) {
            complete(schema, answer);
        }
    }

    /// What is wrong with an answer.
    pub(crate) fn answer_faults(&self, status: u16, answer: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        match self.answer_schema(status) {
            // Any operation may meet these.
            None if [401, 403, 404, 429].contains(&status) || status >= 500 => {}
            None => faults.push(format!("{} never answers {status}", self.template)),
            Some(schema) => check(schema, answer, &format!("{} {status}", self.template), &mut faults),
        }
        faults
    }
}

fn resolved(schema: &'static Value) -> &'static Value {
    match schema["$ref"].as_str() {
        Some(reference) => &description()["schemas"][reference.rsplit('/').next().unwrap()],
        None => schema,
    }
}

fn check(schema: &'static Value, value: &Value, place: &str, faults: &mut Vec<String>) {
    let schema = resolved(schema);
    if schema.is_null() || (value.is_null() && schema["nullable"] == true) {
        return;
    }
    for word in ["anyOf", "oneOf"] {
        if let Some(choices) = schema[word].as_array() {
            let ends: Vec<Vec<String>> = choices
                .iter()
                .map(|choice| {
                    let mut faults = Vec::new();
                    check(choice, value, place, &mut faults);
                    faults
                })
                .collect();
            if !ends.iter().any(Vec::is_empty) {
                faults.extend(ends.into_iter().min_by_key(Vec::len).unwrap_or_default());
            }
        }
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        check(part, value, place, faults);
    }
    let fits = match schema["type"].as_str() {
        None => true,
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        Some(other) => panic!("the type {other} isn't known here"),
    };
    if !fits {
        faults.push(format!("{place}: {value} is no {}", schema["type"]));
        return;
    }
    if schema["enum"].as_array().is_some_and(|values| !values.contains(value)) {
        faults.push(format!("{place}: {value} is not one of {}", schema["enum"]));
    }
    for (i, item) in value.as_array().into_iter().flatten().enumerate() {
        check(&schema["items"], item, &format!("{place}[{i}]"), faults);
    }
    if let Some(members) = value.as_object() {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !members.contains_key(name) {
                faults.push(format!("{place}.{name} is missing"));
            }
        }
        for (name, member) in members {
            if let Some(inner) = schema["properties"].get(name) {
                check(inner, member, &format!("{place}.{name}"), faults);
            }
        }
    }
}

fn complete(schema: &'static Value, value: &mut Value) {
    let schema = resolved(schema);
    if let Some(choices) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
        // The choice that has most of what is there.
        let named = |choice: &'static Value| {
            let known = resolved(choice)["properties"].as_object();
            let members = value.as_object();
            members.map_or(0, |m| m.keys().filter(|key| known.is_some_and(|known| known.contains_key(*key))).count())
        };
        if let Some(best) = choices.iter().max_by_key(|choice| named(choice)) {
            complete(best, value);
        }
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        complete(part, value);
    }
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| complete(&schema["items"], item)),
        Value::Object(members) => {
            for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !members.contains_key(name) {
                    members.insert(name.to_owned(), sample(&schema["properties"][name]));
                }
            }
            for (name, member) in members {
                if let Some(inner) = schema["properties"].get(name) {
                    complete(inner, member);
                }
            }
        }
        _ => {}
    }
}

/// The plainest value of a schema.
fn sample(schema: &'static Value) -> Value {
    let schema = resolved(schema);
    if schema["nullable"] == true {
        return Value::Null;
    }
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    if let Some(choice) = schema["anyOf"].get(0).or(schema["oneOf"].get(0)).or(schema["allOf"].get(0)) {
        return sample(choice);
    }
    match schema["type"].as_str() {
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(false),
        Some("array") => json!([]),
        Some("object") | None => {
            let mut value = Value::Object(Map::new());
            complete(schema, &mut value);
            value
        }
        _ if schema["format"] == "date-time" => json!("2026-01-01T00:00:00Z"),
        _ => json!("x"),
    }
}
