//! Quantities as types: a bare number with its unit in a comment cannot be added
//! to the wrong one.
use core::ops::{Add, AddAssign, Neg, Sub, SubAssign};

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }
        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }
        impl Neg for $name {
            type Output = Self;
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }
        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                self.0 += other.0;
            }
        }
        impl SubAssign for $name {
            fn sub_assign(&mut self, other: Self) {
                self.0 -= other.0;
            }
        }
        impl core::iter::Sum for $name {
            fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
                items.fold(Self::default(), Add::add)
            }
        }
    };
}

quantity! {
    /// A register's value.
    WattHours(i64)
}
quantity! {
    /// An amount of energy; exact under addition in any order.
    MilliWattHours(i64)
}
quantity! {
    /// Active power.
    Watts(i64)
}

impl WattHours {
    /// The same amount, finer.
    pub const fn milli(self) -> MilliWattHours {
        MilliWattHours(self.0 * 1000)
    }
}

impl MilliWattHours {
    /// For display and ratios only.
    pub fn kwh(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

/// Atemp: internal floor area heated above 10 °C.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct SquareMetres(pub f64);

/// Outdoor temperature.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Celsius(pub f64);

/// Hundredths.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd)]
pub struct Percent(pub f64);

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// Seconds from `earlier` to this.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }
}
