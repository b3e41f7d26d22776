//! The journal: continued after any kill, written by one process, read by others.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use terramend::org::journal::{Journal, JournalError, Sent, Stage};
use terramend::org::select::Repository;

/// Set for the process that is killed: the journal that it writes.
const VICTIM: &str = "TERRAMEND_TEST_JOURNAL";

/// Repositories of the run.
const COUNT: u64 = 400;

fn repository(id: u64) -> Repository {
    Repository { id, name: format!("r{id}"), full_name: format!("acme/r{id}"), ..Repository::default() }
}

fn sent(id: u64) -> Sent {
    Sent {
        branch: "terramend/safe".into(),
        operation: "created".into(),
        number: Some(id),
        url: Some(format!("https://example.com/{id}")),
        reason: None,
    }
}

/// A whole run, which says each step that is done, and goes on where an earlier one was killed.
fn work(path: &Path, mut say: impl FnMut(String)) {
    let mut journal = Journal::open(path).unwrap();
    let (run, listed) = journal.begin("run", "acme", "fingerprint", 1).unwrap();
    if !listed {
        for page in (1..=COUNT).collect::<Vec<_>>().chunks(100) {
            let page: Vec<_> = page.iter().map(|id| (repository(*id), Stage::Listed, None)).collect();
            journal.list(run, &page, 1).unwrap();
        }
        journal.listed(run, 1).unwrap();
        say("listed".into());
    }
    for row in journal.next(run, Stage::Listed, 0, 1000).unwrap() {
        let id = row.repository.id;
        let plan = "some text ".repeat(200 + (id as usize % 7) * 100);
        journal.keep(run, id, Stage::Planned, &plan, 2).unwrap();
        say(format!("planned {id}"));
    }
    for row in journal.next(run, Stage::Planned, 0, 1000).unwrap() {
        let id = row.repository.id;
        journal.sent(run, id, &sent(id), 3).unwrap();
        journal.set(run, id, Stage::Published, None, 3).unwrap();
        say(format!("published {id}"));
    }
    journal.finish(run, 4).unwrap();
}

/// Not a test of its own: what the kill test runs and kills.
#[test]
fn victim() {
    if let Some(path) = std::env::var_os(VICTIM) {
        work(Path::new(&path), |step| println!("step {step}"));
    }
}

/// Runs the victim, kills it after so many steps, and gives the steps that it said it had done.
fn killed_after(path: &Path, steps: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "journal::victim", "--nocapture", "--test-threads=1"])
        .env(VICTIM, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut done = Vec::new();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for line in lines.map_while(Result::ok) {
        // The harness begins the line with the test's name.
        if let Some((_, step)) = line.split_once("step ") {
            done.push(step.to_owned());
        }
        if done.len() == steps {
            child.kill().unwrap();
            break;
        }
    }
    child.wait().unwrap();
    done
}

#[test]
fn a_run_that_is_killed_again_and_again_comes_to_the_same_end() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("journal.db");
    let mut kills = 0;
    // A different distance each time, from the first step on.
    for turn in 0_usize.. {
        let done = killed_after(&path, 1 + turn * turn * 13 % 97);
        let journal = Journal::read(&path).unwrap();
        let run = journal.runs().unwrap()[0].id;
        for step in done {
            let Some((stage, id)) = step.split_once(' ') else { continue };
            let id: u64 = id.parse().unwrap();
            let plan: String = journal.plan(run, id).unwrap().unwrap();
            assert_eq!(
                plan.len(),
                10 * (200 + (id as usize % 7) * 100),
                "what was said to be kept is there, and whole"
            );
            let expected: &[Sent] = if stage == "published" { &[sent(id)] } else { &[] };
            assert!(journal.pull_requests(run, id).unwrap().starts_with(expected), "{step}");
        }
        // The kill may come after the end.
        if journal.runs().unwrap()[0].finished.is_some() {
            break;
        }
        kills += 1;
    }
    assert!(kills > 10, "{kills} kills tell little");
    let journal = Journal::read(&path).unwrap();
    let runs = journal.runs().unwrap();
    assert_eq!((runs.len(), runs[0].finished), (1, Some(4)), "it was one run all the time");
    assert_eq!(journal.stages(runs[0].id).unwrap(), [(Stage::Published, COUNT)]);
    let all: Vec<_> = (1..=COUNT).flat_map(|id| journal.pull_requests(runs[0].id, id).unwrap()).collect();
    assert_eq!(all, (1..=COUNT).map(sent).collect::<Vec<_>>());
}

#[test]
fn one_process_writes_and_others_read() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("journal.db");
    assert!(matches!(Journal::read(&path), Err(JournalError::Missing(_))));
    let mut first = Journal::open(&path).unwrap();
    let (run, _) = first.begin("run", "acme", "a", 1).unwrap();
    let second = Journal::open(&path).unwrap_err();
    assert!(matches!(second, JournalError::InUse(_)) && second.to_string().contains("hint: wait for it"), "{second}");
    let reader = Journal::read(&path).unwrap();
    first.list(run, &[(repository(7), Stage::Skipped, Some("it is a fork".into()))], 1).unwrap();
    assert_eq!(reader.stages(run).unwrap(), [(Stage::Skipped, 1)], "also while it is written");
    let mut reader = reader;
    assert!(reader.finish(run, 2).is_err(), "a reader never writes");
    drop(first);
    Journal::open(&path).unwrap();
}

#[test]
fn only_an_unfinished_run_of_the_same_kind_is_continued() {
    let scratch = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(&scratch.path().join("journal.db")).unwrap();
    let (first, _) = journal.begin("run", "acme", "a", 1).unwrap();
    assert_eq!(journal.begin("run", "acme", "a", 2).unwrap(), (first, false));
    journal.listed(first, 2).unwrap();
    assert_eq!(journal.begin("run", "acme", "a", 3).unwrap(), (first, true));
    let (second, listed) = journal.begin("run", "acme --grade review", "b", 4).unwrap();
    assert!(second != first && !listed);
    assert_ne!(journal.begin("run", "acme", "a", 5).unwrap().0, first, "something else was done meanwhile");
    let (third, _) = journal.begin("run", "acme", "a", 5).unwrap();
    journal.finish(third, 6).unwrap();
    assert_ne!(journal.begin("run", "acme", "a", 7).unwrap().0, third);
}

#[test]
fn what_is_no_journal_is_left_alone() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("journal.db");
    std::fs::write(&path, "a letter to my grandmother, which is longer than the header of a database is, by far.....")
        .unwrap();
    assert!(matches!(Journal::open(&path), Err(JournalError::Foreign(_))));
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("a letter"));
    let other = scratch.path().join("other.db");
    let database = rusqlite::Connection::open(&other).unwrap();
    database.execute_batch("CREATE TABLE letters (text)").unwrap();
    assert!(matches!(Journal::open(&other), Err(JournalError::Foreign(_))));
    let newer = scratch.path().join("newer.db");
    drop(Journal::open(&newer).unwrap());
    rusqlite::Connection::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = Journal::open(&newer).unwrap_err().to_string();
    assert!(error.contains("a newer terramend made this journal (version 99; this one knows 2)"), "{error}");
}
