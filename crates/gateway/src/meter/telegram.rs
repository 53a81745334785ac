//! What a meter said once, whatever its protocol, and why it was not understood.
use core::fmt;

use super::quantities::Quantities;
use super::{MeterTime, Quantity};
use crate::{MilliAmps, MilliVolts, VarHours, Vars, WattHours, Watts};

/// Characters of a first line that are kept.
pub(crate) const IDENT: usize = 40;

/// How sure the bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// The checksum was right.
    Good,
    /// There was none, as in DSMR 2.2; every line was well-formed.
    Absent,
}

/// One telegram: secondary values as the meter shows them, no multiplier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telegram {
    pub(crate) ident: heapless::String<IDENT>,
    pub(crate) registers: Quantities,
    pub(crate) time: Option<MeterTime>,
    pub(crate) check: Check,
    pub(crate) malformed: u16,
    pub(crate) absurd: u16,
}

impl Telegram {
    /// The first line without `/`, at most 40 characters: a model, not a serial number.
    pub fn ident(&self) -> &str {
        &self.ident
    }

    /// What the meter's own clock shows.
    pub const fn time(&self) -> Option<MeterTime> {
        self.time
    }

    /// How sure the bytes are.
    pub const fn check(&self) -> Check {
        self.check
    }

    /// Lines that were skipped because they are none.
    pub const fn malformed(&self) -> u16 {
        self.malformed
    }

    /// Values that were skipped because no meter can hold them.
    pub const fn absurd(&self) -> u16 {
        self.absurd
    }

    /// A value in the unit of its register.
    pub fn get(&self, register: Quantity) -> Option<i64> {
        self.registers.get(register)
    }

    fn energy(&self, total: Quantity, tariff: fn(u8) -> Quantity) -> Option<WattHours> {
        self.registers.energy(total, tariff).and_then(|value| value.try_into().ok()).map(WattHours)
    }

    /// Energy taken from the grid: the total, else the sum of the tariffs.
    pub fn import(&self) -> Option<WattHours> {
        self.energy(Quantity::Import, Quantity::ImportTariff)
    }

    /// Energy fed into the grid: the total, else the sum of the tariffs.
    pub fn export(&self) -> Option<WattHours> {
        self.energy(Quantity::Export, Quantity::ExportTariff)
    }

    /// Reactive energy, imported and exported.
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

    /// Import less export.
    pub fn power(&self) -> Option<Watts> {
        self.net(Quantity::ImportPower, Quantity::ExportPower)
            .or_else(|| self.get(Quantity::NetPower))
            .map(Watts)
    }

    /// Reactive import less export.
    pub fn reactive_power(&self) -> Option<Vars> {
        self.net(Quantity::ReactiveImportPower, Quantity::ReactiveExportPower).map(Vars)
    }

    /// Import less export of phase 0, 1 or 2.
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

/// Why bytes that began like a telegram are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TelegramError {
    /// The checksum is not that of the bytes.
    Checksum {
        /// What the telegram says.
        stated: u16,
        /// What its bytes give.
        computed: u16,
    },
    /// Something else than a checksum or an end of line stands after `!`.
    Trailer,
    /// It ends before `!`: a new one begins, or it is longer than any meter's.
    Cut,
    /// Without checksum, and with a line that is none, or with nothing in it.
    Unsure,
    /// Without checksum, from a meter that has sent one before.
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
