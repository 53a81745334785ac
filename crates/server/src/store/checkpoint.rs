//! SQL of a checkpoint: merges pending readings into the tables `block`, `conflict`,
//! `day` and `meter`, a few meters a transaction.
use competition::{DayRecord, Sample, Time};
use rusqlite::{Connection, Transaction};

use super::{
    block::{self, DAY, END, FULL, key, time_of},
    codec,
    error::StoreError,
    pending::{Pending, merge},
    schema::begin_write,
    seal,
};

/// A meter of the dictionary, in memory.
#[derive(Debug, Default)]
pub(super) struct MeterState {
    /// `None` while no participant of the configuration has it.
    pub(super) index: Option<competition::MeterIndex>,
    pub(super) newest: Option<Sample>,
    pub(super) pending: Pending,
    /// Days to write with the next transaction that succeeds.
    pub(super) unsaved: Vec<DayRecord>,
}

/// Merges the pending readings of some meters, by key, in one transaction. `journal_upto`:
/// with the last meters the journal is emptied up to this row.
pub(super) fn write(
    connection: &Connection,
    chunk: &[(u32, &MeterState)],
    journal_upto: Option<i64>,
) -> Result<(), StoreError> {
    let change = begin_write(connection)?;
    for &(meter, state) in chunk {
        let sorted = state.pending.sorted();
        let added = merge_meter(&change, meter, &sorted)?;
        seal::mark_unsealed(&change, meter, &sorted)?;
        write_conflicts(&change, meter, &state.pending.conflicts)?;
        let newest = state.newest.map(|sample| codec::encode_block(&[sample]));
        change
            .prepare_cached("UPDATE meter SET readings = readings + ?, newest = ? WHERE key = ?")?
            .execute((added, newest, meter))?;
        if state.index.is_none() {
            // No standings follow this meter, so its days would be out of date.
            delete_days(&change, meter, Time(0))?;
        }
        let mut put =
            change.prepare_cached("INSERT OR REPLACE INTO day (key, data) VALUES (?, ?)")?;
        for DayRecord { day, bytes } in &state.unsaved {
            let midnight = Time(i64::from(*day) * DAY);
            put.execute((key(meter, midnight), codec::with_checksum(bytes)))?;
        }
    }
    if let Some(row) = journal_upto {
        change.prepare_cached("DELETE FROM journal WHERE seq <= ?")?.execute([row])?;
    }
    change.commit()?;
    Ok(())
}

/// Deletes a meter's days from `day` on.
pub(super) fn delete_days(
    connection: &Connection,
    meter: u32,
    day: Time,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM day WHERE key >= ? AND key < ?")?
        .execute((key(meter, day), key(meter + 1, Time(0))))?;
    Ok(())
}

fn write_conflicts(
    change: &Transaction<'_>,
    meter: u32,
    conflicts: &[Sample],
) -> Result<(), StoreError> {
    let mut put = change
        .prepare_cached("INSERT OR IGNORE INTO conflict (meter, at, data) VALUES (?, ?, ?)")?;
    for sample in conflicts {
        put.execute((meter, sample.at.0, codec::encode_block(&[*sample])))?;
    }
    Ok(())
}

/// Merges sorted samples into a meter's blocks and returns how many readings that adds.
fn merge_meter(
    change: &Transaction<'_>,
    meter: u32,
    samples: &[Sample],
) -> Result<i64, StoreError> {
    let mut added = 0;
    let mut rest = samples;
    while let Some(first) = rest.first() {
        let at = first.at;
        let next_start = block::next_start(change, meter, at)?;
        let mut found = block::covering(change, meter, at)?;
        let mut end = next_start;
        if found.is_none() && next_start < END {
            // Older than all blocks: the oldest one takes them, so that no small block remains.
            found = block::after(change, meter, at)?;
            end = block::next_start(change, meter, next_start)?;
        }
        let (these, later) = rest.split_at(rest.partition_point(|s| s.at < end));
        rest = later;
        let before = found.as_ref().map_or(0, |block| block.samples.len());
        let all = match &found {
            Some(block) => merge(&block.samples, these),
            None => these.to_vec(),
        };
        added += (all.len() - before) as i64;
        if let Some(block) = &found
            && time_of(block.key) != all[0].at
        {
            change.prepare_cached("DELETE FROM block WHERE key = ?")?.execute([block.key])?;
        }
        // The newest block is filled up; one in the middle is split into equal parts.
        let part = if end == END { FULL } else { all.len().div_ceil(all.len().div_ceil(FULL)) };
        let mut put = change
            .prepare_cached("INSERT OR REPLACE INTO block (key, count, data) VALUES (?, ?, ?)")?;
        for part in all.chunks(part) {
            put.execute((key(meter, part[0].at), part.len() as i64, codec::encode_block(part)))?;
        }
    }
    Ok(added)
}
