//! Whether a baseline still fits where a meter was added or taken down: what the building
//! used before and after that day, beside what the meter has.
use core::ops::Range;

use super::{Notice, NoticeKind, Standings, hour_energy};
use crate::{
    Bilingual, MilliWattHours, ParticipantIndex,
    eligibility::{Ineligibility, day_month},
    meter_days::MeterDays,
    participant_state::ParticipantState,
    time::{Hour, each_hour},
};

/// Hours on either side of the day that are compared, and how many of them must be known.
const HOURS: i64 = 14 * 24;
const FEWEST: i64 = 7 * 24;
/// Hours by which the histories of a participant's meters may begin apart.
const WEEK: i64 = 7 * 24;
/// Part of the meter's energy by which the building's may change on that day.
const MOST: f64 = 0.5;

/// Mean energy of a day over the known hours of a range.
fn daily(
    hours: Range<Hour>,
    energy: impl Fn(Hour) -> Option<MilliWattHours>,
) -> Option<MilliWattHours> {
    let known: Vec<i64> = each_hour(&hours).filter_map(|hour| Some(energy(hour)?.0)).collect();
    let count = known.len() as i64;
    (count >= FEWEST).then(|| MilliWattHours(known.iter().sum::<i64>() * 24 / count))
}

impl Standings {
    /// A notice about a meter that did not count through both baseline and contest.
    pub(super) fn meter_set(&self, who: ParticipantIndex, meter: usize) -> Option<Notice> {
        let state = &self.states[who.0 as usize];
        let days = &self.meter_days[meter];
        let name = &self.participants[who.0 as usize].meters[meter - state.meters.start].id;
        let all = state.calendar.baseline.start..state.calendar.contest.end;
        let active = &days.config.active;
        let (at, added) = match (active.start > all.start, active.end < all.end) {
            (true, _) => (active.start, true),
            (false, true) => (active.end, false),
            (false, false) => return None,
        };
        if self.is_replaced(state, days, at, added) {
            return None;
        }
        let house = |hour: Hour| {
            let meters = &self.meter_days[state.meters.clone()];
            Some(hour_energy(meters, hour)?.energy)
        };
        let own = |hour: Hour| Some(days.hour(hour)?.energy);
        let (earlier, later) = (at - HOURS..at, at..at + HOURS);
        let with_meter = if added { later.clone() } else { earlier.clone() };
        let figures = daily(earlier, house).zip(daily(later, house)).zip(daily(with_meter, own));
        let ((day_en, day_sv), fits) = (
            day_month(state.calendar.date(at.start())),
            figures.map(|((before, after), own)| {
                // A new load that is subtracted changes nothing, nor one that only moves
                // from one meter to another.
                (after - before).0.abs() as f64 <= MOST * own.0 as f64
            }),
        );
        let hours = each_hour(&state.calendar.contest)
            .filter(|hour| days.is_active(*hour) && days.hour(*hour).is_some());
        let (count, energy) = hours.fold((0, MilliWattHours(0)), |(count, sum), hour| {
            (count + 1, sum + own(hour).unwrap_or_default())
        });
        let (since_en, since_sv) =
            if added { ("counts from", "räknas från") } else { ("counts until", "räknas till") };
        let kwh = |energy: MilliWattHours| format!("{:.0}", energy.kwh());
        let (figures_en, figures_sv) = match figures {
            None => (
                "too few hours around that day are known to compare the building's use".to_owned(),
                "för få timmar kring den dagen är kända för att jämföra husets användning"
                    .to_owned(),
            ),
            Some(((before, after), own)) => {
                let (before, after, own) = (kwh(before), kwh(after), kwh(own));
                (
                    format!(
                        "the building used {before} kWh a day before and {after} after, and the \
                         meter has {own} kWh a day"
                    ),
                    format!(
                        "huset använde {before} kWh per dygn före och {after} efter, och mätaren \
                         har {own} kWh per dygn"
                    ),
                )
            }
        };
        let (verdict_en, verdict_sv) = match fits {
            Some(true) => ("the baseline fits", "referensen passar"),
            Some(false) => (
                "the baseline does not fit, because the building's energy changes with the meter: \
                 import the meter's history instead of a date, or exclude the hours",
                "referensen passar inte, för husets energi ändras med mätaren: importera mätarens \
                 historik i stället för ett datum, eller undanta timmarna",
            ),
            None => ("whether the baseline fits is not known", "om referensen passar är inte känt"),
        };
        Some(Notice {
            kind: NoticeKind::MeterSet,
            range: None,
            hours: count,
            energy: Some(energy),
            text: Bilingual::new(
                format!("meter {name} {since_en} {day_en}: {figures_en}; {verdict_en}"),
                format!("mätare {name} {since_sv} den {day_sv}: {figures_sv}; {verdict_sv}"),
            ),
        })
    }

    /// The meter whose history begins last, where it is not that of the others and lies a
    /// week or more after the baseline's start.
    pub(super) fn meter_without_history(&self, state: &ParticipantState) -> Option<Ineligibility> {
        let meters = &self.meter_days[state.meters.clone()];
        let start = state.calendar.baseline.start;
        let firsts: Vec<Hour> = meters
            .iter()
            .map(|meter| Some(meter.first_known()?.max(meter.config.active.start)))
            .collect::<Option<_>>()?;
        let (index, last) = firsts.iter().enumerate().max_by_key(|(_, first)| **first)?;
        let first = *firsts.iter().min()?;
        if *last - first < WEEK
            || *last - start < WEEK
            || meters[index].config.active.start == *last
        {
            return None;
        }
        let meter = self.meter_name(state, index);
        Some(Ineligibility::MeterWithoutHistory { meter, first: state.calendar.date(last.start()) })
    }

    pub(super) fn meter_name(&self, state: &ParticipantState, index: usize) -> String {
        let meter = state.meters.start + index;
        let who = self.owners[meter].0 as usize;
        self.participants[who].meters[index].id.clone()
    }

    /// Whether another meter of the same sign ends or begins at the same time.
    fn is_replaced(
        &self,
        state: &ParticipantState,
        meter: &MeterDays,
        at: Hour,
        added: bool,
    ) -> bool {
        self.meter_days[state.meters.clone()].iter().any(|other| {
            let active = &other.config.active;
            let meets = if added { active.end == at } else { active.start == at };
            meets && other.config.sign == meter.config.sign
        })
    }
}
