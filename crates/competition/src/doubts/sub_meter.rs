//! Sub-meters that measure more than the meters they are subtracted from. Energy below zero
//! is impossible where only what is taken from the grid is counted.
//!
//! Hours below zero are doubted, and with them the hours between two of them that are at
//! most a week apart: what makes the difference negative by day is wrong by night, too.
//! Differences of up to a hundredth are rounding.
use core::ops::Range;

use super::{
    DoubtKind, DoubtThresholds,
    evidence::{Evidence, Ordinary},
    finding::Finding,
};

/// Hours between two hours below zero that are as wrong as they are.
const APART: usize = 7 * 24;
/// Share of the meters that are added by which a difference may be rounded.
const ROUNDING: f64 = 0.01;

pub(super) fn find(evidence: &Evidence<'_>, _: &DoubtThresholds) -> Vec<Finding> {
    if !evidence.meters.iter().any(|meter| meter.sign < 0) {
        return Vec::new();
    }
    let count = evidence.hour_count();
    let below = |index: usize| {
        let (mut plus, mut sum) = (0, 0);
        for meter in &evidence.meters {
            let energy = meter.signed(index)?;
            plus += energy.max(0);
            sum += energy;
        }
        (sum < 0).then_some((plus, -sum))
    };
    let mut found: Vec<Range<usize>> = Vec::new();
    // Whether the last range has an hour that is no rounding.
    let mut wrong = false;
    for index in 0..count {
        let Some((plus, below)) = below(index) else { continue };
        let is_wrong = below as f64 > ROUNDING * plus as f64;
        match found.last_mut() {
            Some(last) if index - last.end < APART && (is_wrong || wrong) => last.end = index + 1,
            _ => {
                wrong = false;
                found.push(index..index + 1);
            }
        }
        wrong |= is_wrong;
    }
    let ordinary: Vec<Option<Ordinary>> =
        evidence.meters.iter().map(|meter| Ordinary::of(meter, evidence)).collect();
    let expected = |index: usize| -> f64 {
        let meters = evidence.meters.iter().zip(&ordinary);
        let signed = meters.filter_map(|(meter, ordinary)| {
            Some(meter.sign as f64 * ordinary.as_ref()?.get(evidence.bin(index)))
        });
        signed.sum::<f64>().max(0.0)
    };
    let finding = |hours| Finding::quarantined(DoubtKind::SubmeterAboveMain, hours);
    found.into_iter().map(|hours| finding(hours).stake(evidence, expected)).collect()
}
