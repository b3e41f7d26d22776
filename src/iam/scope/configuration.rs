//! What Lambda does by the function's role without a word of its code: logs, pollers, networks, traces, queues for what
//! failed, file systems, keys.
//!
//! Source: the developer guide of AWS Lambda ("execution role permissions" of each event source and feature), and the
//! content of the managed policies that it names.

use super::arn::Pattern;
use super::bind::Binder;
use super::kinds;
use super::log_group;
use super::need::{Certainty, Need, On, Origin, Target, Why, written};
use super::template;
use crate::model::companion::Tie;
use crate::model::{Language, Project, Resource, Value};

const NETWORK: [&str; 3] =
    ["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces"];
/// In the managed policy of Lambda, and in the guide; functions have been seen to run without.
const NETWORK_MORE: [&str; 4] = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
    "ec2:GetSecurityGroupsForVpc",
];
const TRACES: [&str; 2] = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"];
/// What the daemon reads, and what Lambda Insights writes.
const TRACES_MORE: [&str; 3] =
    ["xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:GetSamplingStatisticSummaries"];

/// What the configuration of a function needs, and what of it couldn't be told.
#[derive(Debug, Default)]
pub struct Configured {
    /// The needs.
    pub needs: Vec<Need>,
    /// Triggers and features whose needs aren't known.
    pub unknown: Vec<String>,
}

/// What Lambda needs for a function.
pub fn needs(project: &Project, function: &Resource) -> Configured {
    let mut collector = Collector { project, function, found: Configured::default() };
    collector.logs();
    collector.network();
    collector.traces();
    collector.failures();
    for mapping in Binder::new(project, function).event_sources() {
        match project.language {
            Language::Terraform => collector.mapping(&mapping.body, &mapping.address()),
            Language::CloudFormation => collector.mapping(&template::mapping(project, mapping), &mapping.address()),
        }
    }
    // The same in the inputs of a published module.
    if let Value::Map(mappings) = function.body.get("event_source_mapping") {
        for entry in &mappings.entries {
            if let Value::Map(body) = &entry.node.value {
                collector.mapping(body, &format!("event_source_mapping.{}", entry.name));
            }
        }
    }
    collector.files();
    collector.key("kms_key_arn", "the key of its variables", &["kms:Decrypt"]);
    if function.body.get("durable_config").is_present() == Some(true) {
        let actions = ["lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"];
        let own = kinds::of(function).map(|kind| Target::declared(project, function, kind, ":*"));
        let on = own.map_or(On::Everything, |own| On::Targets(vec![own]));
        collector.add(&actions, &on, Certainty::Needed, "durable_config");
    }
    collector.found
}

pub(super) struct Collector<'p> {
    pub(super) project: &'p Project,
    function: &'p Resource,
    pub(super) found: Configured,
}

impl Collector<'_> {
    pub(super) fn add(&mut self, actions: &[&str], on: &On, certainty: Certainty, why: &str) {
        self.found.needs.extend(actions.iter().map(|action| Need {
            action: (*action).to_owned(),
            on: on.clone(),
            certainty,
            why: Why::Configuration(why.to_owned()),
        }));
    }

    fn logs(&mut self) {
        let group = log_group::declared(self.project, self.function);
        let on = match group.and_then(|group| Some((group, kinds::of(group)?))) {
            Some((group, kind)) => On::Targets(vec![Target::declared(self.project, group, kind, ":*")]),
            None => self.default_group(),
        };
        self.add(&["logs:CreateLogStream", "logs:PutLogEvents"], &on, Certainty::Needed, "every function logs");
        // Lambda makes the group that isn't declared; a declared one is there.
        let certainty = if group.is_some() { Certainty::Harmless } else { Certainty::Kept };
        self.add(&["logs:CreateLogGroup"], &on, certainty, "every function logs");
    }

    /// The group that Lambda makes, by the function's name.
    fn default_group(&self) -> On {
        match log_group::made(self.project, self.function) {
            Some(target) => On::Targets(vec![target]),
            None => On::Open("its log group isn't declared".into()),
        }
    }

    fn network(&mut self) {
        let placed = self.function.body.get("vpc_config").is_present();
        // Without subnets it is as if the block weren't there.
        let nowhere = |subnets: Value| matches!(subnets, Value::List(subnets) if subnets.is_empty());
        if placed == Some(false) || nowhere(self.project.settle(&self.function.body.at("vpc_config.subnet_ids"))) {
            return;
        }
        let certainty = if placed == Some(true) { Certainty::Needed } else { Certainty::Kept };
        self.add(&NETWORK, &On::Everything, certainty, "vpc_config");
        self.add(&NETWORK_MORE, &On::Everything, Certainty::Kept, "vpc_config");
    }

    fn traces(&mut self) {
        let mode = self.project.settle(&self.function.body.at("tracing_config.mode"));
        if mode.as_str() == Some("Active") {
            self.add(&TRACES, &On::Everything, Certainty::Needed, "tracing_config");
            self.add(&TRACES_MORE, &On::Everything, Certainty::Kept, "tracing_config");
        } else if !mode.is_null() {
            self.add(&TRACES, &On::Everything, Certainty::Kept, "tracing_config");
        }
    }

    /// Where invocations go that failed, or ended.
    fn failures(&mut self) {
        let dead = self.function.body.at("dead_letter_config.target_arn");
        self.destination(&dead, "dead_letter_config");
        for input in ["destination_on_failure", "destination_on_success"] {
            self.destination(&self.function.body.get(input), input);
        }
        let project = self.project;
        for config in project.of_kind("aws_lambda_function_event_invoke_config") {
            let of = config.body.get("function_name");
            if !of.refers_to(self.function.id) && project.names(&of, self.function, "function_name") != Some(true) {
                continue;
            }
            for path in ["destination_config.on_failure.destination", "destination_config.on_success.destination"] {
                self.destination(&config.body.at(path), &config.address());
            }
        }
        for config in project.of_kind("AWS::Lambda::EventInvokeConfig") {
            let is_own = config.body.get("FunctionName").refers_to(self.function.id);
            for path in ["DestinationConfig.OnFailure.Destination", "DestinationConfig.OnSuccess.Destination"] {
                if is_own {
                    self.destination(&config.body.at(path), &config.address());
                }
            }
        }
    }

    pub(super) fn destination(&mut self, arn: &Value, why: &str) {
        if arn.is_null() {
            return;
        }
        let Some((resource, kind)) = kinds::meant(self.project, arn) else {
            let pieces = arn.known_pieces().concat();
            let service =
                ["sqs", "sns", "lambda", "events", "s3"].into_iter().find(|s| pieces.contains(&format!(":{s}:")));
            let on = On::Open(format!("the target of {why} isn't declared here"));
            match service {
                Some(service) => self.add(to(service), &on, Certainty::Needed, why),
                None => ["sqs", "sns", "lambda", "events"]
                    .into_iter()
                    .for_each(|service| self.add(to(service), &on, Certainty::Kept, why)),
            }
            return;
        };
        let service = kind.iam.split(':').next().unwrap_or_default();
        let suffix = if service == "s3" { "/*" } else { "" };
        let on = On::Targets(vec![Target::declared(self.project, resource, kind, suffix)]);
        self.add(to(service), &on, Certainty::Needed, why);
        if service == "s3" {
            let on = On::Targets(vec![Target::declared(self.project, resource, kind, "")]);
            self.add(&["s3:ListBucket"], &on, Certainty::Needed, why);
        }
        self.encrypted(resource, true, why);
    }

    fn files(&mut self) {
        if self.function.body.get("file_system_config").is_present() == Some(false) {
            return;
        }
        let on = On::Open("the file system of its access point".into());
        self.add(&["elasticfilesystem:ClientMount"], &on, Certainty::Needed, "file_system_config");
        let more = ["elasticfilesystem:ClientWrite", "elasticfilesystem:ClientRootAccess"];
        self.add(&more, &on, Certainty::Kept, "file_system_config");
    }

    fn key(&mut self, argument: &str, why: &str, actions: &[&str]) {
        let key = self.function.body.get(argument);
        if !key.is_null() {
            let on = key_target(self.project, &key);
            self.add(actions, &on, Certainty::Kept, why);
        }
    }

    pub(super) fn encrypted(&mut self, resource: &Resource, writes: bool, why: &str) {
        self.found.needs.extend(keys_of(self.project, resource, writes, why));
    }
}

/// What sends to a destination.
fn to(service: &str) -> &'static [&'static str] {
    match service {
        "sqs" => &["sqs:SendMessage"],
        "sns" => &["sns:Publish"],
        "lambda" => &["lambda:InvokeFunction"],
        "events" => &["events:PutEvents"],
        "s3" => &["s3:PutObject"],
        _ => &[],
    }
}

/// The actions on the customer's key of a resource that a function works with, kept where they are granted: the key's
/// own policy may allow them instead.
pub fn keys_of(project: &Project, resource: &Resource, writes: bool, why: &str) -> Vec<Need> {
    let key = match &*resource.kind {
        "aws_sqs_queue" | "aws_sns_topic" => resource.body.get("kms_master_key_id"),
        "aws_kinesis_stream" | "aws_secretsmanager_secret" => resource.body.get("kms_key_id"),
        "aws_ssm_parameter" => resource.body.get("key_id"),
        "aws_dynamodb_table" => resource.body.at("server_side_encryption.kms_key_arn"),
        "aws_cloudwatch_event_bus" => resource.body.get("kms_key_identifier"),
        "aws_s3_bucket" => bucket_key(project, resource),
        _ => Value::Null,
    };
    if key.is_null() || project.settle(&key).known_prefix().starts_with("alias/aws/") {
        return Vec::new();
    }
    let actions: &[&str] = match (&*resource.kind, writes) {
        ("aws_dynamodb_table", _) => &[
            "kms:Decrypt",
            "kms:Encrypt",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
            "kms:GenerateDataKey",
            "kms:DescribeKey",
            "kms:CreateGrant",
        ],
        (_, true) => &["kms:Decrypt", "kms:GenerateDataKey"],
        _ => &["kms:Decrypt"],
    };
    let on = key_target(project, &key);
    let why = Why::Configuration(format!("the key of {} ({why})", resource.address()));
    let need = |action: &&str| Need {
        action: (*action).to_owned(),
        on: on.clone(),
        certainty: Certainty::Kept,
        why: why.clone(),
    };
    actions.iter().map(need).collect()
}

fn bucket_key(project: &Project, bucket: &Resource) -> Value {
    let tie = Tie { kind: "aws_s3_bucket_server_side_encryption_configuration", by: "bucket", name: "bucket" };
    let by_default = "rule.apply_server_side_encryption_by_default.kms_master_key_id";
    let inline = bucket.body.at(&format!("server_side_encryption_configuration.{by_default}"));
    let found = project.companions(bucket, tie).found;
    found.first().map_or(inline, |id| project.resource(*id).body.at(by_default))
}

fn key_target(project: &Project, key: &Value) -> On {
    match kinds::meant(project, key) {
        Some((resource, kind)) if kind.iam == "kms:key" => {
            On::Targets(vec![Target::declared(project, resource, kind, "")])
        }
        _ => {
            let pattern = Pattern::of(project, key);
            match written(&pattern) {
                text if text.starts_with("arn:") => On::Targets(vec![Target {
                    pattern,
                    origin: Origin::Unwritable,
                    suffix: "",
                    shown: text,
                    doubt: Some("a key that isn't declared in this configuration".into()),
                }]),
                _ => On::Open("a key that isn't declared in this configuration".into()),
            }
        }
    }
}
