//! What is known of the energy in a gap between two readings of a register.
//!
//! - The register's difference over the gap is the truth: no division of the gap has more
//!   energy, or less.
//! - Imported intervals inside the gap are its shape. What they leave of the difference
//!   belongs to the rest of the gap. Where they exceed the difference, or cover the whole
//!   gap and miss it, they are scaled to it; beyond their own rounding that is a
//!   [`Disagreement`].
//! - An edge is a time at which energy begins or ceases to count: the start and the end of
//!   baseline and contest, of excluded hours, of a meter's use, and of dated areas and
//!   numbers of employees. Of a gap over an edge only the sum of both sides is known. That
//!   is a bound and no value, because all of it may belong to one side: its hours are
//!   unplaced, and count on neither side. Imported intervals that leave no hour unknown on
//!   one side settle it.
//!
//! A gap is a run of quarter-hours between whose ends the register is not known well
//! ([`crate::energy::Precision::Close`]). Readings that are at most an hour and a quarter
//! apart have none: they move at most the energy of their own hour over an edge.
use core::ops::Range;

use crate::{MilliWattHours, energy::QuarterEnergy, time::QuarterHour};

/// Share of a gap's energy by which imported intervals may miss it and still count as
/// measured after they are scaled to it.
const SMALL: f64 = 0.05;

/// Part of its share of a gap that imported intervals, or what they leave, have at least:
/// seasons and weeks differ by less.
const LEAST: f64 = 0.6;

/// Imported intervals that contradict the register beyond their rounding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Disagreement {
    /// What the register moved, less what other quarter-hours of the gap may have used.
    pub(crate) register: MilliWattHours,
    pub(crate) imported: MilliWattHours,
}

/// A gap whose quarter-hours are not those of the register alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) quarters: Range<QuarterHour>,
    values: Vec<QuarterEnergy>,
    pub(crate) disagreement: Option<Disagreement>,
}

impl Gap {
    pub(crate) fn get(&self, quarter: QuarterHour) -> Option<QuarterEnergy> {
        let index = usize::try_from(quarter - self.quarters.start).ok()?;
        self.values.get(index).copied()
    }

    /// Divides a gap that begins at `start`: its energies by the register, imported ones,
    /// and the edges. `None` where the register's own division holds.
    pub(crate) fn new(
        start: QuarterHour,
        register: &[QuarterEnergy],
        imported: &[Option<QuarterEnergy>],
        edges: &[QuarterHour],
    ) -> Option<Self> {
        let quarters = start..start + register.len() as i64;
        let inside = edges.iter().filter(|edge| quarters.start < **edge && **edge < quarters.end);
        let cuts: Vec<usize> = inside.map(|edge| (*edge - start) as usize).collect();
        if cuts.is_empty() && imported.iter().all(Option::is_none) {
            return None;
        }
        let (mut values, disagreement) = divide(register, imported);
        mark_mixed_hours(start, &mut values, imported);
        let contradicts = disagreement.is_some() || is_lopsided(register, imported);
        if contradicts || !cuts.is_empty() && is_open_on_both_sides(imported, &cuts) {
            for (value, imported) in values.iter_mut().zip(imported) {
                if !cuts.is_empty() && (contradicts || imported.is_none()) {
                    *value = value.unplaced();
                }
            }
        }
        Some(Self { quarters, values, disagreement })
    }
}

/// Whether quarter-hours without an import lie on more than one side of the cuts.
fn is_open_on_both_sides(imported: &[Option<QuarterEnergy>], cuts: &[usize]) -> bool {
    let open = (0..).zip(imported).filter(|(_, value)| value.is_none());
    let mut sides = open.map(|(index, _): (usize, _)| cuts.partition_point(|cut| *cut <= index));
    let first = sides.next();
    sides.any(|side| Some(side) != first)
}

/// Whether imports leave the rest of a gap far more or far less than its share by the
/// register's own division: then one of the two is hardly right, such as kWh read as Wh.
fn is_lopsided(register: &[QuarterEnergy], imported: &[Option<QuarterEnergy>]) -> bool {
    let pairs = || register.iter().zip(imported);
    let total = sum(register.iter()) as f64;
    let part = |known: bool| {
        sum(pairs().filter(|(_, it)| it.is_some() == known).map(|(own, _)| own)) as f64
    };
    let covered = sum(imported.iter().flatten()) as f64;
    let (share, rest) = (part(true), part(false));
    rest > 0.0 && (covered < LEAST * share || total - covered < LEAST * rest)
}

fn sum<'a>(values: impl Iterator<Item = &'a QuarterEnergy>) -> i64 {
    values.map(|value| value.energy.0).sum()
}

/// The energies of a gap's quarter-hours, whose sum is the register's.
fn divide(
    register: &[QuarterEnergy],
    imported: &[Option<QuarterEnergy>],
) -> (Vec<QuarterEnergy>, Option<Disagreement>) {
    let total = sum(register.iter());
    let covered = sum(imported.iter().flatten());
    let pairs = || register.iter().zip(imported);
    let open = sum(pairs().filter(|(_, it)| it.is_none()).map(|(own, _)| own));
    let is_open = imported.iter().any(Option::is_none);
    if imported.iter().all(Option::is_none) {
        return (register.to_vec(), None);
    }
    let difference = covered - total;
    let misses = if is_open { difference.max(0) } else { difference.abs() };
    let disagreement = (misses > tolerance(register, imported)).then_some(Disagreement {
        register: MilliWattHours(total),
        imported: MilliWattHours(covered),
    });
    let scaled = !is_open || difference > 0;
    let small = misses as f64 <= SMALL * total as f64;
    // Weights of the quarter-hours, and the energy that they divide.
    let weight = |own: &QuarterEnergy, import: &Option<QuarterEnergy>| match (import, scaled) {
        (Some(import), true) if covered > 0 => import.energy.0,
        (Some(_), true) => own.energy.0,
        (None, false) if open > 0 => own.energy.0,
        (None, false) => 1,
        _ => 0,
    };
    let amount = if scaled { total } else { total - covered };
    let whole: i64 = pairs().map(|(own, import)| weight(own, import)).sum();
    let (mut done, mut given) = (0_i64, 0_i64);
    let mut share = |part: i64| {
        done += part;
        let upto = i128::from(amount) * i128::from(done) / i128::from(whole.max(1));
        let upto = upto as i64;
        MilliWattHours(upto - std::mem::replace(&mut given, upto))
    };
    let values = pairs().map(|(own, import)| {
        let part = weight(own, import);
        match import {
            Some(import) if !scaled => *import,
            Some(import) if small => QuarterEnergy { energy: share(part), ..*import },
            Some(import) => import.estimated(share(part)),
            None => QuarterEnergy { energy: share(part), ..*own },
        }
    });
    (values.collect(), disagreement)
}

/// Hours of which imports give a part only are estimates.
fn mark_mixed_hours(
    start: QuarterHour,
    values: &mut [QuarterEnergy],
    imported: &[Option<QuarterEnergy>],
) {
    let mut first = 0;
    while first < values.len() {
        let into = (start + first as i64).index_in_hour();
        let end = (first + 4 - into).min(values.len());
        let known = imported[first..end].iter().filter(|value| value.is_some()).count();
        if known > 0 && known < end - first {
            for value in &mut values[first..end] {
                *value = value.estimated(value.energy);
            }
        }
        first = end;
    }
}

/// By how much imported intervals may miss the register's difference: half of their last
/// digit each, the parts of those that reach over the ends of the gap, and half a
/// quarter-hour at each end, where the register is interpolated.
fn tolerance(register: &[QuarterEnergy], imported: &[Option<QuarterEnergy>]) -> i64 {
    let total = sum(register.iter());
    let ends = total / register.len().max(1) as i64;
    let (mut intervals, mut cut_off) = (Vec::new(), 0);
    let mut open: Option<i64> = None;
    for value in imported {
        match (value, open) {
            (Some(value), before) => {
                let energy = value.energy.0 + before.filter(|_| !value.starts_exact()).unwrap_or(0);
                let whole = value.starts_exact() || before.is_some();
                if !whole {
                    cut_off += value.energy.0;
                } else if value.ends_exact() {
                    intervals.push(energy);
                }
                open = (whole && !value.ends_exact()).then_some(energy);
            }
            (None, _) => open = None,
        }
    }
    cut_off += open.unwrap_or(0);
    let digit = [1_000_000, 100_000, 10_000, 1000, 100, 10]
        .into_iter()
        .find(|digit| intervals.iter().all(|energy| energy % digit == 0))
        .unwrap_or(1);
    let rounding = if intervals.iter().all(|energy| *energy == 0) { 0 } else { digit / 2 };
    rounding * intervals.len() as i64 + cut_off + ends
}
