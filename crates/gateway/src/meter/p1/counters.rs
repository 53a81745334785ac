//! How many telegrams came, and what was wrong with the others.
use wire::TelegramErrorCounts;

use crate::meter::{Check, Telegram, TelegramError};

/// What became of the bytes so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Telegrams with a right checksum.
    pub checked: u32,
    /// Telegrams without checksum.
    pub unchecked: u32,
    /// Refused: wrong checksum.
    pub checksum: u32,
    /// Refused: nonsense behind `!`.
    pub trailer: u32,
    /// Refused: cut.
    pub cut: u32,
    /// Refused: cut in a line, which showed only when the next one ended. Not an event.
    pub overrun: u32,
    /// Refused: no checksum, and not flawless.
    pub unsure: u32,
    /// Refused: no checksum from a meter that has sent one.
    pub checksum_missing: u32,
}

impl Counters {
    /// Nothing came yet.
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

    /// All telegrams that were understood.
    pub const fn understood(&self) -> u32 {
        self.checked.saturating_add(self.unchecked)
    }

    /// All that were refused.
    pub const fn refused(&self) -> u32 {
        self.checksum
            .saturating_add(self.trailer)
            .saturating_add(self.cut)
            .saturating_add(self.overrun)
            .saturating_add(self.unsure)
            .saturating_add(self.checksum_missing)
    }

    /// The refused ones by reason, beside those that were sound and without register.
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
