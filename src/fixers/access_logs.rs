//! Access logs of API stages: a log group of its own, one JSON object a request.

use crate::catalogue::{Context, Verdict};
use crate::fix::{Change, Effect, Fix, Grade};
use crate::model::{Draft, DraftBody, DraftItem, Repeat, Value};

/// What to know where no account role is declared.
pub(super) const ACCOUNT_ROLE: &str = "API Gateway needs a role for CloudWatch Logs in its account settings \
    (aws_api_gateway_account, one for each account and region); none is declared here, and without one the stage can't \
    be updated";

pub(super) fn judge(context: &Context<'_>) -> Verdict {
    let stage = context.resource;
    match stage.body.at("access_log_settings.destination_arn").is_present() {
        Some(true) => Verdict::Pass,
        None => Verdict::Unknown("whether access is logged isn't known before a deploy".into()),
        Some(false) => Verdict::fail("requests leave no access log", fix(context)),
    }
}

/// The fields of a log line, with API Gateway's variables.
fn fields(v2: bool) -> Vec<(&'static str, &'static str)> {
    let mut fields = vec![
        ("requestId", "$context.requestId"),
        ("ip", "$context.identity.sourceIp"),
        ("requestTime", "$context.requestTime"),
    ];
    // NOTE: `resourcePath` doesn't exist for HTTP and WebSocket APIs; they have routes.
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
    fields.extend(if v2 {
        vec![("routeKey", "$context.routeKey")]
    } else {
        vec![("httpMethod", "$context.httpMethod"), ("resourcePath", "$context.resourcePath")]
    });
    fields.extend([("status", "$context.status"), ("responseLength", "$context.responseLength")]);
    fields
}

fn fix(context: &Context<'_>) -> Fix {
    let stage = context.resource;
    let v2 = &*stage.kind == "aws_apigatewayv2_stage";
    let name = format!("{}_access", stage.name);
    let address = format!("aws_cloudwatch_log_group.{name}");
    let days = context.number("retention_days").unwrap_or(30.0);
    let with_ip = context.option("log_ip").as_bool() != Some(false);
    let format = fields(v2).into_iter().filter(|(field, _)| with_ip || *field != "ip");
    let format = format.map(|(field, variable)| (field.to_owned(), Draft::string(variable))).collect();
    let group = Change::Add {
        near: stage.id,
        kind: "aws_cloudwatch_log_group".into(),
        name,
        mirror: true,
        content: DraftBody::arguments([
            ("name", group_name(context, v2)),
            ("retention_in_days", Draft::Number(days.to_string())),
        ]),
    };
    let mut settings = DraftBody::arguments([("destination_arn", Draft::AddedAttribute(address, "arn".into()))]);
    // A format that somebody chose stays.
    if stage.body.at("access_log_settings.format").is_null() {
        settings.items.push(("format".into(), DraftItem::Argument(Draft::Json(Box::new(Draft::Object(format))))));
    }
    let content = DraftBody::default().with_block("access_log_settings", settings);
    let mut notes = vec!["log lines are billed by volume".into()];
    if needs_account_role(context, v2) {
        notes.push(ACCOUNT_ROLE.into());
    }
    Fix {
        title: format!("Log access to a group with {days} days of retention"),
        grade: Grade::Review,
        effect: Effect::Cost,
        changes: vec![group, Change::Set { resource: stage.id, content }],
        notes,
    }
}

/// The API's id and the stage; the group must not refer to the stage, which refers to the group.
fn group_name(context: &Context<'_>, v2: bool) -> Draft {
    let stage = context.resource;
    let api = context.as_written(stage, if v2 { "api_id" } else { "rest_api_id" });
    let argument = if v2 { "name" } else { "stage_name" };
    let name = match context.project.settle(&stage.body.get(argument)) {
        // `$` can't stand in the name of a log group.
        Value::String(name) => Draft::string(name.trim_start_matches('$')),
        _ if !v2 => context.as_written(stage, argument).unwrap_or_else(|| Draft::string(&*stage.name)),
        _ => Draft::string(&*stage.name),
    };
    let mut pieces = vec![Draft::string("/aws/apigateway/")];
    pieces.extend(api);
    pieces.extend([Draft::string("/"), name]);
    let literal = stage.body.get(argument).as_str().is_some();
    match &stage.repeat {
        Repeat::ForEach(_) if literal || v2 => {
            pieces.extend([Draft::string("-"), Draft::Expression("each.key".into())]);
        }
        Repeat::Count(_) if literal || v2 => {
            pieces.extend([Draft::string("-"), Draft::Expression("count.index".into())]);
        }
        _ => {}
    }
    Draft::Text(pieces)
}

/// REST and WebSocket APIs write with the account's role, HTTP APIs by themselves.
pub(super) fn needs_account_role(context: &Context<'_>, v2: bool) -> bool {
    let project = context.project;
    let declared = super::once::declares(project, context.resource, "aws_api_gateway_account");
    let http = v2
        && match context.resource.body.get("api_id") {
            Value::Reference(api) => project.resource(api.resource).body.get("protocol_type").as_str() == Some("HTTP"),
            _ => false,
        };
    !declared && !http
}
