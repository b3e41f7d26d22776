//! `terramend test`: the examples of a directory of pages.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

use super::arguments::Test;
use super::talk;
use crate::catalogue::{Catalogue, ExampleKind};
use crate::examples;

pub(super) fn run(arguments: &Test) -> anyhow::Result<u8> {
    let catalogue = match arguments.path.is_dir() {
        true => Catalogue::with_directory(&arguments.path)?,
        false if arguments.path == Path::new(".terramend/fixes") => Catalogue::built_in()?,
        false => anyhow::bail!("{}: no such directory", arguments.path.display()),
    };
    let mut failures = 0;
    let mut examples_run = 0;
    // Of a directory, only its own pages: the built-in ones are there to be judged with.
    let own = |page: &str| !arguments.path.is_dir() || Path::new(page).starts_with(&arguments.path);
    for control in catalogue.controls().iter().filter(|control| own(&control.page)) {
        for fault in examples::faults(control) {
            failures += 1;
            talk(&format!("FAILED {}/page\n{fault}", control.id));
        }
    }
    for case in examples::cases(&catalogue).into_iter().filter(|case| own(case.page())) {
        examples_run += 1;
        if let Err(reason) = examples::run(&catalogue, &case) {
            failures += 1;
            talk(&format!("FAILED {}\n{reason}", case.name));
        }
    }
    if let Some(directory) = &arguments.export {
        export(&catalogue, directory, own)?;
    }
    super::print(&format!("{examples_run} examples, {failures} failed\n"))?;
    Ok(if failures == 0 { super::CLEAN } else { super::FINDINGS })
}

/// Writes the examples as directories.
fn export(catalogue: &Catalogue, directory: &Path, own: impl Fn(&str) -> bool) -> anyhow::Result<()> {
    for control in catalogue.controls().iter().filter(|control| own(&control.page)) {
        let base = directory.join(&control.id);
        for (n, example) in control.examples.iter().enumerate() {
            let write = |kind: &str, text: &str| -> anyhow::Result<()> {
                let place = base.join((n + 1).to_string()).join(kind);
                fs::create_dir_all(&place).with_context(|| place.display().to_string())?;
                fs::write(place.join(format!("main.{}", example.extension)), text)?;
                if !example.common.is_empty() {
                    fs::write(place.join("common.tf"), &example.common)?;
                }
                Ok(())
            };
            match &example.kind {
                ExampleKind::Bad { fixed, .. } => {
                    write("bad", &example.text)?;
                    write("fixed", fixed)?;
                }
                ExampleKind::Good => write("good", &example.text)?,
                ExampleKind::Exempt => write("exempt", &example.text)?,
                ExampleKind::Manual => write("manual", &example.text)?,
            }
        }
        fs::create_dir_all(&base)?;
        fs::write(base.join("aliases.txt"), control.aliases.join("\n") + "\n")?;
    }
    Ok(())
}
