//! How a run is stopped from outside: by a terminal, by the end of a job's time, by Kubernetes.

use std::sync::Arc;

use crate::cli::{USAGE, talk};
use crate::publish::github::Gate;

/// Stops the run at the first interruption; ends the program at the second one, which loses no more than a kill does.
pub(super) async fn listen(gate: Arc<Gate>) {
    interrupted().await;
    talk("stopping: what was done stays, and the same command goes on from there (once more to stop at once)");
    gate.stop();
    interrupted().await;
    #[expect(clippy::exit, reason = "somebody insists, and a run may end anywhere")]
    std::process::exit(USAGE.into());
}

/// Waits for Ctrl-C, or for the signal by which systems end programs.
#[cfg(unix)]
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminated) = signal(SignalKind::terminate()) else { return until_interrupt().await };
    tokio::select! {
        () = until_interrupt() => {}
        _ = terminated.recv() => {}
    }
}

#[cfg(not(unix))]
async fn interrupted() {
    until_interrupt().await;
}

async fn until_interrupt() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Nothing can be heard: nothing ever stops it.
        std::future::pending::<()>().await;
    }
}
