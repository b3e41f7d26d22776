//! `override.tf` and `*_override.tf`: what counts, and where a fix is written.

use serde_json::json;

use crate::support::{QUEUE, Scratch, named};

/// The files after a fix, and whether something was applied.
fn fixed(controls: &str, files: &[(&str, &str)]) -> Scratch {
    let scratch = Scratch::with(files);
    let report =
        scratch.run(&["fix", "--control", controls, "--grade", "review", "--write", "--format", "json"]).json();
    assert_eq!((&report["findings"], &report["errors"]), (&json!([]), &json!([])), "{report}");
    scratch
}

#[test]
fn a_fix_is_written_where_it_counts() {
    let over = "resource \"aws_sqs_queue\" \"orders\" {\n  sqs_managed_sse_enabled = false\n}\n";
    for name in ["override.tf", "a_override.tf", "z_override.tf"] {
        let scratch = fixed("sqs-encryption", &[("main.tf", QUEUE), (name, over)]);
        assert_eq!(scratch.read("main.tf"), QUEUE, "{name}");
        assert_eq!(scratch.read(name), over.replace("false", "true"), "{name}");
    }
    // What the override file doesn't speak of is written where the resource is.
    let over = "resource \"aws_sqs_queue\" \"orders\" {\n  delay_seconds = 1\n}\n";
    let scratch = fixed("sqs-encryption", &[("main.tf", QUEUE), ("override.tf", over)]);
    assert!(scratch.read("main.tf").contains("sqs_managed_sse_enabled = true"));
    assert_eq!(scratch.read("override.tf"), over);
}

/// A block replaces all blocks of its type.
#[test]
fn blocks_replace_blocks() {
    let table = "resource \"aws_dynamodb_table\" \"t\" {\n  name = \"t\"\n\n  point_in_time_recovery {\n    enabled = true\n  }\n}\n";
    let over = "resource \"aws_dynamodb_table\" \"t\" {\n  point_in_time_recovery {\n    enabled = false\n  }\n}\n";
    let files = [("main.tf", table), ("override.tf", over)];
    let scratch = fixed("dynamodb-point-in-time-recovery", &files);
    assert_eq!(scratch.read("main.tf"), table);
    assert_eq!(scratch.read("override.tf"), over.replace("false", "true"));
}

#[test]
fn variables_locals_and_calls_are_merged() {
    let queue = "variable \"sse\" {\n  type    = bool\n  default = true\n}\nlocals {\n  sse = var.sse\n}\n\
                 resource \"aws_sqs_queue\" \"orders\" {\n  sqs_managed_sse_enabled = local.sse\n}\n";
    let call = "module \"m\" {\n  source = \"./m\"\n  sse    = true\n}\n";
    let found = |files: &[(&str, &str)]| {
        named(
            &Scratch::with(files).run(&["scan", "--control", "sqs-encryption", "--format", "json"]).json()["findings"],
        )
    };
    for (over, fails) in [
        ("variable \"sse\" {\n  default = false\n}\n", true),
        ("variable \"sse\" {\n  description = \"x\"\n}\n", false),
        ("locals {\n  sse = false\n}\n", true),
        ("locals {\n  other = false\n}\n", false),
    ] {
        let expected: &[&str] = if fails { &["sqs-encryption aws_sqs_queue.orders"] } else { &[] };
        // Whatever comes first in the alphabet.
        for name in ["a_override.tf", "z_override.tf"] {
            assert_eq!(found(&[("main.tf", queue), (name, over)]), expected, "{name} {over}");
        }
    }
    for (over, fails) in [("module \"m\" {\n  sse = false\n}\n", true), ("module \"m\" {\n  other = false\n}\n", false)]
    {
        let expected: &[&str] = if fails { &["sqs-encryption aws_sqs_queue.orders"] } else { &[] };
        assert_eq!(found(&[("m/main.tf", queue), ("main.tf", call), ("a_override.tf", over)]), expected, "{over}");
    }
}

/// A companion is made by the provider of its target.
#[test]
fn providers_are_copied() {
    let bucket = "resource \"aws_s3_bucket\" \"b\" {\n  provider = aws.west\n  bucket   = \"b\"\n}\n";
    let scratch = fixed("s3-versioning", &[("main.tf", bucket)]);
    let after = scratch.read("main.tf");
    assert_eq!(
        after.matches("provider = aws.west").count() + after.matches("provider =  aws.west").count(),
        2,
        "{after}"
    );
    // Also where the call of a module passes it in.
    let module = format!(
        "terraform {{\n  required_providers {{\n    aws = {{\n      source                = \"hashicorp/aws\"\n      \
         configuration_aliases = [aws.west]\n    }}\n  }}\n}}\n\n{bucket}"
    );
    let main = "module \"m\" {\n  source = \"./m\"\n\n  providers = {\n    aws.west = aws.us\n  }\n}\n";
    let scratch = fixed("s3-versioning", &[("m/main.tf", &module), ("main.tf", main)]);
    assert_eq!(scratch.read("m/main.tf").matches("provider = aws.west").count(), 2);
}
