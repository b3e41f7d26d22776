//! Comments that silence findings, of every tool, inside and above a block.

use serde_json::{Value, json};

use crate::support::{QUEUE, Scratch, items};

const FIX: [&str; 4] = ["fix", "--control", "sqs-encryption", "--write"];

/// The comment's text, and what the report says: tool, id, reason.
const COMMENTS: [(&str, &str, &str, &str); 15] = [
    ("terramend:ignore sqs-encryption -- no secrets in it", "terramend", "sqs-encryption", "no secrets in it"),
    ("terramend:ignore s3-versioning, sqs-encryption -- both", "terramend", "sqs-encryption", "both"),
    ("terramend:ignore CKV_AWS_27 -- by another name", "terramend", "CKV_AWS_27", "by another name"),
    ("checkov:skip=CKV_AWS_27:no secrets in it", "checkov", "CKV_AWS_27", "no secrets in it"),
    ("checkov:skip=CKV_AWS_27", "checkov", "CKV_AWS_27", ""),
    ("bridgecrew:skip=CKV_AWS_27:by its old name", "checkov", "CKV_AWS_27", "by its old name"),
    // What isn't known on the platform's list may be any check.
    ("bridgecrew:skip=BC_AWS_GENERAL_16:encrypted elsewhere", "checkov", "BC_AWS_GENERAL_16", "encrypted elsewhere"),
    ("tfsec:ignore:AWS-0096", "tfsec", "AWS-0096", ""),
    ("trivy:ignore:AVD-AWS-0096", "trivy", "AVD-AWS-0096", ""),
    ("kics-scan disable=6e8849c1-3aa7-40e3-9063-b85ee300f29f", "kics", "6e8849c1-3aa7-40e3-9063-b85ee300f29f", ""),
    ("kics-scan ignore-block", "kics", "*", ""),
    ("nosemgrep", "semgrep", "*", ""),
    ("nosemgrep because nothing reads it", "semgrep", "*", "because nothing reads it"),
    (
        "tfsec:ignore:aws-sqs-enable-queue-encryption:exp:2030-01-01",
        "tfsec",
        "aws-sqs-enable-queue-encryption",
        "exp:2030-01-01",
    ),
    ("trivy:ignore:aws-sqs-enable-queue-encryption", "trivy", "aws-sqs-enable-queue-encryption", ""),
];

/// Where a comment counts, and its line.
fn places(comment: &str) -> [(String, u64); 8] {
    let inside = QUEUE.replace("{\n", &format!("{{\n  // {comment}\n"));
    [
        (format!("# {comment}\n{QUEUE}"), 1),
        (format!("/* {comment} */\n# The queue.\n{QUEUE}"), 1),
        (format!("# The queue.\n# {comment}\n{QUEUE}"), 2),
        (format!("/*\n   The queue.\n\n   {comment}\n*/\n{QUEUE}"), 4),
        (QUEUE.replace("{\n", &format!("{{\n  /* Of orders:\n     {comment} */\n")), 3),
        (QUEUE.replace("{\n", &format!("{{ # {comment}\n")), 1),
        (inside, 2),
        (QUEUE.replace("\"\n", &format!("\" # {comment}\n")), 2),
    ]
}

/// Every text as the only file of a module: one run judges them all.
fn modules(texts: &[String]) -> Scratch {
    let scratch = Scratch::with(&[]);
    for (n, text) in texts.iter().enumerate() {
        scratch.write(&file(n), text);
    }
    scratch
}

fn file(n: usize) -> String {
    format!("m{n:03}/main.tf")
}

#[test]
fn silenced_findings_are_told_and_not_fixed() {
    let cases: Vec<_> =
        COMMENTS.iter().flat_map(|comment| places(comment.0).map(|place| (comment, place.0, place.1))).collect();
    let texts: Vec<String> = cases.iter().map(|case| case.1.clone()).collect();
    let scratch = modules(&texts);
    // Silenced: exit code 0.
    let report = scratch.json(0, &FIX);
    assert_eq!(report["applied"], json!([]));
    assert_eq!((&report["summary"]["findings"], &report["summary"]["suppressed"]), (&json!(0), &json!(cases.len())));
    for (n, ((_, tool, id, reason), text, line)) in cases.into_iter().enumerate() {
        assert_eq!(scratch.read(&file(n)), text, "it was edited");
        let finding = &report["findings"][n];
        assert_eq!(finding["file"], file(n));
        let expected = json!({ "tool": tool, "id": id, "reason": reason, "line": line });
        assert_eq!(finding["suppressed"], expected, "in\n{text}");
        let left = items(&report["not_applied"]).iter().find(|left| left["file"] == file(n)).unwrap();
        assert_eq!((&left["control"], &left["resource"]), (&json!("sqs-encryption"), &json!("aws_sqs_queue.orders")));
        assert_eq!(left["reason"], format!("suppressed by {tool}"));
    }
}

#[test]
fn a_scan_counts_silenced_findings_and_does_not_show_them() {
    let scratch = Scratch::with(&[("main.tf", &format!("# terramend:ignore sqs-encryption -- why\n{QUEUE}"))]);
    let ran = scratch.expect(0, &["scan", "--control", "sqs-encryption"]);
    assert_eq!(ran.stdout, "0 findings in 1 file, 1 suppressed\n");
}

/// The findings of these files must all stand, whatever the comments in them.
fn silence_nothing(texts: &[String]) {
    let report = modules(texts).json(1, &["scan", "--control", "sqs-encryption"]);
    assert_eq!(items(&report["findings"]).len(), texts.len());
    for (finding, text) in items(&report["findings"]).iter().zip(texts) {
        assert_eq!(finding["suppressed"], Value::Null, "in\n{text}");
    }
}

#[test]
fn comments_about_something_else_silence_nothing() {
    let comments = [
        "terramend:ignore s3-versioning -- another control",
        "terramend:ignore sqs-encryption-at-rest -- another id",
        "terramend:ignore -- no id",
        "terramend: ignore sqs-encryption",
        "terramend:ignored sqs-encryption",
        "terramend:ignore-sqs-encryption",
        "no-terramend:ignore sqs-encryption",
        "nosemgreps",
        "tfsec:ignore:aws-sqs-no-such-check",
        "checkov:skip=CKV_AWS_270:another number",
        "trivy:ignore:AVD-AWS-0001",
        "tfsec:ignore:AWS-0009",
        "kics-scan disable=568a4d22-3517-44a6-a7ad-6a7eed88722c",
        "nosemgrep: generic.secrets.some-rule",
        "sqs-encryption",
    ];
    silence_nothing(&comments.map(|comment| places(comment).map(|place| place.0)).concat());
}

/// `enable=` names what KICS is to look at: it silences nothing by itself.
#[test]
fn kics_enable_silences_nothing() {
    silence_nothing(&places("kics-scan enable=6e8849c1-3aa7-40e3-9063-b85ee300f29f").map(|place| place.0));
}

#[test]
fn comments_elsewhere_silence_nothing() {
    let comment = "# terramend:ignore sqs-encryption -- why";
    silence_nothing(&[
        // A blank line parts it from the block.
        format!("{comment}\n\n{QUEUE}"),
        // Below the block, and above another one.
        format!("{QUEUE}{comment}\n"),
        format!("{comment}\nlocals {{}}\n{QUEUE}"),
        format!("locals {{}} {comment}\n{QUEUE}"),
        // The end of a comment above, and what only looks like one.
        format!("/* {comment} */ locals {{}}\n{QUEUE}"),
        QUEUE.replace("\"orders\"\n", "\"arn:/* terramend:ignore sqs-encryption */\"\n"),
        QUEUE.replace("\"orders\"\n", "\"https://x # terramend:ignore sqs-encryption\"\n"),
        // Not a comment.
        QUEUE.replace("\"orders\"\n", "\"terramend:ignore sqs-encryption\"\n"),
        format!("locals {{\n  x = <<EOT\nterramend:ignore sqs-encryption\nEOT\n}}\n{QUEUE}"),
    ]);
}

#[test]
fn a_comment_counts_for_its_block_alone() {
    let quiet = format!("# terramend:ignore sqs-encryption -- why\n{}", QUEUE.replace("orders", "quiet"));
    let scratch = Scratch::with(&[("main.tf", &format!("{quiet}{QUEUE}"))]);
    let report = scratch.json(0, &FIX);
    assert_eq!(report["applied"][0]["resource"], "aws_sqs_queue.orders");
    assert_eq!(report["findings"][0]["resource"], "aws_sqs_queue.quiet");
    let after = scratch.read("main.tf");
    assert!(after.starts_with(&quiet), "{after}");
    assert_eq!(after.matches("sqs_managed_sse_enabled").count(), 1, "{after}");
}

#[test]
fn comments_outlive_fixes() {
    let bucket = "# terramend:ignore s3-versioning -- made again every night\nresource \"aws_s3_bucket\" \"cache\" {\n  \
                  bucket = \"acme-cache\" # trivy:ignore:AVD-AWS-0090\n}\n";
    let scratch = Scratch::with(&[("main.tf", bucket)]);
    let report = scratch.run(&["fix", "--grade", "review", "--write", "--format", "json"]).json();
    let after = scratch.read("main.tf");
    assert!(after.starts_with(bucket) && after.contains("aws_s3_bucket_public_access_block"), "{after}");
    assert!(!after.contains("aws_s3_bucket_versioning"), "{after}");
    let quiet: Vec<&Value> = items(&report["findings"]).iter().filter(|f| f["suppressed"].is_object()).collect();
    assert_eq!(quiet.len(), 1, "{report}");
    assert_eq!(quiet[0]["control"], "s3-versioning");
}

/// Semgrep names a rule by the folders that lead to it.
#[test]
fn rules_of_semgrep_are_known() {
    let admin = |comment: &str| {
        format!(
            "# nosemgrep{comment}\nresource \"aws_iam_policy\" \"all\" {{\n  policy = jsonencode({{\n    Statement = [{{ Effect = \
             \"Allow\", Action = \"*\", Resource = \"*\" }}]\n  }})\n}}\n"
        )
    };
    for (comment, code) in [
        (": terraform.aws.security.aws-iam-admin-policy.aws-iam-admin-policy", 0),
        (": aws-iam-admin-policy", 0),
        (": some.other, aws-iam-admin-policy", 0),
        (": aws-iam-admin-policies", 1),
    ] {
        let scratch = Scratch::with(&[("main.tf", &admin(comment))]);
        scratch.expect(code, &["scan", "--control", "iam-admin-policy"]);
    }
}
