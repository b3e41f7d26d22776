//! The command: where it finds repository, address and token, what it prints, and what it never prints.

use serde_json::Value;

use crate::fake::Fake;
use crate::run::NAME;
use crate::support::{FIXED_QUEUE, QUEUE, Scratch};

/// Runs `terramend pr` with an environment of its own.
fn pr(scratch: &Scratch, environment: &[(&str, &str)], arguments: &[&str]) -> (i32, String, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_terramend"));
    for name in ["GITHUB_TOKEN", "GH_TOKEN", "GITHUB_REPOSITORY", "GITHUB_API_URL", "TERRAMEND_APP_ID"] {
        command.env_remove(name);
    }
    command.arg("pr").args(arguments).current_dir(scratch.root()).envs(environment.iter().copied());
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn it_opens_and_reports_and_never_prints_the_token() {
    let fake = Fake::start();
    let secret = "ghp_thisIsTheSecretToken1234567890";
    fake.world(|world| {
        world.add(NAME, &[("infra/main.tf", QUEUE)]);
        let bot = world.tokens["bot"].clone();
        world.tokens.insert(secret.into(), bot);
    });
    let scratch = Scratch::with(&[("infra/main.tf", QUEUE)]);
    scratch.commit();
    scratch.git(&["remote", "add", "origin", "git@github.com:acme/orders.git"]);
    let environment = [("GITHUB_TOKEN", secret), ("GITHUB_API_URL", fake.url.as_str()), ("RUST_LOG", "trace")];
    let (code, stdout, stderr) = pr(&scratch, &environment, &["--format", "json", "--label", "security"]);
    assert_eq!(code, 0, "{stderr}");
    let report: Value = serde_json::from_str(&stdout).unwrap();
    let first = &report["pull_requests"][0];
    assert_eq!((&first["operation"], &first["verified"]), (&"created".into(), &true.into()), "{stderr}");
    assert_eq!(first["url"], format!("https://github.com/{NAME}/pull/{}", first["number"]));
    fake.world(|world| {
        assert_eq!(world.repositories[NAME].read("terramend/safe", "infra/main.tf").as_deref(), Some(FIXED_QUEUE));
        assert_eq!(world.repositories[NAME].pulls[0].labels, ["security"]);
    });
    let (code, text, said) = pr(&scratch, &environment, &["--label", "security"]);
    assert!(code == 0 && text.starts_with("unchanged terramend/safe: Fix sqs-encryption"), "{text}{said}");
    // The flag goes before the environment, and a wrong token isn't repeated.
    let wrong = [("GH_TOKEN", "ghp_wrong"), ("GITHUB_REPOSITORY", "acme/other"), ("GITHUB_API_URL", fake.url.as_str())];
    let (code, out, said) = pr(&scratch, &wrong, &["--repo", NAME]);
    assert!(code == 2 && said.contains("the token is wrong or has expired"), "{said}");
    for printed in [&stdout, &stderr, &text, &out, &said] {
        assert!(!printed.contains("ghp_"), "{printed}");
    }
}

#[test]
fn what_is_missing_is_said() {
    let scratch = Scratch::with(&[("main.tf", QUEUE)]);
    let (code, _, said) = pr(&scratch, &[("GITHUB_TOKEN", "x")], &[]);
    assert!(code == 2 && said.contains("name it with --repo OWNER/NAME"), "{said}");
    let (code, _, said) = pr(&scratch, &[], &["--repo", NAME]);
    assert!(code == 2 && said.contains("there is no token"), "{said}");
    let (code, _, said) = pr(&scratch, &[("TERRAMEND_APP_ID", "1")], &["--repo", NAME]);
    assert!(code == 2 && said.contains("TERRAMEND_APP_ID needs TERRAMEND_APP_PRIVATE_KEY"), "{said}");
    let (code, _, said) = pr(&scratch, &[], &["--repo", "orders"]);
    assert!(code == 2 && said.contains("a repository is named OWNER/NAME"), "{said}");
    // Nobody listens there.
    let nowhere = [("GITHUB_TOKEN", "x"), ("GITHUB_API_URL", "not an address")];
    let (code, _, said) = pr(&scratch, &nowhere, &["--repo", NAME]);
    assert!(code == 2 && said.contains("is no address of an API"), "{said}");
}
