//! Snapshots: what they hold, and how often they are made.
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use competition::{Leaderboard, MilliWattHours, ParticipantIndex, Time};

use super::{EngineEvent, ParticipantFigures, Snapshot, state::EngineState};
use crate::audit::LockedResult;

/// Between two snapshots, at least …
const APART: Duration = Duration::from_millis(20);
/// … and at least so many times what one costs, so that publishing stays a small
/// share of the thread with ten thousand participants too.
const TIMES: u32 = 10;
/// Time alone moves the board: days begin, contact is lost.
const IDLE: Duration = Duration::from_secs(1);
/// Days over which a direction is told.
const RECENT: i64 = 7 * 86_400;

/// Decides when, and keeps what was last.
#[derive(Debug)]
pub(super) struct SnapshotPublisher {
    last: Arc<Snapshot>,
    made: Option<Instant>,
    cost: Duration,
}

impl SnapshotPublisher {
    pub(super) fn new(last: Arc<Snapshot>) -> Self {
        Self { last, made: None, cost: Duration::ZERO }
    }

    /// When the next snapshot is due; `news` where something came in since the last.
    pub(super) fn due(&self, news: bool) -> Instant {
        let Some(made) = self.made else { return Instant::now() };
        let (least, times) = if news { (APART, TIMES) } else { (IDLE, 10 * TIMES) };
        made + least.max(self.cost * times)
    }

    /// Makes a snapshot, and the events that tell of it.
    pub(super) fn publish(&mut self, core: &mut EngineState) -> (Arc<Snapshot>, Vec<EngineEvent>) {
        let (began, mut events) = (Instant::now(), Vec::new());
        let as_of = core.clock.now();
        let minute = |time: Time| time.0.div_euclid(60);
        let time_passed = minute(as_of) != minute(self.last.as_of);
        for (watch, who) in core.watches.iter_mut().zip((0..).map(ParticipantIndex)) {
            let touched = std::mem::take(&mut watch.touched);
            if touched || time_passed {
                let house = house(&core.standings, who, as_of, watch.step);
                if *watch.house != house {
                    watch.house = Arc::new(house);
                }
            }
            if touched && let Some(measured_at) = watch.house.measured_at {
                events.push(EngineEvent::Reading {
                    participant: who,
                    measured_at,
                    power: watch.house.power,
                    step: watch.jumped.take(),
                });
            }
        }
        let board = core.official(as_of);
        core.trail.published(&board);
        let figures: Vec<_> = core.watches.iter().map(|watch| watch.house.clone()).collect();
        let rebuilt = std::mem::take(&mut core.rebuilt);
        let same = !rebuilt
            && self.made.is_some()
            && same(&board, &self.last.board)
            && figures == self.last.figures;
        let version = self.last.version + u64::from(!same);
        if !same {
            events.push(EngineEvent::Leaderboard(version));
        }
        self.last = Arc::new(Snapshot {
            version,
            as_of,
            board,
            participants: core.participants.clone(),
            figures,
        });
        let now = Instant::now();
        self.made = Some(now);
        self.cost = now - began;
        metrics::gauge!("wattkampen_board_version").set(version as f64);
        metrics::gauge!("wattkampen_stored_readings").set(core.store.readings.count() as f64);
        (self.last.clone(), events)
    }

    /// Version of the last snapshot.
    pub(super) fn version(&self) -> u64 {
        self.last.version
    }
}

/// What is known at a moment, from standings alone: no jump of the power, which only
/// a running service sees. The board is the locked result where there is one.
pub fn snapshot(
    standings: &competition::Standings,
    locked: Option<&LockedResult>,
    as_of: Time,
) -> Snapshot {
    let who = (0..standings.participants().len() as u32).map(ParticipantIndex);
    Snapshot {
        version: 0,
        as_of,
        board: match locked {
            Some(frozen) => frozen.board(standings, as_of),
            None => standings.leaderboard(standings.competition().rule, as_of),
        },
        participants: standings.participants().into(),
        figures: who.map(|who| Arc::new(house(standings, who, as_of, None))).collect(),
    }
}

/// Whether two boards say the same but for when they were made.
fn same(one: &Leaderboard, other: &Leaderboard) -> bool {
    one.rows == other.rows
        && one.total_saved == other.total_saved
        && one.status == other.status
        && one.rule == other.rule
}

fn house(
    standings: &competition::Standings,
    who: ParticipantIndex,
    now: Time,
    step: Option<(Time, competition::Watts)>,
) -> ParticipantFigures {
    let heard = standings.latest_reading(who, now);
    let today = standings.today(who, now);
    let hours = standings.hours(who, now);
    let nights = standings.nights(who, now);
    let recent = standings.energy_comparison(who, Time(now.0 - RECENT)..now);
    ParticipantFigures {
        measured_at: heard.measured_at,
        power: heard.power,
        step,
        today: today.energy,
        today_baseline: today.baseline,
        night: nights[0].power,
        night_before: nights[1].power,
        hours: hours.map(|hour| hour.power),
        hours_baseline: hours.map(|hour| hour.baseline),
        saving_recent_percent: saving(recent.energy, recent.baseline),
    }
}

fn saving(energy: Option<MilliWattHours>, baseline: Option<MilliWattHours>) -> Option<f64> {
    let (energy, baseline) = (energy?, baseline.filter(|baseline| baseline.0 > 0)?);
    Some(100.0 * (1.0 - energy.0 as f64 / baseline.0 as f64))
}
