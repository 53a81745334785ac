//! A ceiling: the highest hours of a part of the contest have one value to the last digit,
//! below what the meter reaches in its baseline period. Transformers saturate, and fields of messages
//! have a largest value.
//!
//! Rated loads and coarse registers repeat values, too. So the value has to
//!
//! - occur in at least 48 hours and in 2 % of those from the first to the last of them, of
//!   which at most 1 % exceed it,
//! - occur five times as often as the second highest values do on average (the ten below it, which there are),
//! - and be exceeded in at least 2 % of the hours of the baseline period.
use super::{
    DoubtKind, DoubtThresholds,
    evidence::{ENOUGH, Evidence, MeterHours, runs},
    finding::Finding,
};

/// Hours of the contest that have the value, and their share.
const MIN_HOURS: usize = 48;
const SHARE: f64 = 0.02;
/// Share of the hours that may exceed it.
const EXCEEDED: f64 = 0.01;
/// How many times as often as the values below it.
const PILE: usize = 5;
const BELOW: usize = 10;

pub(super) fn find(
    meter: &MeterHours<'_>,
    evidence: &Evidence<'_>,
    _: &DoubtThresholds,
) -> Vec<Finding> {
    let energy = |index: usize| meter.hours[index].map(|hour| hour.energy);
    let indices = |keep: &dyn Fn(usize) -> bool| -> Vec<usize> {
        (0..meter.hours.len()).filter(|index| keep(*index) && energy(*index).is_some()).collect()
    };
    let contest = indices(&|index| evidence.in_contest(index));
    let Some(ceiling) = most_frequent(contest.iter().filter_map(|index| energy(*index)).collect())
    else {
        return Vec::new();
    };
    let is_at = |index: usize| energy(index) == Some(ceiling);
    // A ceiling may come in the course of the contest, and go.
    let first = contest.iter().position(|index| is_at(*index));
    let last = contest.iter().rposition(|index| is_at(*index));
    let (Some(first), Some(last)) = (first, last) else { return Vec::new() };
    let mut now: Vec<i64> =
        contest[first..=last].iter().filter_map(|index| energy(*index)).collect();
    now.sort_unstable_by(|a, b| b.cmp(a));
    let above = now.iter().filter(|energy| **energy > ceiling).count();
    let mut values = now[above..].chunk_by(|a, b| a == b).map(<[i64]>::len);
    let at_ceiling = values.next().unwrap_or(0);
    let below: Vec<usize> = values.take(BELOW).collect();
    let is_pile = at_ceiling >= MIN_HOURS
        && at_ceiling as f64 >= SHARE * now.len() as f64
        && above as f64 <= EXCEEDED * now.len() as f64
        && below.len() == BELOW
        && at_ceiling * BELOW >= PILE * below.iter().sum::<usize>();
    if !is_pile {
        return Vec::new();
    }
    let before = indices(&|index| evidence.in_baseline(index));
    let exceeded = before.iter().filter(|index| energy(**index) > Some(ceiling)).count();
    if before.len() < ENOUGH || (exceeded as f64) < SHARE * before.len() as f64 {
        return Vec::new();
    }
    let parts = runs(meter.hours.len(), |index| evidence.in_contest(index) && is_at(index));
    let mut finding =
        Finding::of_parts(DoubtKind::Ceiling, parts).of(meter).stake(evidence, |_| ceiling as f64);
    finding.factor = ceiling as f64 / 1e6;
    vec![finding]
}

fn most_frequent(mut values: Vec<i64>) -> Option<i64> {
    values.sort_unstable();
    let groups = values.chunk_by(|a, b| a == b).filter(|group| group[0] > 0);
    groups.max_by_key(|group| group.len()).map(|group| group[0])
}
