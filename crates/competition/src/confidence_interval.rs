//! Two-sided confidence intervals.

/// A 90 % confidence interval, in the unit of the value that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConfidenceInterval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl ConfidenceInterval {
    /// The interval of this half-width around a value.
    pub fn around(value: f64, half_width: f64) -> Self {
        Self { low: value - half_width, high: value + half_width }
    }

    /// The upper end minus the lower.
    pub fn width(self) -> f64 {
        self.high - self.low
    }

    /// Both ends converted, such as to another unit.
    pub fn map(self, convert: impl Fn(f64) -> f64) -> Self {
        Self { low: convert(self.low), high: convert(self.high) }
    }

    /// `[low, high]`, as JSON has it.
    pub const fn ends(self) -> [f64; 2] {
        [self.low, self.high]
    }

    /// Whether the value is within the interval.
    pub fn contains(self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

impl From<[f64; 2]> for ConfidenceInterval {
    fn from([low, high]: [f64; 2]) -> Self {
        Self { low, high }
    }
}
