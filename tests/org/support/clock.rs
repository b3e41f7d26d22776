//! Time that only passes while somebody waits.

use std::sync::Mutex;
use std::time::Duration;

use terramend::publish::github::{Clock, Sleep};

/// When virtual time begins, in seconds since 1970.
pub(crate) const START: u64 = 1_790_000_000;

#[derive(Default)]
pub(crate) struct Virtual(Mutex<Duration>);

impl Virtual {
    pub(crate) fn millis(&self) -> u64 {
        u64::try_from(self.now().as_millis()).unwrap()
    }
}

impl Clock for Virtual {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    fn epoch(&self) -> u64 {
        START + self.now().as_secs()
    }

    /// Those who wait at the same time wait together.
    fn sleep(&self, duration: Duration) -> Sleep<'_> {
        let end = self.now() + duration;
        Box::pin(async move {
            // Everybody else who can go on does so first.
            tokio::task::yield_now().await;
            let mut now = self.0.lock().unwrap();
            *now = end.max(*now);
        })
    }

    fn random(&self) -> f64 {
        0.5
    }
}
