//! The policies of buckets, queues and topics deny plain HTTP: merged into the policy that is there, or added.

use super::bucket_signals;
use crate::catalogue::{Context, Verdict};
use crate::fix::{Change, Effect, Fix, Grade};
use crate::iam::policy::{Policy, Statement};
use crate::model::companion::Tie;
use crate::model::{Draft, DraftBody, Resource, ResourceId, Value};

/// What is different between buckets, queues and topics.
struct Kind {
    /// The resource that holds the policy, and its argument that names the target.
    policy: &'static str,
    by: &'static str,
    /// The target's argument with its own name, and its attribute that the policy's argument takes.
    name: &'static str,
    id: &'static str,
    /// Actions that must be denied.
    probes: &'static [&'static str],
    /// The denied action.
    action: &'static str,
    /// Whether the objects inside are resources of their own.
    contents: bool,
    /// The holder's argument with the document, and whether the document is an object there.
    document: (&'static str, bool),
    /// The attribute with the target's ARN; nothing where a reference to the target is its ARN.
    arn: &'static str,
    /// Whether a first policy takes the place of a default one that lets the owner in.
    owner_default: bool,
}

const BUCKET: Kind = Kind {
    policy: "aws_s3_bucket_policy",
    by: "bucket",
    name: "bucket",
    id: "id",
    probes: &["s3:GetObject", "s3:PutObject"],
    action: "s3:*",
    contents: true,
    document: ("policy", false),
    arn: "arn",
    owner_default: false,
};
const QUEUE: Kind = Kind {
    policy: "aws_sqs_queue_policy",
    by: "queue_url",
    name: "name",
    id: "id",
    probes: &["sqs:SendMessage", "sqs:ReceiveMessage"],
    action: "sqs:*",
    contents: false,
    document: ("policy", false),
    arn: "arn",
    owner_default: false,
};
const TOPIC: Kind = Kind {
    policy: "aws_sns_topic_policy",
    by: "arn",
    name: "name",
    id: "arn",
    probes: &["sns:Publish"],
    action: "sns:Publish",
    contents: false,
    document: ("policy", false),
    arn: "arn",
    owner_default: true,
};

/// CloudFormation's names.
const TEMPLATE_BUCKET: Kind = Kind {
    policy: "AWS::S3::BucketPolicy",
    by: "Bucket",
    name: "BucketName",
    id: "Ref",
    document: DOCUMENT,
    arn: "Arn",
    ..BUCKET
};
const TEMPLATE_QUEUE: Kind = Kind {
    policy: "AWS::SQS::QueuePolicy",
    by: "Queues",
    name: "QueueName",
    id: "Ref",
    document: DOCUMENT,
    arn: "Arn",
    ..QUEUE
};
const TEMPLATE_TOPIC: Kind = Kind {
    policy: "AWS::SNS::TopicPolicy",
    by: "Topics",
    name: "TopicName",
    id: "Ref",
    document: DOCUMENT,
    arn: "Ref",
    ..TOPIC
};
const DOCUMENT: (&str, bool) = ("PolicyDocument", true);

pub(super) fn bucket(context: &Context<'_>) -> Verdict {
    judge(context, context.named(&BUCKET, &TEMPLATE_BUCKET))
}

pub(super) fn queue(context: &Context<'_>) -> Verdict {
    judge(context, context.named(&QUEUE, &TEMPLATE_QUEUE))
}

pub(super) fn topic(context: &Context<'_>) -> Verdict {
    judge(context, context.named(&TOPIC, &TEMPLATE_TOPIC))
}

fn judge(context: &Context<'_>, kind: &Kind) -> Verdict {
    let (project, target) = (context.project, context.resource);
    let tie = Tie { kind: kind.policy, by: kind.by, name: kind.name };
    let companions = project.companions(target, tie);
    // Only Terraform knows policies in the resource itself.
    let holders: Vec<&Resource> = companions.found.iter().map(|id| project.resource(*id)).collect();
    let holder = match holders.as_slice() {
        [] if !target.body.get("policy").is_null() => Some(target),
        [] => None,
        [one] => Some(*one),
        _ => return Verdict::Unknown("several policies name it; only one of them can be in force".into()),
    };
    if let (None, Some(maybe)) = (holder, companions.maybe) {
        return Verdict::Unknown(maybe);
    }
    let policy = match holder {
        None => Policy { statements: Vec::new(), complete: true },
        Some(holder) => match Policy::of(project, &holder.body, kind.document.0) {
            Some(policy) => policy,
            None => return Verdict::Unknown("its policy can't be read here".into()),
        },
    };
    if policy.certain().any(|statement| denies_plain_http(statement, kind)) {
        return Verdict::Pass;
    }
    if !policy.complete {
        return Verdict::Unknown("parts of its policy aren't known before a deploy".into());
    }
    let message = "requests over plain HTTP are answered";
    if let Some(signal) = kind.contents.then(|| bucket_signals::signal(project, target)).flatten() {
        return Verdict::show(
            message,
            "Deny requests without TLS",
            format!("{signal}: website endpoints speak HTTP only, so a denial may shut readers out"),
        );
    }
    let fix = match holder {
        // NOTE: a bucket's policy must name the bucket's ARN.
        // https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-arn-format.html
        Some(holder) if holder.id == target.id && kind.contents => Fix::manual(
            "Move the policy to an aws_s3_bucket_policy and deny requests without TLS there",
            "in the bucket's own block the statement can't refer to the bucket",
        ),
        Some(holder) if holder.body.get(kind.by).as_list().is_some_and(|targets| targets.len() > 1) => Fix::manual(
            "Deny requests without TLS in the policy",
            "the policy serves others too: the statement must name the resources of all",
        ),
        Some(holder) => merge(target, holder.id, kind),
        None if kind.owner_default => Fix::manual(
            "Deny requests without TLS in a policy of its own",
            "the first policy takes the place of the default one, which lets the account's callers and services in: \
             write down who may publish, then deny the rest",
        ),
        None if kind.contents || context.option("add").as_bool() == Some(true) => add(target, kind),
        None => Fix::manual(
            "Deny requests without TLS in a policy of its own",
            "it has no policy, and AWS SDKs use HTTPS by default: set the option `add` to have one written",
        ),
    };
    Verdict::fail(message, fix)
}

/// A denial for everybody, of every action, on the thing and what is in it.
fn denies_plain_http(statement: &Statement, kind: &Kind) -> bool {
    let by_transport = statement.conditions.iter().any(|(operator, key, values)| {
        operator.starts_with("Bool")
            && key.eq_ignore_ascii_case("aws:SecureTransport")
            && values.iter().any(|value| value.as_bool() == Some(false))
    });
    let ends_wide =
        |resource: &Value| resource.known_pieces().last().is_some_and(|end| *end == "*" || end.ends_with(":*"));
    let everything = !kind.contents || statement.resources.len() >= 2 || statement.resources.iter().any(ends_wide);
    statement.allow == Some(false)
        && statement.names_everybody()
        && by_transport
        && kind.probes.iter().all(|action| statement.covers_action(action))
        && everything
}

/// The denial.
fn statement(target: &Resource, kind: &Kind, inside: bool) -> Draft {
    let arn = || Draft::Attribute(target.id, kind.arn.into());
    // In its own block a resource can't refer to itself; its own policy means nothing else by `*`.
    let resource = if inside {
        Draft::string("*")
    } else if kind.contents {
        Draft::List(vec![arn(), Draft::Text(vec![arn(), Draft::string("/*")])])
    } else {
        arn()
    };
    Draft::object([
        ("Sid", Draft::string("DenyPlainHttp")),
        ("Effect", Draft::string("Deny")),
        ("Principal", Draft::string("*")),
        ("Action", Draft::string(kind.action)),
        ("Resource", resource),
        ("Condition", Draft::object([("Bool", Draft::object([("aws:SecureTransport", Draft::string("false"))]))])),
    ])
}

fn fix(changes: Vec<Change>) -> Fix {
    Fix {
        title: "Deny requests without TLS".into(),
        grade: Grade::Review,
        effect: Effect::Access,
        changes,
        notes: vec!["clients that speak plain HTTP are refused; AWS SDKs and the CLI use HTTPS by default".into()],
    }
}

fn merge(target: &Resource, holder: ResourceId, kind: &Kind) -> Fix {
    let statement = statement(target, kind, holder == target.id);
    fix(vec![Change::AppendStatement { resource: holder, argument: kind.document.0.into(), statement }])
}

fn add(target: &Resource, kind: &Kind) -> Fix {
    let statements = Draft::List(vec![statement(target, kind, false)]);
    let document = Draft::object([("Version", Draft::string("2012-10-17")), ("Statement", statements)]);
    let (argument, is_object) = kind.document;
    let document = if is_object { document } else { Draft::Json(Box::new(document)) };
    let id = Draft::Attribute(target.id, kind.id.into());
    let (name, by) = match kind.by {
        "Queues" | "Topics" => (format!("{}_policy", target.name), Draft::List(vec![id])),
        "Bucket" => (format!("{}_policy", target.name), id),
        _ => (target.name.to_string(), id),
    };
    fix(vec![Change::Add {
        near: target.id,
        kind: kind.policy.into(),
        name,
        mirror: true,
        content: DraftBody::arguments([(kind.by, by), (argument, document)]),
    }])
}
