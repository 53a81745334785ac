//! Seconds, and the UTC quarter-hours, hours and days that contain them. Every
//! conversion between the four is here.
use core::ops::{Add, Range, Sub};

/// Quarter-hours of a UTC day.
pub(crate) const QUARTERS_PER_DAY: usize = 96;

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// Seconds from `earlier` to this.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// This many seconds later; the last representable time where that overflows.
    pub(crate) const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}

/// An interval of constant length, numbered from 1970-01-01T00:00:00Z.
macro_rules! interval_number {
    ($(#[$doc:meta])* $name:ident, $seconds:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) struct $name(i64);

        #[allow(dead_code)] // not every interval needs every conversion
        impl $name {
            /// Length in seconds.
            pub(crate) const SECONDS: i64 = $seconds;

            pub(crate) const fn new(number: i64) -> Self {
                Self(number)
            }

            pub(crate) const fn number(self) -> i64 {
                self.0
            }

            /// The interval that contains `time`.
            pub(crate) const fn containing(time: Time) -> Self {
                Self(time.0.div_euclid(Self::SECONDS))
            }

            /// The first interval that begins at or after `time`.
            pub(crate) const fn at_or_after(time: Time) -> Self {
                Self(-(-time.0).div_euclid(Self::SECONDS))
            }

            pub(crate) const fn start(self) -> Time {
                Time(self.0.saturating_mul(Self::SECONDS))
            }
        }

        impl Add<i64> for $name {
            type Output = Self;
            fn add(self, count: i64) -> Self {
                Self(self.0 + count)
            }
        }

        impl Sub<i64> for $name {
            type Output = Self;
            fn sub(self, count: i64) -> Self {
                Self(self.0 - count)
            }
        }

        /// Intervals from the other to this one.
        impl Sub for $name {
            type Output = i64;
            fn sub(self, earlier: Self) -> i64 {
                self.0 - earlier.0
            }
        }
    };
}

interval_number! {
    /// A UTC quarter-hour.
    QuarterHour, 900
}
interval_number! {
    /// A UTC hour.
    Hour, 3600
}
interval_number! {
    /// A UTC day.
    Day, 86_400
}

impl QuarterHour {
    pub(crate) const fn hour(self) -> Hour {
        Hour(self.0.div_euclid(4))
    }

    /// Position in its hour, 0 to 3.
    pub(crate) const fn index_in_hour(self) -> usize {
        self.0.rem_euclid(4) as usize
    }

    pub(crate) const fn day(self) -> Day {
        Day(self.0.div_euclid(QUARTERS_PER_DAY as i64))
    }

    /// Position in its UTC day, 0 to 95.
    pub(crate) const fn index_in_day(self) -> usize {
        self.0.rem_euclid(QUARTERS_PER_DAY as i64) as usize
    }
}

impl Hour {
    pub(crate) const fn first_quarter(self) -> QuarterHour {
        QuarterHour(self.0.saturating_mul(4))
    }

    pub(crate) fn quarters(self) -> [QuarterHour; 4] {
        [0, 1, 2, 3].map(|index| self.first_quarter() + index)
    }

    pub(crate) const fn day(self) -> Day {
        Day(self.0.div_euclid(24))
    }

    /// Position in its UTC day, 0 to 23.
    pub(crate) const fn index_in_day(self) -> usize {
        self.0.rem_euclid(24) as usize
    }
}

impl Day {
    pub(crate) const fn first_quarter(self) -> QuarterHour {
        QuarterHour(self.0 * QUARTERS_PER_DAY as i64)
    }

    pub(crate) fn seconds(self) -> Range<Time> {
        self.start()..(self + 1).start()
    }
}

/// The hours of a range, in order.
pub(crate) fn each_hour(
    hours: &Range<Hour>,
) -> impl DoubleEndedIterator<Item = Hour> + Clone + use<> {
    (hours.start.0..hours.end.0).map(Hour)
}

/// The quarter-hours of a range, in order.
pub(crate) fn each_quarter(
    quarters: &Range<QuarterHour>,
) -> impl DoubleEndedIterator<Item = QuarterHour> + Clone + use<> {
    (quarters.start.0..quarters.end.0).map(QuarterHour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions_round_towards_the_past_before_1970_too() {
        let time = Time(-1);
        assert_eq!(QuarterHour::containing(time), QuarterHour::new(-1));
        assert_eq!(Hour::containing(time).start(), Time(-3600));
        assert_eq!(Hour::at_or_after(time).start(), Time(0));
        assert_eq!(Hour::at_or_after(Time(3600)), Hour::new(1));
        assert_eq!(QuarterHour::new(-1).hour(), Hour::new(-1));
        assert_eq!(QuarterHour::new(-1).index_in_hour(), 3);
        assert_eq!(QuarterHour::new(-1).index_in_day(), 95);
        assert_eq!(QuarterHour::new(-1).day(), Day::new(-1));
        assert_eq!(Hour::new(-1).day(), Day::new(-1));
        assert_eq!(Hour::new(25).index_in_day(), 1);
        assert_eq!(Day::new(1).seconds(), Time(86_400)..Time(172_800));
        assert_eq!(Day::new(1).first_quarter(), Hour::new(24).quarters()[0]);
    }
}
