//! The outbox of a device without storage: a ring in RAM, lost with the power.
use core::convert::Infallible;

use heapless::Deque;
use wire::Time;

use super::{Entry, Outbox, Ticket};
use crate::Measured;

/// At most `N` readings of 80 bytes.
#[derive(Debug)]
pub struct RamOutbox<const N: usize> {
    entries: Deque<Entry, N>,
    last: Ticket,
    dropped: u32,
}

impl<const N: usize> RamOutbox<N> {
    /// Empty, for the start of this number.
    pub const fn new(boot: u32) -> Self {
        Self { entries: Deque::new(), last: Ticket { boot, seq: 0 }, dropped: 0 }
    }
}

impl<const N: usize> Outbox for RamOutbox<N> {
    type Error = Infallible;

    fn boot(&self) -> u32 {
        self.last.boot
    }

    fn len(&self) -> usize {
        self.entries.len()
    }

    fn dropped(&self) -> u32 {
        self.dropped
    }

    async fn push(&mut self, time: Time, measured: Measured) -> Result<Ticket, Infallible> {
        todo!("{time:?} {measured:?}")
    }

    async fn after(&mut self, ticket: Option<Ticket>) -> Result<Option<Entry>, Infallible> {
        todo!("{ticket:?}")
    }

    async fn release(&mut self, through: Ticket) -> Result<(), Infallible> {
        todo!("{through:?}")
    }
}
