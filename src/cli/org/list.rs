//! `terramend org list`: what is selected, for people and for several machines.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;

use super::arguments::List;
use super::{client, selection, write};
use crate::cli::{CLEAN, INCOMPLETE, print, talk};
use crate::org::journal::Stage;
use crate::org::select::{Repository, full_name};
use crate::org::shard::Shard;

pub(super) async fn run(arguments: &List) -> anyhow::Result<u8> {
    let selection = selection(&arguments.select)?;
    let client = client(&arguments.place, Some(&selection)).await?;
    let mut taken = Vec::new();
    let mut code = CLEAN;
    selection
        .each(&client, &talk, |rows| {
            for (repository, stage, reason) in rows {
                match stage {
                    Stage::Listed => taken.push(repository),
                    stage => {
                        code = if stage == Stage::Failed { INCOMPLETE } else { code };
                        talk(&format!("{stage} {}: {}", repository.full_name, reason.unwrap_or_default()));
                    }
                }
            }
            Ok(())
        })
        .await?;
    match &arguments.out {
        Some(directory) => print(&parts(&taken, arguments.shards, directory)?)?,
        None => print(&taken.iter().map(|repository| format!("{}\n", repository.full_name)).collect::<String>())?,
    }
    Ok(code)
}

/// Writes a file for each part; gives their numbers.
fn parts(all: &[Repository], count: u32, directory: &Path) -> anyhow::Result<String> {
    std::fs::create_dir_all(directory).with_context(|| format!("{}: can't be made", directory.display()))?;
    let mut parts: BTreeMap<u32, String> = BTreeMap::new();
    for repository in all {
        let index = (0..count).find(|index| Shard { index: *index, count }.holds(repository.id)).unwrap_or(0);
        let part = parts.entry(index).or_default();
        part.push_str(&serde_json::to_string(repository)?);
        part.push('\n');
    }
    for (index, text) in &parts {
        write(&directory.join(format!("{index}.jsonl")), text.as_bytes())?;
    }
    Ok(serde_json::to_string(&parts.keys().collect::<Vec<_>>())? + "\n")
}

/// Reads what [`parts`] wrote.
pub(super) fn read(file: &Path) -> anyhow::Result<Vec<Repository>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{}: can't be read", file.display()))?;
    let mut all = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let at = || format!("{}:{}: this is no list of `terramend org list --out`", file.display(), i + 1);
        let repository: Repository = serde_json::from_str(line).with_context(at)?;
        anyhow::ensure!(full_name(&repository.full_name).as_deref() == Some(&repository.full_name), at());
        all.push(repository);
    }
    Ok(all)
}
