//! Who may call an open method or route: what the rest of the API shows.
//!
//! The other methods say how callers prove themselves; where none asks, the API's only authorizer does, or a policy that
//! lets somebody call it with a signature. Anything else is a decision.

use super::api_callers::{answers_browsers, never_signing, unsigned};
use super::apis::{admits_all, api_of, path, refers};
use crate::catalogue::Context;
use crate::iam::policy::Policy;
use crate::model::{Mode, Project, Reference, Repeat, Resource, Value};

/// What the configuration shows.
enum Answer<'a> {
    /// An authorizer, and what shows that it is meant.
    Authorizer(&'a Resource, String),
    /// Callers sign their requests, and what shows it.
    Signature(String),
    /// People decide: why, and between what.
    Open(String),
}

/// How one method asks: its type and its authorizer.
type Way = (String, Option<crate::model::ResourceId>);

/// The authorisation type to write, or null.
pub(super) fn authorization(context: &Context<'_>) -> Value {
    match answer(context) {
        Answer::Authorizer(authorizer, _) => kind_of(context.project, authorizer).map_or(Value::Null, Value::string),
        Answer::Signature(_) => Value::string("AWS_IAM"),
        Answer::Open(_) => Value::Null,
    }
}

/// The authorizer's id, or null.
pub(super) fn authorizer(context: &Context<'_>) -> Value {
    match answer(context) {
        Answer::Authorizer(authorizer, _) => Value::Reference(Reference {
            resource: authorizer.id,
            within: Vec::new(),
            index: None,
            path: vec!["id".into()],
        }),
        _ => Value::Null,
    }
}

/// What shows who may call and who is refused, or what is to be decided.
pub(super) fn note(context: &Context<'_>) -> Value {
    Value::string(match answer(context) {
        Answer::Authorizer(_, why) => format!("{why}: who calls without credentials is refused from then on"),
        Answer::Signature(why) | Answer::Open(why) => why,
    })
}

/// The key of the route that takes the preflight of browsers once this one asks who calls; null where none is needed.
pub(super) fn preflight_route(context: &Context<'_>) -> Value {
    let (project, route) = (context.project, context.resource);
    let api = api_of(project, route);
    api.and_then(|api| own_preflight(project, route, api)).map_or(Value::Null, Value::string)
}

/// The key of the route that takes preflight for `/` itself, which the greedy path beside `$default` doesn't match; null
/// where none is needed.
///
/// Source: developer guide of API Gateway, "Create routes for HTTP APIs": a greedy path variable catches child resources.
pub(super) fn preflight_root(context: &Context<'_>) -> Value {
    const KEY: &str = "OPTIONS /";
    let (project, route) = (context.project, context.resource);
    let key = |route: &Resource| project.settle(&route.body.get("route_key")).as_str().map(str::to_owned);
    let Some(api) = api_of(project, route).filter(|_| key(route).as_deref() == Some("$default")) else {
        return Value::Null;
    };
    let of_api = |other: &&Resource| api_of(project, other).is_some_and(|of| of.id == api.id);
    let is_there = project.of_kind(&route.kind).filter(of_api).any(|other| key(other).as_deref() == Some(KEY));
    if is_there { Value::Null } else { Value::string(KEY) }
}

/// Whether the configuration declares the API of a route.
pub(super) fn is_declared(context: &Context<'_>) -> Value {
    Value::Bool(api_of(context.project, context.resource).is_some())
}

/// `HTTP`, `WEBSOCKET` or unknown.
pub(super) fn protocol(context: &Context<'_>) -> Value {
    api_of(context.project, context.resource).map_or(Value::Unknown, |api| {
        context.project.settle(&context.project.value(api, "aws_apigatewayv2_api", "protocol_type"))
    })
}

fn answer<'a>(context: &Context<'a>) -> Answer<'a> {
    let (project, method) = (context.project, context.resource);
    let api = api_of(project, method).filter(|api| api.instance == method.instance);
    let Some(api) = api else {
        return Answer::Open(format!(
            "the API stands elsewhere: {}",
            choices(&*method.kind == "aws_api_gateway_method")
        ));
    };
    if let Some(why) = unsure(context) {
        return Answer::Open(why);
    }
    let rest = &*method.kind == "aws_api_gateway_method";
    let refuses_preflight = takes_preflight(project, method, api) && own_preflight(project, method, api).is_none();
    match shown(context, api) {
        Some(Answer::Authorizer(..) | Answer::Signature(_)) if refuses_preflight => preflight_first(),
        Some(answer) => answer,
        None if context.option("default_authorization").as_str() != Some("AWS_IAM") => {
            Answer::Open(nobody(project, rest))
        }
        None => by_option(project, api, refuses_preflight),
    }
}

fn preflight_first<'a>() -> Answer<'a> {
    Answer::Open(
        "it takes the preflight of browsers, which comes without credentials: give `OPTIONS` a method of its own \
         first, then let this one ask as the rest of the API does"
            .into(),
    )
}

/// What the API shows; nothing where nobody asks and nobody is known to call.
fn shown<'a>(context: &Context<'a>, api: &Resource) -> Option<Answer<'a>> {
    let (project, method) = (context.project, context.resource);
    let rest = &*method.kind == "aws_api_gateway_method";
    let of_api = |resource: &&Resource| api_of(project, resource).is_some_and(|of| of.id == api.id);
    let siblings: Vec<&Resource> =
        project.of_kind(&method.kind).filter(of_api).filter(|sibling| sibling.id != method.id).collect();
    let kind = if rest { "aws_api_gateway_authorizer" } else { "aws_apigatewayv2_authorizer" };
    let authorizers: Vec<&Resource> = project.of_kind(kind).filter(of_api).collect();
    let mut ways = Vec::new();
    for sibling in &siblings {
        match way(project, sibling) {
            Ok(Some(way)) if !ways.contains(&way) => ways.push(way),
            Ok(_) => {}
            Err(()) => {
                return Some(Answer::Open(format!("how {} asks isn't known: {}", sibling.address(), choices(rest))));
            }
        }
    }
    Some(match (ways.as_slice(), authorizers.as_slice()) {
        ([(kind, None)], _) if kind == "AWS_IAM" => {
            Answer::Signature(refused("the other methods of the API take signed requests"))
        }
        ([(_, Some(id))], _) => meant(project, &siblings, project.resource(*id), "the others of the API use it"),
        ([], [only]) => meant(project, &siblings, only, "it is the API's only authorizer"),
        ([], []) => {
            let policy = caller(project, api)?;
            match never_signing(project, api) {
                Some(other) => Answer::Open(other),
                None => Answer::Signature(refused(&format!("{} lets its role call the API", policy.address()))),
            }
        }
        _ => {
            let names: Vec<String> = authorizers.iter().map(|authorizer| authorizer.address()).collect();
            Answer::Open(format!(
                "the API asks in several ways ({}): which one is meant is a decision",
                if names.is_empty() { "see its other methods".into() } else { names.join(", ") }
            ))
        }
    })
}

fn refused(why: &str) -> String {
    format!("{why}: who calls without signing is refused from then on")
}

/// Nothing shows who calls, and the option says that whoever does signs: unless a caller in the configuration can't.
fn by_option<'a>(project: &'a Project, api: &'a Resource, refuses_preflight: bool) -> Answer<'a> {
    if let Some(caller) = unsigned(project, api) {
        return Answer::Open(caller);
    }
    let browsers = answers_browsers(project, api);
    if browsers.is_some() && refuses_preflight {
        return preflight_first();
    }
    let mut note =
        "whoever calls signs his requests then (Signature Version 4) and is allowed `execute-api:Invoke`; all \
                    others get status 403: pages in browsers, webhooks, apps without AWS credentials"
            .to_owned();
    if let Some(shows) = browsers {
        note += &format!(
            ". {shows} shows that pages of browsers call it: they need credentials first, as an identity pool gives them"
        );
    }
    if refuses_preflight {
        note += ". `OPTIONS` requests that arrive here are refused, too";
    }
    if admits_all(project, api) {
        note += ". The API's policy lets in everybody who signs, of any AWS account: name in it who is meant";
    }
    Answer::Signature(note)
}

/// An authorizer that can be used as it is.
fn meant<'a>(project: &'a Project, siblings: &[&Resource], authorizer: &'a Resource, why: &str) -> Answer<'a> {
    let address = authorizer.address();
    if authorizer.repeat != Repeat::Once || kind_of(project, authorizer).is_none() {
        return Answer::Open(format!("{address} is the API's authorizer, but what it checks isn't known here"));
    }
    // Without scopes a REST method takes identity tokens, with scopes access tokens: callers have one of them.
    let scoped = siblings.iter().any(|sibling| !sibling.body.get("authorization_scopes").is_null());
    if scoped {
        return Answer::Open(format!("its siblings demand scopes of {address}: which ones fit here is a decision"));
    }
    Answer::Authorizer(authorizer, format!("{address} is used, as {why}"))
}

/// Why nothing is written, whatever the API shows.
fn unsure(context: &Context<'_>) -> Option<String> {
    let (project, method) = (context.project, context.resource);
    let rest = &*method.kind == "aws_api_gateway_method";
    let argument = if rest { "authorization" } else { "authorization_type" };
    if let Some(entry) = method.body.entry(argument) {
        let file = project.file(entry.node.span.file);
        if !file.text[entry.node.span.range()].trim().starts_with('"') {
            return Some(format!("`{argument}` is given elsewhere, perhaps for others too: {}", choices(rest)));
        }
    }
    if !method.body.get("authorizer_id").is_null() {
        return Some("it names an authorizer, but doesn't ask it: set the type, or take the authorizer away".into());
    }
    if path(project, method).iter().any(Option::is_none) {
        return Some(format!("its path isn't known here, and some stay open: {}", choices(rest)));
    }
    None
}

/// Whether a browser's `OPTIONS` request arrives here, as nothing else takes it.
fn takes_preflight(project: &Project, method: &Resource, api: &Resource) -> bool {
    let of_api = |other: &&Resource| api_of(project, other).is_some_and(|of| of.id == api.id);
    let text =
        |resource: &Resource, argument: &str| project.settle(&resource.body.get(argument)).as_str().map(str::to_owned);
    if &*method.kind == "aws_api_gateway_method" {
        let any = text(method, "http_method").is_none_or(|verb| verb == "ANY");
        let place = method.body.get("resource_id");
        return any
            && !project.of_kind("aws_api_gateway_method").filter(of_api).any(|other| {
                text(other, "http_method").as_deref() == Some("OPTIONS")
                    && other.body.get("resource_id").equals(&place) == Some(true)
            });
    }
    let key = text(method, "route_key").unwrap_or_default();
    let path = key.strip_prefix("ANY ").or((key == "$default").then_some("/{proxy+}"));
    path.is_some_and(|path| {
        !project.of_kind("aws_apigatewayv2_route").filter(of_api).any(|other| {
            let key = text(other, "route_key").unwrap_or_default();
            key.strip_prefix("OPTIONS ").is_some_and(|other| other == path || other == "/{proxy+}" && path != "/")
        })
    })
}

/// The key of a route for preflight beside one that takes it now: API Gateway answers it itself then, where the API has
/// `cors_configuration`.
///
/// Source: developer guide of API Gateway, "Configure CORS for HTTP APIs", on `$default` routes that ask.
fn own_preflight(project: &Project, route: &Resource, api: &Resource) -> Option<String> {
    if &*route.kind != "aws_apigatewayv2_route"
        || api.body.get("cors_configuration").is_null()
        || route.body.get("target").is_null()
        || !takes_preflight(project, route, api)
    {
        return None;
    }
    let key = project.settle(&route.body.get("route_key"));
    let path = key.as_str()?.strip_prefix("ANY ").unwrap_or("/{proxy+}");
    Some(format!("OPTIONS {path}"))
}

/// How a method asks; nothing when it doesn't, an error when that isn't known.
fn way(project: &Project, method: &Resource) -> Result<Option<Way>, ()> {
    let written = method.body.get("authorization");
    let value = if written.is_null() { method.body.get("authorization_type") } else { written };
    match project.settle(&value) {
        Value::Null => Ok(None),
        Value::String(kind) if &*kind == "NONE" => Ok(None),
        Value::String(kind) if &*kind == "AWS_IAM" => Ok(Some((kind.to_string(), None))),
        Value::String(kind) => match method.body.get("authorizer_id") {
            Value::Reference(reference) => Ok(Some((kind.to_string(), Some(reference.resource)))),
            _ => Err(()),
        },
        _ => Err(()),
    }
}

/// The type that methods get which use an authorizer.
fn kind_of(project: &Project, authorizer: &Resource) -> Option<&'static str> {
    let rest = match &*authorizer.kind {
        "aws_api_gateway_authorizer" => true,
        "aws_apigatewayv2_authorizer" => false,
        _ => return None,
    };
    let argument = if rest { "type" } else { "authorizer_type" };
    match (project.settle(&authorizer.body.get(argument)), rest) {
        (Value::Null, true) => Some("CUSTOM"),
        (Value::String(kind), _) => match (&*kind, rest) {
            ("TOKEN", true) | ("REQUEST", _) => Some("CUSTOM"),
            ("COGNITO_USER_POOLS", true) => Some("COGNITO_USER_POOLS"),
            ("JWT", false) => Some("JWT"),
            _ => None,
        },
        _ => None,
    }
}

/// A policy that lets somebody call the API with a signature.
fn caller<'a>(project: &'a Project, api: &Resource) -> Option<&'a Resource> {
    let holds = |resource: &&Resource| {
        ["aws_iam_policy", "aws_iam_role_policy", "aws_iam_user_policy", "aws_iam_group_policy"]
            .contains(&&*resource.kind)
            && resource.mode == Mode::Managed
    };
    project.resources.iter().filter(holds).find(|resource| {
        Policy::read(project, &resource.body.get("policy"), resource.span).is_some_and(|policy| {
            policy.statements.iter().any(|statement| {
                statement.allow == Some(true)
                    && !statement.not_actions
                    && statement.covers_action("execute-api:Invoke")
                    && statement.resources.iter().any(|on| refers(on, api))
            })
        })
    })
}

fn nobody(project: &Project, rest: bool) -> String {
    let mut pools = project.of_kind("aws_cognito_user_pool");
    match (pools.next(), pools.next()) {
        (Some(pool), None) => format!("{} could stand behind an authorizer; {}", pool.address(), choices(rest)),
        _ => choices(rest).to_owned(),
    }
}

fn choices(rest: bool) -> &'static str {
    if rest {
        "decide who may call: an authorizer (CUSTOM or COGNITO_USER_POOLS with authorizer_id), or AWS_IAM for callers \
         that sign; it is live with the next deployment"
    } else {
        "decide who may call: a JWT or CUSTOM authorizer with authorizer_id, or AWS_IAM for callers that sign; stages \
         with auto_deploy are live at once"
    }
}
