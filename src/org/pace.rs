//! How fast pull requests are opened, and when not, besides GitHub's own limits.

use std::time::Duration;

/// The pace of a run.
#[derive(Debug, Clone, Default)]
pub struct Pace {
    /// Pull requests that the run opens at most.
    pub max_pull_requests: Option<u64>,
    /// Pull requests that are opened in any hour at most.
    pub per_hour: Option<u64>,
    /// Repositories that are published before the run waits.
    pub wave: Option<usize>,
    /// How long it waits then; without it the run ends, and the next one goes on.
    pub wave_pause: Option<Duration>,
    /// Repositories that come first: the others wait until their pull requests are merged.
    pub canaries: Vec<String>,
    /// Don't wait for them.
    pub skip_canaries: bool,
    /// When nothing is published.
    pub quiet: Vec<QuietHours>,
}

/// Hours of the week in which nothing is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    /// Monday is 0; the days on which it begins.
    first_day: u32,
    last_day: u32,
    /// Minutes of the day. When the end comes before the start, it is on the next day.
    start: u32,
    end: u32,
    /// Minutes that the place is ahead of UTC.
    offset: i32,
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY: i64 = 24 * 60;

impl QuietHours {
    /// Whether it is quiet, in seconds since 1970.
    pub fn holds(self, now: u64) -> bool {
        let minutes = now as i64 / 60 + i64::from(self.offset);
        let (day, minute) = (minutes.div_euclid(DAY), minutes.rem_euclid(DAY) as u32);
        // 1970 began on a Thursday.
        let weekday = (day + 3).rem_euclid(7) as u32;
        let begins = |weekday: u32| {
            if self.first_day <= self.last_day {
                (self.first_day..=self.last_day).contains(&weekday)
            } else {
                weekday >= self.first_day || weekday <= self.last_day
            }
        };
        if self.start < self.end {
            begins(weekday) && (self.start..self.end).contains(&minute)
        } else {
            begins(weekday) && minute >= self.start || begins((weekday + 6) % 7) && minute < self.end
        }
    }
}

/// `Mon-Fri 18:00-08:00 +01:00`; days and offset may be left out.
impl std::str::FromStr for QuietHours {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` are no hours: write `18:00-08:00`, or `Sat-Sun 00:00-24:00 +01:00`");
        let mut parts: Vec<&str> = text.split_whitespace().collect();
        let offset = match parts.last() {
            Some(last) if parts.len() > 1 && last.starts_with(['+', '-']) => {
                let minutes = clock(&last[1..]).filter(|minutes| *minutes <= 14 * 60).ok_or_else(wrong)? as i32;
                let sign = if parts.pop().is_some_and(|last| last.starts_with('-')) { -1 } else { 1 };
                sign * minutes
            }
            _ => 0,
        };
        let (start, end) = parts.pop().and_then(|hours| hours.split_once('-')).ok_or_else(wrong)?;
        let (start, end) = (clock(start).ok_or_else(wrong)?, clock(end).ok_or_else(wrong)?);
        let (first_day, last_day) = match parts.as_slice() {
            [] => (0, 6),
            [days] => {
                let (first, last) = days.split_once('-').unwrap_or((days, days));
                (day(first).ok_or_else(wrong)?, day(last).ok_or_else(wrong)?)
            }
            _ => return Err(wrong()),
        };
        if start == end || start >= DAY as u32 {
            return Err(wrong());
        }
        Ok(Self { first_day, last_day, start, end, offset })
    }
}

fn day(text: &str) -> Option<u32> {
    let text = text.to_ascii_lowercase();
    DAYS.iter().position(|day| *day == text).map(|day| day as u32)
}

/// `18:00` in minutes.
fn clock(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str| if text.len() == 2 { text.parse::<u32>().ok() } else { None };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (minutes < 60 && hours * 60 + minutes <= DAY as u32).then_some(hours * 60 + minutes)
}

impl Pace {
    /// How long to wait before the next repository, and why; nothing when it may be published. `opened` is how many pull
    /// requests were opened in the last hour.
    pub fn wait(&self, now: u64, opened: u64) -> Option<(Duration, &'static str)> {
        if self.quiet.iter().any(|quiet| quiet.holds(now)) {
            return Some((Duration::from_secs(300 - now % 300), "quiet hours"));
        }
        let is_full = self.per_hour.is_some_and(|most| opened >= most);
        is_full.then_some((Duration::from_secs(30), "pull requests per hour"))
    }

    /// How long publishing takes at least, as far as limits decide: GitHub's for what changes something, in any hour, and
    /// the run's own.
    pub fn estimate(&self, creates: u64, updates: u64, changes_per_hour: u64) -> Duration {
        // A tree, a commit, a branch and a pull request; an update moves the branch and writes the text.
        let changes = creates * 4 + updates * 4;
        let hours = |count: u64, per_hour: u64| count.saturating_sub(per_hour).div_ceil(per_hour.max(1)) * 3600;
        let own = self.per_hour.map_or(0, |per_hour| hours(creates, per_hour));
        // A second between two of them.
        let last = changes.min(changes_per_hour);
        Duration::from_secs(own.max(hours(changes, changes_per_hour) + last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-28 was a Saturday; its midnight in UTC.
    const SATURDAY: u64 = 1_795_824_000;
    const HOUR: u64 = 3600;

    #[test]
    fn quiet_hours_hold_over_midnight_and_in_their_place() {
        let quiet = |text: &str| text.parse::<QuietHours>().unwrap();
        let night = quiet("18:00-08:00");
        let at = |quiet: QuietHours, hour: u64| quiet.holds(SATURDAY + hour * HOUR);
        assert_eq!([3, 8, 12, 18, 23].map(|hour| at(night, hour)), [true, false, false, true, true]);
        let weekend = quiet("Sat-Sun 00:00-24:00");
        assert_eq!([0, 23, 47, 48].map(|hour| at(weekend, hour)), [true, true, true, false]);
        let friday_night = quiet("fri 22:00-06:00");
        assert_eq!([0, 5, 6, 22].map(|hour| at(friday_night, hour)), [true, true, false, false]);
        let around = quiet("Sat-Mon 10:00-11:00");
        assert_eq!([10, 34, 58, 82].map(|hour| at(around, hour)), [true, true, true, false]);
        let berlin = quiet("08:00-09:00 +01:00");
        assert_eq!([6, 7, 8].map(|hour| at(berlin, hour)), [false, true, false]);
        for bad in
            ["", "18-08", "25:00-26:00", "Fry 10:00-11:00", "10:00-10:00", "10:00-11:00 +99:00", "a b c 10:00-11:00"]
        {
            assert!(bad.parse::<QuietHours>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_pace_says_how_long() {
        let pace = Pace { per_hour: Some(10), quiet: vec!["00:00-01:00".parse().unwrap()], ..Pace::default() };
        assert_eq!(pace.wait(SATURDAY + 10, 0), Some((Duration::from_secs(290), "quiet hours")));
        assert_eq!(pace.wait(SATURDAY + HOUR, 9), None);
        assert!(pace.wait(SATURDAY + HOUR, 10).is_some());
        assert_eq!(pace.estimate(100, 0, 480), Duration::from_secs(9 * 3600));
        assert_eq!(Pace::default().estimate(10, 0, 480), Duration::from_secs(40));
        assert_eq!(Pace::default().estimate(1000, 0, 480), Duration::from_secs(8 * 3600 + 480));
    }
}
