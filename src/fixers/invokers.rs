//! Who invokes a function, and whether it waits for the answer.

use crate::catalogue::Context;
use crate::model::{Project, Resource, Value};

/// Resources by which a service invokes a function asynchronously, and where they name it.
const ASYNCHRONOUS: [(&str, &str); 6] = [
    ("aws_s3_bucket_notification", "lambda_function.lambda_function_arn"),
    ("aws_sns_topic_subscription", "endpoint"),
    ("aws_cloudwatch_event_target", "arn"),
    ("aws_scheduler_schedule", "target.arn"),
    ("aws_iot_topic_rule", "lambda.function_arn"),
    ("aws_ses_receipt_rule", "lambda_action.function_arn"),
];
/// Resources that invoke a function and wait for its answer, or hand it batches.
const WAITING: [&str; 16] = [
    "aws_api_gateway_authorizer",
    "aws_api_gateway_integration",
    "aws_apigatewayv2_authorizer",
    "aws_apigatewayv2_integration",
    "aws_appsync_datasource",
    "aws_bedrockagent_agent_action_group",
    "aws_cloudformation_custom_resource",
    "aws_cognito_user_pool",
    "aws_kinesis_firehose_delivery_stream",
    "aws_lambda_event_source_mapping",
    "aws_lambda_function_url",
    "aws_lambda_invocation",
    "aws_lb_target_group_attachment",
    "aws_secretsmanager_secret_rotation",
    "aws_sfn_state_machine",
    "aws_vpclattice_target_group_attachment",
];
const PERMISSION: &str = "aws_lambda_permission";
/// Principals of permissions that wait for the answer.
const WAITING_PRINCIPALS: [&str; 6] = [
    "apigateway.amazonaws.com",
    "bedrock.amazonaws.com",
    "cognito-idp.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
    "lex.amazonaws.com",
    "secretsmanager.amazonaws.com",
];

/// Services that don't wait for the answer, by the principal of the permission that they need.
///
/// Source: the developer guide of Lambda, "Invoking a function asynchronously" and the pages of the services.
const ASYNCHRONOUS_PRINCIPALS: [&str; 9] =
    ["codecommit.", "codepipeline.", "config.", "events.", "iot.", "logs.", "s3.", "ses.", "sns."];

/// A resource by which a service invokes the function asynchronously, or may.
pub(super) fn asynchronous<'a>(project: &'a Project, function: &Resource) -> Option<&'a Resource> {
    let declared = ASYNCHRONOUS.iter().find_map(|(kind, path)| {
        project.all(kind).find(|resource| project.value(resource, kind, path).refers_to(function.id))
    });
    let permitted = |permission: &&Resource| {
        let principal = project.value(permission, PERMISSION, "principal");
        let by = principal.as_str().filter(|principal| principal.ends_with(".amazonaws.com"));
        project.value(permission, PERMISSION, "function_name").refers_to(function.id)
            && by.is_some_and(|by| ASYNCHRONOUS_PRINCIPALS.iter().any(|service| by.starts_with(service)))
    };
    declared.or_else(|| project.all(PERMISSION).find(permitted))
}

/// A resource that invokes the function and waits for its answer, or hands it batches.
pub(super) fn waiting<'a>(project: &'a Project, function: &Resource) -> Option<&'a Resource> {
    let declared = WAITING.iter().find_map(|kind| project.all(kind).find(|user| user.uses(function)));
    // Custom resources and macros of a template wait, too; their types are the template's own.
    let of_stack = |user: &&Resource| {
        (user.kind.starts_with("Custom::") || &*user.kind == "AWS::CloudFormation::Macro") && user.uses(function)
    };
    let declared = declared.or_else(|| project.resources.iter().find(of_stack));
    let permitted = |permission: &&Resource| {
        let principal = project.value(permission, PERMISSION, "principal");
        project.value(permission, PERMISSION, "function_name").refers_to(function.id)
            && principal.as_str().is_some_and(|principal| WAITING_PRINCIPALS.contains(&principal))
    };
    declared.or_else(|| project.all(PERMISSION).find(permitted))
}

/// Whether something of another type than `known` waits for the function's answer. The permission of an API says no more
/// than its integration.
pub(super) fn others_wait(project: &Project, function: &Resource, known: &[&str]) -> bool {
    let apis = known.iter().any(|kind| kind.ends_with("_integration"));
    let declared = WAITING.iter().filter(|kind| !known.contains(kind));
    declared.into_iter().any(|kind| project.all(kind).any(|user| user.uses(function)))
        || project.all(PERMISSION).any(|permission| {
            let principal = project.value(permission, PERMISSION, "principal");
            let by = principal.as_str().filter(|by| WAITING_PRINCIPALS.contains(by));
            by.is_some_and(|by| !(apis && by.starts_with("apigateway.")))
                && project.value(permission, PERMISSION, "function_name").refers_to(function.id)
        })
}

/// The address of what waits for the function's answer; null when nothing here does.
pub(super) fn waiting_invoker(context: &Context<'_>) -> Value {
    waiting(context.project, context.resource).map_or(Value::Null, |invoker| Value::string(invoker.address()))
}

/// The address of what invokes the function asynchronously; null when nothing here does.
pub(super) fn asynchronous_invoker(context: &Context<'_>) -> Value {
    asynchronous(context.project, context.resource).map_or(Value::Null, |invoker| Value::string(invoker.address()))
}

/// What the resource and all that it refers to are called, in one text: names say who calls.
pub(super) fn names_around(context: &Context<'_>) -> Value {
    let resource = context.resource;
    let mut names = vec![resource.name.to_string()];
    for entry in &resource.body.entries {
        let value = &entry.node.value;
        value
            .each_reference(&mut |reference| names.push(context.project.resource(reference.resource).name.to_string()));
        names.extend(context.project.settle(value).known_pieces().into_iter().map(str::to_owned));
    }
    Value::string(names.join(" "))
}
