//! The rules a board can follow: their names in addresses, and how a row shows
//! what it is ranked by.
use core::str::FromStr;

use crate::text::{FormatNumber, UNKNOWN, local};
use competition::{Baseline, Bilingual, Leaderboard, Participant, Row, Rule, Time, UnknownName};
use jiff::tz::TimeZone;
use wire::Language;

use super::{problem::Problem, query_params::QueryParams};

/// Why no row of an unofficial board has an interval.
pub(super) fn no_interval(board: &Leaderboard, baseline: Baseline) -> Option<Bilingual> {
    let none = board.rows.iter().all(|row| row.interval_percent.is_none());
    baseline.no_interval().filter(|_| none)
}

/// The baseline that an address asks for.
pub(super) fn requested_baseline(params: &QueryParams) -> Result<Option<Baseline>, Problem> {
    named(params, "baseline", "baselines")
}

/// The rule that an address asks for.
pub(super) fn requested(params: &QueryParams) -> Result<Option<Rule>, Problem> {
    named(params, "rule", "rules")
}

fn named<T>(params: &QueryParams, parameter: &str, plural: &str) -> Result<Option<T>, Problem>
where
    T: FromStr<Err = UnknownName>,
{
    let parse = |text: &str| {
        text.parse().map_err(|error: UnknownName| {
            Problem::bad_request(
                format!("{parameter}={text} is no {parameter}"),
                format!("{plural}: {}", error.valid.join(", ")),
            )
        })
    };
    params.get(parameter).map(parse).transpose()
}

/// What the visitor reads above the column.
pub(super) const fn title(rule: Rule, l: Language) -> &'static str {
    match rule {
        Rule::Intensity => l.pick("Elanvändning per yta", "Electricity per area"),
        Rule::Night => l.pick("Nattlast", "Night load"),
        Rule::SavingPerEmployee => l.pick("Sparat per anställd", "Saved per employee"),
        Rule::MostImproved => l.pick("Mest förbättrad", "Most improved"),
        Rule::Saving => l.pick("Besparing", "Saving"),
    }
}

/// What the numbers of the ranking are, above their column.
pub(super) const fn measure(rule: Rule, l: Language) -> &'static str {
    match rule {
        Rule::MostImproved => {
            l.pick("Förbättring de senaste 14 dagarna", "Improvement of the last 14 days")
        }
        Rule::Saving | Rule::Intensity | Rule::Night | Rule::SavingPerEmployee => title(rule, l),
    }
}

/// What the ranking does, in a sentence.
pub(super) const fn sentence(rule: Rule, l: Language) -> &'static str {
    match rule {
        Rule::Intensity => l.pick(
            "Minst elanvändning per kvadratmeter under tävlingen ligger först.",
            "The least electricity per square metre during the contest comes first.",
        ),
        Rule::Night => l.pick(
            "Minst last per kvadratmeter mellan klockan 22 och 05 ligger först.",
            "The smallest load per square metre between 22:00 and 05:00 comes first.",
        ),
        Rule::SavingPerEmployee => l.pick(
            "Flest sparade kilowattimmar per anställd ligger först.",
            "The most kilowatt-hours saved per employee come first.",
        ),
        Rule::MostImproved => l.pick(
            "Störst ökning av besparingen de senaste 14 dagarna mot tävlingens dagar dessförinnan ligger först, i procentenheter.",
            "The largest rise of the saving in the last 14 days over the contest's days before them comes first, in percentage points.",
        ),
        Rule::Saving => l.pick(
            "Störst minskning jämfört med husets egen normala användning ligger först.",
            "The largest reduction against the building's own normal use comes first.",
        ),
    }
}

/// What one row is ranked by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Score {
    pub(super) value: Option<f64>,
    pub(super) interval: Option<[f64; 2]>,
    /// As many as the interval bears.
    pub(super) decimals: usize,
}

impl Score {
    pub(super) fn of(rule: Rule, row: &Row, who: &Participant, at: Time, zone: &TimeZone) -> Self {
        match rule {
            Rule::Intensity => Self::plain(row.kwh_per_m2),
            Rule::Night => Self::plain(row.night_w_per_m2),
            Rule::SavingPerEmployee => {
                let heads = in_force(&who.employees.0, at, zone).filter(|heads| *heads > 0);
                let value = row.saved.zip(heads).map(|(kwh, n)| kwh.kwh() / f64::from(n));
                Self::plain(value)
            }
            Rule::MostImproved => Self::plain(row.improvement_points),
            Rule::Saving => Self::saving(row),
        }
    }

    pub(super) fn saving(row: &Row) -> Self {
        Self { value: row.saving_percent, interval: row.interval_percent, decimals: row.decimals() }
    }

    fn plain(value: Option<f64>) -> Self {
        Self { value, interval: None, decimals: 0 }
    }

    /// The number with its unit, with no decimal that its interval does not bear.
    pub(super) fn text(&self, rule: Rule, l: Language) -> String {
        let Some(value) = self.value else { return UNKNOWN.into() };
        match rule {
            Rule::Intensity => format!("{}\u{a0}kWh/m²", l.number(value, 2)),
            Rule::Night => format!("{}\u{a0}W/m²", l.number(value, 2)),
            Rule::SavingPerEmployee => format!("{}\u{a0}kWh", l.number(value, 1)),
            Rule::MostImproved => {
                let rises = if value >= 0.05 { "+" } else { "" };
                let unit = l.pick("procentenheter", "percentage points");
                format!("{rises}{} {unit}", l.number(value, 1))
            }
            Rule::Saving => l.percent(value, self.decimals),
        }
    }

    /// `20–25 %`, where an interval is known.
    pub(super) fn range(&self, l: Language) -> Option<String> {
        let [low, high] = self.interval?;
        let decimals = self.decimals;
        Some(match l {
            Language::Swedish => {
                format!("{} till {}", l.number(low, decimals), l.percent(high, decimals))
            }
            Language::English => {
                format!("{} to {}", l.number(low, decimals), l.percent(high, decimals))
            }
        })
    }
}

/// The value that holds at a moment.
pub(super) fn in_force<T: Copy>(
    dated: &[(jiff::civil::Date, T)],
    at: Time,
    zone: &TimeZone,
) -> Option<T> {
    let today = local(at, zone).date();
    dated.iter().rev().find(|(from, _)| *from <= today).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_improvement_has_a_sign_and_its_unit_in_words() {
        let text = |points, l| Score::plain(Some(points)).text(Rule::MostImproved, l);
        assert_eq!(text(2.34, Language::Swedish), "+2,3 procentenheter");
        assert_eq!(text(-0.51, Language::English), "−0.5 percentage points");
        assert_eq!(text(0.04, Language::English), "0.0 percentage points");
    }

    #[test]
    fn no_decimal_that_the_interval_does_not_bear() {
        let sv = Language::Swedish;
        let wide = Score { value: Some(22.4), interval: Some([20.1, 24.6]), decimals: 0 };
        assert_eq!(wide.text(Rule::Saving, sv), "22\u{a0}%");
        assert_eq!(wide.range(sv).as_deref(), Some("20 till 25\u{a0}%"));
        let narrow = Score { value: Some(22.4), interval: Some([22.1, 22.8]), decimals: 1 };
        assert_eq!(narrow.text(Rule::Saving, sv), "22,4\u{a0}%");
        let unknown = Score { value: None, interval: None, decimals: 0 };
        assert_eq!(unknown.text(Rule::Saving, sv), "–");
        assert_eq!(unknown.range(sv), None);
    }
}
