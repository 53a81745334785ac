//! The texts of times: a date, a clock, an offset, and the end of a range, in the forms
//! that exports use. A text that has any further part is not a time, so that a misread
//! column is refused and not half understood.
mod cursor;

use super::options::DateOrder;
use cursor::{Cursor, Dated};

pub(super) const DAY: i64 = 86_400;
const HOUR: i64 = 3600;

/// A moment as a text states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// Seconds of UTC.
    Utc(i64),
    /// Seconds since the beginning of 1970 on the clock of some zone.
    Local(i64),
}

/// What a text says about time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TimeText {
    pub(super) start: Moment,
    /// The end of a range such as `00:00-01:00`.
    pub(super) end: Option<Moment>,
    pub(super) clock: ClockForm,
}

/// How a text states the time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClockForm {
    /// It does not: a date alone.
    None,
    /// A clock's time.
    Clock,
    /// A number of an hour alone, as in `2026-01-10 1`.
    Hour(u8),
    /// 24:00, which only the end of a day has.
    Midnight24,
}

/// How dates are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TimeForm {
    /// Order of the numbers where the year does not show by its four digits, and of day and
    /// month after which a year of four digits follows.
    pub(super) order: Option<DateOrder>,
    /// The text is known to be a time: numbers of days as spreadsheets count them and
    /// dates in columns of their own are read too.
    pub(super) loose: bool,
}

#[cfg(test)]
impl TimeForm {
    /// Only what cannot be anything but a time.
    pub(super) const STRICT: Self = Self { order: None, loose: false };
}

/// Parses a text that states a day.
pub(super) fn parse(text: &str, form: TimeForm) -> Option<TimeText> {
    let mut cursor = Cursor::new(text);
    if form.loose
        && let Some(local) = cursor.serial_number()
    {
        let (start, clock) = (Moment::Local(local), ClockForm::Clock);
        return Some(TimeText { start, end: None, clock });
    }
    let day = match cursor.date(form)? {
        Dated::Epoch(at) => {
            cursor.fraction();
            let (start, clock) = (Moment::Utc(at), ClockForm::Clock);
            return cursor.is_done().then_some(TimeText { start, end: None, clock });
        }
        Dated::Whole(local) => {
            let (start, clock) = (cursor.with_offset(local, true)?, ClockForm::Clock);
            return cursor.is_done().then_some(TimeText { start, end: None, clock });
        }
        Dated::Day(day) => day * DAY,
    };
    if cursor.is_done() {
        let (start, clock) = (Moment::Local(day), ClockForm::None);
        return Some(TimeText { start, end: None, clock });
    }
    let iso = cursor.date_separator()?;
    let clock = cursor.clock()?;
    let start = cursor.with_offset(day + clock.seconds, iso)?;
    let form_of_clock = clock.form();
    if cursor.is_done() {
        return Some(TimeText { start, end: None, clock: form_of_clock });
    }
    if !cursor.range_mark() {
        return None;
    }
    let from = cursor.at;
    let end = match cursor.end_with_date(form) {
        Some(end) => end,
        None => {
            cursor.at = from;
            let seconds = cursor.clock()?.seconds;
            let next = if seconds <= clock.seconds { DAY } else { 0 };
            match (start, cursor.with_offset(day + next + seconds, iso)?) {
                // An offset after the end alone is that of both.
                (Moment::Local(_), Moment::Utc(_)) => return None,
                (_, end) => end,
            }
        }
    };
    cursor.is_done().then_some(TimeText { start, end: Some(end), clock: ClockForm::Clock })
}

/// A time of day without a date, and the end of its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClockText {
    pub(super) seconds: i64,
    pub(super) end: Option<i64>,
    pub(super) form: ClockForm,
}

/// Parses a text that states a time of day alone: `00:00`, `00-01`, `24`, `kl 01`.
pub(super) fn parse_clock(text: &str) -> Option<ClockText> {
    let mut cursor = Cursor::new(text);
    let clock = cursor.clock()?;
    let (seconds, form) = (clock.seconds, clock.form());
    if cursor.is_done() {
        return Some(ClockText { seconds, end: None, form });
    }
    if !cursor.range_mark() {
        return None;
    }
    let end = cursor.clock()?.seconds;
    let end = if end <= seconds { end + DAY } else { end };
    cursor.is_done().then_some(ClockText { seconds, end: Some(end), form: ClockForm::Clock })
}

/// Days since 1970-01-01 of a date of the Gregorian calendar, if it exists.
pub(super) fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    const LENGTHS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let length = LENGTHS.get(usize::try_from(month - 1).ok()?)?;
    let length = length + i64::from(leap && month == 2);
    if !(1970..=2200).contains(&year) || !(1..=length).contains(&day) {
        return None;
    }
    // Years that begin in March, so that the leap day is the last one.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    Some(365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468)
}

#[cfg(test)]
mod tests;
