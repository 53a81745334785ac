//! Zeros that are no measurement: a register that stays, and intervals without use.
//!
//! A meter whose ordinary minimum lies above zero cannot measure nothing for hours. Its
//! ordinary minimum lies above zero where four fifths of its days, days of nothing but
//! zeros left out, have no hour of zero. For any other meter a run of zeros is doubted
//! where it is at least a day, twice as long as the longest ordinary run (the 99th
//! percentile of its runs), and a day's use is expected of it.
//!
//! The hour after the run belongs to it where the register catches up in that hour: the
//! energy of the run is known, but not when it was used.
use core::ops::Range;

use super::{
    DoubtKind, DoubtThresholds,
    evidence::{Evidence, MeterHours, Ordinary, runs},
    finding::Finding,
};

/// Share of the days without an hour of zero.
const POSITIVE_DAYS: f64 = 0.8;
/// Days from which on a meter has an ordinary minimum.
const MIN_DAYS: usize = 14;
/// Hours of a day that must be known.
const MIN_HOURS: usize = 20;

pub(super) fn find(
    meter: &MeterHours<'_>,
    evidence: &Evidence<'_>,
    limits: &DoubtThresholds,
) -> Vec<Finding> {
    let Some(ordinary) = Ordinary::of(meter, evidence) else { return Vec::new() };
    let zeros: Vec<Range<usize>> =
        runs(meter.hours.len(), |index| meter.hours[index].is_some_and(|hour| hour.energy == 0));
    let expected = |run: &Range<usize>| -> f64 {
        run.clone().map(|index| ordinary.get(evidence.bin(index))).sum()
    };
    let never_zero = is_never_zero(meter);
    let longest = longest_ordinary(&zeros);
    let doubted = zeros.into_iter().filter(|run| match never_zero {
        true => run.len() >= limits.zero_hours as usize,
        false => run.len() >= 24.max(2 * longest) && expected(run) >= 24.0 * ordinary.mean(),
    });
    doubted
        .map(|run| {
            let by_register = run.clone().all(|i| meter.hours[i].is_some_and(|it| it.by_register));
            let kind = if by_register { DoubtKind::StuckRegister } else { DoubtKind::ZeroRun };
            let end =
                run.end + usize::from(catches_up(meter, evidence, &ordinary, &run, expected(&run)));
            Finding::quarantined(kind, run.start..end)
                .of(meter)
                .stake(evidence, |index| ordinary.get(evidence.bin(index)))
        })
        .collect()
}

/// Whether the ordinary minimum of a meter lies above zero.
fn is_never_zero(meter: &MeterHours<'_>) -> bool {
    let (mut days, mut positive) = (0, 0);
    for day in meter.hours.chunks(24) {
        let known = day.iter().flatten();
        if known.clone().count() < MIN_HOURS || known.clone().all(|hour| hour.energy == 0) {
            continue;
        }
        days += 1;
        positive += usize::from(known.clone().all(|hour| hour.energy > 0));
    }
    days >= MIN_DAYS && positive as f64 >= POSITIVE_DAYS * days as f64
}

/// The 99th percentile of the lengths of runs.
fn longest_ordinary(runs: &[Range<usize>]) -> usize {
    let mut lengths: Vec<usize> = runs.iter().map(ExactSizeIterator::len).collect();
    lengths.sort_unstable();
    // The longest run is never ordinary by itself.
    let index = (lengths.len() * 99 / 100).min(lengths.len().saturating_sub(2));
    if lengths.len() < 2 { 0 } else { lengths[index] }
}

/// Whether the hour after a run holds at least half of what the run should have, and twice
/// of its own.
fn catches_up(
    meter: &MeterHours<'_>,
    evidence: &Evidence<'_>,
    ordinary: &Ordinary,
    run: &Range<usize>,
    expected: f64,
) -> bool {
    let after = (run.end < meter.hours.len()).then(|| meter.use_of(run.end)).flatten();
    after.is_some_and(|energy| {
        energy >= expected / 2.0 && energy >= 2.0 * ordinary.get(evidence.bin(run.end))
    })
}
