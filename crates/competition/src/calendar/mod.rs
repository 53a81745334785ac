//! Which hour of the week an hour is, in local time: {weekday, Saturday, Sunday
//! or public holiday} × 24 local hours. A day of summer time's change has 23 or
//! 25 hours and each of them its own bin; nothing is invented or lost.
mod easter;
pub(crate) mod grid;
mod holidays;

use core::ops::Range;

pub use holidays::Country;
use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Weekday},
    tz::TimeZone,
};

use crate::{Competition, DayKind, Period, Time};
use grid::{HOUR, hour_from};

/// Bins of the baseline.
pub(crate) const BINS: usize = 72;

/// Hours after the contest whose baseline can still be shown.
const AFTER: i64 = 92 * 24;

/// An hour's place in the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeOfWeek(u8);

impl TimeOfWeek {
    /// 0..72: kind of day × 24 + local hour.
    pub(crate) fn bin(self) -> usize {
        self.0 as usize
    }

    /// Local hour of its beginning.
    pub(crate) fn local_hour(self) -> usize {
        self.bin() % 24
    }

    /// From 22 to 05.
    pub(crate) fn is_night(self) -> bool {
        !(5..22).contains(&self.local_hour())
    }
}

/// The hours of a competition, from the first of the baseline to some months
/// after the contest.
#[derive(Debug)]
pub(crate) struct Calendar {
    zone: TimeZone,
    first: i64,
    slots: Vec<TimeOfWeek>,
    /// Local date of each hour, counted from that of the first.
    dates: Vec<u16>,
    /// Hours of each local date that lie in the baseline.
    lengths: Vec<u8>,
    /// Hours of the baseline.
    pub(crate) baseline: Range<i64>,
    /// Hours of the contest.
    pub(crate) contest: Range<i64>,
}

impl Calendar {
    /// `own` days come before the competition's, these before the country's.
    pub(crate) fn new(competition: &Competition, own: &[(Date, DayKind)]) -> Self {
        let zone = competition.timezone.clone();
        let hours = |period: Period| {
            let start = hour_from(midnight(&zone, period.start));
            start..hour_from(midnight(&zone, period.end)).max(start)
        };
        let (baseline, contest) = (hours(competition.baseline), hours(competition.contest));
        let first = baseline.start.min(contest.start);
        let until = baseline.end.max(contest.end) + AFTER;
        let country = competition.holidays;
        let start = local(&zone, first * HOUR).0;
        let (mut slots, mut dates) = (Vec::new(), Vec::new());
        let mut today = None;
        for hour in first..until {
            let (date, of_day) = local(&zone, hour * HOUR);
            let (index, kind) = match today {
                Some((known, index, kind)) if known == date => (index, kind),
                _ => {
                    let given = |days: &[(Date, DayKind)]| {
                        days.iter().find(|(day, _)| *day == date).map(|(_, kind)| *kind)
                    };
                    let kind = given(own)
                        .or_else(|| given(&competition.special_days))
                        .unwrap_or_else(|| kind_of(date, country));
                    ((date - start).get_days().clamp(0, 0xffff) as u16, kind)
                }
            };
            today = Some((date, index, kind));
            let row = match kind {
                DayKind::Weekday => 0,
                DayKind::Saturday => 1,
                DayKind::Half if of_day < 12 => 0,
                DayKind::Half | DayKind::Holiday => 2,
            };
            slots.push(TimeOfWeek(row * 24 + of_day));
            dates.push(index);
        }
        let mut lengths = vec![0; dates.last().map_or(0, |last| usize::from(*last) + 1)];
        for (hour, date) in (first..).zip(&dates) {
            lengths[usize::from(*date)] += u8::from(baseline.contains(&hour));
        }
        Self { zone, first, slots, dates, lengths, baseline, contest }
    }

    /// All hours.
    pub(crate) fn hours(&self) -> Range<i64> {
        self.first..self.first + self.slots.len() as i64
    }

    /// Place of an hour; `None` outside of [`Calendar::hours`].
    pub(crate) fn time_of_week(&self, hour: i64) -> Option<TimeOfWeek> {
        self.slots.get(usize::try_from(hour - self.first).ok()?).copied()
    }

    /// Local date of an hour as days after that of the first hour.
    pub(crate) fn date_index(&self, hour: i64) -> Option<usize> {
        self.dates.get(usize::try_from(hour - self.first).ok()?).map(|day| usize::from(*day))
    }

    /// Number of local dates.
    pub(crate) fn date_count(&self) -> usize {
        self.lengths.len()
    }

    /// Hours of the baseline on a date of [`Calendar::date_index`].
    pub(crate) fn hours_of(&self, date: usize) -> u8 {
        self.lengths[date]
    }

    /// Local date of a moment.
    pub(crate) fn date(&self, at: Time) -> Date {
        local(&self.zone, at.0).0
    }

    /// When a local date begins.
    pub(crate) fn midnight(&self, date: Date) -> Time {
        Time(midnight(&self.zone, date))
    }

    /// Midnight of the same date one year before.
    pub(crate) fn year_before(&self, at: Time) -> Time {
        self.midnight(self.date(at).saturating_sub(1.year()))
    }

    /// When a local hour of a date begins.
    pub(crate) fn at(&self, date: Date, hour: i8) -> Time {
        let zoned = date.at(hour, 0, 0, 0).to_zoned(self.zone.clone());
        zoned.map_or_else(|_| self.midnight(date), |zoned| Time(zoned.timestamp().as_second()))
    }
}

fn kind_of(date: Date, country: Option<Country>) -> DayKind {
    let closed = country.is_some_and(|country| country.is_holiday(date));
    match date.weekday() {
        _ if closed => DayKind::Holiday,
        Weekday::Saturday => DayKind::Saturday,
        Weekday::Sunday => DayKind::Holiday,
        _ => DayKind::Weekday,
    }
}

/// A date so far away that no zone has it counts as 1970.
fn midnight(zone: &TimeZone, date: Date) -> i64 {
    date.to_zoned(zone.clone()).map_or(0, |zoned| zoned.timestamp().as_second())
}

/// Local date and hour of a moment.
fn local(zone: &TimeZone, seconds: i64) -> (Date, u8) {
    let at = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
    let local = zone.to_datetime(at);
    (local.date(), local.hour() as u8)
}

/// A date some days on; the last of all where there is none.
pub(crate) fn days_after(date: Date, days: i64) -> Date {
    date.saturating_add(days.days())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn calendar(own: &[(Date, DayKind)]) -> Calendar {
        let period = |start, end| Period { start, end };
        let competition = Competition::new(
            "test",
            TimeZone::get("Europe/Stockholm").unwrap(),
            period(date(2026, 3, 1), date(2027, 3, 1)),
            period(date(2027, 3, 1), date(2027, 6, 1)),
        );
        Calendar::new(&competition, own)
    }

    #[test]
    fn a_year_has_its_hours_and_the_spring_loses_one() {
        let calendar = calendar(&[]);
        assert_eq!(calendar.baseline.end - calendar.baseline.start, 8760);
        assert_eq!(calendar.contest.end - calendar.contest.start, 92 * 24 - 1);
        assert_eq!(calendar.date_count(), 365 + 92 + 92);
    }

    /// 28 March 2027 is Easter Sunday and has no hour 2; 25 October 2026 has two.
    #[test]
    fn days_of_23_and_25_hours() {
        let calendar = calendar(&[]);
        let hours = |day: Date| {
            let start = calendar.midnight(day).0 / HOUR;
            let end = calendar.midnight(day.tomorrow().unwrap()).0 / HOUR;
            (start..end)
                .map(|hour| calendar.time_of_week(hour).unwrap().bin() - 48)
                .collect::<Vec<_>>()
        };
        let spring: Vec<usize> = (0..2).chain(3..24).collect();
        let autumn: Vec<usize> = (0..3).chain(2..24).collect();
        assert_eq!(hours(date(2027, 3, 28)), spring);
        assert_eq!(hours(date(2026, 10, 25)), autumn);
    }

    #[test]
    fn own_days_come_first() {
        let friday = date(2027, 5, 7);
        let thursday = date(2027, 3, 25);
        let calendar = calendar(&[(friday, DayKind::Holiday), (thursday, DayKind::Half)]);
        let slot = |day, hour| calendar.time_of_week(calendar.at(day, hour).0 / HOUR).unwrap();
        assert_eq!(slot(friday, 10).bin(), 58);
        assert_eq!(slot(thursday, 11).bin(), 11);
        assert_eq!(slot(thursday, 12).bin(), 60);
        assert!(slot(friday, 22).is_night() && slot(friday, 4).is_night());
        assert!(!slot(friday, 5).is_night() && slot(date(2027, 5, 10), 5).bin() == 5);
        assert_eq!(calendar.time_of_week(calendar.contest.end + AFTER), None);
    }
}
