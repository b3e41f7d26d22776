//! Functions of `CloudFormation` templates, written by hand or synthesised, as the provider of Terraform has them.

use super::published::place;
use crate::model::{Body, Project, Resource, Value};

const FUNCTION: &str = "aws_lambda_function";
const MAPPING: &str = "aws_lambda_event_source_mapping";
/// A function of the Serverless Application Model, whose properties are called as those of a function are.
const SERVERLESS: &str = "AWS::Serverless::Function";

/// Arguments of a function that matter here.
const OF_FUNCTION: [&str; 12] = [
    "dead_letter_config.target_arn",
    "environment.variables",
    "function_name",
    "handler",
    "kms_key_arn",
    "layers",
    "logging_config.log_group",
    "package_type",
    "role",
    "runtime",
    "tracing_config.mode",
    "vpc_config.subnet_ids",
];
/// Arguments of a mapping that matter here.
const OF_MAPPING: [&str; 3] = ["destination_config.on_failure.destination_arn", "event_source_arn", "function_name"];

/// The functions of a template that somebody wrote; those of a library are its business.
pub(super) fn functions(project: &Project) -> impl Iterator<Item = &Resource> {
    let all = project.all(FUNCTION).chain(project.of_kind(SERVERLESS));
    all.filter(|function| function.origin.as_ref().is_none_or(|origin| origin.foreign.is_none()))
}

/// A function with the arguments of Terraform.
pub(super) fn function(project: &Project, function: &Resource) -> Resource {
    let mut seen = function.clone();
    seen.body = renamed(project, function, FUNCTION, &OF_FUNCTION);
    if let Value::Map(code) = function.body.get("Code")
        && let Some(image) = code.entry("ImageUri")
    {
        place(&mut seen.body, "image_uri", image.node.value.clone(), function.span);
    }
    seen
}

/// The arguments of a mapping.
pub(super) fn mapping(project: &Project, mapping: &Resource) -> Body {
    renamed(project, mapping, MAPPING, &OF_MAPPING)
}

fn renamed(project: &Project, resource: &Resource, kind: &'static str, arguments: &[&str]) -> Body {
    let mut body = Body { entries: Vec::new(), open: resource.body.open };
    for argument in arguments {
        let value = project.value(resource, kind, argument);
        if !value.is_null() {
            place(&mut body, argument, value, resource.span);
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::iam::scope::source::Hints;
    use crate::iam::scope::{Derivation, Tier, published};
    use crate::workspace::Workspace;

    const TEMPLATE: &str = r#"{
  "AWSTemplateFormatVersion": "2010-09-09",
  "Resources": {
    "Orders": { "Type": "AWS::DynamoDB::Table", "Properties": { "KeySchema": [] } },
    "Jobs": { "Type": "AWS::SQS::Queue" },
    "Role": {
      "Type": "AWS::IAM::Role",
      "Properties": {
        "AssumeRolePolicyDocument": { "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": "lambda.amazonaws.com" } }] },
        "ManagedPolicyArns": [{ "Fn::Join": ["", ["arn:", { "Ref": "AWS::Partition" }, ":iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]] }]
      }
    },
    "Policy": {
      "Type": "AWS::IAM::Policy",
      "Properties": {
        "PolicyName": "p",
        "PolicyDocument": { "Statement": [
          { "Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:Scan", "dynamodb:DeleteItem"], "Resource": [{ "Fn::GetAtt": ["Orders", "Arn"] }, { "Ref": "AWS::NoValue" }] },
          { "Effect": "Allow", "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], "Resource": { "Fn::GetAtt": ["Jobs", "Arn"] } }
        ] },
        "Roles": [{ "Ref": "Role" }]
      }
    },
    "Function": {
      "Type": "AWS::Lambda::Function",
      "Properties": {
        "Handler": "app.handler",
        "Runtime": "python3.13",
        "Role": { "Fn::GetAtt": ["Role", "Arn"] },
        "Environment": { "Variables": { "TABLE": { "Ref": "Orders" } } },
        CODE
      },
      "DependsOn": ["Policy", "Role"]METADATA
    },
    "Mapping": {
      "Type": "AWS::Lambda::EventSourceMapping",
      "Properties": { "EventSourceArn": { "Fn::GetAtt": ["Jobs", "Arn"] }, "FunctionName": { "Ref": "Function" } }
    }
  }
}"#;
    const CODE: &str = "import os\nimport boto3\n\ntable = boto3.resource(\"dynamodb\").Table(os.environ[\"TABLE\"])\n\n\ndef handler(event, context):\n    return table.get_item(Key={\"id\": event[\"id\"]})\n";

    /// What is derived for the function of the template, beside which `source/app.py` stands.
    fn derived(code: &str, metadata: &str) -> (Workspace, std::sync::Arc<Derivation>) {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap_or(Path::new(""))).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("template.json", &TEMPLATE.replace("CODE", code).replace("METADATA", metadata));
        write("source/app.py", CODE);
        let mut groups = crate::backend::load(crate::discover::discover(folder.path())).groups;
        assert_eq!(groups.len(), 1);
        let workspace = crate::backend::build(groups.remove(0));
        let project = &workspace.project;
        let function = published::functions(project).next().unwrap();
        let derivation = workspace.derivations.of(project, function, &Hints::default());
        (workspace, derivation)
    }

    #[test]
    fn functions_of_templates_are_derived() {
        for (code, metadata) in [
            (r#""Code": { "S3Bucket": "b", "S3Key": "k.zip" }"#, r#", "Metadata": { "aws:asset:path": "source" }"#),
            (r#""Code": "./source""#, ""),
            (r#""CodeUri": "source/""#, ""),
        ] {
            let (_workspace, derivation) = derived(code, metadata);
            assert_eq!(derivation.tier(), Tier::A, "{:?} {:?}", derivation.obstacles, derivation.doubts);
            let actions: Vec<&str> = derivation.needs.iter().map(|need| need.action.as_str()).collect();
            assert!(actions.contains(&"dynamodb:GetItem") && actions.contains(&"sqs:ReceiveMessage"), "{actions:?}");
            assert_eq!(derivation.missing().count(), 0);
            assert!(!derivation.plan.changes_nothing());
        }
    }

    #[test]
    fn where_failed_invocations_go_is_needed() {
        let invocations = r#", "Metadata": { "aws:asset:path": "source" } },
    "Invocations": {
      "Type": "AWS::Lambda::EventInvokeConfig",
      "Properties": {
        "FunctionName": { "Ref": "Function" },
        "Qualifier": "$LATEST",
        "DestinationConfig": { "OnFailure": { "Destination": { "Fn::GetAtt": ["Jobs", "Arn"] } } }
      }"#;
        let (_workspace, derivation) = derived(r#""Code": "./source""#, invocations);
        let sends = |need: &&crate::iam::scope::Need| need.action == "sqs:SendMessage";
        let need = derivation.needs.iter().find(sends).unwrap();
        assert!(need.why.text().contains("Invocations"), "{}", need.why.text());
    }

    #[test]
    fn code_that_lies_elsewhere_is_not_known() {
        let (_workspace, derivation) = derived(r#""Code": { "S3Bucket": "b", "S3Key": "releases/k.zip" }"#, "");
        assert_eq!(derivation.tier(), Tier::C);
        assert!(derivation.obstacles[0].contains("comes from a bucket"), "{:?}", derivation.obstacles);
        let inline = r#""Code": { "ZipFile": "import boto3\ndef handler(e, c):\n    boto3.client('sqs').purge_queue(QueueUrl='q')\n" }"#;
        let (_workspace, derivation) = derived(inline, "");
        assert!(derivation.obstacles.iter().any(|reason| reason.contains("app")), "{:?}", derivation.obstacles);
    }
}
