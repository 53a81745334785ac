//! Time over the network: SNTP (RFC 4330), a request of 48 bytes and its response.
//!
//! A response counts when it answers our own request, comes from a synchronised server,
//! and lies within this firmware's lifetime. The first time, and any time that contradicts
//! the clock, has to be confirmed by further responses ([`TimeFilter`]), so that one wrong
//! packet changes nothing. A server that sends a kiss-o'-death packet is asked again after
//! 64 s.
//!
//! Written here rather than taken from a crate: the packet is 60 lines, and the checks
//! above are the larger part.
use embassy_net::{
    Stack,
    udp::{PacketMetadata, UdpSocket},
};
use embassy_time::{Duration, Instant, Timer, with_timeout};

use crate::{address::Address, clock::BoardClock, log};

const PACKET: usize = 48;
/// Seconds from 1900, the epoch of NTP, to 1970.
const TO_1970: u64 = 2_208_988_800;
/// 2026-01-01: an earlier time is wrong.
const EARLIEST: u64 = 1_767_225_600;
/// 2056-01-01: this firmware is not in use any more.
const LATEST: u64 = 2_713_910_400;
/// Largest difference to a correct clock, µs.
const NEAR: u64 = 10_000_000;
/// Consistent responses that correct a clock which is set.
const CONFIRM_STEP: u8 = 3;
/// Consistent responses that set the clock for the first time.
const CONFIRM_FIRST: u8 = 2;
const TIMEOUT: Duration = Duration::from_secs(3);
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_secs(64);
/// Polling interval: a quartz of 30 ppm drifts 54 ms meanwhile.
const POLL: Duration = Duration::from_secs(1800);

/// Polls a server for ever, and sets the clock.
pub async fn run(stack: Stack<'_>, server: &Address, clock: &BoardClock) -> ! {
    let mut retry = FIRST_RETRY;
    let mut filter = TimeFilter::default();
    loop {
        stack.wait_config_up().await;
        match query(stack, server).await {
            Some((Response::Time(unix_us), at)) => {
                let speed = clock.speed().into();
                if filter.accepts(unix_us, at.as_micros(), clock.unix_us(), speed) {
                    clock.set(unix_us, at);
                    log!(info, "time: {} s since 1970", unix_us / 1_000_000);
                    retry = FIRST_RETRY;
                    Timer::after(POLL).await;
                    continue;
                }
            }
            Some((Response::KissOfDeath, _)) => {
                log!(warn, "the SNTP server sends a kiss-o'-death packet");
                retry = LONGEST_RETRY;
            }
            None => log!(warn, "no answer from the SNTP server"),
        }
        Timer::after(retry).await;
        retry = (retry * 2).min(LONGEST_RETRY);
    }
}

/// The content of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Response {
    /// Microseconds since 1970.
    Time(u64),
    /// Kiss-o'-death: the server refuses requests.
    KissOfDeath,
}

/// Compares each time with the clock and with earlier responses.
#[derive(Debug, Default)]
struct TimeFilter {
    /// The time of the last response, µs since 1970, and its arrival on the monotonic clock, µs.
    candidate: Option<(u64, u64)>,
    /// Consistent responses in a row.
    confirmations: u8,
}

impl TimeFilter {
    /// Whether to set the clock to `received` (µs since 1970), which arrives at `at` on the
    /// monotonic clock (µs). `known` is the clock's time, `speed` the calendar's.
    fn accepts(&mut self, received: u64, at: u64, known: Option<u64>, speed: u64) -> bool {
        let near = |one: u64| one.abs_diff(received) <= NEAR.saturating_mul(speed);
        if known.is_some_and(near) {
            *self = Self::default();
            return true;
        }
        let expected = self.candidate.map(|(before, since)| {
            before.saturating_add(at.saturating_sub(since).saturating_mul(speed))
        });
        self.confirmations = if expected.is_some_and(near) { self.confirmations + 1 } else { 1 };
        self.candidate = Some((received, at));
        if self.confirmations < if known.is_some() { CONFIRM_STEP } else { CONFIRM_FIRST } {
            return false;
        }
        *self = Self::default();
        true
    }
}

async fn query(stack: Stack<'_>, server: &Address) -> Option<(Response, Instant)> {
    let (mut rx, mut tx) = ([0; 2 * PACKET], [0; PACKET]);
    let (mut rx_meta, mut tx_meta) = ([PacketMetadata::EMPTY; 2], [PacketMetadata::EMPTY; 1]);
    let mut socket = UdpSocket::new(stack, &mut rx_meta, &mut rx, &mut tx_meta, &mut tx);
    // Port 0: any free port.
    socket.bind(0).ok()?;
    let endpoint = with_timeout(TIMEOUT, server.resolve(stack)).await.ok()??;
    let sent = Instant::now();
    let nonce = sent.as_ticks().to_be_bytes();
    socket.send_to(&request(nonce), endpoint).await.ok()?;
    let answer = async {
        loop {
            let mut packet = [0; PACKET];
            let Ok((length, from)) = socket.recv_from(&mut packet).await else { continue };
            if length == PACKET
                && from.endpoint == endpoint
                && let Some(answer) = parse(&packet, nonce)
            {
                return answer;
            }
        }
    };
    let answer = with_timeout(TIMEOUT, answer).await.ok()?;
    let received = Instant::now();
    // The server's time is that of the middle between request and response.
    let later = |unix_us| unix_us + (received - sent).as_micros() / 2;
    let answer = match answer {
        Response::Time(unix_us) => Response::Time(later(unix_us)),
        Response::KissOfDeath => Response::KissOfDeath,
    };
    Some((answer, received))
}

/// A client's request, version 4. The server copies the last field, the transmit timestamp,
/// into its originate timestamp.
fn request(nonce: [u8; 8]) -> [u8; PACKET] {
    let mut packet = [0; PACKET];
    packet[0] = 4 << 3 | 3;
    packet[40..].copy_from_slice(&nonce);
    packet
}

fn parse(packet: &[u8; PACKET], nonce: [u8; 8]) -> Option<Response> {
    let (leap, mode, stratum) = (packet[0] >> 6, packet[0] & 7, packet[1]);
    if mode != 4 || packet[24..32] != nonce {
        return None;
    }
    if stratum == 0 {
        return Some(Response::KissOfDeath);
    }
    // Leap indicator 3: the server is not synchronised.
    if leap == 3 || stratum > 15 {
        return None;
    }
    let four = |at: usize| u32::from_be_bytes(core::array::from_fn(|byte| packet[at + byte]));
    let (seconds, fraction) = (u64::from(four(40)), u64::from(four(44)));
    // All zero means unknown, not the first second of the next era.
    if (seconds, fraction) == (0, 0) {
        return None;
    }
    // The 32 bits wrap in 2036; a value of before 1968 is after that.
    let seconds = if seconds < 1 << 31 { seconds + (1 << 32) } else { seconds };
    let unix = seconds.checked_sub(TO_1970).filter(|unix| (EARLIEST..LATEST).contains(unix))?;
    Some(Response::Time(unix * 1_000_000 + ((fraction * 1_000_000) >> 32)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

    fn answer(seconds: u32) -> [u8; PACKET] {
        let mut packet = [0; PACKET];
        packet[0] = 4 << 3 | 4;
        packet[1] = 2;
        packet[24..32].copy_from_slice(&NONCE);
        packet[40..44].copy_from_slice(&seconds.to_be_bytes());
        packet[44] = 0x80;
        packet
    }

    fn time(unix: u64) -> Option<Response> {
        Some(Response::Time(unix * 1_000_000 + 500_000))
    }

    #[test]
    fn a_response_is_parsed() {
        let unix = 1_808_215_200_u64;
        let seconds = (unix + TO_1970) as u32;
        assert_eq!(parse(&answer(seconds), NONCE), time(unix));
        // The last second of this round and the first of the next, 2036-02-07T06:28:16Z.
        assert_eq!(parse(&answer(u32::MAX), NONCE), time(2_085_978_495));
        assert_eq!(parse(&answer(0), NONCE), time(2_085_978_496));
        assert_eq!(parse(&answer(10), NONCE), time(2_085_978_506));
        // A leap second is announced: it is still the time.
        for leap in [1, 2] {
            let mut packet = answer(seconds);
            packet[0] |= leap << 6;
            assert_eq!(parse(&packet, NONCE), time(unix));
        }
    }

    #[test]
    fn other_responses_are_ignored() {
        let good = answer((1_808_215_200 + TO_1970) as u32);
        for (at, value) in [(0, 4 << 3 | 3), (0, 0xe4), (1, 16), (24, 0)] {
            let mut bad = good;
            bad[at] = value;
            assert_eq!(parse(&bad, NONCE), None, "{at}");
        }
        let mut unknown = good;
        unknown[40..].fill(0);
        assert_eq!(parse(&unknown, NONCE), None, "no time, and not 2036");
        for unix in [EARLIEST - 1, LATEST, 4_000_000_000] {
            assert_eq!(parse(&answer((unix + TO_1970) as u32), NONCE), None, "{unix}");
        }
    }

    #[test]
    fn a_kiss_of_death_is_not_a_time() {
        for code in [*b"RATE", *b"DENY", *b"RSTR"] {
            let mut packet = answer((1_808_215_200 + TO_1970) as u32);
            packet[0] |= 3 << 6;
            packet[1] = 0;
            packet[12..16].copy_from_slice(&code);
            assert_eq!(parse(&packet, NONCE), Some(Response::KissOfDeath));
            packet[24] = 0;
            assert_eq!(parse(&packet, NONCE), None, "an answer to another request");
        }
    }

    #[test]
    fn one_response_is_not_enough_and_a_step_needs_three() {
        const S: u64 = 1_000_000;
        let now = 1_808_215_200 * S;
        let mut filter = TimeFilter::default();
        assert!(!filter.accepts(now - 9000 * S, 0, None, 1), "a wrong time first");
        assert!(!filter.accepts(now + S, S, None, 1));
        assert!(filter.accepts(now + 3 * S, 3 * S, None, 1));
        // The clock is set: small corrections are applied at once.
        let known = |seconds: u64| Some(now + seconds * S);
        assert!(filter.accepts(now + 1809 * S, 1800 * S, known(1800), 1));
        // A year ahead once, twice, then the right time: the count starts again.
        let odd = now + 31_536_000 * S;
        for round in 0..5 {
            let at = 3600 + 10 * round;
            assert!(!filter.accepts(odd + at * S, at * S, known(at), 1));
            assert!(!filter.accepts(odd + (at + 2) * S, (at + 2) * S, known(at + 2), 1));
            assert!(filter.accepts(now + (at + 4) * S, (at + 4) * S, known(at + 4), 1));
        }
        // A different wrong time in each response.
        for n in 0..20_u64 {
            assert!(!filter.accepts(now + n * n * 7777 * S + 9000 * S, n * S, known(n), 1));
        }
        // Three consistent responses: the clock was wrong.
        let accepted =
            [5000, 5001, 5003].map(|at| filter.accepts(odd + at * S, at * S, known(at), 1));
        assert_eq!(accepted, [false, false, true]);
    }
}
