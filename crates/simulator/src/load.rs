//! The load of a town hall, quarter-hour by quarter-hour. The model is made up:
//!
//! ```text
//! load = (base + (1 − base) p + 0.06 dark p
//!         + 0.0022 max(0, 8 − T) + 0.006 max(0, T − 19) (0.3 + p)) (1 + drift) (1 + noise)
//! ```
//! base is the share of the load at night, p the presence of people (0 to 1, by type of day
//! and local hour), dark = 1 − daylight, T the outdoor temperature in °C. The terms are
//! base load, equipment, lighting, pumps and fans, cooling. The result is scaled so that
//! the contest period without any saving has the town hall's intensity.
use std::ops::Range;

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    day_type::DayType,
    noise::{normal, smooth, unit},
    town_hall::TownHall,
    weather::{daylight, outdoor_c},
};

/// Seconds of a quarter-hour.
pub const QUARTER: i64 = 900;

/// Type of day and local time of each quarter-hour of the simulated years; the same for
/// all town halls.
#[derive(Debug)]
pub struct QuarterHours {
    first: i64,
    slots: Vec<Slot>,
}

/// Local time of a quarter-hour.
#[derive(Debug, Clone, Copy)]
struct Slot {
    day: DayType,
    hour: u8,
    /// Quarter of the hour, 0 to 3.
    quarter: u8,
}

impl QuarterHours {
    /// The quarter-hours that begin in `range` (Unix seconds), in local time of `zone`.
    pub fn new(zone: &TimeZone, range: Range<i64>) -> Self {
        let (first, last) = (range.start.div_euclid(QUARTER), range.end.div_euclid(QUARTER));
        let mut previous: Option<(jiff::civil::Date, DayType)> = None;
        let slots = (first..last)
            .map(|quarter| {
                let local = Timestamp::from_second(quarter * QUARTER)
                    .map_or_else(|_| jiff::civil::DateTime::ZERO, |t| zone.to_datetime(t));
                let day = match previous {
                    Some((date, day)) if date == local.date() => day,
                    _ => DayType::of(local.date()),
                };
                previous = Some((local.date(), day));
                Slot { day, hour: local.hour() as u8, quarter: (local.minute() / 15) as u8 }
            })
            .collect();
        Self { first, slots }
    }

    /// The quarter-hours, numbered from 1970.
    pub fn range(&self) -> Range<i64> {
        self.first..self.first + self.slots.len() as i64
    }

    fn slot(&self, quarter: i64) -> Slot {
        self.slots[(quarter - self.first).clamp(0, self.slots.len() as i64 - 1) as usize]
    }
}

impl Slot {
    /// The middle of the quarter-hour in hours since local midnight.
    fn middle_h(self) -> f64 {
        f64::from(self.hour) + f64::from(self.quarter) / 4.0 + 0.125
    }
}

/// Presence of people, 0 to 1, at a local hour.
fn presence(day: DayType, hour: f64) -> f64 {
    let ramp = |from: f64, to: f64| ((hour - from) / (to - from)).clamp(0.0, 1.0);
    let arrive = ramp(6.0, 8.5);
    let leave = 1.0 - ramp(15.5, 18.5);
    let lunch = 1.0 - 0.16 * (1.0 - ((hour - 12.25) / 0.9).powi(2)).max(0.0);
    let cleaning = if (5.0..7.0).contains(&hour) { 0.12 } else { 0.0 };
    let evening = if (17.5..20.5).contains(&hour) { 0.10 } else { 0.0 };
    let full = (arrive * leave * lunch).max(cleaning).max(evening);
    match day {
        DayType::Working => full,
        DayType::Reduced => 0.72 * full,
        DayType::Saturday => 0.16 * (ramp(9.0, 10.0) * (1.0 - ramp(14.0, 15.0))),
        DayType::Closed => 0.03 * ramp(10.0, 11.0) * (1.0 - ramp(15.0, 16.0)),
    }
}

/// The load of a town hall as a function of time.
#[derive(Debug, Clone)]
pub struct Load {
    hall: TownHall,
    weather_seed: u64,
    contest: Range<i64>,
    /// Energy of a quarter-hour at a relative load of 1, mWh.
    scale: f64,
}

impl Load {
    /// Scales the model to the town hall's intensity over `contest` (Unix seconds).
    pub fn new(seed: u64, hall: &TownHall, quarters: &QuarterHours, contest: Range<i64>) -> Self {
        let mut load = Self { hall: hall.clone(), weather_seed: seed, contest, scale: 1.0 };
        let (first, last) =
            (load.contest.start.div_euclid(QUARTER), load.contest.end.div_euclid(QUARTER));
        // Every third quarter-hour is enough: each time of day occurs equally often.
        let sum: f64 = (first..last).step_by(3).map(|q| load.relative(quarters, q)).sum();
        let mean = sum / ((last - first) as f64 / 3.0).max(1.0);
        let target_mwh = hall.intensity * hall.area_m2 * 1e6;
        load.scale = target_mwh / (mean * (last - first).max(1) as f64);
        load
    }

    /// Outdoor temperature at `at` (Unix seconds), °C.
    pub fn outdoor_c(&self, at: i64) -> f64 {
        outdoor_c(self.weather_seed, self.hall.seed % 1000, self.hall.latitude, at)
    }

    fn relative(&self, quarters: &QuarterHours, quarter: i64) -> f64 {
        let at = quarter * QUARTER + QUARTER / 2;
        let slot = quarters.slot(quarter);
        let seed = self.hall.seed;
        let present =
            presence(slot.day, slot.middle_h()) * (1.0 + 0.05 * smooth(seed, 1, at, 6 * 3600));
        let dark = 1.0 - daylight(self.hall.latitude, at);
        let outdoor = self.outdoor_c(at);
        let base = self.hall.night_share;
        let load = base
            + (1.0 - base) * present
            + 0.06 * dark * present
            + 0.0022 * (8.0 - outdoor).max(0.0)
            + 0.006 * (outdoor - 19.0).max(0.0) * (0.3 + present);
        let drift = 1.0 + 0.015 * smooth(seed, 2, at, 5 * 86_400);
        load * drift * (1.0 + 0.025 * normal(seed, 3, quarter))
    }

    /// Energy of a quarter-hour, mWh, less the saving where it is in the contest period.
    pub fn quarter_mwh(&self, quarters: &QuarterHours, quarter: i64) -> u32 {
        let saved =
            if self.contest.contains(&(quarter * QUARTER)) { self.hall.saving } else { 0.0 };
        (self.relative(quarters, quarter) * self.scale * (1.0 - saved)).round() as u32
    }

    /// Weights of the 15 minutes of a quarter-hour: about equal, and in 22 % of the
    /// quarter-hours with a step of 10 to 25 %, which a panel shows.
    pub fn minute_weights(&self, quarter: i64) -> [u32; 15] {
        let seed = self.hall.seed;
        let step = (unit(seed, 4, quarter) < 0.22).then(|| {
            let size = 0.10 + 0.15 * unit(seed, 5, quarter);
            let up = if unit(seed, 6, quarter) < 0.5 { 1.0 } else { -1.0 };
            (2 + (unit(seed, 7, quarter) * 11.0) as i64, up * size)
        });
        std::array::from_fn(|minute| {
            let minute = minute as i64;
            let part = 1.0 + 0.02 * normal(seed, 8, quarter * 15 + minute);
            let jump = step.map_or(0.0, |(from, size)| if minute >= from { size } else { 0.0 });
            ((part + jump) * 10_000.0) as u32
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::town_hall::town_halls;

    /// 2026-03-01 and 2027-03-01 and 2027-06-01, midnight in Stockholm.
    const YEARS: [i64; 3] = [1_772_319_600, 1_803_855_600, 1_811_800_800];

    fn quarter_hours() -> QuarterHours {
        QuarterHours::new(&TimeZone::get("Europe/Stockholm").expect("bundled"), YEARS[0]..YEARS[2])
    }

    #[test]
    fn the_contest_has_the_intensity_less_the_saving() {
        let quarters = quarter_hours();
        for hall in town_halls(1, 24) {
            let load = Load::new(1, &hall, &quarters, YEARS[1]..YEARS[2]);
            let mwh: u64 = (YEARS[1] / QUARTER..YEARS[2] / QUARTER)
                .map(|q| u64::from(load.quarter_mwh(&quarters, q)))
                .sum();
            let wanted = hall.intensity * (1.0 - hall.saving);
            let found = mwh as f64 / 1e6 / hall.area_m2;
            assert!((found / wanted - 1.0).abs() < 0.01, "{}: {found} of {wanted}", hall.id);
        }
    }

    #[test]
    fn office_days_rise_above_nights_and_dip_at_lunch() {
        assert!(presence(DayType::Working, 10.0) > 8.0 * presence(DayType::Working, 3.0).max(0.05));
        assert!(presence(DayType::Working, 12.25) < 0.9 * presence(DayType::Working, 10.0));
        assert!(presence(DayType::Closed, 10.5) < 0.1 * presence(DayType::Working, 10.5));
    }

    /// A baseline of weekday and hour alone must find the savings; otherwise the
    /// leaderboard would rank the weather.
    #[test]
    fn a_seasonal_error_hides_little_of_the_saving() {
        let quarters = quarter_hours();
        let mut far = Vec::new();
        for hall in town_halls(1, 24) {
            let load = Load::new(1, &hall, &quarters, YEARS[1]..YEARS[2]);
            let mut bins: HashMap<(DayType, u8), (f64, f64)> = HashMap::new();
            let bin = |q: i64| {
                let Slot { day, hour, .. } = quarters.slot(q);
                (if day == DayType::Reduced { DayType::Working } else { day }, hour)
            };
            for q in YEARS[0] / QUARTER..YEARS[1] / QUARTER {
                let entry = bins.entry(bin(q)).or_default();
                entry.0 += f64::from(load.quarter_mwh(&quarters, q));
                entry.1 += 1.0;
            }
            let (mut used, mut expected) = (0.0, 0.0);
            for q in YEARS[1] / QUARTER..YEARS[2] / QUARTER {
                used += f64::from(load.quarter_mwh(&quarters, q));
                expected += bins[&bin(q)].0 / bins[&bin(q)].1;
            }
            let found = 1.0 - used / expected;
            if (found - hall.saving).abs() > 0.02 {
                far.push((hall.id, found, hall.saving));
            }
        }
        assert!(far.len() <= 2, "{far:?}");
    }
}
