//! A change of level by the factor of a phase that is not measured: two thirds, a half or a
//! third of the load are left, or the reverse.
//!
//! A house can use that much less on its own, so the factor alone is no evidence. What a
//! wire does and people do not: from one hour to the next, by day and by night, the load is
//! the same part of what it was, and it stays so. Each hour is compared with the level of
//! its bin in the two weeks before the change, and the two days before with the two days
//! after, so that weather and seasons change both sides alike. Doubted are changes near one
//! of the factors that
//!
//! - are as large by day as by night, and on the hours next to the change,
//! - scatter little over the hours,
//! - still hold on the third and fourth day,
//!
//! or that hold as well over two weeks, where the two days are less sure. A load that is
//! back at its old level within two weeks was a holiday.
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
/// Distances of ln: from the factor; of day and night; of the hours next to the change; of
/// the third and fourth day. A mean over two days of hours that scatter by a tenth is right
/// within 0.03 (two standard errors, of which neighbouring hours leave a fourth of 48).
const NEAR: f64 = 0.05;
const DAY_AND_NIGHT: f64 = 0.06;
const EDGE: f64 = 0.08;
const STAYS: f64 = 0.08;
/// ln by which a change may differ from a part that is proposed as its explanation.
const EXPLAINED: f64 = 0.12;
/// Scatter over the hours, from which on a house is too restless for this comparison.
const SCATTER: f64 = 0.18;
/// ln by which the first hour differs at least from the hour before.
const JUMP: f64 = 0.25;
/// Known hours of the level, of either side, next to the change, and after which it stays.
const LEVEL: usize = 14 * 24;
const SIDE: usize = 48;
const NEXT: usize = 6;
const AFTER: usize = 96;
/// °C from which on no building heats.
const HEATING_ENDS: f64 = 17.0;
/// Hours after which a load that is back was a holiday, and over which a return is looked for.
const HOLIDAY: usize = 14 * 24;
const RETURN: usize = 28 * 24;
/// Hours without data that a comparison bridges.
const MAX_GAP: usize = 14 * 24;

/// A known hour with use.
#[derive(Debug, Clone, Copy)]
struct Load {
    index: usize,
    bin: usize,
    ln: f64,
}

pub(super) fn find(
    meter: &MeterHours<'_>,
    evidence: &Evidence<'_>,
    _: &DoubtThresholds,
) -> Vec<Finding> {
    let slope = temperature_slope(meter, evidence);
    let loads: Vec<Load> = (0..meter.hours.len())
        .filter_map(|index| {
            let heating = slope * outdoor(evidence, index).unwrap_or(0.0);
            let ln = meter.use_of(index)?.ln() - heating;
            Some(Load { index, bin: evidence.bin(index), ln })
        })
        .collect();
    let mut steps: Vec<Step> = Vec::new();
    let mut level = BinMeans::default();
    loads.iter().take(LEVEL).for_each(|load| level.add(load));
    for position in LEVEL..loads.len().saturating_sub(AFTER) {
        let ordinary = level.rise(&loads[position - 1], &loads[position]);
        level.add(&loads[position]);
        level.remove(&loads[position - LEVEL]);
        let Some(step) = ordinary.and_then(|rise| step_at(&loads, position, rise)) else {
            continue;
        };
        match steps.last_mut() {
            Some(last) if step.from - last.from <= SIDE => {
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
        .filter_map(|(range, step)| match returned_at(&loads, &step) {
            Some(back) if back < range.start + HOLIDAY => None,
            Some(back) => Some((range.start..range.end.min(back), step)),
            None => Some((range, step)),
        })
        .map(|(range, step)| {
            let ratio = step.ratio.exp();
            let mut finding = Finding::flagged(DoubtKind::LevelStep, range).of(meter);
            finding.factor = ratio;
            let mut finding = finding.stake(evidence, |index| {
                meter.use_of(index).map_or(0.0, |energy| (energy - energy / ratio).abs())
            });
            // A contest that is too high, or a baseline that is too low, gains nothing. A
            // meter that is subtracted makes the building's use the lower, the more it shows.
            if (ratio > 1.0) == (meter.sign > 0) {
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

/// When the load is back nearer to the level before a step than to that after it, for four
/// days, within four weeks of the step.
fn returned_at(loads: &[Load], step: &Step) -> Option<usize> {
    let position = loads.partition_point(|load| load.index < step.from);
    let levels = Levels::of(&loads[position.checked_sub(LEVEL)?..position]);
    let blocks: Vec<&[Load]> = loads[position..].chunks(SIDE).take(RETURN / SIDE).collect();
    let is_back = |block: &&[Load]| {
        block.len() == SIDE
            && levels.mean(block, |_| true).is_some_and(|mean| mean.abs() < step.ratio.abs() / 2.0)
    };
    let pair = blocks.windows(2).find(|pair| pair.iter().all(is_back))?;
    Some(pair[0][0].index)
}

/// The part of the load that explains a change of level, or its reverse; `None` where it is
/// near none.
pub(super) fn nearest_part(factor: f64) -> Option<f64> {
    let parts = PARTS.into_iter().flat_map(|part| [part, 1.0 / part]);
    let apart = |part: &f64| (factor / part).ln().abs();
    parts.min_by(|a, b| apart(a).total_cmp(&apart(b))).filter(|part| apart(part) <= EXPLAINED)
}

/// The mean of the outdoor temperature of an hour and the eleven before it, as heating
/// follows it; it ends at 17 °C.
fn outdoor(evidence: &Evidence<'_>, index: usize) -> Option<f64> {
    let hours = evidence.outdoor.get(index.checked_sub(11)?..=index)?;
    let known: Vec<f64> = hours.iter().flatten().copied().collect();
    (known.len() >= 6).then(|| (known.iter().sum::<f64>() / known.len() as f64).min(HEATING_ENDS))
}

/// Change of the ln of the load for each degree, from hours of the same time of week in
/// consecutive weeks; 0 where temperatures are not known or say nothing.
fn temperature_slope(meter: &MeterHours<'_>, evidence: &Evidence<'_>) -> f64 {
    const WEEK: usize = 7 * 24;
    let (mut products, mut squares) = (0.0, 0.0);
    // Every fifth hour is enough, and visits all hours of the day.
    for index in (WEEK + 11..meter.hours.len()).step_by(5).filter(|it| evidence.in_baseline(*it)) {
        let pair = || {
            let load = meter.use_of(index)?.ln() - meter.use_of(index - WEEK)?.ln();
            Some((load, outdoor(evidence, index)? - outdoor(evidence, index - WEEK)?))
        };
        let Some((load, warmer)) = pair().filter(|(load, _)| load.abs() < 1.0) else { continue };
        products += load * warmer;
        squares += warmer * warmer;
    }
    if squares > 0.0 { (products / squares).clamp(-0.15, 0.0) } else { 0.0 }
}

/// A change of level.
#[derive(Debug, Clone, Copy)]
struct Step {
    /// The first hour of the new level.
    from: usize,
    /// ln of the factor that it is nearest to, and of the ratio that was found.
    part: f64,
    ratio: f64,
    misfit: f64,
}

/// Mean ln of each bin, and of all hours.
struct Levels {
    bins: [Option<f64>; BINS],
    all: f64,
}

impl Levels {
    fn of(loads: &[Load]) -> Self {
        let mut sums = [(0.0, 0_u32); BINS];
        for load in loads {
            sums[load.bin].0 += load.ln;
            sums[load.bin].1 += 1;
        }
        Self {
            bins: sums.map(|(sum, count)| (count > 0).then(|| sum / f64::from(count))),
            all: loads.iter().map(|load| load.ln).sum::<f64>() / loads.len().max(1) as f64,
        }
    }

    /// Offsets of hours from the level of their bins.
    fn offsets<'a>(&'a self, loads: &'a [Load]) -> impl Iterator<Item = (usize, f64)> + 'a {
        let offset =
            |load: &Load| (load.bin % 24, load.ln - self.bins[load.bin].unwrap_or(self.all));
        loads.iter().map(offset)
    }

    /// Mean offset of the hours that are kept; `None` of fewer than three.
    fn mean(&self, loads: &[Load], keep: impl Fn(usize) -> bool) -> Option<f64> {
        let kept = self.offsets(loads).filter(|(hour, _)| keep(*hour));
        let (sum, count) = kept.fold((0.0, 0), |(sum, count), (_, it)| (sum + it, count + 1));
        (count >= 3).then(|| sum / f64::from(count))
    }

    /// Standard deviation of the offsets.
    fn scatter(&self, loads: &[Load]) -> f64 {
        let mean = self.mean(loads, |_| true).unwrap_or(0.0);
        let squares: f64 = self.offsets(loads).map(|(_, it)| (it - mean).powi(2)).sum();
        (squares / loads.len().max(1) as f64).sqrt()
    }
}

/// Sums of ln by bin over the two weeks before an hour, kept up from hour to hour: nearly
/// all hours are no steps, and need nothing else.
#[derive(Debug)]
struct BinMeans([(f64, u32); BINS]);

impl Default for BinMeans {
    fn default() -> Self {
        Self([(0.0, 0); BINS])
    }
}

impl BinMeans {
    fn add(&mut self, load: &Load) {
        let (sum, count) = &mut self.0[load.bin];
        *sum += load.ln;
        *count += 1;
    }

    fn remove(&mut self, load: &Load) {
        let (sum, count) = &mut self.0[load.bin];
        *sum -= load.ln;
        *count -= 1;
    }

    /// What ln ordinarily rises by from one hour to another; `None` where a bin is empty.
    fn rise(&self, from: &Load, to: &Load) -> Option<f64> {
        let mean = |load: &Load| {
            let (sum, count) = self.0[load.bin];
            (count > 0).then(|| sum / f64::from(count))
        };
        Some(mean(to)? - mean(from)?)
    }
}

/// The step before the hour at a position, where there is one; `ordinary` is the rise from
/// the hour before on other days.
fn step_at(loads: &[Load], position: usize, ordinary: f64) -> Option<Step> {
    let (level, before) = (&loads[position - LEVEL..position], &loads[position - SIDE..position]);
    let (after, later) =
        (&loads[position..position + SIDE], &loads[position + SIDE..position + AFTER]);
    let bridged = loads[position + AFTER - 1].index - level[0].index - (LEVEL + AFTER - 1);
    if bridged > MAX_GAP {
        return None;
    }
    let jump = loads[position].ln - loads[position - 1].ln;
    if (jump - ordinary).abs() < JUMP {
        return None;
    }
    let levels = Levels::of(level);
    let next =
        levels.mean(&after[..NEXT], |_| true)? - levels.mean(&before[SIDE - NEXT..], |_| true)?;
    if next.abs() < JUMP {
        return None;
    }
    // A change in the two weeks before would be in the levels of some bins only.
    let halves = [&level[..LEVEL / 2], &level[LEVEL / 2..]].map(|it| levels.mean(it, |_| true));
    if (halves[0]? - halves[1]?).abs() > JUMP {
        return None;
    }
    let change = |keep: fn(usize) -> bool| -> Option<f64> {
        Some(levels.mean(after, keep)? - levels.mean(before, keep)?)
    };
    let all = change(|_| true)?;
    let by_day = change(|hour| (7..19).contains(&hour))?;
    let by_night = change(|hour| !(7..19).contains(&hour))?;
    let stays = levels.mean(later, |_| true)? - levels.mean(after, |_| true)?;
    let parts = PARTS.iter().flat_map(|part| [part.ln(), -part.ln()]);
    let part = parts.min_by(|a, b| (a - all).abs().total_cmp(&(b - all).abs()))?;
    let misfit = (all - part).abs() + (next - all).abs();
    let is_like_a_wire = |tolerance: f64, all: f64, by_day: f64, by_night: f64| {
        (all - part).abs() <= NEAR * tolerance
            && (by_day - by_night).abs() <= DAY_AND_NIGHT * tolerance
    };
    let is_sharp = |tolerance: f64| {
        (next - all).abs() <= EDGE * tolerance
            && stays.abs() <= STAYS * tolerance
            && levels.scatter(before) <= SCATTER
            && levels.scatter(after) <= SCATTER
    };
    // A half and a third are further from what people do.
    let tolerance = part.abs() / PARTS[0].ln().abs();
    let soon = is_like_a_wire(tolerance, all, by_day, by_night) && is_sharp(tolerance);
    // Means over two weeks are surer, so that the hours next to the change may be less so.
    let wide = |keep: fn(usize) -> bool| -> Option<f64> {
        let after = loads.get(position..position + LEVEL)?;
        Some(levels.mean(after, keep)? - levels.mean(level, keep)?)
    };
    let later = || -> Option<bool> {
        let (by_day, by_night) =
            (wide(|hour| (7..19).contains(&hour))?, wide(|hour| !(7..19).contains(&hour))?);
        Some(
            is_like_a_wire(tolerance, wide(|_| true)?, by_day, by_night)
                && is_sharp(2.0 * tolerance),
        )
    };
    let fits = soon || later() == Some(true);
    fits.then_some(Step { from: loads[position].index, part, ratio: all, misfit })
}

/// The hours between each step and the one that takes it back, with the first step.
fn segments(steps: &[Step], end: usize) -> Vec<(Range<usize>, Step)> {
    let mut segments = Vec::new();
    let mut open: Option<Step> = None;
    for step in steps {
        match open {
            Some(start) if (start.part + step.part).abs() < 1e-9 => {
                segments.push((start.from..step.from, start));
                open = None;
            }
            Some(_) => {}
            None => open = Some(*step),
        }
    }
    if let Some(start) = open {
        segments.push((start.from..end, start));
    }
    segments
}
