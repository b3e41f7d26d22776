//! Which findings of ours another tool means.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::Path;

use super::Reported;
use crate::catalogue::{Catalogue, Control, Settings};
use crate::finding::{Finding, Unmatched, Unreported};

/// What a tree was judged by, and what was found.
#[derive(Clone, Copy)]
pub struct Judged<'a> {
    /// What the controls find.
    pub findings: &'a [Finding],
    /// What they don't ask of a resource.
    pub exempt: &'a [Unreported],
    /// What they can't tell of a resource.
    pub undecided: &'a [Unreported],
    /// All controls that there are.
    pub known: &'a Catalogue,
    /// Those that were judged.
    pub controls: &'a Catalogue,
    /// What the user switched off.
    pub settings: &'a Settings,
    /// The directory of the tree.
    pub root: &'a Path,
}

/// What came of a report.
#[derive(Debug, Default)]
pub struct Matched {
    /// Control, module and resource of the findings that are meant.
    wanted: BTreeSet<(String, String, String)>,
    /// The same by their files.
    named: BTreeSet<(String, String, String)>,
    /// What means none, each with the reason.
    pub unmatched: Vec<Unmatched>,
}

impl Matched {
    /// Whether a finding is meant, by the module of its resource.
    pub fn means(&self, control: &str, module: &str, resource: &str) -> bool {
        self.wanted.contains(&(control.to_owned(), module.to_owned(), resource.to_owned()))
    }

    /// Whether a finding is meant, by its file.
    pub fn names(&self, control: &str, file: &str, resource: &str) -> bool {
        self.named.contains(&(control.to_owned(), file.to_owned(), resource.to_owned()))
    }

    fn add(&mut self, finding: &Finding) {
        let with = |place: &str| (finding.control.clone(), place.to_owned(), finding.resource.clone());
        self.wanted.insert(with(&finding.module));
        self.named.insert(with(&finding.file));
    }
}

/// The ids of the controls that a report asks for.
pub fn controls(reports: &[Reported], catalogue: &Catalogue) -> BTreeSet<String> {
    reports.iter().flat_map(|reported| answering(reported, catalogue)).map(|control| control.id.clone()).collect()
}

/// The controls that answer for a rule: several may, when the rule asks for more than one thing.
fn answering<'c>(reported: &Reported, catalogue: &'c Catalogue) -> Vec<&'c Control> {
    let named = |id: &String| -> Vec<&Control> {
        catalogue.controls().iter().filter(|control| control.id == *id || control.has_alias(id)).collect()
    };
    reported.ids.iter().map(named).find(|controls| !controls.is_empty()).unwrap_or_default()
}

/// Matches reports with the findings of the controls that they ask for.
pub fn matches(reports: &[Reported], judged: &Judged<'_>) -> Matched {
    let top = judged.root.canonicalize().unwrap_or_else(|_| judged.root.to_owned());
    let mut matched = Matched::default();
    for reported in reports {
        match one(reported, judged, &top) {
            Ok(meant) => meant.into_iter().for_each(|finding| matched.add(finding)),
            Err(reason) => {
                let unmatched = Unmatched {
                    tool: reported.tool.clone(),
                    id: reported.ids.first().cloned().unwrap_or_default(),
                    file: reported.files.last().cloned(),
                    line: reported.lines.as_ref().map(|lines| *lines.start()),
                    resource: reported.resource.clone(),
                    reason,
                };
                if !matched.unmatched.contains(&unmatched) {
                    matched.unmatched.push(unmatched);
                }
            }
        }
    }
    matched
}

fn one<'f>(reported: &Reported, judged: &Judged<'f>, top: &Path) -> Result<Vec<&'f Finding>, String> {
    let controls = answering(reported, judged.known);
    let names = || controls.iter().map(|control| format!("`{}`", control.id)).collect::<Vec<_>>().join(", ");
    if controls.is_empty() {
        return Err("no control answers for this rule".into());
    }
    if !controls.iter().any(|control| judged.controls.find(&control.id).is_some()) {
        return Err(format!("{} is not among the controls of --control", names()));
    }
    if !controls.iter().any(|control| judged.settings.enabled(control)) {
        return Err(format!("{} is switched off in .terramend.hcl", names()));
    }
    if reported.files.is_empty() && reported.resource.is_none() {
        return Err("it names no place".into());
    }
    if !reported.files.is_empty() && reported.lines.is_none() && reported.resource.is_none() {
        return Err("it names a file, and neither a line nor a resource".into());
    }
    let is_asked = |finding: &&Finding| controls.iter().any(|control| control.id == finding.control);
    let mut here: Vec<&Finding> = judged.findings.iter().filter(is_asked).collect();
    if !reported.files.is_empty() {
        here = in_file(reported, &here, top)?;
    }
    // By the address first: lines may have moved since the report.
    let same = |finding: &&&Finding| reported.resource.as_deref().is_some_and(|named| is_resource(named, finding));
    let mut meant: Vec<&Finding> = here.iter().filter(same).copied().collect();
    if meant.is_empty() {
        let overlaps = |finding: &&&Finding| {
            let lines = reported.lines.as_ref();
            lines.is_some_and(|lines| match call_in(reported, finding) {
                Some(line) => lines.contains(&line),
                None => lines.start() <= finding.lines.end() && finding.lines.start() <= lines.end(),
            })
        };
        meant = here.iter().filter(overlaps).copied().collect();
    }
    if meant.is_empty() {
        let answers = |other: &&Unreported| controls.iter().any(|control| control.id == other.control);
        let why = |list: &[Unreported]| {
            list.iter().filter(answers).find(|other| is_there(reported, other)).map(|other| other.reason.clone())
        };
        return Err(match (why(judged.exempt), why(judged.undecided)) {
            (Some(reason), _) => format!("{} doesn't ask for it there: {reason}", names()),
            (None, Some(reason)) => format!("{} can't tell: {reason}", names()),
            (None, None) => format!("{} finds nothing wrong there", names()),
        });
    }
    Ok(meant)
}

/// Whether what isn't reported is about the place that a report names.
fn is_there(reported: &Reported, other: &Unreported) -> bool {
    let in_file = reported.files.iter().any(|named| {
        let named = named.replace('\\', "/");
        let (named, file) =
            (Path::new(named.trim_start_matches("./").trim_start_matches('/')), Path::new(&*other.file));
        named.ends_with(file) || file.ends_with(named)
    });
    let named = reported.resource.as_deref().map(|named| is_address(named, &other.resource));
    let overlaps =
        |lines: &RangeInclusive<usize>| lines.start() <= other.lines.end() && other.lines.start() <= lines.end();
    (in_file || reported.files.is_empty()) && named.unwrap_or_else(|| reported.lines.as_ref().is_some_and(overlaps))
}

/// The findings in the file that a report names; where several files may be meant, an error that names them.
fn in_file<'f>(reported: &Reported, candidates: &[&'f Finding], top: &Path) -> Result<Vec<&'f Finding>, String> {
    for named in &reported.files {
        let named = named.replace('\\', "/");
        let inside = Path::new(&named).strip_prefix(top).ok().map(|path| path.to_string_lossy().replace('\\', "/"));
        let bare = inside.unwrap_or_else(|| named.trim_start_matches("./").trim_start_matches('/').to_owned());
        let is = |finding: &&&Finding| {
            *finding.file == *bare || finding.source.as_ref().is_some_and(|source| *source.file == *bare)
        };
        let exact: Vec<&Finding> = candidates.iter().filter(is).copied().collect();
        if !exact.is_empty() {
            return Ok(exact);
        }
        if top.join(&bare).is_file() {
            // It is that file, and nothing is found in it: no other one is meant.
            return Ok(Vec::new());
        }
        let suffix = |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest.ends_with('/'));
        // The tool ran above our directory, or below it.
        let mut files: Vec<&str> = candidates.iter().map(|finding| &*finding.file).collect();
        files.retain(|file| suffix(&bare, file) || suffix(file, &bare));
        files.sort_by_key(|file| (std::cmp::Reverse(file.len()), *file));
        files.dedup();
        let below: Vec<&str> = files.iter().copied().filter(|file| suffix(file, &bare)).collect();
        let file = match (below.as_slice(), files.as_slice()) {
            ([_, _, ..], _) => return Err(format!("several files are called so: {}", below.join(", "))),
            (_, []) => continue,
            (_, [longest, ..]) => *longest,
        };
        return Ok(candidates.iter().filter(|finding| *finding.file == *file).copied().collect());
    }
    Ok(Vec::new())
}

/// The line of the call that makes the resource, where a report names the program and not the template.
fn call_in(reported: &Reported, finding: &Finding) -> Option<usize> {
    let source = finding.source.as_ref()?;
    let named = reported.files.iter().any(|named| Path::new(&named.replace('\\', "/")).ends_with(&*source.file));
    named.then_some(source.line)
}

/// Whether a name of another tool is a finding's resource: an address behind modules and before keys, a logical id, or a
/// path in the construct.
fn is_resource(named: &str, finding: &Finding) -> bool {
    let own = finding.resource.as_str();
    let logical = own.rsplit('.').next().unwrap_or_default();
    if let Some(construct) = &finding.construct {
        let inside = named.strip_prefix(&**construct).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if inside || named == logical {
            return true;
        }
    }
    is_address(named, own)
}

/// Whether a name of another tool is an address of ours, behind modules and before keys.
fn is_address(named: &str, own: &str) -> bool {
    let bare = without_keys(named);
    bare == own || bare.strip_suffix(own).is_some_and(|before| before.ends_with('.'))
}

/// `module.queue["a.b"].aws_sqs_queue.this[0]` without what stands in brackets.
fn without_keys(address: &str) -> String {
    let (mut bare, mut depth, mut quoted) = (String::new(), 0usize, false);
    for letter in address.chars() {
        match letter {
            '"' if depth > 0 => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth = depth.saturating_sub(1),
            letter if depth == 0 => bare.push(letter),
            _ => {}
        }
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_left_out() {
        assert_eq!(without_keys("module.q[\"a.]b\"].aws_sqs_queue.this[0]"), "module.q.aws_sqs_queue.this");
    }
}
