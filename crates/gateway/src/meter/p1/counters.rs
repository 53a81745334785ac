//! Numbers of decoded and rejected telegrams.
use wire::TelegramErrorCounts;

use crate::meter::{Check, Telegram, TelegramError};

/// Numbers of telegrams since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Decoded, with a valid checksum.
    pub checked: u32,
    /// Decoded, without a checksum.
    pub unchecked: u32,
    /// Rejected: wrong checksum.
    pub checksum: u32,
    /// Rejected: invalid characters after `!`.
    pub trailer: u32,
    /// Rejected: truncated.
    pub cut: u32,
    /// Rejected: truncated within a line, which is recognised only at the end of the next
    /// telegram. The decoder returns no error for it.
    pub overrun: u32,
    /// Rejected: without a checksum, and not well-formed.
    pub unsure: u32,
    /// Rejected: without a checksum, from a meter that has sent one before.
    pub checksum_missing: u32,
}

impl Counters {
    /// All zero.
    pub const NONE: Self = Self {
        checked: 0,
        unchecked: 0,
        checksum: 0,
        trailer: 0,
        cut: 0,
        overrun: 0,
        unsure: 0,
        checksum_missing: 0,
    };

    /// Number of decoded telegrams.
    pub const fn decoded(&self) -> u32 {
        self.checked.saturating_add(self.unchecked)
    }

    /// Number of rejected telegrams.
    pub const fn rejected(&self) -> u32 {
        self.checksum
            .saturating_add(self.trailer)
            .saturating_add(self.cut)
            .saturating_add(self.overrun)
            .saturating_add(self.unsure)
            .saturating_add(self.checksum_missing)
    }

    /// The rejected telegrams by reason. `no_register` counts valid ones without a register
    /// of imported energy.
    pub const fn by_reason(&self, no_register: u32) -> TelegramErrorCounts {
        TelegramErrorCounts {
            checksum: self.checksum,
            trailer: self.trailer,
            cut: self.cut.saturating_add(self.overrun),
            unsure: self.unsure,
            checksum_missing: self.checksum_missing,
            no_register,
        }
    }

    pub(super) fn count(&mut self, event: &Result<Telegram, TelegramError>) {
        let counter = match event {
            Ok(Telegram { check: Check::Good, .. }) => &mut self.checked,
            Ok(Telegram { check: Check::Absent, .. }) => &mut self.unchecked,
            Err(TelegramError::Checksum { .. }) => &mut self.checksum,
            Err(TelegramError::Trailer) => &mut self.trailer,
            Err(TelegramError::Cut) => &mut self.cut,
            Err(TelegramError::Unsure) => &mut self.unsure,
            Err(TelegramError::ChecksumMissing) => &mut self.checksum_missing,
        };
        *counter = counter.saturating_add(1);
    }
}
