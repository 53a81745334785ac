//! Readings by time, from memory and file together: what the competition looks up
//! when a late reading moves a day.
use std::ops::Range;

use competition::{MeterIndex, Sample, Time};

use super::{
    Store, StoreError,
    block::{self, END},
    pending::merge,
};

impl Store {
    /// A meter's standing readings within `range`, oldest first.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn samples(
        &self,
        meter: MeterIndex,
        range: Range<Time>,
    ) -> Result<Vec<Sample>, StoreError> {
        let (key, pending) = self.pending_of(meter);
        let over = pending.range(range.clone());
        let under = block::range(&self.connection, key, range)?;
        Ok(if over.is_empty() {
            under
        } else if under.is_empty() {
            over
        } else {
            merge(&under, &over)
        })
    }

    /// The last standing reading before `at`.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn last_before(&self, meter: MeterIndex, at: Time) -> Result<Option<Sample>, StoreError> {
        let (key, pending) = self.pending_of(meter);
        let over = pending.last_before(at);
        let under = if at.0 <= 0 {
            None
        } else {
            // A block's first reading is its key, so the one found has one before `at`.
            block::covering(&self.connection, key, Time(at.0 - 1))?.and_then(|block| {
                block.samples[..block.samples.partition_point(|s| s.at < at)].last().copied()
            })
        };
        Ok(match (under, over) {
            (Some(under), Some(over)) if over.at < under.at => Some(under),
            (under, over) => over.or(under),
        })
    }

    /// The first standing reading at or after `at`.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn first_from(&self, meter: MeterIndex, at: Time) -> Result<Option<Sample>, StoreError> {
        let (key, pending) = self.pending_of(meter);
        let over = pending.first_from(at);
        let mut under = block::covering(&self.connection, key, at)?.and_then(|block| {
            block.samples.get(block.samples.partition_point(|s| s.at < at)).copied()
        });
        if under.is_none() && at < END {
            under = block::after(&self.connection, key, at)?.map(|block| block.samples[0]);
        }
        Ok(match (under, over) {
            (Some(under), Some(over)) if under.at < over.at => Some(under),
            (under, over) => over.or(under),
        })
    }

    /// The newest standing reading.
    pub fn newest(&self, meter: MeterIndex) -> Option<Sample> {
        self.meters[self.keys[meter.0 as usize] as usize - 1].newest
    }

    fn pending_of(&self, meter: MeterIndex) -> (u32, &super::pending::Pending) {
        let key = self.keys[meter.0 as usize];
        (key, &self.meters[key as usize - 1].pending)
    }
}
