//! Rate limits of REST API stages: one `aws_api_gateway_method_settings` for `*/*`.

use crate::catalogue::{Context, Verdict};
use crate::fix::{Change, Effect, Fix, Grade};
use crate::model::value::all;
use crate::model::{Draft, DraftBody, Project, Resource, Value};

/// The two limits; one without the other leaves the account's default in force for the other.
const LIMITS: [(&str, &str); 2] = [("throttling_rate_limit", "rate_limit"), ("throttling_burst_limit", "burst_limit")];

pub(super) fn judge(context: &Context<'_>) -> Verdict {
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
    let Some(settings) = whole else {
        let message = match others.as_slice() {
            [] => "requests are limited by the account's default only, which all APIs of the region share".to_owned(),
            some => format!("only {} have limits of their own", some.join(", ")),
        };
        return Verdict::fail(message, add(context));
    };
    let limits = LIMITS.map(|(limit, _)| is_set(&project.settle(&settings.body.at(&format!("settings.{limit}")))));
    match all(limits) {
        Some(true) => Verdict::Pass,
        None => Verdict::Unknown("the limits aren't known before a deploy".into()),
        Some(false) => Verdict::fail(
            format!("{} sets no rate and burst limit for all methods", settings.address()),
            set(context, settings),
        ),
    }
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

fn limits(context: &Context<'_>) -> DraftBody {
    let mut body = DraftBody::default();
    for (limit, option) in LIMITS {
        let number = context.number(option).unwrap_or_default();
        body.items.push((limit.into(), crate::model::DraftItem::Argument(Draft::Number(number.to_string()))));
    }
    DraftBody::default().with_block("settings", body)
}

fn fix(context: &Context<'_>, change: Change) -> Fix {
    let option = |name: &str| context.number(name).unwrap_or_default();
    // Whoever sets the limits has accepted them.
    let chosen = LIMITS.iter().all(|(_, option)| context.settings.is_set(context.control, option));
    Fix {
        title: format!(
            "Limit all methods to {} requests a second, bursts of {}",
            option("rate_limit"),
            option("burst_limit")
        ),
        grade: if chosen { Grade::Safe } else { Grade::Review },
        effect: if chosen { Effect::InPlace } else { Effect::Access },
        changes: vec![change],
        notes: vec!["requests above the limit get status 429: compare it with the traffic of the API".into()],
    }
}

fn add(context: &Context<'_>) -> Fix {
    let stage = context.resource;
    let attribute = |name: &str| Draft::Attribute(stage.id, name.into());
    let mut content = DraftBody::arguments([
        ("rest_api_id", attribute("rest_api_id")),
        ("stage_name", attribute("stage_name")),
        ("method_path", Draft::string("*/*")),
    ]);
    content.items.extend(limits(context).items);
    let change = Change::Add {
        near: stage.id,
        kind: "aws_api_gateway_method_settings".into(),
        name: stage.name.to_string(),
        mirror: true,
        content,
    };
    fix(context, change)
}

fn set(context: &Context<'_>, settings: &Resource) -> Fix {
    fix(context, Change::Set { resource: settings.id, content: limits(context) })
}
