//! What must hold of a program after an edit: it parses as before, and every call that no fix declares is as it was.

use std::collections::BTreeSet;
use std::ops::Range;

use super::super::source::{Call, calls, find, key};
use super::call_name;
use crate::program::Program;
use crate::source::FileId;
use crate::workspace::Lowered;

/// Compares a program before and after edits; the error says what no fix declares.
pub fn frame(file: FileId, before: &Program, after: &Program, lowered: &[&Lowered]) -> Result<(), String> {
    if after.root().has_error() && !before.root().has_error() {
        return Err("the edited program would not parse".into());
    }
    let touched = lowered.iter().flat_map(|l| &l.touched).filter(|touched| touched.file == file);
    let touched: BTreeSet<&str> = touched.map(|touched| touched.block.as_str()).collect();
    let (old, new) = (calls(before, &before.text), calls(after, &after.text));
    let is_touched = |call: &Call| touched.contains(call_name(&key(&old, call)).as_str());
    let changed: Vec<&Range<usize>> = old.iter().filter(|call| is_touched(call)).map(|call| &call.range).collect();
    let holds_change =
        |call: &Call| changed.iter().any(|range| call.range.start <= range.start && range.end <= call.range.end);
    for call in old.iter().filter(|call| !holds_change(call)) {
        let same = find(&new, &key(&old, call));
        let text = &before.text[call.range.clone()];
        if same.is_none_or(|same| after.text[same.range.clone()] != *text) {
            return Err(format!(
                "the call of {} with the id {} would change, which no fix declares",
                call.class, call.written
            ));
        }
    }
    Ok(())
}
