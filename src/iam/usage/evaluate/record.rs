//! Calls are written down, once nothing changes any more.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::ir::{At, Expression};
use super::super::report::{Argument, Call, Imports, Language, OutsideImport, RefusalKind, Usage};
use super::atom::{Atom, Atoms};
use super::value::Paths;
use super::{Arguments, Evaluator, Spot};

/// A place, a service and an operation.
type Key = (Spot, Arc<str>, Arc<str>);

/// Calls by place, service and operation.
#[derive(Debug, Default)]
pub(in super::super) struct Recorded {
    calls: BTreeMap<Key, (Paths, bool)>,
    /// The endpoints of clients whose calls go to what the endpoint names.
    endpoints: Option<(Atoms, Spot)>,
}

/// The service whose endpoint names what a call is on.
const BY_ENDPOINT: &str = "apigatewaymanagementapi";

/// What a call is given: named arguments, and objects whose fields are arguments.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Given {
    pub(in super::super) named: Vec<(String, Atoms, At)>,
    pub(in super::super) objects: Vec<(Atoms, At)>,
    pub(in super::super) open: bool,
}

impl Given {
    /// The keyword arguments of a call.
    pub(in super::super) fn keywords(arguments: &Arguments) -> Self {
        let named = arguments.named.iter().map(|(name, atoms, at)| (name.to_string(), atoms.clone(), *at)).collect();
        Self { named, objects: Vec::new(), open: arguments.open || arguments.rest.is_some() }
    }

    pub(in super::super) fn with(mut self, name: &str, atoms: Atoms, at: At) -> Self {
        self.named.push((name.to_owned(), atoms, at));
        self
    }
}

impl Evaluator<'_> {
    /// A call is made here.
    pub(in super::super) fn record(&mut self, service: &str, operation: &str, given: &Given, whole: &Expression) {
        if !self.is_last_round() {
            return;
        }
        let file = Arc::clone(&self.here.1);
        let spot = |at: At| Spot { file: Arc::clone(&file), at: if at == At::default() { whole.at } else { at } };
        let mut paths = Paths::new();
        let mut complete = !given.open;
        for (name, atoms, at) in &given.named {
            complete &= self.flatten(name, atoms, &spot(*at), &mut paths);
        }
        for (atoms, at) in &given.objects {
            complete &= self.flatten("", atoms, &spot(*at), &mut paths);
        }
        paths.remove("");
        if matches!(self.language, Language::Go | Language::Java) {
            paths = self.spelled(service, operation, paths);
        }
        if service == "sts" && operation.starts_with("AssumeRole") {
            self.refuse(
                RefusalKind::AssumesRole,
                whole.at,
                "another role is assumed: later calls aren't the function's own",
            );
        }
        let key = (spot(whole.at), service.into(), operation.into());
        let known = self.recorded.calls.entry(key).or_insert_with(|| (Paths::new(), true));
        known.1 &= complete;
        for (path, (atoms, spot)) in paths {
            known.0.entry(path).or_insert_with(|| (Atoms::new(), spot)).0.extend(atoms);
        }
    }

    /// Arguments by the API's own spelling.
    fn spelled(&self, service: &str, operation: &str, paths: Paths) -> Paths {
        let known = self.table.arguments(service, operation);
        // Whether something is a list isn't seen where one element is given alone.
        let plain = |path: &str| path.replace("[]", "").to_ascii_lowercase();
        let spelled = |path: String| match known.iter().find(|known| plain(known) == plain(&path)) {
            Some(known) => (*known).to_owned(),
            None => path,
        };
        paths.into_iter().map(|(path, given)| (spelled(path), given)).collect()
    }

    /// A client is made for an endpoint.
    pub(in super::super) fn endpoint(&mut self, service: &str, endpoint: Option<Atoms>, at: At) {
        let Some(endpoint) = endpoint.filter(|_| self.is_last_round() && service == BY_ENDPOINT) else { return };
        let spot = Spot { file: Arc::clone(&self.here.1), at };
        self.recorded.endpoints.get_or_insert_with(|| (Atoms::new(), spot)).0.extend(endpoint);
    }

    /// Everything that was found.
    pub(super) fn usage(mut self) -> Usage {
        let mut recorded = std::mem::take(&mut self.recorded.calls);
        if let Some(endpoints) = self.recorded.endpoints.take() {
            for ((_, service, _), (paths, _)) in &mut recorded {
                if **service == *BY_ENDPOINT {
                    paths.insert("@endpoint".into(), endpoints.clone());
                }
            }
        }
        let calls: Vec<Call> = recorded
            .into_iter()
            .map(|((spot, service, operation), (paths, complete))| Call {
                service: service.to_string(),
                operation: operation.to_string(),
                place: spot.place(),
                arguments: paths
                    .into_iter()
                    .filter(|(_, (atoms, _))| atoms.iter().any(|atom| *atom != Atom::Nothing))
                    .map(|(path, (atoms, spot))| Argument { path, value: self.reported(&atoms), place: spot.place() })
                    .collect(),
                keys_complete: complete,
            })
            .collect();
        let mut files: Vec<String> =
            self.loaded.iter().filter(|(_, module)| module.is_some()).map(|(file, _)| file.clone()).collect();
        files.sort();
        let mut imports = Imports { files, ..Imports::default() };
        for ((class, name), place) in std::mem::take(&mut self.outside) {
            let import = OutsideImport { name: name.to_string(), place };
            match class {
                0 => imports.standard.push(import),
                1 => imports.sdk.push(import),
                2 => imports.aws_free.push(import),
                _ => imports.unknown.push(import),
            }
        }
        let not_found = self.program.modules.iter().flat_map(|module| module.not_found.clone());
        let mut not_found_matters: Vec<_> = not_found.collect();
        not_found_matters
            .extend(calls.iter().filter(|call| call.operation == "HeadObject").map(|call| call.place.clone()));
        not_found_matters.sort();
        not_found_matters.dedup();
        if !calls.iter().any(|call| call.service == "s3") {
            not_found_matters.clear();
        }
        Usage {
            calls,
            refusals: self.refusals.into_iter().collect(),
            imports,
            environment: self.reads.into_iter().collect(),
            not_found_matters,
        }
    }
}
