//! `terramend explain`

use std::fmt::Write as _;

use super::arguments::Explain;
use crate::catalogue::{Control, written};

pub(super) fn run(arguments: &Explain) -> anyhow::Result<u8> {
    let catalogue = super::catalogue(&arguments.path)?;
    match catalogue.find(&arguments.id) {
        Some(control) => super::print(&(control.text.clone() + &options(control)))?,
        None => anyhow::bail!(super::unknown_control(&catalogue, &arguments.id)),
    }
    Ok(super::CLEAN)
}

/// What a configuration may set, with the values that it has otherwise.
fn options(control: &Control) -> String {
    let mut text = String::new();
    if control.options.is_empty() && control.profiles.is_empty() {
        return text;
    }
    text.push_str("\n## Options\n\n");
    for option in &control.options {
        let _ = writeln!(text, "- `{}` (default {}): {}", option.name, written(&option.default), option.description);
    }
    for spec in &control.profiles {
        let settings = spec.settings().into_iter().map(|(name, value)| format!("`{name} = {value}`"));
        let _ = writeln!(text, "- Profile `{}`: {}", spec.profile, settings.collect::<Vec<_>>().join(", "));
    }
    text
}
