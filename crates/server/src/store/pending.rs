//! Readings of a meter since the last checkpoint, in memory.
use std::{collections::BTreeMap, ops::Range};

use competition::{Sample, Time};

/// Readings of one meter that no block has yet, or that override one in a block.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// In the order of arrival, each newer than the one before: the usual case.
    run: Vec<Sample>,
    /// Those that arrived out of order.
    late: BTreeMap<Time, Sample>,
    /// Values that lost against another one of the same time.
    pub(super) conflicts: Vec<Sample>,
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        self.run.is_empty() && self.late.is_empty() && self.conflicts.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.run.len() + self.late.len()
    }

    pub(super) fn append(&mut self, sample: Sample) {
        debug_assert!(self.run.last().is_none_or(|last| last.at < sample.at));
        self.run.push(sample);
    }

    /// Inserts `sample`, replacing one of the same time.
    pub(super) fn insert(&mut self, sample: Sample) {
        match self.run.binary_search_by_key(&sample.at, |s| s.at) {
            Ok(found) => self.run[found] = sample,
            Err(_) => {
                self.late.insert(sample.at, sample);
            }
        }
    }

    pub(super) fn get(&self, at: Time) -> Option<Sample> {
        match self.run.binary_search_by_key(&at, |s| s.at) {
            Ok(found) => Some(self.run[found]),
            Err(_) => self.late.get(&at).copied(),
        }
    }

    /// Samples within `range`, oldest first.
    pub(super) fn range(&self, range: Range<Time>) -> Vec<Sample> {
        let begin = self.run.partition_point(|s| s.at < range.start);
        let end = self.run.partition_point(|s| s.at < range.end).max(begin);
        let run = &self.run[begin..end];
        if range.start >= range.end || self.late.is_empty() {
            return run.to_vec();
        }
        let late: Vec<_> = self.late.range(range).map(|(_, s)| *s).collect();
        merge(run, &late)
    }

    pub(super) fn last_before(&self, at: Time) -> Option<Sample> {
        let run = self.run[..self.run.partition_point(|s| s.at < at)].last().copied();
        let late = self.late.range(..at).next_back().map(|(_, s)| *s);
        run.into_iter().chain(late).max_by_key(|s| s.at)
    }

    pub(super) fn first_from(&self, at: Time) -> Option<Sample> {
        let run = self.run.get(self.run.partition_point(|s| s.at < at)).copied();
        let late = self.late.range(at..).next().map(|(_, s)| *s);
        run.into_iter().chain(late).min_by_key(|s| s.at)
    }

    /// All samples, oldest first.
    pub(super) fn sorted(&self) -> Vec<Sample> {
        if self.late.is_empty() {
            return self.run.clone();
        }
        merge(&self.run, &self.late.values().copied().collect::<Vec<_>>())
    }
}

/// Merges two sorted lists; where both have a time, the sample of `over` is taken.
pub(super) fn merge(under: &[Sample], over: &[Sample]) -> Vec<Sample> {
    let mut merged = Vec::with_capacity(under.len() + over.len());
    let mut under = under.iter().copied().peekable();
    for &sample in over {
        while let Some(older) = under.next_if(|s| s.at < sample.at) {
            merged.push(older);
        }
        under.next_if(|s| s.at == sample.at);
        merged.push(sample);
    }
    merged.extend(under);
    merged
}

/// Which of two values for one time counts: the lower register, so that repeating a
/// reading cannot pay; then the one with more fields. The order of arrival does not
/// matter.
pub(super) fn resolve_conflict(one: Sample, other: Sample) -> Sample {
    let rank = |s: &Sample| (s.import, s.export.is_none(), s.export, s.power.is_none(), s.power);
    if rank(&other) < rank(&one) { other } else { one }
}
