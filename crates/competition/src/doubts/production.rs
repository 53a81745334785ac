//! Meters of own production and of export that change, where the use of the building is
//! import + production − export.
//!
//! Both changes make the use too low: production that is measured no longer, and export that
//! is measured twice. Panels that fail or lie under snow, and sunny weeks, change the meters
//! too, but not the use, because the import follows. So a stretch of days is doubted where
//!
//! - production is zero for five days, below 0.15 of what it ordinarily is for seven, or
//!   below a half for 21; or export is more than twice of that for 21 days;
//! - the change is at least 3 % of the use;
//! - and the use is lower by at least half of the change, and by more than three times its
//!   ordinary deviation (the median over the stretches of that length in the baseline period).
//!
//! Only the contest is examined: what fails before it lowers the baseline, and gains nothing.
//! What is ordinary is the mean of six weeks around the same date of the year before. Where
//! those are not known, production is compared with the four weeks before the stretch. The use that is expected is that
//! of the hours from 21:00 to 04:00, when the sun does not shine, times the ratio of all
//! hours to them in the same days as the ordinary production.
//!
//! Export above production over three days is impossible, whatever the use.
use core::ops::Range;

use super::{
    DoubtKind, DoubtThresholds,
    evidence::{Evidence, MeterHours, Ordinary, median},
    finding::Finding,
};

/// Lengths of stretches in days, and the share of the ordinary production that they stay
/// below.
const STRETCHES: [(usize, f64); 3] = [(5, 0.0), (7, 0.15), (21, 0.5)];
/// Days of a stretch of high export, and how many times the ordinary.
const HIGH: (usize, f64) = (21, 2.0);
/// Share of the use from which on a change matters.
const MATTERS: f64 = 0.03;
/// Share of the change by which the use is lower.
const SHORTFALL: f64 = 0.5;
/// Ordinary deviations by which the use is lower.
const DEVIATIONS: f64 = 3.0;
/// Days around the same date a year before, and days before a stretch.
const AROUND: usize = 21;
const BEFORE: usize = 28;
/// Days that have to be known of what is ordinary.
const MIN_DAYS: usize = 10;
const YEAR: usize = 364;
/// Export above production that is rounding, and the days over which it is summed.
const ABOVE: f64 = 1.05;
const ABOVE_DAYS: usize = 3;
/// Hours of a day that have to be known.
const MIN_HOURS: usize = 20;

pub(super) fn find(evidence: &Evidence<'_>, _: &DoubtThresholds) -> Vec<Finding> {
    let Some(building) = evidence.meters.first() else { return Vec::new() };
    if evidence.own_production.is_empty() {
        return Vec::new();
    }
    let Some(ordinary) = Ordinary::of(building, evidence) else { return Vec::new() };
    let days = evidence.local_days(building.hours.len());
    let in_contest = days.iter().position(|day| evidence.in_contest(day.start));
    let Some(contest) = in_contest else { return Vec::new() };
    let uses: Vec<Option<DayUse>> =
        days.iter().map(|day| DayUse::of(day, building, evidence, &ordinary)).collect();
    let of_sign = |sign: i64| evidence.own_production.iter().filter(move |it| it.sign == sign);
    let sums = |meter: &MeterHours<'_>| -> Vec<Option<f64>> {
        days.iter().map(|day| sum(meter, day)).collect()
    };
    let mut found = Vec::new();
    for meter in of_sign(1) {
        for (length, below) in STRETCHES {
            let is_changed = |now: f64, ordinary: f64| now <= below * ordinary;
            let search = Search { contest, length, before: BEFORE };
            let hits = stretches(&sums(meter), &uses, &search, is_changed);
            found.extend(findings(DoubtKind::ProductionLow, meter, evidence, &days, &hits));
        }
    }
    for meter in of_sign(-1) {
        let (length, above) = HIGH;
        // Export rises from week to week in spring.
        let search = Search { contest, length, before: 0 };
        let is_changed = |now: f64, ordinary: f64| now > above * ordinary;
        let hits = stretches(&sums(meter), &uses, &search, is_changed);
        found.extend(findings(DoubtKind::ExportHigh, meter, evidence, &days, &hits));
    }
    let total = |sign: i64| -> Vec<Option<f64>> {
        let meters: Vec<Vec<Option<f64>>> = of_sign(sign).map(sums).collect();
        (0..days.len()).map(|day| meters.iter().map(|meter| meter[day]).sum()).collect()
    };
    if let Some(meter) = of_sign(-1).next().filter(|_| of_sign(1).next().is_some()) {
        let hits = above_production(&total(1), &total(-1), &uses, contest);
        found.extend(findings(DoubtKind::ExportHigh, meter, evidence, &days, &hits));
    }
    disjoint(found)
}

/// A stretch of days, what was measured as a share of the ordinary, and the energy by which
/// that changed, mWh.
#[derive(Debug, Clone)]
struct Hit {
    days: Range<usize>,
    share: f64,
    change: f64,
}

/// The first day of the contest, the length of the stretches, and the number of days before
/// one that are ordinary where the year before is not known.
struct Search {
    contest: usize,
    length: usize,
    before: usize,
}

/// The use of the building in a day, mWh.
#[derive(Debug, Clone, Copy)]
struct DayUse {
    all: f64,
    by_night: f64,
    ordinary: f64,
    ordinary_by_night: f64,
}

impl DayUse {
    fn of(
        day: &Range<usize>,
        building: &MeterHours<'_>,
        evidence: &Evidence<'_>,
        ordinary: &Ordinary,
    ) -> Option<Self> {
        let mut sum = Self { all: 0.0, by_night: 0.0, ordinary: 0.0, ordinary_by_night: 0.0 };
        let mut known = 0;
        for index in day.clone() {
            let Some(hour) = building.hours[index] else { continue };
            let (bin, energy) = (evidence.bin(index), hour.energy as f64);
            let usual = ordinary.get(bin);
            known += 1;
            sum.all += energy;
            sum.ordinary += usual;
            if !(4..21).contains(&(bin % 24)) {
                sum.by_night += energy;
                sum.ordinary_by_night += usual;
            }
        }
        (known >= MIN_HOURS).then_some(sum)
    }
}

/// Of several days: the use per day, and the level of the nights.
#[derive(Debug, Clone, Copy)]
struct Means {
    production: f64,
    all: f64,
    by_night: f64,
}

/// The means of days of which both production and use are known, where there are enough.
fn means(
    sums: &[Option<f64>],
    uses: &[Option<DayUse>],
    days: Range<usize>,
    least: usize,
) -> Option<Means> {
    let (mut count, mut production) = (0, 0.0);
    let mut total = DayUse { all: 0.0, by_night: 0.0, ordinary: 0.0, ordinary_by_night: 0.0 };
    for day in days.start..days.end.min(sums.len()) {
        let (Some(produced), Some(used)) = (sums[day], uses[day]) else { continue };
        count += 1;
        production += produced;
        total.all += used.all;
        total.by_night += used.by_night;
        total.ordinary += used.ordinary;
        total.ordinary_by_night += used.ordinary_by_night;
    }
    (count >= least && total.ordinary > 0.0 && total.ordinary_by_night > 0.0).then(|| Means {
        production: production / count as f64,
        all: total.all / total.ordinary,
        by_night: total.by_night / total.ordinary_by_night,
    })
}

/// The stretches of `length` days in which a meter changed and the use with it.
fn stretches(
    sums: &[Option<f64>],
    uses: &[Option<DayUse>],
    search: &Search,
    is_changed: impl Fn(f64, f64) -> bool,
) -> Vec<Hit> {
    let Search { contest, length, before } = *search;
    let Some(deviation) = ordinary_deviation(sums, uses, contest, length) else {
        return Vec::new();
    };
    let mut found: Vec<Hit> = Vec::new();
    for first in contest..(sums.len() + 1).saturating_sub(length) {
        let days = first..first + length;
        let Some(now) = means(sums, uses, days.clone(), length) else { continue };
        let center = first + length / 2;
        let a_year_before = center
            .checked_sub(YEAR)
            .map(|center| center.saturating_sub(AROUND)..center + AROUND + 1)
            .filter(|days| days.end <= first)
            .and_then(|days| means(sums, uses, days, MIN_DAYS));
        // What is in doubt already is not ordinary.
        let end = found.last().filter(|it| it.days.end >= first).map_or(first, |it| it.days.start);
        let before = || means(sums, uses, end.saturating_sub(before)..end, MIN_DAYS);
        let Some(usual) = a_year_before.or_else(before) else { continue };
        if !is_changed(now.production, usual.production) {
            continue;
        }
        let ordinary: f64 = uses[days.clone()].iter().flatten().map(|it| it.ordinary).sum();
        let expected = now.by_night * usual.all / usual.by_night.max(1e-9);
        let shortfall = (expected - now.all) * ordinary;
        let change = (usual.production - now.production).abs() * length as f64;
        let least = (SHORTFALL * change).max(DEVIATIONS * deviation * expected * ordinary);
        if change < MATTERS * expected * ordinary || shortfall < least {
            continue;
        }
        let share = now.production / usual.production.max(1e-9);
        match found.last_mut() {
            Some(last) if last.days.end >= first => {
                let added = days.end - last.days.end;
                last.change += change * added as f64 / length as f64;
                last.days.end = days.end;
            }
            _ => found.push(Hit { days, share, change }),
        }
    }
    found
}

/// The median deviation of the use of `length` days from what their nights let expect, as a
/// share of it, in the baseline period.
fn ordinary_deviation(
    sums: &[Option<f64>],
    uses: &[Option<DayUse>],
    contest: usize,
    length: usize,
) -> Option<f64> {
    let ratio = |it: Means| it.all / it.by_night.max(1e-9);
    let of_days = |first| means(sums, uses, first..first + length, length).map(ratio);
    let ratios: Vec<f64> = (0..(contest + 1).saturating_sub(length)).filter_map(of_days).collect();
    let usual = median(ratios.clone())?;
    median(ratios.into_iter().map(|ratio| (ratio / usual - 1.0).abs()).collect())
}

/// The days in which more is exported than produced.
fn above_production(
    produced: &[Option<f64>],
    exported: &[Option<f64>],
    uses: &[Option<DayUse>],
    contest: usize,
) -> Vec<Hit> {
    let mut found: Vec<Hit> = Vec::new();
    for first in contest..(produced.len() + 1).saturating_sub(ABOVE_DAYS) {
        let days = first..first + ABOVE_DAYS;
        let sum = |of: &[Option<f64>]| of[days.clone()].iter().copied().sum::<Option<f64>>();
        let (Some(produced), Some(exported)) = (sum(produced), sum(exported)) else { continue };
        let ordinary: f64 = uses[days.clone()].iter().flatten().map(|it| it.ordinary).sum();
        if exported <= ABOVE * produced || exported - produced < MATTERS * ordinary {
            continue;
        }
        let change = exported - produced;
        match found.last_mut() {
            Some(last) if last.days.end >= first => {
                last.change += change * (days.end - last.days.end) as f64 / ABOVE_DAYS as f64;
                last.days.end = days.end;
            }
            _ => found.push(Hit { days, share: exported / produced.max(1e-9), change }),
        }
    }
    found
}

/// Energy of a meter in a day, mWh.
fn sum(meter: &MeterHours<'_>, day: &Range<usize>) -> Option<f64> {
    let day = day.start.max(meter.active.start)..day.end.min(meter.active.end);
    let known: Vec<f64> =
        meter.hours.get(day)?.iter().flatten().map(|hour| hour.energy as f64).collect();
    (known.len() >= MIN_HOURS).then(|| known.iter().sum())
}

fn findings(
    kind: DoubtKind,
    meter: &MeterHours<'_>,
    evidence: &Evidence<'_>,
    days: &[Range<usize>],
    hits: &[Hit],
) -> Vec<Finding> {
    let found = hits.iter().map(|hit| {
        let hours = days[hit.days.start].start..days[hit.days.end - 1].end;
        let each = hit.change / hours.len() as f64;
        let mut finding = Finding::quarantined(kind, hours).of(meter).stake(evidence, |_| each);
        finding.factor = hit.share;
        finding
    });
    found.collect()
}

/// Without the findings that a longer one of the same kind overlaps.
fn disjoint(mut found: Vec<Finding>) -> Vec<Finding> {
    found.sort_by_key(|it| std::cmp::Reverse(it.hours.len()));
    let mut kept: Vec<Finding> = Vec::new();
    for finding in found {
        let overlaps = |it: &Finding| {
            it.kind == finding.kind
                && it.hours.start < finding.hours.end
                && finding.hours.start < it.hours.end
        };
        if !kept.iter().any(overlaps) {
            kept.push(finding);
        }
    }
    kept
}
