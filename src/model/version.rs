//! Versions of providers and published modules, and what a constraint allows of them.

use std::fmt;

/// The first two numbers of a version: what is new comes with a second number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// First number.
    pub major: u32,
    /// Second number; the highest one where the last of a line is meant.
    pub minor: u32,
}

impl Version {
    /// Above all others: where nothing sets an upper bound.
    pub const UNBOUNDED: Self = Self { major: u32::MAX, minor: u32::MAX };

    /// The newest provider that this program knows.
    pub const NEWEST_PROVIDER: Self = Self { major: 6, minor: u32::MAX };

    /// The version that `4.59` or `5` names.
    pub fn parse(text: &str) -> Option<Self> {
        let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
        Some(Self { major: major.parse().ok()?, minor: minor.parse().ok()? })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.minor {
            u32::MAX => write!(f, "{}", self.major),
            minor => write!(f, "{}.{minor}", self.major),
        }
    }
}

/// The highest version that a constraint such as `">= 4.9, < 6.0"` allows; unbounded when it sets no upper bound.
pub fn highest(constraint: &str) -> Version {
    constraint.split(',').map(|part| upper_bound(part.trim())).min().unwrap_or(Version::UNBOUNDED)
}

fn upper_bound(part: &str) -> Version {
    let operator_end = part.find(|c: char| c.is_ascii_digit() || c == 'v').unwrap_or(part.len());
    let (operator, version) = part.split_at(operator_end);
    let numbers: Vec<u32> =
        version.trim_start_matches('v').split(['.', '-', '+']).map_while(|n| n.trim().parse().ok()).collect();
    let Some(&major) = numbers.first() else { return Version::UNBOUNDED };
    let minor = numbers.get(1).copied();
    match operator.trim() {
        // The last number given may rise: `~> 4.16` stays below 5, `~> 4.16.0` below 4.17.
        "~>" if numbers.len() >= 3 => Version { major, minor: minor.unwrap_or(0) },
        "~>" => Version { major, minor: u32::MAX },
        "<" => below(major, minor.unwrap_or(0), numbers.get(2).copied().unwrap_or(0)),
        "" | "=" | "<=" => Version { major, minor: minor.unwrap_or(0) },
        _ => Version::UNBOUNDED,
    }
}

fn below(major: u32, minor: u32, patch: u32) -> Version {
    match (minor, patch) {
        (minor, patch) if patch > 0 => Version { major, minor },
        (0, _) => Version { major: major.saturating_sub(1), minor: u32::MAX },
        (minor, _) => Version { major, minor: minor - 1 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upper_bounds() {
        let version = |major, minor| Version { major, minor };
        for (constraint, expected) in [
            ("~> 3.0", version(3, u32::MAX)),
            ("~> 4.16.0", version(4, 16)),
            (">= 3.60, < 5.0", version(4, u32::MAX)),
            ("< 4.9.0", version(4, 8)),
            ("= 5.31.0", version(5, 31)),
            ("5.1.0", version(5, 1)),
            ("< 5.0", version(4, u32::MAX)),
            (">= 4.9", Version::UNBOUNDED),
            ("~> 7", version(7, u32::MAX)),
            ("", Version::UNBOUNDED),
            ("nonsense", Version::UNBOUNDED),
        ] {
            assert_eq!(highest(constraint), expected, "{constraint}");
        }
    }

    #[test]
    fn versions_are_read_and_written() {
        assert_eq!(Version::parse("4.59").map(|version| version.to_string()).as_deref(), Some("4.59"));
        assert_eq!(Version::parse("5"), Some(Version { major: 5, minor: 0 }));
        assert_eq!(Version::parse("new"), None);
        assert_eq!(highest("~> 3.0").to_string(), "3");
    }
}
