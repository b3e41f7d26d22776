//! Files whose content is bad.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{QUEUE, Scratch, items, text};
use crate::{Fault, check, faulty, fine};

#[test]
fn syntax_errors() {
    faulty("bad.tf", "resource \"a\" \"b\" {\n  x = \n}\n", Some((2, 7)), "not valid HCL");
    faulty("bad.tf", "resource \"a\" \"b\" {\r\n  größe = = 1\r\n}\r\n", Some((2, 11)), "not valid HCL");
    faulty("bad.tf", "\u{feff}a = [\n", Some((1, 6)), "not valid HCL");
    faulty("a/b/bad.tf", "}\n", Some((1, 1)), "not valid HCL");
    faulty("terraform.tfvars", "zones = [\"a\",\n  \"b\n]\n", Some((2, 3)), "not valid HCL");
}

#[test]
fn repeated_keys() {
    // Terraform takes the last one.
    let scratch = Scratch::with(&[]);
    scratch.write("names.tf", "locals {\n  names = {\n    a = 1 # no more\n    a = 2\n  }\n}\n");
    fine(&scratch);
    let queue = "resource \"aws_sqs_queue\" \"jobs\" {\n  tags = { team = \"a\", team = \"b\" }\n}\n";
    let scratch = Scratch::with(&[("main.tf", queue)]);
    scratch.expect(0, &["fix", "--control", "sqs-encryption", "--write"]);
    let expected = queue.replace("\n}", "\n\n  sqs_managed_sse_enabled = true\n}");
    assert_eq!(scratch.read("main.tf"), expected);
    let said = "the same expression as a key twice";
    faulty("names.tf", "locals {\n  x = { (local.a) = 1, (local.a) = 2 }\n}\n", Some((2, 24)), said);
}

#[test]
fn truncated_json() {
    faulty("bad.tf.json", "{\"resource\": {\"aws_sqs_queue\": {", Some((1, 32)), "not valid JSON");
    faulty("bad.tf.json", "{\n  \"locals\": [1,\n", Some((2, 13)), "not valid JSON");
    faulty("bad.tf.json", "", Some((1, 1)), "not valid JSON: the file is empty");
    faulty("x.tfvars.json", "{\"a\": }", Some((1, 7)), "not valid JSON");
    faulty("bad.tf.json", "{\"a\": 1} // comment\n", Some((1, 10)), "not valid JSON");
}

#[test]
fn invalid_utf_8() {
    faulty("bad.tf", b"a = 1\nb\xc3 = 2\n", Some((2, 2)), "not valid UTF-8");
    faulty("bad.tf.json", b"{\"\xc3\xa4\": \"\xe4\"}\n", Some((1, 8)), "not valid UTF-8");
    faulty("utf16.tf", b"\xff\xfea\x00", Some((1, 1)), "not valid UTF-8");
}

/// As deep as the file is long: parsers that recurse would overflow their stack.
#[test]
fn deep_nesting() {
    const DEEP: usize = 100_000;
    let nested =
        |open: &str, close: &str| format!("locals {{\n  x = {}1{}\n}}\n", open.repeat(DEEP), close.repeat(DEEP));
    faulty("deep.tf", nested("[", "]"), Some((2, 206)), "deep");
    faulty("deep.tf", nested("{ a = ", " }"), Some((2, 1201)), "deep");
    faulty("deep.tf", "[".repeat(DEEP), Some((1, 201)), "deep");
    faulty("deep.tf", "a {\n".repeat(DEEP), Some((201, 3)), "deep");
    let json = format!("{{\"locals\": {}{}}}\n", "[".repeat(DEEP), "]".repeat(DEEP));
    faulty("deep.tf.json", json, Some((1, 211)), "deep");
    faulty("deep.tf.json", "{\"a\":".repeat(DEEP), Some((1, 1001)), "deep");
}

/// Closing brackets in comments and strings must not hide the depth.
#[test]
fn deep_nesting_in_disguise() {
    const DEEP: usize = 100_000;
    let scratch = Scratch::with(&[]);
    for (file, content) in [
        ("deep.tf", format!("locals {{\n  x = {}1{}\n}}\n", "[ # ]\n".repeat(DEEP), "]".repeat(DEEP))),
        ("deep.tf", format!("locals {{\n  x = {}1{}\n}}\n", "[\"]\", ".repeat(DEEP), "]".repeat(DEEP))),
        ("deep.tf", format!("locals {{\n  x = {}1{}\n}}\n", "f( /* ) */ ".repeat(DEEP), ")".repeat(DEEP))),
        ("deep.tf", format!("{}{}", "a { # }\n".repeat(DEEP), "}\n".repeat(DEEP))),
        ("deep.tf.json", format!("{{\"x\": {}1{}}}\n", "[\"]\", ".repeat(DEEP), "]".repeat(DEEP))),
    ] {
        scratch.write(file, content);
        scratch.write("queue.tf", QUEUE);
        let report = scratch.json(4, &["scan", "--control", "sqs-encryption"]);
        assert_eq!(report["errors"][0]["file"], file);
        assert!(report["errors"][0]["line"].as_u64() >= Some(1), "{}", report["errors"]);
        assert!(text(&report["errors"][0]["message"]).contains("nest"), "{}", report["errors"]);
        assert_eq!(report["summary"]["findings"], 1);
        fs::remove_file(scratch.path(file)).unwrap();
    }
}

#[test]
fn long_chains_of_operators() {
    let local = |value: String| format!("locals {{\n  x = {value}\n}}\n");
    for content in [
        local("!".repeat(100_000) + "true"),
        local("-".repeat(100_000) + "1"),
        local("true ? 1 : ".repeat(20_000) + "2"),
        local("true ? ".repeat(20_000) + "1" + &" : 2".repeat(20_000)),
        local(format!("\"{}a{}\"", "%{ if true }".repeat(20_000), "%{ endif }".repeat(20_000))),
        local(format!("<<E\n{}a{}\nE\n", "%{ for a in b }".repeat(20_000), "%{ endfor }".repeat(20_000))),
    ] {
        let scratch = Scratch::with(&[("queue.tf", QUEUE)]);
        scratch.write("long.tf", content);
        let report = scratch.json(4, &["scan", "--control", "sqs-encryption"]);
        assert_eq!(report["errors"][0]["file"], "long.tf");
        assert!(report["errors"][0]["line"].as_u64() >= Some(2), "{}", report["errors"]);
        assert_eq!(report["findings"][0]["file"], "queue.tf");
    }
}

/// Long, but not deep: it is treated, or refused with its place.
#[test]
fn long_chains_without_depth() {
    let local = |value: String| format!("locals {{\n  x = {value}\n}}\n");
    for content in [
        local("a".to_owned() + &".b".repeat(50_000)),
        local("a".to_owned() + &"[0]".repeat(50_000)),
        local("a".to_owned() + &"[*]".repeat(50_000)),
        local("1 + ".repeat(50_000) + "1"),
        local(format!("[{}]", "1, ".repeat(50_000))),
        format!("a {} {{}}\n", "\"b\"".repeat(50_000)),
        "# comment\n".repeat(50_000),
        "\n".repeat(500_000),
    ] {
        let scratch = Scratch::with(&[("queue.tf", QUEUE)]);
        scratch.write("long.tf", content);
        let ran = scratch.run(&["scan", "--control", "sqs-encryption", "--format", "json"]);
        let report = ran.json();
        let refused = items(&report["errors"]).len();
        assert_eq!(ran.code, if refused == 0 { 1 } else { 4 }, "{}", ran.stderr);
        assert!(items(&report["errors"]).iter().all(|e| e["line"].is_u64()), "{report}");
        assert_eq!(report["findings"][0]["file"], "queue.tf");
    }
}

#[test]
fn huge_files() {
    let scratch = Scratch::with(&[]);
    for file in ["huge.tf", "huge.tf.json", "huge.auto.tfvars"] {
        let sparse = fs::File::create(scratch.path(file)).unwrap();
        sparse.set_len(50 << 20).unwrap();
        check(&scratch, &Fault { file, place: None, said: "50 MiB is too large (the limit is 16 MiB)" });
        fs::remove_file(scratch.path(file)).unwrap();
    }
    // Data that isn't configuration may be as large as it likes.
    fs::File::create(scratch.path("package.zip")).unwrap().set_len(50 << 20).unwrap();
    fine(&scratch);
}

#[test]
fn unreadable_files() {
    let scratch = Scratch::with(&[("secret.tf", QUEUE)]);
    let close = |path: &str, mode| fs::set_permissions(scratch.path(path), fs::Permissions::from_mode(mode)).unwrap();
    close("secret.tf", 0o000);
    if fs::read(scratch.path("secret.tf")).is_ok() {
        eprintln!("skipped: permissions don't hold this user (root)");
        return;
    }
    check(&scratch, &Fault { file: "secret.tf", place: None, said: "can't be read" });
    close("secret.tf", 0o644);
    fs::remove_file(scratch.path("secret.tf")).unwrap();
    scratch.write("closed/main.tf", QUEUE);
    close("closed", 0o000);
    check(&scratch, &Fault { file: "closed", place: None, said: "can't be read" });
    close("closed", 0o755);
}

#[test]
fn empty_files_are_fine() {
    for content in ["", "\n", "\u{feff}", "# comment", "/* comment */\r\n", "\t \n"] {
        fine(&Scratch::with(&[("empty.tf", content), ("empty.tfvars", content)]));
    }
    fine(&Scratch::with(&[("empty.tf.json", "{}"), ("terraform.tfvars.json", "{}\n")]));
}

#[test]
fn odd_configuration_is_no_crash() {
    for content in [
        "resource \"aws_sqs_queue\" {}\nresource {}\nresource \"a\" \"b\" \"c\" {}\nmodule {}\nvariable {}\noutput {}\ndata {}\n",
        "x = 1\nlocals {}\nlocals \"a\" {}\nterraform {}\nterraform \"x\" {}\nprovider {}\n",
        "locals {\n  a = local.b\n  b = local.a\n  c = local.c\n}\nresource \"aws_s3_bucket\" \"x\" {\n  acl = local.a\n}\n",
        "variable \"a\" {\n  default = var.a\n}\nmodule \"m\" {\n  source = \"./\"\n  a      = module.m.a\n}\n",
        "module \"m\" {\n  source = \"../../../..\"\n}\nmodule \"n\" {\n  source = \"./nowhere\"\n}\nmodule \"o\" {\n  source = 1\n}\n",
    ] {
        let scratch = Scratch::with(&[("odd.tf", content), ("queue.tf", QUEUE)]);
        let ran = scratch.run(&["fix", "--grade", "review", "--format", "json"]);
        let applied = ran.json()["applied"].clone();
        assert!([0, 1].contains(&ran.code), "{content}: {}", ran.stderr);
        assert!(items(&applied).iter().any(|fix| fix["control"] == "sqs-encryption"), "{content}: {applied}");
    }
}

#[test]
fn two_resources_of_one_address_are_no_crash() {
    let scratch = Scratch::with(&[("a.tf", QUEUE), ("b.tf", QUEUE)]);
    let ran = scratch.run(&["fix", "--control", "sqs-encryption", "--write"]);
    assert!([0, 1].contains(&ran.code), "{}", ran.stderr);
    // Fixed or left, but not something else.
    for file in ["a.tf", "b.tf"] {
        let after = scratch.read(file);
        assert!([QUEUE, crate::support::FIXED_QUEUE].contains(&after.as_str()), "{after}");
    }
}

/// A few lines that mean more than any machine holds.
#[test]
fn values_that_grow() {
    let chain = |first: &str, next: &dyn Fn(usize) -> String| {
        let locals: String = (1..40).map(|i| format!("  a{i} = {}\n", next(i - 1))).collect();
        format!("locals {{\n  a0 = {first}\n{locals}}}\n\noutput \"all\" {{\n  value = local.a39\n}}\n")
    };
    let said = "grow too large";
    faulty("grow.tf", chain("\"0123456789\"", &|i| format!("\"${{local.a{i}}}${{local.a{i}}}\"")), None, said);
    faulty("grow.tf", chain("[1]", &|i| format!("[local.a{i}, local.a{i}]")), None, said);
    faulty("grow.tf", chain("{}", &|i| format!("{{ a = local.a{i}, b = local.a{i} }}")), None, said);
    faulty("grow.tf", chain("[1]", &|i| format!("concat(local.a{i}, local.a{i})")), None, said);
    faulty("grow.tf", chain("\"a\"", &|i| format!("join(\"\", [local.a{i}, local.a{i}])")), None, said);
    let loops =
        "output \"all\" {\n  value = [for a in range(1000) : [for b in range(1000) : [for c in range(1000) : 1]]]\n}\n";
    faulty("grow.tf", loops, None, said);
    // What multiplies at once isn't done.
    let scratch = Scratch::with(&[]);
    let long = "a".repeat(1000);
    let locals: String =
        (1..10).map(|i| format!("  a{i} = replace(local.a{}, \"a\", local.a{})\n", i - 1, i - 1)).collect();
    scratch.write(
        "grow.tf",
        format!("locals {{\n  a0 = \"{long}\"\n{locals}}}\n\noutput \"all\" {{\n  value = local.a9\n}}\n"),
    );
    fine(&scratch);
}
