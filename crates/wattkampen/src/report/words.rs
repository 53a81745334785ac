//! What the printed forms share: numbers rounded to a precision, and the names of rules
//! and of the contest's status.
use competition::{Rule, Status};
use server::text::FormatNumber;
use wire::Language;

use super::table::Precision;

pub(super) fn rounded(language: Language, value: f64, precision: Precision) -> String {
    match precision {
        Precision::Decimals(decimals) => language.number(value, decimals),
        Precision::Step(step) => language.number((value / step).round() * step, 0),
    }
}

pub(super) const fn status(language: Language, status: Status) -> &'static str {
    match status {
        Status::Upcoming => language.pick("Tävlingen har inte börjat", "The contest has not begun"),
        Status::Running => {
            language.pick("Lägesrapport, tävlingen pågår", "Interim report, the contest is running")
        }
        Status::Ended => {
            language.pick("Slutrapport, resultatet är inte låst", "Final report, not locked")
        }
        Status::Locked => {
            language.pick("Slutrapport, resultatet är låst", "Final report, the result is locked")
        }
    }
}

pub(super) const fn rule(language: Language, rule: Rule) -> &'static str {
    match rule {
        Rule::Intensity => language.pick("kWh/m², minst först", "kWh/m², least first"),
        Rule::Night => {
            language.pick("nattlast per m², minst först", "night load per m², least first")
        }
        Rule::SavingPerEmployee => {
            language.pick("sparade kWh per anställd", "saved kWh per employee")
        }
        Rule::MostImproved => {
            language.pick("förbättring de senaste 14 dagarna", "improvement of the last 14 days")
        }
        Rule::Saving => language.pick(
            "besparing mot egen normal användning",
            "saving against the building's own normal use",
        ),
    }
}
