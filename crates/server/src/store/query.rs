//! Readings of a meter by time, from memory and blocks together: the competition looks
//! them up when a late reading changes a day.
use std::ops::Range;

use competition::{Sample, Time};
use rusqlite::Connection;

use super::{
    block::{self, END},
    error::StoreError,
    pending::{Pending, merge},
};

/// A meter's readings within `range`, oldest first. A pending reading overrides one in a
/// block.
pub(super) fn samples(
    connection: &Connection,
    (key, pending): (u32, &Pending),
    range: Range<Time>,
) -> Result<Vec<Sample>, StoreError> {
    let over = pending.range(range.clone());
    let under = block::range(connection, key, range)?;
    Ok(if over.is_empty() {
        under
    } else if under.is_empty() {
        over
    } else {
        merge(&under, &over)
    })
}

/// The last reading before `at`.
pub(super) fn last_before(
    connection: &Connection,
    (key, pending): (u32, &Pending),
    at: Time,
) -> Result<Option<Sample>, StoreError> {
    let over = pending.last_before(at);
    let under = if at.0 <= 0 {
        None
    } else {
        // A block's first reading is its key, so the one found has one before `at`.
        block::covering(connection, key, Time(at.0 - 1))?.and_then(|block| {
            block.samples[..block.samples.partition_point(|s| s.at < at)].last().copied()
        })
    };
    Ok(match (under, over) {
        (Some(under), Some(over)) if over.at < under.at => Some(under),
        (under, over) => over.or(under),
    })
}

/// The first reading at or after `at`.
pub(super) fn first_from(
    connection: &Connection,
    (key, pending): (u32, &Pending),
    at: Time,
) -> Result<Option<Sample>, StoreError> {
    let over = pending.first_from(at);
    let mut under = block::covering(connection, key, at)?
        .and_then(|block| block.samples.get(block.samples.partition_point(|s| s.at < at)).copied());
    if under.is_none() && at < END {
        under = block::after(connection, key, at)?.map(|block| block.samples[0]);
    }
    Ok(match (under, over) {
        (Some(under), Some(over)) if under.at < over.at => Some(under),
        (under, over) => over.or(under),
    })
}
