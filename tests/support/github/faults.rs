//! Faults by script: which request meets one, how often, and what happens.

/// What happens to a request.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// Not done; this answer instead, with headers.
    Refuse(u16, Vec<(&'static str, String)>, String),
    /// Done, but this answer instead.
    DoneBut(u16, String),
    /// The connection ends before anything is done.
    Drop,
    /// Done, and the connection ends without an answer.
    DoneAndDrop,
    /// The same as always, later.
    Slow(std::time::Duration),
}

/// When it happens.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) method: &'static str,
    /// Part of the path.
    pub(crate) path: &'static str,
    /// So many requests pass before.
    pub(crate) after: usize,
    /// So many meet it.
    pub(crate) times: usize,
    pub(crate) fault: Fault,
}

impl Rule {
    pub(crate) fn new(method: &'static str, path: &'static str, fault: Fault) -> Self {
        Self { method, path, after: 0, times: 1, fault }
    }

    pub(crate) fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// Whether this request meets it; counts.
    pub(crate) fn meets(&mut self, method: &str, path: &str) -> bool {
        if method != self.method || !path.contains(self.path) || self.times == 0 {
            return false;
        }
        if self.after > 0 {
            self.after -= 1;
            return false;
        }
        self.times -= 1;
        true
    }
}

/// The limit against bursts, as GitHub words it.
pub(crate) fn secondary(retry_after: Option<u64>) -> Fault {
    let body = r#"{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again.","documentation_url":"https://docs.github.com/rest"}"#;
    Fault::Refuse(403, retry_after.map(|s| ("retry-after", s.to_string())).into_iter().collect(), body.into())
}

/// The hourly limit, until `reset` (seconds since 1970).
pub(crate) fn primary(reset: u64) -> Fault {
    let body =
        r#"{"message":"API rate limit exceeded for user ID 1.","documentation_url":"https://docs.github.com/rest"}"#;
    let headers = vec![("x-ratelimit-remaining", "0".into()), ("x-ratelimit-reset", reset.to_string())];
    Fault::Refuse(403, headers, body.into())
}

/// A proxy's page.
pub(crate) const BAD_GATEWAY: &str =
    "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>";
