//! The issue that shows the report: one, in place, and nobody else's.

use serde_json::json;

use crate::support::github::Fake;
use crate::support::github::faults::{Fault, Rule};
use crate::support::organisation::{FINE, ONLY, add, content, org, queue, server};

const CENTRAL: &str = "acme/security";

fn organisation() -> Fake {
    let server = server();
    add(&mut server.state(), "acme/svc-0", &content(3));
    add(&mut server.state(), CENTRAL, &[("README.md".into(), "# us\n".into())]);
    server
}

fn run(server: &Fake, directory: &std::path::Path, more: &[&str]) -> (i32, String) {
    let run = ["run", "--org", "acme", "--dashboard", CENTRAL];
    let (code, _, said) = org(server, directory, &[&run[..], &ONLY[..], more].concat());
    assert_eq!(server.faults(), [""; 0]);
    (code, said)
}

/// Titles, texts and whether they are open.
fn issues(server: &Fake) -> Vec<(String, String, bool)> {
    let state = server.state();
    let issues = &state.world.repositories[CENTRAL].issues;
    issues.iter().map(|issue| (issue.title.clone(), issue.body.clone(), issue.open)).collect()
}

#[test]
fn there_is_one_issue_that_is_written_anew() {
    let (server, scratch) = (organisation(), tempfile::tempdir().unwrap());
    let (code, said) = run(&server, scratch.path(), &[]);
    assert!(
        code == 0 && said.contains("dashboard: https://github.com/acme/security/issues/") && said.contains(" is new"),
        "{said}"
    );
    let first = issues(&server);
    assert_eq!((first.len(), first[0].0.as_str()), (1, "terramend: all repositories"));
    assert!(
        first[0].1.starts_with("<!-- terramend-dashboard: all repositories -->\n") && first[0].1.contains("acme/svc-0"),
        "{}",
        first[0].1
    );
    add(&mut server.state(), "acme/svc-1", &[("main.tf".into(), queue("more"))]);
    let (_, said) = run(&server, scratch.path(), &[]);
    assert!(said.contains(" is up to date again"), "{said}");
    let second = issues(&server);
    assert!(second.len() == 1 && second[0].1.contains("acme/svc-1"), "{second:?}");
    let changes = server.state().changes;
    let (code, _, said) = org(&server, scratch.path(), &["status", "--dashboard", CENTRAL]);
    assert!(code == 0 && said.contains(" was up to date") && server.state().changes == changes, "{said}");
    // Another journal: found by its marker, among issues of others and pull requests.
    let mut state = server.state();
    let number = state.world.next();
    let forged = crate::support::github::world::Issue {
        number,
        author: "eve".into(),
        title: "x".into(),
        body: second[0].1.clone(),
        open: true,
    };
    state.world.repositories.get_mut(CENTRAL).unwrap().issues.push(forged);
    drop(state);
    let elsewhere = tempfile::tempdir().unwrap();
    let (_, said) = run(&server, elsewhere.path(), &[]);
    let third = issues(&server);
    assert!(third.len() == 2 && third[1].1 == second[0].1, "nobody else's is touched: {said}");
    let (_, said) = run(&server, elsewhere.path(), &["--dashboard-name", "payments"]);
    assert!(issues(&server).len() == 3 && said.contains(" is new"), "{said}");
}

#[test]
fn one_that_somebody_closed_is_left_alone() {
    let (server, scratch) = (organisation(), tempfile::tempdir().unwrap());
    run(&server, scratch.path(), &[]);
    server.state().world.repositories.get_mut(CENTRAL).unwrap().issues[0].open = false;
    for directory in [scratch.path(), tempfile::tempdir().unwrap().path()] {
        add(&mut server.state(), "acme/svc-1", &[("main.tf".into(), FINE.into())]);
        std::fs::create_dir_all(directory).unwrap();
        let before = issues(&server);
        let (code, said) = run(&server, directory, &[]);
        assert!(code == 0 && said.contains("was closed and is left alone"), "{said}");
        assert_eq!(issues(&server), before);
    }
}

#[test]
fn a_lost_answer_makes_no_second_issue_and_a_refusal_loses_no_run() {
    let (server, scratch) = (organisation(), tempfile::tempdir().unwrap());
    server.rule(Rule::new("POST", "/issues", Fault::DoneAndDrop));
    let (code, said) = run(&server, scratch.path(), &[]);
    assert_eq!((code, issues(&server).len(), server.waiting()), (0, 1, 0), "{said}");
    server.rule(Rule::new(
        "PATCH",
        "/issues",
        Fault::Refuse(403, Vec::new(), "{\"message\":\"Resource not accessible\"}".into()),
    ));
    add(&mut server.state(), "acme/svc-1", &[("main.tf".into(), queue("more"))]);
    let (code, said) = run(&server, scratch.path(), &[]);
    assert!(
        code == 4 && said.contains("warning: the dashboard in acme/security can't be written: GitHub answers 403"),
        "{said}"
    );
    let (_, out, _) = org(&server, scratch.path(), &["status"]);
    assert!(out.contains("finished"), "{out}");
}

#[test]
fn a_public_repository_shows_nothing_of_private_ones() {
    let (server, scratch) = (organisation(), tempfile::tempdir().unwrap());
    let public = [("visibility".to_owned(), json!("public")), ("private".to_owned(), json!(false))];
    server.state().world.repositories.get_mut(CENTRAL).unwrap().about.extend(public.clone());
    let (code, said) = run(&server, scratch.path(), &[]);
    assert!(
        code == 4 && said.contains("acme/security is public, and the report names acme/svc-0, which is not"),
        "{said}"
    );
    assert!(issues(&server).is_empty());
    server.state().world.repositories.get_mut("acme/svc-0").unwrap().about.extend(public);
    let (code, said) = run(&server, scratch.path(), &[]);
    assert!(code == 0 && issues(&server).len() == 1, "{said}");
}
