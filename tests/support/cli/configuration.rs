//! `.terramend.hcl`: what it sets, and what it refuses.

use serde_json::{Value, json};

use crate::support::{BUCKET, QUEUE, Scratch, items, named};

const GROUP: &str = "resource \"aws_cloudwatch_log_group\" \"orders\" {\n  name = \"/aws/lambda/orders\"\n}\n";

fn with(configuration: &str, text: &str) -> Scratch {
    Scratch::with(&[(".terramend.hcl", configuration), ("main.tf", text)])
}

#[test]
fn options_take_effect() {
    for (configuration, days) in [
        ("", 30),
        ("control \"log-group-retention\" {\n  retention_days = 90\n}\n", 90),
        ("# comment\ncontrol \"CKV_AWS_66\" {\n  retention_days = 1\n}\n", 1),
        ("control \"log-group-retention\" {\n  record_retention_days = 365\n}\n", 30),
    ] {
        let scratch = with(configuration, GROUP);
        scratch.run(&["fix", "--control", "log-group-retention", "--write"]);
        let after = scratch.read("main.tf");
        assert!(after.contains(&format!("\n  retention_in_days = {days}\n")), "{configuration}\n{after}");
    }
}

#[test]
fn the_file_of_the_given_directory_counts() {
    let days = |n: u32| format!("control \"log-group-retention\" {{\n  retention_days = {n}\n}}\n");
    let scratch =
        Scratch::with(&[(".terramend.hcl", &days(90)), ("live/.terramend.hcl", &days(7)), ("live/main.tf", GROUP)]);
    let patch = |path: &str| scratch.run(&["fix", path, "--format", "patch"]).stdout;
    assert!(patch(".").contains("retention_in_days = 90"), "{}", patch("."));
    assert!(patch("live").contains("retention_in_days = 7"), "{}", patch("live"));
}

/// One setting asks for alarms on everything; the option of a control comes first.
#[test]
fn alarms_have_one_setting() {
    let function = "variable \"on_call\" {}\n\nvariable \"errors\" {}\n\nprovider \"aws\" {}\n\n\
                    resource \"aws_lambda_function\" \"orders\" {\n  function_name = \"orders\"\n}\n";
    let own = "control \"lambda-alarm-errors\" {\n  alarm_topic = \"var.errors\"\n}\n";
    for (configuration, errors, duration) in [
        ("alarm_topic = \"var.on_call\"\n".to_owned(), "var.on_call", "var.on_call"),
        (format!("alarm_topic = \"var.on_call\"\n{own}"), "var.errors", "var.on_call"),
        (format!("alarm_topic = \"module\"\n{own}"), "var.errors", "aws_sns_topic.alarms.arn"),
    ] {
        let scratch = with(&configuration, function);
        scratch.run(&["fix", "--grade", "review", "--write"]);
        let after = scratch.read("main.tf");
        for (metric, topic) in [("Errors", errors), ("Duration", duration)] {
            let (_, alarm) = after.split_once(&format!("\"{metric}\"\n")).unwrap();
            let (alarm, _) = alarm.split_once("\n}").unwrap();
            assert!(alarm.contains(&format!("alarm_actions       = [{topic}]")), "{configuration}\n{after}");
        }
    }
    // A module that doesn't declare the variable gets no alarm that names it.
    let bare = function.split_once("provider").unwrap().1;
    let scratch = with("alarm_topic = \"var.on_call\"\n", &format!("provider{bare}"));
    let outcome = scratch.expect(1, &["fix", "--grade", "review", "--write"]);
    assert!(outcome.stderr.contains("would refer to var.on_call, which isn't declared"), "{}", outcome.stderr);
    assert!(!scratch.read("main.tf").contains("alarm_actions"));
    let scratch = with("alarm_topik = \"module\"\n", function);
    assert!(scratch.expect(2, &["scan"]).stderr.contains("`alarm_topic`"));
}

fn grade(scratch: &Scratch, control: &str) -> Value {
    let report = scratch.json(1, &["scan", "--control", control]);
    report["findings"][0]["fix"]["grade"].clone()
}

#[test]
fn accepted_effects_are_safe() {
    assert_eq!(grade(&with("", BUCKET), "s3-versioning"), "review");
    let scratch = with("accept = [\"cost\"] # fixes that only cost money are safe for us\n", BUCKET);
    assert_eq!(grade(&scratch, "s3-versioning"), "safe");
    // Only what is accepted.
    assert_eq!(grade(&scratch, "s3-tls-only"), "review");
    let report = scratch.json(0, &["fix", "--control", "s3-versioning"]);
    assert_eq!(named(&report["applied"]), ["s3-versioning aws_s3_bucket.uploads"]);
    assert_eq!(report["applied"][0]["effect"], "cost");
}

#[test]
fn replacements_can_not_be_accepted() {
    let permission = "resource \"aws_lambda_permission\" \"rule\" {\n  action        = \"lambda:InvokeFunction\"\n  \
                      function_name = \"orders\"\n  principal     = \"events.amazonaws.com\"\n}\n";
    let scratch = with("accept = [\"replace\", \"cost\", \"access\"]\n", permission);
    assert_eq!(grade(&scratch, "lambda-permission-source-arn"), "review");
}

#[test]
fn controls_can_be_switched_off() {
    let off = "control \"sqs-encryption\" {\n  enabled = false\n}\n";
    let on = off.replace("false", "true");
    for (configuration, left) in [(off, 0), (off.replace("sqs-encryption", "CKV_AWS_27").as_str(), 0), (on.as_str(), 1)]
    {
        let scratch = with(configuration, QUEUE);
        let report = scratch.json(left, &["scan", "--control", "sqs-encryption"]);
        assert_eq!(items(&report["findings"]).len(), usize::try_from(left).unwrap(), "{configuration}");
    }
    let scratch = with(off, QUEUE);
    scratch.run(&["fix", "--write"]);
    assert_eq!(scratch.read("main.tf").matches("sqs_managed_sse_enabled").count(), 0);
}

/// A wrong configuration, the place of the fault, and what must be said.
const WRONG: [(&str, &str, &[&str]); 13] = [
    ("\ncontrol \"s3-versoning\" {\n}\n", "2:1", &["`s3-versoning`", "did you mean `s3-versioning`"]),
    ("control \"x\" {}\n", "1:1", &["`x`", "terramend controls"]),
    ("control \"log-group-retention\" {\n    retention_day = 3\n}\n", "2:5", &["`retention_day`", "retention_days"]),
    (
        "control \"log-group-retention\" {\n  retention_days = 31\n}\n",
        "2:3",
        &["`retention_days`", "terramend explain"],
    ),
    ("control \"log-group-retention\" {\n  retention_days = \"thirty\"\n}\n", "2:3", &["`retention_days`"]),
    ("control \"log-group-retention\" {\n  retention_days = var.days\n}\n", "2:3", &["`retention_days`"]),
    ("control \"sqs-encryption\" {\n  enabled = \"no\"\n}\n", "2:3", &["`enabled`"]),
    ("control \"apigateway-throttling\" {\n  rate_limit = \"many\"\n}\n", "2:3", &["`rate_limit`"]),
    ("control \"sqs-encryption\" {\n  nested {}\n}\n", "2:3", &["`nested`"]),
    ("accept = [\"costs\"]\n", "1:1", &["`costs`", "cost, access"]),
    ("# é\nacept = [\"cost\"]\n", "2:1", &["`acept`", "did you mean `accept`"]),
    ("controls \"s3-versioning\" {}\n", "1:1", &["`controls`", "did you mean `control`"]),
    ("accept = [\n", "1:11", &[]),
];

#[test]
fn a_wrong_file_is_refused_with_its_place() {
    let mut missed = Vec::new();
    for (configuration, place, said) in WRONG {
        let scratch = with(configuration, QUEUE);
        for arguments in [&["scan"][..], &["fix", "--write"]] {
            let ran = scratch.run(arguments);
            let start = format!("error: .terramend.hcl:{place}: ");
            let told = ran.stderr.starts_with(&start) && said.iter().all(|part| ran.stderr.contains(part));
            if ran.code != 2 || !told || !ran.stdout.is_empty() || scratch.read("main.tf") != QUEUE {
                missed.push(format!("{arguments:?} with\n{configuration}exit code {}: {}", ran.code, ran.stderr));
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn an_unreadable_file_is_refused() {
    let scratch = with("", QUEUE);
    scratch.write(".terramend.hcl", [0x61, 0xff, 0x0a]);
    let ran = scratch.expect(2, &["scan"]);
    assert!(ran.stderr.contains(".terramend.hcl") && ran.stderr.contains("UTF-8"), "{}", ran.stderr);
}

#[test]
fn windows_files_are_fine() {
    let configuration = "control \"log-group-retention\" {\r\n  retention_days = 90\r\n}\r\n";
    for mark in ["", "\u{feff}"] {
        let scratch = with(&format!("{mark}{configuration}"), GROUP);
        let ran = scratch.expect(0, &["fix", "--control", "log-group-retention"]);
        assert!(ran.stdout.contains("retention_in_days = 90"), "{mark:?}: {}", ran.stdout);
    }
}

#[test]
fn an_option_may_be_an_expression() {
    let configuration = "control \"dynamodb-encryption\" {\n  kms_key = \"aws_kms_key.data.arn\"\n}\n";
    let table = "resource \"aws_dynamodb_table\" \"orders\" {\n  name = \"orders\"\n}\n";
    let key = "\nresource \"aws_kms_key\" \"data\" {}\n";
    let scratch = with(configuration, &format!("{table}{key}"));
    let report = scratch.json(0, &["fix", "--control", "dynamodb-encryption", "--grade", "review", "--write"]);
    assert_eq!(report["applied"][0]["effect"], "access");
    let after = scratch.read("main.tf");
    assert!(after.contains("    kms_key_arn = aws_kms_key.data.arn\n"), "{after}");
    // A key that nobody declares is not written.
    let scratch = with(configuration, table);
    let report = scratch.json(1, &["fix", "--control", "dynamodb-encryption", "--grade", "review", "--write"]);
    assert_eq!((&report["applied"], scratch.read("main.tf").as_str()), (&json!([]), table));
    let reason = report["not_applied"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("aws_kms_key.data"), "{reason}");
}

#[test]
fn blocks_have_one_label_and_stand_once() {
    for (text, place, said) in [
        (
            "control \"s3-versioning\" {}\n\ncontrol \"CKV_AWS_21\" {\n  enabled = false\n}\n",
            ":3:1:",
            "`s3-versioning` has a block in line 1 already",
        ),
        ("control \"s3-versioning\" \"sqs-encryption\" {}\n", ":1:25:", "a block of its own for `sqs-encryption`"),
    ] {
        let ran = with(text, QUEUE).expect(2, &["scan"]);
        assert!(ran.stderr.contains(&format!(".terramend.hcl{place}")) && ran.stderr.contains(said), "{}", ran.stderr);
    }
}
