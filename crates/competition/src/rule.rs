//! The rules by which a leaderboard ranks.
use crate::{ScoreUnit, names::names};

/// What a leaderboard ranks by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Rule {
    /// Saving, percent; more is better.
    #[default]
    Saving,
    /// kWh/m² over the contest; less is better.
    Intensity,
    /// Mean night load per area; less is better.
    Night,
    /// Saved kWh per employee; more is better.
    SavingPerEmployee,
    /// Saving of the last 14 days minus that of the days before; more is better.
    MostImproved,
}

names!(Rule {
    Saving = "saving",
    Intensity = "intensity",
    Night = "night",
    SavingPerEmployee = "saving-per-employee",
    MostImproved = "most-improved",
});

impl Rule {
    /// The unit of what the rule ranks by.
    pub const fn unit(self) -> ScoreUnit {
        match self {
            Self::Saving => ScoreUnit::Percent,
            Self::Intensity => ScoreUnit::KwhPerSquareMetre,
            Self::Night => ScoreUnit::WattsPerSquareMetre,
            Self::SavingPerEmployee => ScoreUnit::KwhPerEmployee,
            Self::MostImproved => ScoreUnit::PercentagePoints,
        }
    }

    /// Whether the smallest score ranks first.
    pub(crate) const fn lower_is_better(self) -> bool {
        match self {
            Self::Intensity | Self::Night => true,
            Self::Saving | Self::SavingPerEmployee | Self::MostImproved => false,
        }
    }
}
