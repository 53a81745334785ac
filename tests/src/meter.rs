//! A meter's customer port: P1 telegrams at the speed of the line, with the noise of
//! a real one between them and sometimes in them.
use std::{
    io::Write,
    time::{Duration, Instant},
};

use jiff::{Timestamp, tz::Offset};

use crate::{Calendar, wait::keep_pace};

/// 115 200 baud, 8N1: ten bits a byte.
const BYTES_PER_S: u64 = 11_520;
/// Sent at once; 10 ms on the line.
const CHUNK: usize = 115;
const CRC: crc::Crc<u16> = crc::Crc::<u16>::new(&crc::CRC_16_ARC);

/// What it shows and how far its line is.
#[derive(Debug)]
pub struct Meter {
    calendar: Calendar,
    register: u64,
    line: Instant,
    sent: u64,
    random: u32,
}

impl Meter {
    /// With a register in Wh.
    pub fn new(calendar: Calendar, register: u64) -> Self {
        Self { calendar, register, line: Instant::now(), sent: 0, random: 0x2011_0304 }
    }

    /// The register, Wh.
    pub const fn register(&self) -> u64 {
        self.register
    }

    fn random(&mut self, below: u32) -> u32 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        self.random % below
    }

    /// A good telegram, its register one step on.
    pub fn telegram(&mut self) -> Vec<u8> {
        // 18 kW by day and 6 by night, on the calendar.
        let at = self.calendar.now();
        let hour = Offset::constant(1).to_datetime(at).hour();
        let watts = if (6..18).contains(&hour) { 18_000 } else { 6_000 } + self.random(500);
        self.register += 1 + u64::from(self.random(900));
        text(at, self.register, watts)
    }

    /// Sends a good telegram after a little noise.
    ///
    /// # Errors
    /// When the port is closed.
    pub fn send(&mut self, port: &mut impl Write) -> std::io::Result<()> {
        let mut bytes = self.noise();
        bytes.extend(self.telegram());
        self.put(port, &bytes)
    }

    /// Sends a telegram with one flipped bit: its checksum does not match, so that it must not
    /// count.
    ///
    /// # Errors
    /// When the port is closed.
    pub fn send_broken(&mut self, port: &mut impl Write) -> std::io::Result<()> {
        let register = self.register;
        let mut bytes = self.telegram();
        self.register = register;
        let length = bytes.len() as u32;
        // Behind the identification, so that it still looks like a telegram.
        let place = 30 + self.random(length - 60) as usize;
        bytes[place] ^= 1 << self.random(7);
        self.put(port, &bytes)
    }

    /// What a cable picks up while the meter is silent: no line of it begins a telegram.
    fn noise(&mut self) -> Vec<u8> {
        let count = self.random(40);
        let byte = |this: &mut Self| match this.random(255) as u8 {
            b'/' => b'0',
            other => other,
        };
        (0..count).map(|_| byte(self)).collect()
    }

    /// No faster than the line.
    fn put(&mut self, port: &mut impl Write, bytes: &[u8]) -> std::io::Result<()> {
        for chunk in bytes.chunks(CHUNK) {
            let due = Duration::from_micros(self.sent * 1_000_000 / BYTES_PER_S);
            // A line that was silent does not make up for it.
            if self.line.elapsed() > due {
                (self.line, self.sent) = (Instant::now(), 0);
            } else {
                keep_pace(self.line, due);
            }
            port.write_all(chunk)?;
            self.sent += chunk.len() as u64;
        }
        Ok(())
    }
}

/// As the Swedish trade's document has it: UTC+1 all year, three decimals, CRLF.
fn text(at: Timestamp, register: u64, watts: u32) -> Vec<u8> {
    let shown = Offset::constant(1).to_datetime(at);
    let (kwh, wh, kw, w) = (register / 1000, register % 1000, watts / 1000, watts % 1000);
    let amps = watts * 10 / 690;
    let mut text = format!(
        "/ELL5\\253833635_A\r\n\r\n0-0:1.0.0({:02}{:02}{:02}{:02}{:02}{:02}W)\r\n\
         1-0:1.8.0({kwh:08}.{wh:03}*kWh)\r\n1-0:2.8.0(00000000.000*kWh)\r\n\
         1-0:3.8.0(00000021.988*kVArh)\r\n1-0:4.8.0(00001020.971*kVArh)\r\n\
         1-0:1.7.0({kw:04}.{w:03}*kW)\r\n1-0:2.7.0(0000.000*kW)\r\n\
         1-0:3.7.0(0000.000*kVAr)\r\n1-0:4.7.0(0000.309*kVAr)\r\n\
         1-0:32.7.0(230.1*V)\r\n1-0:52.7.0(231.2*V)\r\n1-0:72.7.0(229.9*V)\r\n\
         1-0:31.7.0({:03}.{}*A)\r\n1-0:51.7.0({:03}.{}*A)\r\n1-0:71.7.0({:03}.{}*A)\r\n!",
        shown.year() % 100,
        shown.month(),
        shown.day(),
        shown.hour(),
        shown.minute(),
        shown.second(),
        amps / 10,
        amps % 10,
        amps / 10,
        amps % 10,
        amps / 10,
        amps % 10,
    );
    let checksum = CRC.checksum(text.as_bytes());
    text.push_str(&format!("{checksum:04X}\r\n"));
    text.into_bytes()
}
