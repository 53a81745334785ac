//! Time over the network: SNTP (RFC 4330), a question of 48 bytes and its answer.
//! An answer counts when it is to our own question, from a server that knows the
//! time itself, and of this firmware's lifetime.
use embassy_net::{
    Stack,
    udp::{PacketMetadata, UdpSocket},
};
use embassy_time::{Duration, Instant, Timer, with_timeout};

use crate::{address::Address, clock::BoardClock};

const PACKET: usize = 48;
/// Seconds from 1900, where NTP begins, to 1970.
const TO_1970: u64 = 2_208_988_800;
/// 2026-01-01: nobody's clock says less and is right.
const EARLIEST: u64 = 1_767_225_600;
const PATIENCE: Duration = Duration::from_secs(3);
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_secs(64);
/// A quartz of 30 ppm is 54 ms off by then.
const AGAIN: Duration = Duration::from_secs(1800);

/// Asks for ever, and sets the clock.
pub async fn run(stack: Stack<'_>, server: &Address, clock: &BoardClock) -> ! {
    let mut retry = FIRST_RETRY;
    loop {
        stack.wait_config_up().await;
        if let Some((unix_us, at)) = ask(stack, server).await {
            clock.set(unix_us, at);
            retry = FIRST_RETRY;
            Timer::after(AGAIN).await;
        } else {
            Timer::after(retry).await;
            retry = (retry * 2).min(LONGEST_RETRY);
        }
    }
}

async fn ask(stack: Stack<'_>, server: &Address) -> Option<(u64, Instant)> {
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
                && let Some(unix_us) = understand(&packet, nonce)
            {
                return unix_us;
            }
        }
    };
    let unix_us = with_timeout(PATIENCE, answer).await.ok()?;
    let heard = Instant::now();
    // It said that in the middle between question and answer, as far as one can know.
    Some((unix_us + (heard - asked).as_micros() / 2, heard))
}

/// Version 4, a client's; the server gives the last field back as its first.
fn question(nonce: [u8; 8]) -> [u8; PACKET] {
    let mut packet = [0; PACKET];
    packet[0] = 4 << 3 | 3;
    packet[40..].copy_from_slice(&nonce);
    packet
}

/// Microseconds since 1970.
fn understand(packet: &[u8; PACKET], nonce: [u8; 8]) -> Option<u64> {
    let (leap, mode, stratum) = (packet[0] >> 6, packet[0] & 7, packet[1]);
    if leap == 3 || mode != 4 || !(1..=15).contains(&stratum) || packet[24..32] != nonce {
        return None;
    }
    let four = |at: usize| u32::from_be_bytes(core::array::from_fn(|byte| packet[at + byte]));
    let (seconds, fraction) = (u64::from(four(40)), u64::from(four(44)));
    // The 32 bits go round in 2036; what looks like before 1968 is after that.
    let seconds = if seconds < 1 << 31 { seconds + (1 << 32) } else { seconds };
    let unix = seconds.checked_sub(TO_1970).filter(|unix| *unix >= EARLIEST)?;
    Some(unix * 1_000_000 + ((fraction * 1_000_000) >> 32))
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

    #[test]
    fn an_answer_is_understood() {
        let unix = 1_808_215_200_u64;
        let seconds = (unix + TO_1970) as u32;
        assert_eq!(understand(&answer(seconds), NONCE), Some(unix * 1_000_000 + 500_000));
        // 2036-02-07T06:28:26Z is second 10 of the next round.
        assert_eq!(understand(&answer(10), NONCE), Some(2_085_978_506 * 1_000_000 + 500_000));
    }

    #[test]
    fn other_answers_are_not() {
        let good = answer((1_808_215_200 + TO_1970) as u32);
        for (at, value) in [(0, 4 << 3 | 3), (0, 0xe4), (1, 0), (1, 16), (24, 0)] {
            let mut bad = good;
            bad[at] = value;
            assert_eq!(understand(&bad, NONCE), None, "{at}");
        }
        assert_eq!(understand(&answer((EARLIEST - 1 + TO_1970) as u32), NONCE), None, "1970 again");
    }
}
