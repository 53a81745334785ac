//! A meter's configuration in the units of the state machine, and its fingerprint.
use core::{
    hash::{Hash, Hasher},
    ops::Range,
};

use fnv::FnvHasher;

use crate::{
    Competition, Correction, Country, Measures, Meter, MilliWattHours, Production, Sign, Time,
    WattHours, Watts, calendar::midnight, time::Hour,
};

/// Largest capacity of a connection. It keeps all sums far from overflow.
const MAX_POWER: Watts = Watts(1_000_000_000);
/// Largest register value: 9 TWh.
pub(crate) const MAX_REGISTER: MilliWattHours = MilliWattHours(9_000_000_000_000_000);

/// A declared meter swap or reset. The fields are hashed in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RegisterChange {
    pub(crate) at: Time,
    /// Last value of the old register, first value of the new one; primary.
    pub(crate) last: MilliWattHours,
    pub(crate) first: MilliWattHours,
}

/// Registers and powers are primary: multiplied where a meter is behind current
/// transformers.
#[derive(Debug)]
pub(crate) struct MeterConfig {
    pub(crate) multiplier: i64,
    /// 1, or −1 for a meter whose energy is subtracted.
    pub(crate) sign: i64,
    pub(crate) measures: Measures,
    /// What it subtracts may exceed what the building takes.
    pub(crate) is_netted: bool,
    /// Largest power that the connection carries.
    pub(crate) capacity: Watts,
    /// Register value at which the register starts again from zero.
    pub(crate) rollover: Option<MilliWattHours>,
    /// Oldest first.
    pub(crate) changes: Vec<RegisterChange>,
    /// Hours whose energy is multiplied by a factor; stored days do not depend on them.
    corrections: Vec<(Range<Hour>, f64)>,
    /// Hours in which the meter is part of the building's sum; stored days do not depend
    /// on them.
    pub(crate) active: Range<Hour>,
    /// Gaps that end after this are filled by the load profile.
    pub(crate) contest_start: Time,
    /// Hash of everything that stored days depend on. Stores hold it: the same
    /// configuration has the same fingerprint in every version of this crate.
    pub(crate) fingerprint: u64,
}

impl MeterConfig {
    pub(crate) fn new(meter: &Meter, competition: &Competition, contest_start: Time) -> Self {
        let multiplier = i64::from(meter.multiplier.max(1));
        let primary = |register: WattHours| {
            MilliWattHours(register.0.saturating_mul(multiplier).saturating_mul(1000))
        };
        let changes = meter.epochs.iter().map(|epoch| RegisterChange {
            at: epoch.at,
            last: primary(epoch.last),
            first: primary(epoch.first),
        });
        let mut changes: Vec<_> = changes.collect();
        changes.sort_unstable();
        let capacity = meter.capacity.clamp(Watts(1), MAX_POWER);
        let rollover = meter.rollover.map(primary).filter(|limit| limit.0 > 0);
        let mut hasher = FnvHasher::default();
        (multiplier, capacity, rollover, &changes, contest_start).hash(&mut hasher);
        let zone = competition.timezone.iana_name();
        let holidays = competition.holidays.map_or("", Country::as_str);
        (zone, holidays, &competition.special_days).hash(&mut hasher);
        (competition.baseline.start, competition.baseline.end).hash(&mut hasher);
        Self {
            multiplier,
            sign: match (meter.measures, meter.sign) {
                (Measures::Export, _) | (Measures::Use, Sign::Minus) => -1,
                (Measures::Production, _) | (Measures::Use, Sign::Plus) => 1,
            },
            measures: meter.measures,
            is_netted: meter.measures == Measures::Export
                && competition.production == Production::Net,
            capacity,
            rollover,
            changes,
            corrections: meter.corrections.iter().map(corrected_hours).collect(),
            active: active_hours(meter, competition),
            contest_start,
            fingerprint: hasher.finish(),
        }
    }

    /// The energy of an hour, or of a part of it, with the declared corrections.
    pub(crate) fn corrected(&self, hour: Hour, energy: MilliWattHours) -> MilliWattHours {
        let factors = self.corrections.iter().filter(|(hours, _)| hours.contains(&hour));
        factors.fold(energy, |energy, (_, factor)| {
            MilliWattHours((energy.0 as f64 * factor).round() as i64)
        })
    }

    /// Whether the connection can carry `amount` in `seconds`. Five more seconds are
    /// allowed, for clocks that are adjusted.
    pub(crate) fn carries(&self, amount: MilliWattHours, seconds: i64) -> bool {
        i128::from(amount.0) * 36
            <= i128::from(self.capacity.0) * i128::from(seconds.saturating_add(5)) * 10
    }

    /// Primary power of a power that the meter sent.
    pub(crate) fn primary_power(&self, power: Watts) -> Watts {
        Watts(power.0.saturating_mul(self.multiplier)).clamp(-MAX_POWER, MAX_POWER)
    }

    /// Primary register of a register that the meter sent.
    pub(crate) fn primary_register(&self, register: WattHours) -> MilliWattHours {
        let register = register.0.saturating_mul(self.multiplier).saturating_mul(1000);
        MilliWattHours(register.clamp(-MAX_REGISTER.0, MAX_REGISTER.0))
    }
}

fn corrected_hours(it: &Correction) -> (Range<Hour>, f64) {
    (Hour::containing(it.from)..Hour::at_or_after(it.until), it.factor)
}

fn active_hours(meter: &Meter, competition: &Competition) -> Range<Hour> {
    let hour = |date| Hour::at_or_after(midnight(&competition.timezone, date));
    let counts = match competition.production {
        Production::OwnUseCounts => true,
        Production::Net => meter.measures != Measures::Production,
        Production::NotCounted => meter.measures == Measures::Use,
    };
    if !counts {
        return Hour::new(0)..Hour::new(0);
    }
    let start = meter.from.map_or(Hour::new(i64::MIN), hour);
    start..meter.until.map_or(Hour::new(i64::MAX), hour)
}
