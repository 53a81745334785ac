//! Measured values of a telegram in primary values, compact enough for an outbox.
use wire::{MeterId, Phases, Reading, Time};

use crate::meter::Telegram;
use crate::{MilliAmps, MilliVolts, Multiplier, ReadingId, WattHours, Watts};

const EXPORT: u16 = 1 << 9;
const POWER: u16 = 1 << 10;

/// Quantities and powers, multiplier applied. 64 bytes: a mask says which of the
/// optional ones are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measurement {
    import: WattHours,
    export: WattHours,
    power: Watts,
    /// W, mV, mA of L1, L2, L3.
    phases: [[i32; 3]; 3],
    /// Bits 0 to 8 the phases in that order, then export and power.
    known: u16,
}

impl Measurement {
    /// A measurement with the register of imported energy alone.
    pub const fn new(import: WattHours) -> Self {
        Self { import, export: WattHours(0), power: Watts(0), phases: [[0; 3]; 3], known: 0 }
    }

    /// From a telegram; `None` if it has no register of imported energy, or if that register
    /// times the multiplier overflows.
    pub fn from_telegram(telegram: &Telegram, multiplier: Multiplier) -> Option<Self> {
        let mut new = Self::new(multiplier.energy(telegram.import()?)?);
        if let Some(export) = telegram.export().and_then(|value| multiplier.energy(value)) {
            new = new.with_export(export);
        }
        if let Some(power) = telegram.power().and_then(|value| multiplier.power(value)) {
            new = new.with_power(power);
        }
        for phase in 0..3 {
            let power = telegram.phase_power(phase).and_then(|value| multiplier.power(value));
            new.set(0, phase, power.and_then(|value| i32::try_from(value.0).ok()));
            new.set(1, phase, telegram.voltage(phase).map(|value| value.0));
            let current = telegram.current(phase).and_then(|value| multiplier.current(value));
            new.set(2, phase, current.map(|value| value.0));
        }
        Some(new)
    }

    /// Adds the register of exported energy.
    pub const fn with_export(mut self, export: WattHours) -> Self {
        self.export = export;
        self.known |= EXPORT;
        self
    }

    /// Adds the power.
    pub const fn with_power(mut self, power: Watts) -> Self {
        self.power = power;
        self.known |= POWER;
        self
    }

    fn set(&mut self, kind: usize, phase: usize, value: Option<i32>) {
        if let Some(value) = value {
            self.phases[kind][phase] = value;
            self.known |= 1 << (kind * 3 + phase);
        }
    }

    fn get(&self, kind: usize, phase: usize) -> Option<i32> {
        (self.known & 1 << (kind * 3 + phase) != 0).then_some(self.phases[kind][phase])
    }

    /// Register of energy taken from the grid.
    pub const fn import(&self) -> WattHours {
        self.import
    }

    /// Register of energy fed into the grid.
    pub fn export(&self) -> Option<WattHours> {
        (self.known & EXPORT != 0).then_some(self.export)
    }

    /// Active power, import less export.
    pub fn power(&self) -> Option<Watts> {
        (self.known & POWER != 0).then_some(self.power)
    }

    /// Power of phase 0, 1 or 2.
    pub fn phase_power(&self, phase: usize) -> Option<Watts> {
        self.get(0, phase).map(|value| Watts(value.into()))
    }

    /// Voltage of phase 0, 1 or 2.
    pub fn voltage(&self, phase: usize) -> Option<MilliVolts> {
        self.get(1, phase).map(MilliVolts)
    }

    /// Current of phase 0, 1 or 2.
    pub fn current(&self, phase: usize) -> Option<MilliAmps> {
        self.get(2, phase).map(MilliAmps)
    }

    pub(crate) const BYTES: usize = 3 * 8 + 9 * 4 + 2;

    pub(crate) fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let (numbers, rest) = bytes.split_at_mut(24);
        let (phases, known) = rest.split_at_mut(36);
        let wide = [self.import.0, self.export.0, self.power.0 as u64];
        for (slot, value) in numbers.chunks_exact_mut(8).zip(wide) {
            slot.copy_from_slice(&value.to_le_bytes());
        }
        for (slot, value) in phases.chunks_exact_mut(4).zip(self.phases.as_flattened()) {
            slot.copy_from_slice(&value.to_le_bytes());
        }
        known.copy_from_slice(&self.known.to_le_bytes());
        bytes
    }

    pub(crate) fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let wide = |at: usize| u64::from_le_bytes(core::array::from_fn(|byte| bytes[at + byte]));
        let narrow = |at: usize| i32::from_le_bytes(core::array::from_fn(|byte| bytes[at + byte]));
        let phase = |kind: usize| core::array::from_fn(|phase| narrow(24 + 12 * kind + 4 * phase));
        Self {
            import: WattHours(wide(0)),
            export: WattHours(wide(8)),
            power: Watts(wide(16) as i64),
            phases: core::array::from_fn(phase),
            known: u16::from_le_bytes([bytes[60], bytes[61]]),
        }
    }

    /// The message to publish.
    pub fn reading(&self, meter: &MeterId, t: Time, id: ReadingId) -> Reading {
        let row = |kind| core::array::from_fn(|phase| self.get(kind, phase));
        let phases = (self.known & 0x1ff != 0).then(|| Phases {
            power_w: row(0),
            voltage_mv: row(1),
            current_ma: row(2),
        });
        Reading {
            meter: meter.clone(),
            t,
            import_wh: self.import.0,
            export_wh: self.export().map(|value| value.0),
            power_w: self.power().map(|value| value.0),
            phases,
            seq: id.seq,
            boot: id.boot,
        }
    }
}
