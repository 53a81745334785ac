//! The day on which the load rose, and stayed.
use crate::time::Hour;

use super::{
    Confidence, OpportunityKind, ReferenceLoad,
    load_patterns::{Day, Found, YEAR, difference},
};

/// Standard errors that the largest of some fifty differences has to reach. In real
/// buildings, 3 finds three times as many steps as 4, but no more of the added ones.
const ERRORS: f64 = 4.0;
/// Share of the energy of the building below which a step is not worth examining.
const LEAST: f64 = 0.05;
/// Days that are searched, and days on either side of a step.
const STEP_DAYS: usize = 84;
const SIDE: usize = 14;

/// Divides the days where the means of the energy above the baseline differ most. The error
/// is that of weekly means about the mean of their side, because neighbouring days are
/// correlated. Where the year before is known, its rise on the same day (such as at the end
/// of a summer) is subtracted.
pub(super) fn step(days: &[Day]) -> Option<Found> {
    let above: Vec<(Hour, f64)> =
        days.iter().filter_map(|day| Some((day.hour, day.above()?))).collect();
    let recent = &above[above.len().saturating_sub(STEP_DAYS)..];
    let used: f64 = days.iter().rev().take(STEP_DAYS).map(Day::energy).sum();
    let a_day = used / days.len().clamp(1, STEP_DAYS) as f64;
    let (cut, rise, errors) = highest(recent)?;
    let (since, first, last) = (recent[cut].0, recent[0].0, recent[recent.len() - 1].0);
    // the last two weeks are still above
    let middle = mean(&weeks(&recent[..cut])) + rise / 2.0;
    let stays = mean(&weeks(&recent[recent.len() - SIDE..])) > middle;
    let between = |from: Hour, until: Hour| {
        let at = |hour: Hour| above.partition_point(|(day, _)| *day < hour - YEAR * 24);
        weeks(&above[at(from)..at(until)])
    };
    let (before, after) = (between(first, since), between(since, last + 24));
    let (again, error) = match before.len() >= 2 && after.len() >= 2 {
        true => difference(&before, &after),
        false => (0.0, 0.0),
    };
    let own = rise / errors;
    let rise = rise - again.max(0.0);
    let errors = rise / own.hypot(error);
    let confidence = match errors {
        _ if errors > 9.0 => Confidence::High,
        _ if errors > 6.5 => Confidence::Medium,
        _ => Confidence::Low,
    };
    (errors > ERRORS && rise > LEAST * a_day && stays).then_some(Found {
        kind: OpportunityKind::Step,
        reference: ReferenceLoad::Before,
        since,
        at_least: false,
        kwh_per_year: rise * 365.0,
        confidence,
    })
}

/// The cut with the largest difference in standard errors: its index, the difference, and
/// the difference in standard errors.
fn highest(above: &[(Hour, f64)]) -> Option<(usize, f64, f64)> {
    let cuts = SIDE..(above.len() + 1).saturating_sub(SIDE);
    let each = cuts.filter_map(|cut| {
        let (before, after) = (weeks(&above[..cut]), weeks(&above[cut..]));
        let (rise, error) = difference(&before, &after);
        (before.len() >= 2 && after.len() >= 2).then(|| (cut, rise, rise / error))
    });
    each.max_by(|a, b| a.2.total_cmp(&b.2))
}

/// Weekly means; a rest of fewer than four days is left out.
fn weeks(days: &[(Hour, f64)]) -> Vec<f64> {
    let weeks = days.chunks(7).filter(|week| week.len() >= 4);
    weeks.map(|week| mean(&week.iter().map(|(_, above)| *above).collect::<Vec<_>>())).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
