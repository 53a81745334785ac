//! The stored readings, which the standings read again after late ones.
use core::ops::Range;

use crate::{MeterIndex, Sample, Time};

/// All stored readings, one for each time of a meter: of two values for one time, the
/// lower register.
pub trait ReadingSource {
    /// The readings of a range, oldest first.
    fn samples(&self, meter: MeterIndex, range: Range<Time>) -> Vec<Sample>;
    /// The newest reading before a time.
    fn last_before(&self, meter: MeterIndex, at: Time) -> Option<Sample>;
    /// The oldest reading at or after a time.
    fn first_from(&self, meter: MeterIndex, at: Time) -> Option<Sample>;
}

/// A source without readings, for standings whose readings are never late.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoStoredReadings;

impl ReadingSource for NoStoredReadings {
    fn samples(&self, _: MeterIndex, _: Range<Time>) -> Vec<Sample> {
        Vec::new()
    }

    fn last_before(&self, _: MeterIndex, _: Time) -> Option<Sample> {
        None
    }

    fn first_from(&self, _: MeterIndex, _: Time) -> Option<Sample> {
        None
    }
}
