//! The hours of a doubt in words.
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use crate::{Bilingual, Time, eligibility::MONTHS};

/// When a doubt begins and ends, in the competition's time zone.
pub(super) struct Span<'a> {
    pub(super) from: Time,
    pub(super) until: Time,
    /// The last known hour is in doubt.
    pub(super) open: bool,
    pub(super) zone: &'a TimeZone,
}

impl Span<'_> {
    fn local(&self, at: Time) -> DateTime {
        self.zone.to_datetime(Timestamp::from_second(at.0).unwrap_or_default())
    }

    /// A day; its clock time where it is not midnight, its year where it matters.
    fn moment(at: DateTime, with_year: bool) -> Bilingual {
        let (english, swedish) = MONTHS[at.month() as usize - 1];
        let day = at.day();
        let year = if with_year { format!(" {}", at.year()) } else { String::new() };
        let clock = |text: &str| if is_midnight(at) { String::new() } else { text.to_owned() };
        let (hour, minute) = (at.hour(), at.minute());
        Bilingual::new(
            format!("{day} {english}{year}{}", clock(&format!(" {hour:02}:{minute:02}"))),
            format!("{day} {swedish}{year}{}", clock(&format!(" kl. {hour:02}.{minute:02}"))),
        )
    }

    pub(super) fn text(&self) -> Bilingual {
        let (from, until) = (self.local(self.from), self.local(self.until));
        if self.open {
            let from = Self::moment(from, true);
            return Bilingual::new(
                format!("since {}", from.english),
                format!("sedan den {}", from.swedish),
            );
        }
        if !is_midnight(until) {
            let from = Self::moment(from, from.year() != until.year());
            let until = Self::moment(until, true);
            return Bilingual::new(
                format!("from {} to {}", from.english, until.english),
                format!("från den {} till den {}", from.swedish, until.swedish),
            );
        }
        // The end is exclusive: at midnight the last day is the one before.
        let last = until.yesterday().unwrap_or(until);
        let until = Self::moment(last, true);
        if is_midnight(from) && from.date() == last.date() {
            return Bilingual::new(
                format!("on {}", until.english),
                format!("den {}", until.swedish),
            );
        }
        let from = Self::moment(from, from.year() != last.year());
        Bilingual::new(
            format!("from {} to the end of {}", from.english, until.english),
            format!("från den {} till och med den {}", from.swedish, until.swedish),
        )
    }
}

fn is_midnight(at: DateTime) -> bool {
    at.time() == jiff::civil::Time::midnight()
}
