//! What the command line takes.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::catalogue::{GroupBy, MergeMethod, Profile, Severity};
use crate::fix::Grade;

const PR_HELP: &str = "\
Examples:
  terramend pr --dry-run                what would be opened: title, text and diff; nothing is sent
  terramend pr --local --grade review   branches with commits, by git
  GITHUB_TOKEN=... terramend pr         open the pull requests, or bring them up to date

The token is GITHUB_TOKEN or GH_TOKEN, and may write contents and pull requests. An app goes by TERRAMEND_APP_ID and \
TERRAMEND_APP_PRIVATE_KEY (or TERRAMEND_APP_PRIVATE_KEY_FILE). Flags go before the block `pull_request` of .terramend.hcl.

Exit codes: 0 all went well, 2 something failed, 4 part of the input could not be analysed.";

const SUGGEST_HELP: &str = "\
Examples:
  terramend suggest --base main         what would be suggested for this branch
  gh pr diff 12 | terramend suggest --diff - --format json > review.json

Exit codes: 0 all went well, 2 wrong usage or configuration, 4 part of the input could not be analysed.";

/// Finds serverless security mistakes in Terraform, CloudFormation and CDK programs, fixes them byte-exactly and opens the
/// pull requests.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    after_help = "Exit codes: 0 nothing found, 1 findings are left, 2 wrong usage or configuration, \
3 internal error, 4 part of the input could not be analysed (the rest was)."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what is wrong, and the fix of each finding.
    Scan(Scan),
    /// Fix what is wrong: print the diff, or write it with --write.
    Fix(Fix),
    /// Review changes: suggest the fixes that lie within changed lines.
    Suggest(Suggest),
    /// Open or update pull requests with the fixes; or make branches or patches of them.
    Pr(Box<Pr>),
    /// Do the same for all repositories of an organisation, paced and resumable.
    #[cfg(feature = "github")]
    Org(Box<super::org::Org>),
    /// List the controls.
    Controls(Controls),
    /// Print the page of a control.
    Explain(Explain),
    /// Run the examples of the pages in a directory.
    Test(Test),
    /// What functions need of AWS, from their own code.
    Iam {
        /// What to show.
        #[command(subcommand)]
        command: Iam,
    },
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the man page.
    Man,
}

/// What scan and fix have in common.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// The directory to treat, with all below it.
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// Only these controls, by their id or another tool's (`CKV_AWS_27`), or by their family (`alarms`).
    #[arg(long, value_name = "ID", num_args = 1.., value_delimiter = ',')]
    pub control: Vec<String>,
    /// Also the controls that are quiet by default (see `terramend controls`), and what libraries of a CDK application
    /// made for themselves.
    #[arg(long)]
    pub all: bool,
    /// How much is asked for: `default`, or `strict` for what scanners ask for, too (keys of one's own, long retention,
    /// access logs). Before the `profile` of .terramend.hcl.
    #[arg(long)]
    pub profile: Option<Profile>,
    /// The cloud assembly of the CDK application, where it isn't in its `cdk.out`.
    #[arg(long, value_name = "DIR")]
    pub assembly: Option<PathBuf>,
    /// Only findings of this severity and above: low, medium, high, critical.
    #[arg(long)]
    pub severity: Option<Severity>,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Write another report to a file, too: `sarif=terramend.sarif`. May be given several times.
    #[arg(long, value_name = "FORMAT=FILE", value_parser = report_file)]
    pub report: Vec<(Format, PathBuf)>,
    /// Exit with 1 only when a finding of this severity or above is left, or `never` because of findings.
    #[arg(long, value_name = "SEVERITY", default_value = "low")]
    pub fail_on: FailOn,
}

/// The findings for which a run ends with exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailOn {
    /// Those of this severity and above.
    Severity(Severity),
    /// None.
    Never,
}

impl std::str::FromStr for FailOn {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "never" => Ok(Self::Never),
            _ => text.parse().map(Self::Severity).map_err(|error| format!("{error}, never")),
        }
    }
}

impl std::fmt::Display for FailOn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Severity(severity) => severity.fmt(f),
            Self::Never => f.write_str("never"),
        }
    }
}

fn report_file(text: &str) -> Result<(Format, PathBuf), String> {
    match text.split_once('=') {
        Some((format, file)) if !file.is_empty() => Ok((Format::from_str(format, false)?, file.into())),
        _ => Err("say format and file: `sarif=terramend.sarif`".into()),
    }
}

/// Output formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object; docs/json.md has its schema.
    Json,
    /// A unified diff that `git apply` takes.
    Patch,
    /// SARIF 2.1.0, for code scanning and editors.
    Sarif,
    /// JUnit's XML, for CI servers.
    Junit,
    /// Markdown, for the summary of a job.
    Markdown,
    /// Annotations, as workflow commands of GitHub Actions.
    Github,
    /// One HTML file, for a browser.
    Html,
}

/// `terramend scan`
#[derive(Debug, Args)]
pub struct Scan {
    /// What to treat, and how to say it.
    #[command(flatten)]
    pub common: Common,
    /// In patches: fixes of this grade and above.
    #[arg(long, default_value = "safe", value_parser = applicable)]
    pub grade: Grade,
}

/// `terramend fix`
#[derive(Debug, Args)]
pub struct Fix {
    /// What to treat, and how to say it.
    #[command(flatten)]
    pub common: Common,
    /// Apply fixes of this grade: `safe` only, or `review` and safe ones.
    #[arg(long, default_value = "safe", value_parser = applicable)]
    pub grade: Grade,
    /// Repair only what a report of another tool names: Checkov (JSON), Trivy (JSON), KICS (JSON), cdk-nag (CSV, JSON), SARIF
    /// of any tool, or terramend's own JSON. `-` is stdin.
    #[arg(long, value_name = "REPORT", conflicts_with = "severity")]
    pub from: Option<PathBuf>,
    /// Write the files; without it nothing is changed.
    #[arg(long)]
    pub write: bool,
    /// Synthesise CDK applications before and after the fix, and keep only what proves right. THIS RUNS THE APPLICATIONS'
    /// OWN CODE, in a copy; no `cdk` command and no account is needed, and nothing is deployed.
    #[arg(long)]
    pub verify_cdk: bool,
    /// Seconds that one synthesis may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 300, requires = "verify_cdk")]
    pub cdk_timeout: u64,
    /// Write although the git work tree has uncommitted changes.
    #[arg(long, requires = "write")]
    pub allow_dirty: bool,
}

/// `terramend suggest`
#[derive(Debug, Args)]
#[command(mut_arg("report", |arg| arg.hide(true)), mut_arg("fail_on", |arg| arg.hide(true)), after_help = SUGGEST_HELP)]
pub struct Suggest {
    /// What to treat. The format is text, json (the request that makes a review on GitHub) or github (annotations).
    #[command(flatten)]
    pub common: Common,
    /// Suggest fixes of this grade: `safe` only, or `review` and safe ones.
    #[arg(long, default_value = "safe", value_parser = applicable)]
    pub grade: Grade,
    /// The changes are those since the work tree left this commit or branch.
    #[arg(long, value_name = "REF", conflicts_with = "diff", required_unless_present = "diff")]
    pub base: Option<String>,
    /// The changes are those of a unified diff, with paths from the top of the repository; `-` for stdin.
    #[arg(long, value_name = "FILE")]
    pub diff: Option<PathBuf>,
    /// What was suggested before and isn't again: the review comments of the pull request, as GitHub's API gives them.
    #[arg(long, value_name = "FILE")]
    pub posted: Option<PathBuf>,
    /// The commit whose lines are meant; else HEAD.
    #[arg(long, value_name = "SHA")]
    pub commit: Option<String>,
}

/// `terramend pr`
///
/// What is set here goes before the block `pull_request` of .terramend.hcl.
#[derive(Debug, Args)]
#[command(mut_arg("report", |arg| arg.hide(true)), mut_arg("fail_on", |arg| arg.hide(true)), after_help = PR_HELP)]
pub struct Pr {
    /// What to treat; the format is text, json or markdown (titles and texts alone).
    #[command(flatten)]
    pub common: Common,
    /// Fixes of this grade: `safe` only, or `review` and safe ones. Those of grade review go into a draft of their own.
    #[arg(long, value_parser = applicable)]
    pub grade: Option<Grade>,
    /// What goes into one pull request: repository, family, module, control.
    #[arg(long, value_name = "BY")]
    pub group_by: Option<GroupBy>,
    /// Print title, text and diff of each pull request; needs no token and no network.
    #[arg(long, conflicts_with_all = ["local", "patch"])]
    pub dry_run: bool,
    /// Make the branches and commits with git, here; needs no token. The work tree stays as it is.
    #[arg(long, conflicts_with = "patch")]
    pub local: bool,
    /// Write the diff to a file (`-` for stdout); of several pull requests each to its own, with the branch in its name.
    #[arg(long, value_name = "FILE")]
    pub patch: Option<PathBuf>,
    /// The branch that the pull requests go to; else the default branch (with --local: HEAD).
    #[arg(long, value_name = "BRANCH")]
    pub base: Option<String>,
    /// What the names of branches begin with; else `terramend/`.
    #[arg(long, value_name = "TEXT", value_parser = crate::catalogue::branch_prefix)]
    pub branch_prefix: Option<String>,
    /// The title; it may hold {summary}, {count}, {grade} and {group}.
    #[arg(long, value_name = "TEXT", value_parser = |text: &str| crate::catalogue::template("--title", text.into()))]
    pub title: Option<String>,
    /// The first line of commit messages, with the same words in braces; else the title.
    #[arg(long, value_name = "TEXT", value_parser = |text: &str| crate::catalogue::template("--commit", text.into()))]
    pub commit: Option<String>,
    /// Open every pull request as a draft.
    #[arg(long)]
    pub draft: bool,
    /// Have at most so many pull requests open at once; those that are open are kept up to date anyway.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max: Option<u32>,
    /// The repository; else `GITHUB_REPOSITORY`, or where `origin` of the git work tree is.
    #[arg(long, value_name = "OWNER/NAME", value_parser = repository)]
    pub repo: Option<String>,
    /// Put the branches into a fork, where the token may not write to the repository: of its account, or of an
    /// organisation (`--fork=acme`). It is made when it isn't there.
    #[arg(long, value_name = "OWNER", num_args = 0..=1, require_equals = true, default_missing_value = "",
        conflicts_with_all = ["local", "patch"])]
    pub fork: Option<String>,
    /// The address of GitHub's API (`https://HOST/api/v3`); else `GITHUB_API_URL`, or that of the host of `origin`.
    #[arg(long, value_name = "URL")]
    pub api_url: Option<String>,
    /// Labels of the pull requests.
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    pub label: Vec<String>,
    /// People who are asked for a review.
    #[arg(long, value_name = "LOGIN", num_args = 1.., value_delimiter = ',')]
    pub reviewer: Vec<String>,
    /// Teams of the organisation that are asked for a review.
    #[arg(long, value_name = "SLUG", num_args = 1.., value_delimiter = ',')]
    pub team_reviewer: Vec<String>,
    /// Let GitHub merge pull requests with safe fixes when all that the repository demands is there: merge, squash, rebase.
    #[arg(long, value_name = "METHOD")]
    pub auto_merge: Option<MergeMethod>,
}

/// `terramend controls`
#[derive(Debug, Args)]
pub struct Controls {
    /// The repository whose own controls are listed too.
    #[arg(long, default_value = ".")]
    pub path: PathBuf,
    /// How the list is printed.
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub format: ListFormat,
}

/// Formats of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// A line each.
    Text,
    /// A JSON array.
    Json,
    /// A Markdown table: the index of the pages.
    Markdown,
}

/// `terramend explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// The control, by its id or another tool's.
    pub id: String,
    /// The repository whose own controls are known too.
    #[arg(long, default_value = ".")]
    pub path: PathBuf,
}

/// `terramend iam`
#[derive(Debug, Subcommand)]
pub enum Iam {
    /// Show how a function's needs follow from its code and its configuration, and what its role has beyond them.
    Explain(IamExplain),
    /// Print a policy for source alone, `*` standing for resources that the source doesn't name.
    Policy(IamPolicy),
    /// Hold what all functions need against what their roles have: actions that stay, that go, that are missing.
    Report(IamReport),
}

/// `terramend iam explain`
#[derive(Debug, Args)]
pub struct IamExplain {
    /// The function: its address (`aws_lambda_function.orders`) or its name.
    pub function: String,
    /// The directory that declares it, with all below it.
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = EvidenceFormat::Text)]
    pub format: EvidenceFormat,
}

/// `terramend iam policy`
#[derive(Debug, Args)]
pub struct IamPolicy {
    /// The directory of the source.
    pub path: PathBuf,
    /// The entry, as Lambda takes it: `app.handler`; of a program in Go its folder, of Java `com.example.Class::method`.
    #[arg(long)]
    pub handler: String,
    /// A policy document, or JSON with the evidence beside it.
    #[arg(long, value_enum, default_value_t = EvidenceFormat::Text)]
    pub format: EvidenceFormat,
}

/// `terramend iam report`
#[derive(Debug, Args)]
pub struct IamReport {
    /// The directory that declares them, with all below it.
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = EvidenceFormat::Text)]
    pub format: EvidenceFormat,
}

/// Formats of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EvidenceFormat {
    /// For people.
    Text,
    /// One JSON object; docs/json.md has its schema.
    Json,
}

/// `terramend test`
#[derive(Debug, Args)]
pub struct Test {
    /// A directory of pages; the built-in ones when there is no .terramend/fixes here.
    #[arg(default_value = ".terramend/fixes")]
    pub path: PathBuf,
    /// Write every example to a directory, for other judges: CONTROL/N/{bad,fixed,good,manual}/main.tf.
    #[arg(long, value_name = "DIR")]
    pub export: Option<PathBuf>,
}

pub(super) fn applicable(text: &str) -> Result<Grade, String> {
    match text.parse()? {
        Grade::Manual => Err("manual fixes are never applied: use safe or review".into()),
        grade => Ok(grade),
    }
}

fn repository(text: &str) -> Result<String, String> {
    let plain = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    match text.split_once('/') {
        Some((owner, name)) if plain(owner) && plain(name) && name != ".." => Ok(text.to_owned()),
        _ => Err("a repository is named OWNER/NAME".into()),
    }
}
