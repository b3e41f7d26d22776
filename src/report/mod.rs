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
        .header(&name("a/", path), &name("b/", path))
        .to_string()
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
    use super::*;

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
