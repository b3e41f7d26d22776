//! Completions and the man page: other forms of the same declaration.

use clap::Command;

pub(super) fn completions(shell: clap_complete::Shell, command: &mut Command) -> anyhow::Result<u8> {
    let mut text = Vec::new();
    clap_complete::generate(shell, command, "terramend", &mut text);
    super::print(&String::from_utf8_lossy(&text))?;
    Ok(super::CLEAN)
}

pub(super) fn man(command: Command) -> anyhow::Result<u8> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command).render(&mut text)?;
    super::print(&String::from_utf8_lossy(&text))?;
    Ok(super::CLEAN)
}
