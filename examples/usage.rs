//! Reads the AWS calls of one function's source: `cargo run --example usage -- FOLDER app.handler`.
//!
//! The answer is JSON on the standard output. A third argument, `javascript`, `python`, `go` or `java`, says the language; without it, it
//! follows from the handler's file.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use terramend::iam::scope::source::language_of_handler;
use terramend::iam::usage::{Content, Language, SourceSet, analyse};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, handler, said) = match arguments.as_slice() {
        [folder, handler] => (folder, handler, None),
        [folder, handler, language] => (folder, handler, Some(language.as_str())),
        _ => anyhow::bail!("usage: FOLDER HANDLER [LANGUAGE]"),
    };
    let mut files = BTreeMap::new();
    collect(Path::new(folder), Path::new(folder), &mut files)?;
    let source = SourceSet { files };
    let language = match said {
        Some("python") => Language::Python,
        Some("javascript") => Language::JavaScript,
        Some("go") => Language::Go,
        Some("java") => Language::Java,
        Some(other) => anyhow::bail!("no such language: {other}"),
        None => language_of_handler(&source, handler).context("the source doesn't hold the handler")?,
    };
    let usage = analyse(&source, handler, language);
    serde_json::to_writer_pretty(std::io::stdout(), &usage)?;
    Ok(())
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Content>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if path.is_file() {
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            files.insert(name, std::fs::read(&path)?.into());
        }
    }
    Ok(())
}
