//! Time of one Swedish telegram in the decoder alone and in the whole loop, with an uplink
//! that acknowledges at once: `cargo bench -p gateway`.
use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{pending, ready};
use std::hint::black_box;
use std::time::Instant;

use crc::{CRC_16_ARC, Crc};
use embassy_futures::block_on;
use gateway::meter::p1::Decoder;
use gateway::{
    Clock, Config, ConnectOptions, Message, RamOutbox, Token, Uplink, UplinkConnection, run,
};
use wire::Time;

const COUNT: usize = 1000;
const START: i64 = 1_807_434_000;

/// A telegram with the 27 values of the Swedish profile.
fn telegram(number: usize) -> Vec<u8> {
    let figures = Time::from_unix(START + 3600 + number as i64).expect("in range").to_string();
    let digits: String = figures.chars().filter(char::is_ascii_digit).skip(2).collect();
    let mut text = format!("/XYZ5\\253000000_A\r\n\r\n0-0:1.0.0({digits}W)\r\n");
    for c in 1..=4 {
        let unit = if c < 3 { "kWh" } else { "kvarh" };
        text += &format!("1-0:{c}.8.0(0000{c}605.055*{unit})\r\n");
    }
    for c in [1, 2, 3, 4, 21, 41, 61, 22, 42, 62, 23, 43, 63, 24, 44, 64] {
        let unit = if c % 20 < 3 { "kW" } else { "kvar" };
        text += &format!("1-0:{c}.7.0(00{c:02}.172*{unit})\r\n");
    }
    for c in [32, 52, 72] {
        text += &format!("1-0:{c}.7.0(234.4*V)\r\n");
    }
    for c in [31, 51, 71] {
        text += &format!("1-0:{c}.7.0(013.6*A)\r\n");
    }
    text.push('!');
    let checksum = Crc::<u16>::new(&CRC_16_ARC).checksum(text.as_bytes());
    text += &format!("{checksum:04X}\r\n");
    text.into_bytes()
}

/// Nanoseconds per telegram, the best of twenty runs.
fn best(mut work: impl FnMut()) -> f64 {
    let once = |()| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64() * 1e9 / COUNT as f64
    };
    std::iter::repeat_n((), 20).map(once).fold(f64::MAX, f64::min)
}

/// Advances a second with each telegram.
struct Seconds(std::cell::Cell<i64>);

impl Clock for Seconds {
    fn monotonic_ms(&self) -> u64 {
        (self.0.get() * 1000) as u64
    }
    fn utc(&self) -> Option<Time> {
        Time::from_unix(START + self.0.get()).ok()
    }
    async fn sleep_until(&self, _: u64) {
        pending::<()>().await;
    }
}

struct Port<'a>(&'a Seconds, std::slice::Chunks<'a, u8>);

impl embedded_io_async::ErrorType for Port<'_> {
    type Error = Infallible;
}

impl embedded_io_async::Read for Port<'_> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        let Some(chunk) = self.1.next() else { return Ok(0) };
        if chunk[0] == b'/' {
            self.0.0.set(self.0.0.get() + 1);
        }
        buffer[..chunk.len()].copy_from_slice(chunk);
        Ok(chunk.len())
    }
}

/// Acknowledges at once.
#[derive(Default)]
struct ImmediateUplink {
    unacknowledged: VecDeque<Token>,
    bytes: usize,
}

impl Uplink for ImmediateUplink {
    type Error = Infallible;
    type Connection<'a> = &'a mut Self;
    async fn connect(&mut self, _: &ConnectOptions) -> Result<&mut Self, Infallible> {
        Ok(self)
    }
}

impl UplinkConnection for &mut ImmediateUplink {
    type Error = Infallible;
    async fn publish(&mut self, token: Token, message: Message<'_>) -> Result<(), Infallible> {
        self.bytes += black_box(message.payload).len();
        self.unacknowledged.push_back(token);
        Ok(())
    }
    async fn next_ack(&mut self) -> Result<Token, Infallible> {
        match self.unacknowledged.pop_front() {
            Some(token) => Ok(token),
            None => pending().await,
        }
    }
    async fn disconnect(self) -> Result<(), Infallible> {
        ready(Ok(())).await
    }
}

fn main() {
    let bytes: Vec<u8> = (1..=COUNT).flat_map(telegram).collect();
    let length = bytes.len() / COUNT;
    for chunk in [64, 256, 4096] {
        let ns = best(|| {
            let mut decoder = Decoder::new();
            let mut count = 0;
            for mut chunk in bytes.chunks(chunk) {
                while let Some(event) = decoder.next(&mut chunk) {
                    count += usize::from(black_box(event).is_ok());
                }
            }
            assert_eq!(count, COUNT);
        });
        println!("decoder, {length} bytes in chunks of {chunk}: {ns:.0} ns a telegram");
    }
    let config = Config::new("g".parse().expect("an id"), "m".parse().expect("an id"));
    let ns = best(|| {
        let clock = Seconds(0.into());
        // Every second chunk begins a telegram, at which the clock advances.
        let mut port = Port(&clock, bytes.chunks(length / 2));
        let (mut uplink, mut outbox) = (ImmediateUplink::default(), RamOutbox::<64>::new(1));
        let mut observer = ();
        let end = run(&config, &mut port, &clock, &mut uplink, &mut outbox, &mut observer);
        block_on(end).expect("the stream ends");
        assert!(uplink.bytes > 200 * COUNT);
    });
    println!("loop, from the port to the acknowledgement: {ns:.0} ns a telegram");
}
