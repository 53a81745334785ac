//! Readings that wait until somebody tells the time: no made-up time ever
//! leaves a gateway.
use heapless::Deque;

use crate::Measurement;
use crate::meter::MeterTime;

/// A reading without a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undated {
    /// What the meter held.
    pub measurement: Measurement,
    /// What the meter's clock showed.
    pub shown: Option<MeterTime>,
    /// When it came, by [`crate::Clock::monotonic_ms`]; nothing where that was
    /// before the power went, and so nobody knows how long ago.
    pub received_ms: Option<u64>,
}

impl Undated {
    /// Bytes for a storage.
    pub const BYTES: usize = Measurement::BYTES + MeterTime::BYTES + 8;

    /// For a storage that keeps it over a restart. The storage has to know whether
    /// the clock behind `received_ms` still counts from the same moment.
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0xff; Self::BYTES];
        let (measurement, rest) = bytes.split_at_mut(Measurement::BYTES);
        measurement.copy_from_slice(&self.measurement.to_bytes());
        let (shown, received) = rest.split_at_mut(MeterTime::BYTES);
        if let Some(time) = self.shown {
            shown.copy_from_slice(&time.to_bytes());
        }
        if let Some(at) = self.received_ms {
            received.copy_from_slice(&at.to_le_bytes());
        }
        bytes
    }

    /// From a storage.
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let part = |at: usize| bytes[at];
        let received = u64::from_le_bytes(core::array::from_fn(|n| part(Self::BYTES - 8 + n)));
        Self {
            measurement: Measurement::from_bytes(core::array::from_fn(part)),
            shown: MeterTime::from_bytes(core::array::from_fn(|n| part(Measurement::BYTES + n))),
            received_ms: Some(received).filter(|at| *at != u64::MAX),
        }
    }
}

/// At most `N` of them, 96 bytes each. Spans the whole wait evenly, however long:
/// when there is no more room, every second one goes and from then on only half as
/// many are kept. The newest is always there.
#[derive(Debug)]
pub struct UndatedQueue<const N: usize = 32> {
    queue: Deque<Undated, N>,
    /// One in so many is kept.
    stride: u32,
    /// Since the last that was kept.
    since: u32,
    /// Given up.
    dropped: u32,
}

impl<const N: usize> Default for UndatedQueue<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> UndatedQueue<N> {
    /// None.
    pub const fn new() -> Self {
        const { assert!(N > 1) };
        Self { queue: Deque::new(), stride: 1, since: 0, dropped: 0 }
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Thinned out since the start.
    pub const fn dropped(&self) -> u32 {
        self.dropped
    }

    /// In the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = &Undated> {
        self.queue.iter()
    }

    /// The one at this place, 0 being the oldest.
    pub fn get(&self, place: usize) -> Option<Undated> {
        self.queue.get(place).copied()
    }

    /// Adds the newest.
    pub fn push(&mut self, undated: Undated) {
        if self.since > 0 {
            self.queue.pop_back();
            self.dropped = self.dropped.saturating_add(1);
        } else if self.queue.is_full() {
            self.thin();
        }
        // There is room now.
        let _ = self.queue.push_back(undated);
        self.since = (self.since + 1) % self.stride;
    }

    fn thin(&mut self) {
        for number in 0..N {
            let Some(oldest) = self.queue.pop_front() else { break };
            if number % 2 == 0 {
                // Its own place is free.
                let _ = self.queue.push_back(oldest);
            } else {
                self.dropped = self.dropped.saturating_add(1);
            }
        }
        self.stride = self.stride.saturating_mul(2);
    }

    /// Takes the one at this place out, once its time is known.
    pub fn take(&mut self, place: usize) -> Option<Undated> {
        self.stride = 1;
        self.since = 0;
        let mut taken = None;
        // All behind it go once round; the usual place is the first.
        for number in 0..if place == 0 { 1 } else { self.queue.len() } {
            let Some(oldest) = self.queue.pop_front() else { break };
            if number == place {
                taken = Some(oldest);
            } else {
                // Its own place is free.
                let _ = self.queue.push_back(oldest);
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::WattHours;

    fn undated(number: u64) -> Undated {
        Undated {
            measurement: Measurement::new(WattHours(number)),
            shown: None,
            received_ms: Some(number),
        }
    }

    #[test]
    fn spans_the_wait_evenly_and_holds_the_newest() {
        for count in 1..3000_u32 {
            let mut waiting = UndatedQueue::<32>::new();
            for number in 0..count {
                waiting.push(undated(number.into()));
            }
            let dropped = waiting.dropped();
            let left: Vec<_> = core::iter::from_fn(|| waiting.take(0)?.received_ms).collect();
            assert_eq!(left.len() + dropped as usize, count as usize);
            assert_eq!((left[0], left.last().copied()), (0, Some(u64::from(count) - 1)));
            let widest = left.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
            assert!(widest <= u64::from(count) / 8 + 1, "{count}: {left:?}");
        }
    }

    #[test]
    fn one_in_the_middle_is_taken_and_the_order_stays() {
        for place in 0..6 {
            let mut waiting = UndatedQueue::<8>::new();
            (0..5).for_each(|number| waiting.push(undated(number)));
            assert_eq!(waiting.take(place).is_some(), place < 5);
            let left: Vec<_> = waiting.iter().filter_map(|one| one.received_ms).collect();
            assert_eq!(left, (0..5).filter(|n| *n != place as u64).collect::<Vec<_>>());
        }
    }

    #[test]
    fn survives_a_storage() {
        let shown = MeterTime::parse(b"270411110000S");
        for (shown, received_ms) in [(shown, Some(7)), (None, Some(7)), (shown, None)] {
            let one = Undated { shown, received_ms, ..undated(6_678_394) };
            assert_eq!(Undated::from_bytes(one.to_bytes()), one);
        }
    }
}
