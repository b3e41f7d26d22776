//! `terramend pr` on GitHub: who asks, where, and what came of it.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};

use super::output::Entry;
use crate::cli::arguments::Pr;
use crate::cli::{Prepared, talk};
use crate::fix::Grade;
use crate::publish::git::WorkTree;
use crate::publish::github::{
    Credential, Done, Endpoint, Fork, Gate, Limits, NoJournal, Options, Remote, Step, SystemClock, apply, connect, plan,
};
use crate::publish::{Proposals, Scope};

/// Opens, updates and closes pull requests.
pub(super) fn run(
    arguments: &Pr,
    prepared: &Prepared<'_>,
    scope: &Scope,
    proposals: &Proposals,
    work_tree: Option<&WorkTree>,
) -> anyhow::Result<Vec<Entry>> {
    let origin = work_tree.and_then(WorkTree::origin).as_deref().and_then(origin);
    let Some(repository) = repository(arguments, origin.as_ref()) else {
        bail!(
            "which repository is meant can't be told\n  hint: name it with --repo OWNER/NAME, or use --dry-run, --local or --patch FILE"
        );
    };
    let endpoint = match api(arguments) {
        Some(url) => Endpoint::of_api(&url),
        None => origin.map_or_else(Endpoint::default, |origin| Endpoint::of_host(&origin.host)),
    };
    let credential = credential()?;
    let options = options(arguments, prepared, scope);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting")?;
    runtime.block_on(publish(&endpoint, &credential, &repository, proposals, &options))
}

async fn publish(
    endpoint: &Endpoint,
    credential: &Credential,
    repository: &str,
    proposals: &Proposals,
    options: &Options,
) -> anyhow::Result<Vec<Entry>> {
    let gate = Arc::new(Gate::new(Arc::new(SystemClock::default()), Limits::default(), talk));
    let stopper = Arc::clone(&gate);
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            talk("stopping: what was done stays, and another run goes on from there");
            stopper.stop();
        }
    });
    let client = connect(endpoint, credential, gate, repository).await?;
    let mut remote = Remote::new(client, repository);
    let plan = plan(&mut remote, proposals, options).await?;
    if plan.repository != repository {
        talk(&format!("{repository} is called {} now", plan.repository));
    }
    if plan.home.repository != plan.repository {
        let made = if plan.home.missing.is_some() { "made when it is needed" } else { "there already" };
        talk(&format!("branches go to the fork {} ({made})", plan.home.repository));
    }
    let all = apply(&remote, &plan, &proposals.list, options, &NoJournal).await;
    let mut entries = Vec::new();
    for (step, done) in plan.steps.iter().zip(all) {
        for warning in &done.warnings {
            talk(&format!("warning: {}: {warning}", done.branch));
        }
        entries.push(entry(proposals, step, done));
    }
    Ok(entries)
}

fn entry(proposals: &Proposals, step: &Step, done: Done) -> Entry {
    let operation = done.operation.to_string();
    let entry = match (done.proposal, step) {
        (Some(i), _) => Entry::new(&proposals.list[i], operation),
        (None, Step::Close { pull, marker, .. }) => Entry::of_pull(pull, marker, operation),
        (None, _) => return Entry::default(),
    };
    entry.with(done)
}

/// What flags say goes before the configuration.
fn options(arguments: &Pr, prepared: &Prepared<'_>, scope: &Scope) -> Options {
    let settings = &prepared.settings.pull_request;
    let list = |flags: &[String], file: &[String]| if flags.is_empty() { file.to_vec() } else { flags.to_vec() };
    let common = &arguments.common;
    // A part of the controls can't tell that nothing is left of the others.
    let is_whole = common.control.is_empty() && common.severity.is_none();
    let closes = match scope.grade {
        Grade::Safe => Grade::Safe,
        _ => Grade::Review,
    };
    Options {
        base: arguments.base.clone().or_else(|| settings.base.clone()),
        fork: arguments.fork.as_deref().map(|owner| match owner {
            "" => Fork::Account,
            owner => Fork::Organization(owner.to_owned()),
        }),
        branch_prefix: scope.branch_prefix.clone(),
        directory: scope.directory.clone(),
        labels: list(&arguments.label, &settings.labels),
        reviewers: list(&arguments.reviewer, &settings.reviewers),
        team_reviewers: list(&arguments.team_reviewer, &settings.team_reviewers),
        max_open: arguments.max.map(|max| max as usize).or(settings.max),
        auto_merge: arguments.auto_merge.or(settings.auto_merge),
        closes: is_whole.then_some(closes),
        closing: None,
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

fn api(arguments: &Pr) -> Option<String> {
    arguments.api_url.clone().or_else(|| variable("GITHUB_API_URL"))
}

fn repository(arguments: &Pr, origin: Option<&Origin>) -> Option<String> {
    let named = arguments.repo.clone().or_else(|| variable("GITHUB_REPOSITORY"));
    named.or_else(|| origin.map(|origin| origin.repository.clone()))
}

/// An app goes before a token.
pub(in crate::cli) fn credential() -> anyhow::Result<Credential> {
    if let Some(id) = variable("TERRAMEND_APP_ID") {
        let id = id.parse().context("TERRAMEND_APP_ID is no number")?;
        let key = match (variable("TERRAMEND_APP_PRIVATE_KEY"), variable("TERRAMEND_APP_PRIVATE_KEY_FILE")) {
            (Some(key), _) => key.replace("\\n", "\n").into_bytes(),
            (None, Some(file)) => std::fs::read(Path::new(&file)).with_context(|| format!("{file}: can't be read"))?,
            (None, None) => bail!("TERRAMEND_APP_ID needs TERRAMEND_APP_PRIVATE_KEY or TERRAMEND_APP_PRIVATE_KEY_FILE"),
        };
        return Ok(Credential::App { id, key });
    }
    match variable("GITHUB_TOKEN").or_else(|| variable("GH_TOKEN")) {
        Some(token) => Ok(Credential::Token(token)),
        None => bail!(
            "there is no token\n  hint: set GITHUB_TOKEN or GH_TOKEN (contents and pull requests: write), or TERRAMEND_APP_ID with its key; --dry-run, --local and --patch need none"
        ),
    }
}

/// Where a clone came from.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    host: String,
    repository: String,
}

/// Reads an address of git: `https://HOST/OWNER/NAME.git`, `git@HOST:OWNER/NAME`, `ssh://git@HOST:22/OWNER/NAME`.
fn origin(url: &str) -> Option<Origin> {
    let (place, path) = match url.split_once("://") {
        Some(("http" | "https" | "ssh" | "git", rest)) => rest.split_once('/')?,
        Some(_) => return None,
        None => url.split_once(':')?,
    };
    let host = place.rsplit('@').next()?.split(':').next()?;
    let path = path.trim_matches('/').trim_end_matches(".git");
    let (owner, name) = path.split_once('/')?;
    let plain = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) && text != ".."
    };
    (plain(host) && plain(owner) && plain(name)).then(|| Origin { host: host.to_owned(), repository: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_git_are_read() {
        for url in [
            "https://github.com/acme/orders.git",
            "https://x-access-token:secret@github.com/acme/orders",
            "git@github.com:acme/orders.git",
            "ssh://git@github.com:22/acme/orders.git",
        ] {
            let expected = Origin { host: "github.com".into(), repository: "acme/orders".into() };
            assert_eq!(origin(url), Some(expected), "{url}");
        }
        for url in
            ["/srv/git/orders.git", "../orders", "file:///srv/acme/orders", "https://github.com/acme", "C:\\x\\y"]
        {
            assert_eq!(origin(url), None, "{url}");
        }
    }
}
