//! Who in the configuration calls an API: whoever can't sign his requests is refused once they must be signed.

use super::apis::api_of;
use crate::model::{OpaqueCall, Project, Resource, ResourceId, Value};

/// What sends plain requests, and never signs them for API Gateway.
///
/// Sources: the developer guides of `CloudFront` (origin access control: for S3, Lambda, `MediaStore` and `MediaPackage`
/// only), `EventBridge` (API destinations: basic, OAuth, API key), SNS (HTTPS subscriptions), Firehose (HTTP endpoints: an
/// access key in a header), Route 53 (health checks), API Gateway (HTTP integrations).
const NEVER_SIGN: [&str; 9] = [
    "aws_api_gateway_integration",
    "aws_apigatewayv2_integration",
    "aws_cloudfront_distribution",
    "aws_cloudwatch_event_api_destination",
    "aws_iot_topic_rule",
    "aws_kinesis_firehose_delivery_stream",
    "aws_route53_health_check",
    "aws_sns_topic_subscription",
    "aws_synthetics_canary",
];
/// Beginnings of types that name an API without calling it: its own parts, what guards, watches or names it, and what
/// only runs when it changes.
const SILENT: [&str; 19] = [
    "aws_acm_",
    "aws_api_gateway_",
    "aws_apigatewayv2_",
    "aws_cloudwatch_composite_alarm",
    "aws_cloudwatch_dashboard",
    "aws_cloudwatch_log_",
    "aws_cloudwatch_metric_alarm",
    "aws_iam_",
    "aws_kms_",
    "aws_lambda_permission",
    "aws_route53_record",
    "aws_shield_",
    "aws_vpc_endpoint",
    "aws_wafregional_",
    "aws_wafv2_",
    "null_resource",
    "random_",
    "terraform_data",
    "time_",
];
/// Attributes by which somebody calls an API: its addresses, its id in one that is put together, and the name by which
/// AWS services send to it.
const ADDRESSES: [&str; 4] = ["api_endpoint", "execution_arn", "id", "invoke_url"];

/// Why the API can't ask all callers for signed requests: one in the configuration doesn't sign, or isn't known to.
pub(super) fn unsigned(project: &Project, api: &Resource) -> Option<String> {
    if let Some(caller) = never_signing(project, api) {
        return Some(caller);
    }
    // Functions that serve a WebSocket API answer through its address, and always sign that.
    let answers = project.settle(&api.body.get("protocol_type")).as_str() == Some("WEBSOCKET");
    let mut others = callers(project, api).filter(|caller| !(answers && &*caller.kind == "aws_lambda_function"));
    let caller = others.next().map(Resource::address).or_else(|| called_module(project, api));
    caller.map(|caller| {
        format!(
            "{caller} knows its address and may call it: let it sign its requests and allow it `execute-api:Invoke` on \
             the API first"
        )
    })
}

/// The caller that can't sign at all, as a sentence.
pub(super) fn never_signing(project: &Project, api: &Resource) -> Option<String> {
    let caller = callers(project, api).find(|caller| NEVER_SIGN.contains(&&*caller.kind))?;
    let instead = match &*caller.kind {
        "aws_cloudfront_distribution" => "an authorizer that looks for a secret header, which CloudFront adds",
        _ => "an authorizer for a key or a token that it sends",
    };
    Some(format!("{} calls it, and can't sign its requests: give the API {instead}", caller.address()))
}

/// The resources that call an API by its address, or mention it in an expression that can't be read.
fn callers<'a>(project: &'a Project, api: &'a Resource) -> impl Iterator<Item = &'a Resource> {
    let parts = parts(project, api);
    let unread: Vec<ResourceId> =
        parts.iter().flat_map(|part| project.unread_users(project.resource(*part))).map(|user| user.id).collect();
    project.resources.iter().filter(move |caller| {
        if caller.id == api.id {
            return false;
        }
        let body = &caller.body;
        match &*caller.kind {
            "aws_api_gateway_integration" => is_called(&parts, &project.settle(&body.get("uri"))),
            "aws_apigatewayv2_integration" => is_called(&parts, &project.settle(&body.get("integration_uri"))),
            _ if is_silent(caller) => false,
            _ => unread.contains(&caller.id) || body.entries.iter().any(|entry| is_called(&parts, &entry.node.value)),
        }
    })
}

/// The API with its stages and deployments.
fn parts(project: &Project, api: &Resource) -> Vec<ResourceId> {
    let kinds = ["aws_api_gateway_deployment", "aws_api_gateway_stage", "aws_apigatewayv2_stage"];
    let parts = kinds.iter().flat_map(|kind| project.of_kind(kind));
    let parts = parts.filter(|part| api_of(project, part).is_some_and(|of| of.id == api.id));
    std::iter::once(api.id).chain(parts.map(|part| part.id)).collect()
}

/// Whether a value has an address of one of these in it.
fn is_called(parts: &[ResourceId], value: &Value) -> bool {
    let mut found = false;
    value.each_reference(&mut |reference| {
        let address = reference.path.last().is_some_and(|name| ADDRESSES.contains(&&**name));
        found |= address && parts.contains(&reference.resource);
    });
    found
}

fn is_silent(resource: &Resource) -> bool {
    SILENT.iter().any(|beginning| resource.kind.starts_with(beginning))
}

/// A call of a module that can't be read, which gets the API's address.
fn called_module(project: &Project, api: &Resource) -> Option<String> {
    let parts = parts(project, api);
    let gets = |call: &&OpaqueCall| call.arguments.entries.iter().any(|entry| is_called(&parts, &entry.node.value));
    project.opaque_calls.iter().find(gets).map(|call| format!("module.{}", call.name))
}

/// Whether a browser may call the API from another website's page: it answers for cross-origin requests.
pub(super) fn answers_browsers(project: &Project, api: &Resource) -> Option<String> {
    const HEADER: &str = "access-control-allow-origin";
    if !api.body.get("cors_configuration").is_null() {
        return Some("`cors_configuration`".into());
    }
    let of_api = |part: &&Resource| api_of(project, part).is_some_and(|of| of.id == api.id);
    let preflight = project
        .of_kind("aws_api_gateway_method")
        .filter(of_api)
        .find(|method| project.settle(&method.body.get("http_method")).as_str() == Some("OPTIONS"));
    let says = |part: &&Resource| match part.body.get("response_parameters") {
        Value::Map(body) => body.entries.iter().any(|entry| entry.name.to_lowercase().contains(HEADER)),
        _ => false,
    };
    let kinds =
        ["aws_api_gateway_gateway_response", "aws_api_gateway_integration_response", "aws_api_gateway_method_response"];
    let header = || kinds.iter().find_map(|kind| project.of_kind(kind).filter(of_api).find(says));
    preflight.or_else(header).map(Resource::address)
}
