//! A bucket's policy denies plain HTTP: merged into the policy that is there, or added.

use super::bucket_signals;
use crate::catalogue::{Context, Verdict};
use crate::fix::{Change, Effect, Fix, Grade};
use crate::iam::policy::{Policy, Statement};
use crate::model::{Draft, DraftBody, Resource, ResourceId, Value};

pub(super) fn judge(context: &Context<'_>) -> Verdict {
    let (project, bucket) = (context.project, context.resource);
    let companions = project.companions(bucket, bucket_signals::tie("aws_s3_bucket_policy"));
    let inline = bucket.body.get("policy");
    let holders: Vec<&Resource> = companions.found.iter().map(|id| project.resource(*id)).collect();
    let (holder, document) = match holders.as_slice() {
        [] if !inline.is_null() => (Some(bucket), inline),
        [] => (None, Value::Null),
        [one] => (Some(*one), one.body.get("policy")),
        _ => return Verdict::Unknown("several policies name this bucket; only one of them can be in force".into()),
    };
    if holder.is_none()
        && let Some(maybe) = companions.maybe
    {
        return Verdict::Unknown(maybe);
    }
    let policy = match holder {
        None => Policy { statements: Vec::new(), complete: true },
        Some(holder) => match Policy::read(project, &document, holder.span) {
            Some(policy) => policy,
            None => return Verdict::Unknown("its policy can't be read here".into()),
        },
    };
    if policy.statements.iter().any(denies_plain_http) {
        return Verdict::Pass;
    }
    if !policy.complete {
        return Verdict::Unknown("parts of its policy aren't known before a deploy".into());
    }
    let message = "requests over plain HTTP are answered";
    if let Some(signal) = bucket_signals::signal(project, bucket) {
        return Verdict::show(
            message,
            "Deny requests without TLS",
            format!("{signal}: website endpoints speak HTTP only, so a denial may shut readers out"),
        );
    }
    Verdict::fail(message, fix(bucket, holder.map(|holder| holder.id)))
}

/// A denial for everybody, of every action, on the bucket and its objects.
fn denies_plain_http(statement: &Statement) -> bool {
    let by_transport = statement.conditions.iter().any(|(operator, key, values)| {
        operator.starts_with("Bool")
            && key.eq_ignore_ascii_case("aws:SecureTransport")
            && values.iter().any(|value| value.as_bool() == Some(false))
    });
    let everything = statement.resources.len() >= 2
        || statement
            .resources
            .iter()
            .any(|r| r.known_pieces().last().is_some_and(|end| *end == "*" || end.ends_with(":*")));
    statement.allow == Some(false)
        && statement.names_everybody()
        && by_transport
        && statement.covers_action("s3:GetObject")
        && statement.covers_action("s3:PutObject")
        && everything
}

fn fix(bucket: &Resource, holder: Option<ResourceId>) -> Fix {
    let arn = || Draft::Attribute(bucket.id, "arn".into());
    let statement = Draft::object([
        ("Sid", Draft::string("DenyPlainHttp")),
        ("Effect", Draft::string("Deny")),
        ("Principal", Draft::string("*")),
        ("Action", Draft::string("s3:*")),
        ("Resource", Draft::List(vec![arn(), Draft::Text(vec![arn(), Draft::string("/*")])])),
        ("Condition", Draft::object([("Bool", Draft::object([("aws:SecureTransport", Draft::string("false"))]))])),
    ]);
    let change = if let Some(resource) = holder {
        Change::AppendStatement { resource, argument: "policy".into(), statement }
    } else {
        let document =
            Draft::object([("Version", Draft::string("2012-10-17")), ("Statement", Draft::List(vec![statement]))]);
        Change::Add {
            near: bucket.id,
            kind: "aws_s3_bucket_policy".into(),
            name: bucket.name.to_string(),
            mirror: true,
            content: DraftBody::arguments([
                ("bucket", Draft::Attribute(bucket.id, "id".into())),
                ("policy", Draft::Json(Box::new(document))),
            ]),
        }
    };
    Fix {
        title: "Deny requests without TLS".into(),
        grade: Grade::Review,
        effect: Effect::Access,
        changes: vec![change],
        notes: vec!["clients that speak plain HTTP are refused; AWS SDKs and the CLI use HTTPS by default".into()],
    }
}
