//! Settings of REST API stages: rate limits and execution logs, in the one `aws_api_gateway_method_settings` for `*/*`.

use crate::catalogue::{Context, Verdict};
use crate::fix::{Change, Effect, Fix, Grade};
use crate::model::value::all;
use crate::model::{Draft, DraftBody, DraftItem, Project, Resource, Value};

/// The two limits; one without the other leaves the account's default in force for the other.
const LIMITS: [(&str, &str); 2] = [("throttling_rate_limit", "rate_limit"), ("throttling_burst_limit", "burst_limit")];

/// What is asked of a stage's settings.
struct Wanted {
    /// Whether a setting is as it should be.
    holds: fn(&str, &Value) -> Option<bool>,
    /// What is wrong when no settings are there.
    none: &'static str,
    /// What is wrong when they lack it.
    lacking: &'static str,
}

/// Every stage limits its request rate.
pub(super) fn throttling(context: &Context<'_>) -> Verdict {
    let wanted = Wanted {
        holds: |_, limit| is_set(limit),
        none: "requests are limited by the account's default only, which all APIs of the region share",
        lacking: "sets no rate and burst limit for all methods",
    };
    judge(context, &wanted, limits)
}

/// Stages log errors and count metrics.
pub(super) fn execution_logs(context: &Context<'_>) -> Verdict {
    let wanted = Wanted {
        holds: |name, value| match (name, value) {
            (_, Value::Null) => Some(false),
            ("logging_level", level) => level.as_str().map(|level| matches!(level, "ERROR" | "INFO")),
            (_, metrics) => metrics.as_bool(),
        },
        none: "errors are not logged and metrics of methods are not counted",
        lacking: "doesn't log errors and count metrics for all methods",
    };
    judge(context, &wanted, logs)
}

fn judge(context: &Context<'_>, wanted: &Wanted, fix: fn(&Context<'_>) -> (DraftBody, Fix)) -> Verdict {
    let (project, stage) = (context.project, context.resource);
    // A deployment is a stage only when it names one (provider 5 and earlier).
    if &*stage.kind == "aws_api_gateway_deployment" && stage.body.get("stage_name").is_null() {
        return Verdict::Pass;
    }
    let mut others = Vec::new();
    let mut whole = None;
    for settings in project.of_kind("aws_api_gateway_method_settings") {
        match is_for(project, settings, stage) {
            Some(false) => {}
            None => return Verdict::Unknown(format!("{} may belong to this stage", settings.address())),
            Some(true) => match project.settle(&settings.body.get("method_path")).as_str() {
                Some("*/*") => whole = Some(settings),
                Some(path) => others.push(path.to_owned()),
                None => return Verdict::Unknown(format!("the method path of {} isn't known", settings.address())),
            },
        }
    }
    let (mut body, mut fix) = fix(context);
    let Some(settings) = whole else {
        let message = match others.as_slice() {
            [] => wanted.none.to_owned(),
            some => format!("only {} have settings of their own", some.join(", ")),
        };
        fix.changes = vec![add(stage, DraftBody::default().with_block("settings", body))];
        return Verdict::fail(message, fix);
    };
    let holds = |name: &str| (wanted.holds)(name, &project.settle(&settings.body.at(&format!("settings.{name}"))));
    match all(body.items.iter().map(|(name, _)| holds(name))) {
        Some(true) => Verdict::Pass,
        None => Verdict::Unknown("the settings aren't known before a deploy".into()),
        Some(false) => {
            // What holds already stays as it is.
            body.items.retain(|(name, _)| holds(name) != Some(true));
            let content = DraftBody::default().with_block("settings", body);
            fix.changes = vec![Change::Set { resource: settings.id, content }];
            Verdict::fail(format!("{} {}", settings.address(), wanted.lacking), fix)
        }
    }
}

/// The rate (requests a second) and the burst that a stage of either kind of API limits all its requests to; nothing
/// where it doesn't, or not all of them.
pub(super) fn limits_of(project: &Project, stage: &Resource) -> Option<(f64, f64)> {
    let number = |value: Value| project.settle(&value).as_number().filter(|limit| *limit >= 0.0);
    let both = |holder: &Resource, block: &str| {
        let [rate, burst] = LIMITS.map(|(name, _)| number(holder.body.at(&format!("{block}.{name}"))));
        rate.zip(burst)
    };
    if &*stage.kind == "aws_apigatewayv2_stage" {
        let routes = !stage.body.get("route_settings").is_null();
        return both(stage, "default_route_settings").filter(|_| !routes);
    }
    let mut all = project
        .of_kind("aws_api_gateway_method_settings")
        .filter(|settings| is_for(project, settings, stage) != Some(false));
    let only = all.next().filter(|_| all.next().is_none())?;
    let whole = project.settle(&only.body.get("method_path")).as_str() == Some("*/*");
    both(only, "settings").filter(|_| whole)
}

/// A limit of -1 is the provider's "none".
fn is_set(limit: &Value) -> Option<bool> {
    match limit {
        Value::Null => Some(false),
        value => value.as_number().map(|n| n >= 0.0),
    }
}

/// Whether settings belong to a stage: the same API and the same stage.
fn is_for(project: &Project, settings: &Resource, stage: &Resource) -> Option<bool> {
    let by_stage = settings.body.get("stage_name");
    if let Value::Reference(reference) = &by_stage {
        let target = project.resource(reference.resource);
        if matches!(&*target.kind, "aws_api_gateway_stage" | "aws_api_gateway_deployment") {
            return Some(target.span == stage.span);
        }
    }
    let same_api = same(project, &settings.body.get("rest_api_id"), &stage.body.get("rest_api_id"));
    all([same_api, same(project, &by_stage, &stage.body.get("stage_name"))])
}

fn same(project: &Project, a: &Value, b: &Value) -> Option<bool> {
    match (a, b) {
        (Value::Reference(a), Value::Reference(b)) if a.resource == b.resource => Some(true),
        // `aws_api_gateway_stage.x.rest_api_id` is followed to the API; two APIs are two.
        _ => match (project.settle(a), project.settle(b)) {
            (Value::Reference(a), Value::Reference(b)) => Some(a.resource == b.resource),
            (a, b) => a.equals(&b),
        },
    }
}

fn limits(context: &Context<'_>) -> (DraftBody, Fix) {
    let option = |name: &str| context.number(name).unwrap_or_default();
    let number =
        |(limit, name): (&str, &str)| (limit.to_owned(), DraftItem::Argument(Draft::Number(option(name).to_string())));
    let body = DraftBody { items: LIMITS.map(number).into() };
    // Whoever sets the limits has accepted them.
    let chosen = LIMITS.iter().all(|(_, option)| context.settings.is_set(context.control, option));
    let fix = Fix {
        title: format!(
            "Limit all methods to {} requests a second, bursts of {}",
            option("rate_limit"),
            option("burst_limit")
        ),
        grade: if chosen { Grade::Safe } else { Grade::Review },
        effect: if chosen { Effect::InPlace } else { Effect::Access },
        changes: Vec::new(),
        notes: vec!["requests above the limit get status 429: compare it with the traffic of the API".into()],
    };
    (body, fix)
}

fn logs(context: &Context<'_>) -> (DraftBody, Fix) {
    let body =
        DraftBody::arguments([("logging_level", Draft::string("ERROR")), ("metrics_enabled", Draft::Bool(true))]);
    let mut notes = vec!["detailed metrics and log lines are billed".to_owned()];
    if super::access_logs::needs_account_role(context, false) {
        notes.push(super::access_logs::ACCOUNT_ROLE.into());
    }
    let title = "Log errors and count metrics of all methods".into();
    (body, Fix { title, grade: Grade::Review, effect: Effect::Cost, changes: Vec::new(), notes })
}

fn add(stage: &Resource, content: DraftBody) -> Change {
    let attribute = |name: &str| Draft::Attribute(stage.id, name.into());
    let mut body = DraftBody::arguments([
        ("rest_api_id", attribute("rest_api_id")),
        ("stage_name", attribute("stage_name")),
        ("method_path", Draft::string("*/*")),
    ]);
    body.items.extend(content.items);
    // One for all that is asked of them: a second one would undo the first.
    Change::AddShared {
        near: stage.id,
        kind: "aws_api_gateway_method_settings".into(),
        name: stage.name.to_string(),
        mirror: true,
        content: body,
    }
}
