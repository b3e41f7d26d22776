//! `terramend org`

mod arguments;
mod exchange;
mod list;
mod status;
mod stop;

pub(super) use arguments::Org;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::talk;
use crate::org::content::Limits;
use crate::org::journal::{Journal, Stage};
use crate::org::listing::Source;
use crate::org::pace::Pace;
use crate::org::policy::Policy;
use crate::org::report::{self, Report};
use crate::org::run::{Published, Run, Selection};
use crate::org::select::{Filters, Patterns, full_name, names};
use crate::org::shard::Shard;
use crate::publish::github::{self, Client, Credential, Endpoint, Gate, SystemClock, connect_at};
use arguments::{
    Apply, Central, Close, Decide, OrgCommand, Place, Plan, ReportFormat, Retry, Say, Select, Speed, Update,
};

pub(super) fn run(arguments: &Org) -> anyhow::Result<u8> {
    let work: std::pin::Pin<Box<dyn Future<Output = anyhow::Result<u8>>>> = match &arguments.command {
        OrgCommand::Prune(arguments) => return status::prune(arguments),
        OrgCommand::Status(arguments) => Box::pin(status::run(arguments)),
        OrgCommand::List(arguments) => Box::pin(list::run(arguments)),
        OrgCommand::Plan(arguments) => Box::pin(plan(arguments)),
        OrgCommand::Apply(arguments) => Box::pin(apply(arguments)),
        OrgCommand::Run(arguments) => Box::pin(whole(arguments)),
        OrgCommand::Update(arguments) => Box::pin(update(arguments)),
        OrgCommand::Close(arguments) => Box::pin(close(arguments)),
        OrgCommand::Retry(arguments) => Box::pin(retry(arguments)),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting")?;
    let result = runtime.block_on(work);
    // An analysis that hangs doesn't keep the program.
    runtime.shutdown_background();
    result
}

async fn plan(arguments: &Plan) -> anyhow::Result<u8> {
    let mut run = begin("plan", &arguments.place, Some(&arguments.select), &arguments.decide, &arguments.speed).await?;
    run.examine().await?;
    if !arguments.no_preview {
        run.preview().await?;
    }
    let now = run.client.gate().clock().epoch();
    run.journal.finish(run.id, now)?;
    if let Some(file) = &arguments.out {
        exchange::write(&run.journal, run.id, file)?;
    }
    let report = said(&run.journal, run.id, &arguments.say)?;
    run.journal.set_findings(run.id, report.findings())?;
    let count = |operation: &str| report.operations.get(operation).copied().unwrap_or(0);
    let (creates, updates) = (count("create"), count("update"));
    let estimate = run.pace.estimate(creates, updates, u64::from(arguments.place.changes_per_hour));
    if creates + updates > 0 && !arguments.place.no_limits {
        talk(&format!(
            "publishing takes at least {}: {creates} pull requests to open and {updates} to look after, at {} changes an hour",
            duration(estimate),
            arguments.place.changes_per_hour
        ));
    }
    Ok(code(&report))
}

async fn apply(arguments: &Apply) -> anyhow::Result<u8> {
    let mut run = begin("apply", &arguments.place, None, &arguments.decide, &arguments.speed).await?;
    if arguments.plan.is_empty() {
        run.id = run.journal.last_planned()?.context(
            "the journal has no plan that waits\n  hint: make one with `terramend org plan`, or name its file with --plan",
        )?;
    } else {
        let now = run.client.gate().clock().epoch();
        run.id = exchange::read(&mut run.journal, &arguments.plan, now)?;
    }
    finish(run, &arguments.say, &arguments.central).await
}

async fn whole(arguments: &arguments::Run) -> anyhow::Result<u8> {
    let mut run = begin("run", &arguments.place, Some(&arguments.select), &arguments.decide, &arguments.speed).await?;
    run.examine().await?;
    finish(run, &arguments.say, &arguments.central).await
}

async fn update(arguments: &Update) -> anyhow::Result<u8> {
    let journal = Journal::read(&arguments.place.journal)?;
    let last = journal.runs()?.into_iter().find(|past| past.command != "close").context("the journal has no run")?;
    let names = journal.with_pull_requests(last.id)?;
    drop(journal);
    if names.is_empty() {
        bail!("run {} has no pull requests", last.id);
    }
    let selection = Selection {
        sources: vec![Source::Names(names)],
        filters: Filters { forks: true, templates: true, ..Filters::default() },
        shard: Shard::WHOLE,
    };
    let mut run = start("update", &arguments.place, Some(&selection), &arguments.decide, &arguments.speed).await?;
    run.updates_only = true;
    run.examine().await?;
    finish(run, &arguments.say, &arguments.central).await
}

async fn retry(arguments: &Retry) -> anyhow::Result<u8> {
    let mut run = begin("retry", &arguments.place, None, &arguments.decide, &arguments.speed).await?;
    let last = run.journal.runs()?.into_iter().next().context("the journal has no run to try again")?;
    run.id = last.id;
    let now = run.client.gate().clock().epoch();
    let count = run.journal.move_all(run.id, Stage::Failed, Stage::Listed, now)?;
    talk(&format!("{count} repositories are treated again"));
    run.journal.reopen(run.id)?;
    run.updates_only = last.command == "update";
    run.examine().await?;
    if last.command == "plan" {
        run.preview().await?;
        let now = run.client.gate().clock().epoch();
        run.journal.finish(run.id, now)?;
        return ended(&mut run, &arguments.say, &arguments.central).await;
    }
    finish(run, &arguments.say, &arguments.central).await
}

async fn close(arguments: &Close) -> anyhow::Result<u8> {
    let decide = Decide { policy: arguments.policy.clone(), ..Decide::default() };
    let mut run = begin("close", &arguments.place, None, &decide, &Speed::default()).await?;
    let last = run.journal.runs()?.into_iter().next().context("the journal has no run")?;
    run.id = last.id;
    let mut failed = 0;
    for name in run.journal.with_pull_requests(last.id)? {
        let Some(row) = run.journal.find(last.id, &name)? else { continue };
        if let Err(reason) = run.close(&row.repository, &arguments.reason).await? {
            talk(&format!("failed  {name}: {reason}"));
            failed += 1;
        }
    }
    let report = said(&run.journal, run.id, &arguments.say)?;
    let is_shown = status::dashboard(&run.client, &mut run.journal, &arguments.central, &report).await?;
    Ok(if failed > 0 || !is_shown { super::INCOMPLETE } else { super::CLEAN })
}

/// Publishes and reports.
async fn finish(mut run: Run<'_>, say: &Say, central: &Central) -> anyhow::Result<u8> {
    let published = run.publish().await?;
    match published {
        Published::All => {
            let now = run.client.gate().clock().epoch();
            run.journal.finish(run.id, now)?;
        }
        Published::Wave => talk("the wave is out: the same command publishes the next one"),
        Published::Enough => talk("the run has opened as many pull requests as --max-prs allows: the rest waits"),
        Published::Canaries => talk("the canaries are out: the same command goes on once they are merged"),
    }
    ended(&mut run, say, central).await
}

/// Reports a run, here and in the central repository.
async fn ended(run: &mut Run<'_>, say: &Say, central: &Central) -> anyhow::Result<u8> {
    let report = said(&run.journal, run.id, say)?;
    run.journal.set_findings(run.id, report.findings())?;
    let is_shown = status::dashboard(&run.client, &mut run.journal, central, &report).await?;
    Ok(if is_shown { code(&report) } else { super::INCOMPLETE })
}

/// 0 unless something failed or could not be analysed: findings are what a run over an organisation is for.
fn code(report: &Report) -> u8 {
    let is_whole = |repository: &report::RepositoryReport| repository.stage != "failed" && repository.complete;
    if report.repositories.iter().all(is_whole) { super::CLEAN } else { super::INCOMPLETE }
}

/// Prints and writes the report of a run.
fn said(journal: &Journal, run: i64, say: &Say) -> anyhow::Result<Report> {
    let report = report::report(journal, run, say.has_diffs())?;
    written(&report, say)?;
    Ok(report)
}

/// Prints and writes a report.
fn written(report: &Report, say: &Say) -> anyhow::Result<()> {
    super::print(&match say.format {
        ReportFormat::Text => report::text(report),
        ReportFormat::Json => report.json()?,
        ReportFormat::Markdown => report::markdown(report),
        ReportFormat::Html => report::html(report)?,
    })?;
    if let Some(file) = &say.html {
        write(file, report::html(report)?.as_bytes())?;
    }
    Ok(())
}

impl Say {
    /// Whether the report is shown in a form that has room for diffs.
    fn has_diffs(&self) -> bool {
        self.html.is_some() || matches!(self.format, ReportFormat::Html | ReportFormat::Json)
    }
}

/// Writes a file whole or not at all.
fn write(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write as _;
    let directory = file.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    let failed = || format!("{}: can't be written", file.display());
    let mut temporary = tempfile::NamedTempFile::new_in(directory).with_context(failed)?;
    temporary.write_all(bytes).with_context(failed)?;
    temporary.persist(file).with_context(failed)?;
    Ok(())
}

async fn begin(
    command: &str,
    place: &Place,
    select: Option<&Select>,
    decide: &Decide,
    speed: &Speed,
) -> anyhow::Result<Run<'static>> {
    let selection = select.map(selection).transpose()?;
    start(command, place, selection.as_ref(), decide, speed).await
}

/// Opens the journal, connects, and lists the repositories when there is a selection.
async fn start(
    command: &str,
    place: &Place,
    selection: Option<&Selection>,
    decide: &Decide,
    speed: &Speed,
) -> anyhow::Result<Run<'static>> {
    let (policy, fingerprint) = policy(decide)?;
    let pace = pace(speed)?;
    // Before anything is asked of GitHub: two runs at once would do everything twice.
    let mut journal = Journal::open(&place.journal)?;
    let client = client(place, selection).await?;
    let now = client.gate().clock().epoch();
    let mut id = 0;
    let mut is_listed = true;
    if let Some(selection) = selection {
        let sources: Vec<_> = selection.sources.iter().map(ToString::to_string).collect();
        let target = match selection.shard {
            Shard::WHOLE => sources.join(", "),
            shard => format!("{}, part {shard}", sources.join(", ")),
        };
        let fingerprint = format!("{command} {selection:?} {fingerprint} {}", env!("CARGO_PKG_VERSION"));
        (id, is_listed) = journal.begin(command, &target, &fingerprint, now)?;
    }
    let mut run = Run {
        client,
        journal,
        id,
        policy: Arc::new(policy),
        limits: Limits::default(),
        jobs: usize::from(decide.jobs),
        pace,
        updates_only: false,
        say: &talk,
    };
    if let Some(selection) = selection.filter(|_| !is_listed) {
        run.list(selection).await?;
    }
    Ok(run)
}

/// A client with a gate of its own.
async fn client(place: &Place, selection: Option<&Selection>) -> anyhow::Result<Client> {
    let endpoint = match place.api_url.clone().or_else(|| std::env::var("GITHUB_API_URL").ok()) {
        Some(url) => Endpoint::of_api(&url),
        None => Endpoint::default(),
    };
    let limits = github::Limits { per_hour: place.changes_per_hour as usize, ..github::Limits::default() };
    let limits = if place.no_limits {
        github::Limits { spacing: Duration::ZERO, per_hour: usize::MAX, reads: usize::MAX, ..limits }
    } else {
        limits
    };
    let gate = Arc::new(Gate::new(Arc::new(SystemClock::default()), limits, talk));
    tokio::spawn(stop::listen(Arc::clone(&gate)));
    let credential = super::pr::remote::credential()?;
    let installation = match (&credential, selection.and_then(|selection| selection.sources.first())) {
        (Credential::Token(_), _) => String::new(),
        (_, Some(Source::Org(org))) => format!("/orgs/{org}/installation"),
        (_, Some(Source::User(user))) => format!("/users/{user}/installation"),
        (_, Some(Source::Names(names))) => format!("/repos/{}/installation", names.first().map_or("", String::as_str)),
        (_, Some(Source::Listed(all))) if !all.is_empty() => format!("/repos/{}/installation", all[0].full_name),
        // Without a name: the variable that says whose installation is meant.
        _ => match std::env::var("TERRAMEND_APP_OWNER") {
            Ok(owner) => format!("/users/{owner}/installation"),
            Err(_) => bail!(
                "which installation of the app is meant can't be told\n  hint: set TERRAMEND_APP_OWNER to the organisation that it is installed in"
            ),
        },
    };
    Ok(connect_at(&endpoint, &credential, gate, &installation).await?)
}

fn selection(select: &Select) -> anyhow::Result<Selection> {
    let mut sources: Vec<Source> = select.org.iter().cloned().map(Source::Org).collect();
    sources.extend(select.user.iter().cloned().map(Source::User));
    sources.extend(select.installation.then_some(Source::Installation));
    sources.extend(select.search.iter().cloned().map(Source::Search));
    let mut named = Vec::new();
    for repo in &select.repo {
        named.push(full_name(repo).with_context(|| format!("`{repo}` names no repository\n  hint: write OWNER/NAME"))?);
    }
    if let Some(file) = &select.repos {
        let text = std::fs::read_to_string(file).with_context(|| format!("{}: can't be read", file.display()))?;
        named.extend(names(&text).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))?);
    }
    if !named.is_empty() {
        sources.push(Source::Names(named));
    }
    let mut listed = Vec::new();
    for file in &select.listed {
        listed.extend(list::read(file)?);
    }
    if !select.listed.is_empty() {
        sources.push(Source::Listed(listed));
    }
    if sources.is_empty() {
        bail!(
            "no repositories are selected\n  hint: --org NAME, --user NAME, --installation, --search QUERY, --repos FILE or --repo OWNER/NAME"
        );
    }
    let plain =
        |name: &&String| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    if let Some(name) = select.org.iter().chain(&select.user).find(|name| !plain(name)) {
        bail!("`{name}` is no name of an organisation or a person");
    }
    let pair = |text: &String| match text.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => bail!("`{text}` names no property\n  hint: --property NAME=VALUE"),
    };
    Ok(Selection {
        sources,
        filters: Filters {
            include: Patterns::new(&select.include).map_err(anyhow::Error::msg)?,
            exclude: Patterns::new(&select.exclude).map_err(anyhow::Error::msg)?,
            topics: select.topic.clone(),
            exclude_topics: select.exclude_topic.clone(),
            languages: select.language.clone(),
            properties: select.property.iter().map(pair).collect::<anyhow::Result<_>>()?,
            visibility: select.visibility.clone(),
            archived: select.archived,
            forks: select.forks,
            templates: select.templates,
        },
        shard: select.shard,
    })
}

/// The policy, and what it was made of.
fn policy(decide: &Decide) -> anyhow::Result<(Policy, String)> {
    let read = |file: &std::path::PathBuf| {
        std::fs::read_to_string(file).with_context(|| format!("{}: can't be read", file.display()))
    };
    let text = decide.policy.as_ref().map(read).transpose()?;
    let mut policy =
        Policy::new(text.as_deref(), decide.pages.as_deref(), &decide.require, &decide.control, decide.severity)
            .with_context(|| decide.policy.as_ref().map_or(String::new(), |file| file.display().to_string()))?;
    let pull = &mut policy.settings.pull_request;
    pull.grade = decide.grade.or(pull.grade);
    pull.group_by = decide.group_by.or(pull.group_by);
    pull.draft |= decide.draft;
    pull.labels.extend(decide.label.iter().cloned());
    let fingerprint = format!(
        "{text:?} {:?} {:?} {:?} {:?} {:?}",
        decide.pages, policy.required, policy.controls, policy.severity, policy.settings.pull_request
    );
    Ok((policy, fingerprint))
}

fn pace(speed: &Speed) -> anyhow::Result<Pace> {
    let name = |repo: &String| {
        full_name(repo).with_context(|| format!("`{repo}` names no repository\n  hint: write OWNER/NAME"))
    };
    Ok(Pace {
        max_pull_requests: speed.max_prs,
        per_hour: speed.prs_per_hour,
        wave: speed.wave.map(|wave| wave as usize),
        wave_pause: speed.wave_pause.map(|minutes| Duration::from_secs(u64::from(minutes) * 60)),
        canaries: speed.canary.iter().map(name).collect::<anyhow::Result<_>>()?,
        skip_canaries: speed.skip_canary,
        quiet: speed.quiet_hours.clone(),
    })
}

/// `2 h 5 min`
fn duration(duration: Duration) -> String {
    let minutes = duration.as_secs().div_ceil(60);
    if minutes < 60 { format!("{minutes} min") } else { format!("{} h {} min", minutes / 60, minutes % 60) }
}
