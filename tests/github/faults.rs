//! Every fault: no duplicate, no lost fix, a clear message, and the next run comes to the same end.

use std::time::Duration;

use terramend::publish::github::{Limits, Operation};

use crate::fake::Fake;
use crate::fake::faults::{BAD_GATEWAY, Fault, Rule, primary, secondary};
use crate::publishing::{changes, fake};
use crate::run::{NAME, Run, START};
use crate::support::{FIXED_QUEUE, QUEUE};

const PATHS: [(&str, &str); 9] = [
    ("GET", "/repos/acme/orders"),
    ("GET", "/git/ref/heads/main"),
    ("GET", "/git/trees/"),
    ("GET", "/pulls"),
    ("POST", "/git/trees"),
    ("POST", "/git/commits"),
    ("POST", "/git/refs"),
    ("POST", "/pulls"),
    ("POST", "/labels"),
];

/// One open pull request with the fix, and nothing else.
fn assert_whole(fake: &Fake, case: &str) {
    fake.world(|world| {
        let repository = &world.repositories[NAME];
        assert_eq!(repository.pulls.len(), 1, "{case}");
        assert_eq!(repository.open().len(), 1, "{case}");
        assert_eq!(repository.read("terramend/safe", "main.tf").as_deref(), Some(FIXED_QUEUE), "{case}");
        assert_eq!(repository.pulls[0].labels, ["security"], "{case}");
        let branches: Vec<&String> = repository.references.keys().collect();
        assert_eq!(branches, ["heads/main", "heads/terramend/safe"], "{case}");
    });
    assert_eq!(fake.faults(), [""; 0], "{case}");
}

fn run() -> Run {
    let mut run = Run::default();
    run.options.labels = vec!["security".into()];
    run
}

/// Meets a fault at every request of a run, once; the run, or the next one, ends well.
fn everywhere(name: &str, fault: &Fault, at_once: bool) {
    for (method, path) in PATHS {
        let case = format!("{name} at {method} {path}");
        let fake = fake(&[("main.tf", QUEUE)]);
        fake.rule(Rule::new(method, path, fault.clone()));
        let first = run().go(&fake, NAME);
        assert_eq!(fake.waiting(), 0, "{case}: the fault must be met");
        if at_once {
            assert_eq!(first.operations(), [Operation::Created], "{case}: {}", first.trouble());
            assert_whole(&fake, &case);
        }
        assert!(fake.world(|world| world.repositories[NAME].pulls.len()) <= 1, "{case}");
        fake.heal();
        let second = run().go(&fake, NAME);
        assert!(second.result.is_ok(), "{case}: {}", second.trouble());
        assert_whole(&fake, &case);
        changes(&fake);
        assert_eq!(run().go(&fake, NAME).operations(), [Operation::Unchanged], "{case}");
        assert_eq!(changes(&fake), [""; 0], "{case}");
    }
}

#[test]
fn limits_against_bursts() {
    everywhere("a secondary limit with a time", &secondary(Some(30)), true);
    everywhere("a secondary limit without a time", &secondary(None), true);
    let body = r#"{"message":"Too many requests"}"#;
    everywhere("a 429", &Fault::Refuse(429, Vec::new(), body.into()), true);
}

#[test]
fn the_hourly_limit() {
    everywhere("the hourly limit", &primary(START + 1_200), true);
}

#[test]
fn answers_that_get_lost() {
    everywhere("a 502 before it is done", &Fault::Refuse(502, Vec::new(), BAD_GATEWAY.into()), true);
    everywhere("a 502 after it is done", &Fault::DoneBut(502, BAD_GATEWAY.into()), true);
    everywhere("no answer before it is done", &Fault::Drop, true);
    everywhere("no answer after it is done", &Fault::DoneAndDrop, true);
}

#[test]
fn answers_that_are_not_understood_are_no_failures() {
    everywhere("half an answer", &Fault::DoneBut(201, "{\"id\": 1".into()), true);
    everywhere("another shape", &Fault::DoneBut(201, "{}".into()), true);
    // One that never comes as it should ends the run with a word on what is missing.
    let fake = fake(&[("main.tf", QUEUE)]);
    fake.rule(Rule::new("POST", "/git/commits", Fault::DoneBut(201, "{}".into())).times(100));
    let ended = run().go(&fake, NAME);
    assert!(ended.trouble().contains("isn't understood: missing field `sha`"), "{}", ended.trouble());
    fake.heal();
    assert_eq!(run().go(&fake, NAME).operations(), [Operation::Created]);
    assert_whole(&fake, "an answer that is never understood");
}

#[test]
fn refusals_end_the_step_with_their_reason() {
    let body = r#"{"message":"Bad credentials"}"#;
    everywhere("a token that ends meanwhile", &Fault::Refuse(401, Vec::new(), body.into()), false);
    let forbidden = r#"{"message":"GitHub Actions is not permitted to create or approve pull requests."}"#;
    let fake = fake(&[("main.tf", QUEUE)]);
    fake.rule(Rule::new("POST", "/pulls", Fault::Refuse(403, Vec::new(), forbidden.into())));
    let ended = run().go(&fake, NAME);
    assert_eq!(ended.operations(), [Operation::Failed]);
    assert!(ended.trouble().contains("allow it in the settings of the repository"), "{}", ended.trouble());
    assert_eq!(
        ended.waited,
        Duration::from_secs(3),
        "a refusal isn't tried again: only the pace of the changes before"
    );
    assert_eq!(run().go(&fake, NAME).operations(), [Operation::Created], "and the branch that is there is used");
    assert_whole(&fake, "a refused pull request");
}

#[test]
fn somebody_was_faster() {
    // The branch, and then the pull request, appear between look and act.
    let fake = fake(&[("main.tf", QUEUE)]);
    let exists = r#"{"message":"Validation Failed","errors":[{"resource":"PullRequest","code":"custom","message":"A pull request already exists for acme:terramend/safe."}],"documentation_url":"x"}"#;
    fake.rule(Rule::new("POST", "/pulls", Fault::DoneBut(422, exists.into())));
    let ended = run().go(&fake, NAME);
    assert_eq!(ended.operations(), [Operation::Created], "{}", ended.trouble());
    assert_whole(&fake, "a pull request that is there already");
}

#[test]
fn a_new_branch_that_is_not_known_everywhere_yet() {
    let fake = fake(&[("main.tf", QUEUE)]);
    let invalid =
        r#"{"message":"Validation Failed","errors":[{"resource":"PullRequest","field":"head","code":"invalid"}]}"#;
    fake.rule(Rule::new("POST", "/pulls", Fault::Refuse(422, Vec::new(), invalid.into())).times(2));
    let ended = run().go(&fake, NAME);
    assert_eq!(ended.operations(), [Operation::Created], "{}", ended.trouble());
    assert_whole(&fake, "a head that is invalid twice");
}

#[test]
fn a_limit_that_stays_ends_the_run_and_the_next_one_goes_on() {
    let fake = fake(&[("main.tf", QUEUE)]);
    fake.rule(Rule::new("POST", "/git/refs", secondary(None)).times(1_000));
    let ended = run().go(&fake, NAME);
    assert_eq!(ended.operations(), [Operation::Failed]);
    assert!(ended.trouble().contains("secondary rate limit"), "{}", ended.trouble());
    assert!(
        ended.waited > Duration::from_secs(60) && ended.waited < Duration::from_secs(3 * 3600),
        "{:?}",
        ended.waited
    );
    let tries = fake.take_log().iter().filter(|one| one.status == 403).count();
    assert_eq!(tries, Limits::default().attempts as usize);
    fake.heal();
    assert_eq!(run().go(&fake, NAME).operations(), [Operation::Created]);
    assert_whole(&fake, "a limit that stays");
    // One that lasts for hours isn't waited for.
    let fake = crate::publishing::fake(&[("main.tf", QUEUE)]);
    fake.rule(Rule::new("GET", "/repos/acme/orders", primary(START + 9_000)));
    let ended = run().go(&fake, NAME);
    assert!(ended.trouble().contains("lasts for 151 more minutes"), "{}", ended.trouble());
    assert_eq!(ended.waited, Duration::ZERO);
}

#[test]
fn waits_are_as_long_as_github_says() {
    let fake = fake(&[("main.tf", QUEUE)]);
    fake.rule(Rule::new("POST", "/git/refs", secondary(Some(90))));
    let ended = run().go(&fake, NAME);
    // Four changes a second apart, and the wait.
    assert!(ended.waited >= Duration::from_secs(90) && ended.waited < Duration::from_secs(100), "{:?}", ended.waited);
    assert_whole(&fake, "waited");
}

#[test]
fn a_slow_answer_is_waited_for() {
    let fake = fake(&[("main.tf", QUEUE)]);
    fake.rule(Rule::new("POST", "/git/trees", Fault::Slow(Duration::from_millis(300))));
    assert_eq!(run().go(&fake, NAME).operations(), [Operation::Created]);
    assert_whole(&fake, "slow");
}

/// Killed after any request: the next run comes to the same end.
#[test]
fn a_run_that_ends_anywhere_is_just_started_again() {
    for requests in 0..14 {
        let fake = fake(&[("main.tf", QUEUE)]);
        // From then on nothing answers any more.
        for method in ["GET", "POST", "PATCH"] {
            let rule = Rule::new(method, "", Fault::Refuse(401, Vec::new(), r#"{"message":"gone"}"#.into()));
            fake.rule(Rule { after: requests, times: usize::MAX, ..rule });
        }
        let _ = run().go(&fake, NAME);
        fake.heal();
        let ended = run().go(&fake, NAME);
        assert!(ended.result.is_ok(), "{requests}: {}", ended.trouble());
        assert_whole(&fake, &format!("after {requests} requests"));
    }
}
