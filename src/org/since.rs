//! A time in the past, as people write it.

/// Since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// Seconds since 1970.
    At(u64),
    /// Seconds before now.
    Ago(u64),
}

const DAY: u64 = 86_400;

impl Since {
    /// In seconds since 1970.
    pub fn seconds(self, now: u64) -> u64 {
        match self {
            Self::At(at) => at,
            Self::Ago(ago) => now.saturating_sub(ago),
        }
    }
}

/// `2026-11-01` (its beginning in UTC), `30d`, `12h`.
impl std::str::FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no time: write 2026-11-01, 30d or 12h");
        let number = |text: &str| text.parse::<u64>().ok().filter(|number| *number < 100_000);
        if let Some(days) = text.strip_suffix('d') {
            return number(days).map(|days| Self::Ago(days * DAY)).ok_or_else(wrong);
        }
        if let Some(hours) = text.strip_suffix('h') {
            return number(hours).map(|hours| Self::Ago(hours * 3600)).ok_or_else(wrong);
        }
        let parts: Vec<u64> = text.split('-').map(number).collect::<Option<_>>().ok_or_else(wrong)?;
        let [year @ 1970..=9999, month @ 1..=12, day @ 1..=31] = parts[..] else { return Err(wrong()) };
        let seconds = days(year, month, day) * DAY;
        // The 31st of a month that has none is another day.
        if crate::org::report::time(seconds).starts_with(&format!("{year:04}-{month:02}-{day:02} ")) {
            Ok(Self::At(seconds))
        } else {
            Err(wrong())
        }
    }
}

/// Days since 1970 of a date of the civil calendar, after Howard Hinnant's `days_from_civil`.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_dates_or_spans() {
        // `date -u -d 2026-11-28 +%s`
        for (text, expected) in [
            ("2026-11-28", Since::At(1_795_824_000)),
            ("2000-02-29", Since::At(951_782_400)),
            ("1970-01-01", Since::At(0)),
            ("30d", Since::Ago(30 * DAY)),
            ("12h", Since::Ago(12 * 3600)),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        assert_eq!("2d".parse::<Since>().unwrap().seconds(10 * DAY), 8 * DAY);
        for bad in ["", "d", "2026-02-29", "2026-13-01", "2026-1", "-3d", "99999999999d", "1969-12-31", "2026-11-31"] {
            assert!(bad.parse::<Since>().is_err(), "{bad}");
        }
    }
}
