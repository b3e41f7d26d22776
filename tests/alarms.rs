//! Alarms of modules that others call: where they go is passed to them.

#![allow(clippy::unwrap_used)]

mod support;

use support::Scratch;

const ROOT: &str = r#"resource "aws_sns_topic" "alarms" {
  name = "alarms"
}

module "orders" {
  source = "./queue"
  name   = "orders"
}

module "mails" {
  source = "./queue"

  name = "mails"
}
"#;

const QUEUE: &str = r#"variable "name" {
  type = string
}

resource "aws_sqs_queue" "this" {
  name = var.name
}
"#;

const FIX: [&str; 6] = ["fix", "--grade", "review", "--control", "sqs-alarm-age", "--write"];

fn fixed(project: &Scratch, code: i32) -> String {
    let ran = project.expect(code, &[&FIX[..], &["."]].concat());
    ran.stdout + &ran.stderr
}

#[test]
fn calls_pass_where_alarms_go() {
    let project = Scratch::with(&[("main.tf", ROOT), ("queue/main.tf", QUEUE)]);
    fixed(&project, 0);
    let passed = ROOT
        .replace("  name   = \"orders\"\n", "  name   = \"orders\"\n\n  alarm_actions = [aws_sns_topic.alarms.arn]\n")
        .replace("  name = \"mails\"\n", "  name = \"mails\"\n\n  alarm_actions = [aws_sns_topic.alarms.arn]\n");
    assert_eq!(project.read("main.tf"), passed);
    let queue = project.read("queue/main.tf");
    assert!(queue.starts_with(QUEUE.trim_end()), "{queue}");
    assert!(queue.contains("  alarm_actions       = var.alarm_actions\n"), "{queue}");
    let variable = "\n\nvariable \"alarm_actions\" {\n  description = \"ARNs of what alarms notify\"\n  type        = list(string)\n  \
                    default     = []\n}\n";
    assert!(queue.ends_with(variable), "{queue}");
    assert!(fixed(&project, 0).contains("0 findings"));
}

#[test]
fn nothing_is_passed_to_another_region_or_over_what_is_there() {
    let regions = ROOT.replace("\n\n  name = \"mails\"", "\n\n  providers = { aws = aws.paris }\n  name = \"mails\"");
    let taken = format!("{QUEUE}\nvariable \"alarm_actions\" {{\n  type = string\n}}\n");
    let other = "module \"q\" {\n  source = \"../queue\"\n  name   = \"q\"\n}\n";
    for (root, queue, other, reason) in [
        (regions.as_str(), QUEUE, "", "another region"),
        (ROOT, taken.as_str(), "", "`var.alarm_actions` is declared already"),
        // One of its uses has no place for alarms.
        (ROOT, QUEUE, other, "each use would get a topic of its own"),
    ] {
        let project = Scratch::with(&[("main.tf", root), ("queue/main.tf", queue), ("other/main.tf", other)]);
        let said = fixed(&project, 1);
        assert!(said.contains(reason), "{said}");
        assert_eq!((project.read("main.tf").as_str(), project.read("queue/main.tf").as_str()), (root, queue));
    }
}
