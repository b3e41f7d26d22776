//! Secrets in the environment of functions. Their values are never printed.

use crate::catalogue::{Context, Failure, Verdict};
use crate::fix::Fix;
use crate::model::{Entry, Value};

/// Ends of names that hold secrets.
const NAMES: [&str; 10] = [
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "TOKEN",
    "API_KEY",
    "APIKEY",
    "PRIVATE_KEY",
    "ACCESS_KEY",
    "CREDENTIALS",
    "CONNECTION_STRING",
];
/// Beginnings of values that are secrets whatever their name: AWS, GitHub, Slack, Stripe, PEM.
const PREFIXES: [&str; 10] =
    ["AKIA", "ASIA", "ghp_", "gho_", "github_pat_", "xoxb-", "xoxp-", "sk_live_", "rk_live_", "-----BEGIN"];
/// Bits a character above which a literal looks made by chance, for values whose name says secret.
const ENTROPY: f64 = 3.0;

pub(super) fn judge(context: &Context<'_>) -> Verdict {
    let variables = context.resource.body.at(context.named("environment.variables", "Environment.Variables"));
    let Value::Map(body) = &variables else {
        return match variables {
            Value::Null => Verdict::Pass,
            _ => Verdict::Unknown("the environment isn't known before a deploy".into()),
        };
    };
    let found: Vec<(&Entry, &'static str)> =
        body.entries.iter().filter_map(|entry| Some((entry, why(context, entry)?))).collect();
    let Some((first, reason)) = found.first() else { return Verdict::Pass };
    let names: Vec<&str> = found.iter().map(|(entry, _)| &*entry.name).collect();
    let fix = Fix::manual(
        "Store it in Secrets Manager, pass its ARN, and read it in the code",
        "rotate it first: git history and the state keep the old value; the function's role needs \
         secretsmanager:GetSecretValue on the secret",
    );
    Verdict::Fail(Box::new(Failure {
        message: format!("{} {reason}", names.join(", ")),
        at: Some(first.span),
        fix: Ok(fix),
    }))
}

/// Why an entry is a secret.
fn why(context: &Context<'_>, entry: &Entry) -> Option<&'static str> {
    if let Value::Reference(reference) = &entry.node.value {
        let source = context.project.resource(reference.resource);
        let attribute = reference.path.last().map_or("", |name| name);
        return match (&*source.kind, attribute) {
            ("aws_secretsmanager_secret_version", "secret_string" | "secret_binary")
            | ("random_password", "result")
            | ("aws_ssm_parameter", "value") => Some("holds a secret in clear text, in the state and in the console"),
            _ => None,
        };
    }
    let settled = context.project.settle(&entry.node.value);
    let text = settled.as_str()?;
    let literal = "is a secret written into the configuration";
    if PREFIXES.iter().any(|prefix| text.starts_with(prefix) && text.len() >= prefix.len() + 12) {
        return Some(literal);
    }
    if has_password_in_url(text) {
        return Some(literal);
    }
    let name = entry.name.to_uppercase();
    let named = NAMES.iter().any(|end| name.ends_with(end));
    // An ARN, a path or a name of a secret is no secret.
    let points = text.starts_with("arn:") || text.starts_with('/') || text.contains("secretsmanager") || text.len() < 8;
    (named && !points && entropy(text) >= ENTROPY).then_some(literal)
}

/// `scheme://user:password@host`
fn has_password_in_url(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else { return false };
    let Some((user, _)) = rest.split_once('@') else { return false };
    user.split_once(':').is_some_and(|(_, password)| !password.is_empty() && !password.starts_with('$'))
}

/// Shannon's entropy, in bits a character.
fn entropy(text: &str) -> f64 {
    let mut counts = std::collections::BTreeMap::new();
    for c in text.chars() {
        *counts.entry(c).or_insert(0usize) += 1;
    }
    let total = text.chars().count() as f64;
    counts.values().map(|n| *n as f64 / total).map(|p| -p * p.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_with_passwords() {
        assert!(has_password_in_url("postgres://orders:hunter2@db:5432/orders"));
        assert!(!has_password_in_url("postgres://orders@db/orders"));
        assert!(!has_password_in_url("https://example.com/a:b"));
        assert!(!has_password_in_url("postgres://orders:${password}@db"));
    }

    #[test]
    fn words_have_little_entropy() {
        assert!(entropy("aaaaaaaa") < 0.1);
        assert!(entropy("changeme") < ENTROPY);
        assert!(entropy("9f86d081884c7d659a2f") > ENTROPY);
    }
}
