//! Which repositories are taken, by every way to name them, and what each costs.

use serde_json::{Value, json};

use crate::support::github::Fake;
use crate::support::organisation::{FINE, add, org, server};

/// Repositories that differ in one thing each.
fn organisation() -> Fake {
    let server = server();
    let mut state = server.state();
    for (name, key, value) in [
        ("acme/plain", "size", json!(10)),
        ("acme/topical", "topics", json!(["payments", "aws"])),
        ("acme/python", "language", json!("Python")),
        ("acme/open", "visibility", json!("public")),
        ("acme/inner", "visibility", json!("internal")),
        ("acme/pattern", "is_template", json!(true)),
        ("acme/shut", "disabled", json!(true)),
        ("ada/own", "size", json!(10)),
    ] {
        add(&mut state, name, &[("main.tf".into(), FINE.into())]);
        state.world.repositories.get_mut(name).unwrap().about.insert(key.into(), value);
    }
    let tiers = &mut state.world.repositories.get_mut("acme/plain").unwrap().properties;
    tiers.insert("tier".into(), "1".into());
    add(&mut state, "acme/old", &[("main.tf".into(), FINE.into())]);
    state.world.repositories.get_mut("acme/old").unwrap().archived = true;
    drop(state);
    server
}

/// The names that a selection takes, what is said of the others, and how many requests it costs.
fn selected(server: &Fake, arguments: &[&str]) -> (Vec<String>, String, usize) {
    let scratch = tempfile::tempdir().unwrap();
    std::fs::write(scratch.path().join("names.txt"), "# ours\nacme/plain\nhttps://github.com/ada/own.git\n").unwrap();
    let before = server.state().log.len();
    let (code, out, said) = org(server, scratch.path(), &[&["list"], arguments].concat());
    assert!(code == 0, "{code} {said}");
    let requests = server.state().log.len() - before;
    assert_eq!(server.faults(), [""; 0], "as GitHub describes it");
    (out.lines().map(str::to_owned).collect(), said, requests)
}

#[test]
fn every_way_to_name_repositories_finds_them() {
    let server = organisation();
    let live = ["acme/inner", "acme/open", "acme/plain", "acme/python", "acme/topical"];
    for (arguments, expected, requests) in [
        (&["--org", "acme"][..], &live[..], 1),
        (&["--user", "ada"], &["ada/own"], 1),
        (&["--installation"], &[&live[..], &["ada/own"]].concat(), 1),
        (&["--search", "org:acme topic:payments"], &["acme/topical"], 1),
        (&["--search", "org:acme language:python archived:false"], &["acme/python"], 1),
        (&["--repo", "acme/plain", "--repo", "https://github.com/acme/open"], &["acme/plain", "acme/open"], 2),
        (&["--repos", "names.txt"], &["acme/plain", "ada/own"], 2),
        (&["--org", "acme", "--user", "ada", "--include", "o*"], &["acme/open", "ada/own"], 2),
    ] {
        let (names, said, cost) = selected(&server, arguments);
        assert_eq!((names.as_slice(), cost), (expected.owned().as_slice(), requests), "{arguments:?} {said}");
    }
}

/// Texts as strings.
trait Owned {
    fn owned(&self) -> Vec<String>;
}

impl Owned for [&str] {
    fn owned(&self) -> Vec<String> {
        self.iter().map(|text| (*text).to_owned()).collect()
    }
}

#[test]
fn every_filter_says_why_it_leaves_one_out() {
    let server = organisation();
    let (_, said, _) = selected(&server, &["--org", "acme"]);
    for (name, reason) in [
        ("acme/old", "it is archived (take it with --archived)"),
        ("acme/pattern", "it is a template (take it with --templates)"),
        ("acme/shut", "GitHub has disabled it"),
    ] {
        assert!(said.contains(&format!("skipped {name}: {reason}\n")), "{said}");
    }
    for (filter, taken, reason) in [
        (&["--topic", "payments,ios"][..], &["acme/topical"][..], "it has none of the topics payments, ios"),
        (&["--exclude-topic", "aws", "--include", "topical"], &[], "it has the topic `aws` of --exclude-topic"),
        (&["--language", "python"], &["acme/python"], "its main language is HCL"),
        (&["--visibility", "public"], &["acme/open"], "it is private"),
        (&["--visibility", "internal"], &["acme/inner"], "it is public"),
        (&["--include", "pl*"], &["acme/plain"], "no pattern of --include matches its name"),
        (&["--include", "p*", "--exclude", "acme/p[lx]*"], &["acme/python"], "the pattern `acme/p[lx]*` of --exclude"),
        (&["--property", "tier=1"], &["acme/plain"], "its property `tier` is not set"),
        (&["--property", "tier=2"], &[], "its property `tier` is 1"),
        (&["--archived", "--templates", "--include", "old,pattern"], &[], "no pattern"),
        (&["--archived", "--templates", "--include", "{old,pattern}"], &["acme/old", "acme/pattern"], "no pattern"),
    ] {
        let (names, said, cost) = selected(&server, &[&["--org", "acme"], filter].concat());
        assert_eq!(names, taken.owned(), "{filter:?} {said}");
        assert!(said.contains(reason), "{filter:?} {said}");
        assert_eq!(cost, 1 + usize::from(filter[0] == "--property"), "properties come with one more request");
    }
    let (names, said, _) = selected(&server, &["--org", "acme", "--shard", "0/2"]);
    let (others, _, _) = selected(&server, &["--org", "acme", "--shard", "1/2"]);
    assert!(names.len() + others.len() == 5 && names.iter().all(|name| !others.contains(name)), "{names:?} {said}");
}

#[test]
fn long_lists_come_page_by_page_and_searches_say_what_they_leave_out() {
    let server = server();
    for i in 0..230 {
        add(&mut server.state(), &format!("acme/svc-{i:03}"), &[("main.tf".into(), FINE.into())]);
    }
    for arguments in [&["--org", "acme"][..], &["--installation"], &["--search", "org:acme"]] {
        let (names, _, requests) = selected(&server, arguments);
        assert_eq!((names.len(), requests), (230, 3), "{arguments:?}");
    }
    for i in 230..1010 {
        server.state().world.add(&format!("acme/svc-{i:04}"), &[]);
    }
    let (names, said, requests) = selected(&server, &["--search", "org:acme"]);
    assert_eq!((names.len(), requests), (1000, 10));
    assert!(said.contains("warning: the search finds 1010 repositories, and GitHub gives the first 1000"), "{said}");
}

#[test]
fn what_holds_nothing_costs_one_request() {
    let server = server();
    let scratch = tempfile::tempdir().unwrap();
    for (name, file) in [("acme/site", "index.html"), ("acme/app", "package.json"), ("acme/stack", "cdk.json")] {
        add(&mut server.state(), name, &[(file.into(), "{}".into())]);
    }
    let (code, out, said) = org(&server, scratch.path(), &["plan", "--org", "acme", "--format", "json"]);
    assert_eq!(code, 0, "{said}");
    let report: Value = serde_json::from_str(&out).unwrap();
    let cost = |name: &str| server.state().log.iter().filter(|logged| logged.path.contains(name)).count();
    assert_eq!((cost("acme/site"), cost("acme/app")), (1, 1), "{report}");
    assert!(cost("acme/stack") > 1, "a CDK application is looked at");
}
