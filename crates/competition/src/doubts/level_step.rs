//! A change of level that units, multipliers and current transformers make: all hours of
//! day and night rise or fall at once by a large factor, and stay there.
//!
//! The level of each bin is followed with a memory of about two weeks, so seasons are no
//! steps. A run of hours that are all four times above their level, or below a quarter of
//! it, opens a segment once it lasts `step_hours` and its sum is `step_factor` times its
//! level or more. The segment ends where a run of half that length leaves it and is
//! nearer to the old level. Which side is wrong cannot be known: the shorter one is doubted.
//!
//! The factor is that of the two weeks on both sides of the step, by the hours of the week,
//! so that a season or a saving has little part in it. A correction is proposed only where
//! it is near a factor of decimal units, or of minutes and hours.
use core::ops::Range;

use super::{
    DoubtKind, DoubtThresholds,
    evidence::{Evidence, MeterHours, median},
    finding::Finding,
};
use crate::calendar::BINS;

/// Weight of a new hour in the level of its bin: a working day's bin remembers two weeks.
const MEMORY: f64 = 0.15;
/// How many times an hour differs from its level where it may belong to a step.
const HOUR_STEP: f64 = 4.0;
/// Weight of a new hour in the ratio of a segment, which may last for months.
const FOLLOW: f64 = 0.003;
/// Known hours on each side that determine the factor, and the least number of pairs.
const SIDE: usize = 14 * 24;
const MIN_PAIRS: usize = 48;
/// Factors that a correction may have, and by how many times the found one may differ.
const UNITS: [(f64, f64); 5] =
    [(10.0, 1.25), (60.0, 1.1), (100.0, 1.25), (1000.0, 1.25), (1e6, 1.25)];
/// Known hours before a step can be seen.
const MIN_HOURS: usize = 14 * 24;

/// Hours whose level differs from that of the others.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Segment {
    pub(super) hours: Range<usize>,
    /// How many times the energy is that of the hours before.
    pub(super) ratio: f64,
}

/// ln of the energy of each bin, with a memory.
struct Levels {
    bins: [Option<f64>; BINS],
    all: f64,
    count: usize,
}

impl Levels {
    fn get(&self, bin: usize) -> f64 {
        self.bins[bin].or(self.bins[bin % 24]).or(self.bins[48 + bin % 24]).unwrap_or(self.all)
    }

    fn update(&mut self, HourOfLoad { bin, ln, .. }: HourOfLoad) {
        let level = self.bins[bin].map_or(ln, |level| level + MEMORY * (ln - level));
        self.bins[bin] = Some(level);
        let weight = if self.count == 0 { 1.0 } else { 0.01 };
        self.all += weight * (ln - self.all);
        self.count += 1;
    }
}

pub(super) fn find(
    meter: &MeterHours<'_>,
    evidence: &Evidence<'_>,
    limits: &DoubtThresholds,
) -> Vec<Finding> {
    let hours: Vec<HourOfLoad> = (0..meter.hours.len())
        .filter_map(|index| {
            let ln = meter.use_of(index)?.ln();
            Some(HourOfLoad { index, bin: evidence.bin(index), ln })
        })
        .collect();
    let found = segments(&hours, limits).into_iter().map(|segment| {
        let ratio = ratio_at_the_step(&hours, &segment.hours).unwrap_or(segment.ratio);
        let hours = segment.hours;
        let mut finding = Finding::quarantined(DoubtKind::LevelStep, hours).of(meter);
        finding.factor = ratio;
        finding.stake(evidence, |index| {
            meter.use_of(index).map_or(0.0, |energy| (energy - energy / ratio).abs())
        })
    });
    found.collect()
}

/// The factor of the unit that explains a change of level; `None` where it is near none.
pub(super) fn nearest_unit(factor: f64) -> Option<f64> {
    let (size, is_up) = if factor < 1.0 { (1.0 / factor, false) } else { (factor, true) };
    let near = |(unit, times): &(f64, f64)| (1.0 / times..=*times).contains(&(size / unit));
    UNITS.iter().find(|it| near(it)).map(|(unit, _)| if is_up { *unit } else { 1.0 / unit })
}

/// The median factor between the hours of a segment and those beside it, each compared with
/// the mean of its bin; `None` where too few are known on either side.
fn ratio_at_the_step(hours: &[HourOfLoad], segment: &Range<usize>) -> Option<f64> {
    let start = hours.partition_point(|it| it.index < segment.start);
    let end = hours.partition_point(|it| it.index < segment.end);
    let compare = |inside: &[HourOfLoad], beside: &[HourOfLoad]| -> Option<f64> {
        let mut sums = [(0.0, 0_u32); BINS];
        for it in beside {
            sums[it.bin].0 += it.ln;
            sums[it.bin].1 += 1;
        }
        let known = inside.iter().filter(|it| sums[it.bin].1 > 0);
        let ratios: Vec<f64> =
            known.map(|it| it.ln - sums[it.bin].0 / f64::from(sums[it.bin].1)).collect();
        (ratios.len() >= MIN_PAIRS).then(|| median(ratios)).flatten().map(f64::exp)
    };
    let first =
        compare(&hours[start..end.min(start + SIDE)], &hours[start.saturating_sub(SIDE)..start]);
    first.or_else(|| {
        compare(
            &hours[start.max(end.saturating_sub(SIDE))..end],
            &hours[end..hours.len().min(end + SIDE)],
        )
    })
}

/// A known hour with use.
#[derive(Debug, Clone, Copy)]
pub(super) struct HourOfLoad {
    index: usize,
    bin: usize,
    /// ln of its energy.
    ln: f64,
}

/// A segment that is not closed yet.
struct Open {
    start: usize,
    /// ln of its ratio, which follows the seasons.
    ratio: f64,
    sum: f64,
    count: usize,
}

/// The doubted segments of a series.
fn segments(hours: &[HourOfLoad], limits: &DoubtThresholds) -> Vec<Segment> {
    let to_open = limits.step_hours.max(1) as usize;
    let to_close = (to_open / 2).max(1);
    let mut levels = Levels { bins: [None; BINS], all: 0.0, count: 0 };
    let mut found: Vec<Segment> = Vec::new();
    let mut open: Option<Open> = None;
    // The run that may open a segment, or close one.
    let mut run: Vec<(HourOfLoad, f64)> = Vec::new();
    for hour in hours {
        let offset = hour.ln - levels.get(hour.bin);
        let Some(segment) = &mut open else {
            let same_side = run.last().is_none_or(|(_, last)| last.signum() == offset.signum());
            if levels.count < MIN_HOURS || offset.abs() < HOUR_STEP.ln() || !same_side {
                // What looked like a step is none: the level follows it.
                run.drain(..).for_each(|(hour, _)| levels.update(hour));
                levels.update(*hour);
                continue;
            }
            run.push((*hour, offset));
            let mean = run.iter().map(|(_, offset)| offset).sum::<f64>() / run.len() as f64;
            if run.len() >= to_open && mean.abs() >= limits.step_factor.ln() {
                let (count, sum) = (run.len(), mean * run.len() as f64);
                open = Some(Open { start: run[0].0.index, ratio: mean, sum, count });
                run.clear();
            }
            continue;
        };
        let towards_old = (segment.ratio - offset) * segment.ratio.signum();
        if towards_old < HOUR_STEP.ln() || offset.abs() > segment.ratio.abs() / 2.0 {
            run.clear();
            segment.ratio += FOLLOW * (offset - segment.ratio);
            segment.sum += offset;
            segment.count += 1;
            continue;
        }
        run.push((*hour, offset));
        if run.len() >= to_close {
            found.push(segment.close(run[0].0.index));
            open = None;
            run.drain(..).for_each(|(hour, _)| levels.update(hour));
        }
    }
    if let (Some(segment), Some(first), Some(last)) = (open, hours.first(), hours.last()) {
        let closed = segment.close(last.index + 1);
        let known =
            |range: &Range<usize>| hours.iter().filter(|it| range.contains(&it.index)).count();
        let before = first.index..segment.start;
        found.push(match known(&before) < known(&closed.hours) && found.is_empty() {
            true => Segment { hours: before, ratio: 1.0 / closed.ratio },
            false => closed,
        });
    }
    found
}

impl Open {
    fn close(&self, end: usize) -> Segment {
        Segment { hours: self.start..end, ratio: (self.sum / self.count as f64).exp() }
    }
}
