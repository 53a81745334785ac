//! The outbox together with the clock offsets of the meter. The outbox is a queue of its
//! own; the offsets are stored among the settings, so that a board that starts without an
//! SNTP server can use the meter's clock.
use core::fmt::Debug;

use embedded_storage_async::nor_flash::MultiwriteNorFlash;
use gateway::{ClockOffsets, Entry, Measurement, Outbox, ReadingId, Undated};
use wire::Time;

use crate::{
    outbox::FlashOutbox,
    pulses::SharedStore,
    storage::{Part, StorageError},
};

/// The persistent state of the gateway's loop.
pub struct OutboxWithClock<'a, 'f, F: MultiwriteNorFlash> {
    outbox: FlashOutbox<Part<'f, F>>,
    store: &'a SharedStore<'f, F>,
    clock_offsets: ClockOffsets,
}

impl<'a, 'f, F: MultiwriteNorFlash> OutboxWithClock<'a, 'f, F>
where
    F::Error: Debug,
{
    /// Clock offsets that cannot be read are unknown.
    pub async fn new(outbox: FlashOutbox<Part<'f, F>>, store: &'a SharedStore<'f, F>) -> Self {
        let clock_offsets = store.lock().await.clock_offsets().await.unwrap_or(ClockOffsets::NONE);
        Self { outbox, store, clock_offsets }
    }
}

impl<F: MultiwriteNorFlash> Outbox for OutboxWithClock<'_, '_, F>
where
    F::Error: Debug,
{
    type Error = StorageError<F>;

    fn boot(&self) -> u32 {
        self.outbox.boot()
    }
    fn len(&self) -> usize {
        self.outbox.len()
    }
    fn dropped(&self) -> u32 {
        self.outbox.dropped()
    }
    async fn push(
        &mut self,
        time: Time,
        measurement: Measurement,
    ) -> Result<ReadingId, Self::Error> {
        self.outbox.push(time, measurement).await
    }
    async fn after(&mut self, id: Option<ReadingId>) -> Result<Option<Entry>, Self::Error> {
        self.outbox.after(id).await
    }
    async fn release(&mut self, through: ReadingId) -> Result<(), Self::Error> {
        self.outbox.release(through).await
    }
    fn undated_len(&self) -> usize {
        self.outbox.undated_len()
    }
    async fn push_undated(&mut self, undated: Undated) -> Result<(), Self::Error> {
        self.outbox.push_undated(undated).await
    }
    fn undated(&self, place: usize) -> Option<Undated> {
        self.outbox.undated(place)
    }
    async fn assign_time(
        &mut self,
        place: usize,
        time: Option<Time>,
    ) -> Result<Option<ReadingId>, Self::Error> {
        self.outbox.assign_time(place, time).await
    }
    fn clock_offsets(&self) -> ClockOffsets {
        self.clock_offsets
    }
    /// A failure is no reason for a restart: the next attempt follows a day later.
    async fn store_clock_offsets(
        &mut self,
        clock_offsets: ClockOffsets,
    ) -> Result<(), Self::Error> {
        if self.store.lock().await.put_clock_offsets(clock_offsets).await.is_ok() {
            self.clock_offsets = clock_offsets;
        }
        Ok(())
    }
}
