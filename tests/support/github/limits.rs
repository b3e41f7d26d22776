//! GitHub's limits for one credential, in the time of whoever asks.
//!
//! Source: "Rate limits for the REST API" of GitHub's documentation.

use std::collections::VecDeque;

/// Requests in an hour.
const PRIMARY: u64 = 5000;

/// What was asked lately.
pub(crate) struct Limits {
    /// The time in milliseconds since the start.
    clock: Box<dyn Fn() -> u64 + Send>,
    /// The start in seconds since 1970.
    start: u64,
    minute: VecDeque<(u64, u32)>,
    changes: VecDeque<u64>,
    /// The hour's end, and what is left of it.
    hour: (u64, u64),
}

impl Limits {
    pub(crate) fn new(start: u64, clock: impl Fn() -> u64 + Send + 'static) -> Self {
        Self { clock: Box::new(clock), start, minute: VecDeque::new(), changes: VecDeque::new(), hour: (0, 0) }
    }

    /// Whether a request is within the limits; else which one it breaks.
    pub(crate) fn admit(&mut self, changes: bool) -> Result<(), &'static str> {
        let now = (self.clock)();
        while self.minute.front().is_some_and(|(then, _)| then + 60_000 <= now) {
            self.minute.pop_front();
        }
        while self.changes.front().is_some_and(|then| then + 3_600_000 <= now) {
            self.changes.pop_front();
        }
        if now >= self.hour.0 {
            self.hour = (now + 3_600_000, PRIMARY);
        }
        let cost = if changes { 5 } else { 1 };
        let points: u32 = self.minute.iter().map(|(_, points)| points).sum();
        let last_minute = self.changes.iter().rev().take_while(|then| *then + 60_000 > now).count();
        if self.hour.1 == 0 {
            return Err("5,000 requests an hour");
        }
        if points + cost > 900 {
            return Err("900 points a minute");
        }
        if changes && (last_minute >= 80 || self.changes.len() >= 500) {
            return Err("80 changes a minute, 500 an hour");
        }
        self.hour.1 -= 1;
        self.minute.push_back((now, cost));
        if changes {
            self.changes.push_back(now);
        }
        Ok(())
    }

    /// What is left of the hour, and when it ends in seconds since 1970.
    pub(crate) fn left(&self) -> (u64, u64) {
        (self.hour.1, self.start + self.hour.0 / 1000)
    }
}
