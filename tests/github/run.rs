//! Runs of the publisher, in virtual time.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use terramend::catalogue::{Catalogue, GroupBy, Settings};
use terramend::fix::Grade;
use terramend::publish::github::{
    Clock, Credential, Done, Endpoint, Gate, Limits, NoJournal, Operation, Options, PlanError, Remote, Sleep, apply,
    connect, plan,
};
use terramend::publish::{Analysis, Proposals, PullRequestSettings, Scope, propose};

use crate::fake::Fake;

/// The name of the repository in most tests.
pub(crate) const NAME: &str = "acme/orders";
/// When virtual time begins, in seconds since 1970.
pub(crate) const START: u64 = 1_790_000_000;

/// Time that only passes while somebody waits.
#[derive(Default)]
pub(crate) struct Virtual(Mutex<Duration>);

impl Clock for Virtual {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap()
    }
    fn epoch(&self) -> u64 {
        START + self.now().as_secs()
    }
    fn sleep(&self, duration: Duration) -> Sleep<'_> {
        *self.0.lock().unwrap() += duration;
        Box::pin(std::future::ready(()))
    }
    fn random(&self) -> f64 {
        0.5
    }
}

/// What a run is told.
pub(crate) struct Run {
    pub(crate) token: &'static str,
    pub(crate) grade: Grade,
    pub(crate) by: GroupBy,
    pub(crate) options: Options,
    pub(crate) limits: Limits,
}

impl Default for Run {
    fn default() -> Self {
        let options = Options { branch_prefix: "terramend/".into(), closes: Some(Grade::Review), ..Options::default() };
        Self { token: "bot", grade: Grade::Safe, by: GroupBy::Repository, options, limits: Limits::default() }
    }
}

/// What a run gave: what was done, and how long it waited.
pub(crate) struct Ended {
    pub(crate) result: Result<Vec<Done>, String>,
    pub(crate) waited: Duration,
}

impl Ended {
    pub(crate) fn done(&self) -> &[Done] {
        self.result.as_deref().unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn operations(&self) -> Vec<Operation> {
        self.done().iter().map(|done| done.operation).collect()
    }

    /// What went wrong, wherever.
    pub(crate) fn trouble(&self) -> String {
        match &self.result {
            Err(error) => error.clone(),
            Ok(done) => done.iter().filter_map(|done| done.reason.clone()).collect::<Vec<_>>().join("\n"),
        }
    }
}

/// What would be proposed for files; analysed once for all tests.
pub(crate) fn proposals(files: &[(String, String)], grade: Grade, by: GroupBy) -> Proposals {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
        let mut catalogue = Catalogue::built_in().unwrap();
        // The fixes of these are enough here, and a debug build is slow.
        catalogue.retain(|control| control.id.starts_with("sqs-") || control.id.starts_with("s3-"));
        catalogue.set_quiet_apart(&Settings::default());
        catalogue
    });
    static KNOWN: Mutex<BTreeMap<String, Proposals>> = Mutex::new(BTreeMap::new());
    let key = format!("{files:?} {grade} {by}");
    if let Some(known) = KNOWN.lock().unwrap().get(&key) {
        return known.clone();
    }
    let directory = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let settings = Settings::default();
    let load = || terramend::backend::load(terramend::discover::discover(directory.path()));
    let analysis = Analysis { load: &load, catalogue: &CATALOGUE, settings: &settings, severity: None };
    let scope = Scope { grade, by, ..Scope::new(&PullRequestSettings::default(), "") };
    let proposals = propose(&analysis, &scope).unwrap();
    KNOWN.lock().unwrap().insert(key, proposals.clone());
    proposals
}

impl Run {
    /// Analyses what a branch of the repository holds, and publishes.
    pub(crate) fn go(&self, fake: &Fake, name: &str) -> Ended {
        let found = fake.world(|world| {
            let name = world.renamed.get(name).cloned().unwrap_or_else(|| name.to_owned());
            let repository = &world.repositories[&name];
            let branch = self.options.base.clone().unwrap_or_else(|| repository.default_branch.clone());
            let head = repository.references.get(&format!("heads/{branch}"));
            let files = head.map(|head| repository.objects.files(&repository.objects.treeish(head).unwrap()));
            let paths: Vec<String> = files.into_iter().flatten().map(|(path, _)| path).collect();
            paths.into_iter().map(|path| (path.clone(), repository.read(&branch, &path).unwrap())).collect::<Vec<_>>()
        });
        self.publish(fake, name, &proposals(&found, self.grade, self.by))
    }

    /// Publishes.
    pub(crate) fn publish(&self, fake: &Fake, name: &str, proposals: &Proposals) -> Ended {
        let credential = Credential::Token(self.token.into());
        self.publish_as(fake, name, proposals, &credential)
    }

    pub(crate) fn publish_as(&self, fake: &Fake, name: &str, proposals: &Proposals, credential: &Credential) -> Ended {
        let clock = Arc::new(Virtual::default());
        let gate = Arc::new(Gate::new(Arc::clone(&clock) as Arc<dyn Clock>, self.limits, |_| ()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let result = runtime.block_on(async {
            let endpoint = Endpoint::of_api(&fake.url);
            let client = connect(&endpoint, credential, gate, name).await.map_err(|error| error.to_string())?;
            let mut remote = Remote::new(client, name);
            let plan =
                plan(&mut remote, proposals, &self.options).await.map_err(|error: PlanError| error.to_string())?;
            Ok(apply(&remote, &plan, &proposals.list, &self.options, &NoJournal).await)
        });
        Ended { result, waited: clock.now() }
    }
}
