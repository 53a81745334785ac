//! Saving opportunities ("energy traps" on pages): loads that facilities staff would want to
//! examine, each with its first day, kWh and cost a year, and a confidence. Only the part
//! above a reference load counts, never the whole load:
//!
//! - night: nights above the quietest quarter of the nights of the last four weeks;
//! - weekend: days off above the nights before working days, where they are nearly as busy
//!   as working days;
//! - permanent load: the load from 0 to 5 above that of the same weeks of last year, or
//!   above what half of the other participants have per m², or, where it hardly decreases
//!   at night, above half of the load on working days;
//! - step: the day that divides the last twelve weeks best, where the load rose by more than
//!   it did a year ago.
//!
//! Nights are compared relative to the baseline, so that a cold night is no opportunity.
//! The kinds are known from practice: Energy Sparks (github.com, energy-sparks_analytics,
//! baseload alerts) compares the base load of a school with its own year, with other schools
//! and with its other days of the week. The thresholds are ours: at each of them a manager
//! would still examine the load.
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

/// A kind of saving opportunity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OpportunityKind {
    /// Nights use more than the quiet nights of the same building.
    Night,
    /// Weekends are nearly as busy as weekdays.
    Weekend,
    /// A permanent load.
    NeverAsleep,
    /// The load rose one day and stayed.
    Step,
}

impl OpportunityKind {
    /// The text for pages and reports.
    pub const fn names(self) -> Bilingual<&'static str> {
        let (english, swedish) = match self {
            Self::Night => ("Nights above the building's quietest", "Nätter över husets lugnaste"),
            Self::Weekend => ("Weekends nearly as busy as weekdays", "Helger nästan som vardagar"),
            Self::NeverAsleep => ("A permanent load", "Ständig last"),
            Self::Step => ("The load rose one day and stayed", "Lasten steg en dag och blev kvar"),
        };
        Bilingual { english, swedish }
    }
}

/// The load that a saving opportunity is compared with: its kilowatt-hours are those above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReferenceLoad {
    /// The quietest quarter of the nights of the last four weeks.
    QuietNights,
    /// The same weeks of last year, adjusted to the weather of these.
    LastYear,
    /// The median night load per m² of the other participants.
    Others,
    /// Half of the load on working days.
    WorkingDays,
    /// The nights before working days.
    WeekdayNights,
    /// The weeks before.
    Before,
}

impl ReferenceLoad {
    /// The text for pages and reports.
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

/// Confidence in a finding.
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
    /// The text for pages and reports.
    pub const fn names(self) -> Bilingual<&'static str> {
        let (english, swedish) = match self {
            Self::Low => ("worth a look", "värt en titt"),
            Self::Medium => ("likely", "troligt"),
            Self::High => ("clear", "tydligt"),
        };
        Bilingual { english, swedish }
    }
}

/// A load that could be avoided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SavingOpportunity {
    /// Its kind.
    pub kind: OpportunityKind,
    /// The load that its kilowatt-hours are above.
    pub reference: ReferenceLoad,
    /// Its first local day, to within some days.
    pub since: Date,
    /// Whether it may be older because nothing is known from before.
    pub at_least: bool,
    /// Avoidable energy a year if it stays.
    pub kwh_per_year: f64,
    /// Cost of that energy.
    pub sek_per_year: f64,
    /// Confidence in the finding.
    pub confidence: Confidence,
}

/// Days that are examined.
const DAYS: usize = 28;

impl Standings {
    /// The saving opportunities of a participant, largest first; those by nights and days off
    /// only where three quarters of the last four weeks are known.
    pub fn saving_opportunities(
        &self,
        who: ParticipantIndex,
        now: Time,
        price: SekPerKwh,
    ) -> Vec<SavingOpportunity> {
        self.opportunities_of(who, now, price, &self.nights_per_area(Hour::containing(now)))
    }

    /// The saving opportunities of all participants.
    pub fn all_saving_opportunities(
        &self,
        now: Time,
        price: SekPerKwh,
    ) -> Vec<(ParticipantIndex, SavingOpportunity)> {
        let nights = self.nights_per_area(Hour::containing(now));
        let participants = (0..self.states.len() as u32).map(ParticipantIndex);
        let opportunities = |who| {
            self.opportunities_of(who, now, price, &nights).into_iter().map(move |it| (who, it))
        };
        participants.flat_map(opportunities).collect()
    }

    /// `nights`: night load per m² of all participants.
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
                load_patterns::permanent_load(&days, recent, self.others(who, end, nights));
            // the same load as the step, whose first day is more exact
            found.extend(sleepless.filter(|it| {
                step.as_ref().is_none_or(|step| {
                    it.reference != ReferenceLoad::LastYear
                        || (it.since - step.since).abs() > DAYS as i64 * 24
                })
            }));
        }
        found.extend(step);
        let opportunity = |found: Found| SavingOpportunity {
            kind: found.kind,
            reference: found.reference,
            since: state.calendar.date(found.since.start()),
            at_least: found.at_least,
            kwh_per_year: found.kwh_per_year,
            sek_per_year: found.kwh_per_year * price.0,
            confidence: found.confidence,
        };
        let mut opportunities: Vec<SavingOpportunity> =
            found.into_iter().map(opportunity).collect();
        opportunities.retain(|opportunity| opportunity.kwh_per_year > 0.0);
        opportunities.sort_by(|a, b| b.kwh_per_year.total_cmp(&a.kwh_per_year));
        opportunities
    }

    /// Local days with their known hours; excluded hours are left out.
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

    /// Mean load per area from 0 to 5 in the last four weeks by participant, kW/m²; `None`
    /// where load or area is unknown.
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

    /// Median load per area of the others from 0 to 5 times the own area, kW; `None` with too
    /// few others.
    fn others(&self, who: ParticipantIndex, end: Hour, nights: &[Option<f64>]) -> Option<f64> {
        let area = self.states[who.0 as usize].area(end)?;
        let others = nights.iter().enumerate().filter(|(index, _)| *index != who.0 as usize);
        let others: Vec<f64> = others.filter_map(|(_, level)| *level).collect();
        (others.len() >= load_patterns::OTHERS)
            .then(|| crate::reference_baselines::median(others) * area)
    }
}
