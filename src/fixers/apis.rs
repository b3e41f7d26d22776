//! REST, HTTP and WebSocket APIs: whose a method is, which path it has, which functions answer, and what is open on
//! purpose.

use crate::catalogue::Context;
use crate::iam::policy::Policy;
use crate::model::{Project, Resource, Value};
use crate::source::Span;

const APIS: [&str; 2] = ["aws_api_gateway_rest_api", "aws_apigatewayv2_api"];
/// Last parts of paths that monitors call without credentials, or people who don't have any yet.
const OPEN_ENDS: [&str; 27] = [
    "docs",
    "favicon.ico",
    "forgot-password",
    "health",
    "health-check",
    "healthcheck",
    "healthz",
    "live",
    "livez",
    "login",
    "openapi.json",
    "ping",
    "ready",
    "readyz",
    "register",
    "reset-password",
    "robots.txt",
    "sign-in",
    "sign-up",
    "signin",
    "signup",
    "status",
    "swagger.json",
    "token",
    "up",
    "version",
    "verify-email",
];
/// Parts below which callers prove themselves in another way, wherever they stand in a path.
const OPEN_PARTS: [&str; 8] =
    [".well-known", "callback", "callbacks", "oauth", "oauth2", "swagger", "webhook", "webhooks"];
/// Parts of variables' names by which a function gets the secret that signs what it is sent.
const SIGNATURES: [&str; 4] = ["SIGNING_SECRET", "WEBHOOK", "SIGNATURE", "HMAC"];

/// The API that a method, route, stage, validator or authorizer belongs to.
pub(super) fn api_of<'a>(project: &'a Project, resource: &Resource) -> Option<&'a Resource> {
    let names = |argument: &str| match project.value(resource, "", argument) {
        Value::Reference(reference) => Some(project.resource(reference.resource)),
        _ => None,
    };
    let api = names("rest_api_id").or_else(|| names("api_id"))?;
    APIS.iter().any(|kind| project.kind(kind) == &*api.kind).then_some(api)
}

/// Why a method or a route may stay open: where its path leads, an API that is private or has a policy that says who may
/// call, a function that checks signatures. Null otherwise, unknown where the policy can't be read.
pub(super) fn open_on_purpose(context: &Context<'_>) -> Value {
    let (project, method) = (context.project, context.resource);
    let parts = path(project, method);
    let known: Vec<&str> = parts.iter().flatten().map(String::as_str).collect();
    open_path(&known).map_or_else(|| checked_elsewhere(context), Value::string)
}

/// What shows that a method which asks nobody isn't open to everybody: its function checks signatures, or its API lets in
/// only who is meant. Null where nothing does, unknown where a policy isn't known.
pub(super) fn checked_elsewhere(context: &Context<'_>) -> Value {
    let (project, method) = (context.project, context.resource);
    if functions_behind(project, method).into_iter().any(checks_signatures) {
        return Value::string("its function checks signatures");
    }
    match api_of(project, method) {
        Some(api) => limited(project, api),
        None => Value::Null,
    }
}

/// The method of a stage's API that asks for a key, where no usage plan names the API: then no key is let in at all. Null
/// otherwise, unknown where a plan may name it.
pub(super) fn key_without_plan(context: &Context<'_>) -> Value {
    const PLAN: &str = "aws_api_gateway_usage_plan";
    let (project, stage) = (context.project, context.resource);
    let Some(api) = api_of(project, stage) else { return Value::Null };
    let of_api = |method: &&Resource| api_of(project, method).is_some_and(|of| of.id == api.id);
    let asks = |method: &&Resource| method.body.get("api_key_required").as_bool() == Some(true);
    let Some(method) = project.of_kind("aws_api_gateway_method").filter(of_api).find(asks) else { return Value::Null };
    for plan in project.of_kind(PLAN) {
        if plan.uses(api) || plan.uses(stage) {
            return Value::Null;
        }
        if plan.body.blocks("api_stages").all(|stages| stages.get("api_id").as_str().is_none())
            && !plan.body.get("api_stages").is_null()
        {
            return Value::Unknown;
        }
    }
    Value::string(method.address())
}

/// Whether only its VPC reaches the API of a stage; unknown where the API stands elsewhere.
pub(super) fn private_api(context: &Context<'_>) -> Value {
    let project = context.project;
    api_of(project, context.resource).map_or(Value::Unknown, |api| Value::Bool(is_private(project, api)))
}

fn is_private(project: &Project, api: &Resource) -> bool {
    match project.settle(&project.value(api, "aws_api_gateway_rest_api", "endpoint_configuration.types")) {
        Value::List(items) => items.iter().any(|item| item.value.as_str() == Some("PRIVATE")),
        _ => false,
    }
}

/// Why an API may have open methods: it is private, or its resource policy says who may call.
pub(super) fn limited(project: &Project, api: &Resource) -> Value {
    if is_private(project, api) {
        return Value::string("its API is private");
    }
    let mut answer = Value::Null;
    for (document, span) in policies(project, api) {
        match Policy::read(project, &document, span) {
            None => answer = Value::Unknown,
            Some(policy) if super::open_policies::admits_everybody(&policy) => {}
            Some(_) => return Value::string("its API's policy says who may call"),
        }
    }
    answer
}

/// Whether a policy of the API lets everybody call it.
pub(super) fn admits_all(project: &Project, api: &Resource) -> bool {
    policies(project, api)
        .filter_map(|(document, span)| Policy::read(project, &document, span))
        .any(|policy| super::open_policies::admits_everybody(&policy))
}

/// The resource policies of an API, and where they stand.
fn policies<'a>(project: &'a Project, api: &'a Resource) -> impl Iterator<Item = (Value, Span)> + use<'a> {
    let own = std::iter::once((api.body.get("policy"), api.span)).filter(|(policy, _)| !policy.is_null());
    let beside = project
        .of_kind("aws_api_gateway_rest_api_policy")
        .filter(|policy| api_of(project, policy).is_some_and(|of| of.id == api.id))
        .map(|policy| (policy.body.get("policy"), policy.span));
    own.chain(beside)
}

/// Why a path may stay open.
pub(super) fn open_path(parts: &[&str]) -> Option<&'static str> {
    let lower: Vec<String> = parts.iter().map(|part| part.to_lowercase()).collect();
    let hooked = |part: &String| {
        OPEN_PARTS.contains(&part.as_str()) || part.split(['-', '_']).any(|word| matches!(word, "webhook" | "webhooks"))
    };
    if lower.iter().any(hooked) {
        return Some("who calls its path proves himself in another way");
    }
    let about_one = lower.iter().any(|part| part.contains('{'));
    let open_end = lower.last().is_some_and(|last| OPEN_ENDS.contains(&last.as_str()));
    (open_end && !about_one).then_some("its path is open by its nature")
}

/// The parts of the path of a REST method or a route, as far as they are known.
pub(super) fn path(project: &Project, method: &Resource) -> Vec<Option<String>> {
    if &*method.kind == "aws_apigatewayv2_route" {
        let key = project.settle(&method.body.get("route_key"));
        let Some(key) = key.as_str() else { return vec![None] };
        // `$default` and `$connect` have no path.
        let (_, path) = key.split_once(' ').unwrap_or_default();
        return parts_of(path).map(|part| Some(part.to_owned())).collect();
    }
    let mut parts = Vec::new();
    let mut at = method.body.get("resource_id");
    // A path has a few parts; a circle of parents is no path.
    for _ in 0..16 {
        let Value::Reference(reference) = &at else {
            parts.push(None);
            break;
        };
        let resource = project.resource(reference.resource);
        if &*resource.kind != "aws_api_gateway_resource" {
            // The root of the API.
            break;
        }
        parts.push(project.settle(&resource.body.get("path_part")).as_str().map(str::to_owned));
        at = resource.body.get("parent_id");
    }
    parts.reverse();
    parts
}

pub(super) fn parts_of(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}

/// The integrations of a REST method or a route.
pub(super) fn integrations<'a>(project: &'a Project, method: &Resource) -> Vec<&'a Resource> {
    if &*method.kind == "aws_apigatewayv2_route" {
        let target = method.body.get("target");
        return project
            .of_kind("aws_apigatewayv2_integration")
            .filter(|integration| refers(&target, integration))
            .collect();
    }
    let place = method.body.get("resource_id");
    project
        .of_kind("aws_api_gateway_integration")
        .filter(|integration| {
            integration.body.get("resource_id").equals(&place) == Some(true)
                && project.names(&integration.body.get("http_method"), method, "http_method") == Some(true)
        })
        .collect()
}

/// Whether only mocks answer.
pub(super) fn only_mock(context: &Context<'_>) -> Value {
    let integrations = integrations(context.project, context.resource);
    let mocks = integrations.iter().all(|integration| integration.body.get("type").as_str() == Some("MOCK"));
    Value::Bool(!integrations.is_empty() && mocks)
}

fn functions_behind<'a>(project: &'a Project, method: &Resource) -> Vec<&'a Resource> {
    let integrations = integrations(project, method);
    let leads = |function: &Resource| {
        integrations.iter().any(|integration| {
            let uri = integration.body.get("uri");
            refers(&uri, function) || refers(&integration.body.get("integration_uri"), function)
        })
    };
    project.of_kind("aws_lambda_function").filter(|function| leads(function)).collect()
}

fn checks_signatures(function: &Resource) -> bool {
    function.body.at("environment.variables").as_map().is_some_and(|variables| {
        variables.entries.iter().any(|variable| SIGNATURES.iter().any(|word| variable.name.contains(word)))
    })
}

/// Whether a value refers to a resource.
pub(super) fn refers(value: &Value, resource: &Resource) -> bool {
    let mut found = false;
    value.each_reference(&mut |reference| found |= reference.resource == resource.id);
    found
}

#[cfg(test)]
mod tests {
    use super::open_path;

    #[test]
    fn paths_that_stay_open() {
        let open = |path: &str| open_path(&super::parts_of(path).collect::<Vec<_>>()).is_some();
        assert!(open("/v1/health") && open("/webhooks/{provider}") && open("/stripe-webhook") && open("/auth/login"));
        assert!(!open("/orders/{id}/status") && !open("/orders") && !open("/") && !open("/healthy-food"));
    }
}
