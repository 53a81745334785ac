//! The time between two connection attempts.
use wire::GatewayId;

use crate::hash::fnv1a;

const FIRST_MS: u64 = 1_000;
const LONGEST_MS: u64 = 60_000;

/// Exponential backoff from one second to one minute. Each wait is drawn from the upper
/// half of that range, from a different seed for each gateway, so that after an outage of
/// the broker the gateways do not reconnect at the same moment.
pub(super) struct Backoff {
    next_ms: u64,
    random: u32,
}

impl Backoff {
    pub(super) fn new(gateway: &GatewayId, boot: u32) -> Self {
        let random = fnv1a(gateway.as_str().bytes().chain(boot.to_le_bytes()));
        // Zero is a fixed point of xorshift.
        Self { next_ms: FIRST_MS, random: random | 1 }
    }

    /// Starts again at one second.
    pub(super) fn reset(&mut self) {
        self.next_ms = FIRST_MS;
    }

    /// The next wait, ms (xorshift32, Marsaglia 2003).
    pub(super) fn next_ms(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        let half = self.next_ms / 2;
        let wait = half + u64::from(self.random) % (half + 1);
        self.next_ms = (self.next_ms * 2).min(LONGEST_MS);
        wait
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn waits(gateway: &str) -> Vec<u64> {
        let mut backoff = Backoff::new(&gateway.parse().expect("an id"), 1);
        (0..20).map(|_| backoff.next_ms()).collect()
    }

    #[test]
    fn doubles_to_a_minute_with_jitter() {
        let waits = waits("soderhamn-1");
        for (number, wait) in waits.iter().enumerate() {
            let whole = (FIRST_MS << number.min(6)).min(LONGEST_MS);
            assert!((whole / 2..=whole).contains(wait), "{number}: {wait}");
        }
        assert_ne!(waits, super::tests::waits("pitea-1"));
    }

    #[test]
    fn starts_again_after_a_reset() {
        let mut backoff = Backoff::new(&"x".parse().expect("an id"), 1);
        for _ in 0..10 {
            backoff.next_ms();
        }
        backoff.reset();
        assert!(backoff.next_ms() <= FIRST_MS);
    }
}
