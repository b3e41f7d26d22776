//! VPC endpoints: which there are, and which a function would need for what it calls.

use crate::iam::role::{self, Grants};
use crate::model::{Project, Resource, Value};

/// A service that functions call, and its endpoint in a VPC.
#[derive(Debug, PartialEq, Eq)]
pub struct Service {
    /// The prefix of its actions.
    prefix: &'static str,
    /// The last part of its endpoint's name.
    pub name: &'static str,
    /// Whether the endpoint is a route, and free.
    pub gateway: bool,
}

const fn interface(prefix: &'static str, name: &'static str) -> Service {
    Service { prefix, name, gateway: false }
}

static SERVICES: [Service; 22] = [
    Service { prefix: "s3", name: "s3", gateway: true },
    Service { prefix: "dynamodb", name: "dynamodb", gateway: true },
    interface("secretsmanager", "secretsmanager"),
    interface("ssm", "ssm"),
    interface("sqs", "sqs"),
    interface("sns", "sns"),
    interface("kms", "kms"),
    interface("lambda", "lambda"),
    interface("states", "states"),
    interface("events", "events"),
    interface("kinesis", "kinesis-streams"),
    interface("firehose", "kinesis-firehose"),
    interface("cloudwatch", "monitoring"),
    interface("sts", "sts"),
    interface("execute-api", "execute-api"),
    interface("rds-data", "rds-data"),
    interface("bedrock", "bedrock-runtime"),
    interface("athena", "athena"),
    interface("glue", "glue"),
    interface("textract", "textract"),
    interface("rekognition", "rekognition"),
    interface("ecs", "ecs"),
];

/// Actions that Lambda itself uses with a function's role: logs, traces, network interfaces, polling, decryption of the
/// environment; and those that need no call (`iam:PassRole`) or go over a connection to a store.
const NO_CALLS: [&str; 27] = [
    "logs:",
    "xray:",
    "ec2:",
    "kms:Decrypt",
    "iam:PassRole",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ChangeMessageVisibility",
    "kinesis:Get",
    "kinesis:Describe",
    "kinesis:List",
    "kinesis:SubscribeToShard",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:DescribeStream",
    "dynamodb:ListStreams",
    "kafka:",
    "kafka-cluster:",
    "mq:DescribeBroker",
    "rds-db:",
    "elasticache:Connect",
    "memorydb:Connect",
    "neptune-db:",
    "dax:",
    "es:ESHttp",
    "elasticfilesystem:Client",
];

/// Managed policies that grant nothing but the above.
const NO_CALL_POLICIES: [&str; 9] = [
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaVPCAccessExecutionRole",
    "AWSLambdaSQSQueueExecutionRole",
    "AWSLambdaKinesisExecutionRole",
    "AWSLambdaDynamoDBExecutionRole",
    "AWSLambdaMSKExecutionRole",
    "AWSLambdaENIManagementAccess",
    "AWSXRayDaemonWriteAccess",
    "AWSXrayWriteOnlyAccess",
];

/// Words in the names of managed policies.
const NAMED: [(&str, &str); 8] = [
    ("S3", "s3"),
    ("DynamoDB", "dynamodb"),
    ("SecretsManager", "secretsmanager"),
    ("SSM", "ssm"),
    ("SQS", "sqs"),
    ("SNS", "sns"),
    ("Bedrock", "bedrock"),
    ("StepFunctions", "states"),
];

/// What a function may call, by its role.
#[derive(Debug, Default)]
pub struct Calls {
    /// Services with an endpoint that is known.
    pub services: Vec<&'static Service>,
    /// Prefixes of actions of other services, and what can't be read.
    pub others: Vec<String>,
}

/// What a function may call: what its role allows, apart from what Lambda does with it.
pub fn calls(project: &Project, function: &Resource) -> Calls {
    let mut calls = Calls::default();
    let Value::Reference(reference) = function.body.get("role") else {
        calls.others.push("what its role allows isn't known".into());
        return calls;
    };
    let grants = role::grants(project, project.resource(reference.resource));
    for action in grants.allowed_actions() {
        let action = action.unwrap_or("*");
        if !NO_CALLS.iter().any(|none| action.starts_with(none)) {
            calls.add(action.split(':').next().unwrap_or(action));
        }
    }
    calls.managed(&grants);
    calls
}

impl Calls {
    fn add(&mut self, prefix: &str) {
        match SERVICES.iter().find(|service| service.prefix == prefix) {
            Some(service) if !self.services.contains(&service) => self.services.push(service),
            None if !self.others.iter().any(|other| other == prefix) => self.others.push(prefix.to_owned()),
            _ => {}
        }
    }

    fn managed(&mut self, grants: &Grants) {
        if grants.unread {
            self.others.push("what can't be read of its role".into());
        }
        for name in grants.managed_names().filter(|name| !NO_CALL_POLICIES.contains(name)) {
            let known = NAMED.iter().find(|(word, _)| name.contains(word));
            match known {
                Some((_, prefix)) => self.add(prefix),
                None => self.others.push(name.to_owned()),
            }
        }
    }

    /// Takes away the services for which the VPC has an endpoint.
    pub fn without_endpoints(&mut self, project: &Project, network: &Value) {
        let there = existing(project, network);
        self.services.retain(|service| !there.iter().any(|name| name == service.name));
    }

    /// Whether nothing is called.
    pub fn is_empty(&self) -> bool {
        self.services.is_empty() && self.others.is_empty()
    }

    /// All of it, for a sentence.
    pub fn list(&self) -> String {
        let services = self.services.iter().map(|service| service.name.to_owned());
        services.chain(self.others.iter().cloned()).collect::<Vec<_>>().join(", ")
    }
}

/// The endpoints of a VPC.
fn existing(project: &Project, network: &Value) -> Vec<String> {
    let mut names = Vec::new();
    for endpoint in project.of_kind("aws_vpc_endpoint") {
        if endpoint.body.get("vpc_id").equals(network) == Some(true) {
            let service = project.settle(&endpoint.body.get("service_name"));
            let end = service.known_pieces().last().map(|text| text.rsplit('.').next().unwrap_or(text).to_owned());
            names.extend(end);
        }
    }
    for call in project.of_kind("module:terraform-aws-modules/vpc/aws//modules/vpc-endpoints") {
        if call.body.get("vpc_id").equals(network) == Some(true) {
            let endpoints = call.body.get("endpoints");
            let each = endpoints.as_map().into_iter().flat_map(|map| &map.entries);
            names.extend(each.filter_map(|entry| Some(entry.node.value.as_map()?.get("service").as_str()?.to_owned())));
        }
    }
    names
}
