//! `terramend fix --from`: what another tool reported, and nothing else.

use std::path::Path;

use anyhow::Context as _;

use super::arguments::Common;
use super::{Analysis, analysis, catalogue, discover, prepare, suggest};
use crate::engine::{self, Options};
use crate::reported;

/// Fixes in memory what a report names. The controls that answer for its rules are judged as if they were named: also
/// those that are quiet. What else they find is neither fixed nor reported.
pub(super) fn analyse(common: &Common, report: &Path, options: Options) -> anyhow::Result<Analysis> {
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
    let scan = engine::run(prepared.load(discover(&common)), controls, settings, Options::default());
    let judged = reported::Judged { findings: &scan.findings, known: &known, controls, settings, root: &common.path };
    let matched = reported::matches(&reports, &judged);
    let mut outcome = engine::run_chosen(prepared.load(discover(&common)), controls, settings, options, &|candidate| {
        matched.means(&candidate.control.id, candidate.module, candidate.resource)
    });
    outcome.findings.retain(|finding| matched.means(&finding.control, &finding.module, &finding.resource));
    outcome.not_applied.retain(|left| matched.names(&left.control, &left.file, &left.resource));
    outcome.unmatched = matched.unmatched;
    Ok(analysis(prepared, outcome))
}
