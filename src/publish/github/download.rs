//! What is too large to be held: an archive, piece by piece.

use http_body_util::BodyExt as _;
use octocrab::Octocrab;

use super::client::Client;
use super::error::GithubError;
use super::verdict::{Answer, Verdict, judge};

/// What comes, in pieces.
pub struct Download {
    body: Body,
    request: String,
}

type Body = http_body_util::combinators::BoxBody<bytes::Bytes, octocrab::Error>;

impl Client {
    /// Begins to read something large; redirects are followed.
    pub async fn download(&self, path: &str) -> Result<Download, GithubError> {
        let request = format!("GET {path}");
        let mut attempt = 1;
        loop {
            let permit = self.gate().admit(false).await?;
            let sent = self.rest()._get(path).await;
            drop(permit);
            let last = attempt >= self.gate().limits().attempts;
            let uncertain = match sent {
                Ok(response) if response.status().is_success() => {
                    let (remaining, reset) = left(&response);
                    self.gate().heard(remaining, reset);
                    self.gate().passed();
                    return Ok(Download { body: response.into_body(), request });
                }
                Ok(response) => {
                    let answer = answer(self.rest(), response).await;
                    match judge(&answer, self.gate().clock().epoch()) {
                        Verdict::Limited(limit) if !last => {
                            self.gate().close(limit);
                            attempt += 1;
                            continue;
                        }
                        Verdict::Broken => format!("{} {}", answer.status, super::error::message(&answer.body)),
                        _ => {
                            let message = super::error::message(&answer.body);
                            return Err(GithubError::Refused { status: answer.status, request, message });
                        }
                    }
                }
                Err(error) => error.to_string(),
            };
            if last {
                return Err(GithubError::Uncertain { request, message: uncertain });
            }
            self.gate().wait(self.gate().backoff(attempt), &uncertain).await?;
            attempt += 1;
        }
    }
}

/// What the server says is left, and until when.
fn left(response: &http::Response<Body>) -> (Option<u64>, Option<u64>) {
    let header = |name: &str| response.headers().get(name)?.to_str().ok()?.trim().parse().ok();
    (header("x-ratelimit-remaining"), header("x-ratelimit-reset"))
}

async fn answer(client: &Octocrab, response: http::Response<Body>) -> Answer {
    let header = |name: &str| response.headers().get(name)?.to_str().ok()?.trim().parse().ok();
    let (status, retry_after) = (response.status().as_u16(), header("retry-after"));
    let (remaining, reset) = left(&response);
    let body = client.body_to_string(response).await.unwrap_or_default();
    Answer { status, retry_after, remaining, reset, body }
}

impl Download {
    /// The next piece; nothing at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, GithubError> {
        loop {
            match self.body.frame().await {
                None => return Ok(None),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data.to_vec()));
                    }
                }
                Some(Err(error)) => {
                    let (request, message) = (self.request.clone(), error.to_string());
                    return Err(GithubError::Uncertain { request, message });
                }
            }
        }
    }
}
