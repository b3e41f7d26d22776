//! Completions and the man page: other forms of the same declaration.

use std::io::Write as _;

use clap::Command;

pub(super) fn completions(shell: clap_complete::Shell, command: &mut Command) -> anyhow::Result<u8> {
    let mut text = Vec::new();
    clap_complete::generate(shell, command, "terramend", &mut text);
    super::print(&String::from_utf8_lossy(&text))?;
    Ok(super::CLEAN)
}

/// One page: the program's, and in it a part for each command.
pub(super) fn man(command: &Command) -> anyhow::Result<u8> {
    let mut text = Vec::new();
    let whole = clap_mangen::Man::new(command.clone());
    whole.render_title(&mut text)?;
    whole.render_name_section(&mut text)?;
    whole.render_synopsis_section(&mut text)?;
    whole.render_description_section(&mut text)?;
    whole.render_options_section(&mut text)?;
    whole.render_subcommands_section(&mut text)?;
    for inner in command.get_subcommands() {
        writeln!(text, ".SH TERRAMEND {}", inner.get_name().to_uppercase())?;
        let part = clap_mangen::Man::new(inner.clone().bin_name(format!("terramend {}", inner.get_name())));
        let mut lines = Vec::new();
        part.render_synopsis_section(&mut lines)?;
        part.render_description_section(&mut lines)?;
        part.render_options_section(&mut lines)?;
        // Its sections are parts of this one.
        text.extend(String::from_utf8_lossy(&lines).replace(".SH ", ".SS ").into_bytes());
    }
    whole.render_extra_section(&mut text)?;
    whole.render_version_section(&mut text)?;
    super::print(&String::from_utf8_lossy(&text))?;
    Ok(super::CLEAN)
}
