//! Pages of a repository's own: they are used, and their examples are run.

use crate::support::{QUEUE, Scratch, named};

const PLACE: &str = ".terramend/fixes/acme-streams.md";

/// The page of CONTRIBUTING.md under a name of our own.
const PAGE: &str = r#"# Streams are encrypted at rest

One sentence on the risk.

```hcl control
id       = "acme-streams"
family   = "encryption"
severity = "medium"
aliases  = ["ACME_1"]

terraform "aws_kinesis_stream" {
  pass    = self.encryption_type == "KMS"
  message = "records are stored in clear text"

  fix "review" {
    effect = "access"
    note   = "producers and consumers need permissions on the key"
    set {
      encryption_type = "KMS"
      kms_key_id      = "alias/aws/kinesis"
    }
  }
}
```

## Why
## What deploying the fix does
## When not to
## Examples

```hcl bad
resource "aws_kinesis_stream" "clicks" {
  name = "clicks"
}
```

```hcl fixed grade=review effect=access
resource "aws_kinesis_stream" "clicks" {
  name = "clicks"

  encryption_type = "KMS"
  kms_key_id      = "alias/aws/kinesis"
}
```

```hcl good
resource "aws_kinesis_stream" "clicks" {
  encryption_type = "KMS"
}
```
"#;

const STREAM: &str = "resource \"aws_kinesis_stream\" \"clicks\" {\n  name = \"clicks\"\n}\n";

fn with(page: &str) -> Scratch {
    Scratch::with(&[(PLACE, page), ("main.tf", STREAM)])
}

#[test]
fn own_pages_are_used() {
    let scratch = with(PAGE);
    let found = ["acme-streams aws_kinesis_stream.clicks"];
    for id in ["acme-streams", "ACME_1"] {
        assert_eq!(named(&scratch.json(1, &["scan", "--control", id])["findings"]), found);
        assert_eq!(scratch.expect(0, &["explain", id]).stdout, PAGE);
    }
    // Beside the built-in ones.
    let list = scratch.expect(0, &["controls"]).stdout;
    assert!(list.contains("acme-streams") && list.contains("sqs-encryption"), "{list}");
    let report = scratch.json(0, &["fix", "--control", "ACME_1", "--grade", "review", "--write"]);
    assert_eq!(named(&report["applied"]), found);
    let fixed = PAGE.split("```hcl fixed grade=review effect=access\n").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(scratch.read("main.tf"), fixed);
    // Where there is none, nobody knows it.
    Scratch::with(&[("main.tf", STREAM)]).expect(2, &["scan", "--control", "acme-streams"]);
}

#[test]
fn an_own_page_replaces_a_built_in_one() {
    let page = PAGE.replace("acme-streams", "sqs-encryption").replace("aws_kinesis_stream", "aws_sqs_queue");
    let scratch = Scratch::with(&[(".terramend/fixes/sqs-encryption.md", &page), ("main.tf", QUEUE)]);
    let report = scratch.json(1, &["scan", "--control", "sqs-encryption"]);
    assert_eq!(report["findings"][0]["message"], "records are stored in clear text");
}

/// Exit code and streams of `terramend test`.
fn test(page: &str) -> (i32, String, String) {
    let ran = with(page).run(&["test", ".terramend/fixes"]);
    (ran.code, ran.stdout, ran.stderr)
}

#[test]
fn a_good_page_passes() {
    let (code, stdout, stderr) = test(PAGE);
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    assert!(stdout.ends_with(" 0 failed\n") && !stdout.starts_with("0 "), "{stdout}");
    // The same without naming the directory.
    assert_eq!(with(PAGE).expect(0, &["test"]).stdout, stdout);
}

/// Two examples, each in the six shapes that a file can have.
#[test]
fn the_pages_of_the_directory_alone_are_run() {
    let (_, stdout, _) = test(PAGE);
    assert_eq!(stdout, "12 examples, 0 failed\n");
}

#[test]
fn a_wrong_example_fails_and_shows_the_difference() {
    let wrong =
        PAGE.replace("  kms_key_id      = \"alias/aws/kinesis\"\n}\n", "  kms_key_id      = \"alias/mine\"\n}\n");
    assert_ne!(wrong, PAGE);
    let (code, stdout, stderr) = test(&wrong);
    assert_eq!(code, 1, "{stdout}{stderr}");
    for part in [
        "FAILED acme-streams/1/as-written",
        ".terramend/fixes/acme-streams.md:31",
        "\n-  kms_key_id      = \"alias/mine\"\n+  kms_key_id      = \"alias/aws/kinesis\"\n",
    ] {
        assert!(stderr.contains(part), "no {part:?} in {stderr}");
    }
    assert!(!stdout.contains(" 0 failed"), "{stdout}");
}

#[test]
fn examples_of_every_kind_can_fail() {
    let scratch = Scratch::with(&[]);
    let faults = [
        ("```hcl fixed grade=review", "```hcl fixed grade=safe", "the grade is review, the page says safe"),
        ("effect=access\n", "effect=cost\n", "the effect is access, the page says cost"),
        (
            "```hcl good\nresource \"aws_kinesis_stream\" \"clicks\" {\n",
            "```hcl good\nresource \"aws_kinesis_stream\" \"clicks\" {}\nresource \"aws_kinesis_stream\" \"b\" {\n",
            "a good example, but",
        ),
        ("```hcl good\n", "```hcl manual\n", "nothing was found"),
        ("```hcl good\n", "```hcl manual\nresource \"aws_kinesis_stream\" \"b\" {}\n", "it was edited"),
        ("  name = \"clicks\"\n}\n```\n\n```hcl fixed", "  name = \n}\n```\n\n```hcl fixed", "not valid HCL"),
    ];
    for (n, (from, to, _)) in faults.iter().enumerate() {
        let page = PAGE.replace(from, to);
        assert_ne!(page, PAGE, "{from}");
        scratch.write(&format!("pages/acme-{n}.md"), page.replace("acme-streams", &format!("acme-{n}")));
    }
    let ran = scratch.expect(1, &["test", "pages"]);
    for (n, (_, to, said)) in faults.iter().enumerate() {
        let name = format!("acme-{n}/");
        let mut failures = ran.stderr.split("FAILED ").filter(|failure| failure.starts_with(&name));
        assert!(failures.any(|failure| failure.contains(said)), "{to:?}: no {said:?} in {}", ran.stderr);
    }
}

#[test]
fn a_malformed_page_is_refused_with_its_place() {
    for (from, to, line, said) in [
        ("severity = \"medium\"", "severity = \"severe\"", ":8", "low, medium, high, critical"),
        ("family   =", "familly  =", ":7", "`familly`"),
        ("id       = \"acme-streams\"\n", "", "", "`id` is missing"),
        ("== \"KMS\"\n  message", "==\n  message", ":12", ""),
        ("    effect = \"access\"\n", "", ":15", "`effect` is missing"),
        ("    set {", "    sett {", ":18", "`sett`"),
        ("fix \"review\"", "fix \"brave\"", ":15", "`brave`"),
        ("  pass    = self.encryption_type == \"KMS\"\n", "", ":11", "`pass` or `fixer`"),
        ("```hcl bad\n", "```hcl\n", ":37", "`fixed`"),
        ("# Streams are encrypted at rest\n", "\n", ":1", "title"),
        ("```hcl control", "```hcl", "", "hcl control"),
    ] {
        let page = PAGE.replacen(from, to, 1);
        assert_ne!(page, PAGE, "{from}");
        let scratch = with(&page);
        // Not only the tests: a scan must not go on without the control either.
        for arguments in [&["test", ".terramend/fixes"][..], &["scan"], &["fix", "--write"], &["controls"]] {
            let ran = scratch.expect(2, arguments);
            let place = format!(".terramend/fixes/acme-streams.md{line}");
            assert!(ran.stderr.contains(&place) && ran.stderr.contains(said), "{arguments:?} {to:?}: {}", ran.stderr);
        }
        assert_eq!(scratch.read("main.tf"), STREAM);
    }
}

/// A name that nothing stands behind would be unknown for ever.
#[test]
fn a_mistyped_name_is_refused_with_its_place() {
    let pass = "self.encryption_type == \"KMS\"";
    let note = "note   = \"producers and consumers need permissions on the key\"";
    for (from, to, line, said) in [
        (pass, "slef.encryption_type == \"KMS\"", ":12", "unknown name `slef`; did you mean `self`?"),
        (pass, "startswth(self.name, \"a\")", ":12", "unknown function `startswth`; did you mean `startswith`?"),
        (pass, "provider_atleast(\"4.0\")", ":12", "did you mean `provider_at_least`"),
        (pass, "public_signl()", ":12", "did you mean `public_signal`"),
        (pass, "public_signal(1)", ":12", "takes 0 arguments"),
        (pass, "provider.minor > 3", ":12", "did you mean `provider.major`?"),
        (pass, "option.days > 3", ":12", "unknown option `days`"),
        (pass, "anytrue([for s in self.shards : t.open])", ":12", "unknown name `t`"),
        (pass, "versioning.status == \"x\"", ":12", "unknown name `versioning`; known here: self, option, provider"),
        ("message = \"records", "message = \"${target.name} records", ":13", "unknown name `target`"),
        (note, "when   = sefl.name != null", ":17", "unknown name `sefl`"),
        (note, "note   = \"${option.key}\"", ":17", "unknown option `key`"),
        ("\"alias/aws/kinesis\"\n    }", "option.key\n    }", ":20", "unknown option `key`"),
        ("\"alias/aws/kinesis\"\n    }", "added.aws_kms_key.arn\n    }", ":20", "unknown added resource `aws_kms_key`"),
        ("\"alias/aws/kinesis\"\n    }", "lowr(self.name)\n    }", ":20", "did you mean `lower`"),
        ("    set {", "    set_companion \"other\" {", ":18", "unknown companion `other`"),
    ] {
        let page = PAGE.replacen(from, to, 1);
        assert_ne!(page, PAGE, "{from}");
        for arguments in [&["scan"][..], &["test", ".terramend/fixes"], &["controls"]] {
            let ran = with(&page).expect(2, arguments);
            let place = format!(".terramend/fixes/acme-streams.md{line}: ");
            assert!(ran.stderr.contains(&place) && ran.stderr.contains(said), "{to:?}: {}", ran.stderr);
        }
    }
    // Names that `for` gives, names of the user's configuration, and functions within each other are known.
    let page = PAGE.replace(pass, "anytrue([for k, v in self.tags : startswith(lower(k), v) && k != v])");
    with(&page).expect(1, &["scan"]);
}

#[test]
fn a_page_has_its_parts_and_its_name() {
    for (from, to, said) in [
        ("## Why\n", "", "no heading `## Why`"),
        ("## When not to\n", "## When to\n", "no heading `## When not to`"),
        ("```hcl good", "```hcl", "no `good` example"),
        ("acme-streams", "acme-rivers", "should be called acme-rivers.md"),
        ("[\"ACME_1\"]", "[\"ACME_1\", \"ACME_1\"]", "`ACME_1` twice"),
    ] {
        let (code, stdout, stderr) = test(&PAGE.replacen(from, to, 1));
        assert!(code == 1 && stderr.contains(said) && stderr.contains("/page\n"), "{said}: {stdout}{stderr}");
        assert!(stdout.ends_with(" 1 failed\n"), "{stdout}");
    }
}

#[test]
fn a_block_that_is_not_closed_is_refused() {
    let page = PAGE.trim_end().trim_end_matches('`');
    let (code, _, stderr) = test(page);
    assert_eq!(code, 2);
    assert!(stderr.contains("acme-streams.md:46") && stderr.contains("not closed"), "{stderr}");
}

#[test]
fn two_pages_with_one_id_are_refused() {
    let scratch = with(PAGE);
    scratch.write(".terramend/fixes/other.md", PAGE);
    let ran = scratch.expect(2, &["test", ".terramend/fixes"]);
    assert!(ran.stderr.contains("`acme-streams`") && ran.stderr.contains("other.md"), "{}", ran.stderr);
}
