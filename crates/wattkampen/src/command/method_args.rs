//! Values that several commands accept as arguments: a rule, a baseline, a language.
use core::str::FromStr;
use std::error::Error;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use competition::{Baseline, Competition, Rule, Time};
use server::audit::Moment;
use wire::Language;

use super::Failure;

/// Parses the name of a rule.
pub(super) fn rule() -> impl TypedValueParser<Value = Rule> {
    named(Rule::ALL.map(|rule| {
        PossibleValue::new(rule.as_str()).help(match rule {
            Rule::Saving => "Share of the participant's own baseline that was not used",
            Rule::Intensity => "kWh/m², least first",
            Rule::Night => "Night load per m², least first",
            Rule::SavingPerEmployee => "Saved kWh per employee",
            Rule::MostImproved => "Saving of the last 14 days minus that of the days before",
        })
    }))
}

/// Parses the name of a baseline.
pub(super) fn baseline() -> impl TypedValueParser<Value = Baseline> {
    named(Baseline::ALL.map(|baseline| {
        PossibleValue::new(baseline.as_str()).help(match baseline {
            Baseline::Level => {
                "72 kinds of hour, smoothed temperature, the level of the last twelve weeks"
            }
            Baseline::Season => "72 kinds of hour, temperature, drawn towards the season",
            Baseline::HoursTemperature => "72 kinds of hour with temperature",
            Baseline::Hours => "72 kinds of hour",
            Baseline::LastYear => "The same dates of the year before, the rule of 2011",
            Baseline::ThreeWeeksBefore => "The three weeks before the contest",
        })
    }))
}

/// Parses the tag of a language.
pub(super) fn language() -> impl TypedValueParser<Value = Language> {
    named(Language::ALL.map(|language| {
        PossibleValue::new(language.tag()).help(match language {
            Language::Swedish => "Swedish",
            Language::English => "English",
        })
    }))
}

/// Parses a time: a local date, a local date and time, or RFC 3339.
pub(super) fn moment(text: &str) -> Result<Moment, String> {
    text.parse().map_err(|_| {
        "a time is 2027-04-20, 2027-04-20T12:00 (both local) or 2027-04-20T12:00:00Z".to_owned()
    })
}

/// The instant of a time in the competition's zone.
pub(super) fn instant(moment: &Moment, competition: &Competition) -> Result<Time, Failure> {
    let resolved = moment.resolve("--as-of", &competition.timezone);
    resolved.map_err(|error| Failure::Failed(anyhow::anyhow!("{error}\n  {}", error.hint)))
}

/// Parses one of the names of a type, so that help and refusals list all of them.
fn named<T>(names: impl IntoIterator<Item = PossibleValue>) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err: Error + Send + Sync> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(names).try_map(|name| name.parse::<T>())
}
