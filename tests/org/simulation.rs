//! An organisation of many repositories under GitHub's limits, in virtual time.
//!
//! `TERRAMEND_SIMULATION=2000 cargo test --test org simulation -- --nocapture` takes as many repositories.

use std::sync::Arc;
use std::time::{Duration, Instant};

use terramend::org::content::Limits;
use terramend::org::journal::{Journal, Stage};
use terramend::org::listing::Source;
use terramend::org::pace::Pace;
use terramend::org::policy::Policy;
use terramend::org::run::{Published, Run, Selection};
use terramend::org::select::Filters;
use terramend::org::shard::Shard;
use terramend::publish::github::{self, Clock as _, Credential, Endpoint, Gate, connect_at};

use crate::support::clock::Virtual;
use crate::support::github::Fake;
use crate::support::organisation::{add, command, content, hostile, limited, server};
use crate::support::visible::{open_pulls, orphans};

/// Repositories without `TERRAMEND_SIMULATION`.
const COUNT: usize = 60;

/// Different contents among them.
const DISTINCT: usize = 200;

fn count() -> usize {
    std::env::var("TERRAMEND_SIMULATION").ok().and_then(|text| text.parse().ok()).unwrap_or(COUNT)
}

fn seed(server: &Fake, count: usize) -> usize {
    let mut state = server.state();
    for i in 0..count {
        add(&mut state, &format!("acme/svc-{i:04}"), &content(i % DISTINCT));
    }
    hostile(&mut state).len()
}

#[test]
fn nothing_goes_beyond_the_limits_and_little_below() {
    let count = count();
    let clock = Arc::new(Virtual::default());
    let server = limited(&clock);
    let hostile = seed(&server, count);
    let scratch = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (scan, whole, operations) = runtime.block_on(async {
        let gate = Arc::new(Gate::new(Arc::clone(&clock) as Arc<dyn github::Clock>, github::Limits::default(), |_| ()));
        let token = Credential::Token("secret-token".into());
        let client = connect_at(&Endpoint::of_api(&server.url), &token, gate, "").await.unwrap();
        let mut journal = Journal::open(&scratch.path().join("journal.db")).unwrap();
        let (id, _) = journal.begin("run", "acme", "simulation", clock.epoch()).unwrap();
        let policy = Policy::new(None, None, &[], &["sqs-encryption".into()], None).unwrap();
        let mut run = Run {
            client,
            journal,
            id,
            policy: Arc::new(policy),
            limits: Limits::default(),
            jobs: 8,
            pace: Pace::default(),
            updates_only: false,
            say: &|_| (),
        };
        let selection =
            Selection { sources: vec![Source::Org("acme".into())], filters: Filters::default(), shard: Shard::WHOLE };
        run.list(&selection).await.unwrap();
        let start = Instant::now();
        run.examine().await.unwrap();
        let (scan, before) = (start.elapsed(), clock.now());
        assert_eq!(run.publish().await.unwrap(), Published::All);
        let stages = run.journal.stages(id).unwrap();
        assert_eq!(stages.iter().map(|(_, count)| count).sum::<u64>() as usize, count + hostile, "each once");
        let published = stages.iter().find(|(stage, _)| *stage == Stage::Published).unwrap().1 as usize;
        assert_eq!(published, count + 1, "and the one that wanted more than it gets: {stages:?}");
        (scan, clock.now().checked_sub(before).unwrap(), run.journal.operations(id).unwrap())
    });
    let state = server.state();
    assert!(state.beyond.is_empty(), "{:?}", &state.beyond[..state.beyond.len().min(5)]);
    assert_eq!(open_pulls(&state).values().sum::<usize>(), count + 1, "{operations:?}");
    assert!(orphans(&state).is_empty());
    // As fast as the limits allow: 80 changes a minute, 500 an hour, each hour anew.
    let changes = state.changes;
    let (hours, rest) = (changes / 500, changes % 500);
    let (hours, rest) = if rest == 0 && hours > 0 { (hours - 1, 500) } else { (hours, rest) };
    let allowed = Duration::from_secs(hours * 3600 + rest * 60 / 80);
    let share = if whole.is_zero() { 1.0 } else { allowed.as_secs_f64() / whole.as_secs_f64() };
    println!(
        "{} repositories; scanned {:.1} a second of real time; {changes} changes published in {:.2} virtual hours, \
         where GitHub's limits allow {:.2} ({:.0} %); {} requests, none beyond the limits",
        count + hostile,
        (count + hostile) as f64 / scan.as_secs_f64(),
        whole.as_secs_f64() / 3600.0,
        allowed.as_secs_f64() / 3600.0,
        share * 100.0,
        state.log.len()
    );
    // In less than a few hours the bursts that we don't make weigh more than the hourly limit.
    assert!(share >= 0.9 || changes < 5000, "{share}");
}

/// Peak memory of the program in KiB, and the repositories that it treated in a second of real time.
#[cfg(target_os = "linux")]
fn memory(count: usize) -> (u64, f64) {
    let server = server();
    let all = count + seed(&server, count);
    let scratch = tempfile::tempdir().unwrap();
    let arguments = ["run", "--org", "acme", "--control", "sqs-encryption"];
    let start = Instant::now();
    let mut child = command(&server, scratch.path(), &arguments)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0);
        most = most.max(now);
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(open_pulls(&server.state()).len(), count + 1);
    (most, all as f64 / start.elapsed().as_secs_f64())
}

/// Repositories of the larger run without `TERRAMEND_SIMULATION`; the smaller one has a tenth.
#[cfg(target_os = "linux")]
const MANY: usize = 200;

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_organisation() {
    let count = count().max(MANY);
    let ((few, _), (many, speed)) = (memory(count / 10), memory(count));
    println!(
        "peak memory: {:.1} MiB over {} repositories, {:.1} MiB over {count}; listed, examined and published {speed:.1} a second",
        few as f64 / 1024.0,
        count / 10,
        many as f64 / 1024.0
    );
    assert!(many < 300 << 10, "{} MiB", many >> 10);
    // Ten times as many repositories: what the report says of each, and no more.
    assert!(many < few + few / 5 + (count as u64) * 8, "{few} KiB, then {many} KiB");
}
