//! Signs that a bucket is meant to be read by everybody, read once for each bucket.
//!
//! A `CloudFront` origin by `bucket_regional_domain_name` is no such sign: with an origin access control the bucket stays
//! private.

use crate::catalogue::Context;
use crate::iam::policy::Policy;
use crate::model::companion::Tie;
use crate::model::{Project, Resource, Value};

/// Words in names and tags that say "public".
const PUBLIC_WORDS: [&str; 8] = ["public", "www", "static", "assets", "website", "site", "cdn", "web"];

/// The sign, quoted; null when there is none.
pub(super) fn public_signal(context: &Context<'_>) -> Value {
    signal(context.project, context.resource).map_or(Value::Null, Value::string)
}

/// The sign on the bucket that a companion belongs to; null when the bucket isn't declared here.
pub(super) fn public_signal_of_bucket(context: &Context<'_>) -> Value {
    let project = context.project;
    let named = context.resource.body.get("bucket");
    let bucket = project
        .of_kind("aws_s3_bucket")
        .filter(|bucket| bucket.instance == context.resource.instance)
        .find(|bucket| project.names(&named, bucket, "bucket") == Some(true));
    bucket.and_then(|bucket| signal(project, bucket)).map_or(Value::Null, Value::string)
}

/// The sign that a bucket is meant to be public.
pub(super) fn signal(project: &Project, bucket: &Resource) -> Option<String> {
    website(project, bucket)
        .or_else(|| acl(project, bucket))
        .or_else(|| open_policy(project, bucket))
        .or_else(|| website_endpoint(project, bucket))
        .or_else(|| word(bucket))
}

pub(super) fn tie(kind: &'static str) -> Tie<'static> {
    Tie { kind, by: "bucket", name: "bucket" }
}

fn website(project: &Project, bucket: &Resource) -> Option<String> {
    if !bucket.body.get("website").is_null() {
        return Some("it has a `website` block".into());
    }
    let companions = project.companions(bucket, tie("aws_s3_bucket_website_configuration"));
    companions.found.first().map(|id| format!("{} makes it a website", project.resource(*id).address()))
}

fn acl(project: &Project, bucket: &Resource) -> Option<String> {
    let open = |value: &Value| {
        value
            .known_pieces()
            .into_iter()
            .find(|acl| acl.starts_with("public-") || *acl == "authenticated-read")
            .map(str::to_owned)
    };
    if let Some(acl) = open(&bucket.body.get("acl")) {
        return Some(format!("its ACL is `{acl}`"));
    }
    let companions = project.companions(bucket, tie("aws_s3_bucket_acl"));
    companions.found.iter().find_map(|id| {
        let resource = project.resource(*id);
        open(&resource.body.get("acl")).map(|acl| format!("{} gives it the ACL `{acl}`", resource.address()))
    })
}

fn open_policy(project: &Project, bucket: &Resource) -> Option<String> {
    let companions = project.companions(bucket, tie("aws_s3_bucket_policy"));
    let inline = (bucket.body.get("policy"), bucket);
    let policies = companions.found.iter().map(|id| {
        let resource = project.resource(*id);
        (resource.body.get("policy"), resource)
    });
    policies.chain([inline]).find_map(|(value, resource)| {
        let policy = Policy::read(project, &value, resource.span)?;
        let open =
            |s: &crate::iam::policy::Statement| s.allow == Some(true) && s.names_everybody() && s.conditions.is_empty();
        policy.statements.iter().any(open).then(|| format!("the policy of {} lets everybody in", resource.address()))
    })
}

/// A distribution that reads the website endpoint needs the website to be public.
fn website_endpoint(project: &Project, bucket: &Resource) -> Option<String> {
    project.of_kind("aws_cloudfront_distribution").find_map(|distribution| {
        let mut found = false;
        for entry in &distribution.body.entries {
            entry.node.value.each_reference(&mut |reference| {
                found |=
                    reference.resource == bucket.id && reference.path.last().is_some_and(|n| n.starts_with("website"));
            });
        }
        found.then(|| format!("{} reads its website endpoint", distribution.address()))
    })
}

fn word(bucket: &Resource) -> Option<String> {
    let name = bucket.body.get("bucket");
    let prefix = bucket.body.get("bucket_prefix");
    let tag = bucket.body.get("tags").step("Name");
    let texts = [&name, &prefix, &tag];
    let texts = texts.iter().flat_map(|value| value.known_pieces()).chain([&*bucket.name]);
    for text in texts {
        let lower = text.to_lowercase();
        let found = lower.split(|c: char| !c.is_alphanumeric()).find(|word| PUBLIC_WORDS.contains(word));
        if let Some(word) = found {
            return Some(format!("its name says `{word}`"));
        }
    }
    None
}
