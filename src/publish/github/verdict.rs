//! What an answer of GitHub means: fine, refused, or a limit with the time to wait.
//!
//! Sources: GitHub's "Rate limits for the REST API" and "Best practices for using the REST API".

use std::time::Duration;

/// The parts of an answer that limits are told by.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header `retry-after`, in seconds.
    pub retry_after: Option<u64>,
    /// The header `x-ratelimit-remaining`.
    pub remaining: Option<u64>,
    /// The header `x-ratelimit-reset`, in seconds since 1970.
    pub reset: Option<u64>,
    /// The body.
    pub body: String,
}

/// What it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It was done.
    Done,
    /// It was not done because of a limit. Without a time to wait, the usual steps apply.
    Limited(Limit),
    /// The server failed; whether it was done isn't known.
    Broken,
    /// The token isn't valid.
    Unauthorized,
    /// It was not done, and trying again doesn't help.
    Refused,
}

/// A limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// How long GitHub asks to wait.
    pub wait: Option<Duration>,
    /// Whether it is the hourly one, not the one against bursts.
    pub primary: bool,
}

/// Judges an answer at the time `epoch`, in seconds since 1970.
pub fn judge(answer: &Answer, epoch: u64) -> Verdict {
    match answer.status {
        200..=399 => Verdict::Done,
        401 => Verdict::Unauthorized,
        403 | 429 => limit(answer, epoch).map_or(Verdict::Refused, Verdict::Limited),
        408 | 500..=599 => Verdict::Broken,
        _ => Verdict::Refused,
    }
}

fn limit(answer: &Answer, epoch: u64) -> Option<Limit> {
    let said = answer.body.to_ascii_lowercase();
    let is_secondary = ["secondary rate limit", "abuse detection"].iter().any(|part| said.contains(part));
    if let Some(seconds) = answer.retry_after {
        return Some(Limit { wait: Some(Duration::from_secs(seconds)), primary: false });
    }
    if answer.remaining == Some(0) && !is_secondary {
        // One second more: the clocks need not agree.
        let wait = answer.reset.map(|reset| Duration::from_secs(reset.saturating_sub(epoch) + 1));
        return Some(Limit { wait, primary: true });
    }
    let is_limit = is_secondary || said.contains("rate limit exceeded") || answer.status == 429;
    is_limit.then_some(Limit { wait: None, primary: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, body: body.into(), remaining: Some(4_000), ..Answer::default() }
    }

    #[test]
    fn limits_are_told_from_refusals() {
        let limited =
            |wait: Option<u64>, primary| Verdict::Limited(Limit { wait: wait.map(Duration::from_secs), primary });
        let secondary = "{\"message\":\"You have exceeded a secondary rate limit.\"}";
        let primary = "{\"message\":\"API rate limit exceeded for installation ID 1.\"}";
        for (answer, expected) in [
            (answer(200, ""), Verdict::Done),
            (answer(301, ""), Verdict::Done),
            (answer(403, "{\"message\":\"Resource not accessible by integration\"}"), Verdict::Refused),
            (answer(403, secondary), limited(None, false)),
            (Answer { retry_after: Some(7), ..answer(403, secondary) }, limited(Some(7), false)),
            (Answer { retry_after: Some(7), ..answer(429, "") }, limited(Some(7), false)),
            (answer(429, ""), limited(None, false)),
            (answer(403, "You have triggered an abuse detection mechanism"), limited(None, false)),
            (Answer { remaining: Some(0), reset: Some(160), ..answer(403, primary) }, limited(Some(61), true)),
            (Answer { remaining: Some(0), reset: Some(60), ..answer(403, primary) }, limited(Some(1), true)),
            (Answer { remaining: Some(0), reset: Some(160), ..answer(403, secondary) }, limited(None, false)),
            (answer(401, "{\"message\":\"Bad credentials\"}"), Verdict::Unauthorized),
            (answer(404, ""), Verdict::Refused),
            (answer(409, ""), Verdict::Refused),
            (answer(422, ""), Verdict::Refused),
            (answer(502, "<html>"), Verdict::Broken),
        ] {
            assert_eq!(judge(&answer, 100), expected, "{answer:?}");
        }
    }
}
