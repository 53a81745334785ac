//! Fuzzes the P1 decoder with arbitrary bytes: it must not panic, must not depend on how
//! they are split, must reject values out of range, and must decode a valid telegram after
//! them. `cargo xtask fuzz p1`.
//!
//! The first byte of an input is the length of chunks and, in its top bit, whether every `!`
//! is followed by the right checksum, which a fuzzer does not find by itself.
#![no_main]
use crc::{CRC_16_ARC, Crc, Table};
use gateway::meter::p1::Decoder;
use gateway::meter::{Check, TelegramError, Quantity, Telegram};
use gateway::{Measurement, MeterClock, Multiplier, ReadingId};
use libfuzzer_sys::fuzz_target;
use wire::{MAX_READING, MeterId, Reading, Time};

static ARC: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_ARC);

const GOOD: &str = "/XYZ5\\2A\r\n\r\n0-0:1.0.0(270411115950S)\r\n1-0:1.8.0(00006678.394*kWh)\r\n\
    1-0:1.7.0(0001.727*kW)\r\n!";

fuzz_target!(|input: &[u8]| {
    let Some((&how, bytes)) = input.split_first() else { return };
    let mut line = if how & 0x80 == 0 { bytes.to_vec() } else { with_checksums(bytes) };
    check(&line, usize::from(how & 0x7f) + 1);

    let good = line.len();
    line.extend_from_slice(GOOD.as_bytes());
    line.extend_from_slice(format!("{:04X}", ARC.checksum(GOOD.as_bytes())).as_bytes());
    let last = decode(&line, line.len() - good).into_iter().flatten().last();
    let last = last.expect("the valid telegram after them");
    assert_eq!(last.get(Quantity::Import), Some(6_678_394));
    assert_eq!(last.check(), Check::Good);
});

/// The bytes with the right checksum after every `!`, computed from the last `/` at the
/// start of a line.
fn with_checksums(bytes: &[u8]) -> Vec<u8> {
    let mut line = Vec::with_capacity(bytes.len() + 64);
    let mut start = None;
    for &byte in bytes {
        if byte == b'/' && matches!(line.last(), None | Some(b'\r' | b'\n')) {
            start = Some(line.len());
        }
        line.push(byte);
        if let (b'!', Some(start)) = (byte, start) {
            let checksum = ARC.checksum(&line[start..]);
            line.extend_from_slice(format!("{checksum:X}\r\n").as_bytes());
        }
    }
    line
}

fn decode(bytes: &[u8], chunk: usize) -> Vec<Result<Telegram, TelegramError>> {
    let mut decoder = Decoder::new();
    let mut events = Vec::new();
    for mut chunk in bytes.chunks(chunk.max(1)) {
        while let Some(event) = decoder.next(&mut chunk) {
            events.push(event);
        }
    }
    events.extend(decoder.end());
    let counters = decoder.counters();
    let results = counters.decoded() + counters.rejected() - counters.overrun;
    assert_eq!(results as usize, events.len());
    events
}

fn check(line: &[u8], chunk: usize) {
    let events = decode(line, line.len());
    assert_eq!(decode(line, chunk), events, "cut differently");
    let mut clock = MeterClock::new();
    let meter: MeterId = "m".parse().expect("an identifier");
    let received = Time::from_unix(1_807_437_590).expect("in range");
    for telegram in events.iter().flatten() {
        if telegram.check() == Check::Absent {
            assert_eq!((telegram.malformed(), telegram.implausible()), (0, 0));
        }
        assert!(telegram.import().is_none_or(|value| value.0 < 4_000_000_000_000_000));
        assert!(telegram.power().is_none_or(|value| value.0.abs() <= 20_000_000_000));
        let (time, _) = clock.stamp(telegram.time(), received);
        assert!((time.unix() - received.unix()).abs() <= 10);
        for multiplier in [1, 60, 1_000_000].map(|ratio| Multiplier::new(ratio).expect("a ratio")) {
            let Some(measurement) = Measurement::from_telegram(telegram, multiplier) else { continue };
            let reading = measurement.reading(&meter, time, ReadingId { boot: 1, seq: 1 });
            let mut json = [0; MAX_READING];
            let length = reading.encode(&mut json).expect("fits");
            assert_eq!(Reading::decode(&json[..length]), Ok(reading));
        }
    }
}
