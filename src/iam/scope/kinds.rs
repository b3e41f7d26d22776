//! Resources as IAM names them.

use crate::model::{Project, Resource, Value};

/// How a type of resource is named in ARNs.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// `aws_dynamodb_table`, `AWS::DynamoDB::Table`
    pub of: &'static str,
    /// `dynamodb:table`
    pub iam: &'static str,
    /// The attribute that is its ARN.
    pub arn: &'static str,
    /// The argument that holds the name in its ARN; empty where AWS makes one up.
    pub name: &'static str,
    /// Attributes by which code names it, beside those.
    pub also: &'static [&'static str],
}

const fn kind(
    of: &'static str,
    iam: &'static str,
    arn: &'static str,
    name: &'static str,
    also: &'static [&'static str],
) -> Kind {
    Kind { of, iam, arn, name, also }
}

// Source: the attribute references of the AWS provider, the resource types of the Service Authorization Reference.
const KINDS: [Kind; 36] = [
    kind("aws_api_gateway_rest_api", "execute-api:execute-api-general", "execution_arn", "", &["id"]),
    kind("aws_apigatewayv2_api", "execute-api:execute-api-general", "execution_arn", "", &["id", "api_endpoint"]),
    kind("aws_apigatewayv2_stage", "execute-api:execute-api-general", "execution_arn", "", &["id", "invoke_url"]),
    kind("aws_appsync_graphql_api", "appsync:graphqlapi", "arn", "", &["id"]),
    kind("aws_athena_workgroup", "athena:workgroup", "arn", "name", &["id"]),
    kind("aws_bedrockagent_agent", "bedrock:agent", "agent_arn", "", &["agent_id", "id"]),
    kind("aws_bedrockagent_agent_alias", "bedrock:agent-alias", "agent_alias_arn", "", &["agent_alias_id"]),
    kind("aws_bedrockagent_knowledge_base", "bedrock:knowledge-base", "arn", "", &["id"]),
    kind(
        "aws_bedrockagentcore_agent_runtime",
        "bedrock-agentcore:runtime",
        "agent_runtime_arn",
        "",
        &["agent_runtime_id"],
    ),
    kind("aws_bedrockagentcore_memory", "bedrock-agentcore:memory", "arn", "", &["id"]),
    kind("aws_cloudwatch_event_bus", "events:event-bus", "arn", "name", &["id"]),
    kind("aws_cloudwatch_log_group", "logs:log-group", "arn", "name", &["id"]),
    kind("aws_codebuild_project", "codebuild:project", "arn", "name", &[]),
    kind("aws_codecommit_repository", "codecommit:repository", "arn", "repository_name", &["id"]),
    kind("aws_codepipeline", "codepipeline:pipeline", "arn", "name", &["id"]),
    kind("aws_cognito_user_pool", "cognito-idp:userpool", "arn", "", &["id"]),
    kind("aws_dynamodb_table", "dynamodb:table", "arn", "name", &["id"]),
    kind("aws_ecs_cluster", "ecs:cluster", "arn", "name", &["id"]),
    kind("aws_ecs_task_definition", "ecs:task-definition", "arn", "", &["family", "id"]),
    kind("aws_glue_job", "glue:job", "arn", "name", &["id"]),
    kind("aws_iam_role", "iam:role", "arn", "name", &["id"]),
    kind("aws_iot_thing", "iot:thing", "arn", "name", &[]),
    kind("aws_kinesis_firehose_delivery_stream", "firehose:deliverystream", "arn", "name", &["id"]),
    kind("aws_kinesis_stream", "kinesis:stream", "arn", "name", &["id"]),
    kind("aws_kms_alias", "kms:key", "target_key_arn", "", &["name", "arn", "target_key_id", "id"]),
    kind("aws_kms_key", "kms:key", "arn", "", &["key_id", "id"]),
    kind("aws_lambda_alias", "lambda:function", "arn", "", &["name"]),
    kind("aws_lambda_function", "lambda:function", "arn", "function_name", &["id", "qualified_arn"]),
    kind("aws_rds_cluster", "rds-data:cluster", "arn", "cluster_identifier", &["id"]),
    kind("aws_s3_bucket", "s3:bucket", "arn", "bucket", &["id"]),
    kind("aws_sagemaker_endpoint", "sagemaker:endpoint", "arn", "name", &[]),
    kind("aws_secretsmanager_secret", "secretsmanager:Secret", "arn", "name", &["id"]),
    kind("aws_sfn_state_machine", "states:statemachine", "arn", "name", &["id"]),
    kind("aws_sns_topic", "sns:topic", "arn", "name", &["id"]),
    kind("aws_sqs_queue", "sqs:queue", "arn", "name", &["id", "url"]),
    kind("aws_ssm_parameter", "ssm:parameter", "arn", "name", &["id"]),
];

// What `Ref` and `Fn::GetAtt` give. Source: "Return values" on the page of each type, CloudFormation template reference.
const TEMPLATE_KINDS: [Kind; 15] = [
    kind("AWS::Cognito::UserPool", "cognito-idp:userpool", "Arn", "", &["Ref", "UserPoolId"]),
    kind("AWS::DynamoDB::GlobalTable", "dynamodb:table", "Arn", "TableName", &["Ref"]),
    kind("AWS::DynamoDB::Table", "dynamodb:table", "Arn", "TableName", &["Ref"]),
    kind("AWS::Events::EventBus", "events:event-bus", "Arn", "Name", &["Ref"]),
    kind("AWS::IAM::Role", "iam:role", "Arn", "RoleName", &["Ref"]),
    kind("AWS::KMS::Key", "kms:key", "Arn", "", &["Ref", "KeyId"]),
    kind("AWS::Kinesis::Stream", "kinesis:stream", "Arn", "Name", &["Ref"]),
    kind("AWS::KinesisFirehose::DeliveryStream", "firehose:deliverystream", "Arn", "DeliveryStreamName", &["Ref"]),
    kind("AWS::Lambda::Function", "lambda:function", "Arn", "FunctionName", &["Ref"]),
    kind("AWS::RDS::DBCluster", "rds-data:cluster", "DBClusterArn", "DBClusterIdentifier", &["Ref"]),
    kind("AWS::S3::Bucket", "s3:bucket", "Arn", "BucketName", &["Ref"]),
    kind("AWS::SNS::Topic", "sns:topic", "TopicArn", "TopicName", &["Ref"]),
    kind("AWS::SQS::Queue", "sqs:queue", "Arn", "QueueName", &["Ref", "QueueUrl"]),
    kind("AWS::SecretsManager::Secret", "secretsmanager:Secret", "Ref", "Name", &["Id"]),
    kind("AWS::StepFunctions::StateMachine", "states:statemachine", "Arn", "StateMachineName", &["Ref"]),
];

fn all() -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().chain(&TEMPLATE_KINDS)
}

/// The kind of a resource, or of a data source of the same name.
pub fn of(resource: &Resource) -> Option<&'static Kind> {
    all().find(|kind| *kind.of == *resource.kind)
}

/// The kinds of a type in IAM.
pub fn named(iam: &str) -> impl Iterator<Item = &'static Kind> + use<'_> {
    all().filter(move |kind| kind.iam == iam)
}

impl Kind {
    /// Whether an attribute means the resource as a whole.
    pub fn is_identity(&self, attribute: &str) -> bool {
        attribute == self.arn || !self.name.is_empty() && attribute == self.name || self.also.contains(&attribute)
    }
}

/// The declared resource that a value means as a whole, through whatever refers to it (an object's `bucket`).
pub fn meant<'p>(project: &'p Project, value: &Value) -> Option<(&'p Resource, &'static Kind)> {
    let mut value = value.clone();
    for _ in 0..4 {
        let Value::Reference(reference) = &value else { return None };
        let resource = project.resource(reference.resource);
        let attribute = reference.attribute();
        match of(resource) {
            Some(kind) if kind.is_identity(&attribute) || attribute.is_empty() => return Some((resource, kind)),
            _ => value = resource.body.at(&attribute),
        }
    }
    None
}
