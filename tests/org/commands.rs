//! The commands, as somebody uses them.

use serde_json::json;

use crate::support::github::Fake;
use crate::support::organisation::{CANARY, FINE, ONLY, add, content, hostile, of, org, queue, report, server, stages};
use crate::support::visible::{open_pulls, orphans, visible};

/// Three repositories with something to fix, and one of each kind that is left out.
fn organisation() -> Fake {
    let server = server();
    {
        let mut state = server.state();
        for i in 0..3 {
            add(&mut state, &format!("acme/svc-{i}"), &content(i));
        }
        add(&mut state, "acme/fine", &[("main.tf".into(), FINE.into())]);
        add(&mut state, "acme/website", &[("index.html".into(), "<p>".into()), ("package.json".into(), "{}".into())]);
        add(&mut state, "acme/old", &content(7));
        add(&mut state, "acme/copied", &content(8));
        add(
            &mut state,
            "acme/left-alone",
            &[("main.tf".into(), queue("x")), (".terramend.hcl".into(), "opt_out = \"we move\"\n".into())],
        );
        add(&mut state, "other/foreign", &content(9));
        state.world.repositories.get_mut("acme/old").unwrap().archived = true;
        state.world.repositories.get_mut("acme/copied").unwrap().fork = true;
        let empty = &mut state.world.add("acme/empty", &[]).about;
        empty.extend([("size".to_owned(), json!(0)), ("pushed_at".to_owned(), json!(null))]);
    }
    server
}

const RUN: [&str; 3] = ["run", "--org", "acme"];

#[test]
fn a_run_treats_every_repository_once_and_a_second_one_changes_nothing() {
    let (server, scratch) = (organisation(), tempfile::tempdir().unwrap());
    let run = [&RUN[..], &ONLY[..]].concat();
    let (code, first, said) = report(&server, scratch.path(), &run);
    assert_eq!(code, 0, "{said}");
    assert_eq!(stages(&first), json!({ "clean": 1, "published": 3, "skipped": 5 }), "{first}");
    assert_eq!(first["operations"], json!({ "created": 3 }));
    for (name, reason) in [
        ("acme/old", "it is archived"),
        ("acme/copied", "it is a fork"),
        ("acme/empty", "it is empty"),
        ("acme/website", "it holds no Terraform"),
        ("acme/left-alone", "it opted out: we move"),
    ] {
        assert!(of(&first, name)["reason"].as_str().unwrap().starts_with(reason), "{}", of(&first, name));
    }
    // What isn't worth an archive costs one request.
    let website = server.state().log.iter().filter(|logged| logged.path.contains("acme/website")).count();
    assert_eq!(website, 1);
    let pulls = open_pulls(&server.state());
    assert_eq!(pulls.keys().collect::<Vec<_>>(), ["acme/svc-0", "acme/svc-1", "acme/svc-2"]);
    {
        let state = server.state();
        let text = state.world.repositories["acme/svc-1"].read("terramend/safe", "infra/more/queue.tf").unwrap();
        assert!(text.contains("sqs_managed_sse_enabled = true"), "{text}");
    }
    let seen = visible(&server.state(), "acme");
    let before = server.state().changes;
    let (code, second, said) = report(&server, scratch.path(), &run);
    assert_eq!((code, second["operations"].clone()), (0, json!({ "unchanged": 3 })), "{said}");
    assert_eq!(second["run"]["id"], 2, "the first one was finished");
    assert_eq!(visible(&server.state(), "acme"), seen);
    assert_eq!(server.state().changes, before);
    // What is fixed on the base is closed, by a run over all controls: another one can't know.
    server.state().world.repositories.get_mut("acme/svc-1").unwrap().commit(
        "heads/main",
        "ada",
        "by hand",
        &[("infra/main.tf", FINE), ("infra/more/queue.tf", "")],
    );
    let (_, third, said) = report(&server, scratch.path(), &run);
    assert_eq!(third["operations"], json!({ "unchanged": 2 }), "{said}");
    let (_, fourth, said) = report(&server, scratch.path(), &RUN);
    assert_eq!(fourth["operations"]["closed"], json!(1), "{said} {}", of(&fourth, "acme/svc-1"));
    assert!(orphans(&server.state()).is_empty());
    // The journal holds no secret.
    for file in std::fs::read_dir(scratch.path()).unwrap().flatten() {
        let bytes = std::fs::read(file.path()).unwrap();
        assert!(!bytes.windows(12).any(|window| window == b"secret-token"), "{}", file.path().display());
    }
}

#[test]
fn a_plan_changes_nothing_and_is_applied_later_also_when_a_branch_moved() {
    let (server, scratch) = (organisation(), tempfile::tempdir().unwrap());
    let plan = [&["plan", "--org", "acme"][..], &ONLY[..]].concat();
    let (code, planned, said) = report(&server, scratch.path(), &plan);
    assert_eq!((code, planned["operations"].clone()), (0, json!({ "create": 3 })), "{said}");
    assert_eq!(server.state().changes, 0);
    let diff = of(&planned, "acme/svc-0")["proposals"][0]["diff"].as_str().unwrap();
    assert!(diff.contains("+  sqs_managed_sse_enabled = true"), "{diff}");
    server.state().world.repositories.get_mut("acme/svc-2").unwrap().commit(
        "heads/main",
        "ada",
        "meanwhile",
        &[("infra/main.tf", &queue("renamed"))],
    );
    let (code, applied, said) = report(&server, scratch.path(), &[&["apply"][..], &ONLY[..]].concat());
    assert_eq!((code, applied["operations"]["created"].clone()), (0, json!(3)), "{said}");
    assert!(said.contains("acme/svc-2: its branch moved since it was examined: examined again"), "{said}");
    let text = server.state().world.repositories["acme/svc-2"].read("terramend/safe", "infra/main.tf").unwrap();
    assert!(text.contains("renamed") && text.contains("sqs_managed_sse_enabled"), "{text}");
    let (code, _, said) = org(&server, scratch.path(), &["apply"]);
    assert!(code == 2 && said.contains("the journal has no plan that waits"), "{said}");
}

#[test]
fn parts_are_planned_apart_and_applied_together() {
    let (server, scratch) = (organisation(), tempfile::tempdir().unwrap());
    let (code, parts, said) =
        org(&server, scratch.path(), &["list", "--org", "acme", "--shards", "3", "--out", "lists"]);
    assert!(code == 0 && said.contains("skipped acme/old: it is archived"), "{said}");
    let parts: Vec<u32> = serde_json::from_str(&parts).unwrap();
    assert!(parts.len() > 1, "{parts:?}");
    let mut apply = vec!["apply".to_owned(), "--plan".to_owned()];
    for part in parts {
        let (list, out, journal) = (format!("lists/{part}.jsonl"), format!("{part}.jsonl"), format!("{part}.db"));
        let plan = ["plan", "--listed", &list, "--out", &out, "--journal", &journal, "--no-preview"];
        let (code, _, said) = org(&server, scratch.path(), &[&plan[..], &ONLY[..]].concat());
        assert_eq!(code, 0, "{said}");
        apply.push(out);
    }
    let apply: Vec<&str> = apply.iter().map(String::as_str).collect();
    let (code, applied, said) = report(&server, scratch.path(), &apply);
    // What the listing left out is in no part.
    assert_eq!((code, stages(&applied)), (0, json!({ "clean": 1, "published": 3, "skipped": 2 })), "{said}");
    let (_, names, _) = org(&server, scratch.path(), &["list", "--org", "acme", "--include", "svc-*"]);
    assert_eq!(names, "acme/svc-0\nacme/svc-1\nacme/svc-2\n");
    std::fs::write(scratch.path().join("wrong.jsonl"), "{\"terramend_plan\": 9}\n").unwrap();
    let (code, _, said) = org(&server, scratch.path(), &["apply", "--plan", "wrong.jsonl"]);
    assert!(code == 2 && said.contains("wrong.jsonl:1"), "{said}");
}

#[test]
fn waves_canaries_and_limits_let_the_rest_wait() {
    let (server, scratch) = (organisation(), tempfile::tempdir().unwrap());
    let run = |more: &[&str]| org(&server, scratch.path(), &[&RUN[..], &ONLY[..], more].concat());
    let canary = ["--canary", "acme/svc-1", "--wave", "1"];
    let (code, _, said) = run(&canary);
    assert!(code == 0 && said.contains("waiting for acme/svc-1#"), "{said}");
    assert_eq!(open_pulls(&server.state()).into_keys().collect::<Vec<_>>(), ["acme/svc-1"]);
    {
        let mut state = server.state();
        let repository = state.world.repositories.get_mut("acme/svc-1").unwrap();
        let number = repository.pulls[0].number;
        repository.merge(number);
    }
    let (code, _, said) = run(&canary);
    assert!(code == 0 && said.contains("the wave is out"), "{said}");
    assert_eq!(open_pulls(&server.state()).len(), 1);
    let (_, _, said) = run(&["--max-prs", "2"]);
    assert!(said.contains("as many pull requests as --max-prs allows"), "{said}");
    assert_eq!(open_pulls(&server.state()).len(), 1);
    let (code, out, said) = run(&[]);
    assert!(code == 0 && out.contains("run 1 (run, organisation acme): ") && out.contains("finished"), "{out}{said}");
    assert_eq!(open_pulls(&server.state()).len(), 2);
}

#[test]
fn pull_requests_are_updated_retried_and_closed() {
    let (server, scratch) = (organisation(), tempfile::tempdir().unwrap());
    let run = [&RUN[..], &ONLY[..]].concat();
    server.state().world.repositories.get_mut("acme/svc-2").unwrap().protected = vec!["terramend/".into()];
    let (code, first, _) = report(&server, scratch.path(), &run);
    assert_eq!((code, stages(&first)), (4, json!({ "clean": 1, "failed": 1, "published": 2, "skipped": 5 })));
    server.state().world.repositories.get_mut("acme/svc-2").unwrap().protected.clear();
    let (code, again, said) = report(&server, scratch.path(), &[&["retry"][..], &ONLY[..]].concat());
    assert_eq!((code, stages(&again)["published"].clone()), (0, json!(3)), "{said}");
    assert_eq!(server.state().world.repositories["acme/svc-0"].pulls.len(), 1);
    {
        let mut state = server.state();
        let more = queue("orders0") + "\n" + &queue("more");
        let repository = state.world.repositories.get_mut("acme/svc-0").unwrap();
        repository.commit("heads/main", "ada", "more", &[("infra/main.tf", &more)]);
        add(&mut state, "acme/svc-new", &content(20));
    }
    let (code, updated, said) = report(&server, scratch.path(), &[&["update"][..], &ONLY[..]].concat());
    assert_eq!((code, updated["operations"].clone()), (0, json!({ "unchanged": 2, "updated": 1 })), "{said}");
    assert_eq!(open_pulls(&server.state()).len(), 3, "nothing new");
    let (code, _, said) = org(&server, scratch.path(), &["close", "--reason", "we stop here."]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(open_pulls(&server.state()).len(), 0, "{said}");
    assert!(orphans(&server.state()).is_empty());
    assert!(
        server.state().world.repositories["acme/svc-0"].pulls[0].body.contains("terramend closed this: we stop here.")
    );
}

#[test]
fn hostile_repositories_are_contained_and_reported() {
    let (server, scratch) = (organisation(), tempfile::tempdir().unwrap());
    let expected = hostile(&mut server.state());
    let (code, report, said) = report(&server, scratch.path(), &RUN);
    assert_eq!(code, 4, "{said}");
    assert!(!std::path::Path::new(CANARY).exists(), "nothing of a repository is executed");
    for (name, word) in expected {
        let own = of(&report, name);
        assert!(["clean", "published", "failed"].contains(&own["stage"].as_str().unwrap()), "{own}");
        assert!(own["reason"].to_string().contains(word) || own["notes"].to_string().contains(word), "{word}: {own}");
    }
    let widened = of(&report, "acme/hostile-settings");
    let branches: Vec<_> =
        widened["pull_requests"].as_array().unwrap().iter().map(|pull| pull["branch"].as_str().unwrap()).collect();
    assert_eq!(branches, ["terramend/safe"], "no review, no prefix of its own: {widened}");
    assert!(server.state().world.repositories["acme/hostile-settings"].pulls[0].auto_merge.is_none());
    let pulls = open_pulls(&server.state());
    assert!(["acme/svc-0", "acme/svc-1", "acme/svc-2"].iter().all(|name| pulls.contains_key(*name)), "{pulls:?}");
    assert!(said.chars().all(|c| c == '\n' || !c.is_control()), "{said:?}");
    for format in ["text", "markdown", "html"] {
        let (_, out, _) = org(&server, scratch.path(), &["status", "--format", format]);
        assert!(out.contains("acme/hostile-bomb") && !out.contains('\u{1b}'), "{out}");
    }
}

#[test]
fn what_is_missing_is_said() {
    let (server, scratch) = (organisation(), tempfile::tempdir().unwrap());
    let (code, _, said) = org(&server, scratch.path(), &["run"]);
    assert!(code == 2 && said.contains("no repositories are selected"), "{said}");
    let (code, _, said) = org(&server, scratch.path(), &["status"]);
    assert!(code == 2 && said.contains("there is no journal"), "{said}");
    let (code, named, said) = report(
        &server,
        scratch.path(),
        &["run", "--repo", "acme/gone", "--repo", "acme/fine", "--control", "sqs-encryption"],
    );
    assert_eq!((code, stages(&named)), (4, json!({ "clean": 1, "failed": 1 })), "{said}");
    assert!(of(&named, "acme/gone")["reason"].as_str().unwrap().contains("404"), "{named}");
    let held = terramend::org::journal::Journal::open(&scratch.path().join("held.db")).unwrap();
    let (code, _, said) = org(&server, scratch.path(), &["run", "--org", "acme", "--journal", "held.db"]);
    assert!(code == 2 && said.contains("another run is using this journal"), "{said}");
    drop(held);
}
