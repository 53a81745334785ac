//! Swedish or English, and numbers as each writes them, for the printed forms.
use competition::{Rule, Time};
use jiff::{Timestamp, tz::TimeZone};
use wire::Language;

/// What stands where nothing is known.
pub(super) const UNKNOWN: &str = "–";

/// One of two texts: keeps both beside the place that prints them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words(pub(super) Language);

impl Words {
    pub(super) const fn t(self, swedish: &'static str, english: &'static str) -> &'static str {
        match self.0 {
            Language::Sv => swedish,
            Language::En => english,
        }
    }

    /// Thousands apart, a real minus, no negative nothing; a comma in Swedish.
    pub(super) fn number(self, value: f64, decimals: usize) -> String {
        let text = super::text::grouped(value, decimals).replace(' ', "\u{a0}");
        let text = text.replace('-', "−");
        match self.0 {
            Language::Sv => text.replace('.', ","),
            Language::En => text,
        }
    }

    pub(super) fn maybe(self, value: Option<f64>, decimals: usize) -> String {
        value.map_or_else(|| UNKNOWN.to_owned(), |value| self.number(value, decimals))
    }

    pub(super) fn percent(self, value: f64, decimals: usize) -> String {
        format!("{}\u{a0}%", self.number(value, decimals))
    }

    pub(super) fn interval(self, [low, high]: [f64; 2], decimals: usize) -> String {
        let to = self.t("till", "to");
        format!("{} {to} {}", self.number(low, decimals), self.percent(high, decimals))
    }

    /// Why somebody is not ranked.
    pub(super) fn t_reason(self, reason: &competition::Reason) -> &str {
        match self.0 {
            Language::Sv => reason.swedish(),
            Language::En => reason.english(),
        }
    }

    pub(super) fn moment(self, at: Time, zone: &TimeZone) -> String {
        let moment = Timestamp::from_second(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
        moment.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
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
