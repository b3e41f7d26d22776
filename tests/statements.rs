//! Changes in statements that exist, however a policy is written: what is written, and what is refused.

use std::path::Path;

use terramend::edit::EditSet;
use terramend::fix::{Change, StatementEdit};
use terramend::iam::policy::Policy;
use terramend::model::Draft;
use terramend::source::{FileId, SourceFile};
use terramend::terraform::{self, lower::align, lower::lower};

/// Changes statement `n` of the first resource that has a `policy`; gives the file's text afterwards.
fn edit_in(path: &Path, text: &str, n: usize, edits: Vec<StatementEdit>) -> Result<String, String> {
    let parsed = terraform::parse(SourceFile::new(path.into(), "main.tf", text)).map_err(|d| d.to_string())?;
    let workspace = terraform::build(vec![parsed].into());
    let project = &workspace.project;
    let resource = project.resources.iter().find(|r| r.body.entry("policy").is_some()).ok_or("there is no policy")?;
    let policy = Policy::of(project, &resource.body, "policy").ok_or("the policy can't be read")?;
    let statement = policy.statements.get(n).ok_or("there is no such statement")?;
    let change = Change::EditStatement { resource: resource.id, argument: "policy".into(), at: statement.at, edits };
    let lowered = lower(&workspace, &[change], None)?;
    let mut set = EditSet::default();
    assert!(set.accept(&lowered.edits), "{:?}", lowered.edits);
    let moved = align(&workspace, &set);
    assert!(set.accept(&moved), "{moved:?}");
    Ok(set.apply(FileId(0), text))
}

fn edit(text: &str, n: usize, edits: Vec<StatementEdit>) -> Result<String, String> {
    edit_in(Path::new("main.tf"), text, n, edits)
}

fn set(name: &str, value: Draft) -> Vec<StatementEdit> {
    vec![StatementEdit::Set(name.into(), value)]
}

fn condition(operator: &str, key: &str, value: &str) -> Vec<StatementEdit> {
    vec![StatementEdit::Condition { operator: operator.into(), key: key.into(), value: Draft::string(value) }]
}

fn actions(names: &[&str]) -> Draft {
    Draft::List(names.iter().map(|name| Draft::string(*name)).collect())
}

/// A policy in `jsonencode`.
fn encoded(statements: &str) -> String {
    format!("resource \"aws_iam_policy\" \"p\" {{\n  policy = jsonencode({{\n    Statement = {statements}\n  }})\n}}\n")
}

/// A policy as text.
fn text(statements: &str) -> String {
    format!(
        "resource \"aws_iam_policy\" \"p\" {{\n  policy = <<-EOT\n    {{\n      \"Statement\": {statements}\n    }}\n  EOT\n}}\n"
    )
}

/// A policy in a document.
fn document(statements: &str) -> String {
    format!(
        "resource \"aws_iam_policy\" \"p\" {{\n  policy = data.aws_iam_policy_document.p.json\n}}\n\n\
         data \"aws_iam_policy_document\" \"p\" {{\n{statements}}}\n"
    )
}

#[test]
fn a_statement_is_taken_away() {
    let remove = || vec![StatementEdit::Remove];
    let a = "{ Effect = \"Allow\", Action = \"a:B\", Resource = \"*\" }";
    let b = "{ Effect = \"Deny\", Action = \"c:D\", Resource = \"*\" }";
    let own_lines = encoded(&format!("[\n      {a},\n      {b}, # last\n    ]"));
    assert_eq!(edit(&own_lines, 0, remove()), Ok(encoded(&format!("[\n      {b}, # last\n    ]"))));
    assert_eq!(edit(&own_lines, 1, remove()), Ok(encoded(&format!("[\n      {a}, # last\n    ]"))));
    let one_line = encoded(&format!("[{a}, {b}]"));
    assert_eq!(edit(&one_line, 0, remove()), Ok(encoded(&format!("[{b}]"))));
    assert_eq!(edit(&one_line, 1, remove()), Ok(encoded(&format!("[{a}]"))));
    let commented = encoded(&format!("[\n      {a},\n      # Why.\n      {b}\n    ]"));
    assert_eq!(edit(&commented, 0, remove()), Err("a comment stands beside the statement".into()));
    let only = encoded(&format!("[{a}]"));
    assert_eq!(edit(&only, 0, remove()), Err("it is the only statement of its policy".into()));
    let (a, b) = (a.replace(" = ", "\": ").replace(", ", ", \"").replace("{ ", "{ \""), b.replace(" = ", "\": "));
    let b = b.replace(", ", ", \"").replace("{ ", "{ \"");
    assert_eq!(edit(&text(&format!("[{a}, {b}]")), 0, remove()), Ok(text(&format!("[{b}]"))));
    assert_eq!(edit(&text(&format!("[\n{a},\n{b}\n]")), 1, remove()), Ok(text(&format!("[\n{a}\n]"))));
    let block = |action: &str| format!("  statement {{\n    actions = [\"{action}\"]\n  }}\n");
    let two = document(&format!("{}\n{}", block("a:B"), block("c:D")));
    assert_eq!(edit(&two, 0, remove()), Ok(document(&block("c:D"))));
    assert_eq!(edit(&two, 1, remove()), Ok(document(&block("a:B"))));
}

#[test]
fn actions_and_resources_are_replaced() {
    let before =
        encoded("[{\n      Effect   = \"Allow\"\n      Action   = [\"a:*\"] # all\n      Resource = \"*\"\n    }]");
    let after = before.replace("[\"a:*\"]", "[\"a:B\", \"a:C\"]");
    assert_eq!(edit(&before, 0, set("Action", actions(&["a:B", "a:C"]))), Ok(after));
    let before = text("{\n        \"Action\" : \"*\",\n        \"Resource\" : \"${aws_x.y.arn}\"\n      }");
    let after = before.replace("\"*\"", "[\"a:B\", \"a:C\"]");
    assert_eq!(edit(&before, 0, set("Action", actions(&["a:B", "a:C"]))), Ok(after));
    assert_eq!(edit(&before, 0, set("Resource", Draft::string("x"))), Err("`Resource` has an interpolation".into()));
    let before = document("  statement {\n    actions   = [\"a:*\"]\n    resources = [local.all]\n  }\n");
    assert_eq!(edit(&before, 0, set("Action", Draft::string("a:B"))), Ok(before.replace("a:*", "a:B")));
    let refused = edit(&before, 0, set("Resource", Draft::string("x")));
    assert_eq!(refused, Err("`resources` is an expression: `[local.all]`".into()));
}

#[test]
fn a_longer_value_keeps_the_file_formatted() {
    let before = encoded("[{\n      Effect = \"Allow\"\n      Action = \"a:*\"\n      Sid    = \"A\"\n    }]");
    let long = ["service:AnActionWithALongName", "service:AnotherActionWithALongName", "service:Third"];
    let after = encoded(
        "[{\n      Effect = \"Allow\"\n      Action = [\n        \"service:AnActionWithALongName\",\n        \
         \"service:AnotherActionWithALongName\",\n        \"service:Third\",\n      ]\n      Sid = \"A\"\n    }]",
    );
    assert_eq!(edit(&before, 0, set("Action", actions(&long))), Ok(after));
}

#[test]
fn conditions_join_those_that_are_there() {
    let with = |condition: &str| encoded(&format!("[{{ Effect = \"Allow\", Condition = {condition} }}]"));
    let before = with("{ ArnEquals = { \"aws:SourceArn\" = \"x\" } }");
    let replaced = edit(&before, 0, condition("ArnEquals", "aws:SourceArn", "y"));
    assert_eq!(replaced, Ok(before.replace("\"x\"", "\"y\"")));
    let key = edit(&before, 0, condition("ArnEquals", "aws:PrincipalArn", "y"));
    assert_eq!(key, Ok(with("{ ArnEquals = { \"aws:SourceArn\" = \"x\", \"aws:PrincipalArn\" = \"y\" } }")));
    let operator = edit(&before, 0, condition("Bool", "aws:SecureTransport", "true"));
    let both = "{ ArnEquals = { \"aws:SourceArn\" = \"x\" }, Bool = { \"aws:SecureTransport\" = \"true\" } }";
    assert_eq!(operator, Ok(with(both)));
    let refused = edit(&with("local.condition"), 0, condition("Bool", "aws:SecureTransport", "true"));
    assert_eq!(refused, Err("the condition is not written out".into()));
    let block = |value: &str| {
        document(&format!(
            "  statement {{\n    condition {{\n      test     = \"Bool\"\n      variable = \"a:B\"\n      values   = [\"{value}\"]\n    }}\n  }}\n"
        ))
    };
    assert_eq!(edit(&block("x"), 0, condition("Bool", "a:B", "y")), Ok(block("y")));
}

#[test]
fn statements_that_are_written_elsewhere_are_refused() {
    let refusal = |text: &str| edit(text, 0, set("Action", Draft::string("a:B"))).expect_err(text);
    let repeated = encoded("[for x in [\"a\"] : { Effect = \"Allow\", Action = x }]");
    assert_eq!(refusal(&repeated), "the statement stands in a `for` expression or a dynamic block");
    let merged = encoded("[merge({ Effect = \"Allow\" }, { Action = \"a\" })]");
    assert!(refusal(&merged).starts_with("it is written elsewhere: `merge("), "{}", refusal(&merged));
    let statement = "  statement {\n    actions = [\"a:*\"]\n  }\n";
    let user = "\nresource \"aws_iam_role_policy\" \"q\" {\n  policy = data.aws_iam_policy_document.p.json\n}\n";
    let shared = document(statement) + user;
    assert_eq!(refusal(&shared), "data.aws_iam_policy_document.p also serves aws_iam_role_policy.q");
    let output = document(statement) + "\noutput \"p\" {\n  value = data.aws_iam_policy_document.p.json\n}\n";
    assert_eq!(refusal(&output), "data.aws_iam_policy_document.p is an output of the module, too");
    let local = "locals {\n  s = { Effect = \"Allow\", Action = \"a:*\" }\n}\n\n".to_owned();
    let once = local.clone() + &encoded("[{ Effect = \"Deny\" }, local.s]");
    assert!(edit(&once, 1, set("Action", Draft::string("a:B"))).is_err(), "the list holds a name, not the statement");
    let list = "locals {\n  s = [{ Effect = \"Allow\", Action = \"a:*\" }]\n}\n\n".to_owned() + &encoded("local.s");
    assert_eq!(edit(&list, 0, set("Action", Draft::string("a:B"))), Ok(list.replace("a:*", "a:B")));
    let twice = list + "\noutput \"s\" {\n  value = local.s\n}\n";
    assert_eq!(refusal(&twice), "`local.s` serves others, too");
}

#[test]
fn templates_are_read_and_not_changed() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::create_dir(directory.path().join("policies")).expect("a directory");
    let template = "{\n  \"Statement\": [{\n    \"Effect\": \"Allow\",\n    \"Action\": ${jsonencode(actions)},\n    \
                    \"Resource\": [\"${queue}\", ${more}]\n  }]\n}\n";
    std::fs::write(directory.path().join("policies/p.json"), template).expect("written");
    std::fs::write(directory.path().join("outside.json"), template).expect("written");
    let read = |path: &str| {
        let text = format!(
            "resource \"aws_sqs_queue\" \"q\" {{}}\n\nresource \"aws_iam_policy\" \"p\" {{\n  policy = templatefile({path}, {{\n    \
             actions = [\"sqs:*\"], queue = aws_sqs_queue.q.arn, more = var.more\n  }})\n}}\n"
        );
        let path = directory.path().join("policies/main.tf");
        let parsed = terraform::parse(SourceFile::new(path.clone(), "main.tf", &text)).expect("it is HCL");
        let project = terraform::build(vec![parsed].into()).project;
        let policy = Policy::of(&project, &project.resources[1].body, "policy");
        (policy, edit_in(&path, &text, 0, set("Action", Draft::string("sqs:SendMessage"))))
    };
    for path in ["\"${path.module}/p.json\"", "\"p.json\"", "\"${path.root}/./p.json\""] {
        let (policy, edited) = read(path);
        let policy = policy.expect(path);
        let statement = &policy.statements[0];
        assert!(policy.complete && statement.covers_action("sqs:DeleteQueue"), "{path}: {statement:?}");
        assert_eq!(statement.resources.len(), 2);
        let refused = edited.expect_err("templates aren't edited");
        let reason = format!("the policy stands in a file of its own, which others may use: `{path}`");
        assert_eq!(refused, reason);
    }
    for path in ["\"../outside.json\"", "\"missing.json\"", "\"/etc/hostname\"", "var.path"] {
        assert!(read(path).0.is_none(), "{path}");
    }
}
