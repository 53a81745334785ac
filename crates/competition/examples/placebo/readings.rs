//! The same buildings with readings that are further apart or off the hour: how much a
//! baseline may learn from hours between two readings is decided by these lines.
use competition::placebo::{Building, BuildingHour};

/// Readings every so many minutes, the first so many after the full hour.
pub(crate) const READINGS: [(&str, i64, i64); 7] = [
    ("every hour, on the hour", 60, 0),
    ("every hour, 15 minutes past", 60, 15),
    ("every hour, 30 minutes past", 60, 30),
    ("every 75 minutes", 75, 0),
    ("every two hours", 120, 30),
    ("every four hours", 240, 30),
    ("once a day", 1440, 30),
];

/// Energies between these readings, evenly divided over the hours.
pub(crate) fn read(building: &Building, every: i64, offset: i64) -> Building {
    let hours = &building.hours;
    // The register at a minute after the start; unknown hours are unknown between readings.
    let energy = |from: i64, until: i64| -> Option<f64> {
        let mut sum = 0.0;
        let (mut at, until) = (from.max(0), until.min(hours.len() as i64 * 60));
        while at < until {
            let next = ((at / 60 + 1) * 60).min(until);
            sum += hours[(at / 60) as usize].energy? * (next - at) as f64 / 60.0;
            at = next;
        }
        Some(sum)
    };
    let hour = |(index, hour): (usize, &BuildingHour)| {
        let (start, end) = (index as i64 * 60, index as i64 * 60 + 60);
        let mut from = start - (start - offset).rem_euclid(every);
        let mut sum = Some(0.0);
        while from < end {
            let part = (end.min(from + every) - start.max(from)) as f64 / every as f64;
            sum = sum.zip(energy(from, from + every)).map(|(sum, all)| sum + all * part);
            from += every;
        }
        BuildingHour { energy: sum.filter(|_| hour.energy.is_some()), outdoor: hour.outdoor }
    };
    let hours = hours.iter().enumerate().map(hour).collect();
    Building { name: building.name.clone(), start: building.start, hours }
}
