//! Results of queries to the standings. What is not known is `None`, never zero.
use core::ops::{AddAssign, Sub};

use crate::{
    Contact, MeterIndex, MilliWattHours, ParticipantIndex, QuarantineReason, Time, WattHours, Watts,
};

/// How the standings treat an appended sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppendOutcome {
    /// It counts.
    Counted,
    /// It does not count; the organiser sees it among the quarantined readings.
    Quarantined(QuarantineReason),
    /// It is not newer than all others of its meter; [`crate::Standings::invalidate`] was
    /// called.
    Late,
}

/// The basis of an amount of energy, best first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Provenance {
    /// Readings at its ends, or at most 15 minutes apart around them.
    Measured,
    /// Measured only in sum with its neighbours; the load profile divides the sum.
    Estimated,
    /// Based on a register that the organiser declared.
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

/// Energy and baseline of the same hours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EnergyComparison {
    /// Energy of the hours that are known.
    pub energy: Option<MilliWattHours>,
    /// Their baseline.
    pub baseline: Option<MilliWattHours>,
}

/// Mean load of an hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HourLoad {
    /// The measured load.
    pub power: Option<Watts>,
    /// The baseline of the hour.
    pub baseline: Option<Watts>,
}

/// The latest reading of a participant and how old it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LatestReading {
    /// Time of the newest reading; of several meters, of the one furthest behind.
    pub measured_at: Option<Time>,
    /// Power at that time; signed sum of the meters.
    pub power: Option<Watts>,
    /// Age class of the reading.
    pub contact: Contact,
}

/// Readings of a meter that are stored but do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantinedReadings {
    /// The participant.
    pub participant: ParticipantIndex,
    /// The meter.
    pub meter: MeterIndex,
    /// The reason.
    pub doubt: QuarantineReason,
    /// Number of readings.
    pub count: u64,
    /// Time of the first.
    pub first: Time,
    /// Time of the last.
    pub last: Time,
    /// Register of the first, as the meter displayed it.
    pub register: WattHours,
    /// Whether the meter is still in quarantine: none of its readings count until its
    /// register continues from the last good one or the organiser declares the change.
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
