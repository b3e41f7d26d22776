//! A run: list, examine, publish. Each step is in the journal before the next one begins.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};

use super::content::Limits;
use super::examine::{ExamineError, ends_run};
use super::journal::{Journal, JournalError, Row, Stage};
use super::listing::{Named, Source};
use super::pace::Pace;
use super::plan::RepositoryPlan;
use super::policy::Policy;
use super::select::{Filters, Repository};
use super::sent::{sent, would};
use super::shard::Shard;
use super::take::{Means, Taken, take};
use crate::fix::Grade;
use crate::publish::Proposals;
use crate::publish::github::{
    Client, Done, GithubError, NoJournal, Operation, Options, Plan, PlanError, Remote, Step, apply, plan,
};

/// How often a repository is examined again because its branch moved meanwhile.
const REPLANS: u32 = 3;

/// Rows that are read from the journal at once.
const BATCH: usize = 200;

/// What is treated.
#[derive(Debug, Clone)]
pub struct Selection {
    /// Where repositories are listed.
    pub sources: Vec<Source>,
    /// What is left out.
    pub filters: Filters,
    /// The part of it.
    pub shard: Shard,
}

/// A run in progress.
pub struct Run<'a> {
    /// Asks GitHub.
    pub client: Client,
    /// Remembers.
    pub journal: Journal,
    /// The run's number in the journal.
    pub id: i64,
    /// What is decided for all repositories.
    pub policy: Arc<Policy>,
    /// What an archive may cost.
    pub limits: Limits,
    /// Repositories that are fetched and analysed at the same time.
    pub jobs: usize,
    /// How fast it publishes.
    pub pace: Pace,
    /// Only bring open pull requests up to date.
    pub updates_only: bool,
    /// Hears what happens.
    pub say: &'a dyn Fn(&str),
}

/// Why a run ends before its end. It can be started again.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// GitHub lets nothing more through.
    #[error(transparent)]
    Github(#[from] GithubError),
    /// The journal is at its end.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// What publishing came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// Everything that was planned.
    All,
    /// As much as this wave may: the rest waits.
    Wave,
    /// As many pull requests as the run may open: the rest waits.
    Enough,
    /// The pull requests of the canaries aren't merged yet: the rest waits.
    Canaries,
}

impl Selection {
    /// Hears of every repository, page by page: how far it comes at once, and why.
    pub async fn each(
        &self,
        client: &Client,
        say: &dyn Fn(&str),
        mut take: impl FnMut(Vec<(Repository, Stage, Option<String>)>) -> Result<(), JournalError>,
    ) -> Result<(), RunError> {
        for source in &self.sources {
            let needs_properties = !self.filters.properties.is_empty();
            let properties = if needs_properties { source.properties(client).await? } else { BTreeMap::new() };
            for page in 1.. {
                let (named, more) = source.page(client, page, say).await?;
                let mut rows = Vec::new();
                for named in named {
                    let (mut repository, missing) = match named {
                        Named::Found(repository) => (*repository, None),
                        Named::Missing(repository, reason) => (*repository, Some(reason)),
                    };
                    if !self.shard.holds(repository.id) {
                        continue;
                    }
                    if let Some(properties) = properties.get(&repository.id) {
                        repository.custom_properties.clone_from(properties);
                    }
                    rows.push(match (missing, self.filters.judge(&repository)) {
                        (Some(reason), _) => (repository, Stage::Failed, Some(reason)),
                        (None, Ok(())) => (repository, Stage::Listed, None),
                        (None, Err(skip)) => (repository, Stage::Skipped, Some(skip.to_string())),
                    });
                }
                take(rows)?;
                if !more {
                    break;
                }
            }
        }
        Ok(())
    }
}

impl Run<'_> {
    fn now(&self) -> u64 {
        self.client.gate().clock().epoch()
    }

    fn means(&self) -> Result<Means, JournalError> {
        let directory = self.journal.scratch()?.map_or_else(std::env::temp_dir, std::path::Path::to_owned);
        let (client, policy) = (self.client.clone(), Arc::clone(&self.policy));
        Ok(Means { client, policy, limits: self.limits, directory: directory.into() })
    }

    fn set(&mut self, id: u64, stage: Stage, reason: Option<&str>) -> Result<(), JournalError> {
        let now = self.now();
        self.journal.set(self.id, id, stage, reason, now)
    }

    /// Lists the repositories, and says of each why it is left out.
    pub async fn list(&mut self, selection: &Selection) -> Result<(), RunError> {
        let (now, id, journal) = (self.now(), self.id, &mut self.journal);
        selection.each(&self.client, self.say, |rows| journal.list(id, &rows, now)).await?;
        self.journal.listed(id, now)?;
        Ok(())
    }

    /// Examines every repository that is listed, several at a time.
    pub async fn examine(&mut self) -> Result<(), RunError> {
        let means = self.means()?;
        let mut busy = FuturesUnordered::new();
        let (mut waiting, mut after) = (std::collections::VecDeque::<Row>::new(), 0);
        let mut end = None;
        loop {
            if waiting.is_empty() && end.is_none() {
                waiting.extend(self.journal.next(self.id, Stage::Listed, after, BATCH)?);
                after = waiting.back().map_or(after, |row| row.repository.id);
            }
            while busy.len() < self.jobs && end.is_none() {
                let Some(row) = waiting.pop_front() else { break };
                busy.push(take(means.clone(), row.repository));
            }
            // Also after an error: what is under way is worth keeping.
            let Some((repository, result)) = busy.next().await else { break };
            if let Err(error) = self.examined(&repository, result) {
                end.get_or_insert(error);
            }
        }
        end.map_or(Ok(()), Err)
    }

    fn examined(&mut self, repository: &Repository, result: Result<Taken, ExamineError>) -> Result<(), RunError> {
        let now = self.now();
        match result {
            Ok(Taken::Skipped(reason)) => self.set(repository.id, Stage::Skipped, Some(&reason))?,
            Ok(Taken::Plan(plan, stage)) => self.journal.keep(self.id, repository.id, stage, &plan, now)?,
            Err(ExamineError::Github(error)) if ends_run(&error) => return Err(error.into()),
            Err(error) => {
                let reason = super::content::shown_text(&error.to_string());
                (self.say)(&format!("failed  {}: {reason}", repository.full_name));
                self.set(repository.id, Stage::Failed, Some(&reason))?;
            }
        }
        Ok(())
    }

    /// Says of each planned repository what publishing would do. Reads only.
    pub async fn preview(&mut self) -> Result<(), RunError> {
        let mut after = 0;
        loop {
            let rows = self.journal.next(self.id, Stage::Planned, after, BATCH)?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.repository.id;
            for row in rows {
                let repository = row.repository;
                if !self.journal.pull_requests(self.id, repository.id)?.is_empty() {
                    continue;
                }
                match self.prepare(&repository).await? {
                    Err(reason) => self.set(repository.id, Stage::Failed, Some(&reason))?,
                    Ok((stored, _, plan)) => {
                        for step in &plan.steps {
                            let sent = would(step, &stored);
                            let now = self.now();
                            self.journal.sent(self.id, repository.id, &sent, now)?;
                        }
                    }
                }
            }
        }
    }

    /// Publishes what is planned, one repository after the other: it is GitHub's limits that take the time.
    pub async fn publish(&mut self) -> Result<Published, RunError> {
        let (mut after, mut treated) = (0, 0);
        for name in self.pace.canaries.clone() {
            let row = self.journal.find(self.id, &name)?;
            if let Some(row) = row.filter(|row| row.stage == Stage::Planned) {
                self.turn(&row.repository).await?;
            }
        }
        if !self.canaries_are_merged().await? {
            return Ok(Published::Canaries);
        }
        loop {
            let rows = self.journal.next(self.id, Stage::Planned, after, BATCH)?;
            let Some(last) = rows.last() else { return Ok(Published::All) };
            after = last.repository.id;
            for row in rows {
                if self.is_enough()? {
                    return Ok(Published::Enough);
                }
                if self.pace.wave.is_some_and(|wave| treated >= wave) {
                    match self.pace.wave_pause {
                        None => return Ok(Published::Wave),
                        Some(pause) => {
                            (self.say)(&format!(
                                "the wave is out; the next one follows in {} minutes",
                                pause.as_secs() / 60
                            ));
                            self.wait(pause).await?;
                            treated = 0;
                        }
                    }
                }
                self.turn(&row.repository).await?;
                treated += 1;
            }
        }
    }

    fn is_enough(&self) -> Result<bool, JournalError> {
        match self.pace.max_pull_requests {
            Some(max) => Ok(self.journal.opened_since(self.id, 0)? >= max),
            None => Ok(false),
        }
    }

    /// Waits for a repository's turn, and publishes it.
    async fn turn(&mut self, repository: &Repository) -> Result<(), RunError> {
        loop {
            let now = self.now();
            let opened = match self.pace.per_hour {
                Some(_) => self.journal.opened_since(self.id, now.saturating_sub(3599))?,
                None => 0,
            };
            let Some((wait, why)) = self.pace.wait(now, opened) else { break };
            if why != "pull requests per hour" {
                (self.say)(&format!("waiting: {why}"));
            }
            self.wait(wait).await?;
        }
        let result = self.publish_one(repository).await?;
        if let Err(reason) = result {
            (self.say)(&format!("failed  {}: {reason}", repository.full_name));
            self.set(repository.id, Stage::Failed, Some(&reason))?;
        }
        Ok(())
    }

    async fn wait(&self, duration: Duration) -> Result<(), GithubError> {
        let gate = self.client.gate();
        let end = gate.clock().now() + duration;
        // In parts: the gate refuses to wait for long at once.
        while let Some(left) = end.checked_sub(gate.clock().now()).filter(|left| !left.is_zero()) {
            gate.wait(left.min(Duration::from_secs(600)), "the pace that was asked for").await?;
        }
        Ok(())
    }

    /// Publishes a repository. What went wrong with it alone is told in words.
    async fn publish_one(&mut self, repository: &Repository) -> Result<Result<(), String>, RunError> {
        let (stored, remote, plan) = match self.prepare(repository).await? {
            Ok(prepared) => prepared,
            Err(reason) => return Ok(Err(reason)),
        };
        let (proposals, options) = match (stored.proposals(), stored.making.options()) {
            (Ok(proposals), Ok(options)) => (proposals, options),
            (Err(reason), _) | (_, Err(reason)) => return Ok(Err(reason)),
        };
        let all = apply(&remote, &plan, &proposals.list, &options, &NoJournal).await;
        self.take_down(repository, &all).await
    }

    /// Takes down what became of a repository's pull requests.
    async fn take_down(&mut self, repository: &Repository, all: &[Done]) -> Result<Result<(), String>, RunError> {
        let mut failed = None;
        for done in all {
            let sent = sent(done);
            if done.operation == Operation::Failed {
                failed = failed.or_else(|| sent.reason.clone());
            }
            let now = self.now();
            self.journal.sent(self.id, repository.id, &sent, now)?;
            for warning in &done.warnings {
                (self.say)(&format!("warning: {}: {warning}", repository.full_name));
            }
            let url = sent.url.as_deref().unwrap_or(&sent.branch);
            (self.say)(&format!("{:9} {}: {url}", sent.operation, repository.full_name));
        }
        // A run that is stopped in the middle of a repository comes back to it.
        if failed.is_some() {
            self.client.gate().wait(Duration::ZERO, "").await.map_err(GithubError::from)?;
        }
        if let Some(reason) = failed {
            return Ok(Err(reason));
        }
        self.set(repository.id, Stage::Published, None)?;
        Ok(Ok(()))
    }

    /// The plan of a repository against its state of now. When its branch moved, it is examined again.
    async fn prepare(
        &mut self,
        repository: &Repository,
    ) -> Result<Result<(RepositoryPlan, Remote, Plan), String>, RunError> {
        for _ in 0..REPLANS {
            let updates_only = self.updates_only;
            let Some(stored) = self.journal.plan::<RepositoryPlan>(self.id, repository.id)? else {
                return Ok(Err("its plan is missing".into()));
            };
            let (proposals, options) = match (stored.proposals(), stored.making.options()) {
                (Ok(proposals), Ok(options)) => (proposals, options),
                (Err(reason), _) | (_, Err(reason)) => return Ok(Err(reason)),
            };
            let mut remote = Remote::new(self.client.clone(), &repository.full_name);
            match plan(&mut remote, &proposals, &options).await {
                Ok(mut plan) if plan.base.sha == stored.commit => {
                    if updates_only {
                        plan.steps.retain(|step| !matches!(step, Step::Create { .. }));
                    }
                    return Ok(Ok((stored, remote, plan)));
                }
                Ok(_) | Err(PlanError::Differs { .. }) => {}
                Err(PlanError::Github(error)) if ends_run(&error) => return Err(error.into()),
                Err(error) => return Ok(Err(error.to_string())),
            }
            (self.say)(&format!("{}: its branch moved since it was examined: examined again", repository.full_name));
            let (_, result) = take(self.means()?, repository.clone()).await;
            match result {
                Ok(Taken::Plan(plan, _)) => {
                    let now = self.now();
                    self.journal.keep(self.id, repository.id, Stage::Planned, &plan, now)?;
                }
                Ok(Taken::Skipped(reason)) => return Ok(Err(reason)),
                Err(ExamineError::Github(error)) if ends_run(&error) => return Err(error.into()),
                Err(error) => return Ok(Err(error.to_string())),
            }
        }
        Ok(Err(
            "its branch moves faster than it can be examined\n  hint: try it again with `terramend org retry`".into()
        ))
    }

    /// Closes the open pull requests of a repository, all that are terramend's and have no commits of others.
    pub async fn close(&mut self, repository: &Repository, reason: &str) -> Result<Result<(), String>, RunError> {
        let nothing = Proposals { list: Vec::new(), complete: true, diagnostics: Vec::new(), files: 0 };
        let options = Options {
            closes: Some(Grade::Review),
            closing: Some(reason.to_owned()),
            ..super::policy::options(&self.policy.settings.pull_request, true)
        };
        let mut remote = Remote::new(self.client.clone(), &repository.full_name);
        let plan = match plan(&mut remote, &nothing, &options).await {
            Ok(plan) => plan,
            Err(PlanError::Github(error)) if ends_run(&error) => return Err(error.into()),
            Err(error) => return Ok(Err(error.to_string())),
        };
        let all = apply(&remote, &plan, &[], &options, &NoJournal).await;
        self.take_down(repository, &all).await
    }

    /// Whether the pull requests of the canaries are merged, as far as there are any.
    async fn canaries_are_merged(&mut self) -> Result<bool, RunError> {
        if self.pace.skip_canaries {
            return Ok(true);
        }
        for name in &self.pace.canaries {
            let Some(row) = self.journal.find(self.id, name)? else { continue };
            for sent in self.journal.pull_requests(self.id, row.repository.id)? {
                let Some(number) = sent.number.filter(|_| sent.operation != "closed") else { continue };
                let path = format!("/repos/{name}/pulls/{number}");
                let pull: serde_json::Value = self.client.get(&path).await?;
                if pull["merged_at"].is_null() {
                    (self.say)(&format!("waiting for {name}#{number} to be merged (or --skip-canary)"));
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}
