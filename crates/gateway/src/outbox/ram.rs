//! The outbox of a device without non-volatile storage: a ring buffer in RAM.
use core::convert::Infallible;

use heapless::Deque;
use wire::Time;

use super::{Entry, Outbox, QUARTER, Undated, UndatedQueue};
use crate::{Measurement, ReadingId};

/// An outbox of at most `N` readings, 80 bytes each.
#[derive(Debug)]
pub struct RamOutbox<const N: usize> {
    entries: Deque<Entry, N>,
    undated: UndatedQueue,
    last: ReadingId,
    dropped: u32,
}

impl<const N: usize> RamOutbox<N> {
    /// An empty outbox for start number `boot`.
    pub const fn new(boot: u32) -> Self {
        const { assert!(N > 0) };
        let last = ReadingId { boot, seq: 0 };
        Self { entries: Deque::new(), undated: UndatedQueue::new(), last, dropped: 0 }
    }

    /// Makes room: thins the older half to the last reading of each quarter-hour; if that
    /// frees nothing, the whole; if that frees nothing, drops the oldest reading. A pass
    /// over the ring frees many places, so that a push has constant amortised cost.
    fn make_room(&mut self) {
        for scope in [N / 2, N] {
            if self.thin(scope) {
                return;
            }
        }
        self.entries.pop_front();
        self.dropped = self.dropped.saturating_add(1);
    }

    /// Thins the oldest `scope` readings; returns whether any was dropped.
    fn thin(&mut self, scope: usize) -> bool {
        let before = self.entries.len();
        let quarter = |entry: &Entry| entry.time.unix() / QUARTER;
        // Every reading is removed once, in order, and appended again unless it is dropped.
        for number in 0..before {
            let Some(entry) = self.entries.pop_front() else { break };
            // The last reading has no successor: the front has already been appended again.
            let successor = self.entries.front().filter(|_| number < scope && number + 1 < before);
            if successor.is_none_or(|next| quarter(next) != quarter(&entry)) {
                // Its own index is free.
                let _ = self.entries.push_back(entry);
            }
        }
        let dropped = before - self.entries.len();
        self.dropped = self.dropped.saturating_add(dropped as u32);
        dropped > 0
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
        self.dropped.saturating_add(self.undated.dropped())
    }

    async fn push(
        &mut self,
        time: Time,
        measurement: Measurement,
    ) -> Result<ReadingId, Infallible> {
        if self.entries.is_full() {
            self.make_room();
        }
        let id = ReadingId { boot: self.last.boot, seq: self.last.seq.saturating_add(1) };
        self.last = id;
        // There is room: `make_room` has seen to it.
        let _ = self.entries.push_back(Entry { id, time, measurement });
        Ok(id)
    }

    async fn after(&mut self, id: Option<ReadingId>) -> Result<Option<Entry>, Infallible> {
        let Some(id) = id else { return Ok(self.entries.front().copied()) };
        let (older, newer) = self.entries.as_slices();
        let half = if older.last().is_some_and(|last| last.id > id) { older } else { newer };
        Ok(half.get(half.partition_point(|entry| entry.id <= id)).copied())
    }

    async fn release(&mut self, through: ReadingId) -> Result<(), Infallible> {
        while self.entries.front().is_some_and(|entry| entry.id <= through) {
            self.entries.pop_front();
        }
        Ok(())
    }

    fn undated_len(&self) -> usize {
        self.undated.len()
    }

    async fn push_undated(&mut self, undated: Undated) -> Result<(), Infallible> {
        self.undated.push(undated);
        Ok(())
    }

    fn undated(&self, index: usize) -> Option<Undated> {
        self.undated.get(index)
    }

    async fn assign_time(
        &mut self,
        index: usize,
        time: Option<Time>,
    ) -> Result<Option<ReadingId>, Infallible> {
        match (self.undated.take(index), time) {
            (Some(undated), Some(time)) => self.push(time, undated.measurement).await.map(Some),
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use embassy_futures::block_on;
    use proptest::prelude::*;

    use super::*;
    use crate::WattHours;

    const N: usize = 16;

    /// The policy in its simplest form.
    #[derive(Default)]
    struct Model {
        entries: Vec<Entry>,
        pushed: usize,
        released: usize,
    }

    impl Model {
        fn push(&mut self, entry: Entry) {
            if self.entries.len() == N {
                let full = self.entries.clone();
                for scope in [N / 2, N] {
                    let last_of_its_quarter = |at: usize| {
                        full.get(at + 1)
                            .is_none_or(|next| next.time.unix() / 900 != full[at].time.unix() / 900)
                    };
                    self.entries = (0..N)
                        .filter(|at| *at >= scope || last_of_its_quarter(*at))
                        .map(|at| full[at])
                        .collect();
                    if self.entries.len() < N {
                        break;
                    }
                }
                if self.entries.len() == N {
                    self.entries.remove(0);
                }
            }
            self.entries.push(entry);
            self.pushed += 1;
        }
    }

    #[derive(Debug, Clone)]
    enum Step {
        Push { later: i64 },
        Release { nth: usize },
        After { nth: usize },
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            6 => prop_oneof![Just(10), 0_i64..2000].prop_map(|later| Step::Push { later }),
            1 => (0..N).prop_map(|nth| Step::Release { nth }),
            2 => (0..N).prop_map(|nth| Step::After { nth }),
        ]
    }

    proptest! {
        #[test]
        fn behaves_like_the_model(steps in proptest::collection::vec(step(), 1..400)) {
            let (mut outbox, mut model) = (RamOutbox::<N>::new(7), Model::default());
            let mut now = 1_807_437_590;
            for step in steps {
                match step {
                    Step::Push { later } => {
                        now += later;
                        let time = Time::from_unix(now).expect("in range");
                        let measurement = Measurement::new(WattHours(now as u64));
                        let id = block_on(outbox.push(time, measurement)).expect("RAM");
                        prop_assert_eq!(id.boot, 7);
                        prop_assert_eq!(id.seq as usize, model.pushed + 1);
                        model.push(Entry { id, time, measurement });
                    }
                    Step::Release { nth } => {
                        let Some(entry) = model.entries.get(nth) else { continue };
                        block_on(outbox.release(entry.id)).expect("RAM");
                        model.entries.drain(..=nth);
                        model.released += nth + 1;
                    }
                    Step::After { nth } => {
                        let id = model.entries.get(nth).map(|entry| entry.id);
                        let next = model.entries.get(id.map_or(0, |_| nth + 1)).copied();
                        prop_assert_eq!(block_on(outbox.after(id)).expect("RAM"), next);
                    }
                }
                prop_assert!(outbox.entries.iter().eq(&model.entries));
                prop_assert_eq!(outbox.len(), model.entries.len());
                prop_assert_eq!(outbox.is_empty(), model.entries.is_empty());
                let dropped = model.pushed - model.released - model.entries.len();
                prop_assert_eq!(outbox.dropped() as usize, dropped);
            }
        }
    }

    #[test]
    fn a_cursor_at_a_thinned_reading_keeps_its_position() {
        let mut outbox = RamOutbox::<N>::new(1);
        let mut second = None;
        for number in 0..40 {
            let time = Time::from_unix(1_807_437_590 + 10 * number).expect("in range");
            let id = block_on(outbox.push(time, Measurement::new(WattHours(0)))).expect("RAM");
            if number == 1 {
                second = Some(id);
            }
        }
        let next = block_on(outbox.after(second)).expect("RAM").expect("more");
        assert!(outbox.entries.iter().all(|entry| Some(entry.id) != second));
        assert_eq!(outbox.entries.iter().find(|entry| Some(entry.id) > second), Some(&next));
        let newest = outbox.last;
        assert_eq!(block_on(outbox.after(Some(newest))), Ok(None));
    }

    #[test]
    fn a_day_without_contact_keeps_every_quarter_hour() {
        let mut outbox = RamOutbox::<256>::new(1);
        for number in 0..8640 {
            let time = Time::from_unix(1_807_401_600 + 10 * number).expect("in range");
            block_on(outbox.push(time, Measurement::new(WattHours(0)))).expect("RAM");
        }
        let mut quarters: Vec<_> =
            outbox.entries.iter().map(|entry| entry.time.unix() / QUARTER).collect();
        quarters.dedup();
        assert_eq!(quarters.len(), 96);
        let thinned =
            outbox.entries.iter().take(90).all(|entry| entry.time.unix() % QUARTER == 890);
        assert!(thinned, "the last of each quarter-hour stays");
    }
}
