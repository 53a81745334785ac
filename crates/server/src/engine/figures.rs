//! Live figures of the participants: what a snapshot shows beside the leaderboard.
use std::sync::Arc;

use competition::{MilliWattHours, ParticipantIndex, Standings, Time, Watts};

use super::EngineEvent;

/// Seconds over which [`ParticipantFigures::saving_recent_percent`] is computed.
const RECENT: i64 = 7 * 86_400;

/// Live figures of one participant at the snapshot's moment; `None` is "not known".
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParticipantFigures {
    /// Time of the newest reading.
    pub measured_at: Option<Time>,
    /// Power of the whole building then.
    pub power: Option<Watts>,
    /// The last step of the power, and when it was measured.
    pub step: Option<(Time, Watts)>,
    /// Energy since local midnight.
    pub today: Option<MilliWattHours>,
    /// Baseline of the same hours.
    pub today_baseline: Option<MilliWattHours>,
    /// Mean power of the last complete night, 22:00 to 05:00 local time.
    pub night: Option<Watts>,
    /// Mean power of the night before that.
    pub night_before: Option<Watts>,
    /// Mean power of each of the last 24 hours, oldest first.
    pub hours: [Option<Watts>; 24],
    /// Baseline of the same hours.
    pub hours_baseline: [Option<Watts>; 24],
    /// Saving over the last seven days, percent of the baseline.
    pub saving_recent_percent: Option<f64>,
}

impl ParticipantFigures {
    /// The figures at a moment, from the standings alone.
    pub(super) fn at(standings: &Standings, who: ParticipantIndex, now: Time) -> Self {
        let newest = standings.latest_reading(who, now);
        let today = standings.today(who, now);
        let hours = standings.hours(who, now);
        let nights = standings.nights(who, now);
        let recent = standings.energy_comparison(who, Time(now.0 - RECENT)..now);
        Self {
            measured_at: newest.measured_at,
            power: newest.power,
            step: None,
            today: today.energy,
            today_baseline: today.baseline,
            night: nights[0].power,
            night_before: nights[1].power,
            hours: hours.map(|hour| hour.power),
            hours_baseline: hours.map(|hour| hour.baseline),
            saving_recent_percent: saving_percent(recent.energy, recent.baseline),
        }
    }
}

fn saving_percent(energy: Option<MilliWattHours>, baseline: Option<MilliWattHours>) -> Option<f64> {
    let (energy, baseline) = (energy?, baseline.filter(|baseline| baseline.0 > 0)?);
    Some(100.0 * (1.0 - energy.0 as f64 / baseline.0 as f64))
}

/// The figures of all participants, recomputed where something changed.
#[derive(Debug)]
pub(super) struct LiveParticipants(Vec<LiveParticipant>);

#[derive(Debug, Default)]
struct LiveParticipant {
    /// Its readings or its declared data changed since the last snapshot.
    changed: bool,
    step: Option<(Time, Watts)>,
    /// A step since the last snapshot.
    new_step: Option<Watts>,
    figures: Arc<ParticipantFigures>,
}

impl LiveParticipants {
    pub(super) fn new(participants: usize) -> Self {
        let changed = || LiveParticipant { changed: true, ..LiveParticipant::default() };
        Self((0..participants).map(|_| changed()).collect())
    }

    pub(super) fn mark_changed(&mut self, who: ParticipantIndex) {
        self.0[who.0 as usize].changed = true;
    }

    pub(super) fn mark_all_changed(&mut self) {
        self.0.iter_mut().for_each(|live| live.changed = true);
    }

    /// The power of a participant jumped.
    pub(super) fn record_step(&mut self, who: ParticipantIndex, at: Time, step: Watts) {
        let live = &mut self.0[who.0 as usize];
        live.step = Some((at, step));
        live.new_step = Some(step);
    }

    /// Recomputes the figures that changed, all of them where `all`; gives an event for
    /// each participant with new readings.
    pub(super) fn refresh(
        &mut self,
        standings: &Standings,
        as_of: Time,
        all: bool,
    ) -> Vec<EngineEvent> {
        let mut events = Vec::new();
        for (live, who) in self.0.iter_mut().zip((0..).map(ParticipantIndex)) {
            let changed = std::mem::take(&mut live.changed);
            if changed || all {
                let mut figures = ParticipantFigures::at(standings, who, as_of);
                figures.step = live.step;
                if *live.figures != figures {
                    live.figures = Arc::new(figures);
                }
            }
            if changed && let Some(measured_at) = live.figures.measured_at {
                events.push(EngineEvent::Reading {
                    participant: who,
                    measured_at,
                    power: live.figures.power,
                    step: live.new_step.take(),
                });
            }
        }
        events
    }

    /// The figures, by [`ParticipantIndex`].
    pub(super) fn figures(&self) -> Vec<Arc<ParticipantFigures>> {
        self.0.iter().map(|live| live.figures.clone()).collect()
    }
}
