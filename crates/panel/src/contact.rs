//! Whether a panel may show a page's numbers as those of now. The server judges
//! the meter; the panel judges the server, by the age of the page.
use heapless::String;
use jiff::{Timestamp, tz::Offset};
use wire::{Contact, Language, Page, Time};

/// Seconds without news from the server after which a panel shows no number.
/// A page whose time is as far ahead is not trusted either: one clock is wrong.
pub const PAGE_MAX_AGE_S: i64 = 300;

/// What a panel may say of the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// The numbers are those of now.
    Now,
    /// Nothing since then, if it is known since when.
    Lost { since: Option<Time>, silent: bool },
}

pub(crate) fn heard(page: &Page, now: Time) -> Heard {
    let silent = page.contact == Contact::Silent;
    if page.contact != Contact::Live {
        return Heard::Lost { since: page.since, silent };
    }
    if (now.unix() - page.t.unix()).abs() < PAGE_MAX_AGE_S {
        return Heard::Now;
    }
    Heard::Lost { since: Some(page.since.map_or(page.t, |since| since.min(page.t))), silent }
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

/// A moment in the house's own time.
pub(crate) struct Local(jiff::civil::DateTime);

impl Local {
    /// Offsets beyond what the earth has are taken as the nearest that it has.
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
        crate::words::short(format_args!("{:02}:{:02}", self.0.hour(), self.0.minute()))
    }

    /// `3 apr`
    pub(crate) fn date(&self, language: Language) -> String<12> {
        let (sv, en) = MONTHS[usize::from(self.0.month().unsigned_abs() - 1)];
        let month = match language {
            Language::Swedish => sv,
            Language::English => en,
        };
        crate::words::short(format_args!("{} {month}", self.0.day()))
    }

    pub(crate) fn same_day(&self, other: &Self) -> bool {
        self.0.date() == other.0.date()
    }
}
