//! `terramend controls`

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::arguments::{Controls, ListFormat};
use crate::catalogue::{Catalogue, Control, Severity};

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    title: &'a str,
    family: &'a str,
    severity: Severity,
    quiet: bool,
    aliases: &'a [String],
    resources: Vec<&'a str>,
    /// By profile: what it sets.
    profiles: BTreeMap<String, BTreeMap<String, String>>,
}

pub(super) fn run(arguments: &Controls) -> anyhow::Result<u8> {
    let catalogue = super::catalogue(&arguments.path)?;
    let text = match arguments.format {
        ListFormat::Text => lines(&catalogue),
        ListFormat::Markdown => markdown(&catalogue),
        ListFormat::Json => {
            serde_json::to_string_pretty(&catalogue.controls().iter().map(row).collect::<Vec<_>>())? + "\n"
        }
    };
    super::print(&text)?;
    Ok(super::CLEAN)
}

fn row(control: &Control) -> Row<'_> {
    Row {
        id: &control.id,
        title: &control.title,
        family: &control.family,
        severity: control.severity,
        quiet: control.quiet,
        aliases: &control.aliases,
        resources: control.rules.iter().map(|rule| rule.kind.as_str()).collect(),
        profiles: control
            .profiles
            .iter()
            .map(|spec| (spec.profile.to_string(), spec.settings().into_iter().collect()))
            .collect(),
    }
}

fn lines(catalogue: &Catalogue) -> String {
    let width = catalogue.controls().iter().map(|control| control.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for control in catalogue.controls() {
        let quiet = if control.quiet { " (quiet: with --all or by name)" } else { "" };
        let quiet = match control.profiles.as_slice() {
            [] => quiet.to_owned(),
            profiles => profiles.iter().fold(quiet.to_owned(), |text, spec| {
                let settings = spec.settings().into_iter().map(|(name, value)| format!("{name} = {value}"));
                format!("{text} ({}: {})", spec.profile, settings.collect::<Vec<_>>().join(", "))
            }),
        };
        let _ = writeln!(text, "{:width$}  {:8}  {}{quiet}", control.id, control.severity, control.title);
    }
    text
}

/// The index of the pages, `fixes/README.md`.
pub(super) fn markdown(catalogue: &Catalogue) -> String {
    let mut text = String::from(
        "# The controls\n\nGenerated from the pages by `TERRAMEND_UPDATE=1 cargo test --test generated`.\n\n\
         | control | severity | family | what it asks | also known as |\n|---|---|---|---|---|\n",
    );
    for control in catalogue.controls() {
        let _ = writeln!(
            text,
            "| [{}]({}) | {} | {} | {} | {} |",
            control.id,
            control.page,
            control.severity,
            control.family,
            control.title,
            control.aliases.join(", ")
        );
    }
    text
}
