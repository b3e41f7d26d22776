//! `terramend explain`

use super::arguments::Explain;

pub(super) fn run(arguments: &Explain) -> anyhow::Result<u8> {
    let catalogue = super::catalogue(&arguments.path)?;
    match catalogue.find(&arguments.id) {
        Some(control) => super::print(&control.text)?,
        None => anyhow::bail!(super::unknown_control(&catalogue, &arguments.id)),
    }
    Ok(super::CLEAN)
}
