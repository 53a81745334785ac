//! P1 telegrams (DSMR, the Swedish profile first) out of a noisy byte stream.
//!
//! ```text
//! /XXXZ ident CRLF  CRLF  OBIS(value*unit) CRLF …  !CRC CRLF
//! ```
//! Sources: Swedish "Branschrekommendation för lokalt kundgränssnitt" (the list
//! of 27), DSMR 5.0.2 P1 companion standard, IEC 62056-21 for the form of lines.
//!
//! How it reads:
//! - It streams: no telegram is kept, only one code and one value of a line, so
//!   that a line of any length costs nothing. About 1.3 KB of RAM.
//! - A `/` at the start of a line begins a telegram, always. A `/` within a line
//!   is either text or the telegram after one that was cut; both are followed,
//!   and the checksum decides (the two newest beginnings are kept; what came before
//!   the right one is counted as cut).
//! - `!` ends a telegram at the start of a line or behind a value's `)`; within
//!   brackets or words it is text.
//! - CRC-16/ARC from `/` to `!`, upper or lower case, leading zeros or not. With
//!   a right one, lines that make no sense are skipped and counted. Without one
//!   (DSMR 2.2) every line must make sense, the line must end behind `!`, and
//!   the meter must not have sent one before.
//! - Lines end with CR, LF or both. 7E1 bytes on an 8N1 port are recognised by
//!   the parity bit of the `/`.
use heapless::Vec;

use crate::meter::{Check, Telegram, TelegramError};
use attempt::Attempt;
pub use counters::Counters;
use dataset::{DataSets, Found};

mod attempt;
mod counters;
mod dataset;
mod number;
mod obis;

/// Bytes since the last `/` after which it was none. The longest telegram known
/// has 1 500; two text messages of 2 048 make 6 000.
const LONGEST: usize = 8192;

/// Bytes that mean something else than themselves.
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
    Hunt,
    /// In the first line.
    Ident,
    /// In the lines behind it.
    Body,
    /// Behind `!`: hexadecimal digits so far.
    Trailer { digits: u8, stated: u16 },
}

/// Bytes in, telegrams out.
pub struct Decoder {
    state: State,
    /// Where the telegram may have begun, oldest first.
    attempts: Vec<Attempt, 2>,
    /// A `/` within the present line.
    tentative: Option<Attempt>,
    sets: DataSets,
    /// Since the last `/`.
    length: usize,
    /// The port delivers seven bits and even parity.
    parity: bool,
    parity_broken: bool,
    /// First line of the last telegram with a right checksum, hashed.
    known: Option<u32>,
    counters: Counters,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// Waits for the first `/`.
    pub const fn new() -> Self {
        Self {
            state: State::Hunt,
            attempts: Vec::new(),
            tentative: None,
            sets: DataSets::EMPTY,
            length: 0,
            parity: false,
            parity_broken: false,
            known: None,
            counters: Counters::NONE,
        }
    }

    /// What became of the bytes so far.
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Whether a telegram has begun and not ended.
    pub fn is_within(&self) -> bool {
        self.state != State::Hunt
    }

    /// Reads on in `input`, which it shortens, to the next telegram or error;
    /// `None` when `input` is empty. How the bytes are cut makes no difference.
    // In one piece, so that an emulator can tell what it costs: `tests/rp2040.rs`.
    #[inline(never)]
    pub fn next(&mut self, input: &mut &[u8]) -> Option<Result<Telegram, TelegramError>> {
        while !input.is_empty() {
            let event = if self.state == State::Hunt {
                self.hunt(input);
                None
            } else if self.parity {
                self.read_parity(input)
            } else {
                self.read(input)
            };
            // Neither taken out nor put in again: to move a telegram takes a chip as long
            // as to read a line.
            if let Some(told) = &event {
                self.state = State::Hunt;
                self.counters.count(told);
                return event;
            }
        }
        None
    }

    /// The line has been silent for long, or has ended: what is half-read is
    /// complete or never will be.
    pub fn end(&mut self) -> Option<Result<Telegram, TelegramError>> {
        let event = match self.state {
            State::Hunt => return None,
            State::Trailer { digits: 0, .. } => Err(TelegramError::Trailer),
            State::Trailer { stated, .. } => self.finish(Some(stated)),
            State::Ident | State::Body => Err(TelegramError::Cut),
        };
        self.state = State::Hunt;
        self.counters.count(&event);
        Some(event)
    }

    fn hunt(&mut self, input: &mut &[u8]) {
        let Some(at) = input.iter().position(|byte| byte & 0x7f == b'/') else {
            *input = &[];
            return;
        };
        // '/' has five bits set: with even parity its eighth is set too.
        self.parity = input[at] != b'/';
        self.parity_broken = false;
        *input = &input[at + 1..];
        self.attempts.clear();
        self.tentative = None;
        self.sets = DataSets::EMPTY;
        self.fork();
        self.attempts.extend(self.tentative.take());
        self.state = State::Ident;
    }

    /// Begins a new attempt at a `/`.
    fn fork(&mut self) {
        self.tentative.insert(Attempt::new()).checksum(b"/");
        self.length = 1;
    }

    fn read_parity(&mut self, input: &mut &[u8]) -> Option<Result<Telegram, TelegramError>> {
        if input[0] == b'/' {
            // Eight bits after all.
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
            // A broken byte goes alone: those behind it may be another telegram's.
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
        let room = LONGEST - self.length;
        if room == 0 {
            return Some(Err(TelegramError::Cut));
        }
        match self.state {
            State::Trailer { digits, stated } => self.trailer(input, digits, stated),
            _ => self.lines(input, room),
        }
    }

    /// Reads lines up to `!` or a telegram's start, at most `room` bytes.
    fn lines(&mut self, input: &mut &[u8], room: usize) -> Option<Result<Telegram, TelegramError>> {
        let block = &input[..input.len().min(room)];
        let (mut summed, mut read) = (0, 0);
        while let Some(run) = block[read..].iter().position(|byte| SPECIAL[usize::from(*byte)]) {
            let at = read + run;
            self.text(&block[read..at]);
            read = at + 1;
            match block[at] {
                b'/' if self.state == State::Body && self.sets.fresh() => {
                    *input = &input[at..];
                    return Some(Err(TelegramError::Cut));
                }
                b'/' => {
                    self.text(b"/");
                    self.sum(&block[summed..read]);
                    summed = read;
                    self.fork();
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

    /// Bytes within a line, none of them a bracket.
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
        // A first line has no brackets: the '/' was text.
        self.tentative = None;
        if self.state == State::Ident {
            self.run_on();
        }
        match self.sets.bracket(open) {
            Found::Nothing => {}
            Found::Set(code, value) => {
                for attempt in &mut self.attempts {
                    attempt.set(code, value);
                }
            }
            Found::Malformed => self.attempts.iter_mut().for_each(Attempt::malformed),
        }
    }

    /// The first line runs on into the first data set: its end was lost, or
    /// the meter sends none.
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
        // To take what is not there would copy it all the same.
        if self.tentative.is_some()
            && let Some(attempt) = self.tentative.take()
        {
            if self.attempts.is_full() {
                self.attempts.remove(0);
                self.counters.overrun = self.counters.overrun.saturating_add(1);
            }
            // There is room now.
            let _ = self.attempts.push(attempt);
        }
    }

    /// A byte behind `!`.
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
            // Leading zeros left out, whatever follows: it may begin the next telegram.
            _ => Some(self.finish(Some(stated))),
        }
    }

    fn finish(&mut self, stated: Option<u16>) -> Result<Telegram, TelegramError> {
        let right = stated.and_then(|stated| {
            self.attempts.iter().position(|attempt| attempt.checksum_so_far() == stated)
        });
        // What began before the right one was cut; what began behind it was its text.
        let before = right.unwrap_or(self.attempts.len().saturating_sub(1));
        self.counters.overrun = self.counters.overrun.saturating_add(before as u32);
        if let Some(right) = right.map(|at| &self.attempts[at]) {
            self.known = Some(right.ident_hash());
            return Ok(right.telegram.clone());
        }
        let newest = self.attempts.last().ok_or(TelegramError::Cut)?;
        match stated {
            Some(stated) => {
                Err(TelegramError::Checksum { stated, computed: newest.checksum_so_far() })
            }
            None if self.known == Some(newest.ident_hash()) => Err(TelegramError::ChecksumMissing),
            None if self.parity_broken || !newest.flawless() => Err(TelegramError::Unsure),
            None => Ok(Telegram { check: Check::Absent, ..newest.telegram.clone() }),
        }
    }
}

#[cfg(test)]
mod tests;
