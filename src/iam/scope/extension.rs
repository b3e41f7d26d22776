//! Extensions of AWS that the code asks on the function's own machine: they call by the function's role.
//!
//! Source: "Using AWS `AppConfig` Agent with AWS Lambda" (port 2772) and "Using the AWS Parameters and Secrets Lambda
//! Extension" (port 2773).

use super::need::{Certainty, Need, On, Why};
use super::source::Located;
use crate::iam::usage::Usage;

/// Its port as code names it, the names of its layers, and what it calls.
const EXTENSIONS: [(&str, &str, &[&str]); 2] = [
    ("2772", "AppConfig-Extension", &["appconfig:StartConfigurationSession", "appconfig:GetLatestConfiguration"]),
    (
        "2773",
        "Parameters-and-Secrets-Lambda-Extension",
        &["ssm:GetParameter", "secretsmanager:GetSecretValue", "kms:Decrypt"],
    ),
];

/// What the extensions that a function asks call for it: kept where it is granted.
pub(super) fn asked(located: &Located, usage: &Usage) -> Vec<Need> {
    let layers = || located.layers.known.iter().chain(&located.layers.unknown);
    let mut needs = Vec::new();
    for (port, layer, actions) in EXTENSIONS {
        let in_code = usage.imports.files.iter().any(|file| {
            let bytes = located.files.files.get(file).and_then(|content| content.bytes().ok());
            bytes.is_some_and(|bytes| names(&String::from_utf8_lossy(bytes), port))
        });
        if !in_code && !layers().any(|name| name.contains(layer)) {
            continue;
        }
        needs.extend(actions.iter().map(|action| Need {
            action: (*action).to_owned(),
            on: On::Open("the extension that the code asks says it".into()),
            certainty: Certainty::Kept,
            why: Why::Configuration(format!("the extension on port {port}")),
        }));
    }
    needs
}

/// Whether a text has a number of its own.
fn names(text: &str, port: &str) -> bool {
    text.match_indices(port).any(|(at, _)| {
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        !digit(text[..at].chars().next_back()) && !digit(text[at + port.len()..].chars().next())
    })
}
