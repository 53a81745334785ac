//! What can be asked of the standings beside the board. What is not known is
//! `None`, never zero.
use core::ops::{AddAssign, Sub};

use crate::{
    Contact, MeterIndex, MilliWattHours, ParticipantIndex, QuarantineReason, Time, WattHours, Watts,
};

/// What became of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppendOutcome {
    /// It counts.
    Counted,
    /// It is kept and shown to the organiser; it does not count.
    Doubted(QuarantineReason),
    /// It is not newer than all of its meter: taken as [`crate::Standings::invalidate`].
    Late,
}

/// Where an amount of energy comes from, the best first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Provenance {
    /// Readings at its ends, or at most 15 minutes apart around them.
    Measured,
    /// Measured in sum with its neighbours only; the shape is the baseline's.
    Estimated,
    /// Rests on a register that the organiser declared.
    Substituted,
    /// Not known.
    #[default]
    Missing,
}

/// A bin of a load curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeriesPoint {
    /// Its beginning.
    pub at: Time,
    /// Energy in it.
    pub energy: Option<MilliWattHours>,
    /// The baseline of the same bin.
    pub baseline: Option<MilliWattHours>,
    /// The worst of its quarter-hours, its ends being what counts.
    pub provenance: Provenance,
}

/// Energy beside the baseline of the same quarter-hours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EnergyComparison {
    /// Energy of the known quarter-hours.
    pub energy: Option<MilliWattHours>,
    /// Their baseline.
    pub baseline: Option<MilliWattHours>,
}

/// Mean load of an hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HourLoad {
    /// As measured.
    pub power: Option<Watts>,
    /// As the baseline has it.
    pub baseline: Option<Watts>,
}

/// When a participant was last heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LatestReading {
    /// The newest reading; of several meters the one that is furthest behind.
    pub measured_at: Option<Time>,
    /// Power then; signed sum of the meters.
    pub power: Option<Watts>,
    /// Judged by `measured_at`.
    pub contact: Contact,
}

/// Readings of a meter that were stored and do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantinedReadings {
    /// Whose.
    pub participant: ParticipantIndex,
    /// Which meter.
    pub meter: MeterIndex,
    /// Why.
    pub doubt: QuarantineReason,
    /// How many.
    pub count: u64,
    /// The first.
    pub first: Time,
    /// The last.
    pub last: Time,
    /// Register of the first, as the meter showed it.
    pub register: WattHours,
    /// The meter is still in doubt: nothing of it counts until it comes back to
    /// its old line or the organiser declares the change.
    pub open: bool,
}

/// A participant's sums over the contest hours known so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ContestTotals {
    /// Energy used.
    pub energy: MilliWattHours,
    /// Baseline minus energy, over the hours that have a baseline.
    pub saved: MilliWattHours,
}

impl AddAssign for ContestTotals {
    fn add_assign(&mut self, other: Self) {
        self.energy += other.energy;
        self.saved += other.saved;
    }
}

impl Sub for ContestTotals {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self { energy: self.energy - other.energy, saved: self.saved - other.saved }
    }
}

/// A change of a participant's sums by [`crate::Standings::settle`].
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    /// The participant.
    pub participant: ParticipantIndex,
    /// Start of the first quarter-hour that may differ.
    pub from: Time,
    /// The sums before.
    pub before: ContestTotals,
    /// The sums after.
    pub after: ContestTotals,
}
