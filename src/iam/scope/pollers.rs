//! What Lambda's pollers do with an event source, by the function's role.
//!
//! Source: the developer guide of AWS Lambda, "execution role permissions" of each event source.

use super::arn::Pattern;
use super::configuration::Collector;
use super::kinds;
use super::need::{Certainty, On, Origin, Target};
use crate::model::{Body, Symbol, Value};

/// What pollers do with their source.
const QUEUE: [&str; 3] = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];
const TABLE_STREAM: [&str; 3] = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"];
const STREAM: [&str; 4] =
    ["kinesis:DescribeStream", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"];
const KAFKA: [&str; 3] = ["kafka:DescribeCluster", "kafka:DescribeClusterV2", "kafka:GetBootstrapBrokers"];
const KAFKA_SIGNED: [&str; 6] = [
    "kafka-cluster:Connect",
    "kafka-cluster:DescribeGroup",
    "kafka-cluster:AlterGroup",
    "kafka-cluster:DescribeTopic",
    "kafka-cluster:ReadData",
    "kafka-cluster:DescribeClusterDynamicConfiguration",
];
const POLLER_NETWORK: [&str; 6] = [
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
];

impl Collector<'_> {
    pub(super) fn mapping(&mut self, mapping: &Body, why: &str) {
        let source = mapping.get("event_source_arn");
        let secrets = mapping.blocks("source_access_configuration").map(|block| block.get("uri"));
        let secrets: Vec<Value> = secrets.collect();
        for path in ["destination_config.on_failure.destination_arn", "destination_arn_on_failure"] {
            self.destination(&mapping.at(path), why);
        }
        if source.is_null() {
            // A Kafka cluster of one's own.
            self.add(&POLLER_NETWORK, &On::Everything, Certainty::Kept, why);
            self.secrets(&secrets, why);
            return;
        }
        let Some((kind, target)) = self.event_source(&source) else {
            self.found.unknown.push(format!("what {why} reads isn't declared here"));
            return;
        };
        let on = On::Targets(vec![target]);
        match kind {
            "queue" => self.add(&QUEUE, &on, Certainty::Needed, why),
            "table stream" => {
                self.add(&TABLE_STREAM, &on, Certainty::Needed, why);
                self.add(&["dynamodb:ListStreams"], &On::Everything, Certainty::Kept, why);
            }
            "stream" => {
                self.add(&STREAM, &on, Certainty::Needed, why);
                // In the managed policy; pollers have been seen to read without.
                self.add(&["kinesis:DescribeStreamSummary"], &on, Certainty::Kept, why);
                self.add(&["kinesis:ListStreams"], &On::Everything, Certainty::Kept, why);
                self.add(
                    &["kinesis:SubscribeToShard"],
                    &On::Open("a consumer of the stream".into()),
                    Certainty::Kept,
                    why,
                );
            }
            "cluster" => {
                self.add(&KAFKA, &on, Certainty::Needed, why);
                let topics = On::Open("its topics and groups".into());
                self.add(&KAFKA_SIGNED, &topics, Certainty::Kept, why);
                self.add(&POLLER_NETWORK, &On::Everything, Certainty::Needed, why);
            }
            "broker" => {
                self.add(&["mq:DescribeBroker"], &on, Certainty::Needed, why);
                // A broker that is public needs no interface.
                self.add(&POLLER_NETWORK, &On::Everything, Certainty::Kept, why);
            }
            _ => {
                let actions =
                    ["rds:DescribeDBClusters", "rds:DescribeDBClusterParameters", "rds:DescribeDBSubnetGroups"];
                self.add(&actions, &On::Everything, Certainty::Needed, why);
                self.add(&POLLER_NETWORK, &On::Everything, Certainty::Needed, why);
            }
        }
        self.secrets(&secrets, why);
        if let Some((resource, _)) = kinds::meant(self.project, &source) {
            self.encrypted(resource, false, why);
        }
    }

    /// The sort of an event source, and its ARN.
    fn event_source(&self, source: &Value) -> Option<(&'static str, Target)> {
        if let Some((resource, kind)) = kinds::meant(self.project, source) {
            let sort = match kind.iam {
                "sqs:queue" => "queue",
                "kinesis:stream" => "stream",
                _ => return None,
            };
            return Some((sort, Target::declared(self.project, resource, kind, "")));
        }
        if let Value::Symbol(symbol) = source {
            return self.published_source(symbol);
        }
        let Value::Reference(reference) = source else { return None };
        let resource = self.project.resource(reference.resource);
        let (sort, attribute) = match &*resource.kind {
            "aws_dynamodb_table" if reference.attribute() == "stream_arn" => ("table stream", "stream_arn"),
            "AWS::DynamoDB::Table" if reference.attribute() == "StreamArn" => ("table stream", "StreamArn"),
            "aws_msk_cluster" | "aws_msk_serverless_cluster" => ("cluster", "arn"),
            "aws_mq_broker" => ("broker", "arn"),
            "aws_docdb_cluster" => ("documents", "arn"),
            "aws_kinesis_stream_consumer" => ("stream", "arn"),
            _ => return None,
        };
        let pattern = match kinds::of(resource) {
            // Its time of creation follows.
            Some(kind) => Pattern::of_resource(self.project, resource, kind).with("/stream/").with("*"),
            None => Pattern::of(self.project, source),
        };
        Some((
            sort,
            Target {
                pattern,
                origin: Origin::Declared { resource: resource.id, arn: attribute, passed: None },
                suffix: "",
                shown: format!("{}.{attribute}", resource.address()),
                doubt: None,
            },
        ))
    }

    /// An event source that a published module makes, by the output that is its ARN.
    fn published_source(&self, symbol: &Symbol) -> Option<(&'static str, Target)> {
        let output = symbol.name.strip_prefix("module.")?.split_once('.')?.1;
        let sort = match output {
            "queue_arn" | "sqs_queue_arn" => "queue",
            "dynamodb_table_stream_arn" => "table stream",
            "stream_arn" | "kinesis_stream_arn" => "stream",
            _ => return None,
        };
        let text = symbol.name.to_string();
        let target = Target {
            pattern: Pattern::of(self.project, &Value::Symbol(symbol.clone())),
            origin: Origin::Expression(symbol.instance, text.clone()),
            suffix: "",
            doubt: Some(format!("{text} is what a published module gives")),
            shown: text,
        };
        Some((sort, target))
    }

    fn secrets(&mut self, secrets: &[Value], why: &str) {
        for secret in secrets {
            let on = match kinds::meant(self.project, secret) {
                Some((resource, kind)) if kind.iam == "secretsmanager:Secret" => {
                    On::Targets(vec![Target::declared(self.project, resource, kind, "")])
                }
                Some(_) => continue,
                None => On::Open(format!("a secret of {why}")),
            };
            self.add(&["secretsmanager:GetSecretValue"], &on, Certainty::Needed, why);
        }
    }
}
