//! Swedish or English, and numbers as each writes them, for the printed forms.
use competition::{Rule, Status, Time};
use jiff::{Timestamp, tz::TimeZone};
use wire::Language;

use super::table::{Both, Shown};

/// One of two texts: keeps both beside the place that prints them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words(pub(super) Language);

impl Words {
    pub(super) const fn t(self, swedish: &'static str, english: &'static str) -> &'static str {
        match self.0 {
            Language::Swedish => swedish,
            Language::English => english,
        }
    }

    /// One of the two.
    pub(super) fn of(self, text: &Both) -> &str {
        match self.0 {
            Language::Swedish => &text.0,
            Language::English => &text.1,
        }
    }

    pub(super) fn number(self, value: f64, decimals: usize) -> String {
        server::text::FormatNumber::number(self.0, value, decimals)
    }

    pub(super) fn percent(self, value: f64, decimals: usize) -> String {
        format!("{}\u{a0}%", self.number(value, decimals))
    }

    /// A number as precisely as it is meant.
    pub(super) fn shown(self, value: f64, shown: Shown) -> String {
        match shown {
            Shown::Decimals(decimals) => self.number(value, decimals),
            Shown::Step(step) => self.number((value / step).round() * step, 0),
        }
    }

    pub(super) const fn status(self, status: Status) -> &'static str {
        match status {
            Status::Upcoming => self.t("Tävlingen har inte börjat", "The contest has not begun"),
            Status::Running => {
                self.t("Lägesrapport, tävlingen pågår", "Interim report, the contest runs")
            }
            Status::Ended => {
                self.t("Slutrapport, resultatet är inte låst", "Final report, not locked")
            }
            Status::Locked => {
                self.t("Slutrapport, resultatet är låst", "Final report, the result is locked")
            }
        }
    }

    pub(super) fn rule(self, rule: Rule) -> &'static str {
        match rule {
            Rule::Intensity => self.t("kWh/m², minst först", "kWh/m², least first"),
            Rule::Night => self.t("nattlast per m², minst först", "night load per m², least first"),
            Rule::SavingPerEmployee => self.t("sparade kWh per anställd", "saved kWh per employee"),
            Rule::MostImproved => {
                self.t("förbättring de senaste 14 dagarna", "improvement of the last 14 days")
            }
            _ => self.t("besparing mot egen normal användning", "saving against own normal use"),
        }
    }
}

/// On the competition's wall clock.
pub(super) fn moment(at: Time, zone: &TimeZone) -> String {
    let moment = Timestamp::from_second(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
    moment.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}
