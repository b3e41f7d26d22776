//! The report as an issue in one central repository, written anew in place after each run.
//!
//! Invariants: one issue of a name in a repository, found again by its number in the journal, else by the marker in its
//! text; one that somebody closed stays closed and is not replaced; nothing of a private repository is shown in a public
//! one.

use serde::Deserialize;
use serde_json::json;

use super::journal::{Journal, JournalError};
use super::report::{self, Report};
use crate::publish::github::{Client, GithubError, Remote, Repeat};

/// Characters of an issue's text; GitHub takes 65,536.
const MOST: usize = 64_000;

/// Where the dashboard is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `owner/name` of the central repository.
    pub repository: String,
    /// Tells several dashboards in one repository apart.
    pub name: String,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// The issue is new.
    Created(String),
    /// It was written anew.
    Updated(String),
    /// It said the same already.
    Unchanged(String),
    /// Somebody closed it.
    LeftClosed(String),
}

/// Why there is no dashboard.
#[derive(Debug, thiserror::Error)]
pub enum DashboardError {
    /// GitHub doesn't let it through.
    #[error("the dashboard in {0} can't be written: {1}")]
    Github(String, GithubError),
    /// What is remembered of it can't be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Everybody would see what only some may.
    #[error(
        "the dashboard isn't written: {0} is public, and the report names {1}, which is not\n  hint: choose a private repository for the dashboard"
    )]
    Public(String, String),
}

#[derive(Deserialize)]
struct Issue {
    number: u64,
    state: String,
    title: String,
    body: Option<String>,
    html_url: String,
    pull_request: Option<serde_json::Value>,
}

/// Writes the dashboard of a report.
pub async fn show(
    client: &Client,
    journal: &mut Journal,
    place: &Place,
    report: &Report,
) -> Result<Shown, DashboardError> {
    let failed = |error| DashboardError::Github(place.repository.clone(), error);
    let path = format!("/repos/{}", place.repository);
    let central: super::select::Repository = client.get(&path).await.map_err(failed)?;
    let hidden = report.repositories.iter().find(|repository| repository.visibility != "public");
    if let Some(hidden) = hidden.filter(|_| central.visibility() == "public") {
        return Err(DashboardError::Public(place.repository.clone(), hidden.name.clone()));
    }
    let (title, body) = text(place, report);
    let issue = match find(client, journal, place).await? {
        Some(issue) => issue,
        None => match create(client, place, &title, &body).await.map_err(failed)? {
            Ok(issue) => {
                journal.set_dashboard(&place.repository, &place.name, issue.number)?;
                return Ok(Shown::Created(issue.html_url));
            }
            // It was made after all.
            Err(error) => find(client, journal, place).await?.ok_or_else(|| failed(error))?,
        },
    };
    journal.set_dashboard(&place.repository, &place.name, issue.number)?;
    if issue.state != "open" {
        return Ok(Shown::LeftClosed(issue.html_url));
    }
    if issue.title == title && issue.body.as_deref() == Some(&body) {
        return Ok(Shown::Unchanged(issue.html_url));
    }
    let path = format!("{path}/issues/{}", issue.number);
    client.change(&path, &json!({ "title": title, "body": body })).await.map_err(failed)?;
    Ok(Shown::Updated(issue.html_url))
}

/// Makes the issue; inside, the error of a request of which nobody knows whether it was carried out.
async fn create(
    client: &Client,
    place: &Place,
    title: &str,
    body: &str,
) -> Result<Result<Issue, GithubError>, GithubError> {
    let path = format!("/repos/{}/issues", place.repository);
    match client.post(&path, &json!({ "title": title, "body": body }), Repeat::LookFirst).await {
        Ok(issue) => Ok(Ok(issue)),
        Err(error @ (GithubError::Uncertain { .. } | GithubError::Shape { .. })) => Ok(Err(error)),
        Err(error) => Err(error),
    }
}

/// The dashboard's issue, whether open or closed.
async fn find(client: &Client, journal: &Journal, place: &Place) -> Result<Option<Issue>, DashboardError> {
    let failed = |error| DashboardError::Github(place.repository.clone(), error);
    let path = format!("/repos/{}/issues", place.repository);
    let marker = marker(&place.name);
    let is_it = |issue: &Issue| {
        issue.pull_request.is_none() && issue.body.as_ref().is_some_and(|body| body.starts_with(&marker))
    };
    if let Some(number) = journal.dashboard(&place.repository, &place.name)? {
        let known: Option<Issue> = client.find(&format!("{path}/{number}")).await.map_err(failed)?;
        if let Some(known) = known.filter(is_it) {
            return Ok(Some(known));
        }
    }
    // Only issues of our own: nobody else's text is ever written over, whatever stands in it.
    let login = Remote::new(client.clone(), &place.repository).login().await.map_err(failed)?;
    let creator =
        login.map_or(String::new(), |login| format!("&creator={}", login.replace('[', "%5B").replace(']', "%5D")));
    let all: Vec<Issue> = client.list(&format!("{path}?state=all{creator}")).await.map_err(failed)?;
    // The oldest one, should there ever be two.
    Ok(all.into_iter().filter(is_it).min_by_key(|issue| issue.number))
}

/// The first line of the text: how the issue is found again.
fn marker(name: &str) -> String {
    // Nothing in it ends the comment.
    let name: String = name.chars().filter(|c| c.is_alphanumeric() || "-_. ".contains(*c)).collect();
    format!("<!-- terramend-dashboard: {name} -->")
}

fn text(place: &Place, report: &Report) -> (String, String) {
    let mut body = marker(&place.name);
    body += "\nThis issue is written anew after each run. Close it to be left alone, reopen it to have it back.\n\n";
    let whole = report::markdown(report);
    let mut left = MOST - body.chars().count();
    for line in whole.split_inclusive('\n') {
        let length = line.chars().count();
        if length > left {
            body += "\nThe rest is left out: GitHub takes no longer text. `terramend org status` has all of it.\n";
            break;
        }
        left -= length;
        body += line;
    }
    (format!("terramend: {}", place.name), body.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_one_comment_whatever_the_name() {
        assert_eq!(marker("payments --> <b>"), "<!-- terramend-dashboard: payments -- b -->");
    }
}
