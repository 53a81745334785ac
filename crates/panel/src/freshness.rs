//! Whether the numbers of a page are current. The server judges the meter; the panel judges
//! the server by the age of the page.
use heapless::String;
use jiff::{Timestamp, tz::Offset};
use wire::{Contact, Language, Page, Time};

/// Age of a page, s, from which a panel shows no number of it. A page that is as far ahead
/// of the panel's clock is not shown either: one of the clocks is wrong.
pub const PAGE_MAX_AGE_S: i64 = 300;

/// Whether the numbers of a page are current.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// They are current.
    Current,
    /// They are outdated; `since` is the time of the last contact, if known.
    Lost { since: Option<Time>, silent: bool },
}

pub(crate) fn freshness(page: &Page, now: Time) -> Freshness {
    let silent = page.contact == Contact::Silent;
    if page.contact != Contact::Live {
        return Freshness::Lost { since: page.since, silent };
    }
    if (now.unix() - page.t.unix()).abs() < PAGE_MAX_AGE_S {
        return Freshness::Current;
    }
    Freshness::Lost { since: Some(page.since.map_or(page.t, |since| since.min(page.t))), silent }
}

const MONTHS: [(&str, &str); 12] = [
    ("jan", "Jan"),
    ("feb", "Feb"),
    ("mar", "Mar"),
    ("apr", "Apr"),
    ("maj", "May"),
    ("jun", "Jun"),
    ("jul", "Jul"),
    ("aug", "Aug"),
    ("sep", "Sep"),
    ("okt", "Oct"),
    ("nov", "Nov"),
    ("dec", "Dec"),
];

/// A time in local time.
pub(crate) struct LocalTime(jiff::civil::DateTime);

impl LocalTime {
    /// Offsets are clamped to 24 hours.
    pub(crate) fn new(time: Time, offset_min: i16) -> Self {
        let seconds = i32::from(offset_min).clamp(-24 * 60, 24 * 60) * 60;
        let offset = Offset::from_seconds(seconds).unwrap_or(Offset::UTC);
        let time = Timestamp::from_second(time.unix()).unwrap_or_default();
        Self(offset.to_datetime(time))
    }

    pub(crate) fn hour(&self) -> i8 {
        self.0.hour()
    }

    /// `14:32`
    pub(crate) fn clock(&self) -> String<12> {
        crate::labels::short(format_args!("{:02}:{:02}", self.0.hour(), self.0.minute()))
    }

    /// `3 apr`
    pub(crate) fn date(&self, language: Language) -> String<12> {
        let (sv, en) = MONTHS[usize::from(self.0.month().unsigned_abs() - 1)];
        let month = match language {
            Language::Swedish => sv,
            Language::English => en,
        };
        crate::labels::short(format_args!("{} {month}", self.0.day()))
    }

    pub(crate) fn same_day(&self, other: &Self) -> bool {
        self.0.date() == other.0.date()
    }
}
