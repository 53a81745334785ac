//! Scores: the value that a rule ranks by, with its unit and its interval.
use crate::{ConfidenceInterval, names::names};

/// What a row is ranked by. Ranking compares [`Score::value`] rounded to the decimals of
/// its unit, so equal scores share a rank.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// The value in `unit`; `None` while it is not known.
    pub value: Option<f64>,
    /// The unit of the value and of the interval.
    pub unit: ScoreUnit,
    /// 90 % interval of the value; only [`crate::Rule::Saving`] has one.
    pub interval: Option<ConfidenceInterval>,
}

/// The unit of a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScoreUnit {
    /// Percent of the baseline.
    Percent,
    /// Kilowatt-hours per square metre of floor area.
    KwhPerSquareMetre,
    /// Watts per square metre of floor area.
    WattsPerSquareMetre,
    /// Kilowatt-hours per employee.
    KwhPerEmployee,
    /// Percentage points.
    PercentagePoints,
}

names!(ScoreUnit {
    Percent = "%",
    KwhPerSquareMetre = "kWh/m2",
    WattsPerSquareMetre = "W/m2",
    KwhPerEmployee = "kWh/employee",
    PercentagePoints = "percentage points",
});

impl ScoreUnit {
    /// Decimals to which scores are compared.
    pub const fn decimals(self) -> usize {
        match self {
            Self::Percent | Self::KwhPerEmployee | Self::PercentagePoints => 1,
            Self::KwhPerSquareMetre | Self::WattsPerSquareMetre => 2,
        }
    }
}

impl Score {
    /// A score without an interval.
    pub const fn new(value: Option<f64>, unit: ScoreUnit) -> Self {
        Self { value, unit, interval: None }
    }

    /// A saving in percent.
    pub const fn saving(percent: Option<f64>, interval: Option<ConfidenceInterval>) -> Self {
        Self { value: percent, unit: ScoreUnit::Percent, interval }
    }

    /// Decimals to show. A percentage has one decimal where its interval is narrower than
    /// two percentage points, else none; all others have the decimals of their unit.
    pub fn decimals(&self) -> usize {
        match self.unit {
            ScoreUnit::Percent => usize::from(self.interval.is_some_and(|it| it.width() < 2.0)),
            unit => unit.decimals(),
        }
    }

    /// The value in steps of the unit's last decimal; ranking compares these.
    pub(crate) fn rank_key(&self) -> Option<i64> {
        let scale = 10_f64.powi(self.unit.decimals() as i32);
        self.value.filter(|value| value.is_finite()).map(|value| (value * scale).round() as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_follow_the_interval_of_a_percentage() {
        let saving = |low, high| {
            Score::saving(Some(22.4), Some(ConfidenceInterval { low, high })).decimals()
        };
        assert_eq!((saving(20.1, 24.6), saving(22.1, 22.8)), (0, 1));
        assert_eq!(Score::saving(Some(22.4), None).decimals(), 0);
        assert_eq!(Score::new(Some(2.871), ScoreUnit::KwhPerSquareMetre).decimals(), 2);
    }

    #[test]
    fn scores_that_print_alike_have_one_key() {
        let key = |value| Score::new(value, ScoreUnit::KwhPerEmployee).rank_key();
        assert_eq!(key(Some(55.24)), key(Some(55.16)));
        assert_ne!(key(Some(55.24)), key(Some(55.26)));
        assert_eq!((key(None), key(Some(f64::NAN))), (None, None));
    }
}
