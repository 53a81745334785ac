//! Quantities as types, so that amounts of different units cannot be added.
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
    /// A register value, Wh.
    WattHours(i64)
}
quantity! {
    /// An amount of energy, mWh. Whole numbers, so that a sum does not depend on the
    /// order of its terms.
    MilliWattHours(i64)
}
quantity! {
    /// Active power, W.
    Watts(i64)
}

impl WattHours {
    /// The same amount in mWh.
    pub const fn milli(self) -> MilliWattHours {
        MilliWattHours(self.0 * 1000)
    }
}

impl MilliWattHours {
    /// The same amount in kWh, for display and ratios.
    pub fn kwh(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// The nearest whole number of mWh.
    pub(crate) fn from_kwh(kwh: f64) -> Self {
        Self((kwh * 1e6).round() as i64)
    }

    /// Part `index` of `count` whole parts that add up to this amount exactly.
    pub(crate) fn part(self, index: usize, count: usize) -> Self {
        let until =
            |parts: usize| (i128::from(self.0) * parts as i128).div_euclid(count as i128) as i64;
        Self(until(index + 1) - until(index))
    }
}

/// Atemp: internal floor area heated above 10 °C, m².
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct SquareMetres(pub f64);

/// Outdoor temperature, °C.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Celsius(pub f64);

/// A share in percent: 12.5 is one eighth.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd)]
pub struct Percent(pub f64);
