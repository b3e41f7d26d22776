//! Functions whose least policy was written down by hand from the documentation of what each call needs: does the
//! narrowed role hold the same?
//!
//! Each page of `fixtures/policies` is one function: what is declared beside it (`hcl`), its arguments (`hcl function`), the
//! statements of its role where they aren't everything of the services it uses (`hcl grant`), or all of the configuration
//! (`hcl whole`, with the function called `function`), its source (a file's name behind the language), and what its role must allow in the end (`policy A`, `policy B`, or `policy C` for one that must
//! not be narrowed): a line for actions and what they are on, `*` for region and account.
//!
//! The whole way is judged: `terramend fix --write`, and what then stands in the configuration.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};

use libtest_mimic::{Arguments, Failed, Trial};
use terramend::catalogue::{Catalogue, Settings};
use terramend::engine::{self, Options};
use terramend::fix::Grade;
use terramend::iam::scope::source::Hints;
use terramend::iam::scope::{Derivation, Tier, published};
use terramend::model::Project;

/// Around every function.
const AROUND: &str = r#"
data "archive_file" "function" {
  type        = "zip"
  source_dir  = "${path.module}/src"
  output_path = "function.zip"
}

resource "aws_iam_role" "function" {
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "logs" {
  role       = aws_iam_role.function.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_iam_role_policy" "function" {
  role   = aws_iam_role.function.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [GRANT] })
}

resource "aws_lambda_function" "function" {
  function_name = "function"
  role          = aws_iam_role.function.arn
  runtime       = "RUNTIME"
  handler       = "HANDLER"
  filename      = data.archive_file.function.output_path
FUNCTION
}
"#;

/// What a program in Go needs besides: it is built before it is packed.
const BUILT: &str = r#"
resource "terraform_data" "build" {
  provisioner "local-exec" {
    command = "cd ${path.module}/src && GOOS=linux GOARCH=arm64 go build -tags lambda.norpc -o ../bin/bootstrap ."
  }
}
"#;

/// An action and what it is on.
type Grants = BTreeSet<(String, String)>;

/// What is counted, of the functions of tier A and of all.
#[derive(Debug, Default)]
struct Counted {
    functions: usize,
    right: usize,
    invented: usize,
    missed: usize,
}

static COUNTED: Mutex<[Counted; 2]> = Mutex::new([
    Counted { functions: 0, right: 0, invented: 0, missed: 0 },
    Counted { functions: 0, right: 0, invented: 0, missed: 0 },
]);

#[expect(clippy::print_stdout, reason = "the numbers are what this test reports")]
fn main() -> std::process::ExitCode {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/policies");
    let mut pages: Vec<PathBuf> = std::fs::read_dir(&root)
        .expect("fixtures/policies is a folder")
        .filter_map(|entry| Some(entry.ok()?.path()).filter(|path| path.extension().is_some_and(|end| end == "md")))
        .collect();
    pages.sort();
    let trials = pages.into_iter().map(|page| {
        let name = page.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Trial::test(name, move || judge(&page).map_err(Failed::from))
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    let counted = COUNTED.lock().expect("no trial holds it any more");
    let [tier_a, all] = [0, 1].map(|index| counted[index].shares());
    for (name, index, (precision, recall)) in [("tier A", 0, tier_a), ("all", 1, all)] {
        let functions = counted[index].functions;
        println!("{name}: {functions} functions, actions: precision {precision:.1} %, recall {recall:.1} %");
    }
    let enough = tier_a.0.min(tier_a.1) >= 100.0 && all.0.min(all.1) >= 95.0;
    if enough { conclusion.exit_code() } else { std::process::ExitCode::FAILURE }
}

impl Counted {
    /// Precision and recall, in percent.
    fn shares(&self) -> (f64, f64) {
        let share = |of: usize| 100.0 * self.right as f64 / (self.right + of).max(1) as f64;
        (share(self.invented), share(self.missed))
    }

    fn add(&mut self, expected: &Grants, found: &Grants) {
        self.functions += 1;
        self.right += expected.intersection(found).count();
        self.invented += found.difference(expected).count();
        self.missed += expected.difference(found).count();
    }
}

/// A page as it is written.
#[derive(Debug, Default)]
struct Page {
    shows: String,
    declared: String,
    function: String,
    grant: String,
    whole: Option<String>,
    files: Vec<(String, String)>,
    tier: Option<Tier>,
    policy: Grants,
}

fn page(text: &str) -> Result<Page, String> {
    let mut lines = text.lines();
    let shows = lines.next().and_then(|line| line.strip_prefix("# ")).ok_or("it has no title")?.to_owned();
    let mut page = Page { shows, ..Page::default() };
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let content: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let text = content.join("\n") + "\n";
        match info.split_once(' ').unwrap_or((info, "")) {
            ("hcl", "") => page.declared = text,
            ("hcl", "function") => page.function = text,
            ("hcl", "grant") => page.grant = text,
            ("hcl", "whole") => page.whole = Some(text),
            ("policy", tier) => {
                page.tier = Some(match tier {
                    "A" => Tier::A,
                    "B" => Tier::B,
                    "C" => Tier::C,
                    other => return Err(format!("no tier: {other}")),
                });
                page.policy = content
                    .iter()
                    .map(|line| grants(line))
                    .collect::<Result<Vec<_>, _>>()?
                    .concat()
                    .into_iter()
                    .collect();
            }
            (_, name) if name.contains('.') => page.files.push((name.to_owned(), text)),
            _ => return Err(format!("no block of a page: {info}")),
        }
    }
    if page.files.is_empty() || page.tier.is_none() { Err("it has no source or no policy".into()) } else { Ok(page) }
}

/// `sqs:SendMessage sqs:DeleteMessage | arn:aws:sqs:*:*:jobs`
fn grants(line: &str) -> Result<Vec<(String, String)>, String> {
    let (actions, resources) = line.split_once(" | ").ok_or_else(|| format!("no actions and resources: {line}"))?;
    let resources: Vec<&str> = resources.split_whitespace().collect();
    Ok(actions
        .split_whitespace()
        .flat_map(|action| resources.iter().map(move |on| (action.to_owned(), (*on).to_owned())))
        .collect())
}

impl Page {
    /// Writes it down as a configuration.
    fn write(&self, folder: &Path) -> std::io::Result<()> {
        let (first, _) = &self.files[0];
        let (module, end) = first.rsplit_once('.').unwrap_or((first, ""));
        let (runtime, handler) = match end {
            "py" => ("python3.13", format!("{module}.handler")),
            "go" => ("provided.al2023", "bootstrap".to_owned()),
            "java" => ("java21", "com.example.Handler::handleRequest".to_owned()),
            _ => ("nodejs22.x", format!("{module}.handler")),
        };
        let services: BTreeSet<&str> =
            self.policy.iter().filter_map(|(action, _)| Some(action.split_once(':')?.0)).collect();
        let actions: Vec<String> = services.iter().map(|service| format!("\"{service}:*\"")).collect();
        let grant = match self.grant.as_str() {
            "" => format!("{{ Effect = \"Allow\", Action = [{}], Resource = \"*\" }}", actions.join(", ")),
            written => format!("\n{}\n", written.trim_end()),
        };
        let function = match self.function.strip_prefix("variables") {
            Some(rest) => format!("  environment {{\n    variables{rest}\n  }}"),
            None => self.function.clone(),
        };
        let around = AROUND
            .replace("GRANT", &grant)
            .replace("RUNTIME", runtime)
            .replace("HANDLER", &handler)
            .replace("FUNCTION", &function);
        let around = match end {
            "go" => {
                around.replace("source_dir  = \"${path.module}/src\"", "source_file = \"${path.module}/bin/bootstrap\"")
                    + BUILT
            }
            "java" => {
                around.replace("data.archive_file.function.output_path", "\"${path.module}/src/target/function.jar\"")
            }
            _ => around,
        };
        let text = self.whole.clone().unwrap_or_else(|| format!("{}{around}", self.declared));
        std::fs::write(folder.join("main.tf"), text)?;
        for (name, text) in &self.files {
            let path = folder.join("src").join(name);
            std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
            std::fs::write(path, text)?;
        }
        Ok(())
    }
}

fn judge(path: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let page = page(&text)?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    page.write(folder.path()).map_err(|error| error.to_string())?;
    let (before, tier, said) = derived(folder.path(), |project, derivation| {
        (allowed(project, derivation), derivation.tier(), [&derivation.obstacles[..], &derivation.doubts].concat())
    })?;
    narrow(folder.path())?;
    let (after, settled) = derived(folder.path(), |project, derivation| {
        (allowed(project, derivation), derivation.plan.changes_nothing())
    })?;
    let mut faults = Vec::new();
    if Some(tier) != page.tier {
        faults.push(format!("tier {tier:?}, expected {:?}: {}", page.tier, said.join("; ")));
    }
    if page.tier == Some(Tier::C) {
        if after != before {
            faults.push(format!("it was narrowed to {after:?}"));
        }
    } else {
        let mut counted = COUNTED.lock().map_err(|error| error.to_string())?;
        // What the tool calls A it would propose without a question.
        if tier == Tier::A {
            counted[0].add(&page.policy, &after);
        }
        counted[1].add(&page.policy, &after);
        drop(counted);
        let shown = |some: Vec<&(String, String)>| {
            some.into_iter().map(|(action, on)| format!("{action} on {on}")).collect::<Vec<_>>().join(", ")
        };
        for (what, some) in [
            ("not needed", after.difference(&page.policy).collect::<Vec<_>>()),
            ("lacking", page.policy.difference(&after).collect()),
        ] {
            if !some.is_empty() {
                faults.push(format!("{what}: {}", shown(some)));
            }
        }
        if !settled {
            faults.push("a second run would go on".into());
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(format!("{}\n  {}", page.shows, faults.join("\n  "))) }
}

/// Writes the narrowing, as `terramend fix --control lambda-scoped-role --grade review --write` does.
fn narrow(folder: &Path) -> Result<(), String> {
    static CATALOGUE: LazyLock<Result<Catalogue, String>> = LazyLock::new(|| {
        let mut catalogue = Catalogue::built_in().map_err(|error| error.to_string())?;
        catalogue.retain(|control| control.id == "lambda-scoped-role");
        Ok(catalogue)
    });
    let catalogue = CATALOGUE.as_ref().map_err(Clone::clone)?;
    let loaded = terramend::backend::load(terramend::discover::discover(folder));
    let options = Options { apply: Some(Grade::Review), ..Options::default() };
    let outcome = engine::run(loaded, catalogue, &Settings::default(), options);
    for file in outcome.changed {
        std::fs::write(&file.after.path, &*file.after.text).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// What a closure makes of the function's derivation.
fn derived<T>(folder: &Path, of: impl Fn(&Project, &Derivation) -> T) -> Result<T, String> {
    let loaded = terramend::backend::load(terramend::discover::discover(folder));
    let group = loaded.groups.into_iter().next().ok_or("it declares nothing")?;
    let workspace = terramend::backend::build(group);
    let function = published::functions(&workspace.project).find(|function| &*function.name == "function");
    let function = function.ok_or("it declares no function")?;
    let derivation = workspace.derivations.of(&workspace.project, function, &Hints::new());
    Ok(of(&workspace.project, &derivation))
}

/// What the role's documents allow, action by action.
fn allowed(_: &Project, derivation: &Derivation) -> Grants {
    let held = derivation.granted.documents.iter().flat_map(|document| &document.statements);
    held.flat_map(|held| {
        held.actions
            .iter()
            .flat_map(|action| held.patterns.iter().map(move |pattern| (action.clone(), pattern.text_of())))
    })
    .collect()
}
