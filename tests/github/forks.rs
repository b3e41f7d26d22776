//! Pull requests from a fork, for who may only read.

use terramend::fix::Grade;
use terramend::publish::github::{Fork, Operation, Options};

use crate::fake::Fake;
use crate::fake::faults::{BAD_GATEWAY, Fault, Rule, secondary};
use crate::publishing::{changes, fake};
use crate::run::{NAME, Run};
use crate::support::{FIXED_QUEUE, QUEUE};

/// Ada, who reads only, with a fork.
fn forking() -> Run {
    let options = Options { fork: Some(Fork::Account), ..Run::default().options };
    Run { token: "reader", options, ..Run::default() }
}

fn fake_of_nobody() -> Fake {
    fake(&[("main.tf", QUEUE)])
}

fn two() -> String {
    format!("{QUEUE}\n{}", QUEUE.replace("orders", "returns"))
}

/// One open pull request from the fork, and nothing of it in the repository itself.
fn assert_whole(fake: &Fake, case: &str) {
    fake.world(|world| {
        let repository = &world.repositories[NAME];
        let pulls: Vec<(&str, bool)> = repository.pulls.iter().map(|pull| (pull.head.as_str(), pull.open)).collect();
        assert_eq!(pulls, [("ada:terramend/safe", true)], "{case}");
        assert_eq!(repository.references.keys().collect::<Vec<_>>(), ["heads/main"], "{case}");
        assert_eq!(world.repositories.len(), 2, "{case}: one fork");
    });
    assert_eq!(fake.faults(), [""; 0], "{case}");
}

#[test]
fn a_fork_is_made_once_and_kept_up_to_date() {
    let fake = fake(&[("main.tf", QUEUE)]);
    let ended = forking().go(&fake, NAME);
    assert_eq!(ended.operations(), [Operation::Created], "{}", ended.trouble());
    assert_whole(&fake, "first");
    fake.world(|world| {
        assert_eq!(world.repositories["ada/orders"].read("terramend/safe", "main.tf").as_deref(), Some(FIXED_QUEUE));
    });
    changes(&fake);
    assert_eq!(forking().go(&fake, NAME).operations(), [Operation::Unchanged]);
    assert_eq!(changes(&fake), [""; 0], "a second run sends nothing");
    // The base moves on: the fork's branch stands on its newest commit, although nobody brought the fork up to date.
    fake.world(|world| {
        world.repositories.get_mut(NAME).unwrap().commit("heads/main", "ada", "more", &[("main.tf", &two())])
    });
    let ended = forking().go(&fake, NAME);
    assert_eq!(ended.operations(), [Operation::Updated], "{}", ended.trouble());
    assert_whole(&fake, "moved");
    fake.world(|world| {
        let fork = &world.repositories["ada/orders"];
        let head = fork.objects.commit(&fork.references["heads/terramend/safe"]).unwrap();
        assert_eq!(head.parents, [world.repositories[NAME].references["heads/main"].clone()]);
        assert_eq!(fork.read("terramend/safe", "main.tf").unwrap().matches("sqs_managed_sse_enabled").count(), 2);
    });
    // Nothing is left: it is closed, and the fork's branch goes.
    let fixed = two().replace("\"\n}", "\"\n\n  sqs_managed_sse_enabled = true\n}");
    fake.world(|world| {
        world.repositories.get_mut(NAME).unwrap().commit("heads/main", "ada", "by hand", &[("main.tf", &fixed)])
    });
    assert_eq!(forking().go(&fake, NAME).operations(), [Operation::Closed]);
    fake.world(|world| {
        assert!(world.repositories[NAME].open().is_empty());
        assert_eq!(world.repositories["ada/orders"].references.keys().collect::<Vec<_>>(), ["heads/main"]);
    });
    assert_eq!(fake.faults(), [""; 0]);
}

#[test]
fn a_commit_of_somebody_else_in_the_fork_stays() {
    let fake = fake(&[("main.tf", QUEUE)]);
    forking().go(&fake, NAME);
    fake.world(|world| {
        let fork = world.repositories.get_mut("ada/orders").unwrap();
        fork.commit("heads/terramend/safe", "grace", "mine", &[("main.tf", "# mine\n")]);
        world.repositories.get_mut(NAME).unwrap().commit("heads/main", "ada", "more", &[("main.tf", &two())]);
    });
    changes(&fake);
    let ended = forking().go(&fake, NAME);
    assert_eq!(ended.operations(), [Operation::Skipped], "{}", ended.trouble());
    assert_eq!(changes(&fake), [""; 0]);
}

#[test]
fn faults_on_the_way_to_a_fork_leave_one_fork_and_one_pull_request() {
    for (name, fault) in [
        ("a limit", secondary(None)),
        ("a 502 after it is done", Fault::DoneBut(502, BAD_GATEWAY.into())),
        ("no answer", Fault::DoneAndDrop),
        ("half an answer", Fault::DoneBut(202, "{".into())),
    ] {
        for (method, path) in [
            ("GET", "/repos/ada/orders"),
            ("POST", "/forks"),
            ("GET", "/repos/ada/orders/git/ref/"),
            ("POST", "/repos/ada/orders/git/trees"),
            ("POST", "/repos/ada/orders/git/refs"),
            ("POST", "/repos/acme/orders/pulls"),
        ] {
            let case = format!("{name} at {method} {path}");
            let fake = fake(&[("main.tf", QUEUE)]);
            fake.rule(Rule::new(method, path, fault.clone()));
            let ended = forking().go(&fake, NAME);
            assert_eq!(
                (ended.operations(), fake.waiting()),
                (vec![Operation::Created], 0),
                "{case}: {}",
                ended.trouble()
            );
            assert_whole(&fake, &case);
            assert_eq!(forking().go(&fake, NAME).operations(), [Operation::Unchanged], "{case}");
        }
    }
}

#[test]
fn what_keeps_from_forking_is_said() {
    let fake = fake(&[("main.tf", QUEUE)]);
    // An app has no account.
    let app = Run { token: "bot", ..forking() };
    assert!(app.go(&fake, NAME).trouble().contains("name an organisation"), "{}", app.go(&fake, NAME).trouble());
    // What has the name is something else.
    fake.world(|world| {
        world.add("ada/orders", &[("x", "y")]);
    });
    let ended = forking().go(&fake, NAME);
    assert!(ended.trouble().contains("ada/orders is there, and no fork of acme/orders"), "{}", ended.trouble());
    // An organisation's fork is made there, and not opened to the maintainers.
    changes(&fake);
    let options = Options { fork: Some(Fork::Organization("guild".into())), ..Run::default().options };
    let ended = Run { token: "ada", options, ..Run::default() }.go(&fake, NAME);
    assert_eq!(ended.operations(), [Operation::Created], "{}", ended.trouble());
    let log = fake.take_log();
    let sent =
        |path: &str| log.iter().find(|one| one.method == "POST" && one.path.ends_with(path)).unwrap().body.clone();
    assert_eq!(sent("/forks")["organization"], "guild");
    assert_eq!(
        (&sent("/pulls")["head"], &sent("/pulls")["maintainer_can_modify"]),
        (&"guild:terramend/safe".into(), &false.into())
    );
    // A token that may not fork.
    let forbidden = r#"{"message":"Resource not accessible by personal access token"}"#;
    let fake = fake_of_nobody();
    fake.rule(Rule::new("POST", "/forks", Fault::Refuse(403, Vec::new(), forbidden.into())));
    let refused = forking().go(&fake, NAME);
    assert_eq!(refused.operations(), [Operation::Failed]);
    assert!(refused.trouble().contains("hint: the token may not fork this repository"), "{}", refused.trouble());
    // Without the flag the way is shown.
    let refused = Run { token: "reader", grade: Grade::Safe, ..Run::default() }.go(&fake, NAME);
    assert!(refused.trouble().contains("`terramend pr --fork` proposes from a fork"), "{}", refused.trouble());
    assert_eq!(fake.faults(), [""; 0]);
}
