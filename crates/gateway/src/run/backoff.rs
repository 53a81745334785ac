//! How long to wait before the next attempt to connect.
use wire::GatewayId;

const FIRST_MS: u64 = 1_000;
const LONGEST_MS: u64 = 60_000;

/// Doubles from one second to one minute. Each wait lies between half and the
/// whole of that, different for each gateway: after an outage of the broker a
/// hundred of them do not come at once.
pub(super) struct Backoff {
    next_ms: u64,
    random: u32,
}

impl Backoff {
    pub(super) fn new(gateway: &GatewayId, boot: u32) -> Self {
        let random = gateway
            .as_str()
            .bytes()
            .chain(boot.to_le_bytes())
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        // Xorshift never leaves 0.
        Self { next_ms: FIRST_MS, random: random | 1 }
    }

    /// A connection held: begin anew.
    pub(super) fn reset(&mut self) {
        self.next_ms = FIRST_MS;
    }

    /// The next wait.
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
    fn begins_anew() {
        let mut backoff = Backoff::new(&"x".parse().expect("an id"), 1);
        for _ in 0..10 {
            backoff.next_ms();
        }
        backoff.reset();
        assert!(backoff.next_ms() <= FIRST_MS);
    }
}
