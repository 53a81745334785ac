//! Readings that wait until somebody tells the time: no made-up time ever
//! leaves a gateway.
use heapless::Deque;

use crate::Measured;
use crate::meter::MeterTime;

/// As many readings wait; 96 bytes each.
const WAITING: usize = 32;

/// A reading without a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Untimed {
    pub(super) measured: Measured,
    /// What the meter's clock showed.
    pub(super) shown: Option<MeterTime>,
    /// When it came, by the clock that knows only how long ago things are.
    pub(super) received_ms: u64,
}

/// Spans the whole wait evenly, however long: when there is no more room, every
/// second one goes and from then on only half as many are kept. The newest is
/// always there.
#[derive(Debug)]
pub(super) struct Waiting {
    queue: Deque<Untimed, WAITING>,
    /// One in so many is kept.
    stride: u32,
    /// Since the last that was kept.
    since: u32,
    /// Given up.
    dropped: u32,
}

impl Waiting {
    pub(super) const fn new() -> Self {
        Self { queue: Deque::new(), stride: 1, since: 0, dropped: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    pub(super) const fn dropped(&self) -> u32 {
        self.dropped
    }

    pub(super) fn push(&mut self, untimed: Untimed) {
        if self.since > 0 {
            self.queue.pop_back();
            self.dropped = self.dropped.saturating_add(1);
        } else if self.queue.is_full() {
            self.thin();
        }
        // There is room now.
        let _ = self.queue.push_back(untimed);
        self.since = (self.since + 1) % self.stride;
    }

    fn thin(&mut self) {
        for number in 0..WAITING {
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

    /// The oldest, once the time is known.
    pub(super) fn pop(&mut self) -> Option<Untimed> {
        self.stride = 1;
        self.since = 0;
        self.queue.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::WattHours;

    #[test]
    fn spans_the_wait_evenly_and_holds_the_newest() {
        for count in 1..3000_u32 {
            let mut waiting = Waiting::new();
            for number in 0..count {
                let received_ms = number.into();
                let measured = Measured::new(WattHours(received_ms));
                waiting.push(Untimed { measured, shown: None, received_ms });
            }
            let dropped = waiting.dropped();
            let left: Vec<_> =
                core::iter::from_fn(|| waiting.pop()).map(|untimed| untimed.received_ms).collect();
            assert_eq!(left.len() + dropped as usize, count as usize);
            assert_eq!((left[0], left.last().copied()), (0, Some(u64::from(count) - 1)));
            let widest = left.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
            assert!(widest <= u64::from(count) / 8 + 1, "{count}: {left:?}");
        }
    }
}
