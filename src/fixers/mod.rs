//! Controls that need code, and facts that pages ask for by name.
//!
//! A fixer judges one resource and says with drafts what should be written; it never sees syntax. Facts are functions
//! without arguments that a page's predicates may call (`public_signal()`).

mod access_logs;
mod alarm_subjects;
mod alarms;
mod api_bodies;
mod api_callers;
mod apis;
mod async_failures;
mod authorizers;
mod bucket_keys;
mod bucket_signals;
mod concurrency;
mod consumers;
mod dead_letters;
mod environment_secrets;
mod images;
mod invokers;
mod log_buckets;
mod log_groups;
mod log_scope;
mod method_settings;
mod module_key;
mod network_use;
mod once;
mod open_accounts;
mod open_permissions;
mod open_policies;
mod open_resources;
pub mod order;
mod own_role;
mod permission_source;
mod redeployment;
mod request_validation;
mod scoped_role;
mod senders;
mod state_machine_logs;
mod stream_failures;
mod tls_policies;
mod topic_encryption;
mod tracing;
mod vpc_placement;
mod web_acls;
mod wide_policies;

use crate::catalogue::{Context, Control, PageError, Verdict};
use crate::fix::Change;
use crate::model::{Draft, InstanceId, Language, Mode, Project, Resource, Value};

type Fixer = fn(&Context<'_>) -> Verdict;
type Fact = fn(&Context<'_>) -> Value;

const FIXERS: &[(&str, Fixer)] = &[
    ("admin-policy", wide_policies::admin_policy),
    ("api-access-logs", access_logs::judge),
    ("async-failures", async_failures::judge),
    ("bucket-tls-policy", tls_policies::bucket),
    ("deployment-order", order::judge),
    ("deployment-triggers", redeployment::judge),
    ("environment-secrets", environment_secrets::judge),
    ("function-log-group", log_groups::judge),
    ("function-tracing", tracing::function),
    ("function-role", own_role::judge),
    ("function-vpc", vpc_placement::judge),
    ("github-subject", open_policies::github_subject),
    ("logs-everywhere", log_scope::judge),
    ("open-permission", open_permissions::judge),
    ("open-policy", open_resources::everybody),
    ("open-trust", open_policies::trust),
    ("pass-role", open_policies::pass_role),
    ("permission-source", permission_source::judge),
    ("policy-actions", open_policies::every_action),
    ("missing-permission", scoped_role::missing),
    ("queue-tls-policy", tls_policies::queue),
    ("request-validation", request_validation::judge),
    ("resources-everywhere", scoped_role::resources),
    ("rest-api-execution-logs", method_settings::execution_logs),
    ("rest-api-throttling", method_settings::throttling),
    ("scoped-role", scoped_role::judge),
    ("state-machine-logs", state_machine_logs::judge),
    ("state-machine-tracing", tracing::state_machine),
    ("stream-failures", stream_failures::judge),
    ("topic-encryption", topic_encryption::judge),
    ("topic-tls-policy", tls_policies::topic),
    ("wildcard-actions", wide_policies::wildcard_actions),
];

const FACTS: &[(&str, Fact)] = &[
    ("account_role_note", access_logs::account_role_note),
    ("alarm_obstacle", alarms::obstacle),
    ("alarm_topic", alarms::topic),
    ("api_authorization", authorizers::authorization),
    ("api_authorizer", authorizers::authorizer),
    ("api_name", alarm_subjects::api_name),
    ("api_is_declared", authorizers::is_declared),
    ("api_protocol", authorizers::protocol),
    ("asynchronous_invoker", invokers::asynchronous_invoker),
    ("authorization_note", authorizers::note),
    ("bucket_public_signal", bucket_signals::public_signal_of_bucket),
    ("checked_elsewhere", apis::checked_elsewhere),
    ("concurrency_bound", concurrency::concurrency_bound),
    ("concurrency_share", concurrency::concurrency_share),
    ("construct_id", log_groups::construct_id),
    ("consumer_timeout", consumers::timeout),
    ("declares_web_acl", web_acls::declares_web_acl),
    ("default_group_user", network_use::default_group_user),
    ("event_bus", alarm_subjects::event_bus),
    ("first_of_kind", once::first_of_kind),
    ("has_budget", once::has_budget),
    ("is_dead_letter_queue", alarm_subjects::is_dead_letter_queue),
    ("is_edge_function", alarm_subjects::is_edge_function),
    ("key_obstacle", bucket_keys::obstacle),
    ("key_without_plan", apis::key_without_plan),
    ("latest_is_deployed", images::latest_is_deployed),
    ("log_purpose", log_groups::purpose),
    ("module_log_bucket", log_buckets::of_module),
    ("names_around", invokers::names_around),
    ("only_mock", apis::only_mock),
    ("open_on_purpose", apis::open_on_purpose),
    ("open_operations", api_bodies::open_operations),
    ("outside_user", network_use::outside_user),
    ("patient_reader", concurrency::patient_reader),
    ("preflight_root", authorizers::preflight_root),
    ("preflight_route", authorizers::preflight_route),
    ("private_api", apis::private_api),
    ("private_store", vpc_placement::private_store),
    ("public_signal", bucket_signals::public_signal),
    ("rule_queue", dead_letters::rule_queue),
    ("scans_registry", once::scans_registry),
    ("sets_account_role", once::sets_account_role),
    ("stage_alarm", alarm_subjects::stage_alarm),
    ("store_network", vpc_placement::store_network),
    ("subnet_use", network_use::subnet_use),
    ("takes_access_logs", log_buckets::takes_access_logs),
    ("unlimited_queue_reader", concurrency::unlimited_queue_reader),
    ("waiting_invoker", invokers::waiting_invoker),
    ("web_acl", web_acls::web_acl),
];

pub(crate) use alarms::AlarmPlan;
pub(crate) use module_key::KeyPlan;

/// The fixers and facts by name.
pub struct Registry;

impl Registry {
    /// Refuses a control that names a fixer which isn't there.
    pub fn check(control: &Control) -> Result<(), PageError> {
        for rule in &control.rules {
            if let Some(name) = rule.fixer.as_ref().filter(|name| Self::find(name).is_none()) {
                let known: Vec<_> = FIXERS.iter().map(|(name, _)| *name).collect();
                let message = format!("unknown fixer `{name}`; known: {}", known.join(", "));
                return Err(PageError::new(&control.page, 0, message));
            }
            let mut keys = rule.fixes.iter().filter_map(|fix| fix.key.as_ref());
            if let Some(name) = keys.find(|name| !module_key::is_use(name)) {
                return Err(PageError::new(&control.page, 0, format!("a key can't be used for `{name}`")));
            }
        }
        Ok(())
    }

    fn find(name: &str) -> Option<Fixer> {
        FIXERS.iter().find(|(known, _)| *known == name).map(|(_, fixer)| *fixer)
    }

    /// The verdict of a fixer.
    pub fn run(name: &str, context: &Context<'_>) -> Verdict {
        Self::find(name).map_or_else(|| Verdict::Unknown(format!("there is no fixer `{name}`")), |fixer| fixer(context))
    }

    /// The key to encrypt what is judged with, for what a page calls this use of a key.
    pub(crate) fn key(name: &str, context: &Context<'_>) -> Result<KeyPlan, String> {
        module_key::plan(context, name)
    }

    /// The names of the facts.
    pub fn facts() -> impl Iterator<Item = &'static str> {
        FACTS.iter().map(|(name, _)| *name)
    }

    /// Whether there is a fact of this name.
    pub fn is_fact(name: &str) -> bool {
        Self::facts().any(|known| known == name)
    }

    /// Where the alarms of what is judged go.
    pub(crate) fn alarm(context: &Context<'_>) -> Result<AlarmPlan, String> {
        alarms::plan(context)
    }

    /// The value of a fact.
    pub fn fact(name: &str, context: &Context<'_>) -> Option<Value> {
        FACTS.iter().find(|(known, _)| *known == name).map(|(_, fact)| fact(context))
    }
}

/// Where something stands that a module has once: below the last resource of the first of these files, or of the first
/// file that has one.
fn module_anchor<'a>(project: &'a Project, resource: &'a Resource, preferred: &[&str]) -> &'a Resource {
    let files = || project.module_of(resource.instance).files.iter().map(|file| project.file(*file));
    let hcl = files().filter(|file| file.syntax() == crate::source::Syntax::Hcl);
    let all = preferred.iter().copied().chain(hcl.chain(files()).map(crate::source::SourceFile::name));
    all.into_iter().find_map(|name| last_in(project, resource, name)).unwrap_or(resource)
}

/// The last resource in a file of the module, by the file's name.
pub(crate) fn last_in<'a>(project: &'a Project, resource: &'a Resource, name: &str) -> Option<&'a Resource> {
    let is_there = |other: &&Resource| other.instance == resource.instance && other.mode == Mode::Managed;
    let here = project.resources.iter().filter(is_there).filter(|other| project.file(other.span.file).name() == name);
    here.max_by_key(|other| other.span.start)
}

/// The account's id: from the module's own data source, or one that the change declares. Refused where a provider other
/// than the default one manages the resource, whose account may be another.
fn account(project: &Project, near: &Resource) -> Result<(Draft, Option<Change>), String> {
    const KIND: &str = "aws_caller_identity";
    if project.language == Language::CloudFormation {
        return Ok((Draft::Expression("AWS::AccountId".into()), None));
    }
    let provider = |resource: &Resource| {
        let node = &resource.body.entry("provider")?.node;
        Some(project.file(node.span.file).text[node.span.range()].trim().to_owned())
    };
    let wanted = provider(near);
    match project.data_of(KIND, near.instance).find(|data| provider(data) == wanted) {
        Some(data) => Ok((Draft::Attribute(data.id, "account_id".into()), None)),
        None if wanted.is_some() => {
            Err(format!("the account of its provider is not known: {KIND} is not read with it"))
        }
        None if project.at(near.instance, &format!("data.{KIND}.current")).is_some() => {
            Err(format!("data.{KIND}.current is that of another provider"))
        }
        None => Ok(current(near, KIND, "account_id")),
    }
}

/// An attribute of a data source that the change declares.
fn current(near: &Resource, kind: &str, attribute: &str) -> (Draft, Option<Change>) {
    let name = "current".to_owned();
    let added = Change::AddData { near: near.id, below: false, kind: kind.into(), name, provider: None };
    (Draft::Expression(format!("data.{kind}.current.{attribute}")), Some(added))
}

/// The region's name: from the module's own data source, or one that the change declares.
fn region(project: &Project, near: &Resource) -> (Draft, Option<Change>) {
    const KIND: &str = "aws_region";
    let attribute = project.region_attribute(near.instance);
    match project.data_of(KIND, near.instance).find(|data| data.body.entries.is_empty()) {
        Some(data) => (Draft::Attribute(data.id, attribute.into()), None),
        None => current(near, KIND, attribute),
    }
}

/// The partition of generated ARNs: the module's own data source when it has one.
fn partition(project: &Project, instance: InstanceId) -> Draft {
    if project.language == Language::CloudFormation {
        return Draft::Expression("AWS::Partition".into());
    }
    match project.data_of("aws_partition", instance).next() {
        Some(data) => Draft::Attribute(data.id, "partition".into()),
        None => Draft::string("aws"),
    }
}

/// A value that can be written again in the same module.
fn draft_of(value: &Value) -> Option<Draft> {
    match value {
        Value::String(text) => Some(Draft::string(&**text)),
        Value::Reference(reference) if !reference.is_keyed() && !reference.path.is_empty() => {
            Some(Draft::Attribute(reference.resource, reference.attribute()))
        }
        Value::Text(pieces) => {
            pieces.iter().map(|piece| draft_of(&piece.value)).collect::<Option<Vec<_>>>().map(Draft::Text)
        }
        _ => None,
    }
}
