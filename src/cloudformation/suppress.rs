//! What silences findings in templates: entries of `Metadata`, this program's own and everybody else's.
//!
//! A resource's metadata counts for the resource, the template's for all. Metadata is only ever read.

use super::template::Template;
use crate::finding::Suppression;
use crate::json::Node;
use crate::source::{SourceFile, Span};
use crate::workspace::Tree;

/// An entry that silences.
struct Entry<'a> {
    tool: &'static str,
    id: &'a str,
    reason: &'a str,
    offset: usize,
}

/// Tool, path of its list below `Metadata`, and what it calls id and reason.
const LISTS: [(&str, &[&str], &str, &str); 6] = [
    ("terramend", &["terramend", "ignore"], "id", "reason"),
    ("checkov", &["checkov", "skip"], "id", "comment"),
    ("cfn-lint", &["cfn-lint", "config", "ignore_checks"], "id", "reason"),
    ("cfn-nag", &["cfn_nag", "rules_to_suppress"], "id", "reason"),
    ("cdk-nag", &["cdk_nag", "rules_to_suppress"], "id", "reason"),
    ("cfn-guard", &["guard", "SuppressedRules"], "id", "reason"),
];

/// The entry that silences a control for a resource, if there is one. `is_meant` says whether an id means the control.
pub fn find(file: &SourceFile, tree: &Tree, resource: Span, is_meant: impl Fn(&str) -> bool) -> Option<Suppression> {
    let Tree::Template(root) = tree else { return None };
    let own = root.at(&resource.range()).and_then(|p| p.value.get("Metadata"));
    let all = own.into_iter().chain(Template::of(root).metadata());
    let entry = all.flat_map(entries).find(|entry| matches!(entry.id, "*" | "all") || is_meant(entry.id))?;
    Some(Suppression {
        tool: entry.tool.to_owned(),
        id: entry.id.to_owned(),
        reason: entry.reason.to_owned(),
        line: file.position(entry.offset as u32).line,
    })
}

fn entries(metadata: &Node) -> Vec<Entry<'_>> {
    let mut found = Vec::new();
    for (tool, path, id, reason) in LISTS {
        let Some(list) = path.iter().try_fold(metadata, |node, name| node.get(name)) else { continue };
        for item in list.each() {
            let text = |name: &str| item.get(name).and_then(Node::as_str);
            if let Some(id) = item.as_str().or_else(|| text(id)) {
                found.push(Entry { tool, id, reason: text(reason).unwrap_or_default(), offset: item.range.start });
            }
        }
    }
    found
}
