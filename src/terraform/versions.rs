//! Which AWS provider a module gets: version constraints and the lock file.

use crate::model::ProviderVersion;

/// The newest provider that this program knows; what a module without an upper bound gets.
pub const NEWEST: ProviderVersion = ProviderVersion { major: 6, minor: u32::MAX };

/// The highest version that a constraint such as `">= 4.9, < 6.0"` allows, and [`NEWEST`] when it sets no upper bound.
pub fn highest(constraint: &str) -> ProviderVersion {
    constraint.split(',').map(|part| upper_bound(part.trim())).min().unwrap_or(NEWEST)
}

fn upper_bound(part: &str) -> ProviderVersion {
    let operator_end = part.find(|c: char| c.is_ascii_digit() || c == 'v').unwrap_or(part.len());
    let (operator, version) = part.split_at(operator_end);
    let numbers: Vec<u32> =
        version.trim_start_matches('v').split(['.', '-', '+']).map_while(|n| n.trim().parse().ok()).collect();
    let Some(&major) = numbers.first() else { return NEWEST };
    let minor = numbers.get(1).copied();
    let bound = match operator.trim() {
        // The last number given may rise: `~> 4.16` stays below 5, `~> 4.16.0` below 4.17.
        "~>" if numbers.len() >= 3 => ProviderVersion { major, minor: minor.unwrap_or(0) },
        "~>" => ProviderVersion { major, minor: u32::MAX },
        "<" => below(major, minor.unwrap_or(0), numbers.get(2).copied().unwrap_or(0)),
        "" | "=" | "<=" => ProviderVersion { major, minor: minor.unwrap_or(0) },
        _ => NEWEST,
    };
    bound.min(NEWEST)
}

fn below(major: u32, minor: u32, patch: u32) -> ProviderVersion {
    match (minor, patch) {
        (minor, patch) if patch > 0 => ProviderVersion { major, minor },
        (0, _) => ProviderVersion { major: major.saturating_sub(1), minor: u32::MAX },
        (minor, _) => ProviderVersion { major, minor: minor - 1 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upper_bounds() {
        let version = |major, minor| ProviderVersion { major, minor };
        for (constraint, expected) in [
            ("~> 3.0", version(3, u32::MAX)),
            ("~> 4.16.0", version(4, 16)),
            (">= 3.60, < 5.0", version(4, u32::MAX)),
            ("< 4.9.0", version(4, 8)),
            ("= 5.31.0", version(5, 31)),
            ("5.1.0", version(5, 1)),
            (">= 4.9", NEWEST),
            ("~> 7", NEWEST),
            ("", NEWEST),
            ("nonsense", NEWEST),
        ] {
            assert_eq!(highest(constraint), expected, "{constraint}");
        }
    }
}
