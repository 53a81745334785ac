//! Doubts about the input of participants: gathers the hours of their meters as evidence,
//! and keeps what follows from the doubts.
use super::{Standings, hour_energy, house_hour};
use crate::{
    Doubt, Measures, Meter, MeterIndex, ParticipantIndex, Production,
    doubts::{self, Evidence, MeterHour, MeterHours, SavingSoFar},
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

    /// Doubts the saving of a participant where it is beyond what measures reach.
    pub(super) fn check_saving(&mut self, who: usize) {
        let state = &self.states[who];
        let totals = state.totals();
        let known = self.meter_days[state.meters.clone()].iter().filter_map(|it| it.latest());
        let contest = &state.calendar.contest;
        let until = known.map(|it| Hour::containing(it.until)).max();
        // What a reference building saves is a shift that others are corrected by.
        let saving = totals.saving().filter(|_| !self.participants[who].reference);
        let saving = saving.zip(until).map(|(saving, until)| SavingSoFar {
            saving,
            hours: totals.matched_hours,
            saved_kwh: totals.saved().kwh(),
            from: contest.start.start(),
            until: until.clamp(contest.start, contest.end.max(contest.start)).start(),
        });
        let acceptances = &self.participants[who].acceptances;
        let limits = &self.competition.doubts;
        self.states[who].doubts.check_saving(saving, acceptances, limits);
    }

    /// Compares the temperatures of all participants again, where one of them changed.
    pub(super) fn compare_temperatures(&mut self) {
        for who in self.peer_temperatures.update(&self.states) {
            self.states[who].doubts_outdated = true;
            self.enqueue(who);
        }
    }

    fn evidence<'a>(&'a self, who: usize) -> Evidence<'a> {
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
        // Panels make an import zero for hours: what is examined then is the building's use.
        let all = &self.participants[who].meters;
        let produces = all.iter().any(|meter| meter.measures != Measures::Use);
        let own_use = self.competition.production == Production::OwnUseCounts;
        let examined =
            |(_, meter): &(usize, &Meter)| !produces || own_use && meter.measures == Measures::Use;
        let meters = state.meters.clone().zip(all).filter(examined);
        let meters = meters.take(if produces { 1 } else { usize::MAX });
        let gather = |index: usize, meter: &'a Meter, is_building: bool| MeterHours {
            meter: MeterIndex(index as u32),
            id: &meter.id,
            sign: if is_building { 1 } else { self.meter_days[index].config.sign },
            active: {
                let active = &self.meter_days[index].config.active;
                let position = |hour: Hour| (hour.clamp(first, end) - first) as usize;
                position(active.start)..position(active.end)
            },
            hours: each_hour(&(first..end))
                .map(|hour| match is_building {
                    true => self.use_hour(state, index, hour),
                    false => self.meter_hour(state, index, hour),
                })
                .collect(),
        };
        let meters = meters.map(|(index, meter)| gather(index, meter, produces));
        let of_production = state
            .meters
            .clone()
            .zip(all)
            .filter(|(_, meter)| own_use && meter.measures != Measures::Use)
            .map(|(index, meter)| gather(index, meter, false));
        let outdoor = each_hour(&(first..end)).map(|hour| Some(state.weather.measured(hour)?.0));
        Evidence {
            calendar,
            first,
            meters: meters.collect(),
            own_use_counts: own_use,
            own_production: of_production.collect(),
            outdoor: outdoor.collect(),
            peers: self.peer_temperatures.median(),
            peer_count: self.peer_temperatures.count(),
        }
    }

    /// The use of a building that produces electricity.
    fn use_hour(&self, state: &ParticipantState, meter: usize, hour: Hour) -> Option<MeterHour> {
        let known = hour_energy(&self.meter_days[state.meters.clone()], hour)?;
        let known = Some(known).filter(|it| it.grade >= Grade::Firm && !state.is_excluded(hour))?;
        Some(MeterHour {
            energy: known.energy.0,
            measured: known.grade == Grade::Measured,
            by_register: self.meter_days[meter].is_by_register(hour),
            zero_quarters: None,
        })
    }

    fn meter_hour(&self, state: &ParticipantState, meter: usize, hour: Hour) -> Option<MeterHour> {
        let days = &self.meter_days[meter];
        // How a long gap is filled is no evidence; that nothing was used in it is.
        let known = days.hour(hour).filter(|it| it.grade >= Grade::Firm || it.energy.0 == 0);
        let known = known.filter(|_| days.is_active(hour) && !state.is_excluded(hour))?;
        Some(MeterHour {
            energy: known.energy.0,
            measured: known.grade == Grade::Measured,
            by_register: days.is_by_register(hour),
            zero_quarters: days.zero_quarters(hour),
        })
    }
}
