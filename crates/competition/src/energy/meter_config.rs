//! A meter's configuration in the automaton's units, and its fingerprint.
use core::hash::{Hash, Hasher};

use crate::{Competition, Country, Meter, Sign};

/// Most that any connection carries, W: keeps all sums far from overflow.
const LARGEST: i64 = 1_000_000_000;
/// Registers beyond this are absurd, mWh: 9 TWh.
pub(crate) const REGISTER_LIMIT: i64 = 9_000_000_000_000_000;

/// One meter. Registers in primary mWh.
#[derive(Debug)]
pub(crate) struct MeterConfig {
    pub(crate) multiplier: i64,
    pub(crate) sign: i64,
    /// W
    pub(crate) capacity: i64,
    pub(crate) rollover: Option<i64>,
    /// Time, last of the old, first of the new.
    pub(crate) epochs: Vec<(i64, i64, i64)>,
    /// Gaps that end later are spread by the baseline's profile.
    pub(crate) contest: i64,
    /// Of all of the above.
    pub(crate) fingerprint: u64,
}

impl MeterConfig {
    pub(crate) fn new(meter: &Meter, competition: &Competition, contest: i64) -> Self {
        let multiplier = i64::from(meter.multiplier.max(1));
        let primary = |register: i64| register.saturating_mul(multiplier).saturating_mul(1000);
        let mut epochs: Vec<_> = meter
            .epochs
            .iter()
            .map(|epoch| (epoch.at.0, primary(epoch.last.0), primary(epoch.first.0)))
            .collect();
        epochs.sort_unstable();
        let mut spec = Self {
            multiplier,
            sign: if meter.sign == Sign::Minus { -1 } else { 1 },
            capacity: meter.capacity.0.clamp(1, LARGEST),
            rollover: meter.rollover.map(|limit| primary(limit.0)).filter(|limit| *limit > 0),
            epochs,
            contest,
            fingerprint: 0,
        };
        let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
        (spec.multiplier, spec.capacity, spec.rollover, &spec.epochs, contest).hash(&mut hash);
        let zone = competition.timezone.iana_name();
        // As text: the fingerprints of stored days were computed so.
        let holidays = competition.holidays.map_or("", Country::as_str);
        (zone, holidays, &competition.special_days).hash(&mut hash);
        (competition.baseline.start, competition.baseline.end).hash(&mut hash);
        spec.fingerprint = hash.finish();
        spec
    }

    /// Whether a connection can carry `amount` mWh in `seconds`. Five seconds
    /// more are allowed, for clocks that stagger.
    pub(crate) fn carries(&self, amount: i64, seconds: i64) -> bool {
        i128::from(amount) * 36
            <= i128::from(self.capacity) * i128::from(seconds.saturating_add(5)) * 10
    }

    /// A power as the meter shows it, in primary watts.
    pub(crate) fn watts(&self, power: i64) -> i64 {
        power.saturating_mul(self.multiplier).clamp(-LARGEST, LARGEST)
    }

    /// A register as the meter shows it, in primary mWh.
    pub(crate) fn primary(&self, register: i64) -> i64 {
        register
            .saturating_mul(self.multiplier)
            .saturating_mul(1000)
            .clamp(-REGISTER_LIMIT, REGISTER_LIMIT)
    }
}

/// FNV-1a: the same in every build, which the standard hasher does not promise.
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
