//! Doubts about the input of participants: gathers the hours of their meters as evidence,
//! and keeps what follows from the doubts.
use super::{Standings, house_hour};
use crate::{
    Doubt, MeterIndex, ParticipantIndex,
    doubts::{self, Evidence, MeterHour, MeterHours},
    energy::Grade,
    participant_state::ParticipantState,
    time::{Hour, each_hour},
};

impl Standings {
    /// The open doubts of a participant, by their beginning.
    pub fn doubts(&self, who: ParticipantIndex) -> &[Doubt] {
        &self.states[who.0 as usize].doubts.open
    }

    /// Derives the doubts of a participant again where an hour of it changed.
    pub(super) fn check_doubts(&mut self, who: usize) {
        if !std::mem::take(&mut self.states[who].doubts_outdated) {
            return;
        }
        let evidence = self.evidence(who);
        let acceptances = &self.participants[who].acceptances;
        let doubts = doubts::derive(evidence, acceptances, &self.competition.doubts);
        let state = &mut self.states[who];
        let meter_days = &self.meter_days[state.meters.clone()];
        state.set_doubts(doubts, |hour| house_hour(meter_days, hour));
    }

    fn evidence(&self, who: usize) -> Evidence<'_> {
        let state = &self.states[who];
        let calendar = &state.calendar;
        let first = calendar.hours().start;
        let last = self.meter_days[state.meters.clone()]
            .iter()
            .filter_map(|meter| meter.latest())
            .map(|latest| Hour::containing(latest.until))
            .max();
        let end =
            last.map_or(first, |last| (last + 1).clamp(first, calendar.contest.end.max(first)));
        let meters = state.meters.clone().zip(&self.participants[who].meters);
        let meters = meters.map(|(index, meter)| MeterHours {
            meter: MeterIndex(index as u32),
            id: &meter.id,
            sign: self.meter_days[index].config.sign,
            hours: each_hour(&(first..end))
                .map(|hour| self.meter_hour(state, index, hour))
                .collect(),
        });
        let outdoor = each_hour(&(first..end)).map(|hour| Some(state.weather.measured(hour)?.0));
        Evidence { calendar, first, meters: meters.collect(), outdoor: outdoor.collect() }
    }

    fn meter_hour(&self, state: &ParticipantState, meter: usize, hour: Hour) -> Option<MeterHour> {
        let days = &self.meter_days[meter];
        // How a long gap is filled is no evidence; that nothing was used in it is.
        let known = days.hour(hour).filter(|it| it.grade >= Grade::Firm || it.energy.0 == 0);
        let known = known.filter(|_| !state.is_excluded(hour))?;
        Some(MeterHour {
            energy: known.energy.0,
            measured: known.grade == Grade::Measured,
            by_register: days.is_by_register(hour),
        })
    }
}
