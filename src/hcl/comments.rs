//! The comments of an HCL text. Strings and heredocs are passed over: `"arn:aws:s3:::b/*"` opens none.

use std::ops::Range;

use crate::source::line_start;

/// The byte ranges of all comments, in order; a line comment ends before its line ending.
///
/// Text that isn't HCL gives ranges, too: a string or comment that isn't closed ends with the text.
pub fn comments(text: &str) -> Vec<Range<usize>> {
    let mut scanner = Scanner { text: text.as_bytes(), at: 0, found: Vec::new() };
    scanner.code(None);
    scanner.found
}

/// The start of the comments right above `at`, without a blank line between: where a block begins for its reader.
///
/// `comments` are those of `text`. A comment that stands behind something else on its line belongs to that.
pub fn comments_above(text: &str, comments: &[Range<usize>], at: usize) -> usize {
    let mut start = line_start(text, at);
    let before = comments.partition_point(|comment| comment.end <= start);
    for comment in comments[..before].iter().rev() {
        // Another one on the same line.
        if comment.end > start {
            continue;
        }
        let first = line_start(text, comment.start);
        let gap = &text[comment.end..start];
        let opens = text[first..].trim_start().starts_with(['#', '/']);
        if !opens || !gap.trim().is_empty() || gap.matches('\n').count() > 1 {
            break;
        }
        start = first;
    }
    start
}

struct Scanner<'t> {
    text: &'t [u8],
    at: usize,
    found: Vec<Range<usize>>,
}

impl Scanner<'_> {
    fn starts_with(&self, start: &[u8]) -> bool {
        self.text[self.at..].starts_with(start)
    }

    fn end_of_line(&self) -> usize {
        self.text[self.at..].iter().position(|b| *b == b'\n').map_or(self.text.len(), |n| self.at + n)
    }

    /// Code up to the end of the text, or of the interpolation that it stands in.
    fn code(&mut self, until: Option<u8>) {
        // Braces nest; one counter instead of a call for each.
        let mut depth = 0usize;
        while let Some(byte) = self.text.get(self.at) {
            match byte {
                b'#' => self.comment(self.end_of_line()),
                b'/' if self.starts_with(b"//") => self.comment(self.end_of_line()),
                b'/' if self.starts_with(b"/*") => {
                    let rest = &self.text[self.at + 2..];
                    let close = rest.windows(2).position(|pair| pair == b"*/");
                    self.comment(close.map_or(self.text.len(), |n| self.at + n + 4));
                }
                b'"' => self.string(),
                b'<' if self.starts_with(b"<<") => self.heredoc(),
                b'{' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' if depth == 0 && until == Some(b'}') => {
                    self.at += 1;
                    return;
                }
                b'}' => {
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                }
                _ => self.at += 1,
            }
        }
    }

    fn comment(&mut self, end: usize) {
        let trimmed = self.text[self.at..end].strip_suffix(b"\r").map_or(end, |rest| self.at + rest.len());
        self.found.push(self.at..trimmed);
        self.at = end;
    }

    fn string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.text.get(self.at) {
            match byte {
                b'\\' => self.at += 2,
                b'"' => {
                    self.at += 1;
                    return;
                }
                // A string can't hold a line ending: it isn't closed.
                b'\n' => return,
                b'$' | b'%' if self.text.get(self.at + 1) == Some(byte) => self.at += 2,
                b'$' | b'%' if self.text.get(self.at + 1) == Some(&b'{') => {
                    self.at += 2;
                    self.code(Some(b'}'));
                }
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(self.text.len());
    }

    /// `<<EOT` or `<<-EOT`, up to the line that holds the word alone.
    fn heredoc(&mut self) {
        self.at += 2;
        let line = &self.text[self.at..self.end_of_line()];
        let word = line.strip_prefix(b"-").unwrap_or(line).trim_ascii();
        let is_word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-') || !b.is_ascii();
        if word.is_empty() || !word.iter().all(is_word) {
            return;
        }
        let word = word.to_vec();
        while self.at < self.text.len() {
            self.at = (self.end_of_line() + 1).min(self.text.len());
            if self.text[self.at..self.end_of_line()].trim_ascii() == word {
                self.at = self.end_of_line();
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        comments(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn every_kind_is_found() {
        let text = "# a\r\nx = 1 // b\n/* c\n d */ y = 2 /* e */\nz = 3 # f";
        assert_eq!(found(text), ["# a", "// b", "/* c\n d */", "/* e */", "# f"]);
    }

    #[test]
    fn strings_and_heredocs_hold_none() {
        let text = concat!(
            "a = \"arn:aws:s3:::b/*\" # one\nb = \"http://x\\\"# no\"\nc = \"${f(\"/*\", x /* two */)}# no\"\n",
            "d = <<-EOT\n  # no\n  /* no\n  EOT\ne = \"$${\" # three\nf = 1 << 2\n",
        );
        assert_eq!(found(text), ["# one", "/* two */", "# three"]);
    }

    #[test]
    fn a_block_begins_with_the_comments_above_it() {
        for (above, first) in [
            ("", "x"),
            ("# a\n/* b\n\n   c */\n// d\n", "# a"),
            ("# a\n\n// b\n", "// b"),
            ("y = 1 # a\n", "x"),
            ("y = 1 /* a\n */\n", "x"),
            ("/* a */ # b\n", "/* a"),
            ("# a\r\n# b\r\n", "# a"),
        ] {
            let text = format!("{above}x = 1\n");
            let start = comments_above(&text, &comments(&text), above.len());
            assert!(text[start..].starts_with(first), "{text}: {:?}", &text[start..]);
        }
    }

    #[test]
    fn what_is_not_closed_ends_with_the_text() {
        assert_eq!(found("/* a"), ["/* a"]);
        assert_eq!(found("a = \"\\"), Vec::<&str>::new());
        assert_eq!(found("a = <<EOT\n# x"), Vec::<&str>::new());
        assert_eq!(found("a = \"b\n# c"), ["# c"]);
        assert_eq!(found("/*/ a */"), ["/*/ a */"]);
    }
}
