//! One UTC day of one meter: its quarter-hours, its quarantined readings, and the
//! state of the register at its end. About 600 bytes.
use super::{Precision, QuarterUpdate, RegisterState};
use crate::{
    MilliWattHours, Provenance, QuarantineReason, Time, WattHours, time::QUARTERS_PER_DAY,
};

const KNOWN: u8 = 1;
const START_EXACT: u8 = 2;
const END_EXACT: u8 = 4;
const DECLARED: u8 = 8;
const FIRM: u8 = 16;
const START_CLOSE: u8 = 32;
const END_CLOSE: u8 = 64;
/// Only of a gap that is divided again, never stored.
const UNPLACED: u8 = 128;

/// Flags that a sum has where all of its parts have them.
const PRECISION: u8 = KNOWN | START_EXACT | END_EXACT | FIRM | START_CLOSE | END_CLOSE;

/// The energy of a quarter-hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QuarterEnergy {
    pub(crate) energy: MilliWattHours,
    /// As stored; never 0.
    pub(crate) flags: u8,
}

impl QuarterEnergy {
    /// The sum with another meter's: exact where both are, declared where one is.
    pub(crate) fn plus(self, other: Self) -> Self {
        let both = self.flags & other.flags & PRECISION;
        let either = (self.flags | other.flags) & (DECLARED | UNPLACED);
        Self { energy: self.energy + other.energy, flags: both | either }
    }

    /// Whether the register was measured at the quarter-hour's start.
    pub(crate) fn starts_exact(self) -> bool {
        self.flags & START_EXACT != 0
    }

    /// Whether the register was measured at the quarter-hour's end.
    pub(crate) fn ends_exact(self) -> bool {
        self.flags & END_EXACT != 0
    }

    /// Whether the register is known well at the quarter-hour's start.
    pub(crate) fn starts_close(self) -> bool {
        self.flags & START_CLOSE != 0
    }

    /// Whether the register is known well at the quarter-hour's end.
    pub(crate) fn ends_close(self) -> bool {
        self.flags & END_CLOSE != 0
    }

    /// Whether only the sum with quarter-hours beyond an edge is known, see
    /// [`crate::gaps`].
    pub(crate) fn is_unplaced(self) -> bool {
        self.flags & UNPLACED != 0
    }

    /// Known only in sum with quarter-hours beyond an edge.
    pub(crate) fn unplaced(self) -> Self {
        Self { flags: self.flags | UNPLACED, ..self }
    }

    /// Another amount, whose distribution is an estimate.
    pub(crate) fn estimated(self, energy: MilliWattHours) -> Self {
        Self { energy, flags: KNOWN | (self.flags & DECLARED) }
    }

    /// Measured, or interpolated over a gap so short that little energy is attributed
    /// to another hour.
    pub(crate) fn is_firm(self) -> bool {
        self.flags & FIRM != 0
    }

    /// Whether it depends on a register value that the organiser declared.
    pub(crate) fn is_declared(self) -> bool {
        self.flags & DECLARED != 0
    }
}

impl From<&QuarterUpdate> for QuarterEnergy {
    fn from(update: &QuarterUpdate) -> Self {
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        let flags = KNOWN
            | flag(update.start == Precision::Exact, START_EXACT)
            | flag(update.end == Precision::Exact, END_EXACT)
            | flag(update.start.min(update.end) >= Precision::Firm, FIRM)
            | flag(update.start >= Precision::Close, START_CLOSE)
            | flag(update.end >= Precision::Close, END_CLOSE)
            | flag(update.declared, DECLARED);
        Self { energy: update.energy, flags }
    }
}

/// How well the energy of an hour is known, rising.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grade {
    /// Part of a gap over an edge, whose sum says nothing about either side.
    Unplaced,
    /// Part of a long gap: the sum of the gap is right, its distribution is estimated.
    Estimated,
    /// Part of a gap of at most four hours: the hour counts as known, and a baseline is
    /// fitted to its share of the gap.
    Firm,
    /// Between readings that are at most an hour and a quarter apart.
    Close,
    Measured,
}

/// Energy of an hour whose four quarter-hours are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HourEnergy {
    pub(crate) energy: MilliWattHours,
    /// That of the least certain part.
    pub(crate) grade: Grade,
}

/// What the meters of a house show of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HouseHour {
    /// A meter has no value.
    Unknown,
    /// Part of a gap over an edge, whose sum says nothing about either side.
    Unplaced,
    /// The meters that are subtracted have more than the others: one of them is wrong.
    BelowZero,
    Known(HourEnergy),
}

impl HouseHour {
    pub(crate) fn known(self) -> Option<HourEnergy> {
        match self {
            Self::Known(energy) => Some(energy),
            Self::Unknown | Self::Unplaced | Self::BelowZero => None,
        }
    }
}

/// Provenance of consecutive quarter-hours from the outer ends of the first and last.
pub(crate) fn provenance(start_exact: bool, end_exact: bool, declared: bool) -> Provenance {
    match (declared, start_exact && end_exact) {
        (true, _) => Provenance::Substituted,
        (false, true) => Provenance::Measured,
        (false, false) => Provenance::Estimated,
    }
}

/// Energies in mWh. Nearly all quarter-hours are between 0 and 4 MWh.
#[allow(clippy::large_enum_variant)] // a box for the common variant would cost as much
#[derive(Debug, Clone, PartialEq, Eq)]
enum Energies {
    Narrow([u32; QUARTERS_PER_DAY]),
    Wide(Box<[i64; QUARTERS_PER_DAY]>),
}

/// Quarantined readings of a day for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QuarantineTally {
    pub(crate) reason: QuarantineReason,
    pub(crate) count: u64,
    pub(crate) first: Time,
    pub(crate) last: Time,
    /// Register of the first, as the meter sent it.
    pub(crate) register: WattHours,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MeterDay {
    energies: Energies,
    flags: [u8; QUARTERS_PER_DAY],
    pub(crate) quarantined: Vec<QuarantineTally>,
    /// The register's state after the day's last reading; `None` without readings.
    pub(crate) end_state: Option<Box<RegisterState>>,
    /// A gap that ended on this day was filled by the load profile.
    pub(crate) uses_profile: bool,
    /// The day changed since it was encoded for the store.
    pub(crate) changed: bool,
}

impl Default for MeterDay {
    fn default() -> Self {
        Self {
            energies: Energies::Narrow([0; QUARTERS_PER_DAY]),
            flags: [0; QUARTERS_PER_DAY],
            quarantined: Vec::new(),
            end_state: None,
            uses_profile: false,
            changed: false,
        }
    }
}

impl MeterDay {
    /// The quarter-hour `index` of the day, 0 to 95.
    pub(crate) fn get(&self, index: usize) -> Option<QuarterEnergy> {
        let flags = self.flags[index];
        if flags == 0 {
            return None;
        }
        let energy = MilliWattHours(match &self.energies {
            Energies::Narrow(energies) => i64::from(energies[index]),
            Energies::Wide(energies) => energies[index],
        });
        Some(QuarterEnergy { energy, flags })
    }

    pub(crate) fn set(&mut self, index: usize, value: Option<QuarterEnergy>) {
        let energy = value.map_or(0, |value| value.energy.0);
        self.flags[index] = value.map_or(0, |value| value.flags);
        self.changed = true;
        match (&mut self.energies, u32::try_from(energy)) {
            (Energies::Narrow(energies), Ok(energy)) => energies[index] = energy,
            (Energies::Wide(energies), _) => energies[index] = energy,
            (Energies::Narrow(energies), Err(_)) => {
                let mut wide = Box::new(energies.map(i64::from));
                wide[index] = energy;
                self.energies = Energies::Wide(wide);
            }
        }
    }

    pub(crate) fn quarantine(&mut self, reason: QuarantineReason, at: Time, register: WattHours) {
        self.changed = true;
        if let Some(tally) = self.quarantined.iter_mut().find(|tally| tally.reason == reason) {
            tally.count += 1;
            tally.last = at;
        } else {
            let tally = QuarantineTally { reason, count: 1, first: at, last: at, register };
            self.quarantined.push(tally);
        }
    }
}
