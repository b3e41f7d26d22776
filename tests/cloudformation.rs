//! Plain CloudFormation templates: how they are found, what is known of their values, what is refused.

#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::{Scratch, items, named, text};

/// A template with these resources.
fn template(resources: &Value) -> Value {
    json!({ "AWSTemplateFormatVersion": "2010-09-09", "Resources": resources })
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap() + "\n"
}

/// `control resource` of what a scan finds.
fn found(files: &[(&str, &Value)], control: &str) -> Vec<String> {
    let texts: Vec<(&str, String)> = files.iter().map(|(name, value)| (*name, pretty(value))).collect();
    let texts: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let scratch = Scratch::with(&texts);
    let ran = scratch.run(&["scan", "--control", control, "--format", "json"]);
    assert!(ran.code <= 1, "{}", ran.stderr);
    named(&ran.json()["findings"])
}

#[test]
fn templates_are_found_by_content() {
    let queue = json!({ "Q": { "Type": "AWS::SQS::Queue" } });
    let bare = json!({ "Resources": queue });
    for name in ["queue.json", "deep/er/stack.template", "infra.template.json"] {
        assert_eq!(
            found(&[(name, &template(&queue))], "sqs-encryption"),
            ["sqs-encryption AWS::SQS::Queue.Q"],
            "{name}"
        );
        assert_eq!(found(&[(name, &bare)], "sqs-encryption").len(), 1, "{name}");
    }
    let other = json!({ "Resources": { "x": { "Type": "AWS::SQS::Queue" } } });
    let scratch = Scratch::with(&[
        ("package.json", &pretty(&other)),
        ("schema.json", "{\"Resources\": \"AWS::\"}"),
        ("a.tf", ""),
    ]);
    scratch.expect(0, &["scan"]);
}

#[test]
fn other_json_is_passed_over_in_silence() {
    let scratch = Scratch::with(&[
        ("a.tf", ""),
        ("broken.json", "{ \"name\": "),
        ("comments.json", "{ // what editors write\n}"),
        ("list.json", "[1, 2]"),
    ]);
    scratch.write("latin1.json", b"{\"caf\xe9\": 1}");
    scratch.write("large.json", format!("{{\"data\": \"{}\"}}", "x".repeat(17 << 20)));
    let ran = scratch.expect(0, &["scan"]);
    assert_eq!(ran.stderr, "");
}

#[test]
fn templates_that_can_not_be_read_are_said() {
    let start = "{\"AWSTemplateFormatVersion\": \"2010-09-09\", \"Resources\": {";
    let twice =
        format!("{start}\"Q\": {{\"Type\": \"AWS::SQS::Queue\"}}, \"Q\": {{\"Type\": \"AWS::SNS::Topic\"}}}}}}");
    let large = format!("{start}\"Q\": {{\"Type\": \"{}\"}}}}}}", "x".repeat(50 << 20));
    for (text, said) in [
        (format!("{start}\"Q\": {{\"Type\": \"AWS::SQS::Queue\""), "not valid JSON"),
        (twice, "`Q` stands there twice"),
        (large, "50 MiB is too large"),
        (format!("{start}{}", "\"a\": {".repeat(300)), "nested too deep"),
    ] {
        let scratch = Scratch::with(&[("template.json", &text), ("other.tf", support::QUEUE)]);
        let ran = scratch.expect(4, &["scan"]);
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
        assert!(ran.stdout.contains("sqs-encryption"), "the other files are analysed");
    }
}

#[test]
fn intrinsic_functions_are_followed() {
    let parameters = json!({
        "Encrypt": { "Type": "String", "Default": "true" },
        "Free": { "Type": "String" },
        "Stored": { "Type": "AWS::SSM::Parameter::Value<String>", "Default": "/path" },
    });
    let conditions = json!({
        "Yes": { "Fn::Equals": [{ "Ref": "Encrypt" }, "true"] },
        "No": { "Fn::Not": [{ "Condition": "Yes" }] },
        "Open": { "Fn::Or": [{ "Condition": "No" }, { "Fn::Equals": [{ "Ref": "Free" }, "x"] }] },
    });
    let mappings = json!({ "By": { "prod": { "Sse": true, "Off": false } } });
    let fails = |value: Value| {
        let mut all =
            template(&json!({ "Q": { "Type": "AWS::SQS::Queue", "Properties": { "SqsManagedSseEnabled": value } } }));
        all["Parameters"] = parameters.clone();
        all["Conditions"] = conditions.clone();
        all["Mappings"] = mappings.clone();
        !found(&[("t.json", &all)], "sqs-encryption").is_empty()
    };
    let choose = |condition: &str, yes: Value, no: Value| json!({ "Fn::If": [condition, yes, no] });
    for (value, expected) in [
        (json!(false), true),
        (json!({ "Ref": "Encrypt" }), false),
        (json!({ "Ref": "Free" }), false),
        (json!({ "Ref": "Stored" }), false),
        (json!({ "Ref": "AWS::NoValue" }), true),
        (choose("Yes", json!(true), json!(false)), false),
        (choose("No", json!(true), json!(false)), true),
        (choose("Open", json!(true), json!(false)), false),
        (choose("Open", json!(false), json!({ "Ref": "AWS::NoValue" })), true),
        (json!({ "Fn::FindInMap": ["By", "prod", "Off"] }), true),
        (json!({ "Fn::FindInMap": ["By", { "Ref": "Free" }, "Off"] }), false),
        (json!({ "Fn::Select": [1, ["true", "false"]] }), true),
        (json!({ "Fn::Select": ["0", { "Fn::Split": ["|", "false|true"] }] }), true),
        (json!({ "Fn::Join": ["", ["fal", "se"]] }), true),
        (json!({ "Fn::Sub": "fa${x}" }), false),
        (json!({ "Fn::Sub": ["fa${x}", { "x": "lse" }] }), true),
        (json!("{{resolve:ssm:/encrypt}}"), false),
        (json!({ "Fn::ImportValue": "nobody" }), false),
    ] {
        assert_eq!(fails(value.clone()), expected, "{value}");
    }
}

#[test]
fn nested_stacks_get_their_parameters_and_give_their_outputs() {
    let child = json!({
        "Parameters": { "Sse": { "Type": "String", "Default": "false" } },
        "Resources": { "Q": { "Type": "AWS::SQS::Queue", "Properties": { "SqsManagedSseEnabled": { "Ref": "Sse" } } } },
        "Outputs": { "Sse": { "Value": { "Ref": "Sse" } } },
    });
    let parent = |sse: Value| {
        template(&json!({
            "Nested": { "Type": "AWS::CloudFormation::Stack",
                "Properties": { "TemplateURL": "./parts/child.json", "Parameters": sse } },
            "P": { "Type": "AWS::SQS::Queue",
                "Properties": { "SqsManagedSseEnabled": { "Fn::GetAtt": ["Nested", "Outputs.Sse"] } } },
        }))
    };
    let all = |sse| found(&[("main.json", &parent(sse)), ("parts/child.json", &child)], "sqs-encryption");
    assert_eq!(all(json!({ "Sse": "true" })), Vec::<String>::new());
    assert_eq!(all(json!({})).len(), 2);
}

#[test]
fn circles_of_nested_stacks_end() {
    let nest = |url: &str| {
        json!({ "Resources": { "Other": { "Type": "AWS::CloudFormation::Stack", "Properties": { "TemplateURL": url } },
            "Q": { "Type": "AWS::SQS::Queue" } } })
    };
    let scratch = Scratch::with(&[("a.json", &pretty(&nest("b.json"))), ("b.json", &pretty(&nest("a.json")))]);
    let ran = scratch.expect(4, &["scan", "--control", "sqs-encryption"]);
    assert!(ran.stderr.contains("a circle") && ran.stdout.contains("a.json") && ran.stdout.contains("b.json"));
}

#[test]
fn metadata_silences() {
    let queue = |metadata: Value| template(&json!({ "Q": { "Type": "AWS::SQS::Queue", "Metadata": metadata } }));
    for (tool, metadata) in [
        ("terramend", json!({ "terramend": { "ignore": [{ "id": "sqs-encryption", "reason": "a test" }] } })),
        ("terramend", json!({ "terramend": { "ignore": ["sqs-encryption"] } })),
        ("checkov", json!({ "checkov": { "skip": [{ "id": "CKV_AWS_27", "comment": "a test" }] } })),
        ("cdk-nag", json!({ "cdk_nag": { "rules_to_suppress": [{ "id": "AwsSolutions-SQS2", "reason": "a test" }] } })),
    ] {
        let scratch = Scratch::with(&[("t.json", &pretty(&queue(metadata.clone())))]);
        let report = scratch.json(0, &["fix", "--control", "sqs-encryption", "--write"]);
        let finding = &items(&report["findings"])[0];
        assert_eq!(finding["suppressed"]["tool"], tool, "{metadata}");
        assert!(finding["suppressed"]["line"].as_u64().unwrap() > 5, "{finding}");
        assert!(items(&report["applied"]).is_empty());
    }
    let other = json!({ "checkov": { "skip": [{ "id": "CKV_AWS_1" }] } });
    assert_eq!(found(&[("t.json", &queue(other))], "sqs-encryption").len(), 1);
    let mut whole = queue(json!({}));
    whole["Metadata"] = json!({ "cfn_nag": { "rules_to_suppress": [{ "id": "sqs-encryption" }] } });
    let scratch = Scratch::with(&[("t.json", &pretty(&whole))]);
    scratch.expect(0, &["scan", "--control", "sqs-encryption"]);
}

#[test]
fn a_file_on_one_line_stays_on_one_line() {
    let before = r#"{"Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":"q"}},"B":{"Type":"AWS::S3::Bucket"}}}"#;
    let scratch = Scratch::with(&[("t.json", before)]);
    scratch.json(0, &["fix", "--profile", "strict", "--control", "sqs-encryption,s3-encryption", "--write"]);
    assert_eq!(
        scratch.read("t.json"),
        r#"{"Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":"q","SqsManagedSseEnabled":true}},"B":{"Type":"AWS::S3::Bucket","Properties":{"BucketEncryption":{"ServerSideEncryptionConfiguration":[{"ServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}}}}}"#
    );
}

#[test]
fn commas_in_front_stay_in_front() {
    let before = "{ \"Resources\":\n  { \"Q\":\n    { \"Type\": \"AWS::SQS::Queue\"\n    , \"Properties\":\n      { \"DelaySeconds\": 5\n      , \"QueueName\": \"q\"\n      }\n    }\n  }\n}\n";
    let scratch = Scratch::with(&[("t.json", before)]);
    scratch.json(0, &["fix", "--control", "sqs-encryption", "--write"]);
    let expected = before.replace("\"q\"\n", "\"q\"\n      , \"SqsManagedSseEnabled\": true\n");
    assert_eq!(scratch.read("t.json"), expected);
}

#[test]
fn what_a_function_gives_is_not_replaced() {
    let mut all = template(&json!({ "B": { "Type": "AWS::S3::Bucket",
        "Properties": { "VersioningConfiguration": { "Status": { "Fn::If": ["On", "Suspended", "Suspended"] } } } } }));
    all["Conditions"] = json!({ "On": { "Fn::Equals": [{ "Ref": "AWS::Region" }, "x"] } });
    let scratch = Scratch::with(&[("t.json", &pretty(&all))]);
    let report = scratch.json(1, &["fix", "--control", "s3-versioning", "--grade", "review", "--write"]);
    let reason = text(&items(&report["not_applied"])[0]["reason"]).to_owned();
    assert!(reason.contains("is not written out"), "{reason}");
    assert_eq!(scratch.read("t.json"), pretty(&all));
}

#[test]
fn json_beside_its_source_is_left_alone() {
    let queue = pretty(&template(&json!({ "Q": { "Type": "AWS::SQS::Queue" } })));
    let scratch =
        Scratch::with(&[("q.template.json", &queue), ("q.template.yaml", "Resources: {}\n"), ("r.json", &queue)]);
    let report = scratch.json(1, &["fix", "--control", "sqs-encryption", "--write"]);
    assert_eq!(items(&report["applied"])[0]["files"], json!(["r.json"]));
    assert!(text(&items(&report["not_applied"])[0]["reason"]).contains("q.template.yaml stands beside it"));
}

#[test]
fn a_macro_may_declare_what_is_not_seen() {
    let bucket = json!({ "B": { "Type": "AWS::S3::Bucket" } });
    let mut all = template(&bucket);
    assert_eq!(found(&[("t.json", &all)], "s3-tls-only").len(), 1);
    all["Transform"] = json!(["AWS::LanguageExtensions"]);
    assert_eq!(found(&[("t.json", &all)], "s3-tls-only").len(), 1);
    all["Transform"] = json!(["OurMacro"]);
    assert_eq!(found(&[("t.json", &all)], "s3-tls-only").len(), 0);
}
