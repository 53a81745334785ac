//! Time over the network: SNTP (RFC 4330), a question of 48 bytes and its answer.
//! An answer counts when it is to our own question, from a server that knows the
//! time itself, and of this firmware's lifetime. The first time, and any that is not
//! what the clock goes by, must be said more than once ([`Judge`]): a server that is
//! out of its mind for one packet changes nothing. One that says "go away" (the kiss
//! of death) is left alone for as long as one that does not answer at all.
use embassy_net::{
    Stack,
    udp::{PacketMetadata, UdpSocket},
};
use embassy_time::{Duration, Instant, Timer, with_timeout};

use crate::{address::Address, clock::BoardClock, log};

const PACKET: usize = 48;
/// Seconds from 1900, where NTP begins, to 1970.
const TO_1970: u64 = 2_208_988_800;
/// 2026-01-01: nobody's clock says less and is right.
const EARLIEST: u64 = 1_767_225_600;
/// 2056-01-01: nor is this firmware in use by then.
const LATEST: u64 = 2_713_910_400;
/// A clock that is so near is right, µs.
const NEAR: u64 = 10_000_000;
/// So often in a row it must be said that the clock is wrong, and what it first is.
const STEP: u8 = 3;
const FIRST: u8 = 2;
const PATIENCE: Duration = Duration::from_secs(3);
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_secs(64);
/// A quartz of 30 ppm is 54 ms off by then.
const AGAIN: Duration = Duration::from_secs(1800);

/// Asks for ever, and sets the clock.
pub async fn run(stack: Stack<'_>, server: &Address, clock: &BoardClock) -> ! {
    let mut retry = FIRST_RETRY;
    let mut judge = Judge::default();
    loop {
        stack.wait_config_up().await;
        match ask(stack, server).await {
            Some((Answer::Time(unix_us), at)) => {
                let speed = clock.speed().into();
                if judge.believes(unix_us, at.as_micros(), clock.unix_us(), speed) {
                    clock.set(unix_us, at);
                    log!(info, "time: {} s since 1970", unix_us / 1_000_000);
                    retry = FIRST_RETRY;
                    Timer::after(AGAIN).await;
                    continue;
                }
            }
            Some((Answer::GoAway, _)) => {
                log!(warn, "the server of time wants to be left alone");
                retry = LONGEST_RETRY;
            }
            None => log!(warn, "no answer from the server of time"),
        }
        Timer::after(retry).await;
        retry = (retry * 2).min(LONGEST_RETRY);
    }
}

/// What a server said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// Microseconds since 1970.
    Time(u64),
    /// The kiss of death.
    GoAway,
}

/// Weighs what is said against what was said before.
#[derive(Debug, Default)]
struct Judge {
    /// What was said last, µs since 1970, and when by our own counting, µs.
    rumour: Option<(u64, u64)>,
    times: u8,
}

impl Judge {
    /// Whether this is the time, said at `at`, where the clock says `known`; `speed` is
    /// the calendar's.
    fn believes(&mut self, said: u64, at: u64, known: Option<u64>, speed: u64) -> bool {
        let near = |one: u64| one.abs_diff(said) <= NEAR.saturating_mul(speed);
        if known.is_some_and(near) {
            *self = Self::default();
            return true;
        }
        let expected = self.rumour.map(|(before, since)| {
            before.saturating_add(at.saturating_sub(since).saturating_mul(speed))
        });
        self.times = if expected.is_some_and(near) { self.times + 1 } else { 1 };
        self.rumour = Some((said, at));
        if self.times < if known.is_some() { STEP } else { FIRST } {
            return false;
        }
        *self = Self::default();
        true
    }
}

async fn ask(stack: Stack<'_>, server: &Address) -> Option<(Answer, Instant)> {
    let (mut rx, mut tx) = ([0; 2 * PACKET], [0; PACKET]);
    let (mut rx_meta, mut tx_meta) = ([PacketMetadata::EMPTY; 2], [PacketMetadata::EMPTY; 1]);
    let mut socket = UdpSocket::new(stack, &mut rx_meta, &mut rx, &mut tx_meta, &mut tx);
    // 0: any free one.
    socket.bind(0).ok()?;
    let endpoint = with_timeout(PATIENCE, server.resolve(stack)).await.ok()??;
    let asked = Instant::now();
    let nonce = asked.as_ticks().to_be_bytes();
    socket.send_to(&question(nonce), endpoint).await.ok()?;
    let answer = async {
        loop {
            let mut packet = [0; PACKET];
            let Ok((length, from)) = socket.recv_from(&mut packet).await else { continue };
            if length == PACKET
                && from.endpoint == endpoint
                && let Some(answer) = understand(&packet, nonce)
            {
                return answer;
            }
        }
    };
    let answer = with_timeout(PATIENCE, answer).await.ok()?;
    let heard = Instant::now();
    // It said that in the middle between question and answer, as far as one can know.
    let later = |unix_us| unix_us + (heard - asked).as_micros() / 2;
    let answer = match answer {
        Answer::Time(unix_us) => Answer::Time(later(unix_us)),
        Answer::GoAway => Answer::GoAway,
    };
    Some((answer, heard))
}

/// Version 4, a client's; the server gives the last field back as its first.
fn question(nonce: [u8; 8]) -> [u8; PACKET] {
    let mut packet = [0; PACKET];
    packet[0] = 4 << 3 | 3;
    packet[40..].copy_from_slice(&nonce);
    packet
}

fn understand(packet: &[u8; PACKET], nonce: [u8; 8]) -> Option<Answer> {
    let (leap, mode, stratum) = (packet[0] >> 6, packet[0] & 7, packet[1]);
    if mode != 4 || packet[24..32] != nonce {
        return None;
    }
    if stratum == 0 {
        return Some(Answer::GoAway);
    }
    // 3: the server's own clock is not set.
    if leap == 3 || stratum > 15 {
        return None;
    }
    let four = |at: usize| u32::from_be_bytes(core::array::from_fn(|byte| packet[at + byte]));
    let (seconds, fraction) = (u64::from(four(40)), u64::from(four(44)));
    // All zero is "not known", and not the first moment of the next round.
    if (seconds, fraction) == (0, 0) {
        return None;
    }
    // The 32 bits go round in 2036; what looks like before 1968 is after that.
    let seconds = if seconds < 1 << 31 { seconds + (1 << 32) } else { seconds };
    let unix = seconds.checked_sub(TO_1970).filter(|unix| (EARLIEST..LATEST).contains(unix))?;
    Some(Answer::Time(unix * 1_000_000 + ((fraction * 1_000_000) >> 32)))
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

    fn time(unix: u64) -> Option<Answer> {
        Some(Answer::Time(unix * 1_000_000 + 500_000))
    }

    #[test]
    fn an_answer_is_understood() {
        let unix = 1_808_215_200_u64;
        let seconds = (unix + TO_1970) as u32;
        assert_eq!(understand(&answer(seconds), NONCE), time(unix));
        // The last second of this round and the first of the next, 2036-02-07T06:28:16Z.
        assert_eq!(understand(&answer(u32::MAX), NONCE), time(2_085_978_495));
        assert_eq!(understand(&answer(0), NONCE), time(2_085_978_496));
        assert_eq!(understand(&answer(10), NONCE), time(2_085_978_506));
        // A leap second is announced: it is still the time.
        for leap in [1, 2] {
            let mut packet = answer(seconds);
            packet[0] |= leap << 6;
            assert_eq!(understand(&packet, NONCE), time(unix));
        }
    }

    #[test]
    fn other_answers_are_not() {
        let good = answer((1_808_215_200 + TO_1970) as u32);
        for (at, value) in [(0, 4 << 3 | 3), (0, 0xe4), (1, 16), (24, 0)] {
            let mut bad = good;
            bad[at] = value;
            assert_eq!(understand(&bad, NONCE), None, "{at}");
        }
        let mut unknown = good;
        unknown[40..].fill(0);
        assert_eq!(understand(&unknown, NONCE), None, "no time, and not 2036");
        for unix in [EARLIEST - 1, LATEST, 4_000_000_000] {
            assert_eq!(understand(&answer((unix + TO_1970) as u32), NONCE), None, "{unix}");
        }
    }

    #[test]
    fn a_kiss_of_death_is_no_time() {
        for code in [*b"RATE", *b"DENY", *b"RSTR"] {
            let mut packet = answer((1_808_215_200 + TO_1970) as u32);
            packet[0] |= 3 << 6;
            packet[1] = 0;
            packet[12..16].copy_from_slice(&code);
            assert_eq!(understand(&packet, NONCE), Some(Answer::GoAway));
            packet[24] = 0;
            assert_eq!(understand(&packet, NONCE), None, "to somebody else's question");
        }
    }

    #[test]
    fn one_answer_is_not_believed_and_a_step_must_be_insisted_on() {
        const S: u64 = 1_000_000;
        let now = 1_808_215_200 * S;
        let mut judge = Judge::default();
        assert!(!judge.believes(now - 9000 * S, 0, None, 1), "nonsense first");
        assert!(!judge.believes(now + S, S, None, 1));
        assert!(judge.believes(now + 3 * S, 3 * S, None, 1));
        // Known: small corrections are taken at once.
        let known = |seconds: u64| Some(now + seconds * S);
        assert!(judge.believes(now + 1809 * S, 1800 * S, known(1800), 1));
        // A year ahead, once, twice, then the truth: the year must begin anew.
        let odd = now + 31_536_000 * S;
        for round in 0..5 {
            let at = 3600 + 10 * round;
            assert!(!judge.believes(odd + at * S, at * S, known(at), 1));
            assert!(!judge.believes(odd + (at + 2) * S, (at + 2) * S, known(at + 2), 1));
            assert!(judge.believes(now + (at + 4) * S, (at + 4) * S, known(at + 4), 1));
        }
        // Each time another nonsense.
        for n in 0..20_u64 {
            assert!(!judge.believes(now + n * n * 7777 * S + 9000 * S, n * S, known(n), 1));
        }
        // Insisted on: it was our clock that was wrong.
        let said = [5000, 5001, 5003].map(|at| judge.believes(odd + at * S, at * S, known(at), 1));
        assert_eq!(said, [false, false, true]);
    }
}
