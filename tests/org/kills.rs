//! Killed at any moment and started again, a run comes to the end that it would have come to.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use crate::support::organisation::{ONLY, add, command, content, org};
use crate::support::server::{Server, orphans};

/// How many kills without `TERRAMEND_KILLS`.
const KILLS: usize = 24;

fn organisation() -> Server {
    let server = Server::start();
    for i in 0..3 {
        add(&mut server.state(), &format!("acme/svc-{i}"), &content(i));
    }
    server
}

fn arguments() -> Vec<&'static str> {
    [&["run", "--org", "acme", "--jobs", "1"][..], &ONLY[..]].concat()
}

/// Kills the program when the request `number` comes (or, `after` it was carried out, before it is answered).
fn killed(server: &Server, directory: &std::path::Path, number: usize, after: bool) -> bool {
    let (process, is_done) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
    let (id, done) = (Arc::clone(&process), Arc::clone(&is_done));
    let first = server.state().log.len();
    server.state().watch = Some(Box::new(move |request, carried_out| {
        if request != first + number || carried_out != after || done.load(Ordering::SeqCst) {
            return false;
        }
        while id.load(Ordering::SeqCst) == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        done.store(true, Ordering::SeqCst);
        kill(id.load(Ordering::SeqCst));
        true
    }));
    let mut child =
        command(server, directory, &arguments()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    process.store(child.id(), Ordering::SeqCst);
    child.wait().unwrap();
    server.state().watch = None;
    is_done.load(Ordering::SeqCst)
}

/// As the system's out-of-memory killer does it.
fn kill(process: u32) {
    let status = std::process::Command::new("kill").args(["-9", &process.to_string()]).status().unwrap();
    assert!(status.success());
}

#[cfg(unix)]
#[test]
fn a_kill_at_any_request_changes_nothing_of_the_end() {
    let undisturbed = organisation();
    let scratch = tempfile::tempdir().unwrap();
    let (code, _, said) = org(&undisturbed, scratch.path(), &arguments());
    assert_eq!(code, 0, "{said}");
    let requests = undisturbed.state().log.len();
    let kills = std::env::var("TERRAMEND_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    // Every boundary comes up when there are enough kills: before and after each request.
    let all = (requests * 2).max(1);
    let mut count = 0;
    for kill in 0..kills {
        let point = kill * all / kills.min(all) % all;
        let (server, scratch) = (organisation(), tempfile::tempdir().unwrap());
        count += usize::from(killed(&server, scratch.path(), 1 + point / 2, point % 2 == 1));
        // A second kill, elsewhere, before it may go on.
        if kill % 3 == 0 {
            killed(&server, scratch.path(), 1 + (kill * 7) % requests, kill % 2 == 0);
        }
        let (code, _, said) = org(&server, scratch.path(), &arguments());
        assert_eq!(code, 0, "{said}");
        assert_eq!(server.visible(), undisturbed.visible(), "killed at request {} of {requests}", 1 + point / 2);
        let state = server.state();
        assert!(orphans(&state).is_empty());
        assert!(state.world.repositories.values().all(|repository| repository.pulls.len() == 1));
    }
    println!("{count} runs killed, at {} of {all} points ({requests} requests)", kills.min(all));
    assert!(count * 10 >= kills * 9, "{count} of {kills} were killed");
}
