//! `terramend iam`

mod report;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::arguments::{EvidenceFormat, Iam, IamExplain, IamPolicy};
use crate::catalogue::Settings;
use crate::iam::scope::bind::Binder;
use crate::iam::scope::document::document;
use crate::iam::scope::narrow::{Element, Fate, Group};
use crate::iam::scope::source::{go_module, language_of_handler, read_folder};
use crate::iam::scope::{Certainty, Derivation, Need, On, published};
use crate::iam::usage::{self, Language};
use crate::model::{Instance, InstanceId, Mode, Module, ModuleId, Project, Repeat, Resource, ResourceId, Version};

pub(super) fn run(command: &Iam) -> anyhow::Result<u8> {
    match command {
        Iam::Explain(arguments) => explain(arguments),
        Iam::Policy(arguments) => policy(arguments),
        Iam::Report(arguments) => report::run(arguments),
    }
}

fn explain(arguments: &IamExplain) -> anyhow::Result<u8> {
    let root = &arguments.path;
    let catalogue = super::catalogue(root)?;
    let settings = Settings::load(root, &catalogue)?;
    let loaded = crate::backend::load(crate::discover::discover(root));
    let mut names = Vec::new();
    for group in loaded.groups {
        let workspace = crate::backend::build(group);
        let project = &workspace.project;
        for function in published::functions(project) {
            let name = project.settle(&function.body.get("function_name"));
            let known = [project.plan_address(function.id), function.address()];
            let label = *function.name == *arguments.function;
            if label || name.as_str() == Some(&arguments.function) || known.contains(&arguments.function) {
                let derivation = workspace.derivations.shown(project, function, &settings.sources);
                match arguments.format {
                    EvidenceFormat::Text => super::print(&text(project, &derivation))?,
                    EvidenceFormat::Json => {
                        super::print(&(serde_json::to_string_pretty(&evidence(project, &derivation))? + "\n"))?;
                    }
                }
                return Ok(super::CLEAN);
            }
            names.extend(known);
        }
    }
    names.sort();
    names.dedup();
    let known = if names.is_empty() { "there is none".to_owned() } else { names.join(", ") };
    anyhow::bail!("{} declares no function `{}`; its functions: {known}", root.display(), arguments.function)
}

/// The derivation for people.
fn text(project: &Project, derivation: &Derivation) -> String {
    let mut text = String::new();
    let function = project.resource(derivation.function);
    let file = project.file(function.header.file);
    let line = file.position(function.header.start).line;
    let address = project.plan_address(function.id);
    let _ = writeln!(text, "{address} ({}:{line}): tier {:?}", file.display, derivation.tier());
    match &derivation.located {
        Ok(located) => {
            let _ = writeln!(text, "\nsource: {} ({})", located.place, located.handler);
        }
        Err(reason) => {
            let _ = writeln!(text, "\nsource: not found: {reason}");
        }
    }
    if let Some(usage) = &derivation.usage {
        let _ = writeln!(text, "  read: {}", usage.imports.files.join(", "));
        let outside = [&usage.imports.standard, &usage.imports.sdk, &usage.imports.aws_free, &usage.imports.unknown];
        let names: Vec<_> = outside.into_iter().flatten().map(|import| import.name.as_str()).collect();
        let _ = writeln!(text, "  imported from outside: {}", names.join(", "));
    }
    text.push_str("\nneeds:\n");
    for need in &derivation.needs {
        let sure = match need.certainty {
            Certainty::Needed => "",
            Certainty::Kept => " (kept where it is granted)",
            Certainty::Harmless => " (kept where it is granted by name)",
        };
        let _ = writeln!(text, "  {} on {}{sure}\n    {}", need.action, on(&need.on), need.why.text());
    }
    text.push_str(&grants(project, derivation));
    for (title, list) in [("look at it", &derivation.doubts), ("not understood", &derivation.obstacles)] {
        if !list.is_empty() {
            let _ = writeln!(text, "\n{title}:");
            for reason in list {
                let _ = writeln!(text, "  {reason}");
            }
        }
    }
    text
}

/// What the role has, and what becomes of it.
fn grants(project: &Project, derivation: &Derivation) -> String {
    let mut text = String::new();
    let Some(role) = derivation.role.map(|role| project.resource(role)) else { return text };
    let _ = writeln!(text, "\ngranted by {}:", role.address());
    for (document, fates) in derivation.granted.documents.iter().zip(&derivation.plan.documents) {
        for (held, fate) in document.statements.iter().zip(fates) {
            let file = project.file(held.at.span.file);
            let line = file.position(held.at.span.start).line;
            let holder = project.resource(document.holder).address();
            let resources: Vec<String> = held.patterns.iter().map(crate::iam::scope::arn::Pattern::text_of).collect();
            let _ = writeln!(
                text,
                "  {holder} ({}:{line}): {} on {}",
                file.display,
                held.actions.join(", "),
                resources.join(", ")
            );
            let _ = writeln!(text, "    {}", shown(fate, &resources));
            if let Some(reason) = &held.fixed {
                let _ = writeln!(text, "    {reason}");
            }
        }
    }
    for (attached, fate) in derivation.granted.attached.iter().zip(&derivation.plan.attached) {
        let _ = writeln!(
            text,
            "  {} ({})\n    {}",
            attached.name,
            project.resource(attached.by).address(),
            shown(fate, &[])
        );
    }
    let missing: Vec<&Need> = derivation.missing().collect();
    if !missing.is_empty() {
        text.push_str("\nnot granted:\n");
        for need in missing {
            let _ = writeln!(text, "  {} on {}", need.action, on(&need.on));
        }
    }
    text
}

fn shown(fate: &Fate, resources: &[String]) -> String {
    let element = |element: &Element| match element {
        Element::Own(i) => resources.get(*i).cloned().unwrap_or_default(),
        Element::Target(target) => target.shown.clone(),
        Element::Everything => "*".to_owned(),
    };
    let group = |group: &Group| {
        let on: Vec<String> = group.resources.iter().map(element).collect();
        format!("{} on {}", group.actions.join(", "), on.join(", "))
    };
    match fate {
        Fate::Stays => "stays".into(),
        Fate::Goes => "goes: nothing of it is needed".into(),
        Fate::Becomes(groups) => format!("becomes {}", groups.iter().map(group).collect::<Vec<_>>().join("; ")),
    }
}

fn on(on: &On) -> String {
    match on {
        On::Everything => "*".into(),
        On::Open(reason) => format!("something that isn't known: {reason}"),
        On::Targets(targets) => targets.iter().map(|target| target.shown.clone()).collect::<Vec<_>>().join(", "),
    }
}

/// The derivation as data.
fn evidence(project: &Project, derivation: &Derivation) -> Value {
    let located = derivation.located.as_ref();
    let role = derivation.role.map(|role| project.plan_address(role));
    let statements: Vec<Value> = derivation
        .granted
        .documents
        .iter()
        .zip(&derivation.plan.documents)
        .flat_map(|(document, fates)| document.statements.iter().zip(fates).map(move |pair| (document, pair)))
        .map(|(document, (held, fate))| {
            let resources: Vec<String> = held.patterns.iter().map(crate::iam::scope::arn::Pattern::text_of).collect();
            json!({
                "policy": project.plan_address(document.holder),
                "actions": held.actions,
                "resources": resources,
                "result": shown(fate, &resources),
            })
        })
        .collect();
    json!({
        "function": project.plan_address(derivation.function),
        "role": role,
        "tier": derivation.tier(),
        "source": located.map(|located| located.place.clone()).ok(),
        "no_source_reason": located.err(),
        "usage": derivation.usage.as_deref(),
        "needs": derivation.needs.iter().map(need).collect::<Vec<_>>(),
        "granted": statements,
        "not_granted": derivation.missing().map(need).collect::<Vec<_>>(),
        "doubts": derivation.doubts,
        "obstacles": derivation.obstacles,
    })
}

fn need(need: &Need) -> Value {
    let (resources, reason) = match &need.on {
        On::Everything => (vec!["*".to_owned()], None),
        On::Targets(targets) => (targets.iter().map(|target| target.shown.clone()).collect(), None),
        On::Open(reason) => (Vec::new(), Some(reason)),
    };
    json!({
        "action": need.action,
        "resources": resources,
        "open_because": reason,
        "certainty": need.certainty,
        "why": need.why,
    })
}

fn policy(arguments: &IamPolicy) -> anyhow::Result<u8> {
    let path = &arguments.path;
    if !path.is_dir() {
        anyhow::bail!("{} is no directory: give the one of the source", path.display());
    }
    let mut files = read_folder(path).map_err(anyhow::Error::msg).with_context(|| path.display().to_string())?;
    let mut handler = arguments.handler.clone();
    let Some(language) = language_of_handler(&files, &handler) else {
        let module = arguments.handler.rsplit_once('.').map_or(arguments.handler.as_str(), |(module, _)| module);
        anyhow::bail!(
            "{} holds no {module}.py, .js, .mjs or .ts, no such class of Java, and no program in Go: the handler is \
             MODULE.FUNCTION, such as app.handler; com.example.Class::method; or of Go the program's folder, such as \
             cmd/orders",
            path.display()
        );
    };
    if language == Language::Go {
        // Packages that it imports may lie beside it in the same module.
        let path = path.canonicalize().with_context(|| path.display().to_string())?;
        let (module, folder) = go_module(&path, std::path::Path::new("/")).map_err(anyhow::Error::msg)?;
        files = module;
        handler = if folder.is_empty() { handler } else { folder };
    }
    let usage = usage::analyse(&files, &handler, language);
    let project = alone();
    let binder = Binder::new(&project, &project.resources[0]);
    let mut needs = Vec::new();
    let mut refused: Vec<String> = usage
        .refusals
        .iter()
        .map(|r| format!("{}:{}:{}: {}", r.place.file, r.place.line, r.place.column, r.what))
        .collect();
    for call in &usage.calls {
        match binder.needs(call) {
            Ok(more) => needs.extend(more),
            Err(reason) => {
                refused.push(format!("{}:{}:{}: {reason}", call.place.file, call.place.line, call.place.column));
            }
        }
    }
    let written = document(&needs);
    for need in needs.iter().filter(|need| need.certainty == Certainty::Needed) {
        if let On::Open(reason) = &need.on {
            super::talk(&format!("note: {} on `*`: {}; {reason}", need.action, need.why.text()));
        }
    }
    for reason in &refused {
        super::talk(&format!("warning: {reason}: the policy may lack what it needs"));
    }
    let result = match arguments.format {
        EvidenceFormat::Text => written,
        EvidenceFormat::Json => json!({
            "policy": written,
            "needs": needs.iter().map(need).collect::<Vec<_>>(),
            "refusals": refused,
            "usage": usage,
        }),
    };
    super::print(&(serde_json::to_string_pretty(&result)? + "\n"))?;
    Ok(if refused.is_empty() { super::CLEAN } else { super::INCOMPLETE })
}

/// A function that nothing is known of but its code.
fn alone() -> Project {
    let function = Resource {
        id: ResourceId(0),
        instance: InstanceId(0),
        mode: Mode::Managed,
        kind: "aws_lambda_function".into(),
        name: "function".into(),
        span: crate::source::Span::default(),
        header: crate::source::Span::default(),
        body: crate::model::Body::default(),
        repeat: Repeat::Once,
        watched: Vec::new(),
        origin: None,
    };
    let module = Module {
        directory: ".".into(),
        files: Vec::new(),
        provider: Version::NEWEST_PROVIDER,
        macros: false,
        inputs: BTreeSet::new(),
    };
    let instance = Instance {
        module: ModuleId(0),
        address: String::new(),
        root: InstanceId(0),
        provider: Version::NEWEST_PROVIDER,
    };
    Project { resources: vec![function], modules: vec![module], instances: vec![instance], ..Project::default() }
}
