//! Labels of a panel in Swedish and English.
use core::fmt::Write;

use heapless::String;
use wire::Language;

/// A label in both languages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Word {
    sv: &'static str,
    en: &'static str,
}

const fn word(sv: &'static str, en: &'static str) -> Word {
    Word { sv, en }
}

impl Word {
    pub(crate) const fn of(self, language: Language) -> &'static str {
        match language {
            Language::Swedish => self.sv,
            Language::English => self.en,
        }
    }
}

pub(crate) const POWER: Word = word("Effekt nu", "Power now");
pub(crate) const EXPORT: Word = word("Ut på nätet", "To the grid");
pub(crate) const TODAY: Word = word("Idag", "Today");
pub(crate) const SAVING: Word = word("Besparing", "Saving");
pub(crate) const RISING: Word = word("och den ökar", "and rising");
pub(crate) const STEADY: Word = word("och står still", "and steady");
pub(crate) const FALLING: Word = word("men den minskar", "but falling");
pub(crate) const RANK: Word = word("Plats", "Rank");
pub(crate) const OF: Word = word("av", "of");
pub(crate) const INTENSITY: Word = word("Energi", "Energy");
pub(crate) const SINCE_START: Word = word("sedan starten", "since the start");
pub(crate) const DAY: Word = word("Dygnet", "24 h");
pub(crate) const PEAK: Word = word("topp", "peak");
pub(crate) const LAST_NIGHT: Word = word("På i natt", "Left on");
pub(crate) const NIGHT_HOURS: Word = word("snitt 22-05", "mean, 22 to 05");
pub(crate) const SWITCHED_ON: Word = word("Slogs på", "Turned on");
pub(crate) const SWITCHED_OFF: Word = word("Slogs av", "Turned off");
pub(crate) const NO_CONTACT: Word = word("Ingen kontakt", "No contact");
pub(crate) const SINCE: Word = word("sedan", "since");

/// Formats a short text. The caller chooses `N` so that it fits.
pub(crate) fn short<const N: usize>(parts: core::fmt::Arguments<'_>) -> String<N> {
    let mut text = String::new();
    let fits = text.write_fmt(parts);
    debug_assert!(fits.is_ok(), "{parts}");
    text
}
