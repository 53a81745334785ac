//! One reading of the bytes as a telegram: where it may have begun, the
//! checksum since, and what it has told so far.
use crc::{CRC_16_ARC, Crc, Digest, Table};

use super::number::NumberError;
use super::obis::{self, ObisMeaning};
use crate::meter::quantities::Quantities;
use crate::meter::{Check, IDENT, MeterTime, Telegram};

// 8 KiB of table make a host four times as fast as 512 bytes; a chip has better
// uses for its flash and all the time between two bytes.
#[cfg(target_os = "none")]
type Lanes = Table<1>;
#[cfg(not(target_os = "none"))]
type Lanes = Table<16>;

static ARC: Crc<u16, Lanes> = Crc::<u16, Lanes>::new(&CRC_16_ARC);

/// A telegram in the making.
#[derive(Clone)]
pub(super) struct Attempt {
    digest: Digest<'static, u16, Lanes>,
    pub(super) telegram: Telegram,
}

impl Attempt {
    /// Begins with the `/` that the checksum must see first.
    pub(super) fn new() -> Self {
        Self {
            digest: ARC.digest(),
            telegram: Telegram {
                ident: heapless::String::new(),
                registers: Quantities::EMPTY,
                time: None,
                check: Check::Good,
                malformed: 0,
                absurd: 0,
            },
        }
    }

    pub(super) fn checksum(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
    }

    pub(super) fn checksum_so_far(&self) -> u16 {
        self.digest.clone().finalize()
    }

    /// Takes bytes of the first line, as long as there is room.
    pub(super) fn ident(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            let printable = matches!(byte, b' '..=b'~');
            if self.telegram.ident.push(if printable { byte as char } else { '?' }).is_err() {
                break;
            }
        }
    }

    /// Splits a code from a first line that runs on into a data set: from the
    /// figure before the last '-' on.
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

    /// Takes a data set's code and first value, where they are not too long.
    pub(super) fn set(&mut self, code: Option<&[u8]>, value: Option<&[u8]>) {
        // No code that we read is that long; a line without code continues the
        // one before, of which we read the first value only.
        let Some(code) = code.filter(|code| !code.is_empty()) else { return };
        match self.try_set(code, value) {
            Ok(()) => {}
            Err(NumberError::Malformed) => self.malformed(),
            Err(NumberError::Absurd) => {
                self.telegram.absurd = self.telegram.absurd.saturating_add(1);
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
                    .ok_or(NumberError::Absurd)
                    .and_then(|value| obis::value(register, value))
                    .inspect_err(|_| registers.spoil(register))?;
                registers.set(register, value);
            }
        }
        Ok(())
    }

    /// Whether it may stand without a checksum: it tells something, and nothing
    /// in it is broken.
    pub(super) fn flawless(&self) -> bool {
        let telegram = &self.telegram;
        let tells = !telegram.registers.is_empty() || telegram.time.is_some();
        tells && telegram.malformed == 0 && telegram.absurd == 0
    }

    /// Tells meters apart as far as their first line does (FNV-1a).
    pub(super) fn ident_hash(&self) -> u32 {
        self.telegram
            .ident
            .bytes()
            .fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
    }
}
