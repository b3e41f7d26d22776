//! Where nothing can be done: the reason is clear, and nothing is changed.

use terramend::catalogue::GroupBy;
use terramend::fix::Grade;
use terramend::publish::github::{Operation, Options};

use crate::fake::Fake;
use crate::fake::world::Repository;
use crate::publishing::{changes, fake};
use crate::run::{NAME, Run, proposals};
use crate::support::QUEUE;

fn refused(prepare: impl FnOnce(&mut Repository), run: &Run, expected: &str) {
    let fake = fake(&[("main.tf", QUEUE)]);
    fake.world(|world| prepare(world.repositories.get_mut(NAME).unwrap()));
    let list = proposals(&[("main.tf".into(), QUEUE.into())], Grade::Safe, GroupBy::Repository);
    let ended = run.publish(&fake, NAME, &list);
    assert!(ended.trouble().contains(expected), "{expected}: {}", ended.trouble());
    fake.world(|world| {
        let repository = &world.repositories[NAME];
        assert!(repository.pulls.is_empty(), "{expected}");
        assert!(!repository.references.contains_key("heads/terramend/safe"), "{expected}");
    });
}

#[test]
fn repositories_that_cannot_be_written_to() {
    refused(|r| r.archived = true, &Run::default(), "acme/orders is archived or disabled");
    refused(|r| r.references.clear(), &Run::default(), "acme/orders is empty: there is no commit yet");
    let base = Options { base: Some("release".into()), ..Run::default().options };
    refused(|_| (), &Run { options: base, ..Run::default() }, "acme/orders has no branch release");
    refused(|r| r.protected.push("terramend/".into()), &Run::default(), "exempt them, or set `branch_prefix`");
    refused(|_| (), &Run { token: "reader", ..Run::default() }, "the token needs `contents: write`");
    refused(
        |_| (),
        &Run { token: "expired", ..Run::default() },
        "Bad credentials\n  hint: the token is wrong or has expired",
    );
    refused(|_| (), &Run { token: "with space", ..Run::default() }, "holds characters that no token has");
}

#[test]
fn a_fork_has_its_own_pull_requests() {
    let fake = fake(&[("main.tf", QUEUE)]);
    fake.world(|world| world.repositories.get_mut(NAME).unwrap().fork = true);
    assert_eq!(Run::default().go(&fake, NAME).operations(), [Operation::Created]);
}

#[test]
fn what_was_analysed_must_be_what_the_base_holds() {
    for file in [("main.tf", "# changed meanwhile\n"), ("other.tf", QUEUE)] {
        let fake = fake(&[file]);
        let list = proposals(&[("main.tf".into(), QUEUE.into())], Grade::Safe, GroupBy::Repository);
        let ended = Run::default().publish(&fake, NAME, &list);
        assert!(ended.trouble().contains("main.tf differs from main of acme/orders"), "{}", ended.trouble());
        assert_eq!(changes(&fake), [""; 0]);
    }
    // A link is no file.
    let fake = fake(&[("main.tf", QUEUE)]);
    fake.world(|world| world.repositories.get_mut(NAME).unwrap().set_mode("heads/main", "main.tf", "120000"));
    let list = proposals(&[("main.tf".into(), QUEUE.into())], Grade::Safe, GroupBy::Repository);
    assert!(Run::default().publish(&fake, NAME, &list).trouble().contains("differs"));
}

#[test]
fn a_list_of_files_that_is_cut_is_read_by_directories() {
    let fake = fake(&[("a/b/main.tf", QUEUE), ("a/c.txt", "x"), ("d/e/f.txt", "x"), ("z.txt", "x")]);
    fake.world(|world| world.repositories.get_mut(NAME).unwrap().longest_tree = Some(1));
    // The first file is in the part that is there: take another.
    let list = proposals(&[("a/b/main.tf".into(), QUEUE.into())], Grade::Safe, GroupBy::Repository);
    let ended = Run::default().publish(&fake, NAME, &list);
    assert_eq!(ended.operations(), [Operation::Created], "{}", ended.trouble());
    assert_eq!(fake.faults(), [""; 0]);
}

#[test]
fn a_repository_without_drafts_gets_a_ready_one_and_a_word() {
    let fake = fake(&[("main.tf", QUEUE)]);
    fake.world(|world| world.repositories.get_mut(NAME).unwrap().has_drafts = false);
    let mut list = proposals(&[("main.tf".into(), QUEUE.into())], Grade::Safe, GroupBy::Repository);
    list.list[0].draft = true;
    let ended = Run::default().publish(&fake, NAME, &list);
    assert_eq!(ended.operations(), [Operation::Created], "{}", ended.trouble());
    assert_eq!(ended.done()[0].warnings, ["the repository has no drafts: it is opened as ready"]);
}

#[test]
fn automatic_merging_that_is_not_allowed_is_a_word_only() {
    let fake = fake(&[("main.tf", QUEUE)]);
    fake.world(|world| world.repositories.get_mut(NAME).unwrap().allows_auto_merge = false);
    let options = Options { auto_merge: Some(terramend::catalogue::MergeMethod::Rebase), ..Run::default().options };
    let ended = Run { options, ..Run::default() }.go(&fake, NAME);
    assert_eq!(ended.operations(), [Operation::Created], "{}", ended.trouble());
    assert!(ended.done()[0].warnings[0].contains("Auto merge is not allowed"), "{:?}", ended.done()[0].warnings);
}

#[test]
fn a_repository_that_is_not_there() {
    let ended =
        Run::default().publish(&Fake::start(), "acme/nothing", &proposals(&[], Grade::Safe, GroupBy::Repository));
    assert!(ended.trouble().contains("the repository isn't there, or the token may not see it"), "{}", ended.trouble());
}
