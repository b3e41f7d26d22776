//! What can go wrong with GitHub, said so that the reader can mend it. No message holds a token.

use serde::Deserialize;

use super::gate::Closed;

/// The longest piece of a body that is no JSON in a message, in characters.
const MAX_BODY: usize = 160;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum GithubError {
    /// The gate let the request not through.
    #[error(transparent)]
    Closed(#[from] Closed),
    /// GitHub refused.
    #[error("GitHub answers {status} to {request}: {message}{}", hint(*.status, .request, .message))]
    Refused {
        /// The status code.
        status: u16,
        /// Method and path.
        request: String,
        /// What GitHub says.
        message: String,
    },
    /// No answer, or one that says nothing: whether it was done isn't known.
    #[error("{request} got no answer that says whether it was done: {message}")]
    Uncertain {
        /// Method and path.
        request: String,
        /// What is known.
        message: String,
    },
    /// An answer of another shape than expected.
    #[error("GitHub's answer to {request} isn't understood: {message}")]
    Shape {
        /// Method and path.
        request: String,
        /// What is missing.
        message: String,
    },
    /// The client can't be made.
    #[error("{0}")]
    Setup(String),
}

impl GithubError {
    /// The status that GitHub gave, when it refused.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// What GitHub says, when it refused.
    pub fn said(&self) -> &str {
        match self {
            Self::Refused { message, .. } => message,
            _ => "",
        }
    }

    /// Whether the request may have been carried out all the same.
    pub fn is_uncertain(&self) -> bool {
        matches!(self, Self::Uncertain { .. } | Self::Shape { .. })
    }
}

#[derive(Deserialize)]
struct Body {
    message: String,
    #[serde(default)]
    errors: Vec<serde_json::Value>,
}

/// What a body of an error says: its message and the errors below, or the beginning of a text that is no JSON.
pub(super) fn message(body: &str) -> String {
    let Ok(body) = serde_json::from_str::<Body>(body) else {
        let text = without_tags(body);
        return if text.is_empty() { "(nothing)".into() } else { text.chars().take(MAX_BODY).collect() };
    };
    let mut text = body.message;
    for error in &body.errors {
        let said = match error {
            serde_json::Value::String(said) => Some(said.clone()),
            error => error["message"]
                .as_str()
                .map(str::to_owned)
                .or_else(|| Some(format!("{} {}", error["field"].as_str()?, error["code"].as_str()?))),
        };
        if let Some(said) = said.filter(|said| !text.contains(said.as_str())) {
            text.push_str(": ");
            text.push_str(&said);
        }
    }
    text
}

/// A proxy's page as one line.
fn without_tags(text: &str) -> String {
    let mut inside = false;
    let kept = text.chars().map(|c| {
        let was = inside;
        inside = c == '<' || (inside && c != '>');
        if was || inside { ' ' } else { c }
    });
    kept.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What to do about a refusal.
fn hint(status: u16, request: &str, message: &str) -> &'static str {
    let says = |part: &str| message.to_ascii_lowercase().contains(part);
    match status {
        401 => "\n  hint: the token is wrong or has expired",
        403 if says("not permitted to create or approve pull requests") => {
            "\n  hint: allow it in the settings of the repository or the organisation: Actions, General, Workflow permissions"
        }
        403 if request.ends_with("/forks") => {
            "\n  hint: the token may not fork this repository: a personal one with the scope `repo` can"
        }
        403 if says("not accessible by") => {
            "\n  hint: the token needs `contents: write` and `pull-requests: write` on this repository; `terramend pr --fork` proposes from a fork"
        }
        403 if says("sso") => "\n  hint: authorise the token for the organisation's single sign-on",
        404 => "\n  hint: the repository isn't there, or the token may not see it",
        409 | 422 if says("rule violations") || says("protected branch") || says("force-push") => {
            "\n  hint: a rule of the repository covers terramend's branches: exempt them, or set `branch_prefix`"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_hold_what_github_says_and_no_page_of_html() {
        let twice = r#"{"message":"Validation Failed","errors":[{"resource":"PullRequest","code":"custom","message":"No commits between main and x"}]}"#;
        assert_eq!(message(twice), "Validation Failed: No commits between main and x");
        let field =
            r#"{"message":"Validation Failed","errors":[{"resource":"PullRequest","field":"head","code":"invalid"}]}"#;
        assert_eq!(message(field), "Validation Failed: head invalid");
        assert_eq!(message(r#"{"message":"Not Found"}"#), "Not Found");
        assert_eq!(message("<html>\n<h1>502 Bad Gateway</h1></html>"), "502 Bad Gateway");
        assert_eq!(message(""), "(nothing)");
    }
}
