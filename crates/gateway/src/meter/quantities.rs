//! The quantities that a meter shows, and a compact set of their values.

/// A quantity, named after its OBIS code. Phases are 0, 1, 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// 1.8.0, Wh
    Import,
    /// 2.8.0, Wh
    Export,
    /// 1.8.1 to 1.8.4, Wh
    ImportTariff(u8),
    /// 2.8.1 to 2.8.4, Wh
    ExportTariff(u8),
    /// 3.8.0, varh
    ReactiveImport,
    /// 4.8.0, varh
    ReactiveExport,
    /// 1.7.0, W
    ImportPower,
    /// 2.7.0, W
    ExportPower,
    /// 16.7.0, import less export, W
    NetPower,
    /// 3.7.0, var
    ReactiveImportPower,
    /// 4.7.0, var
    ReactiveExportPower,
    /// 21.7.0, 41.7.0, 61.7.0, W
    PhaseImportPower(u8),
    /// 22.7.0, 42.7.0, 62.7.0, W
    PhaseExportPower(u8),
    /// 23.7.0, 43.7.0, 63.7.0, var
    PhaseReactiveImportPower(u8),
    /// 24.7.0, 44.7.0, 64.7.0, var
    PhaseReactiveExportPower(u8),
    /// 32.7.0, 52.7.0, 72.7.0, mV
    Voltage(u8),
    /// 31.7.0, 51.7.0, 71.7.0, mA
    Current(u8),
}

const COUNT: usize = 35;

impl Quantity {
    const fn index(self) -> usize {
        match self {
            Self::Import => 0,
            Self::Export => 1,
            Self::ReactiveImport => 2,
            Self::ReactiveExport => 3,
            Self::ImportPower => 4,
            Self::ExportPower => 5,
            Self::ReactiveImportPower => 6,
            Self::ReactiveExportPower => 7,
            Self::NetPower => 8,
            Self::ImportTariff(tariff) => 8 + tariff as usize,
            Self::ExportTariff(tariff) => 12 + tariff as usize,
            Self::PhaseImportPower(phase) => 17 + phase as usize,
            Self::PhaseExportPower(phase) => 20 + phase as usize,
            Self::PhaseReactiveImportPower(phase) => 23 + phase as usize,
            Self::PhaseReactiveExportPower(phase) => 26 + phase as usize,
            Self::Voltage(phase) => 29 + phase as usize,
            Self::Current(phase) => 32 + phase as usize,
        }
    }
}

/// Values of quantities, each in its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quantities {
    values: [i64; COUNT],
    known: u64,
    /// Quantities that the telegram contains with an invalid value.
    invalid: u64,
}

impl Quantities {
    pub(crate) const EMPTY: Self = Self { values: [0; COUNT], known: 0, invalid: 0 };

    pub(crate) fn set(&mut self, register: Quantity, value: i64) {
        let index = register.index();
        if let Some(slot) = self.values.get_mut(index) {
            *slot = value;
            self.known |= 1 << index;
        }
    }

    pub(crate) fn mark_invalid(&mut self, register: Quantity) {
        self.invalid |= 1 << register.index().min(63);
    }

    pub(crate) fn get(&self, register: Quantity) -> Option<i64> {
        let index = register.index();
        let value = self.values.get(index)?;
        (self.known & 1 << index != 0).then_some(*value)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.known == 0
    }

    /// The total; without one the sum of the tariffs, if all tariffs in the telegram are
    /// valid.
    pub(crate) fn energy(&self, total: Quantity, tariff: fn(u8) -> Quantity) -> Option<i64> {
        if let Some(value) = self.get(total) {
            return Some(value);
        }
        let mut sum = None;
        for number in 1..=4 {
            if self.invalid & 1 << tariff(number).index() != 0 {
                return None;
            }
            if let Some(value) = self.get(tariff(number)) {
                sum = Some(sum.unwrap_or(0_i64).checked_add(value)?);
            }
        }
        sum
    }
}
