//! The state of a competition: quarter-hours, baselines and contest sums, kept up to date
//! with the readings.
//!
//! Work: a sample that is the newest of its meter costs a constant amount, whatever the
//! history and the number of participants. A late sample is recorded in constant time, and
//! [`Standings::settle`] recomputes its day. Memory: 0.45 MB for a participant with one
//! meter and 15 months of data; see `meter_days` and `participant_state`.
mod apply_readings;
mod board;
mod clusters;
mod doubt_check;
mod effect;
mod ineligibility_check;
mod meter_set;
mod notices;
mod own_production;
mod peer_temperatures;
mod portfolio;
mod queries;
mod refit;
mod saving_opportunities;
mod what_if;

pub use effect::Effect;
pub use notices::{Notice, NoticeKind};
pub use portfolio::Portfolio;
pub use saving_opportunities::{Confidence, OpportunityKind, ReferenceLoad, SavingOpportunity};

use std::{collections::HashMap, sync::Arc};

use self::peer_temperatures::PeerTemperatures;
use crate::{
    Competition, MeterIndex, MilliWattHours, Participant, ParticipantIndex, RejectReason, Sample,
    Time,
    calendar::Calendar,
    energy::{Grade, HourEnergy, HouseHour, MAX_REGISTER, MeterConfig, QuarterUpdate},
    meter_days::MeterDays,
    participant_state::ParticipantState,
    time::Hour,
};

/// The standings of one competition; a function of the set of samples.
#[derive(Debug)]
pub struct Standings {
    competition: Competition,
    participants: Vec<Participant>,
    names: HashMap<String, MeterIndex>,
    owners: Vec<ParticipantIndex>,
    meter_days: Vec<MeterDays>,
    states: Vec<ParticipantState>,
    /// By meter: a day could not be restored, so no later day is.
    broken: Vec<bool>,
    locked: bool,
    writes: Vec<QuarterUpdate>,
    peer_temperatures: PeerTemperatures,
    /// Participants that [`Standings::settle`] has to recompute.
    queue: Vec<usize>,
}

impl Standings {
    /// Standings without readings. Meters are numbered through all participants in order.
    pub fn new(competition: Competition, participants: Vec<Participant>) -> Self {
        let shared = Arc::new(Calendar::new(&competition, &[]));
        let first_day = shared.hours().start.day();
        let contest = shared.contest.start.start();
        let mut names = HashMap::new();
        let (mut owners, mut meter_days, mut states) = (Vec::new(), Vec::new(), Vec::new());
        for (who, participant) in participants.iter().enumerate() {
            let calendar = match participant.special_days.as_slice() {
                [] => shared.clone(),
                own => Arc::new(Calendar::new(&competition, own)),
            };
            let first = meter_days.len();
            let meters = first..first + participant.meters.len();
            let state = ParticipantState::new(participant, meters, calendar);
            let edges = state.edges();
            for meter in &participant.meters {
                names.insert(meter.id.clone(), MeterIndex(meter_days.len() as u32));
                owners.push(ParticipantIndex(who as u32));
                let config = MeterConfig::new(meter, &competition, contest);
                let own = [config.active.start, config.active.end].map(Hour::first_quarter);
                let edges = edges.iter().copied().chain(own).collect();
                meter_days.push(MeterDays::new(config, first_day, edges));
            }
            states.push(state);
        }
        Self {
            broken: vec![false; meter_days.len()],
            competition,
            participants,
            names,
            owners,
            meter_days,
            states,
            locked: false,
            writes: Vec::new(),
            peer_temperatures: PeerTemperatures::default(),
            queue: Vec::new(),
        }
    }

    /// The competition and its rules.
    pub fn competition(&self) -> &Competition {
        &self.competition
    }

    /// The participants, by [`ParticipantIndex`].
    pub fn participants(&self) -> &[Participant] {
        &self.participants
    }

    /// The meter with this id.
    pub fn meter(&self, id: &str) -> Option<MeterIndex> {
        self.names.get(id).copied()
    }

    /// The participant that a meter belongs to.
    pub fn owner(&self, meter: MeterIndex) -> ParticipantIndex {
        self.owners[meter.0 as usize]
    }

    /// The time of the newest sample of a meter, quarantined samples included.
    pub fn newest(&self, meter: MeterIndex) -> Option<Time> {
        self.meter_days[meter.0 as usize].state.newest
    }

    /// The time up to which anything is known of any meter.
    pub fn newest_data(&self) -> Option<Time> {
        self.meter_days.iter().filter_map(MeterDays::latest).map(|latest| latest.until).max()
    }

    /// Locks the result, or unlocks it for an amendment that the audit log records.
    pub fn lock(&mut self, locked: bool) {
        self.locked = locked;
    }

    /// Checks a sample by itself and by the clock. A rejected sample is not to be stored.
    ///
    /// # Errors
    /// [`RejectReason`] where the sample is rejected.
    pub fn screen(
        &self,
        meter: MeterIndex,
        sample: &Sample,
        now: Time,
    ) -> Result<(), RejectReason> {
        let spec = &self.meter_days[meter.0 as usize].config;
        let state = &self.states[self.owners[meter.0 as usize].0 as usize];
        let scale = spec.multiplier.saturating_mul(1000);
        let largest = spec.rollover.unwrap_or(MAX_REGISTER).min(MAX_REGISTER).0 / scale;
        let fits = |register: i64| (0..=largest).contains(&register);
        let carried = spec.capacity.0.saturating_mul(2) / spec.multiplier;
        if self.locked {
            Err(RejectReason::Locked)
        } else if sample.at.0.saturating_sub(now.0) > AHEAD {
            Err(RejectReason::Future)
        } else if sample.at < state.calendar.baseline.start.start() {
            Err(RejectReason::BeforeBaseline)
        } else if is_sentinel(sample.import.0) || sample.export.is_some_and(|it| is_sentinel(it.0))
        {
            Err(RejectReason::Sentinel)
        } else if !fits(sample.import.0) || sample.export.is_some_and(|export| !fits(export.0)) {
            Err(RejectReason::OutOfRange)
        } else if sample.power.is_some_and(|power| power.0.unsigned_abs() > carried.unsigned_abs())
        {
            Err(RejectReason::Capacity)
        } else {
            Ok(())
        }
    }
}

/// Seconds by which a sample may be ahead of the server's clock.
const AHEAD: i64 = 300;

/// Whether a register is 2³¹ − 1 or 2³² − 1 in Wh, 10 Wh, 100 Wh or kWh: meters send a
/// counter with all bits set for "no value".
fn is_sentinel(register: i64) -> bool {
    [i64::from(i32::MAX), i64::from(u32::MAX)]
        .iter()
        .any(|value| [1, 10, 100, 1000].iter().any(|unit| register == value * unit))
}

/// Part of the energy that the meters of a house moved in an hour by which their signed
/// sum may be below zero: meters are not read at the same second.
const BELOW_ZERO: f64 = 0.02;

/// Signed sum of a participant's meters in an hour: of those that it had then.
fn house_hour(meters: &[MeterDays], hour: Hour) -> HouseHour {
    let mut sum = HourEnergy { energy: MilliWattHours(0), grade: Grade::Measured };
    let (mut moved, mut netted, mut any) = (0_i64, 0_i64, false);
    for meter in meters.iter().filter(|meter| meter.is_active(hour)) {
        any = true;
        let Some(HourEnergy { energy, grade }) = meter.hour(hour) else {
            return HouseHour::Unknown;
        };
        sum.energy += MilliWattHours(meter.config.sign * energy.0);
        sum.grade = sum.grade.min(grade);
        if meter.config.is_netted {
            netted = netted.saturating_add(energy.0);
        } else {
            moved = moved.saturating_add(energy.0);
        }
    }
    match sum {
        _ if !any => HouseHour::Unknown,
        HourEnergy { grade: Grade::Unplaced, .. } => HouseHour::Unplaced,
        HourEnergy { energy, .. } if ((energy.0 + netted) as f64) < -BELOW_ZERO * moved as f64 => {
            HouseHour::BelowZero
        }
        known => HouseHour::Known(known),
    }
}

/// Signed sum of a participant's meters in an hour, where it is known and believed.
fn hour_energy(meters: &[MeterDays], hour: Hour) -> Option<HourEnergy> {
    house_hour(meters, hour).known()
}
