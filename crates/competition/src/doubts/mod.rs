//! Doubts: input that cannot be right, or that only the organiser can explain.
//!
//! Each kind has a file with its method and its sources; [`DoubtThresholds`] holds what the
//! configuration sets. Doubts are a function of the hours known, of the temperatures and of
//! what the organiser declared. The standings derive them again once an hour of a
//! participant is complete or its past changes, so a reading within an hour costs nothing.
//!
//! A doubt either makes its hours unknown ([`Consequence::Quarantined`]) or is shown only
//! ([`Consequence::Flagged`]). While open doubts concern a material share of its energy, a
//! participant is not ranked: an interval that holds both what was measured and what was
//! doubted would reach over all other participants and separate none of them.
mod ceiling;
mod closure;
mod constant_load;
mod evidence;
mod finding;
mod kind;
mod level_step;
mod peers;
mod phase_step;
mod production;
mod raised_use;
mod repeated_days;
mod saving;
mod span;
mod spike;
mod sub_meter;
mod temperature;
mod thresholds;
mod undeclared_production;
mod words;
mod zero_quarters;
mod zero_run;

use core::ops::Range;

pub(crate) use evidence::{Evidence, MeterHour, MeterHours};
pub use kind::{Acceptance, Consequence, Doubt, DoubtKind};
pub(crate) use saving::SavingSoFar;
pub use thresholds::DoubtThresholds;

use crate::{Bilingual, Time, hour_ranges::merged, time::Hour};
use evidence::Ordinary;
use finding::Finding;

/// The open doubts of a participant, and what they make unknown.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Doubts {
    pub(crate) open: Vec<Doubt>,
    /// Hours whose energy counts as unknown: rising, disjoint.
    pub(crate) energy: Vec<Range<Hour>>,
    /// Hours whose temperature counts as missing: rising, disjoint.
    pub(crate) outdoor: Vec<Range<Hour>>,
}

type Detector = fn(&MeterHours<'_>, &Evidence<'_>, &DoubtThresholds) -> Vec<Finding>;

/// The detectors that look at one meter, in their order.
const DETECTORS: [Detector; 8] = [
    zero_run::find,
    zero_quarters::find,
    constant_load::find,
    level_step::find,
    repeated_days::find,
    ceiling::find,
    spike::find,
    phase_step::find,
];

/// Derives the doubts of a participant.
pub(crate) fn derive(
    mut evidence: Evidence<'_>,
    acceptances: &[Acceptance],
    limits: &DoubtThresholds,
) -> Doubts {
    let mut findings: Vec<Finding> = Vec::new();
    let expected = expected(&evidence);
    let known = |meter: &MeterHours<'_>| meter.hours.iter().rposition(Option::is_some);
    let last = evidence.meters.iter().filter_map(known).max().map_or(0, |index| index + 1);
    for number in 0..evidence.meters.len() {
        for detect in DETECTORS {
            let found = detect(&evidence.meters[number], &evidence, limits);
            for finding in found {
                // What is in doubt is no evidence for other doubts, and what the organiser
                // accepts as it is needs none.
                let is_accepted = is_accepted(&finding, &evidence, acceptances);
                if finding.is_energy_unknown() {
                    for part in &finding.parts {
                        evidence.meters[number].remove(part.clone());
                    }
                }
                if !is_accepted {
                    findings.push(finding);
                }
            }
        }
    }
    for detect in [
        sub_meter::find,
        production::find,
        closure::find,
        raised_use::find,
        undeclared_production::find,
        temperature::find,
    ] {
        let found = detect(&evidence, limits);
        // One question is enough: a use that is high for a time is a step up and one down.
        for raised in found.iter().filter(|it| it.kind == DoubtKind::RaisedUse) {
            findings.retain(|it| it.kind != DoubtKind::LevelStep || !it.is_beside(raised));
        }
        let found: Vec<Finding> =
            found.into_iter().filter(|it| !is_accepted(it, &evidence, acceptances)).collect();
        for finding in found.iter().filter(|it| it.is_energy_unknown()) {
            for meter in &mut evidence.meters {
                finding.parts.iter().for_each(|part| meter.remove(part.clone()));
            }
        }
        findings.extend(found);
    }
    findings.sort_by_key(|it| (it.hours.start, it.kind, it.meter));
    let range = |part: &Range<usize>| evidence.hour(part.start)..evidence.hour(part.end);
    let hours = |it: &Finding| it.parts.iter().map(range).collect::<Vec<_>>();
    let quarantined = findings.iter().filter(|it| it.consequence == Consequence::Quarantined);
    let (outdoor, energy): (Vec<&Finding>, Vec<&Finding>) =
        quarantined.partition(|it| it.kind.is_temperature());
    let energy = merged(energy.into_iter().flat_map(hours).collect());
    let outdoor = merged(outdoor.into_iter().flat_map(hours).collect());
    let open = findings.iter().map(|it| doubt(it, &evidence, expected, last)).collect();
    Doubts { open, energy, outdoor }
}

fn is_accepted(finding: &Finding, evidence: &Evidence<'_>, acceptances: &[Acceptance]) -> bool {
    let (from, until) = (evidence.hour(finding.hours.start), evidence.hour(finding.hours.end));
    acceptances.iter().any(|it| {
        let hours = Hour::containing(it.from)..Hour::at_or_after(it.until);
        it.kind == finding.kind && hours.start <= from && until <= hours.end
    })
}

/// What is ordinarily used in the contest so far and in the baseline period, kWh.
fn expected(evidence: &Evidence<'_>) -> [f64; 2] {
    let mut sums = [0.0; 2];
    for meter in &evidence.meters {
        let Some(ordinary) = Ordinary::of(meter, evidence) else { continue };
        for index in 0..meter.hours.len() {
            let energy = meter.sign as f64 * ordinary.get(evidence.bin(index)) / 1e6;
            if evidence.in_contest(index) {
                sums[0] += energy;
            } else if evidence.in_baseline(index) {
                sums[1] += energy;
            }
        }
    }
    sums
}

fn doubt(finding: &Finding, evidence: &Evidence<'_>, expected: [f64; 2], last: usize) -> Doubt {
    let Finding { kind, meter, consequence, ref hours, kwh, .. } = *finding;
    let (from, until) = (evidence.hour(hours.start).start(), evidence.hour(hours.end).start());
    let span = span::Span { from, until, open: hours.end >= last, zone: evidence.calendar.zone() };
    let of =
        |part: f64, whole: f64| if part > 0.0 { (part / whole.max(1e-9)).min(1.0) } else { 0.0 };
    let share = of(finding.in_contest, expected[0]).max(of(finding.in_baseline, expected[1]));
    let headline = words::headline(finding, &span, evidence.meters.len() == 1);
    let words = words::words(finding, &headline);
    let open = span.open;
    let correction = correction(finding);
    Doubt { kind, meter, from, until, kwh, consequence, open, correction, headline, words, share }
}

/// The factor that would restore the level; `None` where no unit and no phase explains the
/// change, since a factor that is only measured would take the saving away.
fn correction(finding: &Finding) -> Option<f64> {
    if finding.kind != DoubtKind::LevelStep {
        return None;
    }
    let unit = level_step::nearest_unit(finding.factor);
    unit.or_else(|| phase_step::nearest_part(finding.factor)).map(|factor| 1.0 / factor)
}

impl Doubts {
    /// The doubts whose hours begin before a moment.
    pub(crate) fn open_at(&self, now: Time) -> impl Iterator<Item = &Doubt> {
        self.open.iter().filter(move |doubt| doubt.from < now)
    }

    /// The doubt with the most energy at stake.
    pub(crate) fn largest(&self, now: Time) -> Option<&Doubt> {
        let kwh = |doubt: &&Doubt| doubt.kwh.unwrap_or(0.0);
        self.open_at(now).max_by(|a, b| kwh(a).total_cmp(&kwh(b)))
    }

    /// The share of the energy in open doubts, where it is material, and the headline of
    /// the largest doubt.
    pub(crate) fn material(&self, now: Time, limits: &DoubtThresholds) -> Option<(f64, Bilingual)> {
        let share = self.open_at(now).map(|doubt| doubt.share).sum::<f64>().min(1.0);
        let largest = self.open_at(now).max_by(|a, b| a.share.total_cmp(&b.share))?;
        (share >= limits.material).then(|| (share, largest.headline.clone()))
    }
}
