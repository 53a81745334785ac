//! Whether a register value is plausible. Two series are followed: that of the last
//! plausible value, and, since the last quarantined one, that of the suspect value. A
//! single wrong value is followed by one that continues the plausible series. A reset,
//! a meter swap or a change of scale continues the suspect series, and stays in
//! quarantine until the organiser declares it, however long that takes. A value that
//! can continue both series belongs to the one that the recent consumption leads to.
use super::{MeterConfig, RegisterState, SuspectPoint};
use crate::{MilliWattHours, QuarantineReason, Time};

pub(super) enum Plausibility {
    /// There is no earlier value.
    First,
    /// Continues the plausible series; `carry` is added where the register rolled over.
    Plausible {
        carry: MilliWattHours,
    },
    /// Continues the suspect series, and the plausible one was a single wrong value.
    SuspectWasRight,
    Quarantined(QuarantineReason),
}

/// Registers below this can rise tenfold in normal use: 10 kWh.
const NEW_REGISTER: MilliWattHours = MilliWattHours(10_000_000);
/// A register that jumps by a factor of ten is a change of scale where it rose by so
/// many times the recent consumption.
const SCALE_CHANGE: f64 = 10.0;
/// A rollover is plausible up to so many times the recent consumption, plus this share
/// of the register's range.
const ROLLOVER_CONSUMPTION: f64 = 4.0;
const ROLLOVER_RANGE: f64 = 1000.0;

/// Checks a value against the plausible point before it.
struct Check<'a> {
    state: &'a RegisterState,
    config: &'a MeterConfig,
    at: Time,
    /// The raw value, and that of the last plausible point.
    raw: MilliWattHours,
    before: MilliWattHours,
    /// Seconds since the last plausible point.
    seconds: i64,
}

/// `raw` is the primary register as the meter has it, without the offset of epochs and
/// rollovers.
pub(super) fn check(
    state: &RegisterState,
    config: &MeterConfig,
    at: Time,
    raw: MilliWattHours,
) -> Plausibility {
    let Some(good) = state.last_good else { return Plausibility::First };
    let before = good.register - state.offset;
    if at <= good.at {
        // Readings have distinct times: only a declared register can be at this time.
        return if raw == before {
            Plausibility::Plausible { carry: MilliWattHours(0) }
        } else {
            Plausibility::Quarantined(QuarantineReason::Conflict)
        };
    }
    let seconds = at.since(good.at);
    Check { state, config, at, raw, before, seconds }.result()
}

impl Check<'_> {
    fn result(&self) -> Plausibility {
        let carry = if self.raw < self.before { self.rollover() } else { Some(MilliWattHours(0)) };
        let carry = carry.filter(|carry| {
            let amount = self.raw + *carry - self.before;
            amount.0 >= 0 && self.config.carries(amount, self.at.since(self.state.still_since))
        });
        let Some(suspect) = self.state.suspect else {
            return match carry {
                Some(MilliWattHours(0)) if self.scale_changed() => {
                    Plausibility::Quarantined(QuarantineReason::Factor)
                }
                Some(carry) => Plausibility::Plausible { carry },
                None => Plausibility::Quarantined(self.reason()),
            };
        };
        let continues_suspect = self.raw >= suspect.register
            && self.config.carries(self.raw - suspect.register, self.at.since(suspect.at));
        match (carry, continues_suspect) {
            (Some(carry), false) => Plausibility::Plausible { carry },
            (Some(carry), true) if carry.0 != 0 || !self.is_nearer_than(&suspect) => {
                Plausibility::Quarantined(suspect.reason)
            }
            (Some(carry), true) => Plausibility::Plausible { carry },
            (None, true) if self.state.unconfirmed && self.raw.0 > 0 => {
                Plausibility::SuspectWasRight
            }
            (None, true) => Plausibility::Quarantined(suspect.reason),
            (None, false) => Plausibility::Quarantined(self.reason()),
        }
    }

    /// Recent consumption over the time since the last plausible point, mWh.
    fn expected(&self) -> f64 {
        self.state.rate().unwrap_or(0.0) * self.seconds as f64
    }

    /// Whether the plausible series explains the value better than the suspect one, or
    /// the two differ by less than a quarter of the consumption since the suspect
    /// value, so that the choice makes little difference.
    fn is_nearer_than(&self, suspect: &SuspectPoint) -> bool {
        let rate = self.state.rate().unwrap_or(0.0);
        let error = |register: MilliWattHours, seconds: i64| {
            ((self.raw - register).0 as f64 - rate * seconds as f64).abs()
        };
        let since_suspect = self.at.since(suspect.at);
        let suspect_after = self.seconds - since_suspect;
        let apart = (suspect.register - self.before).0 as f64 - rate * suspect_after as f64;
        error(self.before, self.seconds) < error(suspect.register, since_suspect)
            || apart.abs() * 4.0 <= (self.raw - suspect.register).0 as f64
    }

    /// The register's range, where it may have rolled over.
    fn rollover(&self) -> Option<MilliWattHours> {
        let range = self.config.rollover?;
        let amount = (self.raw + range - self.before).0;
        let most = ROLLOVER_CONSUMPTION * self.expected() + range.0 as f64 / ROLLOVER_RANGE;
        (amount >= 0 && amount as f64 <= most).then_some(range)
    }

    /// Whether the register jumped by a factor of ten and by far more than the recent
    /// consumption, although the connection could carry it.
    fn scale_changed(&self) -> bool {
        let Some(rate) = self.state.rate() else { return false };
        let amount = (self.raw - self.before).0 as f64;
        self.before >= NEW_REGISTER
            && is_power_of_ten(self.raw, self.before)
            && amount > SCALE_CHANGE * rate * self.seconds as f64
    }

    /// Why a value that does not continue the plausible series is quarantined.
    fn reason(&self) -> QuarantineReason {
        let (raw, before) = (self.raw, self.before);
        match raw.0 {
            0 if before.0 > 0 => QuarantineReason::Zero,
            _ if is_power_of_ten(raw, before) || is_power_of_ten(before, raw) => {
                QuarantineReason::Factor
            }
            _ if raw < before => QuarantineReason::Drop,
            _ => QuarantineReason::Step,
        }
    }
}

/// Whether `large` is 10, 100 or 1000 times `small`, within two percent.
fn is_power_of_ten(large: MilliWattHours, small: MilliWattHours) -> bool {
    small.0 > 0
        && [10.0, 100.0, 1000.0].iter().any(|factor| {
            let ratio = large.0 as f64 / (small.0 as f64 * factor);
            (0.98..=1.02).contains(&ratio)
        })
}
