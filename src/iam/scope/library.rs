//! Grants of the CDK library: `table.grantReadData(handler)`, and what event sources grant by themselves.
//!
//! A program gives permissions in this unit, so it is the unit in which its grants are judged and become narrower: where no
//! narrower one has all that is needed, it stays. Statements that a program writes out are judged action by action, as
//! everywhere.

use std::collections::{BTreeMap, BTreeSet};

use super::grant::{Granted, Held};
use super::narrow::{Element, Fate, Group, Plan};
use crate::iam::policy::pattern_matches;
use crate::model::{Project, ResourceId, Value};

/// A method by which a construct grants something.
#[derive(Debug, PartialEq, Eq)]
pub struct Method {
    /// `grantReadData`
    pub name: &'static str,
    /// What every version of the library grants by it.
    own: &'static [&'static str],
    /// What some versions grant, too.
    more: &'static [&'static str],
}

const fn method(name: &'static str, own: &'static [&'static str], more: &'static [&'static str]) -> Method {
    Method { name, own, more }
}

// Source: what aws-cdk-lib 2.100.0, 2.180.0 and 2.276.0 make of each method: the same, but for `UpdateSecretVersionStage`,
// which only the last grants. What a feature flag or versions of before leave out is in `more`, too. Narrower ones stand
// before wider ones.
const PUT: [&str; 6] = [
    "s3:PutObject",
    "s3:PutObjectLegalHold",
    "s3:PutObjectRetention",
    "s3:PutObjectTagging",
    "s3:PutObjectVersionTagging",
    "s3:PutObject*",
];
const TABLE: [Method; 4] = [
    method(
        "grantReadData",
        &[
            "dynamodb:BatchGetItem",
            "dynamodb:GetItem",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:Query",
            "dynamodb:Scan",
        ],
        &["dynamodb:ConditionCheckItem", "dynamodb:DescribeTable"],
    ),
    method(
        "grantWriteData",
        &["dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
        &["dynamodb:DescribeTable"],
    ),
    method(
        "grantReadWriteData",
        &[
            "dynamodb:BatchGetItem",
            "dynamodb:BatchWriteItem",
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:Scan",
            "dynamodb:UpdateItem",
        ],
        &["dynamodb:ConditionCheckItem", "dynamodb:DescribeTable"],
    ),
    method("grantFullAccess", &["dynamodb:*"], &[]),
];
const TABLE_STREAM: [Method; 1] = [method(
    "grantStreamRead",
    &["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
    &["dynamodb:ListStreams"],
)];
const BUCKET: [Method; 5] = [
    method("grantDelete", &["s3:DeleteObject*"], &[]),
    method("grantPut", &["s3:Abort*"], &PUT),
    method("grantRead", &["s3:GetBucket*", "s3:GetObject*", "s3:List*"], &[]),
    method("grantWrite", &["s3:Abort*", "s3:DeleteObject*"], &PUT),
    method("grantReadWrite", &["s3:Abort*", "s3:DeleteObject*", "s3:GetBucket*", "s3:GetObject*", "s3:List*"], &PUT),
];
const QUEUE: [Method; 3] = [
    method("grantSendMessages", &["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"], &[]),
    method("grantPurge", &["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:PurgeQueue"], &[]),
    method(
        "grantConsumeMessages",
        &[
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
            "sqs:ReceiveMessage",
        ],
        &[],
    ),
];
const STREAM_READ: [&str; 2] = ["kinesis:DescribeStreamConsumer", "kinesis:ListStreams"];
const STREAM: [Method; 3] = [
    method("grantWrite", &["kinesis:ListShards", "kinesis:PutRecord", "kinesis:PutRecords"], &[]),
    method(
        "grantRead",
        &[
            "kinesis:DescribeStream",
            "kinesis:DescribeStreamSummary",
            "kinesis:GetRecords",
            "kinesis:GetShardIterator",
            "kinesis:ListShards",
            "kinesis:SubscribeToShard",
        ],
        &STREAM_READ,
    ),
    method(
        "grantReadWrite",
        &[
            "kinesis:DescribeStream",
            "kinesis:DescribeStreamSummary",
            "kinesis:GetRecords",
            "kinesis:GetShardIterator",
            "kinesis:ListShards",
            "kinesis:PutRecord",
            "kinesis:PutRecords",
            "kinesis:SubscribeToShard",
        ],
        &STREAM_READ,
    ),
];
const SECRET: [Method; 2] = [
    method("grantRead", &["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], &[]),
    method(
        "grantWrite",
        &["secretsmanager:PutSecretValue", "secretsmanager:UpdateSecret"],
        &["secretsmanager:UpdateSecretVersionStage"],
    ),
];
const TOPIC: [Method; 2] =
    [method("grantPublish", &["sns:Publish"], &[]), method("grantSubscribe", &["sns:Subscribe"], &[])];
const BUS: [Method; 1] = [method("grantPutEventsTo", &["events:PutEvents"], &[])];
const FUNCTION: [Method; 1] = [method("grantInvoke", &["lambda:InvokeFunction"], &[])];
const MACHINE: [Method; 2] = [
    method("grantStartExecution", &["states:StartExecution"], &[]),
    method("grantStartSyncExecution", &["states:StartSyncExecution"], &[]),
];
/// What grants on something encrypted bring for its key: it follows from them.
const KEY: [&str; 5] = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"];
const KEY_KIND: &str = "AWS::KMS::Key";

/// What grants are on: a resource, and the attribute that is its ARN where that isn't its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// The resource.
    pub resource: ResourceId,
    /// Whether it is the stream of a table.
    pub is_stream: bool,
}

/// The methods that grant something on a resource of a type; `is_stream`: on its stream.
fn methods(kind: &str, is_stream: bool) -> &'static [Method] {
    match (kind, is_stream) {
        ("AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable", false) => &TABLE,
        ("AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable", true) => &TABLE_STREAM,
        ("AWS::S3::Bucket", _) => &BUCKET,
        ("AWS::SQS::Queue", _) => &QUEUE,
        ("AWS::Kinesis::Stream", _) => &STREAM,
        ("AWS::SecretsManager::Secret", _) => &SECRET,
        ("AWS::SNS::Topic", _) => &TOPIC,
        ("AWS::Events::EventBus", _) => &BUS,
        ("AWS::Lambda::Function", _) => &FUNCTION,
        ("AWS::StepFunctions::StateMachine", _) => &MACHINE,
        _ => &[],
    }
}

impl Method {
    fn all(&self) -> impl Iterator<Item = &'static str> {
        self.own.iter().chain(self.more).copied()
    }

    /// Whether it may have given a permission.
    pub fn gives(&self, action: &str) -> bool {
        self.all().any(|own| own.eq_ignore_ascii_case(action))
    }

    /// Whether these permissions may come from it: nothing of what it always grants is missing.
    fn is_among(&self, actions: &BTreeSet<&str>) -> bool {
        self.own.iter().all(|own| actions.contains(own))
    }

    /// What it grants of these permissions.
    fn part_of<'a>(&self, actions: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
        actions.iter().copied().filter(|action| self.gives(action)).collect()
    }
}

/// The method that gives exactly these permissions on a resource of a type; `is_stream`: on its stream.
pub fn method_of(kind: &str, is_stream: bool, actions: &BTreeSet<&str>) -> Option<&'static Method> {
    let mut methods = methods(kind, is_stream).iter();
    methods.find(|method| method.is_among(actions) && method.part_of(actions).len() == actions.len())
}

/// The methods that may have given these permissions together, each with what of them comes from it.
pub fn methods_among<'a>(
    kind: &str,
    is_stream: bool,
    actions: &BTreeSet<&'a str>,
) -> Vec<(&'static Method, BTreeSet<&'a str>)> {
    let among = methods(kind, is_stream).iter().filter(|method| method.is_among(actions));
    among.map(|method| (method, method.part_of(actions))).collect()
}

/// Judges grants as wholes: of those on one thing the narrowest one that has all that is needed is left.
pub(super) fn settle(project: &Project, granted: &Granted, plan: &mut Plan) {
    let mut places: BTreeMap<Subject, Vec<(usize, usize)>> = BTreeMap::new();
    for (d, document) in granted.documents.iter().enumerate() {
        if project.resource(document.holder).origin.is_none() {
            continue;
        }
        for (s, held) in document.statements.iter().enumerate().filter(|(_, held)| held.allows && held.fixed.is_none())
        {
            if let Some(subject) = subject(&held.resources) {
                places.entry(subject).or_default().push((d, s));
            }
        }
    }
    for (subject, places) in places {
        let kind = &*project.resource(subject.resource).kind;
        let held = |(d, s): (usize, usize)| &granted.documents[d].statements[s];
        let all: BTreeSet<&str> = places.iter().flat_map(|at| &held(*at).actions).map(String::as_str).collect();
        if kind == KEY_KIND && all.iter().all(|action| KEY.contains(action)) {
            for (d, s) in places {
                plan.documents[d][s] = Fate::Stays;
            }
            continue;
        }
        let methods = methods(kind, subject.is_stream);
        let from_library = |action: &&str| methods.iter().any(|m| m.gives(action) && m.is_among(&all));
        if all.is_empty() || !all.iter().all(from_library) {
            continue;
        }
        let needed: Vec<&str> =
            places.iter().flat_map(|(d, s)| kept(&plan.documents[*d][*s], held((*d, *s)))).collect();
        let needed: Vec<String> = needed.into_iter().map(str::to_owned).collect();
        let left = if needed.is_empty() { BTreeSet::new() } else { narrowest(methods, &all, &needed) };
        for (d, s) in places {
            plan.documents[d][s] = fate(held((d, s)), &left);
        }
    }
}

/// The one thing that all of a statement is on.
pub fn subject(resources: &[Value]) -> Option<Subject> {
    let mut found = BTreeSet::new();
    for value in resources {
        let mut names = false;
        value.each_reference(&mut |reference| {
            names = true;
            let is_stream = reference.attribute() == "StreamArn";
            found.insert(Subject { resource: reference.resource, is_stream });
        });
        if !names {
            return None;
        }
    }
    let mut found = found.into_iter();
    found.next().filter(|_| found.next().is_none())
}

/// What of a statement stays by the plan.
fn kept<'a>(fate: &'a Fate, held: &'a Held) -> Vec<&'a str> {
    match fate {
        Fate::Stays => held.actions.iter().map(String::as_str).collect(),
        Fate::Goes => Vec::new(),
        Fate::Becomes(groups) => groups.iter().flat_map(|group| &group.actions).map(String::as_str).collect(),
    }
}

/// The permissions that are left by the narrowest method with all that is needed.
fn narrowest<'a>(methods: &[Method], all: &BTreeSet<&'a str>, needed: &[String]) -> BTreeSet<&'a str> {
    let has = |part: &BTreeSet<&str>, action: &String| part.iter().any(|own| pattern_matches(own, action));
    let parts = methods.iter().filter(|method| method.is_among(all)).map(|method| method.part_of(all));
    let enough = parts.filter(|part| needed.iter().all(|action| has(part, action)));
    enough.min_by_key(BTreeSet::len).unwrap_or_else(|| all.clone())
}

fn fate(held: &Held, left: &BTreeSet<&str>) -> Fate {
    let actions: Vec<String> = held.actions.iter().filter(|action| left.contains(action.as_str())).cloned().collect();
    if actions.len() == held.actions.len() {
        return Fate::Stays;
    }
    if actions.is_empty() {
        return Fate::Goes;
    }
    let resources = (0..held.resources.len()).map(Element::Own).collect();
    Fate::Becomes(vec![Group { actions, resources, as_written: true }])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(methods: &[Method], of: &str, needed: &[&str]) -> Option<&'static str> {
        let all: BTreeSet<&str> = methods.iter().find(|m| m.name == of).unwrap().own.iter().copied().collect();
        let needed: Vec<String> = needed.iter().map(|action| (*action).to_owned()).collect();
        let kind = if methods == TABLE { "AWS::DynamoDB::Table" } else { "AWS::S3::Bucket" };
        method_of(kind, false, &narrowest(methods, &all, &needed)).map(|method| method.name)
    }

    #[test]
    fn the_narrowest_method_with_all_that_is_needed() {
        for (of, needed, expected) in [
            ("grantReadWriteData", &["dynamodb:GetItem"][..], "grantReadData"),
            ("grantReadWriteData", &["dynamodb:PutItem", "dynamodb:UpdateItem"], "grantWriteData"),
            ("grantReadWriteData", &["dynamodb:Query", "dynamodb:PutItem"], "grantReadWriteData"),
            ("grantReadData", &["dynamodb:GetItem"], "grantReadData"),
        ] {
            assert_eq!(left(&TABLE, of, needed), Some(expected), "{of} {needed:?}");
        }
        for (of, needed, expected) in [
            ("grantReadWrite", &["s3:GetObject"][..], "grantRead"),
            ("grantReadWrite", &["s3:DeleteObject"], "grantDelete"),
            ("grantReadWrite", &["s3:GetObject", "s3:DeleteObject"], "grantReadWrite"),
        ] {
            assert_eq!(left(&BUCKET, of, needed), Some(expected), "{of} {needed:?}");
        }
    }

    #[test]
    fn what_is_written_out_is_no_grant_of_the_library() {
        let some: BTreeSet<&str> = ["dynamodb:GetItem", "dynamodb:PutItem"].into();
        assert_eq!(method_of("AWS::DynamoDB::Table", false, &some), None);
    }

    #[test]
    fn a_method_is_recognised_by_what_every_version_grants() {
        let old: BTreeSet<&str> = TABLE[0].own.iter().copied().collect();
        let mut new = old.clone();
        new.extend(["dynamodb:DescribeTable", "dynamodb:ConditionCheckItem"]);
        for actions in [old, new] {
            assert_eq!(method_of("AWS::DynamoDB::Table", false, &actions).map(|m| m.name), Some("grantReadData"));
        }
    }
}
