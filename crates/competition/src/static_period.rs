//! The contest, cut wherever a static factor changes. Static factors are what IPMVP
//! calls the characteristics of a building that are constant most of the time: here
//! floor area and number of employees.
use jiff::civil::Date;

use crate::{Dated, Participant, calendar::Calendar, time::Hour, totals::Totals};

/// A part of the contest with constant static factors, up to the next part.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StaticPeriod {
    pub(crate) from: Hour,
    /// Atemp, m².
    pub(crate) area: Option<f64>,
    pub(crate) employees: Option<f64>,
    pub(crate) totals: Totals,
}

/// Factors below 1 m² or one employee count as unknown: they would be divisors.
const PLAUSIBLE: core::ops::RangeInclusive<f64> = 1.0..=1e9;

/// A factor's values by the hour from which they hold.
struct Factor(Vec<(Hour, f64)>);

impl Factor {
    /// The value at an hour; before the first date its value.
    fn at(&self, hour: Hour) -> Option<f64> {
        let value = self.0.iter().rev().find(|(from, _)| *from <= hour).or(self.0.first());
        value.map(|(_, value)| *value).filter(|value| PLAUSIBLE.contains(value))
    }
}

pub(crate) fn static_periods(participant: &Participant, calendar: &Calendar) -> Vec<StaticPeriod> {
    let start = calendar.contest.start;
    let hour = |date: Date| Hour::at_or_after(calendar.midnight(date)).max(start);
    fn factor<T: Copy>(
        values: &Dated<T>,
        hour: impl Fn(Date) -> Hour,
        value: impl Fn(T) -> f64,
    ) -> Factor {
        Factor(values.0.iter().map(|(date, it)| (hour(*date), value(*it))).collect())
    }
    let areas = factor(&participant.floor_area, hour, |area| area.0);
    let employees = factor(&participant.employees, hour, f64::from);
    let mut cuts: Vec<Hour> = areas.0.iter().chain(&employees.0).map(|(hour, _)| *hour).collect();
    cuts.push(start);
    cuts.sort_unstable();
    cuts.dedup();
    let period = |from: Hour| StaticPeriod {
        from,
        area: areas.at(from),
        employees: employees.at(from),
        totals: Totals::default(),
    };
    cuts.into_iter().map(period).collect()
}
