//! Signs that a bucket is meant to be read by everybody, read once for each bucket.
//!
//! A `CloudFront` origin by `bucket_regional_domain_name` is no such sign: with an origin access control the bucket stays
//! private.

use crate::catalogue::Context;
use crate::iam::policy::Policy;
use crate::model::companion::Tie;
use crate::model::{Body, Language, Project, Resource, Value};

/// Words in names and tags that say "public".
const PUBLIC_WORDS: [&str; 8] = ["public", "www", "static", "assets", "website", "site", "cdn", "web"];

/// The sign, quoted; null when there is none.
pub(super) fn public_signal(context: &Context<'_>) -> Value {
    signal(context.project, context.resource).map_or(Value::Null, Value::string)
}

/// The sign on the bucket that a companion belongs to; null when the bucket isn't declared here.
pub(super) fn public_signal_of_bucket(context: &Context<'_>) -> Value {
    let project = context.project;
    let named = context.resource.body.get(context.named("bucket", "Bucket"));
    let bucket = project
        .of_kind(context.named("aws_s3_bucket", "AWS::S3::Bucket"))
        .filter(|bucket| bucket.instance == context.resource.instance)
        .find(|bucket| project.names(&named, bucket, context.named("bucket", "BucketName")) == Some(true));
    bucket.and_then(|bucket| signal(project, bucket)).map_or(Value::Null, Value::string)
}

/// The sign that a bucket is meant to be public.
pub(super) fn signal(project: &Project, bucket: &Resource) -> Option<String> {
    website(project, bucket)
        .or_else(|| acl(project, bucket))
        .or_else(|| open_policy(project, bucket))
        .or_else(|| website_endpoint(project, bucket))
        .or_else(|| word(bucket).filter(|_| !is_private(project, bucket)))
}

/// Whether a bucket is shown to be private, whatever it is called: public policies and ACLs are void, or a distribution
/// reads it as somebody.
fn is_private(project: &Project, bucket: &Resource) -> bool {
    let yes = |value: &Value| project.settle(value) == Value::Bool(true);
    let shut = |body: &Body, names: [&str; 2]| names.iter().all(|name| yes(&body.at(name)));
    let blocks = project.companions(bucket, tie(project, "aws_s3_bucket_public_access_block")).found;
    blocks.iter().any(|id| shut(&project.resource(*id).body, ["ignore_public_acls", "restrict_public_buckets"]))
        || shut(
            &bucket.body,
            ["PublicAccessBlockConfiguration.IgnorePublicAcls", "PublicAccessBlockConfiguration.RestrictPublicBuckets"],
        )
        || has_reader(project, bucket)
}

/// Whether a distribution reads the bucket with an origin access control or identity.
fn has_reader(project: &Project, bucket: &Resource) -> bool {
    let signs = |origin: &Body| {
        ["origin_access_control_id", "s3_origin_config.origin_access_identity"]
            .iter()
            .any(|by| origin.at(by).is_present() == Some(true))
    };
    project.of_kind("aws_cloudfront_distribution").any(|distribution| {
        distribution
            .body
            .blocks("origin")
            .any(|origin| super::senders::names_domain(&origin.get("domain_name"), bucket) && signs(origin))
    })
}

/// The sign that a bucket is meant to be public, beside what its policy says.
pub(super) fn published(project: &Project, bucket: &Resource) -> Option<String> {
    website(project, bucket)
        .or_else(|| acl(project, bucket))
        .or_else(|| website_endpoint(project, bucket))
        .or_else(|| word(bucket))
}

/// How a companion names its bucket.
pub(super) fn tie(project: &Project, kind: &'static str) -> Tie<'static> {
    match project.language {
        Language::Terraform => Tie { kind, by: "bucket", name: "bucket" },
        Language::CloudFormation => Tie { kind: project.kind(kind), by: "Bucket", name: "BucketName" },
    }
}

fn website(project: &Project, bucket: &Resource) -> Option<String> {
    if !bucket.body.get("website").is_null() {
        return Some("it has a `website` block".into());
    }
    if !bucket.body.get("WebsiteConfiguration").is_null() {
        return Some("it has a `WebsiteConfiguration`".into());
    }
    let companions = project.companions(bucket, tie(project, "aws_s3_bucket_website_configuration"));
    companions.found.first().map(|id| format!("{} makes it a website", project.resource(*id).address()))
}

fn acl(project: &Project, bucket: &Resource) -> Option<String> {
    let is_open = |acl: &str| {
        acl.starts_with("public-")
            || matches!(acl, "authenticated-read" | "PublicRead" | "PublicReadWrite" | "AuthenticatedRead")
    };
    let open = |value: &Value| value.known_pieces().into_iter().find(|acl| is_open(acl)).map(str::to_owned);
    if let Some(acl) = open(&bucket.body.get("acl")).or_else(|| open(&bucket.body.get("AccessControl"))) {
        return Some(format!("its ACL is `{acl}`"));
    }
    let companions = project.companions(bucket, tie(project, "aws_s3_bucket_acl"));
    companions.found.iter().find_map(|id| {
        let resource = project.resource(*id);
        open(&resource.body.get("acl")).map(|acl| format!("{} gives it the ACL `{acl}`", resource.address()))
    })
}

fn open_policy(project: &Project, bucket: &Resource) -> Option<String> {
    const POLICY: &str = "aws_s3_bucket_policy";
    let inline = (bucket.body.get("policy"), bucket);
    let policies = project.companions(bucket, tie(project, POLICY)).found.into_iter().map(|id| {
        let resource = project.resource(id);
        (project.value(resource, POLICY, "policy"), resource)
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
    let distributions = ["aws_cloudfront_distribution", "AWS::CloudFront::Distribution"];
    distributions.iter().flat_map(|kind| project.of_kind(kind)).find_map(|distribution| {
        let mut found = false;
        for entry in &distribution.body.entries {
            entry.node.value.each_reference(&mut |reference| {
                found |= reference.resource == bucket.id
                    && reference.path.last().is_some_and(|n| n.starts_with("website") || &**n == "WebsiteURL");
            });
        }
        found.then(|| format!("{} reads its website endpoint", distribution.address()))
    })
}

fn word(bucket: &Resource) -> Option<String> {
    let name = bucket.body.get("bucket");
    let template_name = bucket.body.get("BucketName");
    let prefix = bucket.body.get("bucket_prefix");
    let tag = bucket.body.get("tags").step("Name");
    let texts = [&name, &template_name, &prefix, &tag];
    let texts = texts.iter().flat_map(|value| value.known_pieces()).chain([&*bucket.name]);
    for text in texts {
        if let Some(word) = words(text).into_iter().find(|word| PUBLIC_WORDS.contains(&word.as_str())) {
            return Some(format!("its name says `{word}`"));
        }
    }
    None
}

/// The words of a name, in lower case: `WebAssets` has two.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        let starts = !c.is_alphanumeric() || c.is_uppercase() && before.is_lowercase();
        if starts {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words
}
