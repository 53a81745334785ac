//! Outdoor temperature and daylight of a place. The model and its constants are made up;
//! means and amplitudes are near those of Swedish weather stations.
use crate::noise::smooth;

const DAY: f64 = 86_400.0;
const YEAR: f64 = 365.2422 * DAY;
/// 2026-01-01T00:00:00Z, Unix seconds.
const NEW_YEAR: f64 = 1_767_225_600.0;

/// Phase of the year in radians, 0 at New Year.
fn year_phase(at: i64) -> f64 {
    ((at as f64 - NEW_YEAR) / YEAR).rem_euclid(1.0) * std::f64::consts::TAU
}

/// Outdoor temperature, °C, at `at` (Unix seconds) and `latitude` (degrees north):
///
/// ```text
/// T = mean + yearly cosine + daily cosine + weather fronts + local noise
/// ```
/// Fronts depend on `seed` alone, so that all places share them; `place` selects the
/// local noise.
pub fn outdoor_c(seed: u64, place: u64, latitude: f64, at: i64) -> f64 {
    let mean = 6.5 - 0.75 * (latitude - 59.0);
    let amplitude = 10.5 + 0.5 * (latitude - 59.0);
    // Coldest at a phase of 0.45 rad, the last days of January.
    let yearly = -amplitude * (year_phase(at) - 0.45).cos();
    let hour = (at.rem_euclid(86_400) as f64 / DAY) * std::f64::consts::TAU;
    // Warmest at a phase of 3.7 rad, 14:08 UTC; almost no daily amplitude in midwinter.
    let daily = (2.2 - 2.0 * (year_phase(at) - 0.1).cos()) * (hour - 3.7).cos();
    let fronts = 2.6 * smooth(seed, 901, at, 3 * 86_400) + 1.5 * smooth(seed, 902, at, 86_400);
    let local = 0.8 * smooth(seed, 903 + place, at, 43_200);
    mean + yearly + daily + fronts + local
}

/// Daylight through windows, 0 to 1, from the sun's elevation h:
///
/// ```text
/// sin h = sin φ sin δ + cos φ cos δ cos ω,   daylight = clamp(sin h / 0.45, 0, 1)
/// ```
/// φ latitude, δ declination, ω hour angle at longitude 15° E.
pub fn daylight(latitude: f64, at: i64) -> f64 {
    let declination = -23.44f64.to_radians() * (year_phase(at) + 0.17).cos();
    // At 15° E the sun is an hour (15/360 of a day) ahead of UTC.
    let angle = ((at.rem_euclid(86_400) as f64 / DAY) - 0.5 + 15.0 / 360.0) * std::f64::consts::TAU;
    let latitude = latitude.to_radians();
    let sin_elevation =
        latitude.sin() * declination.sin() + latitude.cos() * declination.cos() * angle.cos();
    (sin_elevation / 0.45).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(from: i64, days: i64) -> f64 {
        (0..days * 24).map(|h| outdoor_c(1, 1, 60.0, from + h * 3600)).sum::<f64>()
            / (days * 24) as f64
    }

    #[test]
    fn winters_are_cold_and_summers_warm() {
        let january = mean(1_767_225_600, 31);
        let july = mean(1_782_864_000, 31);
        assert!((-9.0..0.0).contains(&january), "{january}");
        assert!((13.0..20.0).contains(&july), "{july}");
    }

    #[test]
    fn june_nights_are_short_and_december_days_too() {
        let hours =
            |noon: i64| (0..24).filter(|h| daylight(60.0, noon + (h - 12) * 3600) > 0.01).count();
        assert!(hours(1_781_956_800) >= 17, "{}", hours(1_781_956_800));
        assert!(hours(1_797_854_400) <= 7, "{}", hours(1_797_854_400));
    }
}
