//! Values that are written somewhere else: behind types, switches, loops and files.

use serde_json::Value;

use crate::support::{Scratch, items, named};

/// The findings of one control.
fn found(files: &[(&str, &str)], control: &str) -> Vec<String> {
    let scratch = Scratch::with(files);
    let report = scratch.run(&["scan", "--control", control, "--format", "json"]).json();
    assert_eq!(report["errors"], Value::Array(Vec::new()), "{report}");
    named(&report["findings"])
}

const FOUND: [&str; 1] = ["sqs-encryption aws_sqs_queue.q"];

/// The rest of the file that gives `sqs_managed_sse_enabled` the expression.
fn queue(expression: &str, rest: &str) -> String {
    format!(
        "{rest}\nresource \"aws_sqs_queue\" \"q\" {{\n  name                    = \"q\"\n  sqs_managed_sse_enabled = {expression}\n}}\n"
    )
}

#[test]
fn types_convert_and_have_defaults() {
    let object = |default: &str| {
        format!(
            "variable \"q\" {{\n  type = object({{\n    name = string\n    sse  = optional(bool, true)\n    old  = \
             optional(bool)\n  }})\n  default = {default}\n}}"
        )
    };
    for (expression, rest, fails) in [
        ("var.q.sse", object("{ name = \"a\" }").as_str(), false),
        ("var.q.sse", &object("{ name = \"a\", sse = false }"), true),
        ("var.q.sse", &object("{ name = \"a\", sse = null }"), false),
        ("var.q.sse", &object("{ name = \"a\", sse = \"false\" }"), true),
        ("var.q.old", &object("{ name = \"a\" }"), true),
        ("!var.q.sse", &object("{ name = \"a\" }"), true),
        (
            "var.q[\"a\"].sse",
            "variable \"q\" {\n  type = map(object({ sse = optional(bool, true) }))\n  default = { a = {} }\n}",
            false,
        ),
        // Null is the default where the variable says so.
        ("var.q", "variable \"q\" {\n  type     = bool\n  default  = true\n  nullable = false\n}", false),
        // A type that isn't known, and none at all.
        ("var.q.sse", "variable \"q\" {\n  type    = any\n  default = { sse = true }\n}", false),
        ("var.q == \"true\"", "variable \"q\" {\n  type    = string\n  default = true\n}", false),
        ("var.q == \"true\"", "variable \"q\" {\n  default = true\n}", false),
    ] {
        let expected: &[&str] = if fails { &FOUND } else { &[] };
        assert_eq!(found(&[("main.tf", &queue(expression, rest))], "sqs-encryption"), expected, "{expression} {rest}");
    }
}

#[test]
fn arguments_of_calls_are_converted_too() {
    let module = queue(
        "var.q.sse",
        "variable \"q\" {\n  type     = object({ sse = optional(bool, true) })\n  default  = {}\n  nullable = false\n}",
    );
    for (argument, fails) in [("", false), ("q = {}", false), ("q = null", false), ("q = { sse = false }", true)] {
        let main = format!("module \"m\" {{\n  source = \"./m\"\n  {argument}\n}}\n");
        let expected: &[&str] = if fails { &FOUND } else { &[] };
        assert_eq!(found(&[("m/main.tf", &module), ("main.tf", &main)], "sqs-encryption"), expected, "{argument}");
    }
}

#[test]
fn expressions_of_every_kind_are_followed() {
    let locals =
        "locals {\n  all = { a = { sse = true }, b = { sse = false } }\n}\nvariable \"on\" {}\nvariable \"more\" {}";
    for (expression, fails) in [
        ("try(local.all.a.missing, true)", false),
        ("try(local.all.a.missing, local.all.b.sse)", true),
        ("can(local.all.c)", true),
        ("lookup(local.all[\"a\"], \"sse\", false)", false),
        ("lookup({}, \"sse\", false)", true),
        ("merge(local.all.b, { sse = true }).sse", false),
        ("merge({ sse = true }, var.on ? { sse = false } : { sse = false, x = 1 }).sse", true),
        ("var.on ? false : false", true),
        ("var.on ? true : false", false),
        ("alltrue([for k, v in local.all : v.sse])", true),
        ("anytrue([for k, v in local.all : v.sse])", false),
        ("{ for k, v in local.all : upper(k) => v.sse }[\"B\"]", true),
        ("contains(concat([\"a\"], var.more), \"a\")", false),
        ("!contains(concat([\"a\"], var.more), \"a\")", true),
        ("contains(concat([\"a\"], var.more), \"b\")", false),
        ("jsondecode(\"{\\\"sse\\\": false}\").sse", true),
        ("startswith(\"arn:${var.on}\", \"arn:\")", false),
        ("startswith(\"arn:${var.on}\", \"aws:\")", true),
        ("coalesce(null, false)", true),
        ("tobool(\"false\")", true),
        ("element([true, false], 3)", true),
        ("one([false])", true),
        ("length(toset([\"a\", \"a\"])) == 2", true),
        ("length(setproduct([1, 2], [3, 4])) != 4", true),
    ] {
        let expected: &[&str] = if fails { &FOUND } else { &[] };
        assert_eq!(found(&[("main.tf", &queue(expression, locals))], "sqs-encryption"), expected, "{expression}");
    }
}

/// Statements of a policy that stands in a file of its own.
#[test]
fn files_and_templates_are_read() {
    const ALL: &str = r#"{ "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] }"#;
    const ONE: &str = r#"{ "Statement": [{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "${arn}/*" }] }"#;
    const LOOP: &str = "{ \"Statement\": [\n%{ for action in actions ~}\n{ \"Effect\": \"Allow\", \"Action\": \"${action}\", \"Resource\": \"*\" }\n%{ endfor ~}\n] }";
    let policy = |expression: &str| format!("resource \"aws_iam_policy\" \"p\" {{\n  policy = {expression}\n}}\n");
    let outside = Scratch::with(&[("all.json", ALL)]);
    let up = format!("file(\"{}\")", outside.path("all.json").display());
    for (expression, fails) in [
        ("file(\"${path.module}/policies/all.json\")", true),
        ("file(\"${path.root}/policies/all.json\")", true),
        ("file(\"policies/all.json\")", true),
        ("file(\"./policies/../policies/all.json\")", true),
        ("templatefile(\"${path.module}/policies/one.json\", { arn = \"arn:aws:s3:::b\" })", false),
        ("templatefile(\"${path.module}/policies/loop.json\", { actions = [\"*\"] })", true),
        ("templatefile(\"${path.module}/policies/loop.json\", { actions = [\"s3:GetObject\"] })", false),
        ("templatefile(\"${path.module}/policies/loop.json\", var.names)", false),
        ("file(\"${path.module}/policies/missing.json\")", false),
        ("file(\"${path.module}/policies\")", false),
        // Outside of what is scanned nothing is read.
        (up.as_str(), false),
    ] {
        let files = [
            ("policies/all.json", ALL),
            ("policies/one.json", ONE),
            ("policies/loop.json", LOOP),
            ("main.tf", &policy(expression)),
        ];
        let expected: &[&str] = if fails { &["iam-admin-policy aws_iam_policy.p"] } else { &[] };
        assert_eq!(found(&files, "iam-admin-policy"), expected, "{expression}");
    }
}

/// A module's own path, also when the call hands it on.
#[test]
fn paths_are_those_of_the_module_that_names_them() {
    const ALL: &str = r#"{ "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] }"#;
    let files = [
        ("main.tf", "module \"m\" {\n  source = \"./m\"\n  file   = \"${path.module}/all.json\"\n}\n"),
        ("all.json", ALL),
        ("m/main.tf", "variable \"file\" {}\nresource \"aws_iam_policy\" \"p\" {\n  policy = file(var.file)\n}\n"),
    ];
    assert_eq!(found(&files, "iam-admin-policy"), ["iam-admin-policy aws_iam_policy.p"]);
}

/// What a call switches off isn't there: neither the resource nor its companion.
#[test]
fn what_is_switched_off_is_not_there() {
    let module = "variable \"create\" {\n  default = true\n}\nvariable \"versioning\" {\n  default = true\n}\n\
                  resource \"aws_s3_bucket\" \"b\" {\n  count = var.create ? 1 : 0\n}\n\
                  resource \"aws_s3_bucket_versioning\" \"b\" {\n  count  = var.versioning ? 1 : 0\n  bucket = \
                  aws_s3_bucket.b[0].id\n\n  versioning_configuration {\n    status = \"Enabled\"\n  }\n}\n";
    for (arguments, fails) in [
        ("", false),
        ("versioning = false", true),
        ("create = false\n  versioning = false", false),
        ("versioning = var.x", false),
    ] {
        let main = format!("variable \"x\" {{}}\nmodule \"m\" {{\n  source = \"./m\"\n  {arguments}\n}}\n");
        let expected: &[&str] = if fails { &["s3-versioning aws_s3_bucket.b"] } else { &[] };
        assert_eq!(found(&[("m/main.tf", module), ("main.tf", &main)], "s3-versioning"), expected, "{arguments}");
    }
}

/// The keys that two uses of a module would write are not the same.
#[test]
fn what_differs_between_uses_is_not_written() {
    let page = "# Topics use the key\n\nRisk.\n\n```hcl control\nid = \"acme-key\"\nfamily = \"encryption\"\nseverity = \
                \"low\"\n\nterraform \"aws_sns_topic\" {\n  pass = self.kms_master_key_id != null\n\n  fix \"safe\" {\n    \
                effect = \"in-place\"\n    set {\n      kms_master_key_id = lower(self.display_name)\n    }\n  }\n}\n```\n";
    let module = "variable \"name\" {}\nresource \"aws_sns_topic\" \"t\" {\n  display_name = var.name\n}\n";
    let main = |two: &str| {
        let call =
            |name: &str, value: &str| format!("module \"{name}\" {{\n  source = \"./m\"\n  name   = \"{value}\"\n}}\n");
        call("one", "a") + &call("two", two)
    };
    for (two, reason) in
        [("a", Value::Null), ("b", "what is to be written differs from one use of the module to the next".into())]
    {
        let scratch =
            Scratch::with(&[(".terramend/fixes/acme-key.md", page), ("m/main.tf", module), ("main.tf", &main(two))]);
        let report = scratch.json(1, &["scan", "--control", "acme-key"]);
        assert_eq!(items(&report["findings"]).len(), 1, "{report}");
        assert_eq!(report["findings"][0]["no_fix_reason"], reason, "{two}");
    }
}
