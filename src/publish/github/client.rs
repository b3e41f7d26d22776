//! Requests: octocrab sends them, the gate paces them, and what ends without a clear answer is told from a refusal.

use std::sync::{Arc, Mutex, PoisonError};

use octocrab::Octocrab;
use octocrab::secrecy::ExposeSecret as _;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::error::{GithubError, message};
use super::gate::Gate;
use super::verdict::{Answer, Verdict, judge};

/// How often an answer that isn't understood is asked for.
const READINGS: u32 = 3;

/// A method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Get,
    Post,
    Patch,
    Delete,
}

impl Method {
    fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
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
    graphql: Graphql,
    gate: Arc<Gate>,
}

/// What sends GraphQL.
#[derive(Clone)]
pub(super) enum Graphql {
    /// A client of its own, or that of the REST API.
    Client(Octocrab),
    /// An app on an Enterprise Server: its tokens are made and renewed at the address of the REST API, and GraphQL has
    /// another one. The client that was last made is kept with its token.
    Renewed {
        /// What `/graphql` is appended to.
        base: String,
        /// The last one.
        last: Arc<Mutex<Option<(String, Octocrab)>>>,
    },
}

impl Client {
    pub(super) fn new(rest: Octocrab, graphql: Graphql, gate: Arc<Gate>) -> Self {
        Self { rest, graphql, gate }
    }

    /// The client for GraphQL, with a token that is good for a while.
    async fn for_graphql(&self) -> Result<Octocrab, GithubError> {
        let (base, last) = match &self.graphql {
            Graphql::Client(client) => return Ok(client.clone()),
            Graphql::Renewed { base, last } => (base, last),
        };
        // octocrab keeps the token, and makes another one half a minute before it ends.
        let token = self.rest.installation_token().await.map_err(|error| unclear("POST access_tokens", error))?;
        let token = token.expose_secret().to_owned();
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = last.as_ref().filter(|(known, _)| *known == token) {
            return Ok(client.clone());
        }
        let client = super::connect::with_token(base, &token)?;
        *last = Some((token, client.clone()));
        Ok(client)
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
        self.understood(Method::Get, path, None).await
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
        if repeat == Repeat::Harmless {
            return self.understood(Method::Post, path, Some(body)).await;
        }
        let answer = self.request(Method::Post, path, Some(body), repeat).await?;
        parse("POST", path, &answer)
    }

    /// Adds what is only added once; the answer says nothing that is needed.
    pub async fn add(&self, path: &str, body: &Value) -> Result<(), GithubError> {
        self.request(Method::Post, path, Some(body), Repeat::Harmless).await.map(drop)
    }

    /// Changes; the answer says nothing that is needed.
    pub async fn change(&self, path: &str, body: &Value) -> Result<(), GithubError> {
        self.request(Method::Patch, path, Some(body), Repeat::Harmless).await.map(drop)
    }

    /// Sends what may be sent again until the answer is understood: half of one may come through.
    async fn understood<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, GithubError> {
        let mut reading = 1;
        loop {
            let answer = self.request(method, path, body, Repeat::Harmless).await?;
            match parse(method.name(), path, &answer) {
                Err(error) if reading < READINGS => {
                    self.gate.wait(self.gate.backoff(reading), &error.to_string()).await?;
                }
                result => return result,
            }
            reading += 1;
        }
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
        let mut answer = self.asked(query, variables, changes).await?;
        match answer["errors"].get(0) {
            Some(error) => Err(refused(error)),
            None => Ok(answer["data"].take()),
        }
    }

    /// Asks by GraphQL for many things at once: what GitHub doesn't show is null, and doesn't keep the others.
    pub async fn graphql_parts(&self, query: &str, variables: &Value) -> Result<Value, GithubError> {
        let mut answer = self.asked(query, variables, false).await?;
        match answer["errors"].get(0) {
            Some(error) if answer["data"].is_null() => Err(refused(error)),
            _ => Ok(answer["data"].take()),
        }
    }

    async fn asked(&self, query: &str, variables: &Value, changes: bool) -> Result<Value, GithubError> {
        let body = json!({ "query": query, "variables": variables });
        let (client, path) = (self.for_graphql().await?, "/graphql");
        let answer = self.paced(&client, Method::Post, path, Some(&body), Repeat::Harmless, changes).await?;
        parse("POST", path, &answer)
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
        let request = format!("{} {}", method.name(), without_query(path));
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
                // The exchange of an app's key for a token.
                Err(error @ octocrab::Error::GitHub { .. }) => return Err(unclear(&request, error)),
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

/// What octocrab itself says of a request.
fn unclear(request: &str, error: octocrab::Error) -> GithubError {
    let request = request.to_owned();
    match error {
        octocrab::Error::GitHub { source, .. } => {
            GithubError::Refused { status: source.status_code.as_u16(), request, message: source.message.clone() }
        }
        error => GithubError::Uncertain { request, message: chain(&error) },
    }
}

/// What an error of GraphQL says.
fn refused(error: &Value) -> GithubError {
    let message = error["message"].as_str().unwrap_or("an error without a message").to_owned();
    GithubError::Refused { status: 200, request: "POST /graphql".into(), message }
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
