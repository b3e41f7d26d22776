//! Killed at any moment and started again, a run comes to the end that it would have come to.
//!
//! `TERRAMEND_KILLS=1000 cargo test --test org kills -- --nocapture` takes as many random moments, besides the moments
//! before and after each request.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use terramend::org::journal::{Journal, Stage};

use crate::support::github::Fake;
use crate::support::organisation::{ONLY, add, command, content, org, server};
use crate::support::visible::{orphans, visible};

/// How many random moments without `TERRAMEND_KILLS`.
const KILLS: usize = 60;

/// Repositories of each organisation: one file, and two files in two directories.
const REPOSITORIES: [usize; 2] = [3, 1];

/// When the program is killed.
#[derive(Debug, Clone, Copy)]
struct Moment {
    /// The request, from 1.
    request: usize,
    /// After it was carried out, not before.
    after: bool,
    /// So long after that; without it the request is never answered.
    later: Option<Duration>,
}

/// A second organisation of the same repositories.
fn seed(server: &Fake, owner: &str) {
    for i in REPOSITORIES {
        add(&mut server.state(), &format!("{owner}/svc-{i}"), &content(i));
    }
}

fn arguments(owner: &str) -> Vec<&str> {
    [&["run", "--org", owner, "--jobs", "1"][..], &ONLY[..]].concat()
}

/// Runs the program and kills it, as the system's out-of-memory killer does it. Says whether it got that far.
fn killed(server: &Fake, directory: &Path, owner: &str, moment: Moment) -> bool {
    let (order, orders) = mpsc::channel::<Option<mpsc::Sender<()>>>();
    let mut count = 0;
    server.state().watch = Some(Box::new(move |carried_out| {
        count += usize::from(!carried_out);
        if count != moment.request || carried_out != moment.after {
            return false;
        }
        let (done, is_done) = mpsc::channel();
        if moment.later.is_some() {
            return order.send(None).is_err();
        }
        // The process is gone before the connection ends.
        order.send(Some(done)).is_ok_and(|()| is_done.recv().is_ok())
    }));
    let mut child =
        command(server, directory, &arguments(owner)).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let status = loop {
        match orders.recv_timeout(Duration::from_millis(5)) {
            Ok(answer) => {
                std::thread::sleep(moment.later.unwrap_or_default());
                // Nobody else's process: this one isn't waited for yet.
                child.kill().unwrap();
                let status = child.wait().unwrap();
                if let Some(answer) = answer {
                    answer.send(()).unwrap();
                }
                break status;
            }
            Err(_) => {
                if let Some(status) = child.try_wait().unwrap() {
                    break status;
                }
            }
        }
    };
    server.state().watch = None;
    status.signal() == Some(9)
}

/// Numbers that are the same in every run of the tests (Knuth's MMIX generator).
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }

    fn moment(&mut self, requests: usize) -> Moment {
        let later = Some(Duration::from_millis(self.below(25) as u64));
        Moment { request: 1 + self.below(requests), after: self.below(2) == 1, later }
    }
}

/// What is on GitHub, and in the journal, when a run comes to its end.
fn end(server: &Fake, directory: &Path, owner: &str) -> (BTreeMap<String, String>, Vec<(Stage, u64)>) {
    let (code, _, said) = org(server, directory, &arguments(owner));
    assert_eq!(code, 0, "{said}");
    let journal = Journal::read(&directory.join("terramend-org.db")).unwrap();
    let run = journal.runs().unwrap()[0].clone();
    assert!(run.finished.is_some());
    let left = directory.join("terramend-org.db.work");
    assert!(!left.exists(), "no unpacked archive stays");
    (visible(&server.state(), owner), journal.stages(run.id).unwrap())
}

#[test]
fn a_kill_at_any_moment_changes_nothing_of_the_end() {
    let undisturbed = server();
    seed(&undisturbed, "acme");
    let scratch = tempfile::tempdir().unwrap();
    let expected = end(&undisturbed, scratch.path(), "acme");
    assert_eq!(expected.1, [(Stage::Published, REPOSITORIES.len() as u64)]);
    let requests = undisturbed.state().log.len();
    let mut random = Random(7);
    let mut moments: Vec<Moment> =
        (0..requests * 2).map(|point| Moment { request: 1 + point / 2, after: point % 2 == 1, later: None }).collect();
    let kills = std::env::var("TERRAMEND_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    moments.extend((0..kills).map(|_| random.moment(requests)));
    // Every fifth is killed once more, elsewhere, before it may go on.
    let seconds: Vec<Option<Moment>> =
        (0..moments.len()).map(|i| i.is_multiple_of(5).then(|| random.moment(requests))).collect();
    let (next, count) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from).min(8) {
            scope.spawn(|| {
                let server = server();
                loop {
                    let i = next.fetch_add(1, Ordering::SeqCst);
                    let Some(moment) = moments.get(i) else { break };
                    let (owner, scratch) = (format!("acme{i}"), tempfile::tempdir().unwrap());
                    seed(&server, &owner);
                    let all = std::iter::once(*moment).chain(seconds[i]);
                    let kills = all.filter(|moment| killed(&server, scratch.path(), &owner, *moment)).count();
                    count.fetch_add(kills, Ordering::SeqCst);
                    assert_eq!(
                        end(&server, scratch.path(), &owner),
                        expected,
                        "killed at {moment:?}, {:?}",
                        seconds[i]
                    );
                    let mut state = server.state();
                    assert!(orphans(&state).is_empty());
                    assert!(state.world.repositories.values().all(|repository| repository.pulls.len() == 1));
                    assert_eq!(state.wrong, [""; 0]);
                    state.world.repositories.clear();
                }
            });
        }
    });
    let count = count.load(Ordering::SeqCst);
    println!("{count} kills at {} moments, {} of them before and after each request", moments.len(), requests * 2);
    // Some moments come after the end.
    assert!(count * 10 >= moments.len() * 9, "{count} of {} were killed", moments.len());
}
