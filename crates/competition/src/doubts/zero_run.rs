//! Zeros that are no measurement: a register that stays, and intervals without use.
//!
//! What is ordinary for a meter follows from its baseline period, from all hours where
//! that has fewer than two weeks of days:
//!
//! - Its ordinary minimum lies above zero where four fifths of its days, days of nothing
//!   but zeros left out, have no hour of zero. Then three zeros in a row are missing; and
//!   where 998 hours in a thousand were above zero, any zero is.
//! - For any other meter a run is doubted where it is at least a day, twice as long as the
//!   longest ordinary run (the 99th percentile of its runs), and a day's use is expected of
//!   it.
//!
//! The hours after the run belong to it where the register catches up in them: the energy
//! of the run is known, but not when it was used. What a register gains at once after a long
//! standstill is more than the connection carries in an hour, so it is distributed over a day
//! at most. Runs at most a week apart are one doubt.
use core::ops::Range;

use super::{
    DoubtKind, DoubtThresholds,
    evidence::{Evidence, MeterHours, Ordinary, runs},
    finding::Finding,
};

/// Share of the days without an hour of zero.
const POSITIVE_DAYS: f64 = 0.8;
/// Share of the hours of zero up to which a meter never reads zero.
const NEVER: f64 = 0.002;
/// Runs that are at most so many hours apart are one doubt.
const APART: usize = 7 * 24;
/// Hours over which a register's rise after a standstill is distributed at most, and the
/// parts of hours at both ends.
const MAX_CATCHING_UP: usize = 26;
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
    let ordinary_zeros = OrdinaryZeros::of(meter, evidence);
    let longest = longest_ordinary(&zeros);
    let least = match ordinary_zeros {
        OrdinaryZeros::Never => 1,
        OrdinaryZeros::Seldom => limits.zero_hours as usize,
        OrdinaryZeros::Often => 24.max(2 * longest),
    };
    let doubted = zeros.into_iter().filter(|run| {
        run.len() >= least
            && (ordinary_zeros != OrdinaryZeros::Often || expected(run) >= 24.0 * ordinary.mean())
    });
    let runs: Vec<Run> = doubted
        .map(|run| {
            let by_register = run.clone().all(|i| meter.hours[i].is_some_and(|it| it.by_register));
            let kind = if by_register { DoubtKind::StuckRegister } else { DoubtKind::ZeroRun };
            let caught_up = hours_of_catching_up(meter, evidence, &ordinary, &run);
            Run { kind, hours: run.start..run.end + caught_up }
        })
        .collect();
    let groups = runs
        .chunk_by(|a, b| a.kind == b.kind && b.hours.start.saturating_sub(a.hours.end) <= APART);
    let found = groups.map(|group| {
        let parts = group.iter().map(|run| run.hours.clone()).collect();
        Finding::of_parts(group[0].kind, parts)
            .of(meter)
            .stake(evidence, |index| ordinary.get(evidence.bin(index)))
    });
    found.collect()
}

struct Run {
    kind: DoubtKind,
    hours: Range<usize>,
}

/// How often a meter ordinarily reads zero for an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OrdinaryZeros {
    Never,
    Seldom,
    Often,
}

impl OrdinaryZeros {
    fn of(meter: &MeterHours<'_>, evidence: &Evidence<'_>) -> Self {
        let days = |keep: &dyn Fn(usize) -> bool| -> Vec<[usize; 2]> {
            let days = (0..meter.hours.len()).step_by(24).filter(|start| keep(*start));
            days.filter_map(|start| {
                let end = (start + 24).min(meter.hours.len());
                let known: Vec<i64> =
                    meter.hours[start..end].iter().flatten().map(|hour| hour.energy).collect();
                let zeros = known.iter().filter(|energy| **energy == 0).count();
                (known.len() >= MIN_HOURS && zeros < known.len()).then_some([zeros, known.len()])
            })
            .collect()
        };
        let mut known = days(&|start| evidence.in_baseline(start));
        if known.len() < MIN_DAYS {
            known = days(&|_| true);
        }
        let positive = known.iter().filter(|[zeros, _]| *zeros == 0).count() as f64;
        let [zeros, hours] =
            known.iter().fold([0, 0], |sum, day| [sum[0] + day[0], sum[1] + day[1]]);
        if known.len() < MIN_DAYS || positive < POSITIVE_DAYS * known.len() as f64 {
            Self::Often
        } else if zeros as f64 > NEVER * hours as f64 {
            Self::Seldom
        } else {
            Self::Never
        }
    }
}

/// The 99th percentile of the lengths of runs.
fn longest_ordinary(runs: &[Range<usize>]) -> usize {
    let mut lengths: Vec<usize> = runs.iter().map(ExactSizeIterator::len).collect();
    lengths.sort_unstable();
    // The longest run is never ordinary by itself.
    let index = (lengths.len() * 99 / 100).min(lengths.len().saturating_sub(2));
    if lengths.len() < 2 { 0 } else { lengths[index] }
}

/// The hours after a run that have at least twice of what they should, where their surplus
/// is at least half of what the run should have; 0 where it is not.
fn hours_of_catching_up(
    meter: &MeterHours<'_>,
    evidence: &Evidence<'_>,
    ordinary: &Ordinary,
    run: &Range<usize>,
) -> usize {
    let usual = |index: usize| ordinary.get(evidence.bin(index));
    let after = run.end..meter.hours.len().min(run.end + MAX_CATCHING_UP);
    let surplus = after.map_while(|index| {
        let energy = meter.use_of(index)?;
        (energy >= 2.0 * usual(index)).then(|| energy - usual(index))
    });
    let (hours, surplus) = surplus.fold((0, 0.0), |(hours, sum), it| (hours + 1, sum + it));
    let expected: f64 = run.clone().map(usual).sum();
    if surplus >= expected / 2.0 { hours } else { 0 }
}
