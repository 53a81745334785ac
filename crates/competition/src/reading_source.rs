//! The stored samples, as the standings need them: only after late readings.
use core::ops::Range;

use crate::{MeterIndex, Sample, Time};

/// All samples that were stored, one for each moment of a meter. Where two
/// values came for one moment, the lower register.
pub trait ReadingSource {
    /// Those of a range, oldest first.
    fn samples(&self, meter: MeterIndex, range: Range<Time>) -> Vec<Sample>;
    /// The newest before a moment.
    fn last_before(&self, meter: MeterIndex, at: Time) -> Option<Sample>;
    /// The oldest at or after a moment.
    fn first_from(&self, meter: MeterIndex, at: Time) -> Option<Sample>;
}

/// Nothing is stored: for standings that are filled in order, where nothing comes late.
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
