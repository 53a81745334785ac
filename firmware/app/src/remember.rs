//! The outbox together with what is known of the meter's clock: the one is a queue of
//! its own, the other stands among the settings, so that a board that starts where no
//! server of time answers can go by its meter.
use core::fmt::Debug;

use embedded_storage_async::nor_flash::MultiwriteNorFlash;
use gateway::{Entry, Habits, Measured, Outbox, Ticket, Untimed};
use wire::Time;

use crate::{
    outbox::FlashOutbox,
    pulses::SharedStore,
    storage::{Fault, Part},
};

/// What the gateway's loop keeps in flash.
pub struct Remembering<'a, 'f, F: MultiwriteNorFlash> {
    outbox: FlashOutbox<Part<'f, F>>,
    store: &'a SharedStore<'f, F>,
    habits: Habits,
}

impl<'a, 'f, F: MultiwriteNorFlash> Remembering<'a, 'f, F>
where
    F::Error: Debug,
{
    /// Habits that cannot be read are not known.
    pub async fn new(outbox: FlashOutbox<Part<'f, F>>, store: &'a SharedStore<'f, F>) -> Self {
        let habits = store.lock().await.habits().await.unwrap_or(Habits::NONE);
        Self { outbox, store, habits }
    }
}

impl<F: MultiwriteNorFlash> Outbox for Remembering<'_, '_, F>
where
    F::Error: Debug,
{
    type Error = Fault<F>;

    fn boot(&self) -> u32 {
        self.outbox.boot()
    }
    fn len(&self) -> usize {
        self.outbox.len()
    }
    fn dropped(&self) -> u32 {
        self.outbox.dropped()
    }
    async fn push(&mut self, time: Time, measured: Measured) -> Result<Ticket, Self::Error> {
        self.outbox.push(time, measured).await
    }
    async fn after(&mut self, ticket: Option<Ticket>) -> Result<Option<Entry>, Self::Error> {
        self.outbox.after(ticket).await
    }
    async fn release(&mut self, through: Ticket) -> Result<(), Self::Error> {
        self.outbox.release(through).await
    }
    fn untimed(&self) -> usize {
        self.outbox.untimed()
    }
    async fn hold(&mut self, untimed: Untimed) -> Result<(), Self::Error> {
        self.outbox.hold(untimed).await
    }
    fn held(&self, place: usize) -> Option<Untimed> {
        self.outbox.held(place)
    }
    async fn date(
        &mut self,
        place: usize,
        time: Option<Time>,
    ) -> Result<Option<Ticket>, Self::Error> {
        self.outbox.date(place, time).await
    }
    fn habits(&self) -> Habits {
        self.habits
    }
    /// Not worth a restart where it fails: the next day is another attempt.
    async fn keep_habits(&mut self, habits: Habits) -> Result<(), Self::Error> {
        if self.store.lock().await.put_habits(habits).await.is_ok() {
            self.habits = habits;
        }
        Ok(())
    }
}
