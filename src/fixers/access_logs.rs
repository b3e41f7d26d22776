//! Access logs of API stages: a log group of its own, one JSON object a request.

use crate::catalogue::{Context, Verdict};
use crate::fix::{Change, Effect, Fix, Grade};
use crate::model::{Draft, DraftBody, DraftItem, Language, Repeat, Resource, Value};

/// What to know where no account role is declared.
pub(super) const ACCOUNT_ROLE: &str = "API Gateway needs a role for CloudWatch Logs in its account settings \
    (one for each account and region: aws_api_gateway_account, AWS::ApiGateway::Account); none is declared here, and without one the stage can't \
    be updated";

pub(super) fn judge(context: &Context<'_>) -> Verdict {
    let stage = context.resource;
    match stage
        .body
        .at(&format!("{}.{}", block(stage), context.named("destination_arn", "DestinationArn")))
        .is_present()
    {
        Some(true) => Verdict::Pass,
        None => Verdict::Unknown("whether access is logged isn't known before a deploy".into()),
        Some(false) => Verdict::fail("requests leave no access log", fix(context)),
    }
}

/// The block with the settings.
fn block(stage: &Resource) -> &'static str {
    match &*stage.kind {
        "AWS::ApiGateway::Stage" => "AccessLogSetting",
        "AWS::ApiGatewayV2::Stage" => "AccessLogSettings",
        _ => "access_log_settings",
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
    let v2 = matches!(&*stage.kind, "aws_apigatewayv2_stage" | "AWS::ApiGatewayV2::Stage");
    let kind = context.named("aws_cloudwatch_log_group", "AWS::Logs::LogGroup");
    let name = format!("{}_{}", stage.name, context.named("access", "access_logs"));
    let address = format!("{kind}.{name}");
    let days = context.number("retention_days").unwrap_or(30.0);
    let with_ip = context.option("log_ip").as_bool() != Some(false);
    let format = fields(v2).into_iter().filter(|(field, _)| with_ip || *field != "ip");
    let format = format.map(|(field, variable)| (field.to_owned(), Draft::string(variable))).collect();
    let group = Change::Add {
        near: stage.id,
        kind: kind.into(),
        name,
        mirror: true,
        content: match context.project.language {
            Language::Terraform => DraftBody::arguments([
                ("name", group_name(context, v2)),
                ("retention_in_days", Draft::Number(days.to_string())),
            ]),
            // Without a name of its own the group can't clash with another one.
            Language::CloudFormation => DraftBody::arguments([("RetentionInDays", Draft::Number(days.to_string()))]),
        },
    };
    let arn = Draft::AddedAttribute(address, context.named("arn", "Arn").into());
    let mut settings = DraftBody::arguments([(context.named("destination_arn", "DestinationArn"), arn)]);
    // A format that somebody chose stays.
    let argument = context.named("format", "Format");
    if stage.body.at(&format!("{}.{argument}", block(stage))).is_null() {
        settings.items.push((argument.into(), DraftItem::Argument(Draft::Json(Box::new(Draft::Object(format))))));
    }
    let content = DraftBody::default().with_block(block(stage), settings);
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
    let known = context.project.settle(&stage.body.get(argument));
    let name = match (known, context.as_written(stage, argument)) {
        // What a variable gives here, another call of the module may give otherwise.
        (Value::String(name), Some(written)) if !matches!(written, Draft::String(_)) && !name.starts_with('$') => {
            written
        }
        // `$` can't stand in the name of a log group.
        (Value::String(name), _) => Draft::string(name.trim_start_matches('$')),
        (_, Some(written)) if !v2 => written,
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
    let kind = context.named("aws_api_gateway_account", "AWS::ApiGateway::Account");
    let declared = super::once::declares(project, context.resource, kind);
    let protocol = context.named("protocol_type", "ProtocolType");
    let http = v2
        && match context.resource.body.get(context.named("api_id", "ApiId")) {
            Value::Reference(api) => project.resource(api.resource).body.get(protocol).as_str() == Some("HTTP"),
            _ => false,
        };
    !declared && !http
}

/// The same as a text for pages: null where nothing is to be said.
pub(super) fn account_role_note(context: &Context<'_>) -> Value {
    if needs_account_role(context, false) { Value::string(ACCOUNT_ROLE) } else { Value::Null }
}
