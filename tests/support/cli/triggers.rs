//! What a fix replaces behind it, by `triggers` and `replace_triggered_by`.

use serde_json::json;

use crate::support::{Scratch, items, text};

/// A method that needs a validator: the fix changes its `request_validator_id`.
const METHOD: &str = r#"
resource "aws_api_gateway_rest_api" "api" {
  name = "api"
}

resource "aws_api_gateway_method" "post" {
  rest_api_id   = aws_api_gateway_rest_api.api.id
  resource_id   = aws_api_gateway_rest_api.api.root_resource_id
  http_method   = "POST"
  authorization = "AWS_IAM"

  request_models = {
    "application/json" = "Error"
  }
}
"#;

fn deployment(inside: &str) -> String {
    format!("resource \"aws_api_gateway_deployment\" \"live\" {{\n  rest_api_id = \"x\"\n{inside}\n}}\n")
}

/// The addresses that the fix of the method replaces.
fn replaced(files: &[(&str, &str)]) -> Vec<String> {
    let scratch = Scratch::with(files);
    let arguments = ["fix", "--control", "apigateway-request-validation", "--grade", "review", "--format", "json"];
    let report = scratch.run(&arguments).json();
    let applied = items(&report["applied"]);
    assert_eq!(applied.len(), 1, "{report}");
    let replaced = items(&applied[0]["changes"]).iter().filter(|change| change["action"] == "replace");
    let replaced: Vec<String> = replaced.map(|change| text(&change["address"]).to_owned()).collect();
    let expected = if replaced.is_empty() { json!("in-place") } else { json!("replace") };
    if applied[0]["effect"] != "access" {
        assert_eq!(applied[0]["effect"], expected, "{report}");
    }
    let notes = items(&applied[0]["notes"]).iter().filter(|note| text(note).contains("whose triggers refer")).count();
    assert_eq!(notes > 0, !replaced.is_empty(), "{report}");
    replaced
}

#[test]
fn triggers_are_followed_behind_names() {
    for (rest, inside, expected) in [
        ("", "triggers = { again = sha1(jsonencode([aws_api_gateway_method.post])) }", true),
        ("", "triggers = { again = aws_api_gateway_method.post.request_validator_id }", true),
        ("", "triggers = { again = aws_api_gateway_method.post.id }", false),
        ("", "triggers = { again = aws_api_gateway_rest_api.api.body }", false),
        ("", "stage_description = jsonencode(aws_api_gateway_method.post)", false),
        (
            "locals {\n  hash = sha1(jsonencode(local.parts))\n  parts = [aws_api_gateway_method.post, 1]\n}\n",
            "triggers = { again = local.hash }",
            true,
        ),
        ("locals {\n  hash = local.parts\n  parts = local.hash\n}\n", "triggers = { again = local.hash }", false),
        (
            "variable \"x\" {\n  default = \"1\"\n}\n",
            "triggers = { again = var.x == \"1\" ? aws_api_gateway_method.post.request_validator_id : 0 }",
            true,
        ),
        ("", "triggers = { for m in [aws_api_gateway_method.post] : m.id => m }", true),
        ("", "lifecycle {\n    replace_triggered_by = [aws_api_gateway_method.post]\n  }", true),
        ("", "lifecycle {\n    replace_triggered_by = [aws_api_gateway_method.post.request_validator_id]\n  }", true),
        ("", "lifecycle {\n    replace_triggered_by = [aws_api_gateway_method.post.http_method]\n  }", false),
    ] {
        let main = format!("{METHOD}{rest}{}", deployment(&format!("  {inside}")));
        let expected: &[&str] = if expected { &["aws_api_gateway_deployment.live"] } else { &[] };
        assert_eq!(replaced(&[("main.tf", &main)]), expected, "{rest}{inside}");
    }
}

/// What is replaced replaces others; where one of them holds data, nothing is edited.
#[test]
fn replacement_goes_on() {
    let stage = "resource \"aws_api_gateway_stage\" \"s\" {\n  rest_api_id = \"x\"\n\n  lifecycle {\n    replace_triggered_by = \
                 [aws_api_gateway_deployment.live.id]\n  }\n}\n";
    let live = deployment("  triggers = { again = sha1(jsonencode(aws_api_gateway_method.post)) }");
    let main = format!("{METHOD}{live}{stage}");
    assert_eq!(replaced(&[("main.tf", &main)]), ["aws_api_gateway_deployment.live", "aws_api_gateway_stage.s"]);
    let main = main.replace("aws_api_gateway_stage", "aws_dynamodb_table");
    let scratch = Scratch::with(&[("main.tf", &main)]);
    let report = scratch.json(1, &["fix", "--control", "apigateway-request-validation", "--grade", "review"]);
    assert_eq!((&report["applied"], &report["findings"][0]["fix"]["grade"]), (&json!([]), &json!("manual")));
}

#[test]
fn instances_are_all_meant() {
    for (repeat, reference) in [
        ("count = 2", "aws_api_gateway_method.post[0].request_validator_id"),
        ("count = 2", "aws_api_gateway_method.post[*].request_validator_id"),
        ("for_each = toset([\"a\"])", "aws_api_gateway_method.post[\"a\"]"),
        ("for_each = toset([\"a\"])", "values(aws_api_gateway_method.post)[*].request_validator_id"),
        ("for_each = toset([\"a\"])", "{ for k, m in aws_api_gateway_method.post : k => m.request_validator_id }"),
    ] {
        let method = METHOD.replace("\"post\" {\n", &format!("\"post\" {{\n  {repeat}\n"));
        let main = format!("{method}{}", deployment(&format!("  triggers = {{ x = sha1(jsonencode({reference})) }}")));
        assert_eq!(replaced(&[("main.tf", &main)]), ["aws_api_gateway_deployment.live"], "{repeat} {reference}");
    }
}

#[test]
fn modules_are_no_border() {
    // The deployment above, the method in a module.
    let output = "output \"hash\" {\n  value = sha1(jsonencode(aws_api_gateway_method.post))\n}\n";
    let main =
        format!("module \"m\" {{\n  source = \"./m\"\n}}\n{}", deployment("  triggers = { again = module.m.hash }"));
    let files = [("m/main.tf", format!("{METHOD}{output}")), ("main.tf", main)];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    assert_eq!(replaced(&files), ["aws_api_gateway_deployment.live"]);
    // The method above, the deployment in a module that is used twice.
    let call = |name: &str| {
        format!(
            "module \"{name}\" {{\n  source = \"./d\"\n  hash   = sha1(jsonencode(aws_api_gateway_method.post))\n}}\n"
        )
    };
    let module = format!("variable \"hash\" {{}}\n{}", deployment("  triggers = { again = var.hash }"));
    let main = format!("{METHOD}{}{}", call("one"), call("two"));
    let expected = ["module.one.aws_api_gateway_deployment.live", "module.two.aws_api_gateway_deployment.live"];
    assert_eq!(replaced(&[("d/main.tf", &module), ("main.tf", &main)]), expected);
}

#[test]
fn triggers_in_json_are_followed_too() {
    for (inside, expected) in [
        (r#""triggers": { "again": "${sha1(jsonencode(local.parts))}" }"#, true),
        (r#""triggers": { "again": "${aws_api_gateway_method.post.id}" }"#, false),
        (r#""lifecycle": { "replace_triggered_by": ["aws_api_gateway_method.post"] }"#, true),
        (r#""lifecycle": { "replace_triggered_by": ["aws_api_gateway_method.post.http_method"] }"#, false),
    ] {
        let json = format!(
            r#"{{ "locals": {{ "parts": ["${{aws_api_gateway_method.post}}"] }},
  "resource": {{ "aws_api_gateway_deployment": {{ "live": {{ "rest_api_id": "x", {inside} }} }} }} }}"#
        );
        let expected: &[&str] = if expected { &["aws_api_gateway_deployment.live"] } else { &[] };
        assert_eq!(replaced(&[("main.tf", METHOD), ("live.tf.json", &json)]), expected, "{inside}");
    }
}
