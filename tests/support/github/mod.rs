//! A GitHub of one's own for tests: REST and the GraphQL that publishing uses, with state, real git ids and faults by
//! script. It listens on 127.0.0.1 and ends with the test.
//!
//! Every answer is completed and held against the description of GitHub's API, and every request, too: what is wrong stands in
//! [`Fake::faults`].

#![allow(dead_code)]

pub(crate) mod faults;
pub(crate) mod graphql;
pub(crate) mod objects;
pub(crate) mod routes;
pub(crate) mod schema;
pub(crate) mod world;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};

use faults::{Fault, Rule};
use routes::{Reply, Request};
use world::{Identity, World};

/// A request that came, and the status of its answer.
#[derive(Debug, Clone)]
pub(crate) struct Logged {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: Value,
    /// 0 when there was no answer.
    pub(crate) status: u16,
}

#[derive(Default)]
struct State {
    world: World,
    rules: Vec<Rule>,
    log: Vec<Logged>,
    wrong: Vec<String>,
    prefix: String,
}

/// The server.
pub(crate) struct Fake {
    /// `http://127.0.0.1:PORT` and the prefix.
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

impl Fake {
    /// github.com, with the token `bot` of an app and `ada` of a person.
    pub(crate) fn start() -> Self {
        Self::with_prefix("")
    }

    /// An Enterprise Server: REST below `/api/v3`, GraphQL at `/api/graphql`.
    pub(crate) fn enterprise() -> Self {
        Self::with_prefix("/api/v3")
    }

    fn with_prefix(prefix: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}{prefix}", listener.local_addr().unwrap());
        let mut state = State { prefix: prefix.into(), ..State::default() };
        for (token, login, writes) in [("bot", "terramend[bot]", true), ("ada", "ada", true), ("reader", "ada", false)]
        {
            state.world.tokens.insert(token.into(), Identity { login: login.into(), writes });
        }
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        // Ends with the process: nothing keeps a test from ending.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || serve(&stream, &state));
            }
        });
        Self { url, state }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Looks at the world, or changes it.
    pub(crate) fn world<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        act(&mut self.lock().world)
    }

    /// Adds a rule for faults.
    pub(crate) fn rule(&self, rule: Rule) {
        self.lock().rules.push(rule);
    }

    /// How many faults nobody met yet.
    pub(crate) fn waiting(&self) -> usize {
        self.lock().rules.iter().map(|rule| rule.times).sum()
    }

    /// Takes all rules away.
    pub(crate) fn heal(&self) {
        self.lock().rules.clear();
    }

    /// What came since the last time.
    pub(crate) fn take_log(&self) -> Vec<Logged> {
        std::mem::take(&mut self.lock().log)
    }

    /// What was wrong with requests or answers, by GitHub's description.
    pub(crate) fn faults(&self) -> Vec<String> {
        self.lock().wrong.clone()
    }
}

fn serve(stream: &TcpStream, state: &Mutex<State>) {
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(stream);
    while let Some((request, raw)) = read(&mut reader) {
        let Some(text) = respond(request, &raw, state) else { return };
        if (&*stream).write_all(text.as_bytes()).is_err() {
            return;
        }
    }
}

/// Reads a request: the request, and its path as it was sent.
fn read(reader: &mut BufReader<&TcpStream>) -> Option<(Request, String)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
    let mut words = line.split_whitespace();
    let (method, raw) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut length, mut token) = (0, None);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok().filter(|n| *n > 0)?;
        let header = header.trim_end();
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':')?;
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "authorization" => token = value.trim().strip_prefix("Bearer ").map(str::to_owned),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).ok()? };
    let (path, query) = raw.split_once('?').unwrap_or((&raw, ""));
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let query =
        pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(k, v)| (decoded(k), decoded(v))).collect();
    Some((Request { method, path: decoded(path), query, token, body }, raw.clone()))
}

fn decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let escaped = (byte == b'%').then(|| [bytes.next(), bytes.next()]);
        out.push(match escaped {
            Some([Some(a), Some(b)]) => {
                u8::from_str_radix(&format!("{}{}", char::from(a), char::from(b)), 16).unwrap_or(b'?')
            }
            _ => byte,
        });
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The answer as text; nothing when the connection ends.
fn respond(mut request: Request, raw: &str, lock: &Mutex<State>) -> Option<String> {
    let mut state = lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let logged = Logged { method: request.method.clone(), path: raw.to_owned(), body: request.body.clone(), status: 0 };
    let fault = {
        let (method, path) = (request.method.clone(), request.path.clone());
        state.rules.iter_mut().find_map(|rule| rule.meets(&method, &path).then(|| rule.fault.clone()))
    };
    if let Some(Fault::Slow(time)) = &fault {
        drop(state);
        std::thread::sleep(*time);
        state = lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    }
    let answer = |state: &mut State, mut reply: Reply, headers: &[(&str, String)], raw_body: Option<String>| {
        let status = reply.status;
        state.log.push(Logged { status, ..logged.clone() });
        let body = match (raw_body, reply.body.take()) {
            (Some(raw), _) => raw,
            (None, Value::Null) => String::new(),
            (None, body) => body.to_string(),
        };
        let mut text = format!(
            "HTTP/1.1 {status} x\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: {}\r\n",
            body.len()
        );
        let all = [("x-ratelimit-remaining", "4000".to_owned()), ("x-ratelimit-reset", "2000000000".to_owned())];
        let own = |name: &str| headers.iter().any(|(header, _)| *header == name);
        for (name, value) in all.iter().filter(|(name, _)| !own(name)).chain(headers) {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(location) = reply.location {
            text.push_str(&format!("location: {location}\r\n"));
        }
        text + "\r\n" + &body
    };
    let plain = |status: u16| Reply { template: "", status, body: Value::Null, location: None };
    match fault {
        Some(Fault::Refuse(status, headers, body)) => {
            return Some(answer(&mut state, plain(status), &headers, Some(body)));
        }
        Some(Fault::Drop) => {
            state.log.push(logged);
            return None;
        }
        _ => {}
    }
    let prefix = state.prefix.clone();
    let reply = handle(&mut state, &mut request, &prefix);
    match fault {
        Some(Fault::DoneAndDrop) => {
            state.log.push(logged);
            None
        }
        Some(Fault::DoneBut(status, body)) => Some(answer(&mut state, plain(status), &[], Some(body))),
        _ => Some(answer(&mut state, reply, &[], None)),
    }
}

fn handle(state: &mut State, request: &mut Request, prefix: &str) -> Reply {
    let refusal = |status: u16, message: &str| Reply {
        template: "",
        status,
        body: json!({ "message": message }),
        location: None,
    };
    let graphql = format!("{}/graphql", prefix.trim_end_matches("/v3"));
    let token = request.token.clone().unwrap_or_default();
    // An app's own token is signed by itself: three parts.
    if token.matches('.').count() == 2 {
        return app(state, request, prefix);
    }
    let Some(who) = state.world.tokens.get(&token).cloned() else { return refusal(401, "Bad credentials") };
    if request.path == graphql {
        return graph(state, request, &who);
    }
    let Some(path) = request.path.strip_prefix(prefix).map(str::to_owned) else { return refusal(404, "Not Found") };
    request.path = path;
    let reply = state.world.answer(request, &who);
    conform(state, request, reply, prefix)
}

/// Holds request and answer against GitHub's description.
fn conform(state: &mut State, request: &Request, mut reply: Reply, prefix: &str) -> Reply {
    if reply.template.is_empty() {
        if reply.status != 404 && reply.status != 403 {
            state.wrong.push(format!("{} {} has no description", request.method, request.path));
        }
        return reply;
    }
    let operation = schema::operation(&request.method, reply.template);
    state.wrong.extend(operation.request_faults(&request.query, &request.body));
    operation.complete(reply.status, &mut reply.body);
    state.wrong.extend(operation.answer_faults(reply.status, &reply.body));
    reply.location = reply.location.map(|location| format!("{prefix}{location}"));
    reply
}

/// What an app asks for itself: its installation, and tokens of it.
fn app(state: &mut State, request: &mut Request, prefix: &str) -> Reply {
    let path = request.path.strip_prefix(prefix).unwrap_or_default().to_owned();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let (template, status, body) = match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["repos", owner, name, "installation"]) => {
            let there = state.world.repositories.contains_key(&format!("{owner}/{name}"));
            let installation = json!({ "id": 7, "app_id": 1, "account": { "login": owner }, "events": [] });
            let body = if there { installation } else { json!({ "message": "Not Found" }) };
            ("/repos/{owner}/{repo}/installation", if there { 200 } else { 404 }, body)
        }
        ("POST", ["app", "installations", "7", "access_tokens"]) => {
            let token = format!("installation-{}", state.world.next());
            let ends = state.world.token_ends.clone();
            if ends.is_some() {
                state.world.tokens.retain(|token, _| !token.starts_with("installation-"));
            }
            let who = Identity { login: "terramend[bot]".into(), writes: true };
            state.world.tokens.insert(token.clone(), who);
            let body = json!({ "token": token, "expires_at": ends.as_deref().unwrap_or("2099-01-01T00:00:00Z"), "permissions": {}, "repository_selection": "all" });
            ("/app/installations/{installation_id}/access_tokens", 201, body)
        }
        _ => ("", 404, json!({ "message": "Not Found" })),
    };
    let reply = Reply { template, status, body, location: None };
    // The body of the exchange is octocrab's own.
    let request = Request { body: Value::Null, ..request.clone() };
    if template.ends_with("access_tokens") {
        let mut reply = reply;
        schema::operation("POST", template).complete(201, &mut reply.body);
        return reply;
    }
    conform(state, &request, reply, prefix)
}

/// The GraphQL that publishing uses, held against GitHub's schema.
fn graph(state: &mut State, request: &Request, who: &Identity) -> Reply {
    let reply = |body: Value| Reply { template: "", status: 200, body, location: None };
    let variables = &request.body["variables"];
    let document = match graphql::Document::parse(request.body["query"].as_str().unwrap_or_default()) {
        Ok(document) => document,
        Err(message) => {
            state.wrong.push(message.clone());
            return reply(json!({ "errors": [{ "message": message }] }));
        }
    };
    state.wrong.extend(document.request_faults(variables));
    let body = match document.root() {
        "viewer" => json!({ "data": { "viewer": { "login": who.login } } }),
        "enablePullRequestAutoMerge" => enable_auto_merge(state, variables),
        other => json!({ "errors": [{ "message": format!("not known here: {other}") }] }),
    };
    if body["errors"].is_null() {
        state.wrong.extend(document.answer_faults(&body["data"]));
    }
    reply(body)
}

fn enable_auto_merge(state: &mut State, variables: &Value) -> Value {
    let number = variables["id"].as_str().and_then(|id| id.strip_prefix("PR_")?.parse().ok()).unwrap_or(0);
    let method = variables["method"].as_str().unwrap_or_default();
    let error = |message: &str| json!({ "data": null, "errors": [{ "type": "UNPROCESSABLE", "message": message }] });
    for repository in state.world.repositories.values_mut() {
        let allows = repository.allows_auto_merge;
        let Some(pull) = repository.pull(number) else { continue };
        if !allows {
            return error("Auto merge is not allowed for this repository");
        }
        pull.auto_merge = Some(method.to_lowercase());
        pull.events.push(("auto_squash_enabled".into(), String::new()));
        return json!({ "data": { "enablePullRequestAutoMerge": { "pullRequest": { "number": number } } } });
    }
    error("Could not resolve to a node with the global id")
}
