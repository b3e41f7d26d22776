//! What is ours and what is people's: commits, texts, refusals, and what is over.

use terramend::fix::Grade;
use terramend::publish::github::{Operation, Options};

use crate::fake::objects::{Commit, Object};
use crate::publishing::{changes, fake};
use crate::run::{NAME, Run, proposals};
use crate::support::{BUCKET, FIXED_QUEUE, QUEUE};

/// Two queues: another base for the same fixes.
fn more() -> String {
    format!("{QUEUE}\n{}", QUEUE.replace("orders", "returns"))
}

#[test]
fn a_branch_with_a_commit_of_somebody_else_is_never_moved() {
    for case in ["a commit on top", "an amended commit", "a commit that another one committed", "a merge of the base"] {
        let fake = fake(&[("main.tf", QUEUE)]);
        Run::default().go(&fake, NAME);
        let theirs = fake.world(|world| {
            let repository = world.repositories.get_mut(NAME).unwrap();
            let head = repository.references["heads/terramend/safe"].clone();
            let ours = repository.objects.commit(&head).unwrap().clone();
            let id = match case {
                "a commit on top" => {
                    repository.commit("heads/terramend/safe", "ada", "mine", &[("main.tf", "# mine\n")])
                }
                "an amended commit" => {
                    let tree = repository.objects.add(Object::Tree(std::collections::BTreeMap::new()));
                    repository.objects.add(Object::Commit(Commit { tree, ..ours }))
                }
                "a commit that another one committed" => {
                    repository.objects.add(Object::Commit(Commit { committer: "ada".into(), ..ours }))
                }
                _ => {
                    let base = repository.references["heads/main"].clone();
                    let merge = Commit {
                        parents: vec![head, base],
                        author: "ada".into(),
                        committer: "web-flow".into(),
                        message: "Merge branch 'main' into terramend/safe".into(),
                        ..ours
                    };
                    repository.objects.add(Object::Commit(merge))
                }
            };
            repository.move_to("heads/terramend/safe", &id);
            repository.commit("heads/main", "ada", "more", &[("main.tf", &more())]);
            id
        });
        changes(&fake);
        let ended = Run::default().go(&fake, NAME);
        assert_eq!(ended.operations(), [Operation::Skipped], "{case}");
        assert!(ended.trouble().contains("isn't terramend's"), "{case}: {}", ended.trouble());
        assert_eq!(changes(&fake), [""; 0], "{case}");
        assert_eq!(
            fake.world(|world| world.repositories[NAME].references["heads/terramend/safe"].clone()),
            theirs,
            "{case}"
        );
    }
}

#[test]
fn a_branch_that_somebody_made_first_is_theirs() {
    let fake = fake(&[("main.tf", QUEUE)]);
    fake.world(|world| {
        let repository = world.repositories.get_mut(NAME).unwrap();
        let base = repository.references["heads/main"].clone();
        repository.move_to("heads/terramend/safe", &base);
        repository.commit("heads/terramend/safe", "ada", "my own", &[("main.tf", FIXED_QUEUE)]);
    });
    let ended = Run::default().go(&fake, NAME);
    assert_eq!(ended.operations(), [Operation::Skipped], "{}", ended.trouble());
    assert_eq!(changes(&fake), [""; 0]);
}

#[test]
fn titles_and_words_of_people_stay() {
    let fake = fake(&[("main.tf", QUEUE)]);
    Run::default().go(&fake, NAME);
    fake.world(|world| {
        let repository = world.repositories.get_mut(NAME).unwrap();
        let pull = &mut repository.pulls[0];
        pull.title = "SEC-12: queues".into();
        // As the web editor sends it.
        pull.body = format!("Merge after the freeze.\r\n\r\n{}cc @ops\r\n", pull.body.replace('\n', "\r\n"));
        pull.draft = true;
    });
    assert_eq!(Run::default().go(&fake, NAME).operations(), [Operation::Unchanged]);
    fake.world(|world| {
        world.repositories.get_mut(NAME).unwrap().commit("heads/main", "ada", "more", &[("main.tf", &more())])
    });
    assert_eq!(Run::default().go(&fake, NAME).operations(), [Operation::Updated]);
    fake.world(|world| {
        let pull = &world.repositories[NAME].pulls[0];
        assert_eq!(pull.title, "SEC-12: queues");
        assert!(pull.draft);
        assert!(
            pull.body.starts_with("Merge after the freeze.\n") && pull.body.ends_with("cc @ops\n"),
            "{}",
            pull.body
        );
        assert!(pull.body.contains("fixed 2 findings"), "{}", pull.body);
    });
}

#[test]
fn closed_without_a_merge_is_a_no_until_there_is_something_of_another_kind() {
    let fake = fake(&[("main.tf", QUEUE)]);
    Run::default().go(&fake, NAME);
    let close = |open: bool| fake.world(|world| world.repositories.get_mut(NAME).unwrap().pulls[0].open = open);
    close(false);
    fake.world(|world| {
        world.repositories.get_mut(NAME).unwrap().commit("heads/main", "ada", "more", &[("main.tf", &more())])
    });
    let ended = Run::default().go(&fake, NAME);
    assert_eq!(ended.operations(), [Operation::Skipped], "one more queue is of the same kind");
    assert!(ended.trouble().contains("was closed without a merge"), "{}", ended.trouble());
    // Reopened: it is kept up to date again.
    close(true);
    assert_eq!(Run::default().go(&fake, NAME).operations(), [Operation::Updated]);
    // Closed again, and there is a bucket now.
    close(false);
    let bucket = [("bucket.tf", BUCKET)];
    fake.world(|world| world.repositories.get_mut(NAME).unwrap().commit("heads/main", "ada", "a bucket", &bucket));
    assert_eq!(Run::default().go(&fake, NAME).operations(), [Operation::Created]);
    assert_eq!(fake.world(|world| world.repositories[NAME].open().len()), 1);
    assert_eq!(fake.faults(), [""; 0]);
}

#[test]
fn after_a_merge_the_next_findings_have_a_new_pull_request() {
    let fake = fake(&[("main.tf", QUEUE)]);
    Run::default().go(&fake, NAME);
    fake.world(|world| {
        let repository = world.repositories.get_mut(NAME).unwrap();
        let number = repository.pulls[0].number;
        repository.merge(number);
    });
    assert!(Run::default().go(&fake, NAME).done().is_empty(), "merged: nothing is left to say");
    let next = [("next.tf", QUEUE)];
    fake.world(|world| world.repositories.get_mut(NAME).unwrap().commit("heads/main", "ada", "next", &next));
    let ended = Run::default().go(&fake, NAME);
    assert_eq!(ended.operations(), [Operation::Created], "{}", ended.trouble());
    fake.world(|world| {
        let repository = &world.repositories[NAME];
        assert_eq!(repository.pulls.len(), 2);
        assert_eq!(repository.read("terramend/safe", "next.tf").as_deref(), Some(FIXED_QUEUE));
    });
}

#[test]
fn what_nothing_is_left_of_is_closed_but_never_after_an_error() {
    let fake = fake(&[("main.tf", QUEUE)]);
    Run::default().go(&fake, NAME);
    fake.world(|world| {
        world.repositories.get_mut(NAME).unwrap().commit("heads/main", "ada", "by hand", &[("main.tf", FIXED_QUEUE)])
    });
    let broken = [("broken.tf", "resource {")];
    fake.world(|world| world.repositories.get_mut(NAME).unwrap().commit("heads/main", "ada", "oops", &broken));
    assert!(Run::default().go(&fake, NAME).done().is_empty(), "a scan with errors closes nothing");
    // A run of a part, and one of other fixes, can't know.
    let part = Run { options: Options { closes: None, ..Run::default().options }, ..Run::default() };
    let list =
        proposals(&[("main.tf".into(), FIXED_QUEUE.into())], Grade::Safe, terramend::catalogue::GroupBy::Repository);
    assert!(part.publish(&fake, NAME, &list).done().is_empty());
    let elsewhere = Run { options: Options { directory: "infra".into(), ..Run::default().options }, ..Run::default() };
    assert!(elsewhere.publish(&fake, NAME, &list).done().is_empty());
    assert_eq!(fake.world(|world| world.repositories[NAME].open().len()), 1);
    let ended = Run::default().publish(&fake, NAME, &list);
    assert_eq!(ended.operations(), [Operation::Closed], "{}", ended.trouble());
    fake.world(|world| {
        let repository = &world.repositories[NAME];
        assert!(repository.pulls[0].body.contains("terramend closed this: on `main` nothing of it is left to fix."));
        assert!(!repository.references.contains_key("heads/terramend/safe"));
    });
    // That was nobody's no: when the finding comes back, so does the pull request.
    let back = [("main.tf", QUEUE), ("broken.tf", "locals {}\n")];
    fake.world(|world| world.repositories.get_mut(NAME).unwrap().commit("heads/main", "ada", "back", &back));
    assert_eq!(Run::default().go(&fake, NAME).operations(), [Operation::Created]);
    assert_eq!(fake.faults(), [""; 0]);
}

#[test]
fn a_pull_request_with_a_commit_of_somebody_else_is_not_closed() {
    let fake = fake(&[("main.tf", QUEUE)]);
    Run::default().go(&fake, NAME);
    fake.world(|world| {
        let repository = world.repositories.get_mut(NAME).unwrap();
        repository.commit("heads/terramend/safe", "ada", "mine", &[("extra.tf", "locals {}\n")]);
        repository.commit("heads/main", "ada", "by hand", &[("main.tf", FIXED_QUEUE)]);
    });
    assert!(Run::default().go(&fake, NAME).done().is_empty());
    assert_eq!(fake.world(|world| world.repositories[NAME].open().len()), 1);
}

#[test]
fn a_renamed_default_branch_and_a_renamed_repository_are_followed() {
    let fake = fake(&[("main.tf", QUEUE)]);
    Run::default().go(&fake, NAME);
    fake.world(|world| {
        let mut repository = world.repositories.remove(NAME).unwrap();
        let head = repository.references.remove("heads/main").unwrap();
        repository.references.insert("heads/trunk".into(), head);
        repository.default_branch = "trunk".into();
        world.repositories.insert("acme/shop".into(), repository);
        world.renamed.insert(NAME.into(), "acme/shop".into());
    });
    let ended = Run::default().go(&fake, NAME);
    assert_eq!(ended.operations(), [Operation::Updated], "{}", ended.trouble());
    fake.world(|world| {
        let repository = &world.repositories["acme/shop"];
        assert_eq!((repository.pulls.len(), repository.pulls[0].base.as_str()), (1, "trunk"));
    });
    assert_eq!(fake.faults(), [""; 0]);
}
