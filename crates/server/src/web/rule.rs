//! Rules and baselines in query parameters, and the text of titles and scores.
use core::str::FromStr;

use competition::{Baseline, ConfidenceInterval, Production, Rule, Score, ScoreUnit, UnknownName};
use wire::Language;

use super::{problem::Problem, query_params::QueryParams};
use crate::text::{FormatNumber, UNKNOWN};

/// The baseline that the address requests.
pub(super) fn requested_baseline(params: &QueryParams) -> Result<Option<Baseline>, Problem> {
    named(params, "baseline", "baselines")
}

/// The rule that the address requests.
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

/// A rule's name for visitors.
pub(super) const fn title(rule: Rule, l: Language) -> &'static str {
    match rule {
        Rule::Intensity => l.pick("Elanvändning per yta", "Electricity per area"),
        Rule::Night => l.pick("Nattlast", "Night load"),
        Rule::SavingPerEmployee => l.pick("Sparat per anställd", "Saved per employee"),
        Rule::MostImproved => l.pick("Mest förbättrad", "Most improved"),
        Rule::Saving => l.pick("Besparing", "Saving"),
    }
}

/// The head of the score's column.
pub(super) const fn measure(rule: Rule, l: Language) -> &'static str {
    match rule {
        Rule::MostImproved => {
            l.pick("Förbättring de senaste 14 dagarna", "Improvement of the last 14 days")
        }
        Rule::Saving | Rule::Intensity | Rule::Night | Rule::SavingPerEmployee => title(rule, l),
    }
}

/// A sentence that explains the ranking.
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

/// A score with its unit, with no more decimals than its interval supports.
pub(super) fn score_text(score: &Score, l: Language) -> String {
    let Some(value) = score.value else { return UNKNOWN.into() };
    let number = l.number(value, score.decimals());
    match score.unit {
        ScoreUnit::Percent => l.percent(value, score.decimals()),
        ScoreUnit::KwhPerSquareMetre => format!("{number}\u{a0}kWh/m²"),
        ScoreUnit::WattsPerSquareMetre => format!("{number}\u{a0}W/m²"),
        ScoreUnit::KwhPerEmployee => format!("{number}\u{a0}kWh"),
        ScoreUnit::PercentagePoints => {
            let sign = if value >= 0.05 { "+" } else { "" };
            format!("{sign}{number} {}", l.pick("procentenheter", "percentage points"))
        }
    }
}

/// The interval of a score as "20 to 25 %", where it has one.
pub(super) fn score_range(score: &Score, l: Language) -> Option<String> {
    let ConfidenceInterval { low, high } = score.interval?;
    let decimals = score.decimals();
    let (low, high) = (l.number(low, decimals), l.percent(high, decimals));
    Some(match l {
        Language::Swedish => format!("{low} till {high}"),
        Language::English => format!("{low} to {high}"),
    })
}

/// What counts as use where a building produces electricity.
pub(super) const fn production(production: Production, l: Language) -> &'static str {
    match production {
        Production::OwnUseCounts => l.pick(
            "Egen el som huset använder räknas som användning.",
            "Own electricity that the building uses counts as use.",
        ),
        Production::Net => l.pick(
            "Egen el dras från användningen, även den som matas ut.",
            "Own electricity is taken off the use, also what is fed into the grid.",
        ),
        Production::NotCounted => l.pick(
            "Bara el från nätet räknas; egen el räknas inte.",
            "Only electricity from the grid counts; own electricity does not.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_improvement_has_a_sign_and_its_unit_in_words() {
        let text =
            |points, l| score_text(&Score::new(Some(points), ScoreUnit::PercentagePoints), l);
        assert_eq!(text(2.34, Language::Swedish), "+2,3 procentenheter");
        assert_eq!(text(-0.51, Language::English), "−0.5 percentage points");
        assert_eq!(text(0.04, Language::English), "0.0 percentage points");
    }

    #[test]
    fn a_score_has_only_the_decimals_that_its_interval_supports() {
        let sv = Language::Swedish;
        let wide = Score::saving(Some(22.4), Some([20.1, 24.6].into()));
        assert_eq!(score_text(&wide, sv), "22\u{a0}%");
        assert_eq!(score_range(&wide, sv).as_deref(), Some("20 till 25\u{a0}%"));
        let narrow = Score::saving(Some(22.4), Some([22.1, 22.8].into()));
        assert_eq!(score_text(&narrow, sv), "22,4\u{a0}%");
        let unknown = Score::saving(None, None);
        assert_eq!(score_text(&unknown, sv), "–");
        assert_eq!(score_range(&unknown, sv), None);
    }
}
