//! Energy traps: what a facilities person would want to look at, from the last
//! four weeks of known hours, each with kWh and money a year and how sure it is.
//!
//! - night: the mean load from 22 to 05 beside the house's own quietest tenth of
//!   nights; a trap where that is a fifth more;
//! - weekend: the mean load from 8 to 17 on Saturdays, Sundays and holidays beside
//!   the nights'; a trap where it is a tenth above these and four fifths of the
//!   weekdays';
//! - never asleep: the load that is exceeded 95 % of the time is more than six
//!   tenths of the mean;
//! - step: the day that parts the last eight weeks of daily (energy − baseline)
//!   best; a trap where the means before and after differ by more than three
//!   standard errors of their weeks.
use super::{Standings, known};
use crate::{
    ParticipantIndex, Time,
    calendar::grid::{HOUR, hour_of},
    house::House,
};
use jiff::civil::Date;

/// What a kilowatt-hour costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SekPerKwh(pub f64);

/// A kind of trap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrapKind {
    /// Nights use more than the house's own quiet nights.
    Night,
    /// Weekends are nearly as busy as weekdays.
    Weekend,
    /// A load that never sleeps.
    NeverAsleep,
    /// The load rose one day and stayed.
    Step,
}

impl TrapKind {
    /// In English and in Swedish.
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Night => ("Nights above the house's quietest", "Nätter över husets lugnaste"),
            Self::Weekend => ("Weekends nearly as busy as weekdays", "Helger nästan som vardagar"),
            Self::NeverAsleep => ("A load that never sleeps", "Last som aldrig sover"),
            Self::Step => ("The load rose one day and stayed", "Lasten steg en dag och blev kvar"),
        }
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
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Low => ("worth a look", "värt en titt"),
            Self::Medium => ("likely", "troligt"),
            Self::High => ("plain", "tydligt"),
        }
    }
}

/// One trap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trap {
    /// What kind.
    pub kind: TrapKind,
    /// Of a step its first local day; of the others the first of the days looked at.
    pub since: Date,
    /// What it uses a year, if it stays.
    pub kwh_per_year: f64,
    /// What that costs.
    pub sek_per_year: f64,
    /// How sure it is.
    pub confidence: Confidence,
}

const WEEKS: i64 = 4;
const STEP_DAYS: i64 = 56;

/// One known hour: local hour, night, weekend; kWh.
struct Known {
    hour: i64,
    night: bool,
    off: bool,
    day: bool,
    energy: f64,
}

impl Standings {
    /// The traps of a participant, the dearest first; none where less than half
    /// of the last four weeks is known.
    pub fn traps(&self, who: ParticipantIndex, now: Time, price: SekPerKwh) -> Vec<Trap> {
        let house = &self.houses[who.0 as usize];
        let end = hour_of(now.0);
        let hours = self.known_hours(house, end - WEEKS * 168, end);
        let mut traps = Vec::new();
        if hours.len() as i64 >= WEEKS * 84 {
            traps.extend(night(&hours));
            traps.extend(weekend(&hours));
            traps.extend(never_asleep(&hours));
        }
        traps.extend(self.step(house, end));
        let mut traps: Vec<Trap> = traps
            .into_iter()
            .map(|(kind, hour, kwh_per_year, confidence)| Trap {
                kind,
                since: house.calendar.date(Time(hour * HOUR)),
                kwh_per_year,
                sek_per_year: kwh_per_year * price.0,
                confidence,
            })
            .filter(|trap| trap.kwh_per_year > 0.0)
            .collect();
        traps.sort_by(|a, b| b.kwh_per_year.total_cmp(&a.kwh_per_year));
        traps
    }

    fn known_hours(&self, house: &House, from: i64, until: i64) -> Vec<Known> {
        let ledgers = &self.ledgers[house.meters.clone()];
        (from..until)
            .filter_map(|hour| {
                let (energy, _) = known(ledgers, hour)?;
                let slot = house.calendar.slot(hour)?;
                Some(Known {
                    hour,
                    night: slot.is_night(),
                    off: slot.bin() >= 24,
                    day: (8..17).contains(&slot.local_hour()),
                    energy: energy as f64 / 1e6,
                })
            })
            .collect()
    }

    /// Where daily energy above the baseline rose and stayed.
    fn step(&self, house: &House, end: i64) -> Option<(TrapKind, i64, f64, Confidence)> {
        let ledgers = &self.ledgers[house.meters.clone()];
        let days: Vec<(i64, f64)> = (end.div_euclid(24) - STEP_DAYS..end.div_euclid(24))
            .filter_map(|day| {
                let hours = (day * 24..day * 24 + 24).filter_map(|hour| {
                    Some((known(ledgers, hour)?.0 - house.baseline(hour)?) as f64 / 1e6)
                });
                let hours: Vec<f64> = hours.collect();
                (hours.len() >= 20).then(|| (day, mean(&hours).unwrap_or(0.0) * 24.0))
            })
            .collect();
        let level = |days: &[(i64, f64)]| -> Option<(f64, f64)> {
            let weeks: Vec<f64> = days
                .chunks(7)
                .filter(|week| week.len() >= 4)
                .filter_map(|week| mean(&week.iter().map(|(_, rest)| *rest).collect::<Vec<_>>()))
                .collect();
            let mean = mean(&weeks).filter(|_| weeks.len() >= 2)?;
            let spread: f64 = weeks.iter().map(|week| (week - mean).powi(2)).sum();
            Some((mean, spread / (weeks.len() as f64 - 1.0) / weeks.len() as f64))
        };
        let best = (14..days.len().saturating_sub(13)).filter_map(|cut| {
            let (before, after) = (level(&days[..cut])?, level(&days[cut..])?);
            let error = (before.1 + after.1).sqrt().max(1e-9);
            Some((cut, after.0 - before.0, (after.0 - before.0) / error))
        });
        let (cut, rise, errors) = best.max_by(|a, b| a.2.total_cmp(&b.2))?;
        let confidence = match errors {
            _ if errors > 8.0 => Confidence::High,
            _ if errors > 5.0 => Confidence::Medium,
            _ => Confidence::Low,
        };
        (errors > 3.0).then_some((TrapKind::Step, days[cut].0 * 24, rise * 365.0, confidence))
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn mean_of(hours: &[Known], choose: impl Fn(&Known) -> bool) -> Option<f64> {
    mean(&hours.iter().filter(|hour| choose(hour)).map(|hour| hour.energy).collect::<Vec<_>>())
}

type Found = Option<(TrapKind, i64, f64, Confidence)>;

/// The more a share is beyond its threshold, the surer.
fn sure(share: f64, threshold: f64) -> Confidence {
    match share / threshold {
        far if far > 1.5 => Confidence::High,
        near if near > 1.2 => Confidence::Medium,
        _ => Confidence::Low,
    }
}

fn night(hours: &[Known]) -> Found {
    let nights = hours.chunk_by(|a, b| a.night && b.night && b.hour - a.hour < 10);
    let mut loads: Vec<f64> = nights
        .filter(|night| night.len() >= 5)
        .filter_map(|night| mean_of(night, |_| true))
        .collect();
    let usual = mean(&loads)?;
    loads.sort_unstable_by(f64::total_cmp);
    let quiet = loads[loads.len() / 10];
    let share = if quiet > 0.0 { usual / quiet } else { 0.0 };
    let a_year = (usual - quiet) * 7.0 * 365.0;
    (share > 1.2).then(|| (TrapKind::Night, hours[0].hour, a_year, sure(share, 1.2)))
}

fn weekend(hours: &[Known]) -> Found {
    let week = mean_of(hours, |hour| hour.day && !hour.off)?;
    let off = mean_of(hours, |hour| hour.day && hour.off)?;
    let rest = mean_of(hours, |hour| hour.night)?;
    let share = if week > 0.0 { off / week } else { 0.0 };
    // nine hours of about 115 days without work
    let a_year = (off - rest) * 9.0 * 115.0;
    (share > 0.8 && off > 1.1 * rest)
        .then(|| (TrapKind::Weekend, hours[0].hour, a_year, sure(share, 0.8)))
}

fn never_asleep(hours: &[Known]) -> Found {
    let all = mean_of(hours, |_| true)?;
    let mut loads: Vec<f64> = hours.iter().map(|hour| hour.energy).collect();
    loads.sort_unstable_by(f64::total_cmp);
    let base = loads[loads.len() / 20];
    let share = if all > 0.0 { base / all } else { 0.0 };
    (share > 0.6).then(|| (TrapKind::NeverAsleep, hours[0].hour, base * 8760.0, sure(share, 0.6)))
}
