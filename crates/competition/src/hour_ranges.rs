//! Sets of hours, as ranges that rise and are disjoint.
use core::ops::Range;

use crate::time::{Hour, each_hour};

/// The ranges in order, those that overlap or touch as one.
pub(crate) fn merged(mut ranges: Vec<Range<Hour>>) -> Vec<Range<Hour>> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut merged: Vec<Range<Hour>> = Vec::new();
    for range in ranges.into_iter().filter(|range| range.start < range.end) {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// Whether a set contains an hour.
pub(crate) fn contains(set: &[Range<Hour>], hour: Hour) -> bool {
    let after = set.partition_point(|range| range.end <= hour);
    set.get(after).is_some_and(|range| range.start <= hour)
}

/// The hours of a set that another does not contain.
pub(crate) fn difference(set: &[Range<Hour>], other: &[Range<Hour>]) -> Vec<Hour> {
    set.iter().flat_map(each_hour).filter(|hour| !contains(other, *hour)).collect()
}
