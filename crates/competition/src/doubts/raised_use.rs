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
use super::{
    DoubtKind, DoubtThresholds,
    evidence::{Evidence, Ordinary, median},
    finding::Finding,
};

const DAY: usize = 24;
/// Hours of a day that must be known.
const MIN_HOURS: usize = 20;
/// Days on each side that a day is compared with.
const AROUND: usize = 42;
/// Known days before and after a run that it is compared with, and the least number.
const BESIDE: usize = 14;
const MIN_BESIDE: usize = 7;
/// Days of the baseline period's end that determine the level.
const LEVEL_DAYS: usize = 84;
/// Shares of the energy of the baseline period and of those days that are worth a question.
const SHARE_OF_YEAR: f64 = 0.01;
const SHARE_OF_LEVEL: f64 = 0.03;
/// High days of a run, and the most days from its first to its last.
const MIN_DAYS: usize = 5;
const MAX_DAYS: usize = 42;
/// Days from one high day of a run to the next: a weekend may lie between.
const MAX_STEP: usize = 3;

pub(super) fn find(evidence: &Evidence<'_>, limits: &DoubtThresholds) -> Vec<Finding> {
    let ordinary: Option<Vec<(i64, Ordinary)>> = evidence
        .meters
        .iter()
        .map(|meter| Some((meter.sign, Ordinary::of(meter, evidence)?)))
        .collect();
    let Some(ordinary) = ordinary else { return Vec::new() };
    let count = evidence.meters.iter().map(|meter| meter.hours.len()).min().unwrap_or(0);
    let energy = |index: usize| -> Option<f64> {
        evidence.meters.iter().map(|meter| Some(meter.signed(index)? as f64)).sum()
    };
    let expected = |index: usize| -> f64 {
        let meters = evidence.meters.iter().zip(&ordinary);
        let active = meters.filter(|(meter, _)| meter.active.contains(&index));
        active.map(|(_, (sign, of))| *sign as f64 * of.get(evidence.bin(index))).sum()
    };
    let ratio = |day: usize| -> Option<f64> {
        let known: Vec<[f64; 2]> = (day * DAY..(day + 1) * DAY)
            .filter_map(|index| Some([energy(index)?, expected(index)]))
            .collect();
        let [used, usual] = known.iter().fold([0.0; 2], |sum, it| [sum[0] + it[0], sum[1] + it[1]]);
        (known.len() >= MIN_HOURS && usual > 0.0).then(|| used / usual)
    };
    let ratios: Vec<Option<f64>> = (0..count / DAY).map(ratio).collect();
    let around = |day: usize| day.saturating_sub(AROUND)..(day + AROUND + 1).min(ratios.len());
    let is_high = |day: &usize| {
        let usual = median(ratios[around(*day)].iter().copied().flatten().collect());
        evidence.in_baseline(day * DAY)
            && ratios[*day].zip(usual).is_some_and(|(it, usual)| it > limits.raised * usual)
    };
    let year: Vec<usize> = (0..count).filter(|index| evidence.in_baseline(*index)).collect();
    let level = &year[year.len().saturating_sub(LEVEL_DAYS * DAY)..];
    let least = |hours: &[usize], share: f64| {
        share * hours.iter().map(|index| expected(*index)).sum::<f64>() / 1e6
    };
    let (least_of_year, least_of_level) =
        (least(&year, SHARE_OF_YEAR), least(level, SHARE_OF_LEVEL));
    let level_from = level.first().copied().unwrap_or(count);
    let high: Vec<usize> = (0..ratios.len()).filter(is_high).collect();
    let runs = high.chunk_by(|one, next| next - one <= MAX_STEP);
    let findings = runs.filter_map(|run| {
        let days = *run.first()?..*run.last()? + 1;
        if run.len() < MIN_DAYS || days.len() > MAX_DAYS {
            return None;
        }
        let nearby = around(days.start).start..days.start;
        let before = usual(ratios[nearby].iter().rev().copied())?;
        let after = usual(ratios[days.end..around(days.end - 1).end].iter().copied())?;
        let beside = before.max(after);
        let mean = run.iter().filter_map(|day| ratios[*day]).sum::<f64>() / run.len() as f64;
        if mean <= limits.raised * beside {
            return None;
        }
        let hours = days.start * DAY..days.end * DAY;
        let mut finding =
            Finding::quarantined(DoubtKind::RaisedUse, hours).stake(evidence, |index| {
                energy(index).map_or(0.0, |energy| (energy - beside * expected(index)).max(0.0))
            });
        finding.factor = mean / beside;
        let in_level = days.end * DAY > level_from && finding.in_baseline >= least_of_level;
        (in_level || finding.in_baseline >= least_of_year).then_some(finding)
    });
    findings.collect()
}

/// The median of the first two known weeks; `None` where less than one is known.
fn usual(days: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let known: Vec<f64> = days.flatten().take(BESIDE).collect();
    (known.len() >= MIN_BESIDE).then(|| median(known)).flatten()
}
