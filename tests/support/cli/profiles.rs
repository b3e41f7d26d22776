//! Profiles, the module's key, and what fixes cost.

use serde_json::json;

use crate::support::{Scratch, items, named, text};

const GROUP: &str = "resource \"aws_cloudwatch_log_group\" \"orders\" {\n  name              = \"/aws/lambda/orders\"\n  retention_in_days = 14\n}\n";

fn days(configuration: &str, arguments: &[&str]) -> String {
    let scratch = Scratch::with(&[(".terramend.hcl", configuration), ("main.tf", GROUP)]);
    let common = ["fix", "--grade", "review", "--control", "log-group-retention", "--write"];
    scratch.run(&[&common[..], arguments].concat());
    scratch.read("main.tf")
}

#[test]
fn a_profile_is_chosen_by_the_command_line_or_the_configuration() {
    for (configuration, arguments, expected) in [
        ("", &[][..], 14),
        ("", &["--profile", "strict"], 365),
        ("profile = \"strict\"\n", &[], 365),
        // The command line comes first, and an option before every profile.
        ("profile = \"strict\"\n", &["--profile", "default"], 14),
        ("control \"log-group-retention\" {\n  minimum_days = 90\n}\n", &["--profile", "strict"], 90),
        ("control \"log-group-retention\" {\n  minimum_days = 30\n}\n", &[], 30),
    ] {
        let after = days(configuration, arguments);
        assert!(after.contains(&format!("retention_in_days = {expected}\n")), "{configuration}{arguments:?}\n{after}");
    }
}

#[test]
fn a_mistyped_profile_is_suggested() {
    let scratch = Scratch::with(&[("main.tf", GROUP)]);
    let ran = scratch.expect(2, &["scan", "--profile", "strickt"]);
    assert!(ran.stderr.contains("did you mean `strict`?"), "{}", ran.stderr);
    let scratch = Scratch::with(&[(".terramend.hcl", "accept = []\nprofile = \"strickt\"\n"), ("main.tf", GROUP)]);
    let ran = scratch.expect(2, &["scan"]);
    assert!(ran.stderr.contains(".terramend.hcl:2:1: there is no profile `strickt`; did you mean"), "{}", ran.stderr);
}

#[test]
fn a_profile_judges_controls_that_are_quiet_otherwise() {
    let bucket = "resource \"aws_s3_bucket\" \"uploads\" {\n  bucket = \"acme-uploads\"\n}\n";
    let scratch = Scratch::with(&[("main.tf", bucket)]);
    let finds = |arguments: &[&str]| {
        let report = scratch.json(1, &[&["scan"], arguments].concat());
        items(&report["findings"]).iter().any(|finding| finding["control"] == "s3-encryption-key")
    };
    assert!(!finds(&[]) && finds(&["--profile", "strict"]) && finds(&["--all"]));
}

#[test]
fn one_key_serves_the_files_of_a_module() {
    let table = |name: &str| {
        format!("resource \"aws_dynamodb_table\" \"{name}\" {{\n  name     = \"{name}\"\n  hash_key = \"id\"\n}}\n")
    };
    let scratch = Scratch::with(&[
        ("a.tf", &table("orders")),
        ("b.tf", &format!("{}\n{GROUP}", table("invoices"))),
        ("other/main.tf", &table("stock")),
    ]);
    let controls = "dynamodb-encryption,logs-encryption";
    let arguments = ["fix", "--grade", "review", "--profile", "strict", "--control", controls];
    let report = scratch.json(0, &[&arguments[..], &["--write"]].concat());
    assert_eq!(items(&report["applied"]).len(), 4, "{:?}", named(&report["applied"]));
    let module = scratch.read("a.tf") + &scratch.read("b.tf");
    for once in [
        "resource \"aws_kms_key\"",
        "resource \"aws_kms_alias\"",
        "data \"aws_caller_identity\"",
        "data \"aws_region\"",
    ] {
        assert_eq!(module.matches(once).count(), 1, "{once}\n{module}");
    }
    assert_eq!(module.matches("aws_kms_key.main.arn").count(), 3, "{module}");
    assert!(module.contains("\"LogGroups\""), "{module}");
    // Another module has a key of its own, and no service that uses it.
    let other = scratch.read("other/main.tf");
    assert!(other.contains("resource \"aws_kms_key\" \"main\"") && !other.contains("LogGroups"), "{other}");
    assert_eq!(scratch.json(0, &arguments)["summary"]["applied"], 0);
}

#[test]
fn what_a_fix_costs_is_reported() {
    let scratch = Scratch::with(&[("main.tf", GROUP)]);
    let arguments = ["scan", "--profile", "strict", "--control", "logs-encryption,log-group-retention"];
    let report = scratch.json(1, &arguments);
    let costs = |control: &str| {
        let finding = items(&report["findings"]).iter().find(|finding| finding["control"] == control).unwrap();
        items(&finding["fix"]["costs"]).to_vec()
    };
    let key: Vec<String> = costs("logs-encryption").iter().map(|cost| text(&cost["price"]).to_owned()).collect();
    assert_eq!(key, ["key", "key-requests"]);
    assert_eq!(costs("logs-encryption")[0]["usd"], json!(1.0));
    assert_eq!(costs("log-group-retention")[0]["price"], "log-storage");
    let text = scratch.expect(1, &arguments).stdout;
    assert!(text.contains("cost: US$ 1 for each key and month"), "{text}");
}

#[test]
fn explain_and_controls_show_what_a_profile_means() {
    let scratch = Scratch::with(&[]);
    let page = scratch.expect(0, &["explain", "log-group-retention"]).stdout;
    assert!(page.contains("- Profile `strict`: `retention_days = 365`, `minimum_days = 365`\n"), "{page}");
    let list = scratch.expect(0, &["controls"]).stdout;
    let line = list.lines().find(|line| line.starts_with("s3-encryption-key ")).unwrap();
    assert!(line.contains("quiet") && line.ends_with("(strict: quiet = false, kms_key = \"module\")"), "{line}");
}
