//! The register of a simulated meter as a function of time: the integral of the load.
use std::{ops::Range, sync::Arc};

use crate::{
    load::{Load, QUARTER, QuarterHours},
    noise,
    town_hall::TownHall,
};

/// Quarter-hours between two stored sums: a day.
const STRIDE: usize = 96;

/// Register and power of a town hall at any second of the simulated years.
#[derive(Debug, Clone)]
pub struct MeterRegister {
    load: Arc<Load>,
    /// Register at the beginning of the simulated years, mWh.
    start_mwh: u64,
    /// Number of the first quarter-hour, counted from 1970.
    first: i64,
    /// Energy of each quarter-hour, mWh.
    quarters: Arc<[u32]>,
    /// Energy before each day, mWh.
    sums: Arc<[u64]>,
}

impl MeterRegister {
    /// Integrates the load over `quarter_hours`. The saving applies in `contest` (Unix seconds).
    pub fn new(
        seed: u64,
        hall: &TownHall,
        quarter_hours: &QuarterHours,
        contest: Range<i64>,
    ) -> Self {
        let load = Load::new(seed, hall, quarter_hours, contest);
        let range = quarter_hours.range();
        let first = range.start;
        let quarters: Arc<[u32]> = range.map(|q| load.quarter_mwh(quarter_hours, q)).collect();
        let sums = quarters
            .chunks(STRIDE)
            .scan(0u64, |sum, day| {
                let before = *sum;
                *sum += day.iter().map(|&q| u64::from(q)).sum::<u64>();
                Some(before)
            })
            .collect();
        let start_mwh = (1_000_000 + noise::hash(hall.seed, 9, 0) % 900_000_000) * 1000;
        Self { load: Arc::new(load), start_mwh, first, quarters, sums }
    }

    fn index(&self, at: i64) -> usize {
        let index = at.div_euclid(QUARTER) - self.first;
        index.clamp(0, self.quarters.len() as i64 - 1) as usize
    }

    /// Register at `at` (Unix seconds), mWh; never decreases.
    pub fn mwh(&self, at: i64) -> u64 {
        let index = self.index(at);
        let day = index / STRIDE;
        let whole: u64 = self.quarters[day * STRIDE..index].iter().map(|&q| u64::from(q)).sum();
        let inside = at - (self.first + index as i64) * QUARTER;
        self.start_mwh + self.sums[day] + whole + self.part_mwh(index, inside.clamp(0, QUARTER))
    }

    /// Energy of the first `seconds` of a quarter-hour, mWh.
    fn part_mwh(&self, index: usize, seconds: i64) -> u64 {
        if seconds == 0 {
            return 0;
        }
        let weights = self.load.minute_weights(self.first + index as i64);
        let total: u64 = weights.iter().map(|&w| u64::from(w)).sum();
        let (whole, rest) = ((seconds / 60) as usize, (seconds % 60) as u64);
        let mut weight: u64 = weights[..whole].iter().map(|&w| u64::from(w) * 60).sum();
        if rest > 0 {
            weight += u64::from(weights[whole]) * rest;
        }
        u64::from(self.quarters[index]) * weight / (total * 60)
    }

    /// Power at `at` (Unix seconds), W.
    pub fn watts(&self, at: i64) -> u64 {
        let index = self.index(at);
        let weights = self.load.minute_weights(self.first + index as i64);
        let total: u64 = weights.iter().map(|&w| u64::from(w)).sum();
        let minute = (at.rem_euclid(QUARTER) / 60) as usize;
        // The energy of this minute in mWh, times 60 per hour, divided by 1000.
        u64::from(self.quarters[index]) * u64::from(weights[minute]) * 60 / (total * 1000)
    }

    /// Outdoor temperature at `at` (Unix seconds), °C.
    pub fn outdoor_c(&self, at: i64) -> f64 {
        self.load.outdoor_c(at)
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::town_hall::town_halls;

    #[test]
    fn the_register_never_decreases_and_agrees_with_the_power() {
        let zone = TimeZone::get("Europe/Stockholm").expect("bundled");
        let (from, contest, to) = (1_803_855_600 - 86_400, 1_803_855_600, 1_803_855_600 + 86_400);
        let quarter_hours = QuarterHours::new(&zone, from..to);
        let hall = &town_halls(1, 5)[4];
        let register = MeterRegister::new(1, hall, &quarter_hours, contest..to);
        let mut before = register.mwh(from);
        let mut by_power = 0.0;
        for at in (from + 10..to).step_by(10) {
            let now = register.mwh(at);
            assert!(now >= before, "decreases at {at}");
            by_power += register.watts(at - 10) as f64 * 10.0 / 3.6;
            before = now;
        }
        let by_register = (before - register.mwh(from)) as f64;
        assert!((by_power / by_register - 1.0).abs() < 0.001, "{by_power} {by_register}");
    }
}
