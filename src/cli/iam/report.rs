//! `terramend iam report`: all functions, what they need held against what they have.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;

use crate::catalogue::Settings;
use crate::cli::arguments::{EvidenceFormat, IamReport};
use crate::iam::actions;
use crate::iam::scope::narrow::Fate;
use crate::iam::scope::{Certainty, Derivation, Need, On, Tier, published, wide};
use crate::model::Project;

/// One function.
#[derive(Debug, Serialize)]
struct Row {
    function: String,
    file: String,
    line: usize,
    tier: Tier,
    /// Nothing where its source wasn't found.
    language: Option<&'static str>,
    /// What is wide in its role.
    broad: Option<String>,
    /// Calls in its source.
    calls: usize,
    /// Whether the source holds nothing that isn't understood.
    complete: bool,
    /// Actions of its calls whose resources aren't known, with the reason.
    open: Vec<String>,
    /// Actions that its role has and that stay.
    kept: BTreeSet<String>,
    /// Actions that go, each by its own name.
    removed: BTreeSet<String>,
    /// Actions that nothing grants.
    missing: BTreeSet<String>,
    obstacles: Vec<String>,
    doubts: Vec<String>,
}

/// All functions together.
#[derive(Debug, Default, Serialize)]
struct Totals {
    functions: usize,
    with_source: usize,
    tiers: [usize; 3],
    broad: usize,
    broad_tiers: [usize; 3],
    with_calls: usize,
    complete: usize,
    /// Of those with calls: whose resources are all known.
    bound: usize,
    kept: usize,
    removed: usize,
    missing: usize,
}

pub(super) fn run(arguments: &IamReport) -> anyhow::Result<u8> {
    let root = &arguments.path;
    let settings = Settings::load(root, &crate::cli::catalogue(root)?)?;
    let loaded = crate::backend::load(crate::discover::discover(root));
    let mut rows = Vec::new();
    for group in loaded.groups {
        let workspace = crate::backend::build(group);
        let project = &workspace.project;
        for function in published::functions(project) {
            let derivation = workspace.derivations.shown(project, function, &settings.sources);
            rows.push(row(project, &derivation));
        }
    }
    rows.sort_by(|a, b| (&a.file, a.line, &a.function).cmp(&(&b.file, b.line, &b.function)));
    let totals = totals(&rows);
    match arguments.format {
        EvidenceFormat::Text => crate::cli::print(&text(&rows, &totals))?,
        EvidenceFormat::Json => {
            let report = serde_json::json!({ "functions": rows, "totals": totals });
            crate::cli::print(&(serde_json::to_string_pretty(&report)? + "\n"))?;
        }
    }
    Ok(crate::cli::CLEAN)
}

fn row(project: &Project, derivation: &Derivation) -> Row {
    let function = project.resource(derivation.function);
    let file = project.file(function.header.file);
    let called = derivation.needs.iter().filter(|need| need.is_called() && need.certainty == Certainty::Needed);
    let open = called.filter_map(|need| match &need.on {
        On::Open(reason) => Some(format!("{}: {reason}", need.action)),
        _ => None,
    });
    let (kept, removed) = compared(derivation);
    let usage = derivation.usage.as_deref();
    Row {
        function: project.plan_address(function.id),
        file: file.display.to_string(),
        line: file.position(function.header.start).line,
        tier: derivation.tier(),
        language: derivation.located.as_ref().ok().map(|located| located.language.name()),
        broad: wide::breadth(&derivation.granted),
        calls: usage.map_or(0, |usage| usage.calls.len()),
        complete: usage.is_some_and(|usage| usage.refusals.is_empty()),
        open: open.collect(),
        kept,
        removed,
        missing: derivation.missing().map(|need: &Need| need.action.clone()).collect(),
        obstacles: derivation.obstacles.clone(),
        doubts: derivation.doubts.clone(),
    }
}

/// The actions that the role has and that stay, and those that go. A pattern stands for the actions that are known.
fn compared(derivation: &Derivation) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut kept, mut granted) = (BTreeSet::new(), BTreeSet::new());
    let documents = derivation.granted.documents.iter().zip(&derivation.plan.documents);
    for (held, fate) in documents.flat_map(|(document, fates)| document.statements.iter().zip(fates)) {
        if held.allows {
            follow(held.actions.iter().map(String::as_str), fate, &mut kept, &mut granted);
        }
    }
    for (attached, fate) in derivation.granted.attached.iter().zip(&derivation.plan.attached) {
        if !attached.standing {
            follow(attached.actions.iter().flatten().copied(), fate, &mut kept, &mut granted);
        }
    }
    let removed = granted.difference(&kept).cloned().collect();
    (kept, removed)
}

fn follow<'a>(
    actions: impl Iterator<Item = &'a str>,
    fate: &Fate,
    kept: &mut BTreeSet<String>,
    granted: &mut BTreeSet<String>,
) {
    let all: BTreeSet<String> = actions
        .flat_map(|pattern| match actions::table().expand(pattern) {
            Some(known) if !known.is_empty() => known,
            _ => vec![pattern.to_owned()],
        })
        .collect();
    match fate {
        Fate::Stays => kept.extend(all.iter().cloned()),
        Fate::Goes => {}
        Fate::Becomes(groups) => kept.extend(groups.iter().flat_map(|group| group.actions.iter().cloned())),
    }
    granted.extend(all);
}

fn totals(rows: &[Row]) -> Totals {
    let mut totals = Totals { functions: rows.len(), ..Totals::default() };
    for row in rows {
        let tier = row.tier as usize;
        totals.tiers[tier] += 1;
        totals.with_source += usize::from(row.language.is_some());
        if row.broad.is_some() {
            totals.broad += 1;
            totals.broad_tiers[tier] += 1;
        }
        if row.calls > 0 {
            totals.with_calls += 1;
            totals.complete += usize::from(row.complete);
            totals.bound += usize::from(row.complete && row.open.is_empty());
        }
        if row.tier != Tier::C {
            totals.kept += row.kept.len();
            totals.removed += row.removed.len();
            totals.missing += row.missing.len();
        }
    }
    totals
}

fn text(rows: &[Row], totals: &Totals) -> String {
    let mut text = String::new();
    for row in rows {
        let _ = writeln!(text, "{}:{}: {}: tier {:?}, {} calls", row.file, row.line, row.function, row.tier, row.calls);
        if let Some(broad) = &row.broad {
            let _ = writeln!(text, "  too broad: {broad}");
        }
        let lists: [(&str, Vec<&String>); 6] = [
            ("kept", row.kept.iter().collect()),
            ("removed", row.removed.iter().collect()),
            ("missing", row.missing.iter().collect()),
            ("resource not known", row.open.iter().collect()),
            ("look at it", row.doubts.iter().collect()),
            ("not understood", row.obstacles.iter().collect()),
        ];
        // What isn't understood is neither kept nor removed.
        let skipped = if row.tier == Tier::C { 3 } else { 0 };
        for (name, list) in lists.into_iter().skip(skipped).filter(|(_, list)| !list.is_empty()) {
            let _ = writeln!(text, "  {name}: {}", shortened(&list));
        }
    }
    let [a, b, c] = totals.tiers;
    let [broad_a, broad_b, broad_c] = totals.broad_tiers;
    let _ = writeln!(
        text,
        "\n{} functions, {} with source: tier A {a}, B {b}, C {c}\n{} too broad: tier A {broad_a}, B {broad_b}, C {broad_c}\n\
         {} with calls: {} understood, {} of them with all resources\n\
         actions (tiers A and B): {} kept, {} removed, {} missing",
        totals.functions,
        totals.with_source,
        totals.broad,
        totals.with_calls,
        totals.complete,
        totals.bound,
        totals.kept,
        totals.removed,
        totals.missing
    );
    text
}

/// Some of a list, and how many more.
fn shortened(list: &[&String]) -> String {
    const SHOWN: usize = 12;
    let shown: Vec<&str> = list.iter().take(SHOWN).map(|entry| entry.as_str()).collect();
    match list.len().checked_sub(SHOWN) {
        None | Some(0) => shown.join(", "),
        Some(more) => format!("{} and {more} more", shown.join(", ")),
    }
}
