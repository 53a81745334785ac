//! The grid of time: quarter-hours, hours and days counted from 1970, UTC, and
//! the few divisions between them.

/// Seconds of a quarter-hour.
pub(crate) const QUARTER: i64 = 900;
/// Seconds of an hour.
pub(crate) const HOUR: i64 = 3600;
/// Quarter-hours of a UTC day.
pub(crate) const QUARTERS_A_DAY: i64 = 96;

/// The UTC day of a moment.
pub(crate) fn day_of(seconds: i64) -> i64 {
    seconds.div_euclid(86_400)
}

/// The hour of a moment.
pub(crate) fn hour_of(seconds: i64) -> i64 {
    seconds.div_euclid(HOUR)
}

/// The first hour that begins at or after a moment.
pub(crate) fn hour_from(seconds: i64) -> i64 {
    -(-seconds).div_euclid(HOUR)
}

/// The quarter-hour of a moment.
pub(crate) fn quarter_of(seconds: i64) -> i64 {
    seconds.div_euclid(QUARTER)
}

/// The quarter-hours of the year are whole parts of their hour: the `index`th
/// of four that sum to it exactly.
pub(crate) fn quarter_part(hour: i64, index: i64) -> i64 {
    let until = |quarters: i64| (i128::from(hour) * i128::from(quarters)).div_euclid(4) as i64;
    until(index + 1) - until(index)
}
