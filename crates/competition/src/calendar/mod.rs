//! Hours of the week in local time: three day types {weekday, Saturday, Sunday or
//! public holiday} × 24 local hours. A day on which summer time begins or ends has 23
//! or 25 hours, and each of them its own bin.
mod easter;
mod holidays;

use core::ops::Range;

pub use holidays::Country;
use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Weekday},
    tz::TimeZone,
};

use crate::{
    Competition, DayKind, Period, Time,
    time::{Hour, each_hour},
};

/// Bins of the baseline: day types × local hours.
pub(crate) const BINS: usize = 72;

/// Hours after the contest whose baseline can still be shown.
const HOURS_AFTER_CONTEST: i64 = 92 * 24;

/// Day type and local hour of an hour, as the number of its bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeOfWeek(u8);

impl TimeOfWeek {
    /// Day type × 24 + local hour, 0 to 71.
    pub(crate) fn bin(self) -> usize {
        self.0 as usize
    }

    /// Local hour, 0 to 23.
    pub(crate) fn local_hour(self) -> usize {
        self.bin() % 24
    }

    /// Whether the hour lies between 22 and 05.
    pub(crate) fn is_night(self) -> bool {
        !(5..22).contains(&self.local_hour())
    }
}

/// The hours of a competition, from the first of the baseline or the contest to some
/// months after the last.
#[derive(Debug)]
pub(crate) struct Calendar {
    zone: TimeZone,
    first: Hour,
    times_of_week: Vec<TimeOfWeek>,
    /// Local date of each hour, as days after that of the first hour.
    dates: Vec<u16>,
    /// Baseline hours of each local date.
    baseline_hours: Vec<u8>,
    /// Month of each local date, 1 to 12.
    months: Vec<i8>,
    pub(crate) baseline: Range<Hour>,
    /// The hours of the baseline that teach it: those before the competition's
    /// `reference_until`.
    pub(crate) reference: Range<Hour>,
    pub(crate) contest: Range<Hour>,
}

impl Calendar {
    /// The special days of the participant override those of the competition, and
    /// both override the country's holidays.
    pub(crate) fn new(competition: &Competition, participant: &[(Date, DayKind)]) -> Self {
        let zone = competition.timezone.clone();
        let hours = |period: Period| {
            let start = Hour::at_or_after(midnight(&zone, period.start));
            start..Hour::at_or_after(midnight(&zone, period.end)).max(start)
        };
        let (baseline, contest) = (hours(competition.baseline), hours(competition.contest));
        let first = baseline.start.min(contest.start);
        let end = baseline.end.max(contest.end) + HOURS_AFTER_CONTEST;
        let country = competition.holidays;
        let day_kind = |date: Date| {
            let special = participant.iter().chain(&competition.special_days);
            let special = special.clone().find(|(day, _)| *day == date).map(|(_, kind)| *kind);
            special.unwrap_or_else(|| kind_of(date, country))
        };
        let first_date = local_date(&zone, first.start());
        let (mut times_of_week, mut dates, mut months) = (Vec::new(), Vec::new(), Vec::new());
        let mut today: Option<(Date, u16, DayKind)> = None;
        for hour in each_hour(&(first..end)) {
            let at = local(&zone, hour.start());
            let (date, index, kind) =
                today.filter(|(date, ..)| *date == at.date()).unwrap_or_else(|| {
                    let index = (at.date() - first_date).get_days().clamp(0, 0xffff) as u16;
                    (at.date(), index, day_kind(at.date()))
                });
            today = Some((date, index, kind));
            let local_hour = at.hour() as u8;
            let day_type = match kind {
                DayKind::Weekday => 0,
                DayKind::Saturday => 1,
                DayKind::Half if local_hour < 12 => 0,
                DayKind::Half | DayKind::Holiday => 2,
            };
            times_of_week.push(TimeOfWeek(day_type * 24 + local_hour));
            dates.push(index);
            months.resize(usize::from(index) + 1, at.date().month());
        }
        let mut baseline_hours = vec![0; dates.last().map_or(0, |last| usize::from(*last) + 1)];
        for (hour, date) in each_hour(&(first..end)).zip(&dates) {
            baseline_hours[usize::from(*date)] += u8::from(baseline.contains(&hour));
        }
        let until =
            competition.reference_until.map(|date| Hour::at_or_after(midnight(&zone, date)));
        let until = until.map_or(baseline.end, |it| it.clamp(baseline.start, baseline.end));
        let reference = baseline.start..until;
        Self {
            zone,
            first,
            times_of_week,
            dates,
            baseline_hours,
            months,
            baseline,
            reference,
            contest,
        }
    }

    /// All hours of the calendar.
    pub(crate) fn hours(&self) -> Range<Hour> {
        self.first..self.first + self.times_of_week.len() as i64
    }

    fn index(&self, hour: Hour) -> Option<usize> {
        usize::try_from(hour - self.first).ok()
    }

    /// `None` outside of [`Calendar::hours`].
    pub(crate) fn time_of_week(&self, hour: Hour) -> Option<TimeOfWeek> {
        self.times_of_week.get(self.index(hour)?).copied()
    }

    /// Local date of an hour as days after that of the first hour.
    pub(crate) fn date_index(&self, hour: Hour) -> Option<usize> {
        self.dates.get(self.index(hour)?).map(|date| usize::from(*date))
    }

    /// Local month of an hour, 1 to 12.
    pub(crate) fn month(&self, hour: Hour) -> Option<i8> {
        self.months.get(self.date_index(hour)?).copied()
    }

    /// Number of local dates.
    pub(crate) fn date_count(&self) -> usize {
        self.baseline_hours.len()
    }

    /// Baseline hours of a date of [`Calendar::date_index`], at most 25.
    pub(crate) fn baseline_hours(&self, date_index: usize) -> u8 {
        self.baseline_hours[date_index]
    }

    /// Local date of a moment.
    pub(crate) fn date(&self, at: Time) -> Date {
        local_date(&self.zone, at)
    }

    /// The time zone of its days.
    pub(crate) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// When a local date begins.
    pub(crate) fn midnight(&self, date: Date) -> Time {
        midnight(&self.zone, date)
    }

    /// Midnight of the same local date one year before.
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

/// 1970-01-01 for a date that is out of jiff's range in the zone.
pub(crate) fn midnight(zone: &TimeZone, date: Date) -> Time {
    Time(date.to_zoned(zone.clone()).map_or(0, |zoned| zoned.timestamp().as_second()))
}

fn local(zone: &TimeZone, at: Time) -> jiff::civil::DateTime {
    zone.to_datetime(Timestamp::from_second(at.0).unwrap_or(Timestamp::UNIX_EPOCH))
}

/// Local date of a moment in a zone.
pub(crate) fn local_date(zone: &TimeZone, at: Time) -> Date {
    local(zone, at).date()
}

/// The date `days` later; the last possible date where that is later.
pub(crate) fn days_after(date: Date, days: i64) -> Date {
    date.saturating_add(days.days())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn calendar(special_days: &[(Date, DayKind)]) -> Calendar {
        let period = |start, end| Period { start, end };
        let competition = Competition::new(
            "test",
            TimeZone::get("Europe/Stockholm").unwrap(),
            period(date(2026, 3, 1), date(2027, 3, 1)),
            period(date(2027, 3, 1), date(2027, 6, 1)),
        );
        Calendar::new(&competition, special_days)
    }

    #[test]
    fn a_year_has_8760_hours_and_a_spring_one_less() {
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
            let start = Hour::containing(calendar.midnight(day));
            let end = Hour::containing(calendar.midnight(day.tomorrow().unwrap()));
            let bin = |hour| calendar.time_of_week(hour).unwrap().bin() - 48;
            each_hour(&(start..end)).map(bin).collect::<Vec<_>>()
        };
        let spring: Vec<usize> = (0..2).chain(3..24).collect();
        let autumn: Vec<usize> = (0..3).chain(2..24).collect();
        assert_eq!(hours(date(2027, 3, 28)), spring);
        assert_eq!(hours(date(2026, 10, 25)), autumn);
    }

    #[test]
    fn special_days_of_the_participant_override_the_holidays() {
        let friday = date(2027, 5, 7);
        let thursday = date(2027, 3, 25);
        let calendar = calendar(&[(friday, DayKind::Holiday), (thursday, DayKind::Half)]);
        let at =
            |day, hour| calendar.time_of_week(Hour::containing(calendar.at(day, hour))).unwrap();
        assert_eq!(at(friday, 10).bin(), 58);
        assert_eq!(at(thursday, 11).bin(), 11);
        assert_eq!(at(thursday, 12).bin(), 60);
        assert!(at(friday, 22).is_night() && at(friday, 4).is_night());
        assert!(!at(friday, 5).is_night() && at(date(2027, 5, 10), 5).bin() == 5);
        assert_eq!(calendar.time_of_week(calendar.contest.end + HOURS_AFTER_CONTEST), None);
    }
}
