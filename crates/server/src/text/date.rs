//! Dates and times as a sentence or a table has them, and as programs read them.
use competition::Time;
use jiff::{
    Timestamp, Zoned,
    civil::{Date, Weekday},
    tz::TimeZone,
};
use wire::Language;

/// Writes dates and local times in a language.
pub trait FormatDate {
    /// `11 april 2027`
    fn date(self, date: Date) -> String;

    /// `11 april`
    fn day(self, date: Date) -> String;

    /// `1 mars – 31 maj 2027`: both days included, the year once where it is the same.
    fn period(self, first: Date, last: Date) -> String;

    /// `13–19 april 2027`: both days included, month and year once where they are the same.
    fn days(self, first: Date, last: Date) -> String;

    /// `söndag`
    fn weekday(self, day: Weekday) -> &'static str;

    /// `10:12` where `at` is on the same local day as `now`, otherwise `11 april 10:12`.
    fn moment(self, at: Time, now: Time, zone: &TimeZone) -> String;

    /// `söndag 11 april 2027 12:00`
    fn full_moment(self, at: Time, zone: &TimeZone) -> String;

    /// `11 april 2027 12:00`
    fn date_time(self, at: Time, zone: &TimeZone) -> String;

    /// `från 1 mars 2026` without an end; `13–19 april 2027` where it begins and ends at
    /// midnight, and otherwise with clock times. The end is exclusive.
    fn span(self, from: Time, until: Option<Time>, zone: &TimeZone) -> String;
}

impl FormatDate for Language {
    fn date(self, date: Date) -> String {
        format!("{} {}", self.day(date), date.year())
    }

    fn day(self, date: Date) -> String {
        let month = self.pick(MONTHS_SWEDISH, MONTHS_ENGLISH)[date.month() as usize - 1];
        format!("{} {month}", date.day())
    }

    fn period(self, first: Date, last: Date) -> String {
        let from = if first.year() == last.year() { self.day(first) } else { self.date(first) };
        format!("{from} – {}", self.date(last))
    }

    fn days(self, first: Date, last: Date) -> String {
        if first == last {
            self.date(first)
        } else if (first.year(), first.month()) == (last.year(), last.month()) {
            format!("{}–{}", first.day(), self.date(last))
        } else {
            self.period(first, last)
        }
    }

    fn weekday(self, day: Weekday) -> &'static str {
        self.pick(WEEKDAYS_SWEDISH, WEEKDAYS_ENGLISH)[day.to_monday_zero_offset() as usize]
    }

    fn moment(self, at: Time, now: Time, zone: &TimeZone) -> String {
        let (at, now) = (local(at, zone), local(now, zone));
        if at.date() == now.date() {
            hour_minute(&at)
        } else {
            format!("{} {}", self.day(at.date()), hour_minute(&at))
        }
    }

    fn full_moment(self, at: Time, zone: &TimeZone) -> String {
        let at = local(at, zone);
        let (day, date) = (self.weekday(at.weekday()), self.date(at.date()));
        format!("{day} {date} {}", hour_minute(&at))
    }

    fn date_time(self, at: Time, zone: &TimeZone) -> String {
        let at = local(at, zone);
        format!("{} {}", self.date(at.date()), hour_minute(&at))
    }

    fn span(self, from: Time, until: Option<Time>, zone: &TimeZone) -> String {
        let begin = local(from, zone);
        let Some(until) = until else {
            let begin = match is_midnight(&begin) {
                true => self.date(begin.date()),
                false => self.date_time(from, zone),
            };
            return format!("{} {begin}", self.pick("från", "from"));
        };
        let end = local(until, zone);
        if is_midnight(&begin) && is_midnight(&end) && until > from {
            let last = end.date().yesterday().unwrap_or(end.date());
            self.days(begin.date(), last)
        } else if begin.date() == end.date() {
            format!("{}–{}", self.date_time(from, zone), hour_minute(&end))
        } else {
            format!("{} – {}", self.date_time(from, zone), self.date_time(until, zone))
        }
    }
}

fn is_midnight(at: &Zoned) -> bool {
    (at.hour(), at.minute(), at.second()) == (0, 0, 0)
}

const MONTHS_SWEDISH: [&str; 12] = [
    "januari",
    "februari",
    "mars",
    "april",
    "maj",
    "juni",
    "juli",
    "augusti",
    "september",
    "oktober",
    "november",
    "december",
];
const MONTHS_ENGLISH: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS_SWEDISH: [&str; 7] =
    ["måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag"];
const WEEKDAYS_ENGLISH: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// `at` in the local time of `zone`.
pub fn local(at: Time, zone: &TimeZone) -> Zoned {
    timestamp(at).to_zoned(zone.clone())
}

/// `10:12`
pub fn hour_minute(at: &Zoned) -> String {
    format!("{:02}:{:02}", at.hour(), at.minute())
}

/// `2027-04-11 12:00` in the local time of `zone`, the same in every language.
pub fn iso_minute(at: Time, zone: &TimeZone) -> String {
    local(at, zone).strftime("%Y-%m-%d %H:%M").to_string()
}

/// `2027-04-11T10:00:00Z`: RFC 3339 in UTC, for programs.
pub fn rfc3339(at: Time) -> String {
    timestamp(at).to_string()
}

/// A time outside of jiff's years -9999 to 9999 becomes the Unix epoch.
fn timestamp(at: Time) -> Timestamp {
    Timestamp::from_second(at.0).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn dates_follow_the_language_and_the_local_midnight() {
        let zone = TimeZone::get("Europe/Stockholm").expect("bundled");
        let now = Time("2027-04-11T10:00:00Z".parse::<Timestamp>().expect("a time").as_second());
        let (sv, en) = (Language::Swedish, Language::English);
        assert_eq!(sv.moment(Time(now.0 - 60), now, &zone), "11:59");
        assert_eq!(sv.moment(Time(now.0 - 13 * 3600), now, &zone), "10 april 23:00");
        assert_eq!(sv.full_moment(now, &zone), "söndag 11 april 2027 12:00");
        assert_eq!(en.period(date(2027, 3, 1), date(2027, 5, 31)), "1 March – 31 May 2027");
        assert_eq!(sv.days(date(2026, 4, 13), date(2026, 4, 19)), "13–19 april 2026");
        let midnight = Time(now.0 - 12 * 3600);
        assert_eq!(sv.span(midnight, None, &zone), "från 11 april 2027");
        assert_eq!(sv.span(midnight, Some(now), &zone), "11 april 2027 00:00–12:00");
        let next = Time(midnight.0 + 86_400);
        assert_eq!(en.span(midnight, Some(next), &zone), "11 April 2027");
        assert_eq!(en.span(now, Some(next), &zone), "11 April 2027 12:00 – 12 April 2027 00:00");
        assert_eq!(iso_minute(now, &zone), "2027-04-11 12:00");
        assert_eq!(rfc3339(now), "2027-04-11T10:00:00Z");
    }
}
