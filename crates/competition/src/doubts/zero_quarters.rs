//! Zeros inside of hours: quarter-hours of zero that are lost values, not a use of zero.
//!
//! What is ordinary follows from the hours of the baseline period whose quarter-hours are
//! known by themselves:
//!
//! - Two weeks of them: quarter-hours of zero are doubted where fewer than two hours in a
//!   thousand have any.
//! - Fewer, because the past was imported by the hour: they are doubted where the meter has
//!   a base load, which is where its lowest hundredth of hours is above a fifth of its median.
//!
//! A register that counts whole units shows zero for a low load. Hours whose ordinary energy
//! is under 16 of its units are left out. Nor is an hour doubted whose energy is complete,
//! because its other quarter-hours make up for the zeros: a register that is updated every
//! half an hour. The energy it should have is the ordinary one times the level of the hours
//! without zeros around it, a week before and after.
use core::ops::Range;

use super::{
    DoubtKind, DoubtThresholds,
    evidence::{Evidence, MeterHours, Ordinary, median, runs},
    finding::Finding,
};

/// Share of the hours with a zero up to which a meter never reads zero.
const NEVER: f64 = 0.002;
/// Hours from which on the past has quarter-hours: two weeks.
const ENOUGH: usize = 14 * 24;
/// The lowest hundredth of hours, as a share of the median, from which on there is a base
/// load.
const BASE_LOAD: f64 = 0.2;
/// Units of a register in an hour from which on a quarter-hour is not zero by chance.
const UNITS: f64 = 16.0;
/// Share of the energy of the zeros that has to be missing.
const MISSING: f64 = 0.4;
/// Runs that are at most so many hours apart are one doubt; the hours that show the level.
const WEEK: usize = 7 * 24;
/// Hours without zeros from which on the level is known.
const MIN_AROUND: usize = 24;

pub(super) fn find(
    meter: &MeterHours<'_>,
    evidence: &Evidence<'_>,
    _: &DoubtThresholds,
) -> Vec<Finding> {
    let zeros = |index: usize| -> usize {
        let hour = meter.hours[index].filter(|hour| hour.energy > 0);
        hour.and_then(|hour| hour.zero_quarters).map_or(0, usize::from)
    };
    let count = meter.hours.len();
    if (0..count).all(|index| zeros(index) == 0) || !is_never_zero(meter, evidence) {
        return Vec::new();
    }
    let Some(ordinary) = Ordinary::of(meter, evidence) else { return Vec::new() };
    let usual = |index: usize| ordinary.get(evidence.bin(index));
    let units =
        [false, true].map(|contest| unit(meter, |index| evidence.in_contest(index) == contest));
    let is_fine = |index: usize| {
        units[usize::from(evidence.in_contest(index))]
            .is_none_or(|unit| usual(index) >= UNITS * unit)
    };
    let hours = runs(count, |index| zeros(index) > 0 && is_fine(index));
    let groups = hours.chunk_by(|a, b| b.start - a.end <= WEEK);
    let found = groups.filter_map(|group| {
        let span = group.first()?.start..group.last()?.end;
        let around = span.start.saturating_sub(WEEK)..(span.end + WEEK).min(count);
        let level = around.filter(|index| zeros(*index) == 0);
        let level: Vec<f64> =
            level.filter_map(|index| Some(meter.use_of(index)? / usual(index))).collect();
        let level = if level.len() < MIN_AROUND { None } else { median(level) };
        let by_register = group
            .iter()
            .cloned()
            .flatten()
            .all(|index| meter.hours[index].is_some_and(|hour| hour.by_register));
        // Where every hour has zeros there is no level to compare with. Imported zeros are
        // lost then; a register may have been updated seldom.
        let is_lost = match (level, by_register) {
            (None, false) => true,
            (level, _) => is_energy_lost(group, level.unwrap_or(1.0), meter, &zeros, &usual),
        };
        let kind = if by_register { DoubtKind::StuckRegister } else { DoubtKind::ZeroRun };
        let parts = group.to_vec();
        let quarters: usize = group.iter().cloned().flatten().map(zeros).sum();
        is_lost.then(|| {
            let mut finding = Finding::of_parts(kind, parts).of(meter).stake(evidence, usual);
            finding.zero_quarters = quarters;
            finding
        })
    });
    found.collect()
}

/// Whether the hours of a group have less energy than they should.
fn is_energy_lost(
    group: &[Range<usize>],
    level: f64,
    meter: &MeterHours<'_>,
    zeros: &dyn Fn(usize) -> usize,
    usual: &dyn Fn(usize) -> f64,
) -> bool {
    let (mut missing, mut of_zeros) = (0.0, 0.0);
    for index in group.iter().cloned().flatten() {
        let expected = level * usual(index);
        missing += expected - meter.use_of(index).unwrap_or(0.0);
        of_zeros += expected * zeros(index) as f64 / 4.0;
    }
    missing >= MISSING * of_zeros
}

/// Whether quarter-hours of the meter are ordinarily above zero.
fn is_never_zero(meter: &MeterHours<'_>, evidence: &Evidence<'_>) -> bool {
    let baseline = (0..meter.hours.len()).filter(|index| evidence.in_baseline(*index));
    let known: Vec<_> = baseline.filter_map(|index| meter.hours[index]).collect();
    let detailed = known.iter().filter_map(|hour| hour.zero_quarters);
    let (hours, with_zeros) = detailed.fold((0_usize, 0_usize), |(hours, with), zeros| {
        (hours + 1, with + usize::from(zeros > 0))
    });
    if hours >= ENOUGH {
        return with_zeros as f64 <= NEVER * hours as f64;
    }
    let mut energies: Vec<i64> = known.iter().map(|hour| hour.energy).collect();
    energies.sort_unstable();
    let at = |share: usize| energies[energies.len() * share / 100] as f64;
    energies.len() >= ENOUGH && at(1) > BASE_LOAD * at(50)
}

/// The unit that nine tenths of the hours are multiples of, mWh: a part of the energy of a
/// low hour. `None` where the values are finer than a sixteenth of it.
fn unit(meter: &MeterHours<'_>, is_of_period: impl Fn(usize) -> bool) -> Option<f64> {
    let of_period = (0..meter.hours.len()).filter(|index| is_of_period(*index));
    let energies = of_period.filter_map(|index| meter.hours[index]).map(|hour| hour.energy);
    let mut energies: Vec<i64> = energies.filter(|energy| *energy > 0).collect();
    energies.sort_unstable();
    let low = *energies.get(energies.len() / 20)?;
    let unit = (1..=UNITS as i64).map(|part| low / part).find(|unit| {
        let is_multiple = |energy: &&i64| (*energy % unit).min(unit - *energy % unit) * 50 <= *unit;
        *unit > 0 && energies.iter().filter(is_multiple).count() * 10 >= energies.len() * 9
    })?;
    Some(unit as f64)
}
