//! A GitHub of one's own for tests: REST and the GraphQL that publishing uses, with state, real git ids and faults by
//! script. It listens on 127.0.0.1 and ends with the test.
//!
//! Every answer is completed and held against the description of GitHub's API, and every request, too: what is wrong stands in
//! [`Fake::faults`].

#![allow(dead_code)]

mod apps;
mod archive;
pub(crate) mod faults;
pub(crate) mod graphql;
mod http;
mod issues;
pub(crate) mod limits;
mod lists;
pub(crate) mod objects;
mod queries;
pub(crate) mod routes;
pub(crate) mod schema;
pub(crate) mod tar;
pub(crate) mod world;

use std::io::{BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use faults::{Fault, Rule};
use limits::Limits;
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

/// Called before and after each request is carried out, with whether it was: `true` drops the connection.
pub(crate) type Watch = Box<dyn FnMut(bool) -> bool + Send>;

/// What the server holds.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) rules: Vec<Rule>,
    pub(crate) log: Vec<Logged>,
    /// What was wrong with requests or answers, by GitHub's description.
    pub(crate) wrong: Vec<String>,
    /// Requests that went beyond a limit.
    pub(crate) beyond: Vec<String>,
    /// Requests that created or changed something.
    pub(crate) changes: u64,
    pub(crate) watch: Option<Watch>,
    /// GitHub's limits; none without.
    pub(crate) limits: Option<Limits>,
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

    /// Everything, as long as nobody else needs it.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Looks at the world, or changes it.
    pub(crate) fn world<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        act(&mut self.state().world)
    }

    /// Adds a rule for faults.
    pub(crate) fn rule(&self, rule: Rule) {
        self.state().rules.push(rule);
    }

    /// How many faults nobody met yet.
    pub(crate) fn waiting(&self) -> usize {
        self.state().rules.iter().map(|rule| rule.times).sum()
    }

    /// Takes all rules away.
    pub(crate) fn heal(&self) {
        self.state().rules.clear();
    }

    /// What came since the last time.
    pub(crate) fn take_log(&self) -> Vec<Logged> {
        std::mem::take(&mut self.state().log)
    }

    /// What was wrong with requests or answers, by GitHub's description.
    pub(crate) fn faults(&self) -> Vec<String> {
        self.state().wrong.clone()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(stream: &TcpStream, state: &Mutex<State>) {
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(stream);
    while let Some((request, raw)) = http::read(&mut reader) {
        let Some(bytes) = respond(request, &raw, state) else { return };
        if (&*stream).write_all(&bytes).is_err() {
            return;
        }
    }
}

/// The answer as it is sent; nothing when the connection ends.
fn respond(mut request: Request, raw: &str, shared: &Mutex<State>) -> Option<Vec<u8>> {
    let mut state = lock(shared);
    // What GitHub sends elsewhere for counts no more, and isn't its API's.
    if let Some(reply) = archive::serve(&state.world, &request.path) {
        return Some(http::written(reply, None, &[], &[]));
    }
    let (method, path) = (&request.method, &request.path);
    let fault = state.rules.iter_mut().find_map(|rule| rule.meets(method, path).then(|| rule.fault.clone()));
    if let Some(Fault::Slow(time)) = &fault {
        drop(state);
        std::thread::sleep(*time);
        state = lock(shared);
    }
    let mut watch = state.watch.take();
    let mut drops = watch.as_mut().is_some_and(|watch| watch(false));
    let mut sent = if drops { None } else { treat(&mut state, &mut request, fault) };
    drops |= !drops && watch.as_mut().is_some_and(|watch| watch(true));
    state.watch = watch;
    if drops {
        sent = None;
    }
    let status = sent.as_ref().map_or(0, |(status, _)| *status);
    state.log.push(Logged { method: request.method, path: raw.to_owned(), body: request.body, status });
    sent.map(|(_, bytes)| bytes)
}

/// Carries a request out, with what is to happen to it: the status, and the answer as it is sent.
fn treat(state: &mut State, request: &mut Request, fault: Option<Fault>) -> Option<(u16, Vec<u8>)> {
    let changes = request.method != "GET" && !request.path.ends_with("/graphql");
    let admitted = state.limits.as_mut().map_or(Ok(()), |limits| limits.admit(changes));
    let (left, reset) = state.limits.as_ref().map_or((4000, 2_000_000_000), Limits::left);
    let always = [("x-ratelimit-remaining", left.to_string()), ("x-ratelimit-reset", reset.to_string())];
    let plain = |status: u16| Reply { status, ..Reply::default() };
    let sent = |reply: Reply, raw: Option<String>, own: &[(&str, String)]| {
        Some((reply.status, http::written(reply, raw, own, &always)))
    };
    if let Err(limit) = admitted {
        state.beyond.push(format!("{limit}: {} {}", request.method, request.path));
        let body = json!({ "message": "You have exceeded a secondary rate limit." });
        return sent(Reply { body, ..plain(403) }, None, &[]);
    }
    match fault {
        Some(Fault::Refuse(status, headers, body)) => return sent(plain(status), Some(body), &headers),
        Some(Fault::Drop) => return None,
        _ => state.changes += u64::from(changes),
    }
    let prefix = state.prefix.clone();
    let reply = handle(state, request, &prefix);
    match fault {
        Some(Fault::DoneAndDrop) => None,
        Some(Fault::DoneBut(status, body)) => sent(plain(status), Some(body), &[]),
        _ => sent(reply, None, &[]),
    }
}

fn handle(state: &mut State, request: &mut Request, prefix: &str) -> Reply {
    let refusal =
        |status: u16, message: &str| Reply { status, body: json!({ "message": message }), ..Reply::default() };
    let graphql = format!("{}/graphql", prefix.trim_end_matches("/v3"));
    let token = request.token.clone().unwrap_or_default();
    // An app's own token is signed by itself: three parts.
    if token.matches('.').count() == 2 {
        let Some(path) = request.path.strip_prefix(prefix).map(str::to_owned) else { return refusal(404, "Not Found") };
        request.path = path;
        let reply = apps::answer(&mut state.world, request);
        return conform(state, request, reply, prefix);
    }
    let Some(who) = state.world.tokens.get(&token).cloned() else { return refusal(401, "Bad credentials") };
    if request.path == graphql {
        return queries::answer(state, request, &who);
    }
    let Some(path) = request.path.strip_prefix(prefix).map(str::to_owned) else { return refusal(404, "Not Found") };
    request.path = path;
    let found = lists::answer(&state.world, request).or_else(|| archive::redirect(&state.world, &request.path));
    let reply = found.unwrap_or_else(|| state.world.answer(request, &who));
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
    // The body of the exchange for an app's token is octocrab's own.
    if !reply.template.ends_with("access_tokens") {
        state.wrong.extend(operation.request_faults(&request.query, &request.body));
    }
    operation.complete(reply.status, &mut reply.body);
    if !reply.template.ends_with("access_tokens") {
        state.wrong.extend(operation.answer_faults(reply.status, &reply.body));
    }
    reply.location =
        reply.location.map(|location| if reply.status == 302 { location } else { format!("{prefix}{location}") });
    reply
}
