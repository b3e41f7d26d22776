//! A value is changed where it is given: in a variable that decides on it, through the calls that pass it on.

#![allow(clippy::unwrap_used)]

mod support;

use support::Scratch;

/// A module's table, the module that uses it, and the root.
fn tables(root: &str) -> Scratch {
    let variable = "variable \"recovery\" {\n  type    = bool\n  default = false\n}\n";
    let table = format!(
        "{variable}\nresource \"aws_dynamodb_table\" \"t\" {{\n  name     = \"t\"\n  hash_key = \"id\"\n\n  \
         point_in_time_recovery {{\n    enabled = var.recovery\n  }}\n}}\n"
    );
    let middle = format!("{variable}\nmodule \"table\" {{\n  source   = \"../table\"\n  recovery = var.recovery\n}}\n");
    Scratch::with(&[("modules/table/main.tf", &table), ("modules/data/main.tf", &middle), ("main.tf", root)])
}

const RECOVERY: [&str; 7] =
    ["fix", "--grade", "review", "--write", "--control", "dynamodb-point-in-time-recovery", "."];

/// What a module is passed by a module that is passed it is changed where it comes from.
#[test]
fn through_modules_to_the_root() {
    let root = "variable \"recovery\" {\n  default = false\n}\n\nmodule \"data\" {\n  source   = \"./modules/data\"\n  \
                recovery = var.recovery\n}\n";
    let project = tables(root);
    project.expect(0, &RECOVERY);
    assert_eq!(project.read("main.tf"), root.replace("false", "true"));
    assert!(project.read("modules/data/main.tf").contains("default = false"));

    let root = "module \"data\" {\n  source   = \"./modules/data\"\n  recovery = false\n}\n";
    let project = tables(root);
    project.expect(0, &RECOVERY);
    assert_eq!(project.read("main.tf"), root.replace("false", "true"));

    // Nobody passes it: the default of the module that could.
    let project = tables("module \"data\" {\n  source = \"./modules/data\"\n}\n");
    project.expect(0, &RECOVERY);
    assert!(project.read("modules/data/main.tf").contains("default = true"));
    assert!(project.read("modules/table/main.tf").contains("default = false"));

    // An expression of something else stays, and is told.
    let root = "module \"data\" {\n  source   = \"./modules/data\"\n  recovery = local.live\n}\n\nlocals {\n  live = false\n}\n";
    let project = tables(root);
    let shown = project.run(&[&RECOVERY[..], &["--format", "json"]].concat());
    assert!(shown.stdout.contains("module data passes `local.live` as `recovery`"));
    assert_eq!(project.read("main.tf"), root);
}

/// Of two uses only the one that fails is changed.
#[test]
fn only_the_use_that_fails() {
    let call = |name: &str, recovery: bool| {
        format!("module \"{name}\" {{\n  source   = \"./modules/data\"\n  recovery = {recovery}\n}}\n")
    };
    let project = tables(&format!("{}\n{}", call("live", true), call("test", false)));
    project.expect(0, &RECOVERY);
    assert_eq!(project.read("main.tf"), format!("{}\n{}", call("live", true), call("test", true)));
}

fn versioned(status: &str, variables: &[&str]) -> String {
    let variables = variables.iter().map(|name| format!("variable \"{name}\" {{\n  default = false\n}}\n\n"));
    let versioning = format!(
        "resource \"aws_s3_bucket\" \"b\" {{\n  bucket = \"b\"\n}}\n\nresource \"aws_s3_bucket_versioning\" \"b\" {{\n  \
         bucket = aws_s3_bucket.b.id\n\n  versioning_configuration {{\n    status = {status}\n  }}\n}}\n"
    );
    variables.chain([versioning]).collect()
}

/// A variable that chooses between two values is turned, if it does nothing else.
#[test]
fn a_switch_is_turned() {
    let run = ["fix", "--grade", "review", "--write", "--control", "s3-versioning", "."];
    let fixed = |text: &str| {
        let project = Scratch::with(&[("main.tf", text)]);
        let code = project.run(&run).code;
        (code, project.read("main.tf"))
    };
    let choice = r#"var.keep_old ? "Enabled" : "Suspended""#;
    let text = versioned(choice, &["keep_old"]);
    assert_eq!(fixed(&text), (0, text.replace("default = false", "default = true")));

    // What is production stays that, and what is said elsewhere is more than this.
    let place = versioned(r#"var.is_production ? "Enabled" : "Suspended""#, &["is_production"]);
    let wide = format!("{text}\noutput \"kept\" {{\n  value = var.keep_old\n}}\n");
    let both = versioned(r#"var.a && var.b ? "Enabled" : "Suspended""#, &["a", "b"]);
    for text in [place, wide, both] {
        assert_eq!(fixed(&text), (1, text));
    }
}

/// A block that a variable makes is made by it, unless a call says that it should not.
#[test]
fn a_dynamic_block_is_switched_on() {
    let module = "variable \"mode\" {\n  default = null\n}\n\nresource \"aws_lambda_function\" \"f\" {\n  function_name = \"f\"\n  \
                  role          = \"arn:aws:iam::123456789012:role/f\"\n\n  dynamic \"tracing_config\" {\n    \
                  for_each = var.mode == null ? [] : [true]\n    content {\n      mode = var.mode\n    }\n  }\n}\n";
    let call = "module \"f\" {\n  source = \"./f\"\n}\n";
    let run = ["fix", "--grade", "review", "--write", "--control", "lambda-tracing", "."];
    let project = Scratch::with(&[("f/main.tf", module), ("main.tf", call)]);
    project.run(&run);
    assert_eq!(project.read("f/main.tf"), module.replace("default = null", "default = \"Active\""));

    let off = call.replace("./f\"\n", "./f\"\n  mode   = \"PassThrough\"\n");
    let project = Scratch::with(&[("f/main.tf", module), ("main.tf", &off)]);
    project.run(&run);
    assert_eq!((project.read("f/main.tf"), project.read("main.tf")), (module.to_owned(), off));
}
