//! Patterns of `excludes`: `*` within a name, `**` over folders.

/// Whether a path is excluded by a pattern: the path itself, a folder above it, or a match.
pub(super) fn excludes(pattern: &str, path: &str) -> bool {
    let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
    let prefix = path.strip_prefix(pattern).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let names: Vec<&str> = pattern.split('/').collect();
    let parts: Vec<&str> = path.split('/').collect();
    prefix || (1..=parts.len()).any(|end| matches(&names, &parts[..end]))
}

fn matches(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => {
            matches(rest, path) || path.split_first().is_some_and(|(_, path)| matches(pattern, path))
        }
        (Some((name, rest)), Some((part, path))) => {
            crate::iam::policy::pattern_matches(name, part) && matches(rest, path)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::excludes;

    #[test]
    fn patterns() {
        for (pattern, path, expected) in [
            ("tests", "tests/a.py", true),
            ("tests/", "tests/a.py", true),
            ("**/*.test.js", "src/a.test.js", true),
            ("*.md", "README.md", true),
            ("*.md", "src/README.md", false),
            ("__pycache__", "src/__pycache__/a.pyc", false),
            ("**/__pycache__", "src/__pycache__/a.pyc", true),
            ("app.py", "app.pyx", false),
        ] {
            assert_eq!(excludes(pattern, path), expected, "{pattern} {path}");
        }
    }
}
