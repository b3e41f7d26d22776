//! `terramend fix --from`: what another tool reported, and nothing else.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

use super::arguments::Common;
use super::{Analysis, analysis, catalogue, discover, prepare, proofs, suggest};
use crate::engine::{self, Candidate, Options, Outcome};
use crate::reported;

/// Fixes in memory what a report names. The controls that answer for its rules are judged as if they were named: also
/// those that are quiet. What else they find is neither fixed nor reported. With a `proof`, CDK applications are
/// synthesised before and after, in that time each.
pub(super) fn analyse(
    common: &Common,
    report: &Path,
    options: Options,
    proof: Option<Duration>,
) -> anyhow::Result<Analysis> {
    let reports = reported::read(&suggest::read(report)?).with_context(|| report.display().to_string())?;
    let known = catalogue(&common.path)?;
    let mut asked: Vec<String> = reported::controls(&reports, &known).into_iter().collect();
    if !common.control.is_empty() {
        let selected = prepare(common)?.catalogue;
        asked.retain(|id| selected.find(id).is_some());
    }
    let common = Common { control: asked.clone(), ..common.clone() };
    let mut prepared = prepare(&common)?;
    prepared.catalogue.retain(|control| asked.contains(&control.id));
    let (controls, settings) = (&prepared.catalogue, &prepared.settings);
    let mut discovery = discover(&common);
    let proofs = proof.map(|timeout| proofs(&common.path, &mut discovery, controls, settings, options, timeout));
    let load = |discovery| if proofs.is_some() { crate::backend::load(discovery) } else { prepared.load(discovery) };
    let scan = engine::run(load(discovery), controls, settings, Options::default());
    let judged = proofs.iter().flat_map(|proofs| proofs.each(&|proof| proof.judge()));
    let scan = judged.fold(scan, Outcome::with);
    let Outcome { findings, exempt, undecided, .. } = &scan;
    let root = &common.path;
    let judged = reported::Judged { findings, exempt, undecided, known: &known, controls, settings, root };
    let matched = reported::matches(&reports, &judged);
    let choose = |candidate: &Candidate<'_>| matched.means(&candidate.control.id, candidate.module, candidate.resource);
    let mut discovery = discover(&common);
    if proofs.is_some() {
        let _ = discovery.take_applications();
    }
    let outcome = engine::run_chosen(load(discovery), controls, settings, options, &choose);
    let proven = proofs.iter().flat_map(|proofs| proofs.each(&|proof| proof.prove(&choose)));
    let mut outcome = proven.fold(outcome, Outcome::with);
    outcome.findings.retain(|finding| matched.means(&finding.control, &finding.module, &finding.resource));
    outcome.not_applied.retain(|left| matched.names(&left.control, &left.file, &left.resource));
    // Why there is no finding stands where the report is answered.
    (outcome.exempt, outcome.undecided) = (Vec::new(), Vec::new());
    outcome.unmatched = matched.unmatched;
    drop(proofs);
    Ok(analysis(prepared, outcome))
}
