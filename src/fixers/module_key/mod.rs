//! The customer-managed key of a module: one that is there and fits, else one for everything in the module.
//!
//! Invariants: never a key for a resource alone; the key's policy names exactly the services that use it; a role that is
//! declared beside what is encrypted gets its permission in the same fix. Where the configuration shows users whose role
//! isn't declared there, the policy says what that of AWS's own key says: who may use the resource may use the key through
//! its service. Conditions of the policy name the account, never a resource: what is encrypted refers to the key, and the
//! key must not refer back.

mod find;
mod publishers;
mod roles;
mod statements;
mod strangers;

use crate::catalogue::Context;
use crate::fix::Change;
use crate::model::{Draft, DraftBody, DraftItem, Language, Resource};

use find::Found;
use publishers::{of_queue, of_topic};
use roles::{READ, WRITE};

/// The option's value that asks for the module's own key; any other is an expression that names one.
const MODULE: &str = "module";
/// What the key is called where a module has none.
const NAME: (&str, &str) = ("main", "DataKey");
const KEY: &str = "aws_kms_key";

/// The files that it stands in by preference.
const PLACES: [&str; 2] = ["kms.tf", "main.tf"];

/// A service that uses the key with its own principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Service {
    /// `CloudWatch` Logs, a regional principal.
    Logs,
    /// Alarms that publish.
    Alarms,
    /// `EventBridge` rules that send to a queue.
    Events,
    /// `EventBridge` rules that publish to a topic.
    EventsToTopics,
    /// `EventBridge`'s buses, which keep events.
    Buses,
    /// Buckets that notify.
    Buckets,
    /// Topics that deliver to a queue.
    Topics,
    /// Trails that tell a topic of their files.
    Trails,
    /// Whoever of the account may use what a service (`dynamodb`) encrypts, through that service.
    Users(&'static str),
}

/// What is encrypted, and who uses the key for it.
struct Use {
    name: &'static str,
    /// The service's prefix in IAM actions; empty where no role uses the key for it.
    prefix: &'static str,
    /// Who reads needs `kms:Decrypt`, who writes `kms:GenerateDataKey`, too.
    reads: &'static [&'static str],
    writes: &'static [&'static str],
    /// Words in the names of managed policies that allow either.
    managed: &'static str,
    /// The argument that names the only role that uses the key, and what it needs.
    role: Option<(&'static str, &'static [&'static str])>,
}

const fn used_by_roles(
    name: &'static str,
    prefix: &'static str,
    reads: &'static [&'static str],
    writes: &'static [&'static str],
    managed: &'static str,
) -> Use {
    Use { name, prefix, reads, writes, managed, role: None }
}

const fn used_by_one(name: &'static str, argument: &'static str, needed: &'static [&'static str]) -> Use {
    Use { name, prefix: "", reads: &[], writes: &[], managed: "", role: Some((argument, needed)) }
}

/// NOTE: a table is read and written with the caller's `kms:Decrypt`; its data key is made when the key is set.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html>
const USES: [Use; 14] = [
    used_by_roles("log-group", "", &[], &[], ""),
    used_by_roles("delivery-stream", "", &[], &[], ""),
    used_by_roles("namespace", "", &[], &[], ""),
    used_by_roles("bus", "", &[], &[], ""),
    used_by_roles("table", "dynamodb:", &["GetItem", "Query", "PutItem", "GetRecords"], &[], "DynamoDB"),
    used_by_roles("topic", "sns:", &[], &["Publish"], "SNS"),
    used_by_roles("queue", "sqs:", &["ReceiveMessage"], &["SendMessage"], "SQS"),
    used_by_roles("bucket", "s3:", &["GetObject"], &["PutObject"], "S3"),
    used_by_roles("stream", "kinesis:", &["GetRecords", "SubscribeToShard"], &["PutRecord", "PutRecords"], "Kinesis"),
    used_by_roles("secret", "secretsmanager:", &["GetSecretValue"], &["PutSecretValue"], "SecretsManager"),
    used_by_roles(
        "parameter",
        "ssm:",
        &["GetParameter", "GetParameters", "GetParametersByPath"],
        &["PutParameter"],
        "SSM",
    ),
    used_by_one("function", "role", &[READ]),
    used_by_one("schedule", "target.role_arn", &[READ]),
    used_by_one("state-machine", "role_arn", &[READ, WRITE]),
];

impl Use {
    /// The service that uses the key for its callers; empty where none is known to.
    fn service(&self) -> &'static str {
        match self.name {
            // Its own key's policy says so, and it grants the key to the function's role when the function is deployed.
            "function" => "lambda",
            _ => self.prefix.trim_end_matches(':'),
        }
    }
}

/// A topic that nobody but `CloudWatch` publishes to.
const ALARM_TOPIC: Use = used_by_roles("topic", "", &[], &[], "");

/// The key to encrypt with, and what must be written for that.
pub(crate) struct KeyPlan {
    /// Its ARN.
    pub(crate) arn: Draft,
    /// The key and its policy, and what roles need.
    pub(crate) changes: Vec<Change>,
    /// What the reader should know.
    pub(crate) notes: Vec<String>,
}

/// Whether a page may name this use of the key.
pub(super) fn is_use(name: &str) -> bool {
    USES.iter().any(|known| known.name == name)
}

/// The key for the resource that is judged, by the option `kms_key`.
pub(super) fn plan(context: &Context<'_>, name: &str) -> Result<KeyPlan, String> {
    let what = USES.iter().find(|known| known.name == name).ok_or("the key can't be used for this")?;
    match context.option("kms_key").as_str() {
        Some(MODULE) => module_key(context, what, &services(context, name)?),
        Some(expression) => {
            Ok(KeyPlan { arn: Draft::Expression(expression.to_owned()), changes: Vec::new(), notes: Vec::new() })
        }
        None => Err("which key is meant isn't configured".into()),
    }
}

/// The key for a topic that alarms publish to.
pub(super) fn for_alarms(context: &Context<'_>) -> Result<KeyPlan, String> {
    module_key(context, &ALARM_TOPIC, &[Service::Alarms])
}

/// The services that use the key with principals of their own.
fn services(context: &Context<'_>, name: &str) -> Result<Vec<Service>, String> {
    match name {
        "log-group" => Ok(vec![Service::Logs]),
        "bus" => Ok(vec![Service::Buses]),
        "topic" => of_topic(context.project, context.resource),
        "queue" => of_queue(context.project, context.resource),
        _ => Ok(Vec::new()),
    }
}

/// Whether the option asks for the module's own key.
pub(super) fn is_asked(context: &Context<'_>) -> bool {
    context.option("kms_key").as_str() == Some(MODULE)
}

fn module_key(context: &Context<'_>, what: &Use, services: &[Service]) -> Result<KeyPlan, String> {
    let (project, resource) = (context.project, context.resource);
    match project.apart(resource) {
        // Nobody uses the key but the service itself, in the provider's account and region.
        Some("provider") if what.prefix.is_empty() && what.role.is_none() && what.name != "topic" => {}
        Some("provider") => {
            return Err(
                "it has a `provider` of its own, and roles of another account need more than a permission".into()
            );
        }
        Some(argument) => return Err(format!("it has a `{argument}` of its own, and a key serves one region")),
        None => {}
    }
    let stranger = strangers::of(project, resource, what);
    let mut services = services.to_vec();
    services.extend(stranger.iter().map(|_| Service::Users(what.service())));
    let services = services.as_slice();
    let written = statements::Writer::new(project, resource);
    let needed: Vec<Draft> = services.iter().map(|service| written.statement(*service)).collect();
    let mut changes = Vec::new();
    let mut notes = Vec::new();
    let (arn, own) = match find::key(project, resource, services)? {
        Found::Key(key) => {
            changes.extend(find::extend(project, key, services, &written));
            (Draft::Attribute(key.id, context.named("arn", "Arn").into()), Some(key))
        }
        Found::None => {
            let near = super::module_anchor(project, resource, &PLACES);
            let kind = project.kind(KEY);
            let provider = project.own_provider(resource);
            let base = context.named(NAME.0, NAME.1);
            let base = provider.map_or(base.to_owned(), |provider| format!("{base}_{}", statements::alias(provider)));
            let name = project.unused_name(resource.instance, kind, &base);
            let what = context.named("module", "template");
            let by = provider.map_or(String::new(), |provider| format!(" by the provider {provider}"));
            notes.push(format!("adds one key for all that the {what} encrypts{by}"));
            changes.extend(add(context, near, &name, &written, needed));
            (project.once(kind, &name, context.named("arn", "Arn")), None)
        }
    };
    let data = match own {
        Some(key) => written.data_sources(key, false),
        None => written.data_sources(super::module_anchor(project, resource, &PLACES), true),
    };
    // Only what is written uses the account and the region.
    if !changes.is_empty() {
        changes.splice(0..0, data);
    }
    let grants = roles::grants(project, resource, what, &arn, (own, stranger))?;
    changes.extend(grants.changes);
    notes.extend(grants.notes);
    Ok(KeyPlan { arn, changes, notes })
}

/// The arguments that put a key where the resource is. Where that has a `region` that is null so far, the key has it, too:
/// a caller may give one.
fn place(context: &Context<'_>) -> Vec<(String, DraftItem)> {
    let (project, resource) = (context.project, context.resource);
    // NOTE: every resource has `region` since provider 6.
    let has_regions = project.provider(resource.instance).major >= 6;
    let region = context.as_written(resource, "region").filter(|_| has_regions);
    let region = region.filter(|draft| *draft != Draft::Expression("null".into()));
    let provider = project.own_provider(resource).map(|provider| Draft::Expression(provider.to_owned()));
    let arguments = [("provider", provider), ("region", region)];
    let written = |(name, draft): (&str, Option<Draft>)| Some((name.to_owned(), DraftItem::Argument(draft?)));
    arguments.into_iter().filter_map(written).collect()
}

/// The module's key and its alias.
fn add(
    context: &Context<'_>,
    near: &Resource,
    name: &str,
    written: &statements::Writer<'_>,
    needed: Vec<Draft>,
) -> Vec<Change> {
    let project = context.project;
    let place = place(context);
    let placed = |mut body: DraftBody| {
        body.items.splice(0..0, place.clone());
        body
    };
    let mut all = vec![written.administration()];
    all.extend(needed);
    let shared =
        |kind: String, name: String, content| Change::AddShared { near: near.id, kind, name, mirror: false, content };
    let alias_kind = project.kind("aws_kms_alias").to_owned();
    match project.language {
        Language::Terraform => {
            let key = DraftBody::arguments([
                ("description", Draft::string("Data at rest of this module")),
                ("enable_key_rotation", Draft::Bool(true)),
                ("policy", project.document(all)),
            ]);
            let alias = DraftBody::arguments([
                // A prefix: two modules of one account may be called the same.
                ("name_prefix", Draft::string(format!("alias/{}-", written.module_name()))),
                ("target_key_id", project.once(KEY, name, "key_id")),
            ]);
            let (key, alias) = (placed(key), placed(alias));
            vec![shared(KEY.into(), name.into(), key), shared(alias_kind, name.into(), alias)]
        }
        Language::CloudFormation => {
            let kind = project.kind(KEY);
            let key = DraftBody::arguments([
                // What the key encrypts may outlive the stack.
                ("DeletionPolicy", Draft::string("Retain")),
                ("UpdateReplacePolicy", Draft::string("Retain")),
                ("Description", Draft::string("Data at rest of this stack")),
                ("EnableKeyRotation", Draft::Bool(true)),
                ("KeyPolicy", project.document(all)),
            ]);
            let stack = vec![Draft::string("alias/"), Draft::Expression("AWS::StackName".into())];
            let alias = DraftBody::arguments([
                ("AliasName", Draft::Text(stack)),
                ("TargetKeyId", project.once(kind, name, "Ref")),
            ]);
            vec![shared(kind.into(), name.into(), key), shared(alias_kind, format!("{name}Alias"), alias)]
        }
    }
}
