//! Reads the AWS calls of one function's source: `cargo run --example usage -- FOLDER app.handler`.
//!
//! The answer is JSON on the standard output. A third argument, `javascript` or `python`, says the language; without it, it
//! follows from the handler's file.

use std::collections::BTreeMap;
use std::path::Path;

use terramend::iam::usage::{Content, Language, SourceSet, analyse};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, handler, said) = match arguments.as_slice() {
        [folder, handler] => (folder, handler, None),
        [folder, handler, language] => (folder, handler, Some(language == "python")),
        _ => anyhow::bail!("usage: FOLDER HANDLER [LANGUAGE]"),
    };
    let mut files = BTreeMap::new();
    collect(Path::new(folder), Path::new(folder), &mut files)?;
    let module = handler.rsplit_once('.').map_or(handler.as_str(), |(module, _)| module).replace('.', "/");
    let python = files.contains_key(&format!("{module}.py")) || files.contains_key(&format!("{module}/__init__.py"));
    let language = if said.unwrap_or(python) { Language::Python } else { Language::JavaScript };
    let usage = analyse(&SourceSet { files }, handler, language);
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
