//! A load that is constant to the digit: a value that is repeated, not measured.
//!
//! Coarse registers repeat small values by chance. A run of n equal hours is doubted where
//! chance explains it less than once in 10¹¹ (pⁿ, with p the meter's own share of equal
//! neighbours outside of such runs), and only for a meter that ordinarily varies: by more than
//! one unit of its register in a tenth of the hours.
use core::ops::Range;

use super::{
    DoubtKind, DoubtThresholds,
    evidence::{Evidence, MeterHours, Ordinary},
    finding::Finding,
};

/// −ln of the chance below which a run is doubted.
const SURPRISE: f64 = 25.0;
/// Pairs of hours outside of runs from which on p is known: two weeks.
const MIN_PAIRS: usize = 14 * 24;
/// Share of the other hours that are within one unit of a run's value.
const STEADY: f64 = 0.9;
/// Chance of equal neighbours of a meter that never had any.
const LEAST_CHANCE: f64 = 0.003;

pub(super) fn find(
    meter: &MeterHours<'_>,
    evidence: &Evidence<'_>,
    limits: &DoubtThresholds,
) -> Vec<Finding> {
    let value = |index: usize| {
        meter.hours[index].filter(|it| it.measured && it.energy > 0).map(|hour| hour.energy)
    };
    let mut runs = improbable_runs(meter.hours.len(), value, limits.constant_hours as usize);
    runs.retain(|run| !is_steady(meter, run));
    if runs.is_empty() {
        return Vec::new();
    }
    let Some(ordinary) = Ordinary::of(meter, evidence) else { return Vec::new() };
    let found = runs.into_iter().map(|run| {
        Finding::quarantined(DoubtKind::ConstantLoad, run)
            .of(meter)
            .stake(evidence, |index| ordinary.get(evidence.bin(index)))
    });
    found.collect()
}

/// Whether the hours outside of a run hardly differ from its value: by one unit of a coarse
/// register. A value that is repeated gains nothing then.
fn is_steady(meter: &MeterHours<'_>, run: &Range<usize>) -> bool {
    let Some(value) = meter.hours[run.start].map(|hour| hour.energy) else { return false };
    let outside = |index: &usize| !run.contains(index);
    let others = (0..meter.hours.len()).filter(outside).filter_map(|index| meter.hours[index]);
    let mut apart: Vec<i64> = others.map(|hour| (hour.energy - value).abs()).collect();
    apart.sort_unstable();
    let unit = apart.iter().copied().find(|apart| *apart > 0).unwrap_or(0);
    let near = apart.partition_point(|apart| *apart <= unit);
    apart.len() >= MIN_PAIRS && near as f64 >= STEADY * apart.len() as f64
}

/// Runs of at least `least` equal values that chance does not explain.
pub(super) fn improbable_runs<T: PartialEq + Copy>(
    count: usize,
    value: impl Fn(usize) -> Option<T>,
    least: usize,
) -> Vec<Range<usize>> {
    let mut equal_runs = Vec::new();
    let (mut pairs, mut equal) = (0_usize, 0_usize);
    let mut start = 0;
    while start < count {
        let Some(first) = value(start) else {
            start += 1;
            continue;
        };
        let mut end = start + 1;
        while end < count && value(end) == Some(first) {
            end += 1;
        }
        if end - start >= least {
            equal_runs.push(start..end);
        } else {
            equal += end - start - 1;
            pairs += end - start;
        }
        start = end;
    }
    if pairs < MIN_PAIRS {
        return Vec::new();
    }
    let chance = (equal as f64 / pairs as f64).max(LEAST_CHANCE);
    equal_runs.retain(|run| run.len() as f64 * -chance.ln() >= SURPRISE);
    equal_runs
}
