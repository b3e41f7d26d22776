//! The happy path: what is sent, and that a second run sends nothing.

use std::time::Duration;

use terramend::catalogue::{GroupBy, MergeMethod};
use terramend::fix::Grade;
use terramend::publish::github::{Credential, Operation, Options};

use crate::fake::Fake;
use crate::fake::faults::{Fault, Rule};
use crate::run::{NAME, Run, proposals};
use crate::support::{BUCKET, FIXED_QUEUE, QUEUE};

pub(crate) fn fake(files: &[(&str, &str)]) -> Fake {
    let fake = Fake::start();
    fake.world(|world| {
        world.add(NAME, files);
    });
    fake
}

/// Requests that changed something.
pub(crate) fn changes(fake: &Fake) -> Vec<String> {
    let log = fake.take_log();
    let own = log.iter().filter(|one| one.method != "GET" && one.path != "/graphql");
    own.map(|one| format!("{} {}", one.method, one.path.trim_start_matches("/repos/acme/orders"))).collect()
}

#[test]
fn a_pull_request_is_opened_once_and_a_second_run_sends_nothing() {
    let fake = fake(&[("infra/main.tf", QUEUE), ("README.md", "x\n")]);
    fake.world(|world| world.repositories.get_mut(NAME).unwrap().set_mode("heads/main", "infra/main.tf", "100755"));
    let ended = Run::default().go(&fake, NAME);
    assert_eq!(ended.operations(), [Operation::Created], "{}", ended.trouble());
    assert_eq!(changes(&fake), ["POST /git/trees", "POST /git/commits", "POST /git/refs", "POST /pulls"]);
    let done = &ended.done()[0];
    assert_eq!(done.verified, Some(true), "GitHub signs for bots, because nobody is named in the commit");
    fake.world(|world| {
        let repository = &world.repositories[NAME];
        assert_eq!(repository.read("terramend/safe", "infra/main.tf").as_deref(), Some(FIXED_QUEUE));
        assert_eq!(repository.read("terramend/safe", "README.md").as_deref(), Some("x\n"));
        let tree = repository.objects.treeish(&repository.references["heads/terramend/safe"]).unwrap();
        assert_eq!(repository.objects.files(&tree)["infra/main.tf"].0, "100755", "the mode is kept");
        let pull = repository.open()[0];
        assert_eq!((pull.base.as_str(), pull.draft), ("main", false));
        assert!(pull.body.contains("## What deploying this does"), "{}", pull.body);
        let commit = repository.objects.commit(&repository.references["heads/terramend/safe"]).unwrap();
        assert!(!commit.message.contains("Co-authored-by"), "{}", commit.message);
    });
    assert_eq!(fake.faults(), [""; 0]);
    let again = Run::default().go(&fake, NAME);
    assert_eq!(again.operations(), [Operation::Unchanged]);
    assert_eq!(changes(&fake), [""; 0]);
    assert_eq!(again.waited, Duration::ZERO);
}

#[test]
fn everything_around_it_is_set_once() {
    let fake = fake(&[("main.tf", &format!("{QUEUE}\n{BUCKET}"))]);
    fake.world(|world| {
        let repository = world.repositories.get_mut(NAME).unwrap();
        repository.collaborators.extend(["grace".to_owned(), "platform".to_owned()]);
    });
    let options = Options {
        labels: vec!["security".into(), "terramend".into()],
        reviewers: vec!["grace".into(), "nobody".into(), "terramend[bot]".into()],
        team_reviewers: vec!["platform".into()],
        auto_merge: Some(MergeMethod::Squash),
        ..Run::default().options
    };
    let run = Run { grade: Grade::Review, options, ..Run::default() };
    let ended = run.go(&fake, NAME);
    assert_eq!(ended.operations(), [Operation::Created, Operation::Created], "{}", ended.trouble());
    let warnings: Vec<&String> = ended.done().iter().flat_map(|done| &done.warnings).collect();
    assert_eq!(warnings.len(), 2, "one who can't be asked keeps nobody else: {warnings:?}");
    assert!(warnings[0].starts_with("nobody can't be asked for a review"), "{warnings:?}");
    fake.world(|world| {
        for pull in world.repositories[NAME].open() {
            assert_eq!(pull.labels, ["security", "terramend"]);
            assert_eq!(
                (pull.reviewers.as_slice(), pull.teams.as_slice()),
                (&["grace".to_owned()][..], &["platform".to_owned()][..])
            );
            assert_eq!(pull.draft, pull.head == "terramend/review");
            let merges = (pull.head == "terramend/safe").then_some("squash");
            assert_eq!(pull.auto_merge.as_deref(), merges, "only safe fixes merge by themselves");
        }
        // What people take away stays away.
        let repository = world.repositories.get_mut(NAME).unwrap();
        for pull in &mut repository.pulls {
            pull.labels.clear();
            pull.reviewers.clear();
            pull.auto_merge = None;
        }
    });
    changes(&fake);
    let again = run.go(&fake, NAME);
    assert_eq!(again.operations(), [Operation::Unchanged, Operation::Unchanged]);
    // Only who couldn't be asked is tried again.
    assert!(changes(&fake).iter().all(|change| change.ends_with("/requested_reviewers")));
    assert!(fake.world(|world| world.repositories[NAME].pulls.iter().all(|pull| pull.labels.is_empty())));
    assert_eq!(fake.faults(), [""; 0]);
}

#[test]
fn a_changed_base_moves_the_branch_only_where_it_matters() {
    let fake = fake(&[("main.tf", QUEUE), ("README.md", "x\n")]);
    Run::default().go(&fake, NAME);
    // Another file: the pull request stays as it is.
    fake.world(|world| {
        world.repositories.get_mut(NAME).unwrap().commit("heads/main", "ada", "words", &[("README.md", "y\n")])
    });
    changes(&fake);
    assert_eq!(Run::default().go(&fake, NAME).operations(), [Operation::Unchanged]);
    assert_eq!(changes(&fake), [""; 0]);
    // The same file: a new commit in the place of the old one.
    let more = format!("{QUEUE}\n{}", QUEUE.replace("orders", "returns"));
    fake.world(|world| {
        world.repositories.get_mut(NAME).unwrap().commit("heads/main", "ada", "more", &[("main.tf", &more)])
    });
    let ended = Run::default().go(&fake, NAME);
    assert_eq!(ended.operations(), [Operation::Updated], "{}", ended.trouble());
    fake.world(|world| {
        let repository = &world.repositories[NAME];
        assert_eq!(repository.pulls.len(), 1, "never a second one");
        assert_eq!(repository.pulls[0].title, "Fix sqs-encryption of 2 resources");
        let text = repository.read("terramend/safe", "main.tf").unwrap();
        assert_eq!(text.matches("sqs_managed_sse_enabled").count(), 2);
        let head = &repository.references["heads/terramend/safe"];
        assert_eq!(repository.objects.commit(head).unwrap().parents, [repository.references["heads/main"].clone()]);
    });
    assert_eq!(fake.faults(), [""; 0]);
}

#[test]
fn groups_have_pull_requests_of_their_own_and_limits_hold() {
    let fake = fake(&[("main.tf", &format!("{QUEUE}\n{BUCKET}"))]);
    let options = Options { max_open: Some(1), ..Run::default().options };
    let run = Run { by: GroupBy::Control, options, ..Run::default() };
    let ended = run.go(&fake, NAME);
    let created = ended.operations().iter().filter(|operation| **operation == Operation::Created).count();
    assert!(created == 1 && ended.done().len() > 1, "{:?}", ended.operations());
    assert!(ended.trouble().contains("the limit of open pull requests is reached (max = 1)"), "{}", ended.trouble());
    // What is open stays up to date, and nothing more is opened.
    let again = run.go(&fake, NAME);
    assert!(!again.operations().contains(&Operation::Created));
    assert_eq!(again.operations().iter().filter(|operation| **operation == Operation::Unchanged).count(), 1);
    // Another way to group closes what it takes the place of, and its branches.
    let options = Options { max_open: Some(1), ..Run::default().options };
    let ended = Run { options, ..Run::default() }.go(&fake, NAME);
    assert_eq!(ended.operations(), [Operation::Created, Operation::Closed], "{}", ended.trouble());
    fake.world(|world| {
        let branches: Vec<&String> = world.repositories[NAME].references.keys().collect();
        assert_eq!(branches, ["heads/main", "heads/terramend/safe"]);
    });
}

#[test]
fn an_app_uses_tokens_of_its_installation_and_renews_them() {
    let Some(key) = private_key() else { return };
    for fake in [Fake::start(), Fake::enterprise()] {
        fake.world(|world| {
            world.add(NAME, &[("main.tf", QUEUE)]);
        });
        let app = Credential::App { id: 1, key: key.clone() };
        let list = proposals(&[("main.tf".into(), QUEUE.into())], Grade::Safe, GroupBy::Repository);
        let ended = Run::default().publish_as(&fake, NAME, &list, &app);
        assert_eq!(ended.operations(), [Operation::Created], "{}", ended.trouble());
        assert_eq!(ended.done()[0].verified, Some(true));
        let again = Run::default().publish_as(&fake, NAME, &list, &app);
        assert_eq!(again.operations(), [Operation::Unchanged], "also knows itself by GraphQL: {}", again.trouble());
        let log = fake.take_log();
        let asked: Vec<&str> =
            log.iter().filter(|one| one.path.ends_with("/graphql")).map(|one| one.path.as_str()).collect();
        let expected = if fake.url.ends_with("/api/v3") { "/api/graphql" } else { "/graphql" };
        assert!(!asked.is_empty() && asked.iter().all(|path| *path == expected), "{asked:?}");
        assert_eq!(fake.faults(), [""; 0]);
    }
}

#[test]
fn tokens_that_end_within_a_run_are_renewed_also_for_graphql_on_an_enterprise_server() {
    let Some(key) = private_key() else { return };
    for fake in [Fake::start(), Fake::enterprise()] {
        fake.world(|world| {
            world.add(NAME, &[("main.tf", QUEUE)]);
            world.token_ends = Some("2020-01-01T00:00:00Z".into());
        });
        let list = proposals(&[("main.tf".into(), QUEUE.into())], Grade::Safe, GroupBy::Repository);
        let go = || Run::default().publish_as(&fake, NAME, &list, &Credential::App { id: 1, key: key.clone() });
        assert_eq!(go().operations(), [Operation::Created]);
        let again = go();
        assert_eq!(again.operations(), [Operation::Unchanged], "{}", again.trouble());
        let log = fake.take_log();
        assert!(log.iter().all(|one| one.status != 401), "every token was good: {log:?}");
        assert!(log.iter().filter(|one| one.path.ends_with("/access_tokens")).count() > 10, "each request has its own");
        assert!(log.iter().any(|one| one.path.ends_with("/graphql") && one.status == 200), "{log:?}");
    }
    // One that GitHub takes away early is renewed, too.
    let fake = fake(&[("main.tf", QUEUE)]);
    let gone = r#"{"message":"Bad credentials"}"#;
    fake.rule(Rule::new("POST", "/git/commits", Fault::Refuse(401, Vec::new(), gone.into())));
    let list = proposals(&[("main.tf".into(), QUEUE.into())], Grade::Safe, GroupBy::Repository);
    let ended = Run::default().publish_as(&fake, NAME, &list, &Credential::App { id: 1, key });
    assert_eq!((ended.operations(), fake.waiting()), (vec![Operation::Created], 0), "{}", ended.trouble());
    let tokens = fake.take_log().iter().filter(|one| one.path.ends_with("/access_tokens")).count();
    assert_eq!(tokens, 2);
}

/// A key for an app; nothing where openssl is absent.
#[allow(clippy::print_stderr)]
fn private_key() -> Option<Vec<u8>> {
    match std::process::Command::new("openssl").args(["genrsa", "2048"]).output() {
        Ok(output) if output.status.success() => Some(output.stdout),
        ended => {
            assert!(std::env::var_os("CI").is_none(), "openssl makes no key: {ended:?}");
            eprintln!("skipped: openssl isn't there to make a key");
            None
        }
    }
}
