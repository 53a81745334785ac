//! A change of level by the factor of a phase that is not measured: two thirds, a half or a
//! third of the load are left, or the reverse.
//!
//! A house can use that much less on its own, so the factor alone is no evidence. What a
//! wire does and people do not: from one hour to the next, by day and by night, on every
//! hour of the week, the load is the same part of what it was, and it stays so. Fourteen
//! known days are compared with four that follow, with a day between them in which the
//! change falls. Doubted are changes near one of the factors that are as large by day as
//! by night, with little scatter over the hours, and without a slope before or after.
//!
//! The hours count as they are: the organiser may know that a wing was closed.
use core::ops::Range;

use super::{
    DoubtKind, DoubtThresholds,
    evidence::{Evidence, MeterHours},
    finding::Finding,
};
use crate::calendar::BINS;

/// Parts of the load that are measured while phases are missing.
const PARTS: [f64; 3] = [2.0 / 3.0, 0.5, 1.0 / 3.0];
/// Distance from the ln of a factor: phases are loaded unequally.
const NEAR: f64 = 0.06;
/// Scatter of the change over the hours of the week, and slope before and after.
const SCATTER: f64 = 0.12;
const SLOPE: f64 = 0.10;
/// Hours on either side of the change that are at the old and the new level already.
const EDGE: usize = 6;
const DAYS_BEFORE: usize = 14;
const DAYS_AFTER: usize = 4;
/// Hours of a day that must be known, and the longest time over which days are compared.
const MIN_HOURS: usize = 20;
const MAX_SPAN: usize = 40;

pub(super) fn find(
    meter: &MeterHours<'_>,
    evidence: &Evidence<'_>,
    _: &DoubtThresholds,
) -> Vec<Finding> {
    let hours: Vec<Option<(usize, f64)>> = (0..meter.hours.len())
        .map(|index| Some((evidence.bin(index), meter.use_of(index)?.ln())))
        .collect();
    let known = |day: &usize| {
        let hours = &hours[day * 24..(day * 24 + 24).min(hours.len())];
        hours.iter().flatten().count() >= MIN_HOURS
    };
    let days: Vec<usize> = (0..hours.len() / 24).filter(known).collect();
    let mut steps: Vec<Step> = Vec::new();
    for position in DAYS_BEFORE..days.len().saturating_sub(DAYS_AFTER) {
        let before = &days[position - DAYS_BEFORE..position];
        let after = &days[position + 1..position + 1 + DAYS_AFTER];
        if after[DAYS_AFTER - 1] - before[0] > MAX_SPAN {
            continue;
        }
        let Some(step) = compare(&hours, before, days[position], after) else { continue };
        match steps.last_mut() {
            Some(last) if last.day + 2 >= step.day && last.part == step.part => {
                if step.misfit < last.misfit {
                    *last = step;
                }
            }
            _ => steps.push(step),
        }
    }
    let end = meter.hours.iter().rposition(Option::is_some).map_or(0, |index| index + 1);
    segments(&steps, end)
        .into_iter()
        .map(|(range, ratio)| {
            let mut finding = Finding::flagged(DoubtKind::LevelStep, range).of(meter);
            finding.factor = ratio;
            let mut finding = finding.stake(evidence, |index| {
                meter.use_of(index).map_or(0.0, |energy| (energy - energy / ratio).abs())
            });
            // A contest that is too high, or a baseline that is too low, gains nothing.
            if ratio > 1.0 {
                finding.in_contest = 0.0;
            } else {
                finding.in_baseline = 0.0;
            }
            if evidence.in_contest(finding.hours.end - 1) {
                finding.in_baseline = 0.0;
            }
            finding
        })
        .collect()
}

/// A change of level on a day.
#[derive(Debug, Clone, Copy)]
struct Step {
    day: usize,
    /// The first hour of the new level.
    from: usize,
    /// ln of the factor that it is nearest to, and of the ratio that was found.
    part: f64,
    ratio: f64,
    misfit: f64,
}

type Hours = [Option<(usize, f64)>];

fn hours_of<'a>(hours: &'a Hours, days: &'a [usize]) -> impl Iterator<Item = (usize, f64)> + 'a {
    days.iter().flat_map(|day| hours[day * 24..day * 24 + 24].iter().flatten().copied())
}

/// Mean ln of each bin.
fn levels(hours: &Hours, days: &[usize]) -> [Option<f64>; BINS] {
    let mut sums = [(0.0, 0_u32); BINS];
    for (bin, value) in hours_of(hours, days) {
        sums[bin].0 += value;
        sums[bin].1 += 1;
    }
    sums.map(|(sum, count)| (count > 0).then(|| sum / f64::from(count)))
}

fn compare(hours: &Hours, before: &[usize], day: usize, after: &[usize]) -> Option<Step> {
    let levels = levels(hours, before);
    let change = |days: &[usize], keep: &dyn Fn(usize) -> bool| -> Option<(f64, f64)> {
        let each = hours_of(hours, days).filter(|(bin, _)| keep(bin % 24));
        let changes: Vec<f64> =
            each.filter_map(|(bin, value)| Some(value - levels[bin]?)).collect();
        let count = changes.len() as f64;
        let mean = changes.iter().sum::<f64>() / count;
        let squares = changes.iter().map(|it| (it - mean).powi(2)).sum::<f64>();
        (changes.len() >= MIN_HOURS / 2).then(|| (mean, (squares / count).sqrt()))
    };
    let (all, scatter) = change(after, &|_| true)?;
    let (_, ordinary) = change(before, &|_| true)?;
    let parts = PARTS.iter().flat_map(|part| [part.ln(), -part.ln()]);
    let part = parts.min_by(|a, b| (a - all).abs().total_cmp(&(b - all).abs()))?;
    let (by_day, _) = change(after, &|hour| (7..19).contains(&hour))?;
    let (by_night, _) = change(after, &|hour| !(7..19).contains(&hour))?;
    let (first, _) = change(&after[..1], &|_| true)?;
    let (last, _) = change(&before[before.len() - 1..], &|_| true)?;
    let misfit = (all - part).abs();
    let fits = misfit <= NEAR
        && (by_day - by_night).abs() <= NEAR
        && scatter <= SCATTER.max(1.2 * ordinary)
        && (first - all).abs() <= SLOPE
        && last.abs() <= SLOPE;
    if !fits {
        return None;
    }
    // The change falls where the hours of the day between become nearer to the new level.
    let between = day * 24..day * 24 + 24;
    let is_old = |index: &usize| {
        hours[*index].is_some_and(|(bin, value)| {
            levels[bin].is_some_and(|level| (value - level).abs() < (value - level - all).abs())
        })
    };
    let from = between.clone().rev().find(is_old).map_or(between.start, |index| index + 1);
    // Weather takes days, a wire no time.
    let edge = |hours_near: Range<usize>, expected: f64| {
        let near = hours.get(hours_near).unwrap_or_default().iter().flatten();
        let offsets: Vec<f64> =
            near.filter_map(|(bin, value)| Some(value - levels[*bin]? - expected)).collect();
        let mean = offsets.iter().sum::<f64>() / offsets.len().max(1) as f64;
        offsets.len() >= EDGE / 2 && mean.abs() <= SLOPE
    };
    let sharp = edge(from.saturating_sub(EDGE)..from, 0.0) && edge(from..from + EDGE, all);
    sharp.then_some(Step { day, from, part, ratio: all, misfit })
}

/// The hours between each step and the one that takes it back, with their ratio.
fn segments(steps: &[Step], end: usize) -> Vec<(Range<usize>, f64)> {
    let mut segments = Vec::new();
    let mut open: Option<Step> = None;
    for step in steps {
        match open {
            Some(start) if (start.part + step.part).abs() < 1e-9 => {
                segments.push((start.from..step.from, start.ratio.exp()));
                open = None;
            }
            Some(_) => {}
            None => open = Some(*step),
        }
    }
    if let Some(start) = open {
        segments.push((start.from..end, start.ratio.exp()));
    }
    segments
}
