//! A decoded telegram of any protocol, and why one is rejected.
use core::fmt;

use super::quantities::Quantities;
use super::{MeterTime, Quantity};
use crate::{MilliAmps, MilliVolts, VarHours, Vars, WattHours, Watts};

/// Length of the stored part of the identification line.
pub(crate) const IDENT: usize = 40;

/// Whether a checksum protects the telegram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// The checksum is right.
    Good,
    /// There is none, as in DSMR 2.2; every line is well-formed.
    Absent,
}

/// A telegram, in secondary values as the meter shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telegram {
    pub(crate) ident: heapless::String<IDENT>,
    pub(crate) registers: Quantities,
    pub(crate) time: Option<MeterTime>,
    pub(crate) check: Check,
    pub(crate) malformed: u16,
    pub(crate) implausible: u16,
}

impl Telegram {
    /// The identification line without `/`, at most 40 characters: a model, not a serial
    /// number.
    pub fn ident(&self) -> &str {
        &self.ident
    }

    /// The time that the meter shows.
    pub const fn time(&self) -> Option<MeterTime> {
        self.time
    }

    /// Whether a checksum protects the telegram.
    pub const fn check(&self) -> Check {
        self.check
    }

    /// Number of malformed lines, which are skipped.
    pub const fn malformed(&self) -> u16 {
        self.malformed
    }

    /// Number of values out of range, which are skipped.
    pub const fn implausible(&self) -> u16 {
        self.implausible
    }

    /// A value in the unit of its quantity.
    pub fn get(&self, register: Quantity) -> Option<i64> {
        self.registers.get(register)
    }

    fn energy(&self, total: Quantity, tariff: fn(u8) -> Quantity) -> Option<WattHours> {
        self.registers.energy(total, tariff).and_then(|value| value.try_into().ok()).map(WattHours)
    }

    /// Register of energy taken from the grid: the total, or the sum of the tariffs.
    pub fn import(&self) -> Option<WattHours> {
        self.energy(Quantity::Import, Quantity::ImportTariff)
    }

    /// Register of energy fed into the grid: the total, or the sum of the tariffs.
    pub fn export(&self) -> Option<WattHours> {
        self.energy(Quantity::Export, Quantity::ExportTariff)
    }

    /// Registers of reactive energy, import and export.
    pub fn reactive_energy(&self) -> [Option<VarHours>; 2] {
        [Quantity::ReactiveImport, Quantity::ReactiveExport].map(|register| {
            self.get(register).and_then(|value| value.try_into().ok()).map(VarHours)
        })
    }

    fn net(&self, taken: Quantity, given: Quantity) -> Option<i64> {
        match (self.get(taken), self.get(given)) {
            (None, None) => None,
            (taken, given) => taken.unwrap_or(0).checked_sub(given.unwrap_or(0)),
        }
    }

    /// Active power, import less export.
    pub fn power(&self) -> Option<Watts> {
        self.net(Quantity::ImportPower, Quantity::ExportPower)
            .or_else(|| self.get(Quantity::NetPower))
            .map(Watts)
    }

    /// Reactive power, import less export.
    pub fn reactive_power(&self) -> Option<Vars> {
        self.net(Quantity::ReactiveImportPower, Quantity::ReactiveExportPower).map(Vars)
    }

    /// Active power, import less export, of phase 0, 1 or 2.
    pub fn phase_power(&self, phase: usize) -> Option<Watts> {
        let phase = phase as u8;
        self.net(Quantity::PhaseImportPower(phase), Quantity::PhaseExportPower(phase)).map(Watts)
    }

    /// Voltage of phase 0, 1 or 2.
    pub fn voltage(&self, phase: usize) -> Option<MilliVolts> {
        self.get(Quantity::Voltage(phase as u8))
            .and_then(|value| value.try_into().ok())
            .map(MilliVolts)
    }

    /// Current of phase 0, 1 or 2.
    pub fn current(&self, phase: usize) -> Option<MilliAmps> {
        self.get(Quantity::Current(phase as u8))
            .and_then(|value| value.try_into().ok())
            .map(MilliAmps)
    }
}

/// Why a telegram is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TelegramError {
    /// The checksum does not match.
    Checksum {
        /// The checksum in the telegram.
        stated: u16,
        /// The checksum of its bytes.
        computed: u16,
    },
    /// Neither a checksum nor a line end follows `!`.
    Trailer,
    /// It ends before `!`: another telegram begins, or it is too long.
    Cut,
    /// It has no checksum, and a malformed line or no content.
    Unsure,
    /// It has no checksum, but the meter has sent one before.
    ChecksumMissing,
}

impl fmt::Display for TelegramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checksum { stated, computed } => {
                write!(f, "checksum {stated:04X}, but the bytes give {computed:04X}")
            }
            Self::Trailer => f.write_str("no checksum and no end of line after '!'"),
            Self::Cut => f.write_str("the telegram ends before its '!'"),
            Self::Unsure => f.write_str("no checksum, and not all lines are well-formed"),
            Self::ChecksumMissing => f.write_str("no checksum, though this meter sends one"),
        }
    }
}

impl core::error::Error for TelegramError {}
