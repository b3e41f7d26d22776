//! The order of a deployment: what must be there before something else, although nothing refers to it.
//!
//! Terraform makes at the same time what doesn't depend on each other. A service that checks a permission, or refuses two
//! calls on one bucket at a time, then fails now and then, and only where everything is made anew.

use crate::catalogue::{Context, Verdict};
use crate::fix::{Change, Effect, Fix, Grade};
use crate::iam::policy::{Policy, pattern_matches};
use crate::model::companion::Tie;
use crate::model::{Draft, DraftBody, DraftItem, Project, Resource, ResourceId, Value};

/// Settings of one bucket: the first comes before the second.
const OF_BUCKETS: [(&str, &str); 2] = [
    ("aws_s3_bucket_public_access_block", "aws_s3_bucket_policy"),
    ("aws_s3_bucket_ownership_controls", "aws_s3_bucket_acl"),
];

/// A permission that a service checks when something is made: the action, and managed policies that allow it.
type Permission = (&'static str, &'static [&'static str]);

const NETWORK: Permission = (
    "ec2:CreateNetworkInterface",
    &["AWSLambdaVPCAccessExecutionRole", "AWSLambdaENIManagementAccess", "AWSLambdaMSKExecutionRole"],
);
const DELIVERY: Permission = ("logs:CreateLogDelivery", &["CloudWatchLogsFullAccess"]);
const PUSH: Permission = ("logs:PutLogEvents", &["AmazonAPIGatewayPushToCloudWatchLogs"]);
/// What the role of a function needs to read a source, by the source's type.
const SOURCES: [(&str, Permission); 3] = [
    ("aws_sqs_queue", ("sqs:ReceiveMessage", &["AWSLambdaSQSQueueExecutionRole", "AmazonSQSFullAccess"])),
    ("aws_kinesis_stream", ("kinesis:GetRecords", &["AWSLambdaKinesisExecutionRole", "AmazonKinesisFullAccess"])),
    ("aws_dynamodb_table", ("dynamodb:GetRecords", &["AWSLambdaDynamoDBExecutionRole", "AmazonDynamoDBFullAccess"])),
];

/// Nothing races with what it needs.
pub(super) fn judge(context: &Context<'_>) -> Verdict {
    let (project, second) = (context.project, context.resource);
    let missing: Vec<&Resource> = firsts(project, second)
        .into_iter()
        .filter(|first| first.instance == second.instance)
        .filter(|first| !project.depends_on(second.id, first.id) && !project.depends_on(first.id, second.id))
        .collect();
    if missing.is_empty() {
        return Verdict::Pass;
    }
    let names = missing.iter().map(|first| first.address()).collect::<Vec<_>>().join(", ");
    let changes = after(second, missing.iter().map(|first| Draft::Expression(first.address())).collect());
    let fix = Fix {
        title: format!("Make it after {names}"),
        grade: Grade::Safe,
        effect: Effect::None,
        changes,
        notes: Vec::new(),
    };
    Verdict::fail(format!("it may be made before {names}, which it needs"), fix)
}

/// The changes that make a resource after others.
pub(super) fn after(resource: &Resource, firsts: Vec<Draft>) -> Vec<Change> {
    listed(resource, "depends_on", firsts)
}

/// A list of a resource's own, or more in the list that it has.
pub(super) fn listed(resource: &Resource, argument: &str, values: Vec<Draft>) -> Vec<Change> {
    if resource.body.entry(argument).is_none() {
        let content = DraftBody::arguments([(argument, Draft::List(values))]);
        return vec![Change::Set { resource: resource.id, content }];
    }
    let append = |value| Change::Append { resource: resource.id, argument: argument.to_owned(), value };
    values.into_iter().map(append).collect()
}

/// Gives a fix the order that its additions need: a bucket's access block before its policy, whichever is new.
pub fn complete(project: &Project, fix: &mut Fix) {
    let mut more = Vec::new();
    for change in &mut fix.changes {
        let Change::Add { kind, name, content, .. } = change else { continue };
        let Some((_, DraftItem::Argument(Draft::Attribute(bucket, _)))) =
            content.items.iter().find(|(name, _)| name == "bucket")
        else {
            continue;
        };
        let bucket = project.resource(*bucket);
        if !is_written_here(project, bucket) {
            continue;
        }
        for (first, second) in OF_BUCKETS {
            if kind == first {
                let address = format!("{kind}.{name}");
                let after_it = |second| after(second, vec![Draft::AddedAttribute(address.clone(), String::new())]);
                let seconds = beside(project, bucket, second).into_iter().filter(|r| is_written_here(project, r));
                more.extend(seconds.flat_map(after_it));
            } else if kind == second {
                let firsts = beside(project, bucket, first);
                wait_for(content, firsts.iter().map(|first| Draft::Expression(first.address())).collect());
            }
        }
    }
    fix.changes.extend(more);
}

/// The changes of a fix beside others of its round that add `pending` below the same resource: what it adds waits for
/// that. Nothing when `pending` would have to wait for it, or an order can't be written.
pub fn behind(project: &Project, changes: &[Change], below: ResourceId, pending: &[&str]) -> Option<Vec<Change>> {
    if !is_written_here(project, project.resource(below)) {
        return None;
    }
    let kind_of = |address: &&str| address.split('.').next().unwrap_or_default().to_owned();
    let mut changes = changes.to_vec();
    for change in &mut changes {
        let Change::Add { near, kind, content, .. } = change else { continue };
        if *near != below {
            continue;
        }
        for (first, second) in OF_BUCKETS {
            if kind == first && pending.iter().any(|address| kind_of(address) == second) {
                return None;
            }
            if kind == second {
                let firsts = pending.iter().filter(|address| kind_of(address) == first);
                wait_for(content, firsts.map(|address| Draft::Expression((*address).to_owned())).collect());
            }
        }
    }
    Some(changes)
}

fn wait_for(content: &mut DraftBody, firsts: Vec<Draft>) {
    if firsts.is_empty() {
        return;
    }
    let list = content.items.iter_mut().find_map(|(name, item)| match item {
        DraftItem::Argument(Draft::List(list)) if name == "depends_on" => Some(list),
        _ => None,
    });
    match list {
        Some(list) => list.extend(firsts),
        None => content.items.push(("depends_on".into(), DraftItem::Argument(Draft::List(firsts)))),
    }
}

/// Whether a resource can be given an order: JSON has another form for it, and links lead elsewhere.
fn is_written_here(project: &Project, resource: &Resource) -> bool {
    let file = project.file(resource.span.file);
    file.editable && !file.display.ends_with(".json")
}

/// Whether what is added has a place in an order with others of its bucket: of two such fixes the second must know.
pub fn matters(address: &str) -> bool {
    let kind = address.split('.').next().unwrap_or_default();
    OF_BUCKETS.iter().any(|(first, second)| kind == *first || kind == *second)
}

fn beside<'a>(project: &'a Project, bucket: &Resource, kind: &str) -> Vec<&'a Resource> {
    let found = project.companions(bucket, Tie { kind, by: "bucket", name: "bucket" }).found;
    found.into_iter().map(|id| project.resource(id)).filter(|other| other.instance == bucket.instance).collect()
}

/// What gives a role the delivery of logs, beside the role, and doesn't wait for the resource that needs it.
pub(super) fn delivering<'a>(project: &'a Project, role: &Resource, needs: &Resource) -> Vec<&'a Resource> {
    let found = grants(project, role, DELIVERY).into_iter();
    found
        .filter(|first| first.instance == needs.instance)
        .filter(|first| !project.depends_on(needs.id, first.id) && !project.depends_on(first.id, needs.id))
        .collect()
}

/// What must be there before a resource is made.
fn firsts<'a>(project: &'a Project, second: &Resource) -> Vec<&'a Resource> {
    if let Some((first, _)) = OF_BUCKETS.iter().find(|(_, kind)| *kind == &*second.kind) {
        return named(project, &second.body.get("bucket"))
            .map_or_else(Vec::new, |bucket| beside(project, bucket, first));
    }
    let mut firsts = Vec::new();
    if let Some((role, permission)) = checked(project, second) {
        firsts.extend(grants(project, role, permission));
    }
    if &*second.kind == "aws_lambda_function" {
        firsts.extend(log_group(project, second));
    }
    firsts
}

/// The role whose permission is checked when a resource is made, and the permission.
fn checked<'a>(project: &'a Project, resource: &Resource) -> Option<(&'a Resource, Permission)> {
    let body = &resource.body;
    let given = |path: &str| body.at(path).is_present() == Some(true);
    let (role, permission) = match &*resource.kind {
        "aws_lambda_function" if given("vpc_config.subnet_ids") => (body.get("role"), NETWORK),
        "aws_sfn_state_machine" if given("logging_configuration.log_destination") => (body.get("role_arn"), DELIVERY),
        "aws_api_gateway_account" => (body.get("cloudwatch_role_arn"), PUSH),
        "aws_lambda_event_source_mapping" => {
            let source = named(project, &body.get("event_source_arn"))?;
            let (_, permission) = SOURCES.iter().find(|(kind, _)| *kind == &*source.kind)?;
            (named(project, &body.get("function_name"))?.body.get("role"), *permission)
        }
        _ => return None,
    };
    named(project, &role).filter(|role| &*role.kind == "aws_iam_role").map(|role| (role, permission))
}

/// The policies and attachments that give a role a permission.
fn grants<'a>(project: &'a Project, role: &Resource, (action, managed): Permission) -> Vec<&'a Resource> {
    let allows = |document: &Value, resource: &Resource| {
        Policy::read(project, document, resource.span).is_some_and(|policy| {
            policy.statements.iter().any(|s| s.allow == Some(true) && !s.not_actions && s.covers_action(action))
        })
    };
    let of_role = |kind: &'static str| {
        let found = project.companions(role, Tie { kind, by: "role", name: "name" }).found;
        found.into_iter().map(|id| project.resource(id))
    };
    let inline = of_role("aws_iam_role_policy").filter(|own| allows(&own.body.get("policy"), own));
    let attached = of_role("aws_iam_role_policy_attachment").filter(|attachment| {
        let arn = attachment.body.get("policy_arn");
        let by_name = |piece: &str| managed.iter().any(|name| pattern_matches(&format!("*/{name}"), piece));
        named(project, &arn).is_some_and(|policy| allows(&policy.body.get("policy"), policy))
            || project.settle(&arn).known_pieces().into_iter().any(by_name)
    });
    inline.chain(attached).collect()
}

/// The group that a function writes to, where its name is written out.
fn log_group<'a>(project: &'a Project, function: &Resource) -> Option<&'a Resource> {
    let name = project.settle(&function.body.get("function_name"));
    let name = format!("/aws/lambda/{}", name.as_str()?);
    project
        .of_kind("aws_cloudwatch_log_group")
        .filter(|group| group.instance == function.instance)
        .find(|group| project.settle(&group.body.get("name")).as_str() == Some(&name))
}

fn named<'a>(project: &'a Project, value: &Value) -> Option<&'a Resource> {
    match value {
        Value::Reference(reference) => Some(project.resource(reference.resource)),
        _ => None,
    }
}
