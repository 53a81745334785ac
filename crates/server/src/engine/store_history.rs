//! The store as the source of readings that the standings recompute from.
use std::{cell::RefCell, ops::Range};

use competition::{MeterIndex, ReadingSource, Sample, Time};

use crate::store::{Store, StoreError};

/// The store as the competition reads it. [`ReadingSource`] has no errors, so the first
/// one is kept; what was computed with it must not be used.
pub(super) struct StoreHistory<'a> {
    store: &'a Store,
    failed: RefCell<Option<StoreError>>,
}

impl<'a> StoreHistory<'a> {
    pub(super) const fn new(store: &'a Store) -> Self {
        Self { store, failed: RefCell::new(None) }
    }

    /// The first error.
    pub(super) fn finish(self) -> Result<(), StoreError> {
        self.failed.into_inner().map_or(Ok(()), Err)
    }

    fn keep<T: Default>(&self, result: Result<T, StoreError>) -> T {
        result.unwrap_or_else(|error| {
            self.failed.borrow_mut().get_or_insert(error);
            T::default()
        })
    }
}

impl ReadingSource for StoreHistory<'_> {
    fn samples(&self, meter: MeterIndex, range: Range<Time>) -> Vec<Sample> {
        self.keep(self.store.readings.samples(meter, range))
    }

    fn last_before(&self, meter: MeterIndex, at: Time) -> Option<Sample> {
        self.keep(self.store.readings.last_before(meter, at))
    }

    fn first_from(&self, meter: MeterIndex, at: Time) -> Option<Sample> {
        self.keep(self.store.readings.first_from(meter, at))
    }
}
