//! Units as types, so that a power cannot be used as an energy.
use core::num::NonZeroU32;

macro_rules! unit {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(pub $inner);
    };
}

unit! {
    /// A register of active energy, Wh.
    WattHours(u64)
}
unit! {
    /// A register of reactive energy, varh.
    VarHours(u64)
}
unit! {
    /// Active power, W; negative while energy is fed into the grid.
    Watts(i64)
}
unit! {
    /// Reactive power, var; negative while it is fed into the grid.
    Vars(i64)
}
unit! {
    /// Voltage, mV.
    MilliVolts(i32)
}
unit! {
    /// Current, mA.
    MilliAmps(i32)
}

/// Ratio of the current transformers before a meter that shows secondary values: primary
/// value = shown value × ratio. 1 without transformers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Multiplier(NonZeroU32);

impl Multiplier {
    /// The meter shows primary values.
    pub const ONE: Self = Self(NonZeroU32::MIN);

    /// A ratio of 1 to 1 000 000; `None` outside that range.
    pub const fn new(ratio: u32) -> Option<Self> {
        match NonZeroU32::new(ratio) {
            Some(ratio) if ratio.get() <= 1_000_000 => Some(Self(ratio)),
            _ => None,
        }
    }

    /// The ratio.
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    pub(crate) fn energy(self, value: WattHours) -> Option<WattHours> {
        value.0.checked_mul(u64::from(self.get())).map(WattHours)
    }

    pub(crate) fn power(self, value: Watts) -> Option<Watts> {
        value.0.checked_mul(i64::from(self.get())).map(Watts)
    }

    pub(crate) fn current(self, value: MilliAmps) -> Option<MilliAmps> {
        i64::from(value.0)
            .checked_mul(i64::from(self.get()))
            .and_then(|product| i32::try_from(product).ok())
            .map(MilliAmps)
    }
}

impl Default for Multiplier {
    fn default() -> Self {
        Self::ONE
    }
}
