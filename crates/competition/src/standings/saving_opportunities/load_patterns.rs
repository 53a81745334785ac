//! Loads that could be avoided: at night, on days off, and permanent ones.
use core::ops::Range;

use super::{Confidence, DAYS, OpportunityKind, ReferenceLoad};
use crate::{calendar::TimeOfWeek, time::Hour};

/// Smallest number of other participants in a comparison.
pub(super) const OTHERS: usize = 5;
/// Mean of the nights over the quiet ones from which there is an opportunity.
const NIGHT: f64 = 1.25;
/// Share of the way from the nights to a working day from which a day off is nearly as busy
/// as a working day.
const BUSY: f64 = 0.6;
/// Smallest load of a day over that of the nights.
const RISE: f64 = 1.2;
/// Permanent load over that of last year, and over that of the others.
const ABOVE_OWN: f64 = 1.25;
const ABOVE_OTHERS: f64 = 1.5;
/// Share of the load on working days above which a night load hardly decreases, and the
/// share that a building with lights and fans off is assumed to need.
const FLAT: f64 = 0.75;
const ASLEEP: f64 = 0.5;
/// Hours a year from 18 to 06 before 250 working days, and all of 115 days off.
const OFF_HOURS: f64 = 250.0 * 12.0 + 115.0 * 24.0;
/// Standard errors by which the load has to be above that of last year.
const ERRORS: f64 = 3.0;
/// Days of 52 weeks: a year on, and the same weekday.
pub(super) const YEAR: i64 = 364;

/// A finding before it has a date and a price.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub(super) kind: OpportunityKind,
    pub(super) reference: ReferenceLoad,
    /// First hour of its first day.
    pub(super) since: Hour,
    pub(super) at_least: bool,
    pub(super) kwh_per_year: f64,
    pub(super) confidence: Confidence,
}

/// Number of hours, their energy and their baseline, kWh.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sum {
    hours: f64,
    energy: f64,
    usual: f64,
}

impl Sum {
    fn add(&mut self, energy: f64, usual: f64) {
        self.hours += 1.0;
        self.energy += energy;
        self.usual += usual;
    }

    fn mean(self) -> f64 {
        self.energy / self.hours
    }

    /// Mean load above the baseline, kW.
    fn above(self) -> f64 {
        (self.energy - self.usual) / self.hours
    }
}

/// One local day.
#[derive(Debug, Clone, Copy)]
pub(super) struct Day {
    /// Its first known hour.
    pub(super) hour: Hour,
    all: Sum,
    /// From 0 to 5.
    small_hours: Sum,
    /// From 22 to 5.
    night: Sum,
    /// From 8 to 17.
    day: Sum,
    off: bool,
}

impl Day {
    pub(super) fn new(hour: Hour) -> Self {
        let none = Sum::default();
        Self { hour, all: none, small_hours: none, night: none, day: none, off: false }
    }

    /// Adds an hour: its energy and its baseline, kWh.
    pub(super) fn add(&mut self, slot: TimeOfWeek, energy: f64, usual: Option<f64>) {
        let usual = usual.unwrap_or(0.0).max(0.0);
        self.off = slot.bin() >= 24;
        self.all.add(energy, usual);
        if slot.is_night() {
            self.night.add(energy, usual);
        }
        match slot.local_hour() {
            0..5 => self.small_hours.add(energy, usual),
            8..17 => self.day.add(energy, usual),
            _ => (),
        }
    }

    fn has_night(&self) -> bool {
        self.small_hours.hours >= 4.0
    }

    /// Load from 0 to 5 over its baseline, or over 1 kW where there is none.
    fn relative(&self) -> f64 {
        let usual = self.small_hours.usual / self.small_hours.hours;
        self.small_hours.mean() / if usual > 0.0 { usual } else { 1.0 }
    }

    pub(super) fn energy(&self) -> f64 {
        self.all.energy
    }

    /// Energy of the day above its baseline, kWh.
    pub(super) fn above(&self) -> Option<f64> {
        (self.all.hours >= 20.0).then(|| self.all.above() * 24.0)
    }
}

/// The last four weeks.
#[derive(Debug, Clone)]
pub(super) struct Recent {
    pub(super) range: Range<usize>,
    pub(super) first: Hour,
}

/// `None` where less than three quarters of the nights are known.
pub(super) fn recent(days: &[Day]) -> Option<Recent> {
    let first = days.last()?.hour - (DAYS as i64 - 1) * 24 - 23;
    let start = days.partition_point(|day| day.hour < first);
    let known = days[start..].iter().filter(|day| day.has_night()).count();
    (known * 4 >= DAYS * 3).then_some(Recent { range: start..days.len(), first })
}

/// Mean load from 0 to 5, kW.
pub(super) fn level(days: &[Day]) -> Option<f64> {
    mean(days.iter().filter(|day| day.has_night()).map(|day| day.small_hours.mean()))
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), it| (sum + it, count + 1.0));
    (count > 0.0).then(|| sum / count)
}

/// The hour since which the mean over `width` neighbouring values is above `middle` without
/// a break, and whether nothing is known from before.
fn onset(values: &[(Hour, f64)], middle: f64, width: usize) -> Option<(Hour, bool)> {
    let above =
        |window: &[(Hour, f64)]| window.iter().map(|(_, value)| value - middle).sum::<f64>() > 0.0;
    let run = values.windows(width).rev().take_while(|window| above(window)).count();
    let first = (values.len() + 1).saturating_sub(width + run);
    match run {
        0 => None,
        _ if first == 0 => Some((values.first()?.0, true)),
        // a window is above from when half of it is
        _ => Some((values.get(first + width / 2)?.0, false)),
    }
}

/// Share of the values above a limit.
fn share(values: impl Iterator<Item = f64>, limit: f64) -> f64 {
    mean(values.map(|value| f64::from(u8::from(value > limit)))).unwrap_or(0.0)
}

fn confidence_of(share: f64) -> Confidence {
    match share {
        all if all >= 0.9 => Confidence::High,
        most if most >= 0.7 => Confidence::Medium,
        _ => Confidence::Low,
    }
}

/// Nights that use much more than the quiet ones, because something is left on.
pub(super) fn night(days: &[Day], recent: &Recent) -> Option<Found> {
    let known = |day: &&Day| day.has_night() && day.night.hours >= 5.0;
    let nights: Vec<&Day> = days[recent.range.clone()].iter().filter(known).collect();
    let mut levels: Vec<f64> = nights.iter().map(|day| day.relative()).collect();
    let usual = mean(levels.iter().copied())?;
    levels.sort_unstable_by(f64::total_cmp);
    let quiet = levels[levels.len() / 4];
    if quiet <= 0.0 || usual < NIGHT * quiet {
        return None;
    }
    let above = 1.0 - quiet / usual;
    let load = mean(nights.iter().map(|day| day.night.mean()))?;
    let values: Vec<_> = days.iter().filter(known).map(|day| (day.hour, day.relative())).collect();
    let middle = (usual + quiet) / 2.0;
    let (since, at_least) = onset(&values, middle, 14)?;
    let confidence = match usual / quiet {
        far if far > 1.5 => Confidence::High,
        near if near > 1.3 => Confidence::Medium,
        _ => Confidence::Low,
    };
    let kwh_per_year = above * load * 7.0 * 365.0;
    let (kind, reference) = (OpportunityKind::Night, ReferenceLoad::QuietNights);
    Some(Found { kind, reference, since, at_least, kwh_per_year, confidence })
}

/// Days off that are nearly as busy as working days.
pub(super) fn weekend(days: &[Day], recent: &Recent) -> Option<Found> {
    let known = |day: &&Day| day.day.hours >= 8.0 && day.has_night();
    let four = || days[recent.range.clone()].iter().filter(known);
    let by_day = |off: bool| mean(four().filter(|day| day.off == off).map(|day| day.day.mean()));
    let (work, off) = (by_day(false)?, by_day(true)?);
    let rest = mean(four().filter(|day| !day.off).map(|day| day.small_hours.mean()))?;
    let busy = (off - rest) / (work - rest);
    if rest < 0.0 || work <= RISE * rest || off <= RISE * rest || busy < BUSY {
        return None;
    }
    let middle = (rest + off) / 2.0;
    let off_days = days.iter().filter(known).filter(|day| day.off);
    let values: Vec<_> = off_days.map(|day| (day.hour, day.day.mean())).collect();
    let (since, at_least) = onset(&values, middle, 4)?;
    let each = four().filter(|day| day.off).map(|day| day.day.mean());
    let confidence = confidence_of(share(each, rest + (work - rest) * BUSY * 0.8));
    let kwh_per_year = (off - rest) * 9.0 * 115.0;
    let (kind, reference) = (OpportunityKind::Weekend, ReferenceLoad::WeekdayNights);
    Some(Found { kind, reference, since, at_least, kwh_per_year, confidence })
}

/// A load from 0 to 5 above its reference; `others` in kW.
pub(super) fn permanent_load(days: &[Day], recent: &Recent, others: Option<f64>) -> Option<Found> {
    let four = &days[recent.range.clone()];
    let load = level(four).filter(|load| *load > 0.0)?;
    let own = last_year(days, recent).filter(|own| load > ABOVE_OWN * own);
    let others = others.filter(|others| load > ABOVE_OTHERS * others);
    let busy =
        mean(four.iter().filter(|day| !day.off && day.day.hours >= 8.0).map(|day| day.day.mean()));
    let flat = busy.filter(|busy| load > FLAT * busy).map(|busy| ASLEEP * busy);
    let references = [
        (own, ReferenceLoad::LastYear),
        (others, ReferenceLoad::Others),
        (flat, ReferenceLoad::WorkingDays),
    ];
    let agree = references.iter().filter(|(reached, _)| reached.is_some()).count();
    let (reached, reference) =
        references.iter().find_map(|(reached, reference)| Some(((*reached)?, *reference)))?;
    let middle = (load + reached) / 2.0;
    // adjusted to the weather of these weeks
    let usual =
        load - mean(four.iter().filter(|it| it.has_night()).map(|it| it.small_hours.above()))?;
    let nights = days.iter().filter(|day| day.has_night());
    let values: Vec<_> = nights.map(|day| (day.hour, day.small_hours.above() + usual)).collect();
    let (since, at_least) = onset(&values, middle, 7)?;
    let confidence = match reference {
        _ if agree > 1 => Confidence::High,
        ReferenceLoad::LastYear => {
            let nights = four.iter().filter(|day| day.has_night());
            confidence_of(share(nights.map(|day| day.small_hours.mean()), middle))
        }
        ReferenceLoad::Others if load > 2.0 * reached => Confidence::Medium,
        _ => Confidence::Low,
    };
    let (kind, kwh_per_year) = (OpportunityKind::NeverAsleep, (load - reached) * OFF_HOURS);
    Some(Found { kind, reference, since, at_least, kwh_per_year, confidence })
}

/// The load of the same four weeks a year ago, adjusted to the weather of these, kW: the
/// largest of three periods that begin a week apart. `None` where the years do not differ by
/// more than the weeks of one year do.
fn last_year(days: &[Day], recent: &Recent) -> Option<f64> {
    let now = weeks(&days[recent.range.clone()]);
    let nights = days[recent.range.clone()].iter().filter(|day| day.has_night());
    let usual = mean(nights.map(|day| day.small_hours.usual / day.small_hours.hours))?;
    let mut reached: Option<f64> = None;
    for shift in [-7, 0, 7] {
        let from = recent.first - (YEAR + shift) * 24;
        let at = |hour: Hour| days.partition_point(|day| day.hour < hour);
        let then = weeks(&days[at(from)..at(from + DAYS as i64 * 24)]);
        if now.len() < 3 || then.len() < 3 {
            return None;
        }
        let (level, error) = difference(&then, &now);
        if level < ERRORS * error {
            return None;
        }
        let load = usual + mean(then.into_iter())?;
        reached = Some(reached.map_or(load, |reached| reached.max(load)));
    }
    reached.filter(|load| *load > 0.0)
}

/// Weekly means of the load from 0 to 5 above its baseline, kW.
fn weeks(days: &[Day]) -> Vec<f64> {
    let nights: Vec<&Day> = days.iter().filter(|day| day.has_night()).collect();
    let weeks = nights.chunks(7).filter(|week| week.len() >= 4);
    weeks.filter_map(|week| mean(week.iter().map(|day| day.small_hours.above()))).collect()
}

/// Mean of `after` minus mean of `before`, and its standard error.
pub(super) fn difference(before: &[f64], after: &[f64]) -> (f64, f64) {
    let (n, m) = (before.len() as f64, after.len() as f64);
    let (low, high) = (before.iter().sum::<f64>() / n, after.iter().sum::<f64>() / m);
    let square = |values: &[f64], mean: f64| -> f64 {
        values.iter().map(|value| (value - mean).powi(2)).sum()
    };
    let spread = (square(before, low) + square(after, high)) / (n + m - 2.0).max(1.0);
    (high - low, (spread * (1.0 / n + 1.0 / m)).sqrt().max(1e-9))
}
