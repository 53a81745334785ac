//! The contest, cut wherever a static factor changes. Static factors are what IPMVP
//! calls the characteristics of a building that are constant most of the time: here
//! floor area and number of employees.
use jiff::civil::Date;

use crate::{Participant, calendar::Calendar, time::Hour, totals::Totals};

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

pub(crate) fn static_periods(participant: &Participant, calendar: &Calendar) -> Vec<StaticPeriod> {
    let start = calendar.contest.start;
    let hour = |date: &Date| Hour::at_or_after(calendar.midnight(*date)).max(start);
    let areas = participant.floor_area.0.iter().map(|(date, _)| hour(date));
    let employees = participant.employees.0.iter().map(|(date, _)| hour(date));
    let mut cuts: Vec<Hour> = areas.chain(employees).chain([start]).collect();
    cuts.sort_unstable();
    cuts.dedup();
    let period = |from: Hour| {
        let date = calendar.date(from.start());
        let plausible = |value: &f64| PLAUSIBLE.contains(value);
        StaticPeriod {
            from,
            area: participant.floor_area.at(date).map(|area| area.0).filter(plausible),
            employees: participant.employees.at(date).map(f64::from).filter(plausible),
            totals: Totals::default(),
        }
    };
    cuts.into_iter().map(period).collect()
}
