//! A calendar that runs faster than the clock, and an SNTP server that serves it.
use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    thread,
    time::{Duration, Instant},
};

use jiff::Timestamp;

/// Seconds from 1900, where NTP begins, to 1970.
const TO_1970: u128 = 2_208_988_800;

/// A day may pass in a minute.
#[derive(Debug, Clone, Copy)]
pub struct Calendar {
    begin: Timestamp,
    at: Instant,
    /// How many times as fast as the clock.
    pub speed: u32,
}

impl Calendar {
    /// Begins now.
    pub fn start(begin: Timestamp, speed: u32) -> Self {
        Self { begin, at: Instant::now(), speed }
    }

    /// What it shows.
    pub fn now(&self) -> Timestamp {
        self.begin + self.elapsed()
    }

    /// What has passed on it.
    pub fn elapsed(&self) -> Duration {
        self.at.elapsed() * self.speed
    }
}

/// Answers SNTP on a free port for as long as the process lives.
#[derive(Debug)]
pub struct TimeServer {
    /// Where it listens.
    pub address: SocketAddr,
}

impl TimeServer {
    /// Serves the calendar's time.
    ///
    /// # Panics
    /// When there is no free port.
    pub fn start(calendar: Calendar) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = socket.local_addr().expect("it has an address");
        thread::spawn(move || {
            let mut question = [0; 64];
            while let Ok((length, from)) = socket.recv_from(&mut question) {
                if length < 48 {
                    continue;
                }
                let nanos = calendar.now().as_nanosecond().unsigned_abs();
                let seconds = (nanos / 1_000_000_000 + TO_1970) as u32;
                let fraction = ((nanos % 1_000_000_000) << 32) / 1_000_000_000;
                let mut answer = [0; 48];
                // Version 4, a server's, of stratum 2; the question's last field is back.
                (answer[0], answer[1]) = (4 << 3 | 4, 2);
                answer[24..32].copy_from_slice(&question[40..48]);
                answer[40..44].copy_from_slice(&seconds.to_be_bytes());
                answer[44..].copy_from_slice(&(fraction as u32).to_be_bytes());
                let _ = socket.send_to(&answer, from);
            }
        });
        Self { address }
    }
}
