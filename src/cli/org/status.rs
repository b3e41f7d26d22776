//! `terramend org status` and `prune`: what the journal knows, and what GitHub says of it now.

use anyhow::Context as _;

use super::arguments::{Central, Prune, Status};
use super::{client, written};
use crate::cli::{CLEAN, INCOMPLETE, print, talk};
use crate::org::dashboard::{self, DashboardError, Place, Shown};
use crate::org::journal::Journal;
use crate::org::live;
use crate::org::report::{self, Report};
use crate::org::select::full_name;
use crate::publish::github::{Client, Clock as _, SystemClock};

pub(super) async fn run(arguments: &Status) -> anyhow::Result<u8> {
    let path = &arguments.place.journal;
    let asks = arguments.live || arguments.central.dashboard.is_some();
    // A report alone changes nothing in the journal.
    let mut journal = if asks { Journal::beside(path)? } else { Journal::read(path)? };
    let since = arguments.since.map(|since| since.seconds(SystemClock::default().epoch()));
    let runs = journal.runs()?;
    let run = arguments.run.or(runs.first().map(|past| past.id)).context("the journal has no run")?;
    let client = if asks { Some(client(&arguments.place, None).await?) } else { None };
    if let Some(client) = client.as_ref().filter(|_| arguments.live) {
        let is_meant = |id: i64, started: u64| since.map_or(id == run, |since| started >= since);
        let meant = runs.iter().filter(|past| is_meant(past.id, past.started)).map(|past| past.id);
        live::look(client, &mut journal, &meant.collect::<Vec<_>>()).await?;
    }
    let diffs = arguments.say.has_diffs();
    let report = match since {
        Some(since) => report::report_since(&journal, since, diffs)?,
        None => report::report(&journal, run, diffs)?,
    };
    written(&report, &arguments.say)?;
    let is_shown = match &client {
        Some(client) => dashboard(client, &mut journal, &arguments.central, &report).await?,
        None => true,
    };
    Ok(if is_shown { CLEAN } else { INCOMPLETE })
}

/// Writes the dashboard, if one is wanted. A run isn't lost when that fails: it is said, and the result is `false`.
pub(super) async fn dashboard(
    client: &Client,
    journal: &mut Journal,
    central: &Central,
    report: &Report,
) -> anyhow::Result<bool> {
    let Some(repository) = &central.dashboard else { return Ok(true) };
    let repository = full_name(repository)
        .with_context(|| format!("`{repository}` names no repository\n  hint: --dashboard OWNER/NAME"))?;
    let place = Place { repository, name: central.dashboard_name.clone() };
    match dashboard::show(client, journal, &place, report).await {
        Ok(Shown::Created(url)) => talk(&format!("dashboard: {url} is new")),
        Ok(Shown::Updated(url)) => talk(&format!("dashboard: {url} is up to date again")),
        Ok(Shown::Unchanged(url)) => talk(&format!("dashboard: {url} was up to date")),
        Ok(Shown::LeftClosed(url)) => {
            talk(&format!("dashboard: {url} was closed and is left alone: reopen it to have it back"));
        }
        Err(DashboardError::Journal(error)) => return Err(error.into()),
        Err(error) => {
            talk(&format!("warning: {error}"));
            return Ok(false);
        }
    }
    Ok(true)
}

pub(super) fn prune(arguments: &Prune) -> anyhow::Result<u8> {
    // Else one would be made.
    drop(Journal::read(&arguments.journal)?);
    let mut journal = Journal::open(&arguments.journal)?;
    let since = arguments.since.map_or(u64::MAX >> 1, |since| since.seconds(SystemClock::default().epoch()));
    let pruned = journal.prune(arguments.keep as usize, since)?;
    let left = journal.runs()?.len();
    print(&format!(
        "{} runs forgotten, {left} kept; the journal is {:.1} MiB smaller\n",
        pruned.runs,
        pruned.bytes as f64 / f64::from(1 << 20)
    ))?;
    Ok(CLEAN)
}
