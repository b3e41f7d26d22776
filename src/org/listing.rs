//! Asks GitHub which repositories there are.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::select::Repository;
use crate::publish::github::{Client, GithubError};

/// Whose repositories.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// Of an organisation.
    Org(String),
    /// Of a person.
    User(String),
    /// All that the app's installation may see.
    Installation,
    /// What a search of repositories finds; GitHub gives the first thousand.
    Search(String),
    /// These.
    Names(Vec<String>),
    /// These, as an earlier listing gave them.
    Listed(Vec<Repository>),
}

/// Repositories on one page.
const PAGE: usize = 100;

/// Results that a search gives at most.
const MAX_FOUND: usize = 1000;

/// One repository that could be named, or not.
#[derive(Debug)]
pub enum Named {
    /// It is there.
    Found(Box<Repository>),
    /// GitHub doesn't show it.
    Missing(Box<Repository>, String),
}

#[derive(Deserialize)]
struct Found {
    total_count: usize,
    items: Vec<Repository>,
}

#[derive(Deserialize)]
struct Installed {
    repositories: Vec<Repository>,
}

#[derive(Deserialize)]
struct Properties {
    repository_id: u64,
    properties: Vec<Property>,
}

#[derive(Deserialize)]
struct Property {
    property_name: String,
    value: serde_json::Value,
}

impl Source {
    /// One page of repositories, from 1, and whether there is another. A warning is said.
    pub async fn page(
        &self,
        client: &Client,
        page: usize,
        say: &dyn Fn(&str),
    ) -> Result<(Vec<Named>, bool), GithubError> {
        let of = |path: &str, query: &str| format!("{path}?{query}per_page={PAGE}&page={page}");
        let repositories: Vec<Repository> = match self {
            Self::Org(org) => get(client, &of(&format!("/orgs/{org}/repos"), "type=all&sort=full_name&")).await?,
            Self::User(user) => get(client, &of(&format!("/users/{user}/repos"), "type=owner&sort=full_name&")).await?,
            Self::Installation => get::<Installed>(client, &of("/installation/repositories", "")).await?.repositories,
            Self::Search(query) => {
                let query = format!("q={}&sort=updated&", encoded(query));
                let found: Found = get(client, &of("/search/repositories", &query)).await?;
                if page == 1 && found.total_count > MAX_FOUND {
                    say(&format!(
                        "warning: the search finds {} repositories, and GitHub gives the first {MAX_FOUND}: narrow it",
                        found.total_count
                    ));
                }
                let more = found.items.len() == PAGE && page * PAGE < MAX_FOUND;
                return Ok((found.items.into_iter().map(Box::new).map(Named::Found).collect(), more));
            }
            Self::Names(names) => return Self::named(client, names, page).await,
            Self::Listed(all) => {
                let part = all.iter().skip((page - 1) * PAGE).take(PAGE).cloned();
                return Ok((part.map(Box::new).map(Named::Found).collect(), all.len() > page * PAGE));
            }
        };
        let more = repositories.len() == PAGE;
        Ok((repositories.into_iter().map(Box::new).map(Named::Found).collect(), more))
    }

    /// A page of a list of names: each is asked for.
    async fn named(client: &Client, names: &[String], page: usize) -> Result<(Vec<Named>, bool), GithubError> {
        let mut all = Vec::new();
        for name in names.iter().skip((page - 1) * PAGE).take(PAGE) {
            all.push(match client.get::<Repository>(&format!("/repos/{name}")).await {
                Ok(repository) => Named::Found(Box::new(repository)),
                Err(error) if matches!(error.status(), Some(403 | 404 | 451)) => {
                    let short = name.rsplit('/').next().unwrap_or_default().to_owned();
                    let repository =
                        Repository { id: made_up(name), name: short, full_name: name.clone(), ..Repository::default() };
                    Named::Missing(Box::new(repository), error.to_string())
                }
                Err(error) => return Err(error),
            });
        }
        Ok((all, names.len() > page * PAGE))
    }

    /// The custom properties of an organisation's repositories, by their ids.
    pub async fn properties(
        &self,
        client: &Client,
    ) -> Result<BTreeMap<u64, BTreeMap<String, serde_json::Value>>, GithubError> {
        let Self::Org(org) = self else { return Ok(BTreeMap::new()) };
        let all: Vec<Properties> = client.list(&format!("/orgs/{org}/properties/values")).await?;
        let by_name = |properties: Vec<Property>| properties.into_iter().map(|p| (p.property_name, p.value)).collect();
        Ok(all.into_iter().map(|of| (of.repository_id, by_name(of.properties))).collect())
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Org(org) => write!(f, "organisation {org}"),
            Self::User(user) => write!(f, "user {user}"),
            Self::Installation => f.write_str("installation"),
            Self::Search(query) => write!(f, "search `{query}`"),
            Self::Names(names) => write!(f, "{} named repositories", names.len()),
            Self::Listed(all) => write!(f, "{} listed repositories", all.len()),
        }
    }
}

async fn get<T: DeserializeOwned>(client: &Client, path: &str) -> Result<T, GithubError> {
    client.get(path).await
}

/// An id for a repository that GitHub gives none for, far above all of GitHub's (FNV-1a).
fn made_up(name: &str) -> u64 {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (1 << 62) | (hash >> 2)
}

/// A text in a query.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
