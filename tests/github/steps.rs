//! Every fault at every step of bringing a pull request up to date and of closing one. Opening one is in `faults`.

use terramend::publish::github::Operation;

use crate::fake::Fake;
use crate::fake::faults::{BAD_GATEWAY, Fault, Rule, primary, secondary};
use crate::publishing::{changes, fake};
use crate::run::{NAME, Run, START};
use crate::support::{FIXED_QUEUE, QUEUE};

/// Requests of a run that brings a pull request up to date: its branch moves, its text changes, a label is missing.
const UPDATING: [(&str, &str); 11] = [
    ("GET", "/git/matching-refs/"),
    ("POST", "/graphql"),
    ("GET", "/pulls"),
    ("GET", "/compare/"),
    ("POST", "/git/trees"),
    ("POST", "/git/commits"),
    ("GET", "/git/ref/heads/terramend/safe"),
    ("PATCH", "/git/refs/heads/terramend/safe"),
    ("PATCH", "/pulls/"),
    ("GET", "/events"),
    ("POST", "/labels"),
];

/// Requests of a run that closes a pull request.
const CLOSING: [(&str, &str); 7] = [
    ("GET", "/git/matching-refs/"),
    ("POST", "/graphql"),
    ("GET", "/pulls"),
    ("GET", "/compare/"),
    ("PATCH", "/pulls/"),
    ("GET", "/git/ref/heads/terramend/safe"),
    ("DELETE", "/git/refs/heads/terramend/safe"),
];

/// What may be met, and whether the run that meets it comes to its end all the same.
fn all() -> Vec<(&'static str, Fault, bool)> {
    let refuse = |status, body: &str| Fault::Refuse(status, Vec::new(), body.into());
    vec![
        ("a secondary limit with a time", secondary(Some(30)), true),
        ("a secondary limit without a time", secondary(None), true),
        ("a 429", refuse(429, r#"{"message":"Too many requests"}"#), true),
        ("the hourly limit", primary(START + 1_200), true),
        ("a 502 before it is done", refuse(502, BAD_GATEWAY), true),
        ("a 502 after it is done", Fault::DoneBut(502, BAD_GATEWAY.into()), true),
        ("no answer before it is done", Fault::Drop, true),
        ("no answer after it is done", Fault::DoneAndDrop, true),
        ("half an answer", Fault::DoneBut(200, "{\"id\": 1".into()), true),
        ("a token that ends", refuse(401, r#"{"message":"Bad credentials"}"#), false),
        ("a token that may not", refuse(403, r#"{"message":"Resource not accessible by integration"}"#), false),
        ("a rule", refuse(422, r#"{"message":"Repository rule violations found"}"#), false),
    ]
}

fn two() -> String {
    format!("{QUEUE}\n{}", QUEUE.replace("orders", "returns"))
}

fn run() -> Run {
    let mut run = Run::default();
    run.options.labels = vec!["security".into()];
    run
}

/// One that is open, and a base that has something else since.
fn open(next: &str) -> Fake {
    let fake = fake(&[("main.tf", QUEUE)]);
    Run::default().go(&fake, NAME);
    fake.world(|world| {
        world.repositories.get_mut(NAME).unwrap().commit("heads/main", "ada", "next", &[("main.tf", next)])
    });
    changes(&fake);
    fake
}

fn everywhere(steps: &[(&'static str, &'static str)], next: &str, expected: Operation, check: impl Fn(&Fake, &str)) {
    for (name, fault, at_once) in all() {
        for (method, path) in steps {
            let case = format!("{name} at {method} {path}");
            let fake = open(next);
            fake.rule(Rule::new(method, path, fault.clone()));
            let first = run().go(&fake, NAME);
            assert_eq!(fake.waiting(), 0, "{case}: the fault must be met");
            if at_once {
                assert_eq!(first.operations(), [expected], "{case}: {}", first.trouble());
                check(&fake, &case);
            } else {
                let warned = first.result.iter().flatten().any(|done| !done.warnings.is_empty());
                let is_told = first.result.is_err() || warned || !first.trouble().is_empty();
                // Who asks is only told by a second look at the commits.
                assert!(is_told || *path == "/graphql", "{case}: {:?}", first.operations());
            }
            fake.heal();
            let second = run().go(&fake, NAME);
            assert!(second.result.is_ok(), "{case}: {}", second.trouble());
            check(&fake, &case);
            changes(&fake);
            let third = run().go(&fake, NAME);
            assert!(
                third.done().iter().all(|done| done.operation == Operation::Unchanged),
                "{case}: {}",
                third.trouble()
            );
            assert_eq!(changes(&fake), [""; 0], "{case}");
        }
    }
}

#[test]
fn every_fault_at_every_step_of_an_update() {
    everywhere(&UPDATING, &two(), Operation::Updated, |fake, case| {
        fake.world(|world| {
            let repository = &world.repositories[NAME];
            assert_eq!((repository.pulls.len(), repository.open().len()), (1, 1), "{case}");
            let text = repository.read("terramend/safe", "main.tf").unwrap();
            assert_eq!(text.matches("sqs_managed_sse_enabled").count(), 2, "{case}");
            let pull = &repository.pulls[0];
            assert_eq!(pull.title, "Fix sqs-encryption of 2 resources", "{case}");
            assert!(pull.body.contains("fixed 2 findings"), "{case}: {}", pull.body);
            assert_eq!(pull.labels, ["security"], "{case}");
        });
        assert_eq!(fake.faults(), [""; 0], "{case}");
    });
}

#[test]
fn every_fault_at_every_step_of_a_closing() {
    everywhere(&CLOSING, FIXED_QUEUE, Operation::Closed, |fake, case| {
        fake.world(|world| {
            let repository = &world.repositories[NAME];
            assert_eq!((repository.pulls.len(), repository.open().len()), (1, 0), "{case}");
            let body = &repository.pulls[0].body;
            assert_eq!(body.matches("terramend closed this").count(), 1, "{case}: {body}");
            let branches: Vec<&String> = repository.references.keys().collect();
            assert_eq!(branches, ["heads/main"], "{case}");
        });
        assert_eq!(fake.faults(), [""; 0], "{case}");
    });
}
