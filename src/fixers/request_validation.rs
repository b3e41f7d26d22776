//! Requests to REST APIs are checked: one validator for each API.

use super::apis::api_of;
use crate::catalogue::{Context, Verdict};
use crate::fix::{Change, Effect, Fix, Grade};
use crate::model::{Draft, DraftBody, Value};

/// What a method demands of requests is checked.
pub(super) fn judge(context: &Context<'_>) -> Verdict {
    let method = context.resource;
    match method.body.get("request_validator_id").is_present() {
        Some(true) => return Verdict::Pass,
        None => return Verdict::Unknown("whether it has a validator isn't known before a deploy".into()),
        Some(false) => {}
    }
    let Some(demands) = demands(&method.body.get("request_parameters"), &method.body.get("request_models")) else {
        return Verdict::Unknown("what it demands of requests isn't known before a deploy".into());
    };
    if !demands && context.option("always").as_bool() != Some(true) {
        return Verdict::Exempt("it demands nothing of requests that could be checked (option `always`)".into());
    }
    let message = if demands {
        "what it demands of requests is declared, but not checked"
    } else {
        "no validator stands before the back end"
    };
    Verdict::fail(message, fix(context, demands))
}

/// Whether a parameter is required (path parameters are always there) or a model is given.
fn demands(parameters: &Value, models: &Value) -> Option<bool> {
    let required = match parameters {
        Value::Null => Some(false),
        Value::Map(body) if !body.open => crate::model::value::any(
            body.entries
                .iter()
                .filter(|entry| !entry.name.starts_with("method.request.path."))
                .map(|entry| entry.node.value.as_bool()),
        ),
        _ => None,
    };
    crate::model::value::any([required, models.is_present()])
}

fn fix(context: &Context<'_>, demands: bool) -> Fix {
    let (project, method) = (context.project, context.resource);
    let title = "Check requests before they reach the back end";
    let Some(api) = api_of(project, method).filter(|api| api.instance == method.instance) else {
        return Fix::manual(title, "the API stands in another module: its validator must be passed in");
    };
    let existing = project.of_kind("aws_api_gateway_request_validator").find(|validator| {
        let checks = ["validate_request_body", "validate_request_parameters"];
        checks.iter().all(|check| validator.body.get(check).as_bool() == Some(true))
            && api_of(project, validator).is_some_and(|its| its.id == api.id)
    });
    let mut changes = Vec::new();
    let id = if let Some(validator) = existing {
        Draft::Attribute(validator.id, "id".into())
    } else {
        changes.push(Change::Add {
            near: api.id,
            kind: "aws_api_gateway_request_validator".into(),
            name: api.name.to_string(),
            mirror: true,
            content: DraftBody::arguments([
                ("rest_api_id", Draft::Attribute(api.id, "id".into())),
                ("name", Draft::string("body-and-parameters")),
                ("validate_request_body", Draft::Bool(true)),
                ("validate_request_parameters", Draft::Bool(true)),
            ]),
        });
        Draft::AddedAttribute(format!("aws_api_gateway_request_validator.{}", api.name), "id".into())
    };
    changes.push(Change::Set { resource: method.id, content: DraftBody::arguments([("request_validator_id", id)]) });
    let mut notes =
        vec!["it is live with the next deployment: the triggers of aws_api_gateway_deployment must change".to_owned()];
    if demands {
        notes.push(
            "requests without a required parameter, or with a body that the model doesn't allow, get status 400".into(),
        );
    }
    let effect = if demands { Effect::Access } else { Effect::InPlace };
    Fix { title: title.into(), grade: Grade::Review, effect, changes, notes }
}
