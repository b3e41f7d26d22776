//! Requests: octocrab sends them, the gate paces them, and what ends without a clear answer is told from a refusal.

use std::sync::Arc;

use octocrab::Octocrab;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::error::{GithubError, message};
use super::gate::Gate;
use super::verdict::{Answer, Verdict, judge};

/// A method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Get,
    Post,
    Patch,
    Delete,
}

/// Whether a request may be sent again when nobody knows whether it was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// A second time changes nothing more.
    Harmless,
    /// It would be done twice: the caller looks first.
    LookFirst,
}

/// A client of one credential.
#[derive(Clone)]
pub struct Client {
    rest: Octocrab,
    graphql: Octocrab,
    gate: Arc<Gate>,
}

impl Client {
    pub(super) fn new(rest: Octocrab, graphql: Octocrab, gate: Arc<Gate>) -> Self {
        Self { rest, graphql, gate }
    }

    /// What sends requests to the REST API.
    pub(super) fn rest(&self) -> &Octocrab {
        &self.rest
    }

    /// The gate that its requests pass.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Reads.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, GithubError> {
        let body = self.request(Method::Get, path, None, Repeat::Harmless).await?;
        parse("GET", path, &body)
    }

    /// Reads what may not be there.
    pub async fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, GithubError> {
        match self.get(path).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.status() == Some(404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads all pages of a list.
    pub async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, GithubError> {
        let mut all = Vec::new();
        let joint = if path.contains('?') { '&' } else { '?' };
        for page in 1.. {
            let part: Vec<T> = self.get(&format!("{path}{joint}per_page=100&page={page}")).await?;
            let full = part.len() == 100;
            all.extend(part);
            if !full {
                break;
            }
        }
        Ok(all)
    }

    /// Creates.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value, repeat: Repeat) -> Result<T, GithubError> {
        let answer = self.request(Method::Post, path, Some(body), repeat).await?;
        parse("POST", path, &answer)
    }

    /// Changes.
    pub async fn patch<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, GithubError> {
        let answer = self.request(Method::Patch, path, Some(body), Repeat::Harmless).await?;
        parse("PATCH", path, &answer)
    }

    /// Deletes; what isn't there is deleted already.
    pub async fn delete(&self, path: &str) -> Result<(), GithubError> {
        match self.request(Method::Delete, path, None, Repeat::Harmless).await {
            Ok(_) => Ok(()),
            Err(error) if error.status() == Some(404) || error.said().contains("does not exist") => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Asks by GraphQL; gives back `data`.
    pub async fn graphql(&self, query: &str, variables: &Value, changes: bool) -> Result<Value, GithubError> {
        let body = json!({ "query": query, "variables": variables });
        let (client, path) = (&self.graphql, "/graphql");
        let answer = self.paced(client, Method::Post, path, Some(&body), Repeat::Harmless, changes).await?;
        let mut answer: Value = parse("POST", path, &answer)?;
        if let Some(error) = answer["errors"].get(0) {
            let message = error["message"].as_str().unwrap_or("an error without a message").to_owned();
            return Err(GithubError::Refused { status: 200, request: "POST /graphql".into(), message });
        }
        Ok(answer["data"].take())
    }

    async fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        repeat: Repeat,
    ) -> Result<String, GithubError> {
        self.paced(&self.rest, method, path, body, repeat, method != Method::Get).await
    }

    /// Sends a request until it has a clear answer. A limit is waited for; without an answer only what may be repeated is
    /// sent again.
    async fn paced(
        &self,
        client: &Octocrab,
        method: Method,
        path: &str,
        body: Option<&Value>,
        repeat: Repeat,
        changes: bool,
    ) -> Result<String, GithubError> {
        let request = format!("{} {}", format!("{method:?}").to_uppercase(), without_query(path));
        let mut attempt = 1;
        loop {
            let permit = self.gate.admit(changes).await?;
            let sent = once(client, method, path, body).await;
            drop(permit);
            if let Ok(answer) = &sent {
                self.gate.heard(answer.remaining, answer.reset);
            }
            let last = attempt >= self.gate.limits().attempts;
            let uncertain = match sent {
                Ok(answer) => match judge(&answer, self.gate.clock().epoch()) {
                    Verdict::Done => {
                        self.gate.passed();
                        return Ok(answer.body);
                    }
                    Verdict::Limited(limit) if !last => {
                        self.gate.close(limit);
                        attempt += 1;
                        continue;
                    }
                    Verdict::Broken => format!("{} {}", answer.status, message(&answer.body)),
                    Verdict::Limited(_) | Verdict::Unauthorized | Verdict::Refused => {
                        let message = message(&answer.body);
                        return Err(GithubError::Refused { status: answer.status, request, message });
                    }
                },
                Err(octocrab::Error::GitHub { source, .. }) => {
                    // The exchange of an app's key for a token.
                    let (status, message) = (source.status_code.as_u16(), source.message.clone());
                    return Err(GithubError::Refused { status, request, message });
                }
                Err(error) => chain(&error),
            };
            if repeat == Repeat::LookFirst || last {
                return Err(GithubError::Uncertain { request, message: uncertain });
            }
            self.gate.wait(self.gate.backoff(attempt), &uncertain).await?;
            attempt += 1;
        }
    }
}

/// Sends a request once.
async fn once(client: &Octocrab, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, octocrab::Error> {
    let response = match method {
        Method::Get => client._get(path).await?,
        Method::Post => client._post(path, body).await?,
        Method::Patch => client._patch(path, body).await?,
        Method::Delete => client._delete(path, body).await?,
    };
    let status = response.status().as_u16();
    let header = |name: &str| response.headers().get(name)?.to_str().ok()?.trim().parse().ok();
    let (retry_after, remaining, reset) =
        (header("retry-after"), header("x-ratelimit-remaining"), header("x-ratelimit-reset"));
    let body = client.body_to_string(response).await?;
    Ok(Answer { status, retry_after, remaining, reset, body })
}

fn parse<T: DeserializeOwned>(method: &str, path: &str, body: &str) -> Result<T, GithubError> {
    // An empty answer is `null`: what isn't read needs no body.
    let body = if body.trim().is_empty() { "null" } else { body };
    serde_json::from_str(body).map_err(|error| GithubError::Shape {
        request: format!("{method} {}", without_query(path)),
        message: error.to_string(),
    })
}

fn without_query(path: &str) -> &str {
    path.split_once('?').map_or(path, |(path, _)| path)
}

/// An error with what is behind it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let said = error.to_string();
        let first = said.lines().next().unwrap_or_default();
        if !text.contains(first) {
            text.push_str(if text.is_empty() { "" } else { ": " });
            text.push_str(first);
        }
        next = error.source();
    }
    text
}
