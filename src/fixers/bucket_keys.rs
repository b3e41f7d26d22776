//! What keeps a bucket from a customer-managed key: readers and writers that can't use one.

use super::bucket_signals::{signal, tie};
use crate::catalogue::Context;
use crate::iam::policy::Policy;
use crate::model::{Language, Project, Resource, Value};

const POLICY: &str = "aws_s3_bucket_policy";
/// Resources that write to a bucket, or read it, as a service, and the argument that names it.
const SERVICES: [(&str, &str, &str); 10] = [
    ("aws_s3_bucket_logging", "target_bucket", "writes access logs to it, which takes no such key"),
    ("aws_s3_bucket", "logging.target_bucket", "writes access logs to it, which takes no such key"),
    ("aws_lb", "access_logs.bucket", "writes its logs to it, which takes no such key"),
    ("aws_alb", "access_logs.bucket", "writes its logs to it, which takes no such key"),
    ("aws_elb", "access_logs.bucket", "writes its logs to it, which takes no such key"),
    (
        "aws_cloudtrail",
        "s3_bucket_name",
        "writes to it as a service, which needs a statement of its own in the key's policy",
    ),
    (
        "aws_config_delivery_channel",
        "s3_bucket_name",
        "writes to it as a service, which needs a statement of its own in the key's policy",
    ),
    (
        "aws_flow_log",
        "log_destination",
        "writes to it as a service, which needs a statement of its own in the key's policy",
    ),
    (
        "aws_ses_receipt_rule",
        "s3_action.bucket_name",
        "writes to it as a service, which needs a statement of its own in the key's policy",
    ),
    ("aws_s3_bucket_replication_configuration", "bucket", "copies its objects, and a copy needs keys on both sides"),
];

/// Why no customer-managed key is set on the bucket; null when nothing speaks against it.
pub(super) fn obstacle(context: &Context<'_>) -> Value {
    let (project, bucket) = (context.project, context.resource);
    let found = signal(project, bucket)
        .map(|signal| format!("{signal}: readers without an identity can't use a key"))
        .or_else(|| service(project, bucket))
        .or_else(|| delivery_acl(project, bucket))
        .or_else(|| distribution(project, bucket))
        .or_else(|| principal(project, bucket));
    found.map_or(Value::Null, Value::string)
}

fn service(project: &Project, bucket: &Resource) -> Option<String> {
    let uses = |user: &Resource, argument: &str| match project.language {
        Language::Terraform => project.names(&user.body.at(argument), bucket, "bucket") == Some(true),
        // Templates name it in lists of keys and values, too.
        Language::CloudFormation => user.uses(bucket),
    };
    SERVICES.iter().find_map(|(kind, argument, why)| {
        let mut users = project.all(kind).filter(|user| user.id != bucket.id);
        let user = users.find(|user| uses(user, argument))?;
        Some(format!("{} {why}", user.address()))
    })
}

fn delivery_acl(project: &Project, bucket: &Resource) -> Option<String> {
    super::log_buckets::delivery_acl(project, bucket).then(|| "it takes access logs, which can't use such a key".into())
}

fn distribution(project: &Project, bucket: &Resource) -> Option<String> {
    let mut all = project.all("aws_cloudfront_distribution");
    let found = all.find(|distribution| distribution.uses(bucket))?;
    Some(format!("{} serves it, and needs a statement of its own in the key's policy", found.address()))
}

/// Somebody in the bucket's policy who is no role of this account.
fn principal(project: &Project, bucket: &Resource) -> Option<String> {
    let companions = project.companions(bucket, tie(project, POLICY));
    let holders = companions.found.iter().map(|id| project.resource(*id)).chain([bucket]);
    let document = |holder: &Resource| project.value(holder, POLICY, "policy");
    holders.filter(|holder| !document(holder).is_null()).find_map(|holder| {
        let Some(policy) = Policy::read(project, &document(holder), holder.span) else {
            return Some(format!("whom the policy of {} lets in isn't known before a deploy", holder.address()));
        };
        let allowed = policy.statements.iter().filter(|statement| statement.allow != Some(false));
        let foreign = |(kind, value): &(std::sync::Arc<str>, Value)| {
            let mut own = false;
            value.each_reference(&mut |reference| {
                own |= &*project.resource(reference.resource).kind == project.kind("aws_iam_role");
            });
            &**kind != "AWS" || !own
        };
        allowed.flat_map(|statement| &statement.principals).any(foreign).then(|| {
            format!("the policy of {} lets somebody in who may need a statement in the key's policy", holder.address())
        })
    })
}
