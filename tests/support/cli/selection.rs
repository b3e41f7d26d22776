//! `--control`, `--severity` and `--grade`.

use crate::support::{BUCKET, QUEUE, Scratch, items, named, text};

fn scratch() -> Scratch {
    Scratch::with(&[("main.tf", &format!("{QUEUE}\n{BUCKET}"))])
}

const SQS: &str = "sqs-encryption aws_sqs_queue.orders";
const VERSIONS: &str = "s3-versioning aws_s3_bucket.uploads";
const PUBLIC: &str = "s3-public-access-block aws_s3_bucket.uploads";

#[test]
fn controls_are_named_by_id_or_alias() {
    let scratch = scratch();
    for id in ["sqs-encryption", "CKV_AWS_27", "ckv_aws_27", "AVD-AWS-0096", "AWS-0096", "aws-0096"] {
        let report = scratch.json(1, &["scan", "--control", id]);
        assert_eq!(named(&report["findings"]), [SQS], "{id}");
    }
}

#[test]
fn several_controls_are_separated_by_commas_or_repeated() {
    let scratch = scratch();
    for arguments in [
        &["scan", "--control", "sqs-encryption,CKV_AWS_21"][..],
        &["scan", "--control", "sqs-encryption", "--control", "CKV_AWS_21"],
        &["scan", "--control=s3-versioning,sqs-encryption,CKV_AWS_27"],
    ] {
        let report = scratch.json(1, arguments);
        assert_eq!(named(&report["findings"]), [SQS, VERSIONS], "{arguments:?}");
    }
}

/// The option doesn't swallow the path that follows it.
#[test]
fn a_path_may_follow_the_controls() {
    let scratch = Scratch::with(&[("live/main.tf", QUEUE)]);
    let report = scratch.json(1, &["scan", "--control", "sqs-encryption", "live"]);
    assert_eq!(named(&report["findings"]), [SQS]);
}

#[test]
fn controls_that_are_not_named_fix_nothing() {
    let scratch = scratch();
    let report = scratch.json(0, &["fix", "--grade", "review", "--control", "s3-versioning", "--write"]);
    assert_eq!(named(&report["applied"]), [VERSIONS]);
    let after = scratch.read("main.tf");
    assert!(after.contains("aws_s3_bucket_versioning") && !after.contains("sqs_managed_sse_enabled"), "{after}");
}

#[test]
fn an_unknown_control_is_refused_with_a_suggestion() {
    let scratch = scratch();
    for command in ["scan", "fix"] {
        let ran = scratch.expect(2, &[command, "--control", "s3-versoning"]);
        assert!(ran.stderr.contains("`s3-versoning`") && ran.stderr.contains("`s3-versioning`"), "{}", ran.stderr);
    }
    let ran = scratch.expect(2, &["scan", "--control", "sqs-encryption,nonsense-id"]);
    assert!(ran.stderr.contains("`nonsense-id`") && ran.stderr.contains("terramend controls"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
}

#[test]
fn severities_are_a_lower_bound() {
    let scratch = scratch();
    let all = scratch.json(1, &["scan"]);
    let order = ["low", "medium", "high", "critical"];
    for (n, severity) in order.iter().enumerate() {
        let wanted: Vec<String> = items(&all["findings"])
            .iter()
            .filter(|finding| order[n..].contains(&text(&finding["severity"])))
            .map(|finding| format!("{} {}", text(&finding["control"]), text(&finding["resource"])))
            .collect();
        let report = scratch.json(i32::from(!wanted.is_empty()), &["scan", "--severity", severity]);
        assert_eq!(named(&report["findings"]), wanted, "{severity}");
        assert_eq!(report["summary"]["findings"], wanted.len());
    }
    let high = scratch.json(1, &["scan", "--severity", "high"]);
    assert!(
        named(&high["findings"]).contains(&PUBLIC.to_owned()) && !named(&high["findings"]).contains(&SQS.to_owned())
    );
}

#[test]
fn severities_bound_what_is_fixed() {
    let scratch = scratch();
    let report = scratch.json(0, &["fix", "--grade", "review", "--severity", "high", "--write"]);
    for fix in named(&report["applied"]) {
        assert_eq!(fix, PUBLIC);
    }
    let after = scratch.read("main.tf");
    assert!(after.contains("aws_s3_bucket_public_access_block"), "{after}");
    assert!(!after.contains("sqs_managed_sse_enabled") && !after.contains("aws_s3_bucket_versioning"), "{after}");
}

#[test]
fn safe_fixes_are_the_default() {
    let scratch = scratch();
    let of = |report: &serde_json::Value| -> Vec<String> {
        items(&report["applied"]).iter().map(|fix| text(&fix["grade"]).to_owned()).collect()
    };
    let (default, safe) = (scratch.json(1, &["fix"]), scratch.json(1, &["fix", "--grade", "safe"]));
    assert_eq!(default, safe);
    assert!(!of(&safe).is_empty() && of(&safe).iter().all(|grade| grade == "safe"));
    let review = of(&scratch.run(&["fix", "--grade", "review", "--format", "json"]).json());
    assert!(review.contains(&"safe".to_owned()) && review.contains(&"review".to_owned()), "{review:?}");
}

#[test]
fn order_of_grades_in_patches_of_a_scan() {
    let scratch = scratch();
    let safe = scratch.run(&["scan", "--format", "patch"]).stdout;
    let review = scratch.run(&["scan", "--format", "patch", "--grade", "review"]).stdout;
    assert!(safe.contains("sqs_managed_sse_enabled") && !safe.contains("aws_s3_bucket_versioning"), "{safe}");
    assert!(review.contains("sqs_managed_sse_enabled") && review.contains("aws_s3_bucket_versioning"), "{review}");
}

const TABLE: &str = "resource \"aws_dynamodb_table\" \"orders\" {\n  name     = \"orders\"\n  hash_key = \"id\"\n\n  \
                     point_in_time_recovery {\n    enabled = true\n  }\n}\n";
const KEY: &str = "dynamodb-encryption aws_dynamodb_table.orders";

/// Quiet controls find nothing, but whoever compares with other tools gets the reason.
#[test]
fn quiet_controls_are_asked_for() {
    let scratch = Scratch::with(&[("main.tf", TABLE)]);
    let report = scratch.json(0, &["fix", "--grade", "review"]);
    assert_eq!(named(&report["findings"]), [""; 0]);
    let left = items(&report["not_applied"]).iter().find(|left| left["control"] == "dynamodb-encryption");
    assert_eq!(left.map(|left| &left["quiet"]), Some(&true.into()), "{report}");
    for arguments in [&["scan", "--all"][..], &["scan", "--control", "dynamodb-encryption"]] {
        let report = scratch.json(1, arguments);
        assert!(named(&report["findings"]).contains(&KEY.to_owned()), "{arguments:?}");
    }
    for settings in ["enabled = true", "kms_key = \"aws_kms_key.data.arn\""] {
        let file = format!("control \"dynamodb-encryption\" {{\n  {settings}\n}}\n");
        let scratch = Scratch::with(&[("main.tf", TABLE), (".terramend.hcl", &file)]);
        assert_eq!(named(&scratch.json(1, &["scan"])["findings"]), [KEY], "{settings}");
    }
}

const FUNCTION: &str = "resource \"aws_lambda_function\" \"orders\" {\n  function_name = \"orders\"\n  \
                        role          = \"arn:aws:iam::111122223333:role/orders\"\n  timeout       = 30\n}\n";

/// Who asks for alarms by their family gets all of them, with one topic and one key in the module.
#[test]
fn a_family_is_all_its_controls() {
    let provider = "provider \"aws\" {\n  region = \"eu-west-1\"\n}\n";
    let scratch = Scratch::with(&[("main.tf", FUNCTION), ("queue.tf", QUEUE), ("providers.tf", provider)]);
    let report = scratch.json(0, &["fix", "--grade", "review", "--control", "alarms", "--write"]);
    let applied =
        ["lambda-alarm-duration aws_lambda_function.orders", "lambda-alarm-errors aws_lambda_function.orders"];
    let mut names = named(&report["applied"]);
    names.sort();
    assert_eq!(names, [applied[0], applied[1], "sqs-alarm-age aws_sqs_queue.orders"]);
    let after = scratch.read("main.tf") + &scratch.read("queue.tf");
    for once in ["resource \"aws_sns_topic\"", "resource \"aws_kms_key\"", "data \"aws_caller_identity\""] {
        assert_eq!(after.matches(once).count(), 1, "{once}\n{after}");
    }
    assert_eq!(after.matches("alarm_actions       = [aws_sns_topic.alarms.arn]").count(), 3, "{after}");
    let again = scratch.json(0, &["fix", "--grade", "review", "--control", "alarms", "--write"]);
    assert_eq!(items(&again["applied"]).len(), 0);
    assert_eq!(scratch.read("main.tf") + &scratch.read("queue.tf"), after);
}

#[test]
fn alarms_are_quiet_unless_asked_for() {
    let scratch = Scratch::with(&[("main.tf", FUNCTION)]);
    let report = scratch.json(1, &["fix", "--grade", "review"]);
    let alarms = named(&report["applied"]).into_iter().filter(|name| name.contains("-alarm-")).count();
    assert_eq!(alarms, 0);
}
