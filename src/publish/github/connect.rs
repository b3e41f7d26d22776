//! Who asks, and where: tokens, apps, and the addresses of github.com and of Enterprise Servers.

use std::sync::Arc;
use std::time::Duration;

use octocrab::Octocrab;
use octocrab::models::{AppId, InstallationId};

use super::answers::Installation;
use super::client::{Client, Graphql};
use super::error::GithubError;
use super::gate::Gate;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// GitHub itself gives up after ten seconds; large trees take longer on the way.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// What GitHub knows us by. Never printed.
pub enum Credential {
    /// A personal token, or an action's `GITHUB_TOKEN`.
    Token(String),
    /// An app: its id and its private key as PEM. Tokens of its installation are made and renewed as needed.
    App {
        /// The app's id.
        id: u64,
        /// The private key.
        key: Vec<u8>,
    },
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Token(_) => "Token(..)",
            Self::App { .. } => "App(..)",
        })
    }
}

/// Where the API is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The REST API: `https://api.github.com`, `https://HOST/api/v3`.
    pub rest: String,
    /// What `/graphql` is appended to: `https://api.github.com`, `https://HOST/api`.
    pub graphql: String,
}

impl Default for Endpoint {
    fn default() -> Self {
        Self::of_api("https://api.github.com")
    }
}

impl Endpoint {
    /// The API with this address of its REST part.
    pub fn of_api(rest: &str) -> Self {
        let rest = rest.trim_end_matches('/').to_owned();
        let graphql = rest.strip_suffix("/v3").unwrap_or(&rest).to_owned();
        Self { rest, graphql }
    }

    /// The API of the host that repositories are cloned from.
    pub fn of_host(host: &str) -> Self {
        match host {
            "github.com" | "ssh.github.com" => Self::default(),
            // Enterprise Cloud with data residency has its API beside.
            host if host.ends_with(".ghe.com") => Self::of_api(&format!("https://api.{host}")),
            host => Self::of_api(&format!("https://{host}/api/v3")),
        }
    }
}

/// A client for one repository (`owner/name`). An app is asked for its installation there.
pub async fn connect(
    endpoint: &Endpoint,
    credential: &Credential,
    gate: Arc<Gate>,
    repository: &str,
) -> Result<Client, GithubError> {
    connect_at(endpoint, credential, gate, &format!("/repos/{repository}/installation")).await
}

/// A client for all that a token may see, or for the installation of an app that GitHub tells at `installation`:
/// `/orgs/acme/installation`.
pub async fn connect_at(
    endpoint: &Endpoint,
    credential: &Credential,
    gate: Arc<Gate>,
    installation: &str,
) -> Result<Client, GithubError> {
    match credential {
        Credential::Token(token) => {
            let token = token.trim();
            if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(GithubError::Setup("the token is empty, or holds characters that no token has".into()));
            }
            let graphql = Graphql::Client(with_token(&endpoint.graphql, token)?);
            Ok(Client::new(with_token(&endpoint.rest, token)?, graphql, gate))
        }
        Credential::App { id, key } => {
            let rest = build(&endpoint.rest, |builder| {
                let wrong = |_| GithubError::Setup("the app's private key is no RSA key in PEM".into());
                builder.app_from_rsa_pem(AppId(*id), key).map_err(wrong)
            })?;
            let app = Client::new(rest.clone(), Graphql::Client(rest.clone()), Arc::clone(&gate));
            let found: Installation = app.get(installation).await?;
            let installed = rest.installation(InstallationId(found.id)).map_err(|error| setup(&error))?;
            let graphql = if endpoint.rest == endpoint.graphql {
                Graphql::Client(installed.clone())
            } else {
                Graphql::Renewed { base: endpoint.graphql.clone(), last: Arc::default() }
            };
            Ok(Client::new(installed, graphql, gate))
        }
    }
}

/// A client with a token, at an address of the API.
pub(super) fn with_token(base: &str, token: &str) -> Result<Octocrab, GithubError> {
    build(base, |builder| Ok(builder.personal_token(token.to_owned())))
}

type Builder = octocrab::OctocrabBuilder<
    octocrab::NoSvc,
    octocrab::DefaultOctocrabBuilderConfig,
    octocrab::NoAuth,
    octocrab::NotLayerReady,
>;

/// Built without octocrab's feature `retry`: the gate decides what is tried again.
fn build(
    base: &str,
    credential: impl FnOnce(Builder) -> Result<Builder, GithubError>,
) -> Result<Octocrab, GithubError> {
    let wrong = |_| GithubError::Setup(format!("`{base}` is no address of an API\n  hint: like https://HOST/api/v3"));
    let builder = Octocrab::builder()
        .set_connect_timeout(Some(CONNECT_TIMEOUT))
        .set_read_timeout(Some(READ_TIMEOUT))
        .base_uri(base)
        .map_err(wrong)?;
    credential(builder)?.build().map_err(|error| setup(&error))
}

fn setup(error: &octocrab::Error) -> GithubError {
    GithubError::Setup(format!("the client for GitHub can't be made: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_follow_from_the_host() {
        for (host, rest, graphql) in [
            ("github.com", "https://api.github.com", "https://api.github.com"),
            ("git.example.com", "https://git.example.com/api/v3", "https://git.example.com/api"),
            ("octo.ghe.com", "https://api.octo.ghe.com", "https://api.octo.ghe.com"),
        ] {
            assert_eq!(Endpoint::of_host(host), Endpoint { rest: rest.into(), graphql: graphql.into() });
        }
        assert_eq!(Endpoint::of_api("http://127.0.0.1:1/api/v3/").graphql, "http://127.0.0.1:1/api");
    }

    #[test]
    fn a_credential_never_shows_itself() {
        let app = Credential::App { id: 1, key: b"-----BEGIN".to_vec() };
        assert_eq!(format!("{:?} {app:?}", Credential::Token("ghp_secret".into())), "Token(..) App(..)");
    }
}
