//! Outdoor temperatures that are not those of the place and hour.
//!
//! - Constant: equal to the last digit for `constant_hours` and longer, where chance does
//!   not explain it (see `constant_load`). A dead sensor repeats its last value.
//! - Another unit: a week whose mean is more than 15 °C from that of the same dates of the
//!   year before, and nearer to it when read as °F. The means of a calendar week in two
//!   years differ by 4 °C (SD, Stockholm 1756 to 2020, Moberg et al. 2002); 15 °C is beyond
//!   any that was observed there outside of a week in January 1987.
//! - Shifted: the warmest hours of the mean day are at night. From April to September the
//!   sun makes the early afternoon the warmest part of the day everywhere in Europe.
//! - Compared with the other participants, see `peers`. Where there are fewer than three of
//!   them: eight weeks of the contest whose mean is more than 6 °C, in winter more than 9 °C,
//!   from that of the same weeks of the year before. In Oslo the two differ by 1.3 °C (SD),
//!   and by 7 °C in January 2021.
//!
//! What is doubted counts as missing, and the rule for hours without a temperature holds.
use core::ops::Range;

use super::{
    DoubtKind, DoubtThresholds,
    constant_load::improbable_runs,
    evidence::Evidence,
    finding::Finding,
    peers::{self, Found},
};

const WEEK: usize = 7 * 24;
const YEAR: usize = 364 * 24;
/// °C by which the means of a week in two years do not differ.
const UNIT_APART: f64 = 15.0;
const EIGHT_WEEKS: usize = 8 * WEEK;
/// °C by which the means of eight weeks in two years do not differ; in December to February.
const YEARS_APART: [f64; 2] = [6.0, 9.0];

pub(super) fn find(evidence: &Evidence<'_>, limits: &DoubtThresholds) -> Vec<Finding> {
    let mut known = evidence.outdoor.clone();
    let mut found: Vec<Finding> = Vec::new();
    for detect in [constant, unit, by_peers, by_year, half_day] {
        for (kind, hours, factor) in detect(&known, evidence, limits) {
            known[hours.clone()].fill(None);
            let mut finding = Finding::quarantined(kind, hours);
            finding.factor = factor;
            found.push(finding);
        }
    }
    found
}

fn by_peers(known: &[Option<f64>], evidence: &Evidence<'_>, _: &DoubtThresholds) -> Vec<Found> {
    peers::find(known, evidence)
}

/// Stretches of eight weeks of the contest that are far from those of the year before.
fn by_year(known: &[Option<f64>], evidence: &Evidence<'_>, _: &DoubtThresholds) -> Vec<Found> {
    if evidence.peers.is_some() {
        return Vec::new();
    }
    let mut found: Vec<Found> = Vec::new();
    let firsts = (YEAR..(known.len() + 1).saturating_sub(EIGHT_WEEKS)).step_by(WEEK / 7);
    for first in firsts.filter(|first| evidence.in_contest(*first)) {
        let weeks = first..first + EIGHT_WEEKS;
        let before = first - YEAR..first - YEAR + EIGHT_WEEKS;
        let (Some(now), Some(before)) = (mean(known, weeks.clone()), mean(known, before)) else {
            continue;
        };
        let middle = evidence.calendar.date(evidence.hour(first + EIGHT_WEEKS / 2).start());
        let apart = YEARS_APART[usize::from(matches!(middle.month(), 12 | 1 | 2))];
        if (now - before).abs() < apart {
            continue;
        }
        match found.last_mut() {
            Some((_, last, _)) if last.end >= weeks.start => last.end = weeks.end,
            _ => found.push((DoubtKind::TemperatureLevel, weeks, now - before)),
        }
    }
    found
}

fn constant(known: &[Option<f64>], _: &Evidence<'_>, limits: &DoubtThresholds) -> Vec<Found> {
    let least = limits.constant_hours as usize;
    let runs = improbable_runs(known.len(), |index| known[index], least);
    let value = |run: &Range<usize>| known[run.start].unwrap_or(0.0);
    runs.into_iter().map(|run| (DoubtKind::TemperatureConstant, run.clone(), value(&run))).collect()
}

/// Mean of a range of which three quarters are known.
fn mean(known: &[Option<f64>], range: Range<usize>) -> Option<f64> {
    let values: Vec<f64> = known.get(range.clone())?.iter().flatten().copied().collect();
    (values.len() * 4 >= range.len() * 3).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn unit(known: &[Option<f64>], _: &Evidence<'_>, _: &DoubtThresholds) -> Vec<Found> {
    // Three weeks around the same date of the year before, or after where that is not known.
    let near = |week: &Range<usize>, years: isize| {
        let from = week.start.checked_add_signed(years * YEAR as isize)?.checked_sub(WEEK)?;
        mean(known, from..from + 3 * WEEK)
    };
    let weeks = (0..known.len()).step_by(WEEK).map(|start| start..(start + WEEK).min(known.len()));
    let mut found: Vec<Found> = Vec::new();
    for week in weeks {
        let Some(own) = mean(known, week.clone()) else { continue };
        let Some(before) = near(&week, -1) else { continue };
        let celsius = (own - 32.0) / 1.8;
        if (own - before).abs() < UNIT_APART || (celsius - before).abs() > UNIT_APART / 2.0 {
            continue;
        }
        match found.last_mut() {
            Some((_, last, _)) if last.end == week.start => last.end = week.end,
            _ => found.push((DoubtKind::TemperatureUnit, week, 1.8)),
        }
    }
    found
}

/// Months of 30 days from April to September whose mean day is warmest at night.
fn half_day(known: &[Option<f64>], evidence: &Evidence<'_>, _: &DoubtThresholds) -> Vec<Found> {
    const DAYS: usize = 14;
    let mut found: Vec<Found> = Vec::new();
    for start in (0..known.len()).step_by(DAYS * 24) {
        let range = start..(start + DAYS * 24).min(known.len());
        let middle = evidence.calendar.date(evidence.hour((range.start + range.end) / 2).start());
        if !(4..=9).contains(&middle.month()) || range.len() < DAYS * 24 {
            continue;
        }
        // Fourier's first harmonic of the mean day, by UTC hour.
        let (mut cosine, mut sine, mut count) = (0.0, 0.0, 0);
        let mut daily = Vec::new();
        for day in range.clone().step_by(24) {
            let Some(mean) = mean(known, day..day + 24) else { continue };
            daily.push(mean);
            for (index, value) in (day..).zip(&known[day..day + 24]) {
                let Some(value) = value else { continue };
                let hour = evidence.hour(index).index_in_day() as f64;
                let angle = hour / 24.0 * core::f64::consts::TAU;
                cosine += (value - mean) * angle.cos();
                sine += (value - mean) * angle.sin();
                count += 1;
            }
        }
        if count < DAYS * 18 {
            continue;
        }
        let amplitude = 2.0 * cosine.hypot(sine) / f64::from(count as u32);
        let warmest =
            sine.atan2(cosine).rem_euclid(core::f64::consts::TAU) / core::f64::consts::TAU * 24.0;
        // The zones of Europe are within UTC and UTC+3; the sun is highest from 9 to 12 UTC.
        if amplitude < MIN_AMPLITUDE || (7.0..19.0).contains(&warmest) {
            continue;
        }
        match found.last_mut() {
            Some((_, last, _)) if last.end == range.start => last.end = range.end,
            _ => found.push((DoubtKind::TemperatureShift, range, 12.0)),
        }
    }
    found
}

/// °C by which a mean day rises above its mean where it has a rhythm at all.
const MIN_AMPLITUDE: f64 = 1.0;
