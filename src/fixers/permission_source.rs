//! Permissions of services to invoke a function name the thing that may invoke it.

use std::sync::Arc;

use crate::catalogue::{Context, Verdict};
use crate::fix::{Change, Effect, Fix, Grade};
use crate::model::{Draft, DraftBody, Project, Reference, Resource, Value};

pub(super) fn judge(context: &Context<'_>) -> Verdict {
    let (project, permission) = (context.project, context.resource);
    let set = context.named(
        ["source_arn", "source_account", "principal_org_id", "event_source_token"],
        ["SourceArn", "SourceAccount", "PrincipalOrgID", "EventSourceToken"],
    );
    for argument in set {
        match permission.body.get(argument).is_present() {
            Some(false) => {}
            Some(true) => return Verdict::Pass,
            None => return Verdict::Unknown(format!("`{argument}` isn't known before a deploy")),
        }
    }
    let principal = project.settle(&permission.body.get(context.named("principal", "Principal")));
    let Some(service) = principal.as_str().map(str::to_owned).or_else(|| service_of(&principal)) else {
        return Verdict::Unknown("the principal isn't known before a deploy".into());
    };
    // Accounts and `*` are other controls' business; edge replication has no source.
    let edge = service.contains("edgelambda") || service.contains("replicator.lambda");
    if !service.contains(".amazonaws.com") || edge {
        return Verdict::Pass;
    }
    Verdict::fail(format!("{service} may invoke it for anybody's resources, in any account"), fix(context, &service))
}

/// `logs.${data.aws_region.current.name}.amazonaws.com`
fn service_of(principal: &Value) -> Option<String> {
    let pieces = principal.known_pieces();
    let ends = pieces.last()?.ends_with(".amazonaws.com");
    ends.then(|| format!("{}.amazonaws.com", pieces.first().unwrap_or(&"").trim_end_matches('.')))
}

fn fix(context: &Context<'_>, service: &str) -> Fix {
    let permission = context.resource;
    // Whether calls of macros carry an account isn't documented.
    if service.starts_with("cloudformation.") {
        return Fix::manual("Name the stack or the account", "macros are invoked without a documented source");
    }
    let mut sources = sources(context, service);
    sources.dedup();
    let (argument, value, data) = match sources.as_slice() {
        [one] => (context.named("source_arn", "SourceArn"), one.clone(), None),
        [] | [..] if service.starts_with("apigateway") => {
            let note = if sources.is_empty() {
                "no integration with this function is declared here"
            } else {
                "several APIs use this function"
            };
            return Fix::manual("Name the API that invokes the function as source", note);
        }
        _ => match super::account(context.project, permission) {
            Ok((account, data)) => (context.named("source_account", "SourceAccount"), account, data),
            Err(reason) => return Fix::manual("Name the account that invokes the function", reason),
        },
    };
    let mut changes: Vec<Change> = data.into_iter().collect();
    changes.push(Change::Set { resource: permission.id, content: DraftBody::arguments([(argument, value)]) });
    let mut notes = vec!["the permission is replaced: for a moment the service can't invoke the function".to_owned()];
    if matches!(argument, "source_account" | "SourceAccount") {
        notes.push(match sources.len() {
            0 => "no trigger is declared here, so only the account is named".into(),
            n => format!("{n} triggers use this permission, so only the account is named"),
        });
    }
    Fix { title: format!("Set {argument}"), grade: Grade::Review, effect: Effect::Replace, changes, notes }
}

/// How a trigger of a service names function and source.
struct Trigger {
    service: &'static str,
    kind: &'static str,
    /// Where the function stands, dotted.
    function: &'static str,
    /// Where the source stands.
    source: &'static str,
    /// The attribute of the source, and what follows it.
    attribute: &'static str,
    suffix: &'static str,
}

const fn trigger(
    service: &'static str,
    kind: &'static str,
    function: &'static str,
    source: &'static str,
    attribute: &'static str,
    suffix: &'static str,
) -> Trigger {
    Trigger { service, kind, function, source, attribute, suffix }
}

/// Sources: the developer guide of Lambda, "Granting Lambda function access to AWS services", and the page of each
/// service. For `CloudWatch` Logs the ARN ends in `:*`.
const TRIGGERS: [Trigger; 18] = [
    trigger("sns.", "AWS::SNS::Subscription", "Endpoint", "TopicArn", "Ref", ""),
    trigger("events.", "AWS::Events::Rule", "Targets.Arn", "", "Arn", ""),
    trigger("apigateway.", "AWS::ApiGateway::Method", "Integration.Uri", "RestApiId", EXECUTION, "/*/*"),
    trigger("apigateway.", "AWS::ApiGatewayV2::Integration", "IntegrationUri", "ApiId", EXECUTION, "/*/*"),
    trigger("logs.", "AWS::Logs::SubscriptionFilter", "DestinationArn", "LogGroupName", "Arn", ""),
    trigger("secretsmanager.", "AWS::SecretsManager::RotationSchedule", "RotationLambdaARN", "SecretId", "Ref", ""),
    trigger("cognito-idp.", "AWS::Cognito::UserPool", "LambdaConfig", "", "Arn", ""),
    trigger("iot.", "AWS::IoT::TopicRule", "TopicRulePayload.Actions", "", "Arn", ""),
    trigger("sns.", "aws_sns_topic_subscription", "endpoint", "topic_arn", "arn", ""),
    trigger("events.", "aws_cloudwatch_event_target", "arn", "rule", "arn", ""),
    trigger("s3.", "aws_s3_bucket_notification", "lambda_function.lambda_function_arn", "bucket", "arn", ""),
    trigger("apigateway.", "aws_api_gateway_integration", "uri", "rest_api_id", "execution_arn", "/*/*"),
    trigger("apigateway.", "aws_apigatewayv2_integration", "integration_uri", "api_id", "execution_arn", "/*/*"),
    trigger("elasticloadbalancing.", "aws_lb_target_group_attachment", "target_id", "target_group_arn", "arn", ""),
    trigger("logs.", "aws_cloudwatch_log_subscription_filter", "destination_arn", "log_group_name", "arn", ":*"),
    trigger("secretsmanager.", "aws_secretsmanager_secret_rotation", "rotation_lambda_arn", "secret_id", "arn", ""),
    trigger("cognito-idp.", "aws_cognito_user_pool", "lambda_config", "", "arn", ""),
    trigger("iot.", "aws_iot_topic_rule", "lambda", "", "arn", ""),
];

/// The ARN by which an API invokes, which no attribute gives in CloudFormation.
const EXECUTION: &str = "execution";
/// The services whose triggers are known.
pub(super) const SERVICES: [&str; 9] = [
    "apigateway.amazonaws.com",
    "cognito-idp.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
    "events.amazonaws.com",
    "iot.amazonaws.com",
    "logs.amazonaws.com",
    "s3.amazonaws.com",
    "secretsmanager.amazonaws.com",
    "sns.amazonaws.com",
];

/// The distinct sources that the configuration shows for this service and function.
pub(super) fn sources(context: &Context<'_>, service: &str) -> Vec<Draft> {
    let (project, permission) = (context.project, context.resource);
    let Some((function, keys)) =
        function_of(project, &permission.body.get(context.named("function_name", "FunctionName")))
    else {
        return Vec::new();
    };
    // Another key is another function.
    let is_same = |named: Option<(&Resource, Vec<Arc<str>>)>| {
        named.is_some_and(|(named, by)| named.id == function.id && by == keys)
    };
    let mut found: Vec<Draft> = Vec::new();
    for trigger in TRIGGERS.iter().filter(|trigger| service.starts_with(trigger.service)) {
        for resource in project.of_kind(trigger.kind).filter(|r| r.instance == permission.instance) {
            let used =
                arms(&resource.body.at(trigger.function)).iter().any(|value| is_same(function_of(project, value)));
            if !used {
                continue;
            }
            let source = if trigger.source.is_empty() {
                Some(Draft::Attribute(resource.id, trigger.attribute.into()))
            } else {
                source_of(project, resource, trigger)
            };
            match source {
                Some(source) if !found.contains(&source) => found.push(source),
                Some(_) => {}
                // A source that can't be named here: more than one, as far as the fix is concerned.
                None => found.extend([Draft::Bool(false), Draft::Bool(true)]),
            }
        }
    }
    found
}

fn arms(value: &Value) -> Vec<Value> {
    match value {
        Value::Either(arms) | Value::List(arms) => arms.iter().flat_map(|arm| arms_of(&arm.value)).collect(),
        other => arms_of(other),
    }
}

fn arms_of(value: &Value) -> Vec<Value> {
    match value {
        Value::Map(body) => body.entries.iter().map(|entry| entry.node.value.clone()).collect(),
        other => vec![other.clone()],
    }
}

/// The function behind a name or ARN, looking through aliases, and the keys by which one of several is meant.
fn function_of<'a>(project: &'a Project, value: &Value) -> Option<(&'a Resource, Vec<Arc<str>>)> {
    let mut found: Option<&Reference> = None;
    value.each_reference(&mut |reference| found = found.or(Some(reference)));
    let resource = project.resource(found?.resource);
    let keys = found?.within.iter().chain(&found?.index).cloned().collect();
    let behind = |name: &str| function_of(project, &resource.body.get(name)).map(|(function, _)| function);
    let function = match &*resource.kind {
        "AWS::Lambda::Function" | "aws_lambda_function" => resource,
        "aws_lambda_alias" => behind("function_name")?,
        "AWS::Lambda::Alias" | "AWS::Lambda::Version" => behind("FunctionName")?,
        _ => return None,
    };
    Some((function, keys))
}

fn source_of(project: &Project, resource: &Resource, trigger: &Trigger) -> Option<Draft> {
    let Value::Reference(reference) = resource.body.get(trigger.source) else { return None };
    let source = project.resource(reference.resource);
    if source.instance != resource.instance {
        return None;
    }
    // A stage, say, is not the API: follow to what has the attribute.
    let protocol = if source.kind.contains("::") { "ProtocolType" } else { "protocol_type" };
    let websocket = source.body.get(protocol).as_str() == Some("WEBSOCKET");
    let suffix = if websocket { "/*" } else { trigger.suffix };
    if trigger.attribute == EXECUTION {
        let aws = |name: &str| Draft::Expression(format!("AWS::{name}"));
        return Some(Draft::Text(vec![
            Draft::string("arn:"),
            aws("Partition"),
            Draft::string(":execute-api:"),
            aws("Region"),
            Draft::string(":"),
            aws("AccountId"),
            Draft::string(":"),
            Draft::Attribute(source.id, "Ref".into()),
            Draft::string(suffix),
        ]));
    }
    let arn = Draft::Attribute(source.id, trigger.attribute.into());
    Some(if suffix.is_empty() { arn } else { Draft::Text(vec![arn, Draft::string(suffix)]) })
}
