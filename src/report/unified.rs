//! Unified diffs, as `git apply` takes them.

use std::fmt::Write as _;
use std::ops::Range;

use similar::udiff::UnifiedHunkHeader;
use similar::{Algorithm, ChangeTag, DiffOp, DiffTag};

/// A unified diff of one file that `git apply` takes; empty when nothing differs.
pub fn unified(path: &str, before: &str, after: &str, context: usize) -> String {
    if before == after {
        return String::new();
    }
    let [old, new] = windows(before, after, context);
    let above = memchr::memchr_iter(b'\n', &before.as_bytes()[..old.start]).count();
    let (old, new) = (lines(&before[old]), lines(&after[new]));
    let mut text = format!("--- {}\n+++ {}\n", name("a/", path), name("b/", path));
    for hunk in similar::group_diff_ops(similar::capture_diff_slices(Algorithm::Myers, &old, &new), context) {
        let placed: Vec<_> = hunk.iter().map(|op| moved(*op, above)).collect();
        let _ = writeln!(text, "{}", UnifiedHunkHeader::new(&placed));
        for change in hunk.iter().flat_map(|op| op.iter_changes(&old, &new)) {
            text.push_str(match change.tag() {
                ChangeTag::Equal => " ",
                ChangeTag::Delete => "-",
                ChangeTag::Insert => "+",
            });
            text.push_str(change.value());
            if !change.value().ends_with('\n') {
                text.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
    text
}

/// The lines of both that differ, as one range each, with so many around them. Fixes leave most of a file as it is.
fn windows(before: &str, after: &str, context: usize) -> [Range<usize>; 2] {
    let (old, new) = (before.as_bytes(), after.as_bytes());
    let same = common_prefix(old, new);
    let line_start = |end: usize| memchr::memrchr(b'\n', &old[..end]).map_or(0, |at| at + 1);
    let changed = line_start(same);
    let tail = common_suffix(&old[changed..], &new[changed..]);
    // A change among equal lines may be told some lines above or below, by no more than it has itself.
    let lines = |text: &[u8]| memchr::memchr_iter(b'\n', text).count() + 1;
    let around = context + lines(&old[changed..old.len() - tail]).max(lines(&new[changed..new.len() - tail]));
    let start = (0..around).fold(changed, |start, _| line_start(start.saturating_sub(1)));
    // The line in which the tail begins differs.
    let line_end = |from: usize| memchr::memchr(b'\n', &old[from..]).map_or(old.len(), |at| from + at + 1);
    let end = (0..=around).fold(old.len() - tail, |end, _| line_end(end));
    [start..end, start..end + new.len() - old.len()]
}

/// Bytes that are compared at once.
const STEP: usize = 64;

/// How many bytes at the end are equal.
fn common_suffix(a: &[u8], b: &[u8]) -> usize {
    let steps = a.rchunks_exact(STEP).zip(b.rchunks_exact(STEP)).take_while(|(a, b)| a == b).count() * STEP;
    let (a, b) = (&a[..a.len() - steps], &b[..b.len() - steps]);
    steps + a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count()
}

/// How many bytes at the beginning are equal.
fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    let steps = a.chunks_exact(STEP).zip(b.chunks_exact(STEP)).take_while(|(a, b)| a == b).count() * STEP;
    steps + a[steps..].iter().zip(&b[steps..]).take_while(|(a, b)| a == b).count()
}

/// The operation in lists with so many lines before.
fn moved(op: DiffOp, by: usize) -> DiffOp {
    let (tag, old, new) = op.as_tag_tuple();
    let (old_index, new_index) = (old.start + by, new.start + by);
    match tag {
        DiffTag::Equal => DiffOp::Equal { old_index, new_index, len: old.len() },
        DiffTag::Delete => DiffOp::Delete { old_index, old_len: old.len(), new_index },
        DiffTag::Insert => DiffOp::Insert { old_index, new_index, new_len: new.len() },
        DiffTag::Replace => DiffOp::Replace { old_index, old_len: old.len(), new_index, new_len: new.len() },
    }
}

/// Lines with their ends, as git sees them.
fn lines(text: &str) -> Vec<&str> {
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).map(|end| end + 1).chain([text.len()]);
    ends.map(|end| &text[std::mem::replace(&mut start, end)..end]).filter(|line| !line.is_empty()).collect()
}

/// A file's name as git writes it in a patch: quoted, in the manner of C, where it holds anything special. Behind one with
/// a space stands a tab, so that the name's end is seen.
fn name(side: &str, path: &str) -> String {
    let plain = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\';
    if path.bytes().all(plain) {
        let tab = if path.contains(' ') { "\t" } else { "" };
        return format!("{side}{path}{tab}");
    }
    let mut quoted = format!("\"{side}");
    for byte in path.bytes() {
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', char::from(byte)]),
            b'\t' => quoted.push_str("\\t"),
            b'\n' => quoted.push_str("\\n"),
            b'\r' => quoted.push_str("\\r"),
            byte if plain(byte) => quoted.push(char::from(byte)),
            byte => quoted.push_str(&format!("\\{byte:03o}")),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use similar::TextDiff;

    use super::*;

    proptest! {
        // Nothing is written beside the source when it fails.
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_is_the_diff_of_the_whole(
            lines in prop::collection::vec(prop::sample::select(vec!["a", "b", "", "}"]), 0..30),
            copies in prop::collection::vec((0usize..30, 0usize..30, 0usize..6, 0usize..3), 0..4),
            is_open: bool,
            context in 0usize..4,
        ) {
            // Blocks that are like what is there go in, and lines go.
            let mut edited = lines.clone();
            for (from, to, count, gone) in copies {
                let (from, to) = (from.min(lines.len()), to.min(edited.len()));
                let copied: Vec<_> = lines[from..].iter().take(count).copied().chain(["new"]).collect();
                let end = (to + gone).min(edited.len());
                edited.splice(to..end, copied);
            }
            let text = |lines: &[&str]| lines.join("\n") + if is_open { "" } else { "\n" };
            let (before, after) = (text(&lines), text(&edited));
            let whole = TextDiff::configure()
                .newline_terminated(true)
                .diff_slices(&self::lines(&before), &self::lines(&after))
                .unified_diff()
                .context_radius(context)
                .header("a/x", "b/x")
                .to_string();
            prop_assert_eq!(unified("x", &before, &after, context), if before == after { String::new() } else { whole });
        }
    }

    #[test]
    fn names_are_quoted_as_git_does_it() {
        for (path, expected) in [
            ("main.tf", "a/main.tf"),
            ("my module/main.tf", "a/my module/main.tf\t"),
            ("a\"b\\c.tf", "\"a/a\\\"b\\\\c.tf\""),
            ("a\tb\nc\r.tf", "\"a/a\\tb\\nc\\r.tf\""),
            ("é.tf", "\"a/\\303\\251.tf\""),
            ("\u{1}.tf", "\"a/\\001.tf\""),
        ] {
            assert_eq!(name("a/", path), expected);
        }
    }
}
