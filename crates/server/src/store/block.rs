//! Table `block`: finding and reading blocks, and the keys of meters and times.
use std::{cell::RefCell, collections::HashMap, ops::Range, rc::Rc};

use competition::{Sample, Time};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{codec, error::StoreError, schema::TIME_BITS};

/// Readings in a full block.
pub(super) const FULL: usize = 512;

/// Seconds of a UTC day.
pub(super) const DAY: i64 = 86_400;

/// One second beyond the last time that a key can hold.
pub(super) const END: Time = Time(1 << TIME_BITS);

/// Key of a meter and a time in `block`, `day`, `interval` and `seal`. Times outside of
/// what a key can hold are clamped, so that any range may be looked up.
pub(super) fn key(meter: u32, at: Time) -> i64 {
    i64::from(meter) << TIME_BITS | at.0.clamp(0, END.0 - 1)
}

pub(super) fn time_of(key: i64) -> Time {
    Time(key & (END.0 - 1))
}

pub(super) fn meter_of(key: i64) -> u32 {
    (key >> TIME_BITS) as u32
}

/// A decoded block and its key.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) key: i64,
    pub(super) samples: Rc<[Sample]>,
}

fn read(row: &Row<'_>) -> rusqlite::Result<(i64, Result<Vec<Sample>, codec::Corrupt>)> {
    let key = row.get(0)?;
    let blob = row.get_ref(1)?.as_blob()?;
    Ok((key, codec::decode_block(blob)))
}

fn block((key, samples): (i64, Result<Vec<Sample>, codec::Corrupt>)) -> Result<Block, StoreError> {
    let place = || format!("block {} of meter {}", time_of(key).0, meter_of(key));
    let samples = samples.map_err(|source| StoreError::Damaged { place: place(), source })?;
    Ok(Block { key, samples: samples.into() })
}

/// The last block that begins at or before `at`.
pub(super) fn covering(
    connection: &Connection,
    meter: u32,
    at: Time,
) -> Result<Option<Block>, StoreError> {
    connection
        .prepare_cached(
            "SELECT key, data FROM block WHERE key BETWEEN ? AND ? ORDER BY key DESC LIMIT 1",
        )?
        .query_row((key(meter, Time(0)), key(meter, at)), read)
        .optional()?
        .map(block)
        .transpose()
}

/// The first block that begins after `at`.
pub(super) fn after(
    connection: &Connection,
    meter: u32,
    at: Time,
) -> Result<Option<Block>, StoreError> {
    connection
        .prepare_cached(
            "SELECT key, data FROM block WHERE key > ? AND key < ? ORDER BY key LIMIT 1",
        )?
        .query_row((key(meter, at), key(meter + 1, Time(0))), read)
        .optional()?
        .map(block)
        .transpose()
}

/// The beginning of the first block after `at`; [`END`] where there is none.
pub(super) fn next_start(
    connection: &Connection,
    meter: u32,
    at: Time,
) -> Result<Time, StoreError> {
    let next = connection
        .prepare_cached("SELECT key FROM block WHERE key > ? AND key < ? ORDER BY key LIMIT 1")?
        .query_row((key(meter, at), key(meter + 1, Time(0))), |row| row.get(0))
        .optional()?;
    Ok(next.map_or(END, time_of))
}

/// Samples of a meter's blocks within `range`, oldest first.
pub(super) fn range(
    connection: &Connection,
    meter: u32,
    range: Range<Time>,
) -> Result<Vec<Sample>, StoreError> {
    let mut samples = Vec::new();
    if range.start >= range.end {
        return Ok(samples);
    }
    let mut statement = connection.prepare_cached(
        "SELECT key, data FROM block WHERE key >= coalesce(
             (SELECT max(key) FROM block WHERE key BETWEEN ?1 AND ?2), ?2) AND key < ?3
         ORDER BY key",
    )?;
    let end = if range.end >= END { key(meter + 1, Time(0)) } else { key(meter, range.end) };
    let mut rows = statement.query((key(meter, Time(0)), key(meter, range.start), end))?;
    while let Some(row) = rows.next()? {
        let block = block(read(row)?)?;
        samples.extend(block.samples.iter().filter(|s| range.contains(&s.at)));
    }
    Ok(samples)
}

/// The last block that was looked up for each meter, because late readings arrive in
/// runs.
#[derive(Debug, Default)]
pub(super) struct Cache(RefCell<HashMap<u32, Span>>);

/// A span of time and the block that covers it; `None` before a meter's first block.
type Span = (Range<Time>, Option<Block>);

impl Cache {
    /// Cached blocks; beyond that the cache is cleared, which costs one look-up each.
    const MOST: usize = 1024;

    /// The reading at `at`, if a block has one.
    pub(super) fn find(
        &self,
        connection: &Connection,
        meter: u32,
        at: Time,
    ) -> Result<Option<Sample>, StoreError> {
        let mut spans = self.0.borrow_mut();
        let known = spans.get(&meter).is_some_and(|(span, _)| span.contains(&at));
        if !known {
            if spans.len() >= Self::MOST {
                spans.clear();
            }
            let found = covering(connection, meter, at)?;
            let start = found.as_ref().map_or(Time(0), |block| time_of(block.key));
            let end = next_start(connection, meter, at)?;
            spans.insert(meter, (start..end, found));
        }
        let Some((_, Some(block))) = spans.get(&meter) else { return Ok(None) };
        let found = block.samples.binary_search_by_key(&at, |s| s.at);
        Ok(found.ok().map(|index| block.samples[index]))
    }

    pub(super) fn forget(&self, meter: u32) {
        self.0.borrow_mut().remove(&meter);
    }
}
