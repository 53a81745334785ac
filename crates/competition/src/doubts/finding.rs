//! A finding of a detector, before it has words.
use core::ops::Range;

use super::{
    Consequence, DoubtKind,
    evidence::{Evidence, MeterHours},
};
use crate::{MeterIndex, MilliWattHours};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Finding {
    pub(crate) kind: DoubtKind,
    pub(crate) consequence: Consequence,
    pub(crate) meter: Option<MeterIndex>,
    /// Id of the meter.
    pub(crate) name: String,
    /// Positions of the evidence, from the first hour in doubt to the last.
    pub(crate) hours: Range<usize>,
    /// The hours in doubt among them.
    pub(crate) parts: Vec<Range<usize>>,
    /// Energy at stake, kWh.
    pub(crate) kwh: Option<f64>,
    /// The parts of it in the contest and in the baseline period.
    pub(crate) in_contest: f64,
    pub(crate) in_baseline: f64,
    /// How many times the level changed, or by how much a temperature is off.
    pub(crate) factor: f64,
    /// How many quarter-hours are zero, where it is not the hours that are.
    pub(crate) zero_quarters: usize,
}

impl Finding {
    pub(crate) fn new(kind: DoubtKind, consequence: Consequence, hours: Range<usize>) -> Self {
        Self {
            kind,
            consequence,
            meter: None,
            name: String::new(),
            parts: vec![hours.clone()],
            hours,
            kwh: None,
            in_contest: 0.0,
            in_baseline: 0.0,
            factor: 1.0,
            zero_quarters: 0,
        }
    }

    pub(crate) fn quarantined(kind: DoubtKind, hours: Range<usize>) -> Self {
        Self::new(kind, Consequence::Quarantined, hours)
    }

    pub(crate) fn flagged(kind: DoubtKind, hours: Range<usize>) -> Self {
        Self::new(kind, Consequence::Flagged, hours)
    }

    /// Of several ranges of hours, which are in order. There is at least one.
    pub(crate) fn of_parts(kind: DoubtKind, parts: Vec<Range<usize>>) -> Self {
        let first = parts.first().map_or(0, |part| part.start);
        let last = parts.last().map_or(0, |part| part.end);
        Self { parts, ..Self::quarantined(kind, first..last) }
    }

    /// Number of hours in doubt.
    pub(crate) fn hour_count(&self) -> usize {
        self.parts.iter().map(ExactSizeIterator::len).sum()
    }

    /// Whether its hours overlap with those of another one, or are at most two days apart.
    pub(crate) fn is_beside(&self, other: &Self) -> bool {
        const APART: usize = 48;
        self.hours.start < other.hours.end + APART && other.hours.start < self.hours.end + APART
    }

    /// Whether it makes energy unknown.
    pub(crate) fn is_energy_unknown(&self) -> bool {
        self.consequence == Consequence::Quarantined && !self.kind.is_temperature()
    }

    /// About this meter.
    pub(crate) fn of(mut self, meter: &MeterHours<'_>) -> Self {
        self.meter = Some(meter.meter);
        self.name = meter.id.to_owned();
        self
    }

    /// With the energy at stake in each hour, mWh.
    pub(crate) fn stake(mut self, evidence: &Evidence<'_>, energy: impl Fn(usize) -> f64) -> Self {
        let (mut all, mut contest, mut baseline) = (0.0, 0.0, 0.0);
        for index in self.parts.iter().cloned().flatten() {
            let energy = energy(index);
            all += energy;
            if evidence.in_contest(index) {
                contest += energy;
            } else if evidence.in_baseline(index) {
                baseline += energy;
            }
        }
        let kwh = |milli: f64| MilliWattHours(milli as i64).kwh();
        self.kwh = Some(kwh(all));
        (self.in_contest, self.in_baseline) = (kwh(contest), kwh(baseline));
        self
    }
}
