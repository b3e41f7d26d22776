//! `terramend controls`

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
    }
}

fn lines(catalogue: &Catalogue) -> String {
    let width = catalogue.controls().iter().map(|control| control.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for control in catalogue.controls() {
        let quiet = if control.quiet { " (quiet: with --all or by name)" } else { "" };
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
