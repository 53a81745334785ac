//! Hours with many times the highest ordinary hours of a meter: a register that catches up
//! in one hour, a digit too many.
//!
//! The highest ordinary hour is the 99.5th percentile of the hours with use in the baseline
//! period, or of all where that has fewer than two weeks of them: one hour in a week may
//! be higher and teach nothing. Longer changes of level are those of `level_step`.
use super::{
    DoubtKind, DoubtThresholds,
    evidence::{ENOUGH, Evidence, MeterHours, runs},
    finding::Finding,
};

/// Share of the hours that are ordinary.
const ORDINARY: f64 = 0.995;
/// Spikes that are at most so many hours apart are one doubt.
const APART: usize = 7 * 24;

pub(super) fn find(
    meter: &MeterHours<'_>,
    evidence: &Evidence<'_>,
    limits: &DoubtThresholds,
) -> Vec<Finding> {
    let Some(highest) = highest_ordinary(meter, evidence) else { return Vec::new() };
    let limit = limits.spike_factor * highest;
    let runs = runs(meter.hours.len(), |index| meter.use_of(index).is_some_and(|it| it > limit));
    let groups = runs.chunk_by(|a, b| b.start - a.end <= APART);
    let found = groups.map(|group| {
        let mut finding = Finding::of_parts(DoubtKind::Spike, group.to_vec()).of(meter);
        let uses = group.iter().cloned().flatten().filter_map(|index| meter.use_of(index));
        finding.factor = uses.fold(0.0, f64::max) / highest;
        finding.stake(evidence, |index| meter.use_of(index).map_or(0.0, |energy| energy - highest))
    });
    found.collect()
}

fn highest_ordinary(meter: &MeterHours<'_>, evidence: &Evidence<'_>) -> Option<f64> {
    let uses = |keep: &dyn Fn(usize) -> bool| -> Vec<f64> {
        (0..meter.hours.len()).filter(|it| keep(*it)).filter_map(|it| meter.use_of(it)).collect()
    };
    let mut uses_known = uses(&|index| evidence.in_baseline(index));
    if uses_known.len() < ENOUGH {
        uses_known = uses(&|_| true);
    }
    if uses_known.len() < ENOUGH {
        return None;
    }
    let index = (uses_known.len() as f64 * ORDINARY) as usize;
    let index = index.min(uses_known.len() - 1);
    let (_, highest, _) = uses_known.select_nth_unstable_by(index, f64::total_cmp);
    Some(*highest)
}
