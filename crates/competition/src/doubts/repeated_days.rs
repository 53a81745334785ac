//! Days that repeat the values of an earlier day to the last digit: they are copied, not
//! measured, as an estimate that fills a gap.
//!
//! Coarse registers and steady loads repeat days by chance, but then many more days are
//! almost alike: where 23 of 24 hours are equal, so are 12 to 22 of them on other days. Days
//! are doubted where there are four times as many equal days as pairs of days, one or seven
//! days apart, with 12 to 23 equal hours. A meter that repeats more than a tenth of the days
//! of its baseline period, as one behind a timer does, is as it is.
use core::ops::Range;
use std::collections::HashMap;

use super::{
    DoubtKind, DoubtThresholds,
    evidence::{Evidence, MeterHours, Ordinary},
    finding::Finding,
};

const DAY: usize = 24;
/// Equal hours from which on two days are almost alike.
const ALIKE: usize = 12;
/// Equal days for each pair of days that is almost alike.
const PER_ALIKE: usize = 4;
/// One day in so many may repeat another in the baseline period of an ordinary meter.
const ORDINARY: usize = 10;
/// Different values that a day must have; one of fewer is no evidence.
const MIN_VALUES: usize = 6;

pub(super) fn find(
    meter: &MeterHours<'_>,
    evidence: &Evidence<'_>,
    _: &DoubtThresholds,
) -> Vec<Finding> {
    let days = local_days(meter, evidence);
    let mut seen: HashMap<&[i64], usize> = HashMap::new();
    let mut copies: Vec<Range<usize>> = Vec::new();
    let (mut count, mut in_baseline) = (0, 0);
    for (number, day) in days.iter().enumerate() {
        if seen.insert(&day.values, number).is_none() || !day.is_varied() {
            continue;
        }
        count += 1;
        in_baseline += usize::from(evidence.in_baseline(day.start));
        let hours = day.start..day.start + DAY;
        match copies.last_mut() {
            Some(last) if last.end == hours.start => last.end = hours.end,
            _ => copies.push(hours),
        }
    }
    let baseline = days.iter().filter(|day| evidence.in_baseline(day.start)).count();
    let is_ordinary = in_baseline * ORDINARY > baseline;
    if count == 0 || is_ordinary || count < PER_ALIKE * pairs_alike(&days) {
        return Vec::new();
    }
    let Some(ordinary) = Ordinary::of(meter, evidence) else { return Vec::new() };
    let finding = Finding::of_parts(DoubtKind::RepeatedDays, copies)
        .of(meter)
        .stake(evidence, |index| ordinary.get(evidence.bin(index)));
    vec![finding]
}

struct Day {
    start: usize,
    /// Energy of its hours, mWh.
    values: Vec<i64>,
}

impl Day {
    fn is_varied(&self) -> bool {
        let mut values = self.values.clone();
        values.sort_unstable();
        values.dedup();
        values.len() >= MIN_VALUES
    }
}

/// The local days of 24 hours that are measured throughout.
fn local_days(meter: &MeterHours<'_>, evidence: &Evidence<'_>) -> Vec<Day> {
    let value = |index: usize| {
        meter.hours[index].filter(|it| it.measured && it.energy > 0).map(|hour| hour.energy)
    };
    let is_midnight = |index: usize| evidence.bin(index).is_multiple_of(DAY);
    let ends_at_midnight = |end: usize| end == meter.hours.len() || is_midnight(end);
    (0..(meter.hours.len() + 1).saturating_sub(DAY))
        .filter(|start| is_midnight(*start) && ends_at_midnight(start + DAY))
        .filter_map(|start| {
            Some(Day { start, values: (start..start + DAY).map(value).collect::<Option<_>>()? })
        })
        .collect()
}

/// Pairs of days, one or seven days apart, that are almost alike.
fn pairs_alike(days: &[Day]) -> usize {
    let is_alike = |one: &Day, other: &Day| {
        let equal = one.values.iter().zip(&other.values).filter(|(one, other)| one == other);
        (ALIKE..DAY).contains(&equal.count())
    };
    let pairs = |apart: usize| {
        let pairs = days.iter().zip(days.iter().skip(apart));
        pairs.filter(|(one, other)| is_alike(one, other)).count()
    };
    pairs(1) + pairs(7)
}
