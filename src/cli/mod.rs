//! The command line.

mod arguments;
mod controls;
mod explain;
mod files;
mod fix;
mod from;
mod generate;
mod iam;
#[cfg(feature = "github")]
mod org;
mod output;
mod pr;
mod scan;
mod suggest;
mod test;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{CommandFactory, Parser};

use arguments::FailOn;
pub use arguments::{Cli, Command};

use crate::catalogue::{ALARMS, Catalogue, Settings};
use crate::cdk::App;
use crate::diagnostic::Diagnostic;
use crate::discover::Discovery;
use crate::engine::{Options, Outcome, Proof};
use crate::finding::Finding;
use crate::workspace::Loaded;

/// Nothing to complain about.
const CLEAN: u8 = 0;
/// Findings are left.
const FINDINGS: u8 = 1;
/// Wrong usage or configuration.
const USAGE: u8 = 2;
/// A panic: a mistake of terramend.
const INTERNAL: u8 = 3;
/// Part of the input could not be analysed.
const INCOMPLETE: u8 = 4;

/// Runs the program.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = u8::try_from(error.exit_code()).unwrap_or(USAGE);
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    ExitCode::from(guarded(|| dispatch(cli)))
}

/// The exit code of a command, also when it panics.
fn guarded(command: impl FnOnce() -> anyhow::Result<u8>) -> u8 {
    // Nothing of what the command borrowed is used afterwards.
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(command)) {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => {
            talk(&format!("error: {error:#}"));
            USAGE
        }
        Err(_) => {
            talk("error: this is a bug in terramend\n  hint: please report it with the message above");
            INTERNAL
        }
    }
}

fn dispatch(cli: Cli) -> anyhow::Result<u8> {
    match cli.command {
        Command::Scan(mut arguments) => {
            take_path(&mut arguments.common)?;
            scan::run(&arguments)
        }
        Command::Fix(mut arguments) => {
            take_path(&mut arguments.common)?;
            fix::run(&arguments)
        }
        Command::Suggest(mut arguments) => {
            take_path(&mut arguments.common)?;
            suggest::run(&arguments)
        }
        Command::Pr(mut arguments) => {
            take_path(&mut arguments.common)?;
            pr::run(&arguments)
        }
        #[cfg(feature = "github")]
        Command::Org(arguments) => org::run(&arguments),
        Command::Controls(arguments) => controls::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Iam { command } => iam::run(&command),
        Command::Completions { shell } => generate::completions(shell, &mut Cli::command()),
        Command::Man => generate::man(&Cli::command()),
    }
}

/// Writes a result to stdout. A reader that has gone away is no error.
fn print(text: &str) -> anyhow::Result<()> {
    let is_plain = anstream::AutoStream::choice(&std::io::stdout()) == anstream::ColorChoice::Never;
    let written = if is_plain {
        // In one piece: a stream that takes colours out writes each stretch between two of them by itself.
        std::io::stdout().lock().write_all(anstream::adapter::strip_str(text).to_string().as_bytes())
    } else {
        anstream::stdout().lock().write_all(text.as_bytes())
    };
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error).context("writing the result"),
        _ => Ok(()),
    }
}

/// Says something on stderr.
fn talk(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// The built-in controls and those of the scanned repository.
fn catalogue(root: &Path) -> anyhow::Result<Catalogue> {
    // What isn't there has no pages of its own: a mistyped path would go unseen.
    std::fs::metadata(root).with_context(|| format!("{}: can't be opened", root.display()))?;
    let own = root.join(".terramend").join("fixes");
    Ok(if own.is_dir() { Catalogue::with_directory(&own)? } else { Catalogue::built_in()? })
}

/// What the arguments ask for: where, by which controls, with which settings.
struct Prepared<'a> {
    common: &'a arguments::Common,
    catalogue: Catalogue,
    settings: Settings,
}

fn prepare(common: &arguments::Common) -> anyhow::Result<Prepared<'_>> {
    let root = &common.path;
    let metadata = std::fs::metadata(root).with_context(|| format!("{}: can't be opened", root.display()))?;
    if !metadata.is_dir() {
        // What belongs to a resource may stand in the files beside it.
        let parent = root.parent().filter(|p| *p != Path::new("")).unwrap_or(Path::new("."));
        anyhow::bail!("{} is a file: give the directory of the module ({})", root.display(), parent.display());
    }
    let mut catalogue = catalogue(root)?;
    let mut settings = Settings::load(root, &catalogue)?;
    settings.profile = common.profile.unwrap_or(settings.profile);
    settings.foreign = common.all;
    select(&mut catalogue, &common.control, common.all, &mut settings)?;
    if let Some(path) = common.assembly.as_ref().filter(|path| !path.join("manifest.json").is_file()) {
        anyhow::bail!("{} is no cloud assembly: it holds no manifest.json", path.display());
    }
    Ok(Prepared { common, catalogue, settings })
}

impl Prepared<'_> {
    /// Reads the files.
    fn load(&self, discovery: Discovery) -> Loaded {
        let mut loaded = crate::backend::load(discovery);
        if loaded.files == 0 && loaded.diagnostics.is_empty() {
            loaded.diagnostics.push(crate::diagnostic::Diagnostic::error(
                self.common.path.display().to_string(),
                "holds no Terraform files, no CloudFormation templates in JSON and no cloud assembly",
                "name the directory of a repository; Terraform's files end in .tf or .tf.json",
            ));
        }
        loaded
    }
}

fn discover(common: &arguments::Common) -> Discovery {
    let mut discovery = crate::discover::discover(&common.path);
    if let Some(path) = &common.assembly {
        discovery.name_assembly(&common.path, path);
    }
    discovery
}

/// What came of a run, and the controls that it was judged by.
struct Analysis {
    outcome: Outcome,
    catalogue: Catalogue,
}

/// Loads, judges and, when asked, fixes in memory.
fn analyse(common: &arguments::Common, options: Options, proof: Option<Duration>) -> anyhow::Result<Analysis> {
    // Neither needs the other, and the walk waits for the disk.
    let (prepared, mut discovery) = rayon::join(|| prepare(common), || discover(common));
    let prepared = prepared?;
    let options = Options { severity: common.severity, ..options };
    let (catalogue, settings) = (&prepared.catalogue, &prepared.settings);
    let proofs = proof.map(|timeout| proofs(&common.path, &mut discovery, catalogue, settings, options, timeout));
    // Where all is an application, nothing else is there to load.
    let loaded = if proofs.is_some() { crate::backend::load(discovery) } else { prepared.load(discovery) };
    let outcome = crate::engine::run(loaded, catalogue, settings, options);
    let proven = proofs.iter().flat_map(|proofs| proofs.each(&|proof| proof.prove(&|_| true)));
    let outcome = proven.fold(outcome, Outcome::with);
    drop(proofs);
    Ok(analysis(prepared, outcome))
}

/// Says what was wrong with the input.
fn analysis(prepared: Prepared<'_>, outcome: Outcome) -> Analysis {
    for diagnostic in &outcome.diagnostics {
        talk(&diagnostic.to_string());
    }
    Analysis { outcome, catalogue: prepared.catalogue }
}

/// The CDK applications that were found, each synthesised by its own code.
struct Proofs<'a> {
    proofs: Vec<Result<Proof<'a>, Diagnostic>>,
}

impl Proofs<'_> {
    /// What comes of each; of one that doesn't synthesise, why.
    fn each(&self, act: &dyn Fn(&Proof<'_>) -> Outcome) -> Vec<Outcome> {
        let one = |proof: &Result<Proof<'_>, Diagnostic>| match proof {
            Ok(proof) => act(proof),
            Err(diagnostic) => Outcome { diagnostics: vec![diagnostic.clone()], ..Outcome::default() },
        };
        self.proofs.iter().map(one).collect()
    }
}

/// Synthesises the CDK applications that were found, and takes them out of what was found.
fn proofs<'a>(
    root: &Path,
    discovery: &mut Discovery,
    catalogue: &'a Catalogue,
    settings: &'a Settings,
    options: Options,
    timeout: Duration,
) -> Proofs<'a> {
    let apps = discovery.take_applications();
    let one = |app: App| {
        talk(&format!(
            "running the code of the CDK application in {} (a copy of it), as --verify-cdk asks",
            app.display
        ));
        Proof::new(root, app, catalogue, settings, options, timeout)
    };
    Proofs { proofs: apps.into_iter().map(one).collect() }
}

/// `--control a b DIR`: the last value is the directory when it is one and no control.
fn take_path(common: &mut arguments::Common) -> anyhow::Result<()> {
    let Some(last) = common.control.last().filter(|_| common.control.len() > 1 && common.path == Path::new(".")) else {
        return Ok(());
    };
    if Path::new(last).is_dir() && Catalogue::built_in()?.find(last).is_none() {
        common.path = common.control.pop().unwrap_or_default().into();
    }
    Ok(())
}

/// Keeps the controls that were named, by themselves or by their family; without names, those that are not quiet or that
/// the settings ask for (or all). Who names alarms, or says where they go, wants them.
fn select(catalogue: &mut Catalogue, wanted: &[String], all: bool, settings: &mut Settings) -> anyhow::Result<()> {
    let mut ids = Vec::new();
    for id in wanted {
        let family = catalogue.controls().iter().filter(|control| control.family == *id);
        let before = ids.len();
        ids.extend(family.map(|control| control.id.clone()));
        match catalogue.find(id) {
            Some(control) => ids.push(control.id.clone()),
            None if ids.len() > before => {}
            None => anyhow::bail!(unknown_control(catalogue, id)),
        }
    }
    if !ids.is_empty() {
        catalogue.retain(|control| ids.contains(&control.id));
        if catalogue.controls().iter().all(|control| control.family == ALARMS) {
            settings.alarm_topic.get_or_insert_with(|| "module".into());
        }
    } else if !all {
        catalogue.set_quiet_apart(settings);
    }
    Ok(())
}

fn unknown_control(catalogue: &Catalogue, id: &str) -> String {
    let near = catalogue.suggest(id);
    let hint = if near.is_empty() { String::new() } else { format!("; did you mean `{}`?", near.join("`, `")) };
    format!("there is no control `{id}`{hint} (see `terramend controls`)")
}

/// The exit code of a run.
fn exit_code(outcome: &Outcome, fail_on: FailOn) -> u8 {
    let fails = |finding: &Finding| match fail_on {
        FailOn::Severity(severity) => finding.suppressed.is_none() && finding.severity >= severity,
        FailOn::Never => false,
    };
    if crate::report::json::errors(outcome).next().is_some() {
        INCOMPLETE
    } else if outcome.findings.iter().any(fails) || (fail_on != FailOn::Never && !outcome.unmatched.is_empty()) {
        FINDINGS
    } else {
        CLEAN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_has_its_exit_code() {
        assert_eq!(guarded(|| Ok(FINDINGS)), FINDINGS);
        assert_eq!(guarded(|| anyhow::bail!("no such path")), USAGE);
        assert_eq!(guarded(|| panic!("a mistake")), INTERNAL);
    }
}
