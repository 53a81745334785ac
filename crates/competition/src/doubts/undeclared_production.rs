//! Solar panels that are not entered: where own use counts, their part of the use has to be
//! measured, and what they supply without any export is seen in no reading.
//!
//! Their sign is a use that falls around noon in March to October, from 10:00 to 15:00, on
//! days without work as on working days, and less in the evening. Measures follow the people,
//! and lower the working days. Compared are four weeks of the contest with the same weeks of
//! the year before, each relative to its own nights (from 22:00 to 04:00): the noon of both
//! kinds of days is at least a quarter lower; that of days without work by at least half of the
//! kilowatts of working days; and the evenings (from 19:00 to 22:00) by at most 0.6 of the
//! kilowatts of noon.
use core::ops::Range;

use super::{DoubtKind, DoubtThresholds, evidence::Evidence, finding::Finding};

const DAYS: usize = 28;
const YEAR: usize = 364;
/// Share of the use around noon.
const LOWER: f64 = 0.25;
/// Kilowatts of days without work and of evenings, as a share of those of working days' noon.
const WITHOUT_WORK: f64 = 0.5;
const EVENING: f64 = 0.6;
/// Months in which the sun is high enough for panels to matter.
const SUNNY: Range<i8> = 3..11;
/// Local hours.
const NOON: Range<usize> = 10..15;
const EVENINGS: Range<usize> = 19..22;
const BY_DAY: Range<usize> = 4..22;
/// Hours of each part of the day that have to be known of the four weeks.
const MIN_HOURS: f64 = 20.0;

pub(super) fn find(evidence: &Evidence<'_>, _: &DoubtThresholds) -> Vec<Finding> {
    if !evidence.own_use_counts || !evidence.own_production.is_empty() {
        return Vec::new();
    }
    let days = evidence.local_days(evidence.hour_count());
    let Some(contest) = days.iter().position(|day| evidence.in_contest(day.start)) else {
        return Vec::new();
    };
    let sums: Vec<Profile> = days.iter().map(|day| Profile::of(day, evidence)).collect();
    let mut found: Vec<(Finding, f64)> = Vec::new();
    for first in contest.max(YEAR)..(days.len() + 1).saturating_sub(DAYS) {
        let middle = evidence.hour(days[first + DAYS / 2].start);
        if !SUNNY.contains(&evidence.calendar.date(middle.start()).month()) {
            continue;
        }
        let now = Profile::sum(&sums[first..first + DAYS]);
        let before = Profile::sum(&sums[first - YEAR..first - YEAR + DAYS]);
        let Some(lower) = lower_noon(&now, &before) else { continue };
        let hours = days[first].start..days[first + DAYS - 1].end;
        match found.last_mut() {
            Some((last, _)) if last.hours.end > hours.start => {
                let added = last.hours.end..hours.end;
                last.parts.extend(noons(&added, evidence));
                last.hours.end = hours.end;
            }
            _ => {
                let mut finding = Finding::flagged(DoubtKind::UndeclaredProduction, hours.clone());
                finding.parts = noons(&hours, evidence);
                finding.factor = lower.share;
                found.push((finding, lower.energy));
            }
        }
    }
    found.into_iter().map(|(finding, lower)| finding.stake(evidence, |_| lower)).collect()
}

/// The hours around noon in a range.
fn noons(hours: &Range<usize>, evidence: &Evidence<'_>) -> Vec<Range<usize>> {
    let noon = hours.clone().filter(|index| NOON.contains(&(evidence.bin(*index) % 24)));
    noon.map(|index| index..index + 1).collect()
}

/// Mean energies of an hour, mWh.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    energy: f64,
    hours: f64,
}

impl Part {
    fn mean(self) -> Option<f64> {
        (self.hours >= MIN_HOURS && self.energy > 0.0).then(|| self.energy / self.hours)
    }
}

/// Parts of working days, and of the others.
#[derive(Debug, Clone, Copy, Default)]
struct Profile {
    noon: [Part; 2],
    evening: [Part; 2],
    night: [Part; 2],
}

impl Profile {
    fn of(day: &Range<usize>, evidence: &Evidence<'_>) -> Self {
        let mut profile = Self::default();
        for index in day.clone() {
            let Some(energy) = evidence.energy(index) else { continue };
            let (kind, hour) = (evidence.bin(index) / 24, evidence.bin(index) % 24);
            let part = match hour {
                hour if NOON.contains(&hour) => &mut profile.noon,
                hour if EVENINGS.contains(&hour) => &mut profile.evening,
                hour if !BY_DAY.contains(&hour) => &mut profile.night,
                _ => continue,
            };
            let part = &mut part[kind.min(1)];
            part.energy += energy;
            part.hours += 1.0;
        }
        profile
    }

    fn sum(profiles: &[Self]) -> Self {
        let mut sum = Self::default();
        for profile in profiles {
            let parts = [
                (&mut sum.noon, profile.noon),
                (&mut sum.evening, profile.evening),
                (&mut sum.night, profile.night),
            ];
            for (sum, parts) in parts {
                for (sum, part) in sum.iter_mut().zip(parts) {
                    sum.energy += part.energy;
                    sum.hours += part.hours;
                }
            }
        }
        sum
    }
}

struct LowerNoon {
    /// Share of the use around noon.
    share: f64,
    /// Energy of an hour around noon, mWh.
    energy: f64,
}

fn lower_noon(now: &Profile, before: &Profile) -> Option<LowerNoon> {
    // By how much an hour is lower than the year before, relative to the nights.
    let lower = |part: fn(&Profile) -> [Part; 2], kind: usize| {
        // Nights that rose say nothing about noon.
        let level = (now.night[kind].mean()? / before.night[kind].mean()?).min(1.0);
        let expected = part(before)[kind].mean()? * level;
        Some((expected, expected - part(now)[kind].mean()?))
    };
    let noon = |profile: &Profile| profile.noon;
    let evening = |profile: &Profile| profile.evening;
    let (expected, working) = lower(noon, 0)?;
    let (expected_free, free) = lower(noon, 1)?;
    let evenings = [lower(evening, 0)?.1, lower(evening, 1)?.1];
    let is_solar = working >= LOWER * expected
        && free >= LOWER * expected_free
        && free >= WITHOUT_WORK * working
        && evenings.iter().all(|evening| *evening <= EVENING * working.min(free));
    is_solar.then(|| LowerNoon {
        share: (5.0 * working + 2.0 * free) / (5.0 * expected + 2.0 * expected_free),
        energy: (5.0 * working + 2.0 * free) / 7.0,
    })
}
