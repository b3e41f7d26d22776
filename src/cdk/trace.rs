//! From a construct to the call in the source that made it.
//!
//! Two ways: by the call stack that the assembly holds, and by class and id in the source. A position alone is never
//! trusted (a runner without source maps names the right file with wrong lines): a call must start there, of the class
//! and with the id that the construct tree says. Where the two ways disagree, nothing is claimed.

use std::sync::Arc;

use super::Assembly;
use super::source::{Call, Id, Sources};
use crate::model::CallSite;

/// A frame of a call stack in the program's own code.
#[derive(Debug, PartialEq, Eq)]
struct Frame<'a> {
    file: &'a str,
    line: usize,
    /// From 1; Python's frames have none.
    column: Option<usize>,
}

/// The call that made a construct, or why it can't be told.
pub(super) fn call(assembly: &Assembly, path: &str, owner: &str) -> Result<CallSite, String> {
    let sources = assembly.sources.as_ref().ok_or("the program's source isn't here: it stands beside cdk.json")?;
    let class = assembly.class(owner).ok_or("the construct tree doesn't know it")?;
    let class = class.rsplit('.').next().unwrap_or(class);
    let id = owner.rsplit('/').next().unwrap_or(owner);
    let by_stack = assembly.trace(path).and_then(|frames| by_stack(sources, frames, class, id));
    let by_name = sources.find(class, id);
    let (file, call) = match (by_stack, by_name.as_slice()) {
        (Some(found), []) => found,
        (Some(found), all) if all.contains(&found) || found.1.id == Id::Other => found,
        (Some(_), _) => return Err(format!("the call stack and the id `{id}` name different calls")),
        (None, [only]) => *only,
        (None, []) => return Err(format!("no call of {class} with the id `{id}` in the source")),
        (None, all) => {
            return Err(format!("{} calls of {class} have the id `{id}`, and no call stack tells which", all.len()));
        }
    };
    Ok(CallSite { file: sources.display(file), line: call.line, key: sources.key(file, call) })
}

/// The call that made a construct, by the call stack alone: of something in a library's construct an id says nothing.
pub(super) fn by_stack_only(assembly: &Assembly, path: &str, own: &str) -> Option<CallSite> {
    let sources = assembly.sources.as_ref()?;
    let class = assembly.class(own)?.rsplit('.').next()?;
    let id = own.rsplit('/').next().unwrap_or(own);
    let (file, call) = by_stack(sources, assembly.trace(path)?, class, id)?;
    Some(CallSite { file: sources.display(file), line: call.line, key: sources.key(file, call) })
}

/// The call at the innermost frame of the program's own code, when class and id agree.
fn by_stack<'s>(sources: &'s Sources, frames: &[String], class: &str, id: &str) -> Option<(&'s Arc<str>, &'s Call)> {
    let frame = frames.iter().find_map(|frame| own_frame(frame))?;
    let file = sources.file_at(frame.file)?;
    let agrees = |call: &&Call| call.class == class && call.id.fits(id);
    let mut at = sources
        .on_line(file, frame.line)
        .filter(agrees)
        .filter(|call| frame.column.is_none_or(|column| column == call.column));
    let found = at.next()?;
    // Two on one line that both fit: a guess.
    at.next().is_none().then_some((file, found))
}

/// Reads `new Api (/home/me/app/lib/api.ts:19:5)`, `/home/me/app/bin/app.ts:3:1` or `__init__ (/home/me/app/app.py:9)`;
/// nothing for frames of libraries and of the runtime.
fn own_frame(frame: &str) -> Option<Frame<'_>> {
    let place = match frame.rfind(" (") {
        Some(at) => frame[at + 2..].strip_suffix(')')?,
        None => frame.trim_start_matches("at ").trim(),
    };
    let foreign = ["node_modules/", "site-packages/", "node:", "...", "(no user"];
    if foreign.iter().any(|start| place.contains(start) || frame.trim_start().starts_with(start)) {
        return None;
    }
    let place = place.strip_prefix("file://").unwrap_or(place);
    let (rest, last) = place.rsplit_once(':')?;
    let last: usize = last.parse().ok()?;
    match rest.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse().ok()?))) {
        Some((file, line)) => Some(Frame { file, line, column: Some(last) }),
        None => Some(Frame { file: rest, line: last, column: None }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_the_program() {
        let frame = |file, line, column| Some(Frame { file, line, column });
        for (text, expected) in [
            ("new Api (/home/me/app/lib/api.ts:19:5)", frame("/home/me/app/lib/api.ts", 19, Some(5))),
            ("app.ts:3:1", frame("app.ts", 3, Some(1))),
            ("__init__ (/srv/app.py:9)", frame("/srv/app.py", 9, None)),
            ("new Bucket (/srv/node_modules/aws-cdk-lib/aws-s3/lib/bucket.js:1:24125)", None),
            ("...new Bucket2 in aws-cdk-lib...", None),
            ("(no user code in 10 frames, use --stack-trace-limit to capture more)", None),
            ("node:internal/main/run_main_module:28:49", None),
        ] {
            assert_eq!(own_frame(text), expected, "{text}");
        }
    }
}
