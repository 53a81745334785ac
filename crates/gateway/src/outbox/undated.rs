//! Readings from before the time is known. A gateway publishes no invented time.
use heapless::Deque;

use crate::Measurement;
use crate::meter::MeterTime;

/// A reading whose time is not known yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undated {
    /// The measured values.
    pub measurement: Measurement,
    /// What the meter's clock showed, if the telegram has a time.
    pub shown: Option<MeterTime>,
    /// When the telegram was received, by [`crate::Clock::monotonic_ms`]; `None` after a
    /// loss of power, which makes the age unknown.
    pub received_ms: Option<u64>,
}

impl Undated {
    /// Length of [`Self::to_bytes`].
    pub const BYTES: usize = Measurement::BYTES + MeterTime::BYTES + 8;

    /// Encodes the reading for non-volatile storage, little-endian; missing values are
    /// bytes of 0xff. The storage has to know whether the clock behind `received_ms` still
    /// counts from the same moment.
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

    /// Decodes [`Self::to_bytes`].
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

/// A queue of at most `N` undated readings, 96 bytes each. It spans the whole wait evenly:
/// when it is full, every second reading is dropped, and from then on only one in twice as
/// many is kept. The newest reading is always there.
#[derive(Debug)]
pub struct UndatedQueue<const N: usize = 32> {
    queue: Deque<Undated, N>,
    /// One reading in `stride` is kept.
    stride: u32,
    /// Readings since the last that is kept.
    since: u32,
    dropped: u32,
}

impl<const N: usize> Default for UndatedQueue<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> UndatedQueue<N> {
    /// An empty queue.
    pub const fn new() -> Self {
        const { assert!(N > 1) };
        Self { queue: Deque::new(), stride: 1, since: 0, dropped: 0 }
    }

    /// Number of readings.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether there is no reading.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Number of readings dropped since the start.
    pub const fn dropped(&self) -> u32 {
        self.dropped
    }

    /// The readings, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Undated> {
        self.queue.iter()
    }

    /// The reading at `index`, 0 being the oldest.
    pub fn get(&self, index: usize) -> Option<Undated> {
        self.queue.get(index).copied()
    }

    /// Appends the newest reading.
    pub fn push(&mut self, undated: Undated) {
        if self.since > 0 {
            self.queue.pop_back();
            self.dropped = self.dropped.saturating_add(1);
        } else if self.queue.is_full() {
            self.thin();
        }
        // There is room: the branches above have made it.
        let _ = self.queue.push_back(undated);
        self.since = (self.since + 1) % self.stride;
    }

    fn thin(&mut self) {
        for number in 0..N {
            let Some(oldest) = self.queue.pop_front() else { break };
            if number % 2 == 0 {
                // There is room: one was just removed.
                let _ = self.queue.push_back(oldest);
            } else {
                self.dropped = self.dropped.saturating_add(1);
            }
        }
        self.stride = self.stride.saturating_mul(2);
    }

    /// Removes the reading at `index`.
    pub fn take(&mut self, index: usize) -> Option<Undated> {
        self.stride = 1;
        self.since = 0;
        let mut removed = None;
        // The others are rotated once; mostly the first is removed.
        for number in 0..if index == 0 { 1 } else { self.queue.len() } {
            let Some(oldest) = self.queue.pop_front() else { break };
            if number == index {
                removed = Some(oldest);
            } else {
                // There is room: one was just removed.
                let _ = self.queue.push_back(oldest);
            }
        }
        removed
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
    fn spans_the_wait_evenly_and_keeps_the_newest() {
        for count in 1..3000_u32 {
            let mut undated_queue = UndatedQueue::<32>::new();
            for number in 0..count {
                undated_queue.push(undated(number.into()));
            }
            let dropped = undated_queue.dropped();
            let left: Vec<_> = core::iter::from_fn(|| undated_queue.take(0)?.received_ms).collect();
            assert_eq!(left.len() + dropped as usize, count as usize);
            assert_eq!((left[0], left.last().copied()), (0, Some(u64::from(count) - 1)));
            let widest = left.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
            assert!(widest <= u64::from(count) / 8 + 1, "{count}: {left:?}");
        }
    }

    #[test]
    fn one_in_the_middle_is_removed_and_the_order_stays() {
        for index in 0..6 {
            let mut undated_queue = UndatedQueue::<8>::new();
            (0..5).for_each(|number| undated_queue.push(undated(number)));
            assert_eq!(undated_queue.take(index).is_some(), index < 5);
            let left: Vec<_> = undated_queue.iter().filter_map(|one| one.received_ms).collect();
            assert_eq!(left, (0..5).filter(|n| *n != index as u64).collect::<Vec<_>>());
        }
    }

    #[test]
    fn encodes_and_decodes() {
        let shown = MeterTime::parse(b"270411110000S");
        for (shown, received_ms) in [(shown, Some(7)), (None, Some(7)), (shown, None)] {
            let one = Undated { shown, received_ms, ..undated(6_678_394) };
            assert_eq!(Undated::from_bytes(one.to_bytes()), one);
        }
    }
}
