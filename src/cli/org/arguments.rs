//! What `terramend org` takes.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::catalogue::{GroupBy, Severity};
use crate::fix::Grade;
use crate::org::pace::QuietHours;
use crate::org::shard::Shard;
use crate::org::since::Since;

/// `terramend org`
///
/// GitHub is the source of truth: a run may be killed at any moment and started again. The journal makes that fast, and
/// gives the reports.
#[derive(Debug, Args)]
pub struct Org {
    /// What to do.
    #[command(subcommand)]
    pub(super) command: OrgCommand,
}

/// What can be done to an organisation.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum OrgCommand {
    /// List the selected repositories; or write lists for several machines.
    List(List),
    /// Examine the repositories, and say what pull requests would be opened, updated and closed. Changes nothing.
    Plan(Plan),
    /// Publish what was planned; a repository whose branch moved meanwhile is examined again.
    Apply(Apply),
    /// Examine and publish in one go; an unfinished run with the same selection and policy is continued.
    Run(Run),
    /// Report the last run, or another one.
    Status(Status),
    /// Bring the pull requests of the last run up to date; opens no new ones.
    Update(Update),
    /// Close the pull requests of the last run that have no commits of others.
    Close(Close),
    /// Treat again what failed in the last run.
    Retry(Retry),
    /// Forget old runs, and make the journal smaller. GitHub is not asked, and nothing there changes.
    Prune(Prune),
}

/// Where everything is.
#[derive(Debug, Args)]
pub(in crate::cli) struct Place {
    /// The file that remembers what was done.
    #[arg(long, value_name = "FILE", default_value = "terramend-org.db")]
    pub(super) journal: PathBuf,
    /// The address of GitHub's API (`https://HOST/api/v3`); else `GITHUB_API_URL`.
    #[arg(long, value_name = "URL")]
    pub(super) api_url: Option<String>,
    /// Requests that create or change something in any hour at most. GitHub stops at 500.
    #[arg(long, value_name = "N", default_value_t = 480, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) changes_per_hour: u32,
    /// Pace nothing: the server has no rate limits, which is what an Enterprise Server begins with.
    #[arg(long)]
    pub(super) no_limits: bool,
}

/// Which repositories.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
#[derive(Debug, Args)]
pub(in crate::cli) struct Select {
    /// Those of an organisation.
    #[arg(long, value_name = "NAME")]
    pub(super) org: Vec<String>,
    /// Those of a person.
    #[arg(long, value_name = "NAME")]
    pub(super) user: Vec<String>,
    /// All that the app's installation may see.
    #[arg(long)]
    pub(super) installation: bool,
    /// Those that a search of GitHub finds: `org:acme topic:payments`.
    #[arg(long, value_name = "QUERY")]
    pub(super) search: Vec<String>,
    /// Those named in a file, one OWNER/NAME a line.
    #[arg(long, value_name = "FILE")]
    pub(super) repos: Option<PathBuf>,
    /// Those that `org list --out` wrote to a file.
    #[arg(long, value_name = "FILE")]
    pub(super) listed: Vec<PathBuf>,
    /// This one, OWNER/NAME.
    #[arg(long, value_name = "OWNER/NAME")]
    pub(super) repo: Vec<String>,
    /// Only names that match a pattern: `svc-*`, `acme/{api,web}-*`.
    #[arg(long, value_name = "PATTERN")]
    pub(super) include: Vec<String>,
    /// No names that match a pattern.
    #[arg(long, value_name = "PATTERN")]
    pub(super) exclude: Vec<String>,
    /// Only those with one of these topics.
    #[arg(long, value_name = "TOPIC", value_delimiter = ',')]
    pub(super) topic: Vec<String>,
    /// None with one of these topics.
    #[arg(long, value_name = "TOPIC", value_delimiter = ',')]
    pub(super) exclude_topic: Vec<String>,
    /// Only those whose main language is one of these.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(super) language: Vec<String>,
    /// Only those whose custom property has a value.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(super) property: Vec<String>,
    /// Only public, private or internal ones.
    #[arg(long, value_parser = ["public", "private", "internal"])]
    pub(super) visibility: Option<String>,
    /// Archived ones, too: they are examined, never changed.
    #[arg(long)]
    pub(super) archived: bool,
    /// Forks, too.
    #[arg(long)]
    pub(super) forks: bool,
    /// Templates, too.
    #[arg(long)]
    pub(super) templates: bool,
    /// Only the part I of N, from 0: 0/8 to 7/8. A repository always belongs to the same one.
    #[arg(long, value_name = "I/N", default_value = "0/1")]
    pub(super) shard: Shard,
}

/// What is done in each of them.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct Decide {
    /// A file in the language of .terramend.hcl that holds for all repositories. Their own files never widen it.
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// A directory of pages besides the built-in controls.
    #[arg(long, value_name = "DIR")]
    pub(super) pages: Option<PathBuf>,
    /// Controls that no repository may switch off.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(super) require: Vec<String>,
    /// Only these controls.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(super) control: Vec<String>,
    /// Only findings of this severity and above: low, medium, high, critical.
    #[arg(long)]
    pub(super) severity: Option<Severity>,
    /// Fixes of this grade: `safe` only, or `review` (as drafts) and safe ones. Before the policy's.
    #[arg(long, value_parser = crate::cli::arguments::applicable)]
    pub(super) grade: Option<Grade>,
    /// What goes into one pull request: repository, family, module, control.
    #[arg(long, value_name = "BY")]
    pub(super) group_by: Option<GroupBy>,
    /// Labels of the pull requests, besides those of the policy.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(super) label: Vec<String>,
    /// Open every pull request as a draft.
    #[arg(long)]
    pub(super) draft: bool,
    /// Repositories that are fetched and analysed at the same time.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(super) jobs: u16,
}

/// How fast it is published.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct Speed {
    /// Open at most so many pull requests in the run.
    #[arg(long, value_name = "N")]
    pub(super) max_prs: Option<u64>,
    /// Open at most so many pull requests in any hour.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) prs_per_hour: Option<u64>,
    /// Publish so many repositories, then wait.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) wave: Option<u32>,
    /// The minutes between two waves; without it the run ends, and the same command publishes the next wave.
    #[arg(long, value_name = "MINUTES", requires = "wave")]
    pub(super) wave_pause: Option<u32>,
    /// Publish these repositories first; the others wait until their pull requests are merged.
    #[arg(long, value_name = "OWNER/NAME", value_delimiter = ',')]
    pub(super) canary: Vec<String>,
    /// Don't wait for the canaries.
    #[arg(long)]
    pub(super) skip_canary: bool,
    /// Publish nothing in these hours: `18:00-08:00`, `Sat-Sun 00:00-24:00 +01:00`.
    #[arg(long, value_name = "HOURS")]
    pub(super) quiet_hours: Vec<QuietHours>,
}

/// How it is reported.
#[derive(Debug, Args)]
pub(in crate::cli) struct Say {
    /// How the report is printed.
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(super) format: ReportFormat,
    /// Write the report as one page of HTML that needs no network, too.
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
}

/// An issue that shows the report.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct Central {
    /// Keep an issue in this central repository up to date with the report (issues: write).
    #[arg(long, value_name = "OWNER/NAME")]
    pub(super) dashboard: Option<String>,
    /// Tells several dashboards in one repository apart; it is in the title.
    #[arg(long, value_name = "NAME", default_value = "all repositories", requires = "dashboard")]
    pub(super) dashboard_name: String,
}

/// Formats of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ReportFormat {
    /// For people.
    Text,
    /// One JSON object; docs/org.md describes it.
    Json,
    /// For the summary of a job.
    Markdown,
    /// One page that needs no network.
    Html,
}

/// `terramend org list`
#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    #[command(flatten)]
    pub(super) place: Place,
    #[command(flatten)]
    pub(super) select: Select,
    /// Write DIR/I.jsonl for each part that isn't empty, and print their numbers as a JSON array: a matrix.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// How many parts.
    #[arg(long, value_name = "N", default_value_t = 1, requires = "out", value_parser = clap::value_parser!(u32).range(1..=256))]
    pub(super) shards: u32,
}

/// `terramend org plan`
#[derive(Debug, Args)]
pub(in crate::cli) struct Plan {
    #[command(flatten)]
    pub(super) place: Place,
    #[command(flatten)]
    pub(super) select: Select,
    #[command(flatten)]
    pub(super) decide: Decide,
    #[command(flatten)]
    pub(super) speed: Speed,
    #[command(flatten)]
    pub(super) say: Say,
    /// Write the plan to a file that `org apply --plan` takes, one repository a line.
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Examine only: don't ask GitHub what would become of each pull request.
    #[arg(long)]
    pub(super) no_preview: bool,
}

/// `terramend org apply`
#[derive(Debug, Args)]
pub(in crate::cli) struct Apply {
    #[command(flatten)]
    pub(super) place: Place,
    #[command(flatten)]
    pub(super) decide: Decide,
    #[command(flatten)]
    pub(super) speed: Speed,
    #[command(flatten)]
    pub(super) say: Say,
    #[command(flatten)]
    pub(super) central: Central,
    /// Plans that `org plan --out` wrote; else the last plan of the journal.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(super) plan: Vec<PathBuf>,
}

/// `terramend org run`
#[derive(Debug, Args)]
pub(in crate::cli) struct Run {
    #[command(flatten)]
    pub(super) place: Place,
    #[command(flatten)]
    pub(super) select: Select,
    #[command(flatten)]
    pub(super) decide: Decide,
    #[command(flatten)]
    pub(super) speed: Speed,
    #[command(flatten)]
    pub(super) say: Say,
    #[command(flatten)]
    pub(super) central: Central,
}

/// `terramend org status`
#[derive(Debug, Args)]
pub(in crate::cli) struct Status {
    #[command(flatten)]
    pub(super) place: Place,
    #[command(flatten)]
    pub(super) say: Say,
    #[command(flatten)]
    pub(super) central: Central,
    /// The run; else the last one.
    #[arg(long, value_name = "N")]
    pub(super) run: Option<i64>,
    /// All runs since then, each repository as its last run left it: `2026-11-01` (UTC), `30d`, `12h`.
    #[arg(long, value_name = "WHEN", conflicts_with = "run")]
    pub(super) since: Option<Since>,
    /// Ask GitHub which pull requests are open, merged or closed, and by whom: one request for fifty of them.
    #[arg(long)]
    pub(super) live: bool,
}

/// `terramend org prune`
#[derive(Debug, Args)]
pub(in crate::cli) struct Prune {
    /// The file that remembers what was done.
    #[arg(long, value_name = "FILE", default_value = "terramend-org.db")]
    pub(super) journal: PathBuf,
    /// Keep the last N runs, whenever they were.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) keep: u32,
    /// Keep all runs since then, too: `2026-11-01` (UTC), `30d`, `12h`.
    #[arg(long, value_name = "WHEN")]
    pub(super) since: Option<Since>,
}

/// `terramend org update`
#[derive(Debug, Args)]
pub(in crate::cli) struct Update {
    #[command(flatten)]
    pub(super) place: Place,
    #[command(flatten)]
    pub(super) decide: Decide,
    #[command(flatten)]
    pub(super) speed: Speed,
    #[command(flatten)]
    pub(super) say: Say,
    #[command(flatten)]
    pub(super) central: Central,
}

/// `terramend org close`
#[derive(Debug, Args)]
pub(in crate::cli) struct Close {
    #[command(flatten)]
    pub(super) place: Place,
    /// The policy of the run, for what its branches are called.
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// Said in each pull request.
    #[arg(long, value_name = "TEXT", default_value = "its campaign has ended.")]
    pub(super) reason: String,
    #[command(flatten)]
    pub(super) say: Say,
    #[command(flatten)]
    pub(super) central: Central,
}

/// `terramend org retry`
#[derive(Debug, Args)]
pub(in crate::cli) struct Retry {
    #[command(flatten)]
    pub(super) place: Place,
    #[command(flatten)]
    pub(super) decide: Decide,
    #[command(flatten)]
    pub(super) speed: Speed,
    #[command(flatten)]
    pub(super) say: Say,
    #[command(flatten)]
    pub(super) central: Central,
}
