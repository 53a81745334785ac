//! Energy traps: what a facilities person would want to look at, each with the
//! day it began, kWh and money a year, and how sure it is. A trap is the part that
//! could go, never the whole load: what is above something that was reached.
//!
//! - night: nights beside the house's own quietest quarter of the last four weeks;
//! - weekend: days off beside its own weekday nights, where they are nearly as
//!   busy as working days;
//! - never asleep: the load from 0 to 5 beside what the house itself reached in
//!   the same weeks of last year, or beside what half of the other participants
//!   reach per m², or, where it hardly goes down, beside half of its working day;
//! - step: the day that parts the last twelve weeks best, where the load rose by
//!   more than it did a year ago.
//!
//! Nights are compared by what the baseline expects of them, so that a cold night is
//! no trap. The idea of each is known from practice: Energy Sparks (github.com,
//! energy-sparks_analytics, baseload alerts) sets a school's base load beside its own
//! year, beside other schools and beside its other days of the week. Thresholds
//! are ours: at each of them a manager would still go and look.
mod load_patterns;
mod load_step;

use core::ops::Range;

use super::{Standings, hour_energy};
use crate::{
    Bilingual, ParticipantIndex, SekPerKwh, Time,
    participant_state::ParticipantState,
    time::{Hour, each_hour},
};
use jiff::civil::Date;
use load_patterns::{Day, Found};

/// A kind of trap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OpportunityKind {
    /// Nights use more than the house's own quiet nights.
    Night,
    /// Weekends are nearly as busy as weekdays.
    Weekend,
    /// A load that never sleeps.
    NeverAsleep,
    /// The load rose one day and stayed.
    Step,
}

impl OpportunityKind {
    /// In English and in Swedish.
    pub const fn names(self) -> Bilingual<&'static str> {
        let (english, swedish) = match self {
            Self::Night => ("Nights above the house's quietest", "Nätter över husets lugnaste"),
            Self::Weekend => ("Weekends nearly as busy as weekdays", "Helger nästan som vardagar"),
            Self::NeverAsleep => ("A load that never sleeps", "Last som aldrig sover"),
            Self::Step => ("The load rose one day and stayed", "Lasten steg en dag och blev kvar"),
        };
        Bilingual { english, swedish }
    }
}

/// What a trap is reference: its kilowatt-hours are those above this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReferenceLoad {
    /// The quietest quarter of its nights of the last four weeks.
    QuietNights,
    /// The same weeks of last year, in the weather of these.
    LastYear,
    /// What half of the other participants use per m² at night.
    Others,
    /// Half of its load on working days.
    WorkingDays,
    /// Its nights before working days.
    WeekdayNights,
    /// The weeks before.
    Before,
}

impl ReferenceLoad {
    /// In English and in Swedish.
    pub const fn names(self) -> Bilingual<&'static str> {
        let (english, swedish) = match self {
            Self::QuietNights => ("above its own quiet nights", "över de egna lugna nätterna"),
            Self::LastYear => ("above the same weeks of last year", "över samma veckor förra året"),
            Self::Others => (
                "above what half of the others use per m² at night",
                "över vad hälften av de andra använder per m² om natten",
            ),
            Self::WorkingDays => {
                ("above half of its load by day", "över hälften av den egna lasten om dagen")
            }
            Self::WeekdayNights => ("above its own weekday nights", "över de egna vardagsnätterna"),
            Self::Before => ("above the weeks before", "över veckorna före"),
        };
        Bilingual { english, swedish }
    }
}

/// How sure a trap is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Worth a look.
    Low,
    /// Likely.
    Medium,
    /// Plain.
    High,
}

impl Confidence {
    /// In English and in Swedish.
    pub const fn names(self) -> Bilingual<&'static str> {
        let (english, swedish) = match self {
            Self::Low => ("worth a look", "värt en titt"),
            Self::Medium => ("likely", "troligt"),
            Self::High => ("plain", "tydligt"),
        };
        Bilingual { english, swedish }
    }
}

/// One trap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SavingOpportunity {
    /// What kind.
    pub kind: OpportunityKind,
    /// What its kilowatt-hours are above.
    pub reference: ReferenceLoad,
    /// First local day of it, within some days.
    pub since: Date,
    /// It is at least as old as that: there is nothing known from before.
    pub at_least: bool,
    /// What could go, a year, if it stays.
    pub kwh_per_year: f64,
    /// What that costs.
    pub sek_per_year: f64,
    /// How sure it is.
    pub confidence: Confidence,
}

/// Days looked at.
const DAYS: usize = 28;

impl Standings {
    /// The traps of a participant, the dearest first; none where less than three
    /// quarters of the last four weeks is known.
    pub fn saving_opportunities(
        &self,
        who: ParticipantIndex,
        now: Time,
        price: SekPerKwh,
    ) -> Vec<SavingOpportunity> {
        self.opportunities_of(who, now, price, &self.nights_per_area(Hour::containing(now)))
    }

    /// The traps of all, each house's nights looked at once.
    pub fn all_saving_opportunities(
        &self,
        now: Time,
        price: SekPerKwh,
    ) -> Vec<(ParticipantIndex, SavingOpportunity)> {
        let nights = self.nights_per_area(Hour::containing(now));
        let everybody = (0..self.states.len() as u32).map(ParticipantIndex);
        let traps = |who| {
            self.opportunities_of(who, now, price, &nights).into_iter().map(move |it| (who, it))
        };
        everybody.flat_map(traps).collect()
    }

    /// `nights` are of all participants.
    fn opportunities_of(
        &self,
        who: ParticipantIndex,
        now: Time,
        price: SekPerKwh,
        nights: &[Option<f64>],
    ) -> Vec<SavingOpportunity> {
        let state = &self.states[who.0 as usize];
        let end = Hour::containing(now);
        let days = self.known_days(state, state.calendar.hours().start..end);
        let step = load_step::step(&days);
        let mut found: Vec<Found> = Vec::new();
        if let Some(recent) = &load_patterns::recent(&days) {
            found.extend(load_patterns::night(&days, recent));
            found.extend(load_patterns::weekend(&days, recent));
            let sleepless =
                load_patterns::never_asleep(&days, recent, self.others(who, end, nights));
            // the same load, which the step tells better
            found.extend(sleepless.filter(|it| {
                step.as_ref().is_none_or(|step| {
                    it.reference != ReferenceLoad::LastYear
                        || (it.since - step.since).abs() > DAYS as i64 * 24
                })
            }));
        }
        found.extend(step);
        let trap = |found: Found| SavingOpportunity {
            kind: found.kind,
            reference: found.reference,
            since: state.calendar.date(found.since.start()),
            at_least: found.at_least,
            kwh_per_year: found.kwh_per_year,
            sek_per_year: found.kwh_per_year * price.0,
            confidence: found.confidence,
        };
        let mut traps: Vec<SavingOpportunity> = found.into_iter().map(trap).collect();
        traps.retain(|trap| trap.kwh_per_year > 0.0);
        traps.sort_by(|a, b| b.kwh_per_year.total_cmp(&a.kwh_per_year));
        traps
    }

    /// Local days with what is known of them; excluded hours are left out.
    fn known_days(&self, state: &ParticipantState, hours: Range<Hour>) -> Vec<Day> {
        let meter_days = &self.meter_days[state.meters.clone()];
        let mut days: Vec<Day> = Vec::new();
        let mut today = None;
        for hour in each_hour(&hours) {
            let (Some(slot), date) =
                (state.calendar.time_of_week(hour), state.calendar.date_index(hour))
            else {
                continue;
            };
            let Some(known) = hour_energy(meter_days, hour).filter(|_| !state.is_excluded(hour))
            else {
                continue;
            };
            if today != date {
                days.push(Day::new(hour));
                today = date;
            }
            if let Some(day) = days.last_mut() {
                day.add(slot, known.energy.kwh(), state.predict_by_model(hour));
            }
        }
        days
    }

    /// kW per m² from 0 to 5 in the last four weeks, of each participant of which
    /// both are known.
    fn nights_per_area(&self, end: Hour) -> Vec<Option<f64>> {
        let per_area = |state: &ParticipantState| {
            let days = self.known_days(state, end - DAYS as i64 * 24..end);
            Some(
                load_patterns::level(&days[load_patterns::recent(&days)?.range])?
                    / state.area(end)?,
            )
        };
        self.states.iter().map(per_area).collect()
    }

    /// What half of the others use per m² from 0 to 5, times the house's own
    /// area; `None` with too few of them.
    fn others(&self, who: ParticipantIndex, end: Hour, nights: &[Option<f64>]) -> Option<f64> {
        let area = self.states[who.0 as usize].area(end)?;
        let others = nights.iter().enumerate().filter(|(index, _)| *index != who.0 as usize);
        let others: Vec<f64> = others.filter_map(|(_, level)| *level).collect();
        (others.len() >= load_patterns::OTHERS)
            .then(|| crate::reference_baselines::median(others) * area)
    }
}
