//! One thing, two languages: fixers speak of types and arguments in Terraform's names, and the names that a template has
//! for them are looked up here.
//!
//! An argument's name is Terraform's in camel case, unless the table says otherwise: `authorizer_id` is `AuthorizerId`.

use std::borrow::Cow;

use super::draft::{Draft, DraftBody, DraftItem};
use super::project::{Language, Project};
use super::resource::{Mode, Resource};
use super::value::Value;

/// Terraform's type, CloudFormation's, and the arguments whose names don't follow the rule.
type Term = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// Sorted by Terraform's type.
const TERMS: &[Term] = &[
    ("aws_api_gateway_account", "AWS::ApiGateway::Account", &[]),
    ("aws_api_gateway_authorizer", "AWS::ApiGateway::Authorizer", &[]),
    ("aws_api_gateway_base_path_mapping", "AWS::ApiGateway::BasePathMapping", &[("api_id", "RestApiId")]),
    (
        "aws_api_gateway_integration",
        "AWS::ApiGateway::Method",
        &[("type", "Integration.Type"), ("uri", "Integration.Uri")],
    ),
    ("aws_api_gateway_method", "AWS::ApiGateway::Method", &[("authorization", "AuthorizationType")]),
    ("aws_api_gateway_request_validator", "AWS::ApiGateway::RequestValidator", &[]),
    ("aws_api_gateway_resource", "AWS::ApiGateway::Resource", &[]),
    ("aws_api_gateway_rest_api", "AWS::ApiGateway::RestApi", &[]),
    ("aws_api_gateway_stage", "AWS::ApiGateway::Stage", &[]),
    ("aws_apigatewayv2_api", "AWS::ApiGatewayV2::Api", &[]),
    ("aws_apigatewayv2_authorizer", "AWS::ApiGatewayV2::Authorizer", &[]),
    ("aws_apigatewayv2_integration", "AWS::ApiGatewayV2::Integration", &[]),
    ("aws_apigatewayv2_route", "AWS::ApiGatewayV2::Route", &[]),
    ("aws_apigatewayv2_stage", "AWS::ApiGatewayV2::Stage", &[("name", "StageName")]),
    ("aws_appsync_datasource", "AWS::AppSync::DataSource", &[]),
    ("aws_autoscaling_notification", "AWS::AutoScaling::AutoScalingGroup", &[]),
    ("aws_backup_vault_notifications", "AWS::Backup::BackupVault", &[]),
    ("aws_bedrockagent_agent_action_group", "AWS::Bedrock::Agent", &[]),
    ("aws_budgets_budget", "AWS::Budgets::Budget", &[]),
    ("aws_cloudformation_custom_resource", "AWS::CloudFormation::CustomResource", &[]),
    ("aws_cloudfront_distribution", "AWS::CloudFront::Distribution", &[]),
    ("aws_cloudtrail", "AWS::CloudTrail::Trail", &[]),
    ("aws_cloudwatch_composite_alarm", "AWS::CloudWatch::CompositeAlarm", &[]),
    ("aws_cloudwatch_event_bus", "AWS::Events::EventBus", &[]),
    (
        "aws_cloudwatch_event_target",
        "AWS::Events::Rule",
        &[("arn", "Targets.Arn"), ("dead_letter_config.arn", "Targets.DeadLetterConfig.Arn")],
    ),
    ("aws_cloudwatch_log_group", "AWS::Logs::LogGroup", &[("name", "LogGroupName")]),
    ("aws_cloudwatch_metric_alarm", "AWS::CloudWatch::Alarm", &[]),
    ("aws_codestarnotifications_notification_rule", "AWS::CodeStarNotifications::NotificationRule", &[]),
    ("aws_cognito_user_pool", "AWS::Cognito::UserPool", &[]),
    ("aws_config_delivery_channel", "AWS::Config::DeliveryChannel", &[]),
    ("aws_db_event_subscription", "AWS::RDS::EventSubscription", &[]),
    ("aws_ecr_registry_scanning_configuration", "AWS::ECR::RegistryScanningConfiguration", &[]),
    ("aws_elb", "AWS::ElasticLoadBalancing::LoadBalancer", &[]),
    ("aws_flow_log", "AWS::EC2::FlowLog", &[]),
    ("aws_iam_group_policy", "AWS::IAM::GroupPolicy", &[("policy", "PolicyDocument")]),
    ("aws_iam_policy", "AWS::IAM::ManagedPolicy", &[("policy", "PolicyDocument")]),
    ("aws_iam_role", "AWS::IAM::Role", &[("name", "RoleName")]),
    (
        "aws_iam_role_policy",
        "AWS::IAM::Policy",
        &[("name", "PolicyName"), ("policy", "PolicyDocument"), ("role", "Roles")],
    ),
    ("aws_iam_user_policy", "AWS::IAM::UserPolicy", &[("policy", "PolicyDocument")]),
    (
        "aws_iot_topic_rule",
        "AWS::IoT::TopicRule",
        &[("lambda.function_arn", "TopicRulePayload.Actions.Lambda.FunctionArn")],
    ),
    ("aws_kinesis_firehose_delivery_stream", "AWS::KinesisFirehose::DeliveryStream", &[]),
    ("aws_kms_alias", "AWS::KMS::Alias", &[]),
    (
        "aws_kms_key",
        "AWS::KMS::Key",
        &[("customer_master_key_spec", "KeySpec"), ("is_enabled", "Enabled"), ("policy", "KeyPolicy")],
    ),
    (
        "aws_lambda_event_source_mapping",
        "AWS::Lambda::EventSourceMapping",
        &[("destination_config.on_failure.destination_arn", "DestinationConfig.OnFailure.Destination")],
    ),
    ("aws_lambda_function", "AWS::Lambda::Function", &[]),
    ("aws_lambda_function_event_invoke_config", "AWS::Lambda::EventInvokeConfig", &[]),
    ("aws_lambda_function_url", "AWS::Lambda::Url", &[("function_name", "TargetFunctionArn")]),
    ("aws_lambda_permission", "AWS::Lambda::Permission", &[]),
    ("aws_lb", "AWS::ElasticLoadBalancingV2::LoadBalancer", &[]),
    ("aws_lb_target_group_attachment", "AWS::ElasticLoadBalancingV2::TargetGroup", &[]),
    ("aws_pipes_pipe", "AWS::Pipes::Pipe", &[]),
    (
        "aws_s3_bucket",
        "AWS::S3::Bucket",
        &[
            ("acl", "AccessControl"),
            ("bucket", "BucketName"),
            ("logging.target_bucket", "LoggingConfiguration.DestinationBucketName"),
        ],
    ),
    (
        "aws_s3_bucket_notification",
        "AWS::S3::Bucket",
        &[("lambda_function.lambda_function_arn", "NotificationConfiguration.LambdaConfigurations.Function")],
    ),
    ("aws_s3_bucket_policy", "AWS::S3::BucketPolicy", &[("policy", "PolicyDocument")]),
    ("aws_scheduler_schedule", "AWS::Scheduler::Schedule", &[]),
    ("aws_secretsmanager_secret_rotation", "AWS::SecretsManager::RotationSchedule", &[]),
    ("aws_ses_event_destination", "AWS::SES::ConfigurationSetEventDestination", &[]),
    (
        "aws_ses_receipt_rule",
        "AWS::SES::ReceiptRule",
        &[("lambda_action.function_arn", "Rule.Actions.LambdaAction.FunctionArn")],
    ),
    ("aws_sfn_state_machine", "AWS::StepFunctions::StateMachine", &[("name", "StateMachineName")]),
    ("aws_sns_topic", "AWS::SNS::Topic", &[("name", "TopicName")]),
    ("aws_sns_topic_policy", "AWS::SNS::TopicPolicy", &[("arn", "Topics"), ("policy", "PolicyDocument")]),
    ("aws_sns_topic_subscription", "AWS::SNS::Subscription", &[]),
    (
        "aws_sqs_queue",
        "AWS::SQS::Queue",
        &[
            ("message_retention_seconds", "MessageRetentionPeriod"),
            ("name", "QueueName"),
            ("redrive_policy", "RedrivePolicy"),
            ("visibility_timeout_seconds", "VisibilityTimeout"),
        ],
    ),
    ("aws_sqs_queue_policy", "AWS::SQS::QueuePolicy", &[("policy", "PolicyDocument"), ("queue_url", "Queues")]),
    ("aws_vpclattice_target_group_attachment", "AWS::VpcLattice::TargetGroup", &[]),
    ("aws_wafv2_web_acl", "AWS::WAFv2::WebACL", &[]),
    ("aws_wafv2_web_acl_association", "AWS::WAFv2::WebACLAssociation", &[("web_acl_arn", "WebACLArn")]),
];

fn term(kind: &str) -> Option<&'static Term> {
    TERMS.binary_search_by(|(known, ..)| (*known).cmp(kind)).ok().map(|i| &TERMS[i])
}

impl Project {
    /// What the project's language calls a type; an empty text for one that it doesn't have.
    pub fn kind(&self, kind: &'static str) -> &'static str {
        match self.language {
            Language::Terraform => kind,
            Language::CloudFormation => term(kind).map_or("", |(_, name, _)| name),
        }
    }

    /// What the project's language calls an argument of a type: a dotted path.
    pub fn argument<'n>(&self, kind: &str, path: &'n str) -> Cow<'n, str> {
        if self.language == Language::Terraform {
            return path.into();
        }
        let listed = term(kind).and_then(|(.., names)| names.iter().find(|(name, _)| *name == path));
        listed.map_or_else(|| camel_case(path).into(), |(_, name)| (*name).into())
    }

    /// The resources of a type.
    pub fn all(&self, kind: &'static str) -> impl Iterator<Item = &Resource> {
        self.of_kind(self.kind(kind))
    }

    /// Whether a resource is of a type and managed.
    pub fn is(&self, resource: &Resource, kind: &'static str) -> bool {
        &*resource.kind == self.kind(kind) && resource.mode == Mode::Managed
    }

    /// Arguments of a resource of this type, to be written.
    pub fn arguments<const N: usize>(&self, kind: &str, entries: [(&str, Draft); N]) -> DraftBody {
        let items = entries.into_iter();
        let named = items.map(|(name, value)| (self.argument(kind, name).into_owned(), DraftItem::Argument(value)));
        DraftBody { items: named.collect() }
    }

    /// A policy's document, to be written: Terraform has it as a string, a template as an object.
    pub fn document(&self, statements: Vec<Draft>) -> Draft {
        let document =
            Draft::object([("Version", Draft::string("2012-10-17")), ("Statement", Draft::List(statements))]);
        match self.language {
            Language::Terraform => Draft::Json(Box::new(document)),
            Language::CloudFormation => document,
        }
    }

    /// An argument of a resource of this type.
    pub fn value(&self, resource: &Resource, kind: &str, path: &str) -> Value {
        resource.body.at(&self.argument(kind, path))
    }
}

/// `authorizer_id` becomes `AuthorizerId`.
fn camel_case(path: &str) -> String {
    let mut name = String::new();
    let mut raise = true;
    for c in path.chars() {
        match c {
            '_' => raise = true,
            '.' => {
                name.push('.');
                raise = true;
            }
            c if raise => {
                name.push(c.to_ascii_uppercase());
                raise = false;
            }
            c => name.push(c),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_sorted() {
        assert!(TERMS.is_sorted_by_key(|(kind, ..)| kind));
    }

    #[test]
    fn arguments_of_templates() {
        let template = Project { language: Language::CloudFormation, ..Project::default() };
        assert_eq!(
            template.argument("aws_lambda_function", "dead_letter_config.target_arn"),
            "DeadLetterConfig.TargetArn"
        );
        assert_eq!(template.argument("aws_kms_key", "policy"), "KeyPolicy");
        assert_eq!(template.kind("aws_kms_key"), "AWS::KMS::Key");
        assert_eq!(template.kind("aws_appautoscaling_target"), "");
        assert_eq!(Project::default().argument("aws_kms_key", "policy"), "policy");
    }
}
