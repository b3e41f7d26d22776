//! A GitHub for runs over an organisation: lists, archives and limits, over the world that the publisher's tests have.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::clock::{START, Virtual};
use super::github::routes::Request;
use super::github::world::{Identity, World};
use super::tar::Archive;

/// What the server holds.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) world: World,
    /// Archives that aren't made of a repository's files.
    pub(crate) archives: BTreeMap<String, Vec<u8>>,
    /// What listings say besides, by name.
    pub(crate) listed: BTreeMap<String, Value>,
    /// Requests: method and path.
    pub(crate) log: Vec<(String, String)>,
    /// Requests that went beyond a limit.
    pub(crate) beyond: Vec<String>,
    /// Requests that created or changed something.
    pub(crate) changes: u64,
    /// Called before and after each request is carried out, with its number: `true` drops the connection.
    pub(crate) watch: Option<Watch>,
    limits: Option<Limits>,
}

pub(crate) type Watch = Box<dyn FnMut(usize, bool) -> bool + Send>;

/// GitHub's limits, in virtual time.
struct Limits {
    clock: Arc<Virtual>,
    minute: VecDeque<(u64, u32)>,
    changes: VecDeque<u64>,
    /// The hour's end, and what is left of it.
    hour: (u64, u64),
}

/// Requests in an hour.
const PRIMARY: u64 = 5000;

impl Limits {
    /// Whether a request is within the limits.
    fn admit(&mut self, changes: bool) -> Result<(), &'static str> {
        let now = self.clock.millis();
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
}

/// The server.
pub(crate) struct Server {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

impl Server {
    /// Without limits.
    pub(crate) fn start() -> Self {
        Self::begin(State::default())
    }

    /// With GitHub's limits in the time of a clock.
    pub(crate) fn limited(clock: &Arc<Virtual>) -> Self {
        let limits =
            Limits { clock: Arc::clone(clock), minute: VecDeque::new(), changes: VecDeque::new(), hour: (0, 0) };
        Self::begin(State { limits: Some(limits), ..State::default() })
    }

    fn begin(mut state: State) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        state.world.tokens.insert("secret-token".into(), Identity { login: "terramend[bot]".into(), writes: true });
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        // Ends with the process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || serve(&stream, &state));
            }
        });
        Self { url, state }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that people would see: branches but the default one, with their files, and pull requests. Numbers and
    /// ids depend on the order, and are left out.
    pub(crate) fn visible(&self) -> BTreeMap<String, String> {
        let state = self.state();
        let mut all = BTreeMap::new();
        for (name, repository) in &state.world.repositories {
            let mut text = String::new();
            for (reference, commit) in repository.references.iter().filter(|(name, _)| *name != "heads/main") {
                let tree = repository.objects.treeish(commit).unwrap();
                let parents = &repository.objects.commit(commit).unwrap().parents;
                let is_on_base = parents == &[repository.references["heads/main"].clone()];
                text += &format!("{reference} {tree} on base: {is_on_base}\n");
            }
            for pull in &repository.pulls {
                text += &format!(
                    "{} -> {}: {} open {} draft {} {:?}\n{}\n",
                    pull.head, pull.base, pull.title, pull.open, pull.draft, pull.labels, pull.body
                );
            }
            all.insert(name.clone(), text);
        }
        all
    }
}

fn serve(stream: &TcpStream, state: &Mutex<State>) {
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(stream);
    while let Some((method, raw, body)) = read(&mut reader) {
        let Some(bytes) = respond(&method, &raw, body, state) else { return };
        if (&*stream).write_all(&bytes).is_err() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<(String, String, Value)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
    let mut words = line.split_whitespace();
    let (method, raw) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok().filter(|n| *n > 0)?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).ok()? };
    Some((method, raw, body))
}

fn respond(method: &str, raw: &str, body: Value, lock: &Mutex<State>) -> Option<Vec<u8>> {
    let mut guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
    let state = &mut *guard;
    state.log.push((method.to_owned(), raw.to_owned()));
    let number = state.log.len();
    let mut watch = state.watch.take();
    let mut drops = watch.as_mut().is_some_and(|watch| watch(number, false));
    let changes = method != "GET" && raw != "/graphql";
    let (status, kind, bytes) = match state.limits.as_mut().map_or(Ok(()), |limits| limits.admit(changes)) {
        _ if drops => (0, "", Vec::new()),
        Err(limit) => {
            state.beyond.push(format!("{limit}: {method} {raw}"));
            let message = json!({ "message": "You have exceeded a secondary rate limit." });
            (403, "application/json", message.to_string().into_bytes())
        }
        Ok(()) => {
            state.changes += u64::from(changes);
            let (path, query) = raw.split_once('?').unwrap_or((raw, ""));
            if let Some(bytes) = archive(state, path) {
                (200, "application/x-gzip", bytes)
            } else {
                let (status, body) = answer(state, method, path, query, body);
                (status, "application/json", body.to_string().into_bytes())
            }
        }
    };
    drops |= !drops && watch.as_mut().is_some_and(|watch| watch(number, true));
    state.watch = state.watch.take().or(watch);
    if drops {
        return None;
    }
    let (left, reset) = match &state.limits {
        Some(limits) => (limits.hour.1, START + limits.hour.0 / 1000),
        None => (4000, 2_000_000_000),
    };
    let head = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nx-ratelimit-remaining: {left}\r\nx-ratelimit-reset: {reset}\r\n\r\n",
        bytes.len()
    );
    Some([head.into_bytes(), bytes].concat())
}

/// The archive of a branch.
fn archive(state: &State, path: &str) -> Option<Vec<u8>> {
    let (name, branch) = path.strip_prefix("/repos/")?.split_once("/tarball/")?;
    if let Some(archive) = state.archives.get(name) {
        return Some(archive.clone());
    }
    let repository = state.world.repositories.get(name)?;
    let head = repository.references.get(&format!("heads/{branch}"))?;
    let tree = repository.objects.treeish(head)?;
    let mut archive = Archive::of(head);
    for (path, (_, blob)) in repository.objects.files(&tree) {
        archive = archive.file(&path, std::str::from_utf8(repository.objects.blob(&blob)?).ok()?);
    }
    Some(archive.gz())
}

fn answer(state: &mut State, method: &str, path: &str, query: &str, body: Value) -> (u16, Value) {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let query: Vec<(String, String)> = pairs.map(|(k, v)| (k.to_owned(), v.replace("%3A", ":"))).collect();
    if path == "/graphql" {
        return (200, json!({ "data": { "viewer": { "login": "terramend[bot]" } } }));
    }
    let number = |name: &str| query.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.parse().ok());
    if let Some(org) = path.strip_prefix("/orgs/").and_then(|rest| rest.strip_suffix("/repos")) {
        let (page, size): (usize, usize) = (number("page").unwrap_or(1), number("per_page").unwrap_or(30));
        let own: Vec<&String> =
            state.world.repositories.keys().filter(|name| name.split('/').next() == Some(org)).collect();
        let part = own.iter().skip((page - 1) * size).take(size).map(|name| listing(state, name));
        return (200, Value::Array(part.collect()));
    }
    let named = path.strip_prefix("/repos/").filter(|name| name.matches('/').count() == 1).filter(|_| method == "GET");
    if let Some(name) = named.filter(|name| state.world.repositories.contains_key(*name)) {
        return (200, listing(state, name));
    }
    if let Some((name, id)) = path.strip_prefix("/repos/").and_then(|rest| rest.split_once("/pulls/"))
        && let (true, Ok(id)) = (method == "GET", id.parse())
    {
        let pull = state.world.repositories.get_mut(name).and_then(|repository| repository.pull(id));
        let found = pull.map(|pull| {
            let merged = pull.merged.then_some("2026-01-02T00:00:00Z");
            json!({ "number": id, "state": if pull.open { "open" } else { "closed" }, "merged_at": merged })
        });
        return found.map_or((404, json!({ "message": "Not Found" })), |found| (200, found));
    }
    // Trees may be asked for by a branch.
    let mut path = path.to_owned();
    if let Some((name, branch)) = path.strip_prefix("/repos/").and_then(|rest| rest.split_once("/git/trees/")) {
        let head = state.world.repositories.get(name).and_then(|r| r.references.get(&format!("heads/{branch}")));
        if let Some(head) = head {
            path = format!("/repos/{name}/git/trees/{head}");
        }
    }
    let who = state.world.tokens["secret-token"].clone();
    let request = Request { method: method.into(), path, query, token: None, body };
    let mut reply = state.world.answer(&request, &who);
    // What GitHub's pull requests have besides.
    fill(&mut reply.body);
    (reply.status, reply.body)
}

fn fill(body: &mut Value) {
    match body {
        Value::Array(items) => items.iter_mut().for_each(fill),
        Value::Object(map) if map.contains_key("number") && !map.contains_key("node_id") => {
            map.insert("node_id".into(), json!("PR_0"));
        }
        _ => {}
    }
}

fn listing(state: &State, name: &str) -> Value {
    let repository = &state.world.repositories[name];
    let (owner, short) = name.split_once('/').unwrap();
    let mut value = json!({
        "id": repository.id, "name": short, "full_name": name, "owner": { "login": owner }, "private": false,
        "archived": repository.archived, "disabled": false, "fork": repository.fork, "is_template": false,
        "size": 10, "language": "HCL", "topics": [], "default_branch": repository.default_branch,
        "pushed_at": "2026-01-01T00:00:00Z", "visibility": "public",
    });
    if let (Value::Object(map), Some(Value::Object(more))) = (&mut value, state.listed.get(name)) {
        map.extend(more.clone());
    }
    value
}

/// Repositories with open pull requests, and how many each has.
pub(crate) fn open_pulls(state: &State) -> BTreeMap<String, usize> {
    let all = state.world.repositories.iter().map(|(name, repository)| (name.clone(), repository.open().len()));
    all.filter(|(_, count)| *count > 0).collect()
}

/// Branches of terramend without an open pull request.
pub(crate) fn orphans(state: &State) -> BTreeSet<String> {
    let mut orphans = BTreeSet::new();
    for (name, repository) in &state.world.repositories {
        for reference in repository.references.keys().filter(|name| name.starts_with("heads/terramend/")) {
            let branch = reference.trim_start_matches("heads/");
            if !repository.open().iter().any(|pull| pull.head == branch) {
                orphans.insert(format!("{name} {branch}"));
            }
        }
    }
    orphans
}
