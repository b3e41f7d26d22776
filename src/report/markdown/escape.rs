//! Text in GitHub's Markdown: nothing that a configuration holds may become a link, a mention or HTML.

/// A piece of source: names, addresses, paths.
pub(super) fn code(text: &str) -> String {
    let text = one_line(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    // In a table a bar ends the cell, also inside of code.
    format!("{fence}{pad}{}{pad}{fence}", text.replace('|', "\\|"))
}

/// More backticks than the text has in a row, and three at least.
pub(crate) fn fence(text: &str) -> String {
    "`".repeat((longest_run(text) + 1).max(3))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// Text in HTML that stands in Markdown.
pub(super) fn html(text: &str) -> String {
    one_line(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('|', "&#124;")
        // Neither people nor issues are notified.
        .replace('@', "&#64;")
}

/// Prose: code in backticks stays code.
pub(super) fn prose(text: &str) -> String {
    let text = one_line(text);
    let pieces: Vec<&str> = text.split('`').collect();
    // With an odd number of backticks nothing is code.
    if pieces.len().is_multiple_of(2) {
        return plain(&text);
    }
    let piece = |(i, piece): (usize, &&str)| match (i % 2, *piece) {
        (0, words) => plain(words),
        (_, "") => String::new(),
        (_, source) => code(source),
    };
    pieces.iter().enumerate().map(piece).collect()
}

fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let in_word = before.is_alphanumeric() && chars.peek().is_some_and(|next| next.is_alphanumeric());
        before = c;
        match c {
            // In GitHub's Markdown that is no emphasis.
            '_' if in_word => out.push(c),
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            // Neither people nor issues are notified.
            '@' => out.push_str("&#64;"),
            '#' => out.push_str("&#35;"),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '~' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_becomes_a_mention_a_link_or_html() {
        assert_eq!(prose("ask @octocat <img src=x> [a](b) #12"), "ask &#64;octocat &lt;img src=x> \\[a\\](b) &#35;12");
        assert_eq!(prose("set `a|b` and *c*"), "set `a\\|b` and \\*c\\*");
        assert_eq!(prose("one ` backtick"), "one \\` backtick");
        assert_eq!(prose("_set_ retention_in_days"), "\\_set\\_ retention_in_days");
        assert_eq!(code("module.a[\"x\"]\n.b"), "`module.a[\"x\"] .b`");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(fence("x\n````\n"), "`````");
        assert_eq!(html("\"<x>\" @me"), "&quot;&lt;x&gt;&quot; &#64;me");
    }
}
