//! Results for people and programs.

pub mod json;
pub mod text;

use similar::TextDiff;

/// A unified diff of one file that `git apply` takes; empty when nothing differs.
pub fn unified(path: &str, before: &str, after: &str, context: usize) -> String {
    if before == after {
        return String::new();
    }
    TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(context)
        .header(&format!("a/{path}"), &format!("b/{path}"))
        .to_string()
}
