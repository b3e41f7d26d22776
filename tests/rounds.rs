//! Fixes that build on each other go in the order in which they have to.

#![allow(clippy::unwrap_used)]

mod support;

use support::Scratch;

const SHARED_ROLE: &str = r#"resource "aws_iam_role" "app" {
  name               = "app"
  assume_role_policy = "{}"
}

resource "aws_iam_role_policy" "app" {
  role   = aws_iam_role.app.id
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }] })
}

resource "aws_lambda_function" "page" {
  function_name = "page"
  handler       = "page.handler"
  role          = aws_iam_role.app.arn
}

resource "aws_lambda_function" "resize" {
  function_name = "resize"
  handler       = "resize.handler"
  role          = aws_iam_role.app.arn
}

resource "aws_lambda_permission" "resize" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.resize.function_name
  principal     = "s3.amazonaws.com"
}
"#;

/// A permission that is given before the roles are split is copied with them: to functions that don't need it.
#[test]
fn roles_are_split_before_they_get_more() {
    let project = Scratch::with(&[("main.tf", SHARED_ROLE)]);
    let controls = ["--control", "lambda-own-role", "--control", "lambda-async-failures"];
    project.expect(0, &[&["fix", "--grade", "review", "--write"][..], &controls, &["."]].concat());
    let fixed = project.read("main.tf");
    let sends: Vec<&str> = fixed.split("\n\n").filter(|block| block.contains("\"sqs:SendMessage\"")).collect();
    assert_eq!(sends.len(), 1, "{fixed}");
    assert!(sends[0].contains("role = aws_iam_role.app_resize.id"), "{fixed}");
}

const EXACT_ROLE: &str = r#"resource "aws_iam_role" "app" {
  name = "app"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "app" {
  role = aws_iam_role.app.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "arn:aws:logs:*:*:log-group:/aws/lambda/app:*"
      },
    ]
  })
}

data "archive_file" "app" {
  type        = "zip"
  source_file = "app.py"
  output_path = "app.zip"
}

resource "aws_lambda_function" "app" {
  function_name = "app"
  handler       = "app.handler"
  runtime       = "python3.14"
  role          = aws_iam_role.app.arn
  filename      = data.archive_file.app.output_path
}
"#;

/// The role is narrowed to the log group that another fix declares, and neither stands in the other's way.
#[test]
fn roles_are_narrowed_to_what_all_else_leaves() {
    let project = Scratch::with(&[("main.tf", EXACT_ROLE), ("app.py", "def handler(event, context):\n    pass\n")]);
    let controls = ["--control", "lambda-log-group", "--control", "lambda-scoped-role"];
    project.expect(0, &[&["fix", "--grade", "review", "--write"][..], &controls, &["."]].concat());
    let fixed = project.read("main.tf");
    assert!(fixed.contains("resource \"aws_cloudwatch_log_group\" \"app\""), "{fixed}");
    assert!(fixed.contains("Resource = \"${aws_cloudwatch_log_group.app.arn}:*\""), "{fixed}");
}

/// What no call here switches on, a call elsewhere may: the copy of a role has it, too.
#[test]
fn a_copy_of_a_role_has_all_that_the_role_may_have() {
    let module = format!(
        "variable \"more\" {{\n  default = []\n}}\n\nresource \"aws_iam_role_policy_attachment\" \"more\" {{\n  \
         count      = length(var.more)\n  role       = aws_iam_role.app.name\n  policy_arn = var.more[count.index]\n}}\n\n\
         {SHARED_ROLE}"
    );
    let project =
        Scratch::with(&[("app/main.tf", &module), ("main.tf", "module \"app\" {\n  source = \"./app\"\n}\n")]);
    project.expect(0, &["fix", "--grade", "review", "--write", "--control", "lambda-own-role", "."]);
    let fixed = project.read("app/main.tf");
    assert!(fixed.contains("resource \"aws_iam_role_policy_attachment\" \"more_resize\""), "{fixed}");
    assert!(fixed.matches("count      = length(var.more)").count() == 2, "{fixed}");
}

const OFF_BY_DEFAULT: &str = r#"variable "archive" {
  type    = bool
  default = false
}

resource "aws_s3_bucket" "archive" {
  count  = var.archive ? 1 : 0
  bucket = "acme-archive"
}
"#;

/// What a variable switches on together is there together: the policy waits for the access block.
#[test]
fn what_is_off_by_default_has_its_order() {
    let project = Scratch::with(&[("main.tf", OFF_BY_DEFAULT)]);
    let controls = ["--control", "s3-tls-only", "--control", "s3-public-access-block"];
    project.expect(0, &[&["fix", "--grade", "review", "--write"][..], &controls, &["."]].concat());
    let fixed = project.read("main.tf");
    assert!(fixed.contains("depends_on = [aws_s3_bucket_public_access_block.archive]"), "{fixed}");
    assert_eq!(fixed.matches("count  = var.archive ? 1 : 0").count(), 2, "{fixed}");
}

const STAGE: &str = r#"resource "aws_api_gateway_rest_api" "app" {
  name = "app"
}

resource "aws_api_gateway_stage" "app" {
  rest_api_id   = aws_api_gateway_rest_api.app.id
  stage_name    = "live"
  deployment_id = "d1"
}
"#;

/// An argument of one fix stands above the block of another, as if one had written both.
#[test]
fn arguments_stand_above_blocks() {
    let project = Scratch::with(&[("main.tf", STAGE)]);
    let controls = ["--control", "apigateway-tracing", "--control", "apigateway-access-logs"];
    project.expect(0, &[&["fix", "--grade", "review", "--write"][..], &controls, &["."]].concat());
    let fixed = project.read("main.tf");
    let expected = "  deployment_id = \"d1\"\n\n  xray_tracing_enabled = true\n\n  access_log_settings {\n";
    assert!(fixed.contains(expected), "{fixed}");
}

/// A module's optional part that nobody here switches on is there for whoever does.
#[test]
fn what_every_call_switches_off_is_judged_as_it_stands() {
    let module = "variable \"enabled\" {\n  type = bool\n}\n\nresource \"aws_sqs_queue\" \"jobs\" {\n  \
                  count = var.enabled ? 1 : 0\n  name  = \"jobs\"\n}\n";
    let call = "variable \"jobs\" {\n  default = false\n}\n\nmodule \"jobs\" {\n  source  = \"./jobs\"\n  enabled = var.jobs\n}\n";
    let project = Scratch::with(&[("main.tf", call), ("jobs/main.tf", module)]);
    project.expect(0, &["fix", "--write", "--control", "sqs-encryption", "."]);
    assert_eq!(
        project.read("jobs/main.tf"),
        module.replace("\"jobs\"\n}", "\"jobs\"\n\n  sqs_managed_sse_enabled = true\n}")
    );
    assert_eq!(project.read("main.tf"), call);

    // Who would be shut out isn't known.
    let open =
        module.replace("aws_sqs_queue", "aws_db_instance").replace("name  = \"jobs\"", "publicly_accessible = true");
    let project = Scratch::with(&[("main.tf", call), ("jobs/main.tf", &open)]);
    let told =
        project.run(&["fix", "--write", "--grade", "review", "--control", "rds-private", "--format", "json", "."]);
    assert!(told.stdout.contains("every call of its module leaves it out"), "{}", told.stdout);
    assert_eq!(project.read("jobs/main.tf"), open);
}

/// A description that names the default would be wrong from then on: whoever reads the fix is told.
#[test]
fn a_default_that_its_description_names_is_told() {
    let text = |encrypted| {
        format!(
            "variable \"encrypted\" {{\n  description = \"Whether messages are encrypted. Default value is false.\"\n  default     = {encrypted}\n}}\n\n\
             resource \"aws_sqs_queue\" \"jobs\" {{\n  name                    = \"jobs\"\n  sqs_managed_sse_enabled = var.encrypted\n}}\n"
        )
    };
    let project = Scratch::with(&[("main.tf", &text(false))]);
    let report = project.json(0, &["fix", "--grade", "review", "--write", "--control", "sqs-encryption", "."]);
    assert_eq!(project.read("main.tf"), text(true));
    let notes = report["applied"][0]["notes"].to_string();
    assert!(notes.contains("its description still names the old one"), "{notes}");
}

/// What a published module's variables default to is its word to its users: its examples pass what is right.
#[test]
fn a_published_module_keeps_its_defaults() {
    let module = "variable \"days\" {\n  type    = number\n  default = null\n}\n\nvariable \"create\" {\n  default = true\n}\n\n\
                  resource \"aws_cloudwatch_log_group\" \"jobs\" {\n  count             = var.create ? 1 : 0\n  \
                  name              = \"jobs\"\n  retention_in_days = var.days\n}\n";
    let example = "module \"jobs\" {\n  source = \"../../\"\n}\n\nmodule \"none\" {\n  source = \"../../\"\n  create = false\n}\n";
    let project = Scratch::with(&[("main.tf", module), ("examples/complete/main.tf", example)]);
    project.expect(0, &["fix", "--grade", "review", "--write", "--control", "log-group-retention", "."]);
    assert_eq!(project.read("main.tf"), module);
    let fixed = project.read("examples/complete/main.tf");
    assert!(fixed.starts_with("module \"jobs\" {\n  source = \"../../\"\n  days   = 30\n}\n"), "{fixed}");
    assert!(fixed.ends_with("module \"none\" {\n  source = \"../../\"\n  create = false\n}\n"), "{fixed}");
}

const BUCKET_MODULE: &str = r#"terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0"
    }
  }

  provider_meta "aws" {
    user_agent = ["github.com/terraform-aws-modules/terraform-aws-s3-bucket"]
  }
}

variable "bucket" {
  type    = string
  default = null
}

variable "versioning" {
  type    = map(string)
  default = {}
}

variable "lifecycle_rule" {
  type    = any
  default = []
}

locals {
  lifecycle_rules = try(jsondecode(var.lifecycle_rule), var.lifecycle_rule)
}

resource "aws_s3_bucket" "this" {
  bucket = var.bucket
}

resource "aws_s3_bucket_versioning" "this" {
  count  = length(keys(var.versioning)) > 0 ? 1 : 0
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = try(var.versioning["enabled"] ? "Enabled" : "Suspended", "Enabled")
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  count  = length(local.lifecycle_rules) > 0 ? 1 : 0
  bucket = aws_s3_bucket.this.id

  dynamic "rule" {
    for_each = local.lifecycle_rules

    content {
      id     = rule.value.id
      status = rule.value.enabled ? "Enabled" : "Disabled"

      abort_incomplete_multipart_upload {
        days_after_initiation = rule.value.abort_incomplete_multipart_upload_days
      }
    }
  }
}
"#;

const BUCKET_CALLS: &str = r#"module "kept" {
  source = "./vendor/s3-bucket"

  versioning = { enabled = true }

  lifecycle_rule = [{ id = "a", enabled = true, abort_incomplete_multipart_upload_days = 3 }]
}

module "plain" {
  source = "./vendor/s3-bucket"

  bucket = "plain"
}
"#;

/// A copy of a published module is given what its calls lack by the inputs of the original; what has them isn't touched.
#[test]
fn calls_of_a_copy_give_its_inputs() {
    let files = |module: &str| Scratch::with(&[("main.tf", BUCKET_CALLS), ("vendor/s3-bucket/main.tf", module)]);
    let run = ["fix", "--grade", "review", "--write", "--control", "s3-versioning", "--control", "s3-lifecycle", "."];
    let project = files(BUCKET_MODULE);
    let told = project.run(&[&run[..], &["--format", "json"]].concat());
    // What the copy then makes isn't known: the call stands for it.
    assert!(told.stdout.contains(r#""address": "module.plain","#));
    let fixed = project.read("main.tf");
    let (kept, plain) = fixed.split_once("module \"plain\"").unwrap();
    assert!(BUCKET_CALLS.starts_with(kept), "{fixed}");
    assert!(plain.contains("versioning = { enabled = true }"), "{fixed}");
    assert!(plain.contains("abort_incomplete_multipart_upload_days = 7"), "{fixed}");
    assert_eq!(project.read("vendor/s3-bucket/main.tf"), BUCKET_MODULE);

    // An input that the copy doesn't have is not given, nor one of a module that doesn't say whose copy it is.
    for module in [BUCKET_MODULE.replace("versioning", "versions"), BUCKET_MODULE.replace("user_agent", "agent")] {
        let project = files(&module);
        project.run(&run);
        let plain = project.read("main.tf");
        let (_, plain) = plain.split_once("module \"plain\"").unwrap();
        assert!(!plain.contains("versioning"), "{plain}");
    }
}

const CLEAR_STREAM: &str = r#"resource "aws_kinesis_firehose_delivery_stream" "clicks" {
  name        = "clicks"
  destination = "extended_s3"

  extended_s3_configuration {
    role_arn   = "arn:aws:iam::111122223333:role/clicks"
    bucket_arn = "arn:aws:s3:::acme-clicks"
  }
}
"#;

/// What the default profile does is done in another one, too, where that asks for more than the grade allows.
#[test]
fn a_stricter_profile_never_does_less() {
    let project = Scratch::with(&[("main.tf", CLEAR_STREAM)]);
    let control = ["--control", "firehose-encryption", "--profile", "strict"];
    let told = project.expect(1, &[&["fix", "--write"][..], &control, &["."]].concat()).stderr;
    assert!(
        told.contains("(safe; a deploy: in-place)") && told.contains("grade review: run with --grade review"),
        "{told}"
    );
    assert!(project.read("main.tf").contains("enabled = true\n"), "{told}");
    project.expect(0, &[&["fix", "--grade", "review", "--write"][..], &control, &["."]].concat());
    assert!(project.read("main.tf").contains("key_arn  = aws_kms_key.main.arn"));
}
