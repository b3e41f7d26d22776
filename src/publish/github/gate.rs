//! The gate that all requests of one credential pass: it spaces what creates content, keeps below GitHub's limits, and
//! holds everything back while a limit lasts.
//!
//! Invariant: what one task learns about a limit holds for all. Times are those of the [`Clock`], so that nothing here
//! needs a real one.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, SemaphorePermit};

use super::clock::Clock;
use super::verdict::Limit;

/// How fast the gate lets requests through.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The time between two requests that create or change something. GitHub asks for a second.
    pub spacing: Duration,
    /// Such requests in any hour. GitHub stops at 500.
    pub per_hour: usize,
    /// Requests that read, in any minute. GitHub stops at 900 points, where one that changes something costs five: a change
    /// a second takes 300 of them.
    pub reads: usize,
    /// Requests at the same time. GitHub stops at 100.
    pub concurrent: usize,
    /// The first wait after a burst limit that doesn't say how long; doubled each time. GitHub asks for a minute.
    pub first_wait: Duration,
    /// The longest wait at once. A limit that lasts longer ends the run.
    pub longest_wait: Duration,
    /// How often a request is tried.
    pub attempts: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            spacing: Duration::from_secs(1),
            per_hour: 480,
            reads: 550,
            concurrent: 20,
            first_wait: Duration::from_secs(60),
            // The hourly limit ends within an hour.
            longest_wait: Duration::from_secs(65 * 60),
            attempts: 6,
        }
    }
}

/// Why a request doesn't get through.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Closed {
    /// The run was stopped.
    #[error("stopped")]
    Stopped,
    /// A limit lasts too long.
    #[error("GitHub's rate limit lasts for {} more minutes, longer than this run waits\n  hint: run again then; what was done stays done", .0.as_secs().div_ceil(60))]
    TooLong(Duration),
}

/// The gate.
pub struct Gate {
    clock: Arc<dyn Clock>,
    limits: Limits,
    state: Mutex<State>,
    slots: Semaphore,
    stopped: AtomicBool,
    stop: Notify,
    listener: Box<dyn Fn(&str) + Send + Sync>,
}

#[derive(Debug, Default)]
struct State {
    /// Nothing gets through before.
    closed_until: Duration,
    /// Nothing that changes something gets through before.
    next_change: Duration,
    /// The turns of such requests in the last hour, and those to come.
    changes: VecDeque<Duration>,
    /// The turns of requests that read in the last minute, and those to come.
    reads: VecDeque<Duration>,
    /// Burst limits in a row.
    strikes: u32,
}

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);
/// Waits from this on are said.
const WORTH_SAYING: Duration = Duration::from_secs(5);

impl Gate {
    /// A gate; `listener` hears of long waits.
    pub fn new(clock: Arc<dyn Clock>, limits: Limits, listener: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self {
            clock,
            limits,
            state: Mutex::default(),
            slots: Semaphore::new(limits.concurrent),
            stopped: AtomicBool::new(false),
            stop: Notify::new(),
            listener: Box::new(listener),
        }
    }

    /// Its limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Its clock.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Lets nothing through any more, and wakes who waits.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.stop.notify_waiters();
    }

    /// Waits for the turn of a request. The permit is kept until the answer is there.
    pub async fn admit(&self, changes: bool) -> Result<SemaphorePermit<'_>, Closed> {
        loop {
            let turn = self.reserve(changes);
            let wait = turn.saturating_sub(self.clock.now());
            if !wait.is_zero() {
                self.wait(wait, "GitHub's limits").await?;
            }
            // A limit that came up meanwhile takes all turns away.
            if self.lock().closed_until <= turn {
                break;
            }
        }
        // Only who has his turn takes a place.
        let Ok(permit) = self.slots.acquire().await else { return Err(Closed::Stopped) };
        if self.stopped.load(Ordering::SeqCst) { Err(Closed::Stopped) } else { Ok(permit) }
    }

    /// The time of the next turn, which is taken by that.
    fn reserve(&self, changes: bool) -> Duration {
        let mut state = self.lock();
        let mut at = self.clock.now().max(state.closed_until);
        if changes {
            at = at.max(state.next_change);
            if let Some(first) = state.changes.len().checked_sub(self.limits.per_hour) {
                at = at.max(state.changes.get(first).map_or(at, |then| *then + HOUR));
            }
            while state.changes.front().is_some_and(|then| *then + HOUR <= at) {
                state.changes.pop_front();
            }
            state.next_change = at + self.limits.spacing;
            state.changes.push_back(at);
        } else {
            if let Some(first) = state.reads.len().checked_sub(self.limits.reads) {
                at = at.max(state.reads.get(first).map_or(at, |then| *then + MINUTE));
            }
            while state.reads.front().is_some_and(|then| *then + MINUTE <= at) {
                state.reads.pop_front();
            }
            state.reads.push_back(at);
        }
        at
    }

    /// Waits, unless that would take too long or the run is stopped.
    pub async fn wait(&self, duration: Duration, why: &str) -> Result<(), Closed> {
        if duration > self.limits.longest_wait {
            return Err(Closed::TooLong(duration));
        }
        let stopped = self.stop.notified();
        if self.stopped.load(Ordering::SeqCst) {
            return Err(Closed::Stopped);
        }
        if duration >= WORTH_SAYING {
            (self.listener)(&format!("waiting for {} s: {why}", duration.as_secs()));
        }
        tokio::select! {
            () = self.clock.sleep(duration) => Ok(()),
            () = stopped => Err(Closed::Stopped),
        }
    }

    /// Closes the gate for everybody as long as a limit lasts.
    pub fn close(&self, limit: Limit) {
        let mut state = self.lock();
        let wait = limit.wait.unwrap_or_else(|| {
            let doubled = self.limits.first_wait * 2u32.saturating_pow(state.strikes.min(16));
            // Spread, so that several machines don't come back at the same moment.
            doubled.min(self.limits.longest_wait).mul_f64(1.0 - 0.2 * self.clock.random())
        });
        if !limit.primary {
            state.strikes += 1;
        }
        let now = self.clock.now();
        state.closed_until = state.closed_until.max(now + wait);
        // Turns that are still to come are void: who waits for one asks again.
        state.changes.retain(|at| *at <= now);
        state.next_change = state.closed_until;
    }

    /// Hears how many requests are left until when: before none is, everybody waits. So many are kept as may be under way.
    pub fn heard(&self, remaining: Option<u64>, reset: Option<u64>) {
        let (Some(remaining), Some(reset)) = (remaining, reset) else { return };
        if remaining <= self.limits.concurrent as u64 {
            // One second more: the clocks need not agree.
            let wait = Duration::from_secs(reset.saturating_sub(self.clock.epoch()) + 1);
            let mut state = self.lock();
            state.closed_until = state.closed_until.max(self.clock.now() + wait);
        }
    }

    /// An answer came through: burst limits are over.
    pub fn passed(&self) {
        self.lock().strikes = 0;
    }

    /// The wait before another try of a request that failed for the `attempt`th time.
    pub fn backoff(&self, attempt: u32) -> Duration {
        let seconds = 2u64.saturating_pow(attempt.min(6));
        Duration::from_secs(seconds).mul_f64(0.5 + self.clock.random())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::clock::Sleep;
    use super::*;

    /// A clock that only moves when somebody sleeps.
    #[derive(Default)]
    struct Virtual(Mutex<Duration>);

    impl Clock for Virtual {
        fn now(&self) -> Duration {
            *self.0.lock().unwrap()
        }
        fn epoch(&self) -> u64 {
            1_000_000 + self.now().as_secs()
        }
        fn sleep(&self, duration: Duration) -> Sleep<'_> {
            *self.0.lock().unwrap() += duration;
            Box::pin(std::future::ready(()))
        }
        fn random(&self) -> f64 {
            0.5
        }
    }

    fn gate(limits: Limits) -> (Arc<Virtual>, Gate) {
        let clock = Arc::new(Virtual::default());
        (Arc::clone(&clock), Gate::new(clock, limits, |_| ()))
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    #[test]
    fn changes_keep_their_distance_and_the_hourly_limit_and_reads_do_not_wait() {
        let (clock, gate) = gate(Limits { per_hour: 100, ..Limits::default() });
        run(async {
            let mut at = Vec::new();
            for _ in 0..250 {
                drop(gate.admit(true).await.unwrap());
                at.push(clock.now());
                let before = clock.now();
                drop(gate.admit(false).await.unwrap());
                assert_eq!(clock.now(), before);
            }
            assert!(at.windows(2).all(|pair| pair[1] >= pair[0] + Duration::from_secs(1)));
            assert!(at.windows(101).all(|window| window[100] >= window[0] + HOUR));
            assert!(*at.last().unwrap() < 3 * HOUR, "and no slower than that");
        });
    }

    #[test]
    fn reads_keep_below_the_limit_of_a_minute_and_the_hour_of_the_server() {
        let (clock, gate) = gate(Limits { reads: 100, ..Limits::default() });
        run(async {
            let mut at = Vec::new();
            for _ in 0..350 {
                drop(gate.admit(false).await.unwrap());
                at.push(clock.now());
            }
            assert!(at.windows(101).all(|window| window[100].saturating_sub(window[0]) >= MINUTE));
            assert_eq!(*at.last().unwrap(), 3 * MINUTE, "and no slower than that");
            gate.heard(Some(21), Some(gate.clock().epoch() + 600));
            drop(gate.admit(false).await.unwrap());
            assert_eq!(clock.now(), 3 * MINUTE);
            gate.heard(Some(20), Some(gate.clock().epoch() + 600));
            drop(gate.admit(false).await.unwrap());
            assert_eq!(clock.now(), 3 * MINUTE + Duration::from_secs(601));
        });
    }

    #[test]
    fn a_limit_holds_everybody_back_and_waits_grow() {
        let (clock, gate) = gate(Limits::default());
        run(async {
            gate.close(Limit { wait: Some(Duration::from_secs(30)), primary: false });
            drop(gate.admit(false).await.unwrap());
            assert_eq!(clock.now(), Duration::from_secs(30));
            // The second strike in a row, without a time: two minutes less a tenth.
            gate.close(Limit { wait: None, primary: false });
            drop(gate.admit(false).await.unwrap());
            assert_eq!(clock.now(), Duration::from_secs(30 + 108));
            gate.passed();
            gate.close(Limit { wait: None, primary: false });
            drop(gate.admit(false).await.unwrap());
            assert_eq!(clock.now(), Duration::from_secs(30 + 108 + 54));
        });
    }

    #[test]
    fn turns_are_taken_in_advance_and_a_limit_voids_those_to_come() {
        let (_, gate) = gate(Limits { per_hour: 4, ..Limits::default() });
        let turns = |n: usize| (0..n).map(|_| gate.reserve(true).as_secs()).collect::<Vec<_>>();
        assert_eq!(turns(3), [0, 1, 2]);
        gate.close(Limit { wait: Some(Duration::from_secs(30)), primary: false });
        // Only the first was used: nobody comes through in a burst when the limit is over.
        assert_eq!(turns(3), [30, 31, 32]);
        assert_eq!(turns(1), [3_600], "the fifth within an hour");
    }

    #[test]
    fn too_long_a_limit_and_a_stop_end_the_wait() {
        let (_, gate) = gate(Limits::default());
        run(async {
            gate.close(Limit { wait: Some(2 * HOUR), primary: true });
            assert_eq!(gate.admit(true).await.unwrap_err(), Closed::TooLong(2 * HOUR));
            gate.stop();
            assert_eq!(gate.wait(Duration::from_secs(1), "a test").await.unwrap_err(), Closed::Stopped);
        });
    }
}
