//! Fixes in Terraform's JSON syntax: what is written, in files of every layout.

use serde_json::{Value, json};

use crate::support::Scratch;

/// A file after the fixes of some controls; it parses, and a second run changes nothing.
fn fixed(controls: &str, text: &str) -> String {
    let scratch = Scratch::with(&[("main.tf.json", text)]);
    let arguments = ["fix", "--control", controls, "--grade", "review", "--write", "--format", "json"];
    let report = scratch.run(&arguments).json();
    assert_ne!(report["applied"], json!([]), "{report}\n{text}");
    let after = scratch.read("main.tf.json");
    let again = scratch.run(&arguments).json();
    assert_eq!(again["applied"], json!([]), "{after}");
    assert_eq!(scratch.read("main.tf.json"), after);
    serde_json::from_str::<Value>(&after).unwrap_or_else(|error| panic!("{error}\n{after}"));
    after
}

/// The text in several layouts: as it is, with other indentation, on one line.
fn layouts(text: &str) -> [String; 4] {
    let indented = |unit: &str| {
        let line = |line: &str| {
            let depth = (line.len() - line.trim_start().len()) / 2;
            unit.repeat(depth) + line.trim_start()
        };
        text.split_inclusive('\n').map(line).collect::<String>()
    };
    let value: Value = serde_json::from_str(text).unwrap();
    [text.to_owned(), indented(" "), indented("\t"), value.to_string()]
}

/// Fixes a text in every layout; gives what the first becomes.
fn everywhere(controls: &str, text: &str) -> Value {
    let results = layouts(text).map(|text| (fixed(controls, &text), text));
    let values: Vec<Value> = results.iter().map(|(after, _)| serde_json::from_str(after).unwrap()).collect();
    assert!(values.iter().all(|value| *value == values[0]), "{values:#?}");
    let [_, (one, _), (tabs, _), (flat, _)] = &results;
    assert!(one.lines().all(|line| !line.starts_with('\t')), "{one}");
    assert!(tabs.lines().all(|line| !line.starts_with(' ')), "{tabs}");
    // One line stays one line, and tight.
    assert_eq!(*flat, values[0].to_string());
    values[0].clone()
}

const BUCKET: &str = r#"{
  "resource": {
    "aws_s3_bucket": {
      "logs": {
        "bucket": "acme-logs"
      }
    },
    "aws_s3_bucket_policy": {
      "logs": {
        "bucket": "${aws_s3_bucket.logs.id}",
        "policy": POLICY
      }
    }
  }
}
"#;

fn statements(policy: &str) -> Vec<Value> {
    let document: Value = serde_json::from_str(policy).unwrap_or_else(|error| panic!("{error}: {policy}"));
    document["Statement"].as_array().unwrap().clone()
}

#[test]
fn statements_join_a_document_in_a_string() {
    let one = json!({ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::1:root" }, "Action": "s3:GetObject",
                      "Resource": "${aws_s3_bucket.logs.arn}/*" });
    let compact = json!({ "Version": "2012-10-17", "Statement": [one] }).to_string();
    let single = json!({ "Version": "2012-10-17", "Statement": one, "Id": "é \"x\"" }).to_string();
    let long = serde_json::to_string_pretty(&json!({ "Statement": [one] })).unwrap();
    for document in [compact, single, long] {
        let text = BUCKET.replace("POLICY", &Value::from(document.as_str()).to_string());
        let after = everywhere("s3-tls-only", &text);
        let policy = after["resource"]["aws_s3_bucket_policy"]["logs"]["policy"].as_str().unwrap();
        let statements = statements(policy);
        assert_eq!((statements.len(), &statements[0]), (2, &one), "{policy}");
        assert_eq!(statements[1]["Condition"], json!({ "Bool": { "aws:SecureTransport": "false" } }));
        // A document of one line gets no lines.
        assert_eq!(policy.contains('\n'), document.contains('\n'), "{policy}");
    }
}

#[test]
fn statements_join_an_encoded_document() {
    for document in [
        "${jsonencode({ Statement = [{ Effect = \"Allow\", Action = \"s3:*\", Principal = { AWS = \"1\" } }] })}",
        "${jsonencode({\n  Statement = [\n    {\n      Effect = \"Allow\"\n      Principal = { AWS = \"1\" }\n    }\n  ]\n})}",
    ] {
        let text = BUCKET.replace("POLICY", &Value::from(document).to_string());
        let after = everywhere("s3-tls-only", &text);
        let policy = after["resource"]["aws_s3_bucket_policy"]["logs"]["policy"].as_str().unwrap();
        assert!(policy.contains("aws:SecureTransport") && policy.ends_with("})}"), "{policy}");
        assert_eq!(policy.contains('\n'), document.contains('\n'), "{policy}");
    }
}

#[test]
fn statements_join_a_data_source() {
    let text = BUCKET.replace("POLICY", "\"${data.aws_iam_policy_document.logs.json}\"");
    let data = r#"{
  "data": {
    "aws_iam_policy_document": {
      "logs": {
        "statement": STATEMENT
      }
    }
  },"#;
    let one = r#"{
          "effect": "Allow",
          "actions": ["s3:GetObject"]
        }"#;
    for statement in [one.to_owned(), format!("[{one}]")] {
        let text = text.replacen('{', &data.replace("STATEMENT", &statement), 1);
        let after = everywhere("s3-tls-only", &text);
        let statements = after["data"]["aws_iam_policy_document"]["logs"]["statement"].as_array().unwrap();
        assert_eq!(statements.len(), 2, "{after}");
        assert_eq!(statements[1]["effect"], "Deny");
        assert_eq!(statements[1]["condition"]["variable"], "aws:SecureTransport");
    }
}

/// Lists where an object would do, at every level.
#[test]
fn lists_of_blocks_take_more() {
    for text in [
        r#"{ "resource": [{ "aws_s3_bucket": { "b": { "bucket": "b" } } }] }"#,
        r#"{ "resource": { "aws_s3_bucket": [{ "b": { "bucket": "b" } }] } }"#,
        r#"{ "resource": { "aws_s3_bucket": { "b": [{ "bucket": "b" }] } } }"#,
        r#"[{ "resource": [{ "aws_s3_bucket": [{ "b": [{ "bucket": "b" }] }] }] }]"#,
        r#"{ "resource": [{ "aws_s3_bucket": { "b": { "bucket": "b" } } }, { "aws_s3_bucket_versioning": [] }] }"#,
    ] {
        let after = fixed("s3-versioning,s3-public-access-block", text);
        assert!(after.contains("\"${aws_s3_bucket.b.id}\"") && after.contains("\"Enabled\""), "{after}");
        assert!(!after.trim().contains('\n'), "{after}");
    }
}

/// What Terraform reads as a reference stays one: there is no interpolation in these arguments.
#[test]
fn meta_arguments_are_copied() {
    let text = r#"{
  "resource": {
    "aws_s3_bucket": {
      "b": {
        "for_each": "${toset([for k, v in { a = {} } : k])}",
        "provider": "aws.west",
        "bucket": "${each.key}"
      }
    }
  }
}
"#;
    let after = everywhere("s3-versioning", text);
    let versioning = &after["resource"]["aws_s3_bucket_versioning"]["b"];
    assert_eq!(versioning["for_each"], "${toset([for k, v in { a = {} } : k])}");
    assert_eq!(versioning["provider"], "aws.west");
    assert_eq!(versioning["bucket"], "${aws_s3_bucket.b[each.key].id}");
}

/// An argument that a page takes away, wherever it stands among the others.
#[test]
fn arguments_are_taken_away() {
    let page = "# X\n\n```hcl control\nid = \"acme-x\"\nfamily = \"access\"\nseverity = \"low\"\n\nterraform \"aws_sqs_queue\" \
                {\n  pass = self.a == null && self.b == null\n\n  fix \"safe\" {\n    effect = \"none\"\n    remove = [\"a\", \
                \"b\"]\n  }\n}\n```\n";
    for (inside, left) in [
        (r#""a": 1, "name": "q", "b": { "x": [1] }"#, r#""name": "q""#),
        (r#""name": "q", "a": 1, "b": 2"#, r#""name": "q""#),
        (r#""a": 1, "b": 2, "name": "q""#, r#""name": "q""#),
        ("\n  \"name\": \"q\",\n  \"a\": 1,\n  \"tags\": {}\n", "\n  \"name\": \"q\",\n  \"tags\": {}\n"),
        ("\n  \"name\": \"q\",\n  \"a\": 1\n", "\n  \"name\": \"q\"\n"),
    ] {
        let text = |inside: &str| format!("{{ \"resource\": {{ \"aws_sqs_queue\": {{ \"q\": {{{inside}}} }} }} }}\n");
        let scratch = Scratch::with(&[(".terramend/fixes/acme-x.md", page), ("main.tf.json", &text(inside))]);
        scratch.expect(0, &["fix", "--control", "acme-x", "--write"]);
        assert_eq!(scratch.read("main.tf.json"), text(left));
    }
}

/// A value that a variable gives is changed in the variable's default.
#[test]
fn defaults_of_variables_are_changed() {
    let text = r#"{
  "variable": {
    "tracing": {
      "default": false
    }
  },
  "resource": {
    "aws_api_gateway_stage": {
      "s": {
        "stage_name": "live",
        "xray_tracing_enabled": "${var.tracing}"
      }
    }
  }
}
"#;
    let after = fixed("apigateway-tracing", text);
    assert_eq!(after, text.replace("false", "true"));
    let scratch = Scratch::with(&[("main.tf.json", text), ("terraform.tfvars", "tracing = false\n")]);
    let report = scratch.json(1, &["fix", "--control", "apigateway-tracing", "--grade", "review"]);
    assert_eq!(report["applied"], json!([]), "{report}");
}
