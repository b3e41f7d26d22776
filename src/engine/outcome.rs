//! The findings of a run as they are reported.

use std::ops::RangeInclusive;

use super::judge::{Judged, Judgement, Unasked, Withheld};
use super::round::Run;
use super::{Options, Outcome};
use crate::backend::align;
use crate::diagnostic::Diagnostic;
use crate::edit::EditSet;
use crate::finding::{Excerpt, Finding, FixSummary, NotApplied, Replacement, Source, Unreported};
use crate::fix::Grade;
use crate::model::Project;
use crate::source::{Region, SourceFile, Span, line_end, line_start};
use crate::workspace::Lowered;

/// The findings that are left, each with the reason why it is.
pub(super) fn report(run: &mut Run<'_>, options: Options) -> Outcome {
    let mut outcome = Outcome { applied: std::mem::take(&mut run.applied), ..Outcome::default() };
    if let Some(directory) = &run.workspace.project.truncated {
        outcome.diagnostics.push(Diagnostic::error(
            &**directory,
            "modules or stacks multiply to thousands of uses, or nest too deep: not all were analysed",
            "scan them one by one",
        ));
    }
    outcome.diagnostics.extend(run.workspace.project.problems.iter().cloned());
    for judged in &run.judged {
        if options.severity.is_some_and(|severity| judged.control.severity < severity) {
            continue;
        }
        if let Some(grade) = options.apply {
            outcome.not_applied.push(not_applied(run, judged, reason(run, judged, grade)));
        }
        outcome.findings.push(finding(run, judged, options.preview));
    }
    unreported(run, &run.unasked, options, false, &mut outcome);
    if options.apply.is_some() {
        let Judgement { failed, unasked } = run.judge(&run.rules.quiet);
        outcome.not_applied.extend(left_by_quiet_controls(run, &failed));
        unreported(run, &unasked, options, true, &mut outcome);
    }
    outcome
}

/// What is no finding, with the reason.
fn unreported(run: &Run<'_>, unasked: &[Unasked<'_>], options: Options, quiet: bool, outcome: &mut Outcome) {
    let project = &run.workspace.project;
    for Unasked { control, resource, verdict } in unasked {
        if options.severity.is_some_and(|severity| control.severity < severity) {
            continue;
        }
        let (list, reason) = match verdict {
            Withheld::Exempt(reason) => (&mut outcome.exempt, reason),
            Withheld::Undecided(reason) => (&mut outcome.undecided, reason),
        };
        let resource = project.resource(*resource);
        let file = project.file(resource.header.file);
        list.push(Unreported {
            control: control.id.clone(),
            resource: resource.address(),
            file: file.display.clone(),
            line: file.position(resource.header.start).line,
            reason: reason.clone(),
            quiet,
            lines: block_lines(project, resource.span, resource.header),
        });
    }
}

/// What quiet controls would report: other tools do, and whoever compares wants the reason.
fn left_by_quiet_controls(run: &Run<'_>, left: &[Judged<'_>]) -> Vec<NotApplied> {
    let why = |judged: &Judged<'_>| match &judged.fix {
        Ok((_, Some(_))) => format!("quiet: run with --control {}", judged.control.id),
        _ => reason(run, judged, Grade::Review),
    };
    left.iter().map(|judged| NotApplied { quiet: true, ..not_applied(run, judged, why(judged)) }).collect()
}

fn not_applied(run: &Run<'_>, judged: &Judged<'_>, reason: String) -> NotApplied {
    let project = &run.workspace.project;
    let file = project.file(judged.at.file);
    NotApplied {
        control: judged.control.id.clone(),
        resource: project.resource(judged.resource).address(),
        file: file.display.clone(),
        line: file.position(judged.at.start).line,
        reason,
        quiet: false,
    }
}

fn reason(run: &Run<'_>, judged: &Judged<'_>, wanted: Grade) -> String {
    if let Some(suppressed) = &judged.suppressed {
        return format!("suppressed by {}", suppressed.tool);
    }
    if let Some(reason) = run.rejected.get(&judged.key(&run.workspace)) {
        return format!("taken back: {reason}");
    }
    match &judged.fix {
        Err(reason) if judged.settled || reason.starts_with("taken back") => reason.clone(),
        Err(reason) => format!("can't be written: {reason}"),
        Ok((fix, None)) => format!("manual: {}", fix.notes.join("; ")),
        Ok((fix, Some(_))) if fix.grade < wanted => format!("grade {}: run with --grade {}", fix.grade, fix.grade),
        Ok((fix, _)) if !run.is_chosen(judged, fix.grade) => "not chosen".into(),
        Ok(_) => "not reached".into(),
    }
}

fn finding(run: &Run<'_>, judged: &Judged<'_>, preview: bool) -> Finding {
    let project = &run.workspace.project;
    let resource = project.resource(judged.resource);
    let file = project.file(judged.at.file);
    let position = file.position(judged.at.start);
    let fix = judged.fix.as_ref().ok().map(|(fix, _)| FixSummary {
        grade: fix.grade,
        effect: fix.effect,
        costs: judged.costs(&run.workspace, run.settings),
        title: fix.title.clone(),
        notes: fix.notes.clone(),
    });
    let edits = match &judged.fix {
        Ok((_, Some(lowered))) if preview => edits(run, lowered),
        _ => EditSet::default(),
    };
    let origin = resource.origin.as_deref();
    let source = origin.and_then(|origin| {
        let call = origin.call.as_ref().ok()?;
        Some(Source { file: call.file.clone(), line: call.line, construct: origin.construct.clone() })
    });
    Finding {
        source,
        no_source_reason: origin.and_then(|origin| origin.call.as_ref().err().cloned()),
        control: judged.control.id.clone(),
        severity: judged.control.severity,
        resource: resource.address(),
        file: file.display.clone(),
        line: position.line,
        column: position.column,
        message: judged.message.clone(),
        fix,
        no_fix_reason: judged.fix.as_ref().err().cloned(),
        suppressed: judged.suppressed.clone(),
        module: project.module_of(resource.instance).directory.clone(),
        lines: block_lines(project, resource.span, judged.at),
        construct: origin.map(|origin| origin.construct.clone()),
        preview: diff(run, &edits),
        edits: replacements(run, &edits),
        region: if preview { file.region(&judged.at.range()) } else { Region::default() },
        span: judged.at,
        excerpt: preview.then(|| excerpt(file, judged.at)),
    }
}

/// The lines of a block, where the place is in its file; else the place's own.
fn block_lines(project: &Project, block: Span, at: Span) -> RangeInclusive<usize> {
    let line = |offset: u32| project.file(at.file).position(offset).line;
    let span = if block.file == at.file { block } else { at };
    line(span.start)..=line(span.end)
}

/// What a fix writes when it goes alone.
fn edits(run: &Run<'_>, lowered: &Lowered) -> EditSet {
    let mut edits = EditSet::default();
    edits.accept(&lowered.all_edits().cloned().collect::<Vec<_>>());
    let moved = align(&run.workspace, &edits);
    edits.accept(&moved);
    edits
}

fn diff(run: &Run<'_>, edits: &EditSet) -> String {
    let mut text = String::new();
    for id in edits.files() {
        let file = run.workspace.project.file(id);
        text.push_str(&crate::report::unified(&file.display, &file.text, &edits.apply(id, &file.text), 2));
    }
    text
}

fn replacements(run: &Run<'_>, edits: &EditSet) -> Vec<Replacement> {
    let mut all = Vec::new();
    for id in edits.files() {
        let file = run.workspace.project.file(id);
        all.extend(edits.of(id).into_iter().map(|edit| Replacement {
            file: file.display.clone(),
            region: file.region(&edit.span.range()),
            range: edit.span.range(),
            text: edit.text.clone(),
        }));
    }
    all
}

fn excerpt(file: &SourceFile, at: Span) -> Excerpt {
    let start = line_start(&file.text, at.start as usize);
    let end = line_end(&file.text, (at.end as usize).min(line_end(&file.text, at.start as usize)));
    let last = line_end(&file.text, at.start as usize).min(at.end as usize);
    Excerpt {
        text: file.text[start..end].to_owned(),
        first_line: file.position(at.start).line,
        range: at.start as usize - start..last.max(at.start as usize) - start,
    }
}
