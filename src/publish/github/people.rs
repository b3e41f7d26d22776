//! Labels, reviewers and automatic merging of a pull request.
//!
//! What somebody took away stays away: before anything is added to a pull request, its history is asked whether it was
//! there once. None of it is worth a failure: what GitHub refuses becomes a warning.

use super::answers::{Event, Pull};
use super::error::GithubError;
use super::plan::Options;
use super::remote::Remote;
use crate::catalogue::MergeMethod;

/// Sees to what is missing. A pull request that was just opened has no history.
pub(super) async fn ensure(
    remote: &Remote,
    pull: &Pull,
    is_new: bool,
    options: &Options,
    merges: Option<MergeMethod>,
    warnings: &mut Vec<String>,
) -> Result<(), GithubError> {
    let mut missing = Missing::of(pull, options, merges);
    if missing.is_empty() {
        return Ok(());
    }
    if !is_new {
        match remote.events(pull.number).await {
            Ok(events) => missing.forget(&events),
            // Nobody knows what somebody took away.
            error => return warn(error.map(drop), "its history can't be read, so that nothing is added", warnings),
        }
    }
    if !missing.labels.is_empty() {
        let result = remote.add_labels(pull.number, &missing.labels).await;
        warn(result, "the labels can't be set", warnings)?;
    }
    reviews(remote, pull.number, &missing, warnings).await?;
    if let Some(method) = missing.merges {
        let name = method.to_string().to_uppercase();
        let result = remote.enable_auto_merge(&pull.node_id, &name).await;
        warn(result, "it can't be merged automatically (the repository's settings must allow it)", warnings)?;
    }
    Ok(())
}

/// What isn't there.
struct Missing<'a> {
    labels: Vec<&'a str>,
    people: Vec<&'a str>,
    teams: Vec<&'a str>,
    merges: Option<MergeMethod>,
}

impl<'a> Missing<'a> {
    fn of(pull: &Pull, options: &'a Options, merges: Option<MergeMethod>) -> Self {
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        let labels = options.labels.iter().filter(|name| !pull.labels.iter().any(|label| same(&label.name, name)));
        // Nobody reviews his own.
        let is_author = |login: &str| pull.user.as_ref().is_some_and(|user| same(&user.login, login));
        let asked = |login: &str| pull.requested_reviewers.iter().any(|person| same(&person.login, login));
        let people = options.reviewers.iter().filter(|login| !is_author(login) && !asked(login));
        let teams = options.team_reviewers.iter();
        let teams = teams.filter(|slug| !pull.requested_teams.iter().any(|team| same(&team.slug, slug)));
        Self {
            labels: labels.map(String::as_str).collect(),
            people: people.map(String::as_str).collect(),
            teams: teams.map(String::as_str).collect(),
            merges: merges.filter(|_| pull.auto_merge.is_none()),
        }
    }

    fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.people.is_empty() && self.teams.is_empty() && self.merges.is_none()
    }

    /// Drops what was there once.
    fn forget(&mut self, events: &[Event]) {
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        let any = |test: &dyn Fn(&Event) -> bool| events.iter().any(test);
        self.labels.retain(|name| {
            !any(&|event| event.kind == "labeled" && event.label.as_ref().is_some_and(|label| same(&label.name, name)))
        });
        self.people.retain(|login| {
            !any(&|event| event.requested_reviewer.as_ref().is_some_and(|person| same(&person.login, login)))
        });
        self.teams
            .retain(|slug| !any(&|event| event.requested_team.as_ref().is_some_and(|team| same(&team.slug, slug))));
        let enabled = |event: &Event| event.kind.starts_with("auto_") && event.kind.ends_with("_enabled");
        self.merges = self.merges.filter(|_| !any(&enabled));
    }
}

/// Asks all at once; when GitHub refuses, one by one, so that one who can't be asked doesn't keep the others.
async fn reviews(
    remote: &Remote,
    number: u64,
    missing: &Missing<'_>,
    warnings: &mut Vec<String>,
) -> Result<(), GithubError> {
    if missing.people.is_empty() && missing.teams.is_empty() {
        return Ok(());
    }
    match remote.request_reviews(number, &missing.people, &missing.teams).await {
        Ok(()) => return Ok(()),
        Err(error) if error.status() == Some(422) => {}
        Err(error) => return warn(Err(error), "nobody can be asked for a review", warnings),
    }
    for login in &missing.people {
        let result = remote.request_reviews(number, &[login], &[]).await;
        warn(result, &format!("{login} can't be asked for a review"), warnings)?;
    }
    for slug in &missing.teams {
        let result = remote.request_reviews(number, &[], &[slug]).await;
        warn(result, &format!("the team {slug} can't be asked for a review"), warnings)?;
    }
    Ok(())
}

/// A refusal becomes a warning; what ends the run stays an error.
fn warn(result: Result<(), GithubError>, what: &str, warnings: &mut Vec<String>) -> Result<(), GithubError> {
    match result {
        Err(GithubError::Closed(closed)) => Err(closed.into()),
        Err(error) if error.status() == Some(401) => Err(error),
        Err(error) => {
            warnings.push(format!("{what}: {error}"));
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}
