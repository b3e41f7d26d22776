//! Comments that silence findings: this program's own, and everybody else's.
//!
//! A comment counts for a block when it stands inside it, at the end of its first line, or in the comment lines right
//! above it. Comments are only ever read: no edit removes one.

use crate::finding::Suppression;
use crate::source::{SourceFile, Span, comment_lines_above, line_start};

/// A silencing comment.
#[derive(Debug, Clone)]
pub struct Comment {
    offset: usize,
    tool: &'static str,
    ids: Vec<String>,
    reason: String,
}

/// What introduces the comment of each tool.
const MARKERS: [(&str, &str); 7] = [
    ("terramend", "terramend:ignore"),
    ("checkov", "checkov:skip="),
    ("tfsec", "tfsec:ignore:"),
    ("trivy", "trivy:ignore:"),
    ("kics", "kics-scan "),
    ("semgrep", "nosemgrep"),
    ("tflint", "tflint-ignore:"),
];

/// The comments of a file.
pub fn comments(file: &SourceFile) -> Vec<Comment> {
    let text = &*file.text;
    let mut found = Vec::new();
    for (tool, marker) in MARKERS {
        for (offset, _) in text.match_indices(marker) {
            let before = &text[line_start(text, offset)..offset];
            if before.contains('#') || before.contains("//") || before.contains("/*") {
                let rest = text[offset + marker.len()..].lines().next().unwrap_or_default();
                found.push(read(offset, tool, rest));
            }
        }
    }
    found
}

fn read(offset: usize, tool: &'static str, rest: &str) -> Comment {
    let rest = rest.trim_end().trim_end_matches("*/");
    let (ids, reason) = match tool {
        "terramend" => rest.split_once("--").unwrap_or((rest, "")),
        "checkov" => rest.split_once(':').unwrap_or((rest, "")),
        "tflint" => rest.split_once('#').unwrap_or((rest, "")),
        "kics" => match rest.split_once('=') {
            Some(("disable", ids)) => (ids, ""),
            None if rest.trim_start().starts_with("ignore") => ("*", ""),
            _ => ("", ""),
        },
        "semgrep" => (rest.trim_start_matches(':'), ""),
        // An expiry date or a workspace may follow: `aws-s3-enable-versioning:exp:2030-01-01`.
        _ => rest.split_once([':', ' ']).unwrap_or((rest, "")),
    };
    let mut ids: Vec<String> =
        ids.split([',', ' ']).map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect();
    if ids.is_empty() && tool == "semgrep" {
        ids.push("*".into());
    }
    Comment { offset, tool, ids, reason: reason.trim().to_owned() }
}

/// The comment that silences a control for a block, if there is one. `is_meant` says whether an id means the control.
pub fn find(
    file: &SourceFile,
    comments: &[Comment],
    block: Span,
    is_meant: impl Fn(&str) -> bool,
) -> Option<Suppression> {
    if comments.is_empty() {
        return None;
    }
    let start = comment_lines_above(&file.text, block.start as usize);
    comments.iter().filter(|comment| (start..block.end as usize).contains(&comment.offset)).find_map(|comment| {
        let id = comment.ids.iter().find(|id| matches!(id.as_str(), "*" | "all") || is_meant(id))?;
        Some(Suppression {
            tool: comment.tool.to_owned(),
            id: id.clone(),
            reason: comment.reason.clone(),
            line: file.position(comment.offset as u32).line,
        })
    })
}
