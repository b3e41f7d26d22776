//! Comments that silence findings, in any language: this program's own, and everybody else's.
//!
//! A comment counts for a block, or a call of a program, when it stands inside it, at the end of its first line, or in the
//! comment lines right above it. Comments are only ever read: no edit removes one.

use std::ops::Range;

use crate::finding::Suppression;
use crate::source::SourceFile;

/// A silencing comment.
#[derive(Debug, Clone)]
pub struct Comment {
    offset: usize,
    tool: &'static str,
    ids: Vec<String>,
    reason: String,
}

/// The comments of a file; none are looked for where none silences.
#[derive(Debug, Clone, Default)]
pub struct Comments {
    all: Vec<Range<usize>>,
    silencing: Vec<Comment>,
}

/// What introduces the comment of each tool.
const MARKERS: [(&str, &str); 9] = [
    ("terramend", "terramend:ignore"),
    ("checkov", "checkov:skip="),
    ("checkov", "bridgecrew:skip="),
    ("checkov", "cortex:skip="),
    ("tfsec", "tfsec:ignore:"),
    ("trivy", "trivy:ignore:"),
    ("kics", "kics-scan "),
    ("semgrep", "nosemgrep"),
    ("tflint", "tflint-ignore:"),
];

/// Checks of Checkov by their names on Bridgecrew's platform, as comments in public modules pair them: they name the id, and
/// quote the check.
const BRIDGECREW: [(&str, &str); 12] = [
    ("BC_AWS_GENERAL_56", "CKV_AWS_145"),
    ("BC_AWS_GENERAL_63", "CKV_AWS_115"),
    ("BC_AWS_GENERAL_64", "CKV_AWS_116"),
    ("BC_AWS_GENERAL_65", "CKV_AWS_117"),
    ("BC_AWS_GENERAL_72", "CKV_AWS_144"),
    ("BC_AWS_NETWORKING_52", "CKV2_AWS_6"),
    ("BC_AWS_S3_13", "CKV_AWS_18"),
    ("BC_AWS_S3_19", "CKV_AWS_53"),
    ("BC_AWS_S3_20", "CKV_AWS_54"),
    ("BC_AWS_S3_21", "CKV_AWS_55"),
    ("BC_AWS_S3_22", "CKV_AWS_56"),
    ("BC_AWS_SERVERLESS_4", "CKV_AWS_50"),
];

/// The comments of a text that may silence; `all` finds them, where there are such.
pub fn comments(text: &str, all: impl FnOnce() -> Vec<Range<usize>>) -> Comments {
    let mut comments = Comments::default();
    if !MARKERS.iter().any(|(_, marker)| text.contains(marker)) {
        return comments;
    }
    comments.all = all();
    for range in &comments.all {
        let mut at = range.start;
        for line in text[range.clone()].split_inclusive('\n') {
            for (tool, marker) in MARKERS {
                let offsets = line.match_indices(marker).map(|(n, _)| n).filter(|n| is_whole(line, *n, marker));
                comments.silencing.extend(offsets.map(|n| read(at + n, tool, line[n + marker.len()..].trim_end())));
            }
            at += line.len();
        }
    }
    comments
}

/// Whether the marker is a word of its own: `terramend:ignored` is none.
fn is_whole(line: &str, at: usize, marker: &str) -> bool {
    let in_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let open = marker.ends_with([':', '=', ' ']);
    !line[..at].ends_with(in_word) && (open || !line[at + marker.len()..].starts_with(in_word))
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
        // Without a colon it is meant for every rule, whatever follows.
        "semgrep" => rest.strip_prefix(':').map_or(("*", rest), |ids| (ids, "")),
        // An expiry date or a workspace may follow: `aws-s3-enable-versioning:exp:2030-01-01`.
        _ => rest.split_once([':', ' ']).unwrap_or((rest, "")),
    };
    let ids = ids.split([',', ' ']).map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect();
    Comment { offset, tool, ids, reason: reason.trim().to_owned() }
}

/// The comment that silences a control for a block, if there is one. `is_meant` says whether an id means the control.
pub fn find(
    file: &SourceFile,
    comments: &Comments,
    block: Range<usize>,
    is_meant: impl Fn(&str) -> bool,
) -> Option<Suppression> {
    if comments.silencing.is_empty() {
        return None;
    }
    let start = crate::hcl::comments_above(&file.text, &comments.all, block.start);
    let here = |comment: &&Comment| (start..block.end).contains(&comment.offset);
    comments.silencing.iter().filter(here).find_map(|comment| {
        let id = comment.ids.iter().find(|id| match id.as_str() {
            "*" | "all" => true,
            // What isn't in the table may be any check.
            id if id.starts_with("BC_") => {
                BRIDGECREW.iter().find(|(known, _)| *known == id).is_none_or(|(_, id)| is_meant(id))
            }
            id => is_meant(id),
        })?;
        Some(Suppression {
            tool: comment.tool.to_owned(),
            id: id.clone(),
            reason: comment.reason.clone(),
            line: file.position(comment.offset as u32).line,
        })
    })
}
