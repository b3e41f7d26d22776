//! Time as the gate sees it, so that a run over thousands of repositories can be tried in virtual time.

use std::future::Future;
use std::hash::{BuildHasher as _, Hasher as _};
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What waits without blocking a thread.
pub type Sleep<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// A clock with a source of randomness for the spread of waits.
pub trait Clock: Send + Sync {
    /// Time since some start; never goes back.
    fn now(&self) -> Duration;
    /// Seconds since 1970, as GitHub counts them in its headers.
    fn epoch(&self) -> u64;
    /// Waits.
    fn sleep(&self, duration: Duration) -> Sleep<'_>;
    /// A number from 0 to 1.
    fn random(&self) -> f64;
}

/// The machine's clock, with tokio's timer.
#[derive(Debug)]
pub struct SystemClock(Instant);

impl Default for SystemClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn epoch(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    fn sleep(&self, duration: Duration) -> Sleep<'_> {
        Box::pin(tokio::time::sleep(duration))
    }

    fn random(&self) -> f64 {
        // Every hasher of the standard library has keys of its own.
        let bits = std::collections::hash_map::RandomState::new().build_hasher().finish();
        (bits >> 11) as f64 / (1u64 << 53) as f64
    }
}
