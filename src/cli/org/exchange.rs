//! Plans as files, from the machines that examine to the one that publishes: one JSON object a line.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use crate::org::journal::{Journal, Stage};
use crate::org::plan::RepositoryPlan;
use crate::org::select::Repository;

/// The version of the format.
const VERSION: u32 = 1;

/// Bytes of one line: a plan holds the files that it changes, twice.
const MOST_LINE: u64 = 256 << 20;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    terramend_plan: u32,
    terramend: String,
    target: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    repository: Repository,
    stage: String,
    reason: Option<String>,
    plan: Option<RepositoryPlan>,
}

/// Writes the plan of a run.
pub(super) fn write(journal: &Journal, run: i64, file: &Path) -> anyhow::Result<()> {
    let failed = || format!("{}: can't be written", file.display());
    let directory = file.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    let mut temporary = tempfile::NamedTempFile::new_in(directory).with_context(failed)?;
    let mut out = std::io::BufWriter::new(temporary.as_file_mut());
    let target = journal.runs()?.into_iter().find(|past| past.id == run).map_or(String::new(), |past| past.target);
    let head = Head { terramend_plan: VERSION, terramend: env!("CARGO_PKG_VERSION").into(), target };
    writeln!(out, "{}", serde_json::to_string(&head)?).with_context(failed)?;
    journal.each::<anyhow::Error>(run, |row| {
        let plan = journal.plan(run, row.repository.id)?;
        let line = Line { stage: row.stage.to_string(), reason: row.reason, plan, repository: row.repository };
        writeln!(out, "{}", serde_json::to_string(&line)?).with_context(failed)
    })?;
    out.flush().with_context(failed)?;
    drop(out);
    temporary.persist(file).with_context(failed)?;
    Ok(())
}

/// Reads plans into the journal as a run; the same files once more continue it.
pub(super) fn read(journal: &mut Journal, files: &[PathBuf], now: u64) -> anyhow::Result<i64> {
    let mut fingerprint = String::from("apply");
    for file in files {
        let bytes = std::fs::read(file).with_context(|| format!("{}: can't be read", file.display()))?;
        fingerprint += &crate::publish::github::blob(&bytes);
    }
    let target = format!("{} plan files", files.len());
    let (run, is_listed) = journal.begin("apply", &target, &fingerprint, now)?;
    if is_listed {
        return Ok(run);
    }
    for file in files {
        one(journal, run, file, now)?;
    }
    journal.listed(run, now)?;
    Ok(run)
}

fn one(journal: &mut Journal, run: i64, file: &Path, now: u64) -> anyhow::Result<()> {
    let open = std::fs::File::open(file).with_context(|| format!("{}: can't be read", file.display()))?;
    let mut reader = BufReader::new(open);
    let mut text = String::new();
    for number in 1.. {
        text.clear();
        let read = (&mut reader).take(MOST_LINE).read_line(&mut text);
        let at = || format!("{}:{number}", file.display());
        if read.with_context(at)? == 0 {
            break;
        }
        if number == 1 {
            let head: Head = serde_json::from_str(&text)
                .with_context(|| format!("{}: this is no plan of `terramend org plan --out`", at()))?;
            if head.terramend_plan != VERSION {
                bail!(
                    "{}: the plan has version {}, and this program knows {VERSION}\n  hint: plan and apply with the same terramend",
                    at(),
                    head.terramend_plan
                );
            }
            continue;
        }
        let line: Line = serde_json::from_str(&text).with_context(at)?;
        let stage: Stage = line.stage.parse().map_err(anyhow::Error::msg).with_context(at)?;
        let id = line.repository.id;
        // Published elsewhere or not: GitHub knows, and publishing again changes nothing.
        let stage = if stage == Stage::Published { Stage::Planned } else { stage };
        if crate::org::select::full_name(&line.repository.full_name).as_deref() != Some(&line.repository.full_name) {
            bail!("{}: the plan names no repository", at());
        }
        journal.list(run, &[(line.repository, stage, line.reason)], now)?;
        if let Some(plan) = line.plan {
            plan.proposals().map_err(anyhow::Error::msg).with_context(at)?;
            journal.keep(run, id, stage, &plan, now)?;
        }
    }
    Ok(())
}
