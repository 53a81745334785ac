//! Days of the contest that repeat the values of earlier days to the last digit: they are
//! copied, not measured, as an estimate that fills a gap.
//!
//! At least three days in a row are copies of the days that lie the same number of days
//! before them, one to 35, or a year to within a week. Coarse registers and steady loads
//! repeat days by chance, but then many more days are almost alike: where 24 of 24 hours are
//! equal, so are 12 to 23 of them on other days. So there must be four times as many copies
//! as pairs of days, one or seven days apart, with 12 to 23 equal hours. A meter that repeats
//! more than one day in a hundred of its baseline period, as one behind a timer does, is as
//! it is.
use core::ops::Range;

use super::{
    DoubtKind, DoubtThresholds,
    evidence::{Evidence, MeterHours, Ordinary, runs},
    finding::Finding,
};

const DAY: usize = 24;
/// Equal hours from which on two days are almost alike.
const ALIKE: usize = 12;
/// Equal days for each pair of days that is almost alike.
const PER_ALIKE: usize = 4;
/// One day in so many may repeat another in the baseline period of an ordinary meter.
const ORDINARY: usize = 100;
/// Days in a row that are copies.
const MIN_DAYS: usize = 3;
/// Different values that a day must have; one of fewer is no evidence.
const MIN_VALUES: usize = 6;

/// How many days before a copy its original may lie.
fn lags() -> impl Iterator<Item = usize> {
    (1..=35).chain(358..=371)
}

pub(super) fn find(
    meter: &MeterHours<'_>,
    evidence: &Evidence<'_>,
    _: &DoubtThresholds,
) -> Vec<Finding> {
    let days = local_days(meter, evidence);
    let is_copy = |number: usize, lag: usize| {
        let original = number.checked_sub(lag).and_then(|number| days[number].as_ref());
        let pair = days.get(number).and_then(Option::as_ref).zip(original);
        pair.is_some_and(|(day, original)| day.values == original.values && day.is_varied())
    };
    let in_contest =
        |number: usize| days[number].as_ref().is_some_and(|day| evidence.in_contest(day.start));
    let mut copies: Vec<usize> = Vec::new();
    for lag in lags() {
        let runs = runs(days.len(), |number| in_contest(number) && is_copy(number, lag));
        copies.extend(runs.into_iter().filter(|run| run.len() >= MIN_DAYS).flatten());
    }
    copies.sort_unstable();
    copies.dedup();
    if copies.is_empty() || copies.len() < PER_ALIKE * pairs_alike(&days) {
        return Vec::new();
    }
    let baseline: Vec<usize> = (0..days.len())
        .filter(|it| days[*it].as_ref().is_some_and(|day| evidence.in_baseline(day.start)))
        .collect();
    let repeated = baseline.iter().filter(|number| lags().any(|lag| is_copy(**number, lag)));
    if repeated.count() * ORDINARY > baseline.len() {
        return Vec::new();
    }
    let Some(ordinary) = Ordinary::of(meter, evidence) else { return Vec::new() };
    let mut parts: Vec<Range<usize>> = Vec::new();
    for day in copies.iter().filter_map(|number| days[*number].as_ref()) {
        let hours = day.start..day.start + DAY;
        match parts.last_mut() {
            Some(last) if last.end == hours.start => last.end = hours.end,
            _ => parts.push(hours),
        }
    }
    let finding = Finding::of_parts(DoubtKind::RepeatedDays, parts)
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

/// The local days in order; `None` where a day has not 24 hours that are all measured.
fn local_days(meter: &MeterHours<'_>, evidence: &Evidence<'_>) -> Vec<Option<Day>> {
    let value = |index: usize| {
        meter.hours[index].filter(|it| it.measured && it.energy > 0).map(|hour| hour.energy)
    };
    let day = |hours: Range<usize>| {
        let start = hours.start;
        let values: Option<Vec<i64>> = hours.map(value).collect();
        values.filter(|values| values.len() == DAY).map(|values| Day { start, values })
    };
    evidence.local_days(meter.hours.len()).into_iter().map(day).collect()
}

/// Pairs of days, one or seven days apart, that are almost alike.
fn pairs_alike(days: &[Option<Day>]) -> usize {
    let is_alike = |one: &Day, other: &Day| {
        let equal = one.values.iter().zip(&other.values).filter(|(one, other)| one == other);
        (ALIKE..DAY).contains(&equal.count())
    };
    let pairs = |apart: usize| {
        let pairs = days.iter().zip(days.iter().skip(apart));
        let known = pairs.filter_map(|(one, other)| one.as_ref().zip(other.as_ref()));
        known.filter(|(one, other)| is_alike(one, other)).count()
    };
    pairs(1) + pairs(7)
}
