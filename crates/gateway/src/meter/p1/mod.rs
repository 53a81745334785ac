//! Decoder of P1 telegrams (DSMR and the Swedish profile) from a noisy byte stream.
//!
//! ```text
//! /XXXZ ident CRLF  CRLF  OBIS(value*unit) CRLF …  !CRC CRLF
//! ```
//! Sources: Swedish "Branschrekommendation för lokalt kundgränssnitt" (the list
//! of 27), DSMR 5.0.2 P1 companion standard, IEC 62056-21 for the form of lines.
//!
//! Rules:
//! - The decoder buffers one code and one value of a line, not the telegram, so that lines
//!   have any length. It takes about 1.3 KB of RAM.
//! - A `/` at the start of a line begins a telegram. A `/` within a line is either text or
//!   the beginning of a telegram after a truncated one; both are followed, and the checksum
//!   decides. The two newest beginnings are kept; a beginning before the right one counts
//!   as a truncated telegram.
//! - `!` ends a telegram at the start of a line or after a value's `)`; elsewhere it is text.
//! - CRC-16/ARC from `/` to `!`, in upper or lower case, with or without leading zeros. If
//!   it is right, malformed lines are skipped and counted. Without a checksum (DSMR 2.2)
//!   every line must be well-formed, a line end must follow `!`, and the meter must not have
//!   sent a checksum before.
//! - Lines end with CR, LF or both. 7E1 bytes on an 8N1 port are recognised by the parity
//!   bit of the `/`.
use heapless::Vec;

use crate::meter::{Check, Telegram, TelegramError};
use attempt::Attempt;
pub use counters::Counters;
use dataset::{DataSets, Scan};

mod attempt;
mod counters;
mod dataset;
mod number;
mod obis;

/// Maximum length of a telegram, bytes. The longest known telegram has 1 500; with two text
/// messages of 2 048 characters it would have about 6 000.
const MAX_LENGTH: usize = 8192;

/// Bytes with a special meaning.
const SPECIAL: [bool; 256] = {
    let mut table = [false; 256];
    let special = *b"/!()\r\n";
    let mut at = 0;
    while at < special.len() {
        table[special[at] as usize] = true;
        at += 1;
    }
    table
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Waiting for `/`.
    Searching,
    /// In the identification line.
    Ident,
    /// In the lines after it.
    Body,
    /// After `!`: number and value of the hexadecimal digits so far.
    Trailer { digits: u8, stated: u16 },
}

/// Decodes a stream of bytes into telegrams.
pub struct Decoder {
    state: State,
    /// Possible beginnings of the telegram, oldest first.
    attempts: Vec<Attempt, 2>,
    /// A possible beginning within the present line.
    tentative: Option<Attempt>,
    sets: DataSets,
    /// Bytes since the last `/`.
    length: usize,
    /// The port delivers seven bits and even parity.
    parity: bool,
    parity_broken: bool,
    /// Hash of the identification line of the last telegram with a valid checksum.
    checksum_ident: Option<u32>,
    counters: Counters,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// Searches for the first `/`.
    pub const fn new() -> Self {
        Self {
            state: State::Searching,
            attempts: Vec::new(),
            tentative: None,
            sets: DataSets::EMPTY,
            length: 0,
            parity: false,
            parity_broken: false,
            checksum_ident: None,
            counters: Counters::NONE,
        }
    }

    /// Numbers of decoded and rejected telegrams.
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Whether a telegram has begun and not ended.
    pub fn is_within(&self) -> bool {
        self.state != State::Searching
    }

    /// Consumes `input` up to the end of the next telegram; `None` once `input` is empty.
    /// How the bytes are split into calls makes no difference.
    // Not inlined, so that `tests/rp2040.rs` can measure its cost in an emulator.
    #[inline(never)]
    pub fn next(&mut self, input: &mut &[u8]) -> Option<Result<Telegram, TelegramError>> {
        while !input.is_empty() {
            let event = if self.state == State::Searching {
                self.search(input);
                None
            } else if self.parity {
                self.read_parity(input)
            } else {
                self.read(input)
            };
            // By reference: moving a telegram costs a microcontroller as much as a line.
            if let Some(result) = &event {
                self.state = State::Searching;
                self.counters.count(result);
                return event;
            }
        }
        None
    }

    /// Ends the telegram in progress, after a long silence or at the end of the stream.
    pub fn end(&mut self) -> Option<Result<Telegram, TelegramError>> {
        let event = match self.state {
            State::Searching => return None,
            State::Trailer { digits: 0, .. } => Err(TelegramError::Trailer),
            State::Trailer { stated, .. } => self.finish(Some(stated)),
            State::Ident | State::Body => Err(TelegramError::Cut),
        };
        self.state = State::Searching;
        self.counters.count(&event);
        Some(event)
    }

    fn search(&mut self, input: &mut &[u8]) {
        let Some(at) = input.iter().position(|byte| byte & 0x7f == b'/') else {
            *input = &[];
            return;
        };
        // '/' has five bits set, so that even parity sets the eighth bit.
        self.parity = input[at] != b'/';
        self.parity_broken = false;
        *input = &input[at + 1..];
        self.attempts.clear();
        self.tentative = None;
        self.sets = DataSets::EMPTY;
        self.begin_attempt();
        self.attempts.extend(self.tentative.take());
        self.state = State::Ident;
    }

    /// Begins an attempt at a `/`.
    fn begin_attempt(&mut self) {
        self.tentative.insert(Attempt::new()).checksum(b"/");
        self.length = 1;
    }

    fn read_parity(&mut self, input: &mut &[u8]) -> Option<Result<Telegram, TelegramError>> {
        if input[0] == b'/' {
            // The port has eight data bits after all.
            return Some(Err(TelegramError::Cut));
        }
        let mut bits = [0; 64];
        let even = |byte: &&u8| byte.count_ones().is_multiple_of(2);
        let mut length = 0;
        for (bits, byte) in bits.iter_mut().zip(input.iter().take_while(even)) {
            *bits = byte & 0x7f;
            length += 1;
        }
        if length == 0 {
            // A byte with wrong parity alone: the next ones may be another telegram.
            self.parity_broken = true;
            bits[0] = input[0] & 0x7f;
            length = 1;
        }
        let mut block = &bits[..length];
        let event = self.read(&mut block);
        *input = &input[length - block.len()..];
        event
    }

    fn read(&mut self, input: &mut &[u8]) -> Option<Result<Telegram, TelegramError>> {
        let room = MAX_LENGTH - self.length;
        if room == 0 {
            return Some(Err(TelegramError::Cut));
        }
        match self.state {
            State::Trailer { digits, stated } => self.trailer(input, digits, stated),
            _ => self.lines(input, room),
        }
    }

    /// Consumes lines up to `!` or the start of a telegram, at most `room` bytes.
    fn lines(&mut self, input: &mut &[u8], room: usize) -> Option<Result<Telegram, TelegramError>> {
        let block = &input[..input.len().min(room)];
        let (mut summed, mut read) = (0, 0);
        while let Some(run) = block[read..].iter().position(|byte| SPECIAL[usize::from(*byte)]) {
            let at = read + run;
            self.text(&block[read..at]);
            read = at + 1;
            match block[at] {
                b'/' if self.state == State::Body && self.sets.line_is_empty() => {
                    *input = &input[at..];
                    return Some(Err(TelegramError::Cut));
                }
                b'/' => {
                    self.text(b"/");
                    self.sum(&block[summed..read]);
                    summed = read;
                    self.begin_attempt();
                }
                b'!' if self.state == State::Body && self.sets.may_end() => {
                    self.tentative = None;
                    self.sum(&block[summed..read]);
                    self.state = State::Trailer { digits: 0, stated: 0 };
                    *input = &input[read..];
                    return None;
                }
                b'!' => self.text(b"!"),
                b'\r' | b'\n' => self.end_line(),
                bracket => self.bracket(bracket == b'('),
            }
        }
        self.text(&block[read..]);
        self.sum(&block[summed..]);
        self.length += block.len() - summed;
        *input = &input[block.len()..];
        None
    }

    fn sum(&mut self, bytes: &[u8]) {
        for attempt in self.attempts.iter_mut().chain(&mut self.tentative) {
            attempt.checksum(bytes);
        }
    }

    /// Handles bytes of a line other than brackets.
    fn text(&mut self, bytes: &[u8]) {
        if let Some(attempt) = &mut self.tentative {
            attempt.ident(bytes);
        }
        if self.state == State::Ident {
            self.attempts.iter_mut().for_each(|attempt| attempt.ident(bytes));
        } else {
            self.sets.extend(bytes);
        }
    }

    fn bracket(&mut self, open: bool) {
        // An identification line has no brackets: the '/' was text.
        self.tentative = None;
        if self.state == State::Ident {
            self.run_on();
        }
        match self.sets.bracket(open) {
            Scan::Nothing => {}
            Scan::Set(code, value) => {
                for attempt in &mut self.attempts {
                    attempt.set(code, value);
                }
            }
            Scan::Malformed => self.attempts.iter_mut().for_each(Attempt::malformed),
        }
    }

    /// Handles an identification line that continues with the first data set, because its
    /// line end was lost or is never sent.
    fn run_on(&mut self) {
        self.state = State::Body;
        if let Some(attempt) = self.attempts.first_mut() {
            self.sets.extend(&attempt.split_code());
        }
    }

    fn end_line(&mut self) {
        let malformed = self.sets.end_line();
        if malformed {
            self.attempts.iter_mut().for_each(Attempt::malformed);
        }
        self.state = State::Body;
        // Without the check an empty `take` would copy the whole attempt.
        if self.tentative.is_some()
            && let Some(attempt) = self.tentative.take()
        {
            if self.attempts.is_full() {
                self.attempts.remove(0);
                self.counters.overrun = self.counters.overrun.saturating_add(1);
            }
            // There is room: the branch above has made it.
            let _ = self.attempts.push(attempt);
        }
    }

    /// Handles a byte after `!`.
    fn trailer(
        &mut self,
        input: &mut &[u8],
        digits: u8,
        stated: u16,
    ) -> Option<Result<Telegram, TelegramError>> {
        let (byte, rest) = input.split_first()?;
        match (byte, char::from(*byte).to_digit(16)) {
            (_, Some(digit)) => {
                *input = rest;
                let stated = stated << 4 | digit as u16;
                if digits == 3 {
                    return Some(self.finish(Some(stated)));
                }
                self.state = State::Trailer { digits: digits + 1, stated };
                None
            }
            (b' ' | b'\t', _) if digits == 0 => {
                *input = rest;
                None
            }
            (b'\r' | b'\n', _) if digits == 0 => {
                *input = rest;
                Some(self.finish(None))
            }
            (_, _) if digits == 0 => Some(Err(TelegramError::Trailer)),
            // A checksum without leading zeros; this byte may begin the next telegram.
            _ => Some(self.finish(Some(stated))),
        }
    }

    fn finish(&mut self, stated: Option<u16>) -> Result<Telegram, TelegramError> {
        let right = stated.and_then(|stated| {
            self.attempts.iter().position(|attempt| attempt.checksum_so_far() == stated)
        });
        // An attempt before the right one was truncated; one after it was text.
        let before = right.unwrap_or(self.attempts.len().saturating_sub(1));
        self.counters.overrun = self.counters.overrun.saturating_add(before as u32);
        if let Some(right) = right.map(|at| &self.attempts[at]) {
            self.checksum_ident = Some(right.ident_hash());
            return Ok(right.telegram.clone());
        }
        let newest = self.attempts.last().ok_or(TelegramError::Cut)?;
        match stated {
            Some(stated) => {
                Err(TelegramError::Checksum { stated, computed: newest.checksum_so_far() })
            }
            None if self.checksum_ident == Some(newest.ident_hash()) => {
                Err(TelegramError::ChecksumMissing)
            }
            None if self.parity_broken || !newest.is_well_formed() => Err(TelegramError::Unsure),
            None => Ok(Telegram { check: Check::Absent, ..newest.telegram.clone() }),
        }
    }
}

#[cfg(test)]
mod tests;
