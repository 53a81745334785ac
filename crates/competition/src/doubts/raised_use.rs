//! A use that is high for some days or weeks of the baseline period, and returns.
//!
//! It raises what is expected of the building in the contest, so it is the counterpart of a
//! closed building: the energy of an event or of a measurement that does not belong to the
//! building, or waste before the contest. A day is compared by ρ, its energy over what is
//! ordinary for its hours of the week. A day is high where ρ exceeds `raised` times the
//! median ρ of the six weeks before and after it. A run of at least five high days, of which
//! no two neighbours are more than three days apart, is doubted where its mean ρ exceeds
//! `raised` times the median of the two known weeks before it *and* of the two after it.
//! What goes on, such as a new tenant or the beginning of winter, does not return and is
//! not doubted. At the end of the baseline period the first weeks of the contest are what
//! comes after. Less than 1 % of the year's energy is not worth a question, unless it is
//! 3 % of the last twelve weeks', which determine the level (`baseline`).
use core::ops::Range;

use super::{
    DoubtKind, DoubtThresholds,
    evidence::{Evidence, Ordinary, median},
    finding::Finding,
};

/// Hours of a day that must be known.
const MIN_HOURS: usize = 20;
/// Days on each side that a day is compared with.
const AROUND: usize = 42;
/// Known days before and after a run that it is compared with, and the least number.
const BESIDE: usize = 14;
const MIN_BESIDE: usize = 7;
/// Hours of the baseline period's end that determine the level: twelve weeks.
const LEVEL_HOURS: usize = 84 * 24;
/// Shares of the energy of the baseline period and of those days that are worth a question.
const SHARE_OF_YEAR: f64 = 0.01;
const SHARE_OF_LEVEL: f64 = 0.03;
/// High days of a run, and the most days from its first to its last.
const MIN_DAYS: usize = 5;
const MAX_DAYS: usize = 42;
/// Days from one high day of a run to the next: a weekend may lie between.
const MAX_STEP: usize = 3;

pub(super) fn find(evidence: &Evidence<'_>, limits: &DoubtThresholds) -> Vec<Finding> {
    let ordinary: Option<Vec<Ordinary>> =
        evidence.meters.iter().map(|meter| Ordinary::of(meter, evidence)).collect();
    let Some(ordinary) = ordinary else { return Vec::new() };
    let expected = |index: usize| -> f64 {
        let meters = evidence.meters.iter().zip(&ordinary);
        let active = meters.filter(|(meter, _)| meter.active.contains(&index));
        active.map(|(meter, of)| meter.sign as f64 * of.get(evidence.bin(index))).sum()
    };
    let days = Days::new(evidence, &expected);
    let (least_of_year, least_of_level, level_from) = worth_a_question(evidence, &expected);
    let findings = days.runs(evidence, limits.raised).into_iter().filter_map(|run| {
        let (hours, times) = (days.hours(&run), days.times(&run)?);
        let Times { mean, beside } = times;
        if mean <= limits.raised * beside {
            return None;
        }
        let end = hours.end;
        let mut finding =
            Finding::quarantined(DoubtKind::RaisedUse, hours).stake(evidence, |index| {
                let energy = evidence.energy(index);
                energy.map_or(0.0, |energy| (energy - beside * expected(index)).max(0.0))
            });
        finding.factor = mean / beside;
        let in_level = end > level_from && finding.in_baseline >= least_of_level;
        (in_level || finding.in_baseline >= least_of_year).then_some(finding)
    });
    findings.collect()
}

/// The least energy that is worth a question in the baseline period and in the weeks that
/// determine the level, kWh, and the position at which those begin.
fn worth_a_question(evidence: &Evidence<'_>, expected: &dyn Fn(usize) -> f64) -> (f64, f64, usize) {
    let count = evidence.hour_count();
    let year: Vec<usize> = (0..count).filter(|index| evidence.in_baseline(*index)).collect();
    let level = &year[year.len().saturating_sub(LEVEL_HOURS)..];
    let kwh = |hours: &[usize]| hours.iter().map(|index| expected(*index)).sum::<f64>() / 1e6;
    let from = level.first().copied().unwrap_or(count);
    (SHARE_OF_YEAR * kwh(&year), SHARE_OF_LEVEL * kwh(level), from)
}

/// The local days, each with its ρ where enough of it is known.
struct Days {
    hours: Vec<Range<usize>>,
    ratios: Vec<Option<f64>>,
}

/// ρ of a run, and the higher one of the weeks before and after it.
struct Times {
    mean: f64,
    beside: f64,
}

impl Days {
    fn new(evidence: &Evidence<'_>, expected: &dyn Fn(usize) -> f64) -> Self {
        let hours = evidence.local_days(evidence.hour_count());
        let ratio = |day: &Range<usize>| -> Option<f64> {
            let (mut known, mut used, mut usual) = (0, 0.0, 0.0);
            for (index, energy) in day.clone().filter_map(|it| Some((it, evidence.energy(it)?))) {
                known += 1;
                used += energy;
                usual += expected(index);
            }
            (known >= MIN_HOURS && usual > 0.0).then(|| used / usual)
        };
        let ratios = hours.iter().map(ratio).collect();
        Self { hours, ratios }
    }

    /// The days from six weeks before a day to six weeks after it.
    fn around(&self, day: usize) -> Range<usize> {
        day.saturating_sub(AROUND)..(day + AROUND + 1).min(self.ratios.len())
    }

    /// The runs of high days of the baseline period.
    fn runs(&self, evidence: &Evidence<'_>, raised: f64) -> Vec<Vec<usize>> {
        let is_high = |day: &usize| {
            let usual = median(self.ratios[self.around(*day)].iter().copied().flatten().collect());
            evidence.in_baseline(self.hours[*day].start)
                && self.ratios[*day].zip(usual).is_some_and(|(it, usual)| it > raised * usual)
        };
        let high: Vec<usize> = (0..self.ratios.len()).filter(is_high).collect();
        let runs = high.chunk_by(|one, next| next - one <= MAX_STEP);
        let is_long_enough =
            |run: &&[usize]| run.len() >= MIN_DAYS && run[run.len() - 1] - run[0] < MAX_DAYS;
        runs.filter(is_long_enough).map(<[usize]>::to_vec).collect()
    }

    fn hours(&self, run: &[usize]) -> Range<usize> {
        self.hours[run[0]].start..self.hours[run[run.len() - 1]].end
    }

    /// `None` where too little is known before or after the run.
    fn times(&self, run: &[usize]) -> Option<Times> {
        let (first, last) = (run[0], run[run.len() - 1]);
        let before = &self.ratios[self.around(first).start..first];
        let after = &self.ratios[last + 1..self.around(last).end];
        let beside = usual(before.iter().rev().copied())?.max(usual(after.iter().copied())?);
        let mean = run.iter().filter_map(|day| self.ratios[*day]).sum::<f64>() / run.len() as f64;
        Some(Times { mean, beside })
    }
}

/// The median of the first two known weeks; `None` where less than one is known.
fn usual(days: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let known: Vec<f64> = days.flatten().take(BESIDE).collect();
    (known.len() >= MIN_BESIDE).then(|| median(known)).flatten()
}
