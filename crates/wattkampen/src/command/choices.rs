//! What several commands let one choose: a rule, a baseline, a language.
use competition::{Baseline, Rule};

/// A rule.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum By {
    /// Share of the own baseline that was not used
    Saving,
    /// kWh/m², least first
    Intensity,
    /// Night load per m², least first
    Night,
    /// Saved kWh per employee
    SavingPerEmployee,
    /// Saving of the last 14 days minus that of the days before
    MostImproved,
}

impl From<By> for Rule {
    fn from(by: By) -> Self {
        match by {
            By::Saving => Self::Saving,
            By::Intensity => Self::Intensity,
            By::Night => Self::Night,
            By::SavingPerEmployee => Self::SavingPerEmployee,
            By::MostImproved => Self::MostImproved,
        }
    }
}

/// A baseline.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum Against {
    /// 72 kinds of hour, temperature, drawn towards the season
    Season,
    /// 72 kinds of hour with temperature
    HoursTemperature,
    /// 72 kinds of hour
    Hours,
    /// The same dates of the year before, the rule of 2011
    LastYear,
    /// The three weeks before the contest
    ThreeWeeksBefore,
}

impl From<Against> for Baseline {
    fn from(against: Against) -> Self {
        match against {
            Against::Season => Self::Season,
            Against::HoursTemperature => Self::HoursTemperature,
            Against::Hours => Self::Hours,
            Against::LastYear => Self::LastYear,
            Against::ThreeWeeksBefore => Self::ThreeWeeksBefore,
        }
    }
}

/// A language of pages.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum Lang {
    /// Swedish
    Sv,
    /// English
    En,
}

impl From<Lang> for wire::Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Sv => Self::Swedish,
            Lang::En => Self::English,
        }
    }
}
