//! Which lines of which files a unified diff touches, on its new side.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// What is wrong with a diff.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the diff: {message}")]
pub struct DiffError {
    line: usize,
    message: String,
}

/// A part of a file that a diff shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// Its lines in the new file, from 1, with the context.
    pub lines: RangeInclusive<usize>,
    /// Those that were added or changed.
    pub added: BTreeSet<usize>,
}

/// The hunks of each file, by its path in the new tree.
pub type Hunks = BTreeMap<String, Vec<Hunk>>;

/// Reads a diff as git and GitHub write it.
pub fn parse(diff: &str) -> Result<Hunks, DiffError> {
    let mut hunks = Hunks::new();
    let mut file = None;
    let mut lines =
        diff.split_inclusive('\n').map(|line| line.strip_suffix('\n').unwrap_or(line)).enumerate().peekable();
    while let Some((n, line)) = lines.next() {
        let error = |message: &str| DiffError { line: n + 1, message: message.into() };
        if line.starts_with("diff ") {
            file = None;
        } else if let Some(name) = line.strip_prefix("+++ ") {
            file = path(name);
        } else if let Some(header) = line.strip_prefix("@@ ") {
            let (old, first, new) = header_counts(header).ok_or_else(|| error("not the header of a hunk"))?;
            let (mut old, mut left, mut at) = (old, new, first);
            let mut hunk = Hunk { lines: first..=(first + new).saturating_sub(1), added: BTreeSet::new() };
            while old > 0 || left > 0 {
                let Some((n, line)) = lines.next() else { return Err(error("the hunk ends too early")) };
                let error = |message: &str| DiffError { line: n + 1, message: message.into() };
                let one_less =
                    |count: usize| count.checked_sub(1).ok_or_else(|| error("the hunk is longer than it says"));
                match line.bytes().next() {
                    Some(b'+') => {
                        hunk.added.insert(at);
                        (left, at) = (one_less(left)?, at + 1);
                    }
                    Some(b'-') => old = one_less(old)?,
                    // Some programs take the blank off an empty line of context.
                    Some(b' ') | None => (old, left, at) = (one_less(old)?, one_less(left)?, at + 1),
                    Some(b'\\') => {}
                    Some(_) => return Err(error("neither context nor a change")),
                }
            }
            if let (Some(file), true) = (&file, new > 0) {
                hunks.entry(String::clone(file)).or_default().push(hunk);
            }
        }
    }
    Ok(hunks)
}

/// Old lines, first new line, new lines: of `-3,7 +3,9 @@ resource`.
fn header_counts(header: &str) -> Option<(usize, usize, usize)> {
    let (ranges, _) = header.split_once(" @@")?;
    let (old, new) = ranges.split_once(' ')?;
    let count = |range: &str, sign: char| -> Option<(usize, usize)> {
        let range = range.strip_prefix(sign)?;
        match range.split_once(',') {
            Some((first, count)) => Some((first.parse().ok()?, count.parse().ok()?)),
            None => Some((range.parse().ok()?, 1)),
        }
    };
    let ((_, old), (first, new)) = (count(old, '-')?, count(new, '+')?);
    Some((old, first, new))
}

/// The path behind `+++ `: without `b/`, unquoted; nothing for a file that was deleted.
fn path(name: &str) -> Option<String> {
    let name = name.trim_end_matches(['\t', '\r']);
    let name = match name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => unquoted(quoted),
        None => name.to_owned(),
    };
    name.strip_prefix("b/").map(str::to_owned)
}

/// A name as git quotes it, in the manner of C.
fn unquoted(quoted: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = quoted.bytes().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let octal = |byte: &u8| (b'0'..=b'7').contains(byte);
        if rest.peek().is_some_and(octal) {
            let digits: Vec<u8> = (0..3).map_while(|_| rest.next_if(octal)).collect();
            bytes.push(digits.iter().fold(0u8, |value, digit| value.wrapping_mul(8).wrapping_add(digit - b'0')));
            continue;
        }
        match rest.next() {
            Some(b'a') => bytes.push(7),
            Some(b'b') => bytes.push(8),
            Some(b't') => bytes.push(b'\t'),
            Some(b'n') => bytes.push(b'\n'),
            Some(b'v') => bytes.push(11),
            Some(b'f') => bytes.push(12),
            Some(b'r') => bytes.push(b'\r'),
            other => bytes.extend(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_new_side() {
        let diff = "diff --git a/main.tf b/main.tf\nindex 1..2 100644\n--- a/main.tf\n+++ b/main.tf\n\
                    @@ -1,3 +1,4 @@ resource\n a\n-b\n+B\n+c\n d\n@@ -9 +10 @@\n-x\n+++ y\n\\ No newline at end of file\n\
                    diff --git a/gone.tf b/gone.tf\n--- a/gone.tf\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n\
                    diff --git \"a/\\303\\251\\\".tf\" \"b/\\303\\251\\\".tf\"\n--- /dev/null\n+++ \"b/\\303\\251\\\".tf\"\n@@ -0,0 +1 @@\n+a\n";
        let hunks = parse(diff).unwrap();
        assert_eq!(hunks.keys().collect::<Vec<_>>(), ["main.tf", "é\".tf"]);
        assert_eq!(
            hunks["main.tf"],
            [Hunk { lines: 1..=4, added: [2, 3].into() }, Hunk { lines: 10..=10, added: [10].into() }]
        );
    }

    #[test]
    fn what_is_no_diff_is_told() {
        for (diff, said) in [
            ("@@ what @@\n", "line 1 of the diff: not the header of a hunk"),
            ("+++ b/a\n@@ -1,2 +1,2 @@\n a\n", "line 2 of the diff: the hunk ends too early"),
            ("+++ b/a\n@@ -1,1 +1,1 @@\nabc\n", "line 3 of the diff: neither context nor a change"),
            ("+++ b/a\n@@ -1,2 +1,1 @@\n a\n b\n", "line 4 of the diff: the hunk is longer than it says"),
        ] {
            assert_eq!(parse(diff).unwrap_err().to_string(), said);
        }
        assert_eq!(parse("").unwrap(), Hunks::new());
    }
}
