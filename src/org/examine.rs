//! One repository, from its name to its plan: fetched, unpacked and analysed. Nothing in it is executed.

use std::sync::Arc;
use std::time::Duration;

use super::content::{self, Content, ContentError};
use super::plan::{Found, Making, Planned, RepositoryPlan};
use super::policy::{self, Policy};
use super::select::{Prefilter, Repository, Skip, prefilter};
use super::take::Means;
use crate::engine::{self, Options, Outcome};
use crate::publish::github::GithubError;
use crate::publish::{Analysis, propose};

/// How long an analysis may take. One repository takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(300);

/// Findings of one repository that a plan lists.
const MOST_FOUND: usize = 5000;

/// Transfers that break off are tried again.
const TRIES: u32 = 3;

/// What an examination came to.
#[derive(Debug)]
pub enum Examined {
    /// There is something to do, or to see.
    Plan(Box<RepositoryPlan>),
    /// Left out.
    Skipped(Skip),
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum ExamineError {
    /// GitHub didn't give what was asked for.
    #[error(transparent)]
    Github(#[from] GithubError),
    /// The archive was given up.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// Its own settings are wrong, or its fixes can't be proposed.
    #[error("{0}")]
    Analysis(String),
    /// A mistake of terramend.
    #[error(
        "the analysis broke off: this is a bug in terramend\n  hint: please report it with the repository's configuration"
    )]
    Bug,
    /// It takes too long.
    #[error("the analysis takes longer than {} seconds", PATIENCE.as_secs())]
    Slow,
}

impl ExamineError {
    /// Whether the whole run is at its end: stopped, shut out, or the limit lasts too long.
    pub fn is_end(&self) -> bool {
        matches!(self, Self::Github(error) if ends_run(error))
    }
}

/// Whether nothing more can be asked.
pub(super) fn ends_run(error: &GithubError) -> bool {
    matches!(error, GithubError::Closed(_) | GithubError::Setup(_)) || error.status() == Some(401)
}

/// Examines a repository.
pub(super) async fn examine(means: &Means, repository: &Repository) -> Result<Examined, ExamineError> {
    let Means { client, policy, limits, .. } = means;
    let default = repository.default_branch.clone().unwrap_or_default();
    let branch = policy.settings.pull_request.base.clone().unwrap_or(default);
    let name = &repository.full_name;
    let tree = format!("/repos/{name}/git/trees/{}?recursive=1", path(&branch));
    let answer: Prefilter = match client.get(&tree).await {
        Err(error) if error.status() == Some(409) => return Ok(Examined::Skipped(Skip::Empty)),
        answer => answer?,
    };
    if let Err(skip) = prefilter(&answer, limits) {
        return Ok(Examined::Skipped(skip));
    }
    drop(answer);
    let content = fetch(means, name, &branch).await?;
    let policy = Arc::clone(policy);
    let analysis = tokio::task::spawn_blocking(move || analyse(&content, &policy));
    match tokio::time::timeout(PATIENCE, analysis).await {
        Err(_) => Err(ExamineError::Slow),
        Ok(Err(_)) => Err(ExamineError::Bug),
        Ok(Ok(result)) => result,
    }
}

/// Streams the archive of a branch into files.
async fn fetch(means: &Means, name: &str, branch: &str) -> Result<Content, ExamineError> {
    let mut attempt = 1;
    loop {
        let mut download = means.client.download(&format!("/repos/{name}/tarball/{}", path(branch))).await?;
        let (sender, receiver) = tokio::sync::mpsc::channel::<std::io::Result<Vec<u8>>>(8);
        let (limits, directory) = (means.limits, Arc::clone(&means.directory));
        let unpacking =
            tokio::task::spawn_blocking(move || content::extract_in(Pieces::new(receiver), &limits, &directory));
        loop {
            let piece = match download.next().await {
                Ok(Some(piece)) => Ok(piece),
                Ok(None) => break,
                Err(error) => Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, error.to_string())),
            };
            let is_end = piece.is_err();
            // Nobody takes any more once a limit is reached.
            if sender.send(piece).await.is_err() || is_end {
                break;
            }
        }
        drop(sender);
        drop(download);
        match unpacking.await.map_err(|_| ExamineError::Bug)? {
            Err(ContentError::Damaged(_)) if attempt < TRIES => attempt += 1,
            result => return Ok(result?),
        }
    }
}

/// What comes through a channel, as a reader.
struct Pieces {
    receiver: tokio::sync::mpsc::Receiver<std::io::Result<Vec<u8>>>,
    piece: std::io::Cursor<Vec<u8>>,
}

impl Pieces {
    fn new(receiver: tokio::sync::mpsc::Receiver<std::io::Result<Vec<u8>>>) -> Self {
        Self { receiver, piece: std::io::Cursor::default() }
    }
}

impl std::io::Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let read = self.piece.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            match self.receiver.blocking_recv() {
                Some(piece) => self.piece = std::io::Cursor::new(piece?),
                None => return Ok(0),
            }
        }
    }
}

/// Judges and fixes in memory.
fn analyse(content: &Content, policy: &Policy) -> Result<Examined, ExamineError> {
    let failed = |error: anyhow::Error| ExamineError::Analysis(format!("{error:#}"));
    let effective = policy.of(content.root()).map_err(failed)?;
    let (settings, catalogue) = (&effective.settings, &*effective.catalogue);
    if let Some(reason) = &settings.opt_out {
        return Ok(Examined::Skipped(Skip::OptedOut(content::shown(reason.as_bytes()))));
    }
    let load = || {
        let mut loaded = crate::backend::load(crate::discover::discover(content.root()));
        loaded.diagnostics.extend(content.diagnostics.iter().cloned());
        loaded
    };
    let loaded = load();
    if loaded.files == 0 && loaded.diagnostics.is_empty() {
        return Ok(Examined::Skipped(Skip::NoConfiguration));
    }
    let options = Options { severity: policy.severity, ..Options::default() };
    let outcome = engine::run(loaded, catalogue, settings, options);
    let is_open = outcome.findings.iter().any(|finding| finding.suppressed.is_none());
    let proposals = if is_open {
        let analysis = Analysis { load: &load, catalogue, settings, severity: policy.severity };
        let scope = policy::scope(&settings.pull_request);
        let proposals = propose(&analysis, &scope).map_err(|error| ExamineError::Analysis(error.to_string()))?;
        proposals.list.iter().map(Planned::of).collect()
    } else {
        Vec::new()
    };
    let refused = effective.refused.iter().map(|what| format!("not taken from {}: {what}", policy::own_file()));
    let said = outcome.diagnostics.iter().map(|diagnostic| content::shown_text(&diagnostic.to_string()));
    Ok(Examined::Plan(Box::new(RepositoryPlan {
        commit: content.commit.clone().unwrap_or_default(),
        complete: crate::report::json::errors(&outcome).next().is_none(),
        files: outcome.files,
        suppressed: outcome.findings.iter().filter(|finding| finding.suppressed.is_some()).count(),
        findings: found(&outcome, catalogue),
        notes: refused.chain(said).collect(),
        proposals,
        making: Making::new(&settings.pull_request, policy.is_whole()),
    })))
}

fn found(outcome: &Outcome, catalogue: &crate::catalogue::Catalogue) -> Vec<Found> {
    let open = outcome.findings.iter().filter(|finding| finding.suppressed.is_none());
    let of = |finding: &crate::finding::Finding| Found {
        control: finding.control.clone(),
        family: catalogue.find(&finding.control).map_or(String::new(), |control| control.family.clone()),
        severity: finding.severity.to_string(),
        resource: finding.resource.clone(),
        file: finding.file.to_string(),
        line: finding.line,
        grade: finding.fix.as_ref().map(|fix| fix.grade.to_string()),
    };
    open.take(MOST_FOUND).map(of).collect()
}

/// A branch in a path.
fn path(branch: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte);
    branch.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
