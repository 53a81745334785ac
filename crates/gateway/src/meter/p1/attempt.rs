//! A telegram being decoded from one possible beginning: its checksum and values so far.
use crc::{CRC_16_ARC, Crc, Digest, Table};

use super::number::NumberError;
use super::obis::{self, ObisMeaning};
use crate::hash::fnv1a;
use crate::meter::quantities::Quantities;
use crate::meter::{Check, IDENT, MeterTime, Telegram};

// A table of 8 KiB instead of 512 bytes makes a host four times as fast. A microcontroller
// has little flash and time to spare between two bytes.
#[cfg(target_os = "none")]
type Lanes = Table<1>;
#[cfg(not(target_os = "none"))]
type Lanes = Table<16>;

static ARC: Crc<u16, Lanes> = Crc::<u16, Lanes>::new(&CRC_16_ARC);

/// A telegram being decoded.
#[derive(Clone)]
pub(super) struct Attempt {
    digest: Digest<'static, u16, Lanes>,
    pub(super) telegram: Telegram,
}

impl Attempt {
    /// The caller passes the `/` to [`Self::checksum`] first.
    pub(super) fn new() -> Self {
        Self {
            digest: ARC.digest(),
            telegram: Telegram {
                ident: heapless::String::new(),
                registers: Quantities::EMPTY,
                time: None,
                check: Check::Good,
                malformed: 0,
                implausible: 0,
            },
        }
    }

    pub(super) fn checksum(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
    }

    pub(super) fn checksum_so_far(&self) -> u16 {
        self.digest.clone().finalize()
    }

    /// Appends bytes of the first line, as far as there is room.
    pub(super) fn ident(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            let printable = matches!(byte, b' '..=b'~');
            if self.telegram.ident.push(if printable { byte as char } else { '?' }).is_err() {
                break;
            }
        }
    }

    /// Splits the OBIS code off a first line that continues with a data set: from the digit
    /// before the last `-`.
    pub(super) fn split_code(&mut self) -> heapless::Vec<u8, IDENT> {
        let ident = &mut self.telegram.ident;
        let at = ident.rfind('-').and_then(|dash| dash.checked_sub(1)).unwrap_or(ident.len());
        let code = heapless::Vec::from_slice(&ident.as_bytes()[at..]).unwrap_or_default();
        ident.truncate(at);
        code
    }

    pub(super) fn malformed(&mut self) {
        self.telegram.malformed = self.telegram.malformed.saturating_add(1);
    }

    /// Stores a data set's code and first value; `None` for those that are too long.
    pub(super) fn set(&mut self, code: Option<&[u8]>, value: Option<&[u8]>) {
        // No code in use is too long. A line without a code continues the line before, of
        // which only the first value is used.
        let Some(code) = code.filter(|code| !code.is_empty()) else { return };
        match self.try_set(code, value) {
            Ok(()) => {}
            Err(NumberError::Malformed) => self.malformed(),
            Err(NumberError::OutOfRange) => {
                self.telegram.implausible = self.telegram.implausible.saturating_add(1);
            }
        }
    }

    fn try_set(&mut self, code: &[u8], value: Option<&[u8]>) -> Result<(), NumberError> {
        let registers = &mut self.telegram.registers;
        match obis::quantity(code)? {
            None => {}
            Some(ObisMeaning::Clock) => {
                let time = value.and_then(MeterTime::parse).ok_or(NumberError::Malformed)?;
                self.telegram.time.get_or_insert(time);
            }
            Some(ObisMeaning::Quantity(register)) => {
                let value = value
                    .ok_or(NumberError::OutOfRange)
                    .and_then(|value| obis::value(register, value))
                    .inspect_err(|_| registers.mark_invalid(register))?;
                registers.set(register, value);
            }
        }
        Ok(())
    }

    /// Whether the telegram is acceptable without a checksum: it has content, and none of
    /// its lines is invalid.
    pub(super) fn is_well_formed(&self) -> bool {
        let telegram = &self.telegram;
        let has_content = !telegram.registers.is_empty() || telegram.time.is_some();
        has_content && telegram.malformed == 0 && telegram.implausible == 0
    }

    /// Hash of the first line, which distinguishes meters of different models.
    pub(super) fn ident_hash(&self) -> u32 {
        fnv1a(self.telegram.ident.bytes())
    }
}
