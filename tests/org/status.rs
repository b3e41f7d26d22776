//! What became of pull requests: asked of GitHub economically, kept over time, and forgotten when nobody needs it.

use serde_json::{Value, json};

use crate::support::github::Fake;
use crate::support::organisation::{ONLY, add, content, of, org, report, server};

fn organisation(count: usize) -> Fake {
    let server = server();
    for i in 0..count {
        add(&mut server.state(), &format!("acme/svc-{i:02}"), &content(3));
    }
    server
}

/// Requests of GraphQL for states.
fn asked(server: &Fake) -> Vec<usize> {
    let state = server.state();
    let queries = state.log.iter().filter_map(|logged| logged.body["query"].as_str());
    queries.filter(|query| query.contains("timelineItems")).map(|query| query.matches("repository(").count()).collect()
}

#[test]
fn a_live_status_asks_for_fifty_at_once_and_never_again_for_what_is_merged() {
    let (server, scratch) = (organisation(60), tempfile::tempdir().unwrap());
    let run = [&["run", "--org", "acme"][..], &ONLY[..]].concat();
    let (code, first, said) = report(&server, scratch.path(), &run);
    assert_eq!((code, first["states"].clone()), (0, json!({})), "{said}");
    {
        let mut state = server.state();
        let mut pull = |name: &str, act: &dyn Fn(&mut crate::support::github::world::Repository)| {
            act(state.world.repositories.get_mut(name).unwrap());
        };
        pull("acme/svc-00", &|repository| repository.merge(repository.pulls[0].number));
        pull("acme/svc-01", &|repository| {
            repository.pulls[0].open = false;
            repository.pulls[0].events.push(("closed".into(), "ada".into()));
        });
        pull("acme/svc-02", &|repository| repository.pulls[0].draft = true);
        state.world.repositories.remove("acme/svc-03");
    }
    let changes = server.state().changes;
    let (code, live, said) = report(&server, scratch.path(), &["status", "--live"]);
    let expected = json!({ "closed": 1, "draft": 1, "gone": 1, "merged": 1, "open": 56 });
    assert_eq!((code, live["states"].clone()), (0, expected.clone()), "{said}");
    assert_eq!((asked(&server), server.state().changes), (vec![50, 10], changes), "two requests for sixty");
    let closed = &of(&live, "acme/svc-01")["pull_requests"][0];
    assert_eq!(
        (&closed["state"], &closed["closed_by"], &closed["operation"]),
        (&json!("closed"), &json!("ada"), &json!("created"))
    );
    let (_, text, _) = org(&server, scratch.path(), &["status"]);
    assert!(text.contains("on GitHub:     1 closed, 1 draft, 1 gone, 1 merged, 56 open\n"), "{text}");
    assert!(text.contains("/pull/") && text.contains(" (closed by ada)\n") && text.contains(" (merged)\n"), "{text}");
    let (_, again, _) = report(&server, scratch.path(), &["status", "--live"]);
    assert_eq!(asked(&server)[2..], [50, 9], "what is merged stays so");
    assert_eq!(again["states"], expected);
    let kept = |report: &Value| report["progress"].as_array().unwrap().len();
    assert_eq!((kept(&live), kept(&again)), (1, 1), "nothing changed meanwhile");
    assert_eq!(live["progress"][0]["open"], 56);
    assert_eq!(
        live["history"][0]["run"]["findings"],
        first["run"]["findings"].as_u64().map_or(json!(120), Value::from)
    );
}

#[test]
fn a_status_since_adds_runs_up_and_old_runs_are_forgotten() {
    let (server, scratch) = (organisation(3), tempfile::tempdir().unwrap());
    let run = |more: &[&str]| report(&server, scratch.path(), &[&["run"], more, &ONLY[..]].concat());
    let (_, first, _) = run(&["--repo", "acme/svc-00", "--repo", "acme/svc-01"]);
    assert_eq!(first["operations"], json!({ "created": 2 }));
    let (_, second, _) = run(&["--repo", "acme/svc-01", "--repo", "acme/svc-02"]);
    assert_eq!(second["operations"], json!({ "created": 1, "unchanged": 1 }));
    let (code, since, said) = report(&server, scratch.path(), &["status", "--since", "1d"]);
    assert_eq!((code, since["operations"].clone()), (0, json!({ "created": 3 })), "{said}");
    assert_eq!(
        (since["stages"].clone(), since["run"]["target"].as_str().unwrap().starts_with("2 runs since ")),
        (json!({ "published": 3 }), true)
    );
    let (code, _, said) = org(&server, scratch.path(), &["status", "--since", "2099-01-01"]);
    assert!(code == 2 && said.contains("there is no run since 2099-01-01"), "{said}");
    let (code, _, said) = org(&server, scratch.path(), &["status", "--since", "yesterday"]);
    assert!(code == 2 && said.contains("write 2026-11-01, 30d or 12h"), "{said}");
    let (code, out, said) = org(&server, scratch.path(), &["prune", "--keep", "1", "--since", "1d"]);
    assert!(code == 0 && out.starts_with("0 runs forgotten, 2 kept"), "{out}{said}");
    let (code, out, said) = org(&server, scratch.path(), &["prune", "--keep", "1"]);
    assert!(code == 0 && out.starts_with("1 runs forgotten, 1 kept"), "{out}{said}");
    let (_, left, _) = report(&server, scratch.path(), &["status", "--since", "1d"]);
    assert_eq!((left["history"].as_array().unwrap().len(), &left["operations"]), (1, &second["operations"]));
    let (code, _, said) = org(&server, scratch.path(), &["prune", "--journal", "none.db"]);
    assert!(code == 2 && said.contains("there is no journal") && !scratch.path().join("none.db").exists(), "{said}");
}

#[test]
fn a_journal_of_the_first_version_is_read_and_taken_over() {
    let (server, scratch) = (organisation(1), tempfile::tempdir().unwrap());
    let run = [&["run", "--org", "acme"][..], &ONLY[..]].concat();
    report(&server, scratch.path(), &run);
    let old = rusqlite::Connection::open(scratch.path().join("terramend-org.db")).unwrap();
    old.execute_batch(
        "DROP TABLE live; DROP TABLE progress; DROP TABLE dashboard; ALTER TABLE run DROP COLUMN findings; PRAGMA user_version = 1",
    )
    .unwrap();
    drop(old);
    let (code, read, said) = report(&server, scratch.path(), &["status"]);
    assert_eq!((code, read["operations"].clone()), (0, json!({ "created": 1 })), "{said}");
    let (code, live, said) = report(&server, scratch.path(), &["status", "--live"]);
    assert_eq!((code, live["states"].clone()), (0, json!({ "open": 1 })), "{said}");
}
