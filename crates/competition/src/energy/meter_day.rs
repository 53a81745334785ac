//! One UTC day of one meter: its quarter-hours, its doubts, and the automaton's
//! state at its end. About 600 bytes.
use super::{QuarterUpdate, RegisterState};
use crate::{Provenance, QuarantineReason, WattHours};

const KNOWN: u8 = 1;
const FROM: u8 = 2;
const UNTIL: u8 = 4;
const DECLARED: u8 = 8;
const FIRM: u8 = 16;

/// One quarter-hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QuarterEnergy {
    /// mWh
    pub(crate) energy: i64,
    pub(crate) flags: u8,
}

impl QuarterEnergy {
    /// The sum with another meter's: exact where both are, declared where one is.
    pub(crate) fn with(self, energy: i64, flags: u8) -> Self {
        let both = self.flags & flags & (KNOWN | FROM | UNTIL | FIRM);
        Self { energy: self.energy + energy, flags: both | (self.flags | flags) & DECLARED }
    }

    pub(crate) fn starts_exact(self) -> bool {
        self.flags & FROM != 0
    }

    pub(crate) fn ends_exact(self) -> bool {
        self.flags & UNTIL != 0
    }

    /// Measured, or of a gap so short that its energy is nearly where it was used.
    pub(crate) fn firm(self) -> bool {
        self.flags & FIRM != 0
    }

    pub(crate) fn declared(self) -> bool {
        self.flags & DECLARED != 0
    }
}

impl From<&QuarterUpdate> for QuarterEnergy {
    fn from(write: &QuarterUpdate) -> Self {
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        let flags = KNOWN
            | flag(write.from_exact, FROM)
            | flag(write.until_exact, UNTIL)
            | flag(write.firm, FIRM)
            | flag(write.declared, DECLARED);
        Self { energy: write.energy, flags }
    }
}

/// How well an hour's energy is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grade {
    /// Of a longer gap: a true sum, no true shape.
    Estimated,
    /// Of a gap of a few hours: counts as known, and is not learnt from.
    Firm,
    Measured,
}

/// Provenance of a period from what its first and last quarter-hour say of
/// their outer ends.
pub(crate) fn provenance(from_exact: bool, until_exact: bool, declared: bool) -> Provenance {
    match (declared, from_exact && until_exact) {
        (true, _) => Provenance::Substituted,
        (false, true) => Provenance::Measured,
        (false, false) => Provenance::Estimated,
    }
}

/// Energies: nearly always below 4 MWh a quarter-hour.
#[allow(clippy::large_enum_variant)] // nearly all are narrow, and boxing them would cost as much
#[derive(Debug, Clone, PartialEq, Eq)]
enum Energies {
    Narrow([u32; 96]),
    Wide(Box<[i64; 96]>),
}

/// Doubted readings of a day for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QuarantineTally {
    pub(crate) doubt: QuarantineReason,
    pub(crate) count: u64,
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) register: WattHours,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MeterDay {
    energies: Energies,
    flags: [u8; 96],
    pub(crate) doubts: Vec<QuarantineTally>,
    /// After the day's last sample; `None` on a day without samples.
    pub(crate) after: Option<Box<RegisterState>>,
    /// A gap that ended on this day was spread by the profile.
    pub(crate) shaped: bool,
    /// The store has another version of this.
    pub(crate) changed: bool,
}

impl Default for MeterDay {
    fn default() -> Self {
        Self {
            energies: Energies::Narrow([0; 96]),
            flags: [0; 96],
            doubts: Vec::new(),
            after: None,
            shaped: false,
            changed: false,
        }
    }
}

impl MeterDay {
    pub(crate) fn get(&self, index: usize) -> Option<QuarterEnergy> {
        let flags = self.flags[index];
        if flags == 0 {
            return None;
        }
        let energy = match &self.energies {
            Energies::Narrow(energies) => i64::from(energies[index]),
            Energies::Wide(energies) => energies[index],
        };
        Some(QuarterEnergy { energy, flags })
    }

    pub(crate) fn set(&mut self, index: usize, bin: Option<QuarterEnergy>) {
        let QuarterEnergy { energy, flags } = bin.unwrap_or(QuarterEnergy { energy: 0, flags: 0 });
        self.flags[index] = flags;
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

    pub(crate) fn doubt(&mut self, doubt: QuarantineReason, at: i64, register: WattHours) {
        self.changed = true;
        if let Some(tally) = self.doubts.iter_mut().find(|tally| tally.doubt == doubt) {
            tally.count += 1;
            tally.last = at;
        } else {
            self.doubts.push(QuarantineTally { doubt, count: 1, first: at, last: at, register });
        }
    }
}
