//! The stored samples, as the standings need them: only after late readings.
use core::ops::Range;

use crate::{MeterIndex, Sample, Time};

/// All samples that were stored, one for each moment of a meter. Where two
/// values came for one moment, the lower register.
pub trait History {
    /// Those of a range, oldest first.
    fn samples(&self, meter: MeterIndex, range: Range<Time>) -> Vec<Sample>;
    /// The newest before a moment.
    fn last_before(&self, meter: MeterIndex, at: Time) -> Option<Sample>;
    /// The oldest at or after a moment.
    fn first_from(&self, meter: MeterIndex, at: Time) -> Option<Sample>;
}
