//! Properties of the decoder, and peculiarities of real meters in constructed telegrams.
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::meter::Quantity;
use crate::{MilliAmps, MilliVolts, WattHours, Watts};

const LINES: &str = "\r\n0-0:1.0.0(270411115950S)\r\n1-0:1.8.0(00006678.394*kWh)\r\n\
    1-0:2.8.0(00000000.131*kWh)\r\n1-0:1.7.0(0001.727*kW)\r\n1-0:2.7.0(0000.000*kW)\r\n\
    1-0:21.7.0(0001.023*kW)\r\n1-0:22.7.0(0000.000*kW)\r\n1-0:23.7.0(0000.100*kvar)\r\n\
    1-0:32.7.0(240.3*V)\r\n1-0:31.7.0(004.2*A)\r\n";

/// With the right checksum.
fn sealed(text: &str) -> Vec<u8> {
    let checksum = Crc16::new(&crc::CRC_16_ARC).checksum(text.as_bytes());
    format!("{text}{checksum:04X}\r\n").into_bytes()
}

type Crc16 = crc::Crc<u16>;

fn good() -> Vec<u8> {
    sealed(&format!("/XYZ5\\253000000_A\r\n{LINES}!"))
}

fn events(decoder: &mut Decoder, mut bytes: &[u8]) -> Vec<Result<Telegram, TelegramError>> {
    let mut events = Vec::new();
    while let Some(event) = decoder.next(&mut bytes) {
        events.push(event);
    }
    events
}

fn decode(bytes: &[u8]) -> Vec<Result<Telegram, TelegramError>> {
    let mut decoder = Decoder::new();
    let mut all = events(&mut decoder, bytes);
    all.extend(decoder.end());
    let counters = decoder.counters();
    let events = counters.decoded() + counters.rejected() - counters.overrun;
    assert_eq!(events as usize, all.len());
    all
}

fn only(bytes: &[u8]) -> Telegram {
    let mut events = decode(bytes);
    assert_eq!(events.len(), 1, "{events:?}");
    events.remove(0).unwrap_or_else(|error| panic!("{error}"))
}

fn import(telegram: &Telegram) -> Option<u64> {
    telegram.import().map(|value| value.0)
}

/// A telegram of one line.
fn line(line: &str) -> Telegram {
    only(&sealed(&format!("/XYZ5x\r\n\r\n{line}\r\n!")))
}

#[test]
fn a_telegram() {
    let telegram = only(&good());
    assert_eq!(telegram.ident(), "XYZ5\\253000000_A");
    assert_eq!(telegram.check(), Check::Good);
    assert_eq!(telegram.import(), Some(WattHours(6_678_394)));
    assert_eq!(telegram.export(), Some(WattHours(131)));
    assert_eq!(telegram.power(), Some(Watts(1727)));
    assert_eq!(telegram.phase_power(0), Some(Watts(1023)));
    assert_eq!(telegram.phase_power(1), None);
    assert_eq!(telegram.voltage(0), Some(MilliVolts(240_300)));
    assert_eq!(telegram.current(0), Some(MilliAmps(4200)));
    assert_eq!(telegram.current(3), None);
    assert_eq!(telegram.get(Quantity::PhaseReactiveImportPower(0)), Some(100));
    assert_eq!((telegram.malformed(), telegram.implausible()), (0, 0));
}

#[test]
fn a_bad_line_does_not_cost_the_telegram() {
    let telegram = line("1-0:4:24.7.0\r\nrubbish)(\r\n1-0:1.7.0(0001.0\r\n1-0:1.8.0(7*kWh)");
    assert_eq!((import(&telegram), telegram.malformed()), (Some(7000), 4));
    let telegram = line("1-0:1.8.0(99999999999999999999999999*kWh)\r\n1-0:1.7.0(0*kW)");
    assert_eq!((import(&telegram), telegram.implausible()), (None, 1));
    assert_eq!(telegram.power(), Some(Watts(0)));
}

#[test]
fn lines_of_any_length() {
    let history = format!("0-0:98.1.0{}", "(000040.777*kWh)".repeat(200));
    let text = format!("0-0:96.13.0({})", "4".repeat(2048));
    let code = "1".repeat(1038);
    let telegram = line(&format!("{history}\r\n{text}\r\n{code}(1)\r\n1-0:1.8.0(7*kWh)"));
    assert_eq!((import(&telegram), telegram.malformed()), (Some(7000), 0));
    let telegram = line(&format!("1-0:1.8.0({}*kWh)", "0".repeat(60)));
    assert_eq!((import(&telegram), telegram.implausible()), (None, 1));
}

#[test]
fn tariffs_are_summed_where_there_is_no_total() {
    let tariffs = "1-0:1.8.1(1.001*kWh)\r\n1-0:1.8.2(2.002*kWh)\r\n1-0:1.8.4(4*kWh)";
    assert_eq!(import(&line(tariffs)), Some(7003));
    assert_eq!(import(&line(&format!("{tariffs}\r\n1-0:1.8.0(9*kWh)"))), Some(9000));
    let invalid = line(&format!("{tariffs}\r\n1-0:1.8.3(x*kWh)"));
    assert_eq!((import(&invalid), invalid.malformed()), (None, 1), "a sum would be too low");
}

#[test]
fn the_checksum_may_have_many_forms() {
    let text = format!("/XYZ5\r\n{LINES}!");
    let sum = Crc16::new(&crc::CRC_16_ARC).checksum(text.as_bytes());
    for end in [
        format!("{sum:04X}\r\n"),
        format!("{sum:04x}\r\n"),
        format!("{sum:04X}\n"),
        format!("{sum:04X}"),
        format!(" {sum:04X}\r"),
        format!("{sum:X}\r\n"),
        format!("{sum:04X}trailing noise"),
    ] {
        assert_eq!(only((text.clone() + &end).as_bytes()).check(), Check::Good, "{end:?}");
    }
    // A checksum with leading zeros, sent without them; found by trial.
    let short = (0..)
        .map(|number| format!("/XYZ5\r\n\r\n1-0:1.8.0({number}*kWh)\r\n!"))
        .find(|text| Crc16::new(&crc::CRC_16_ARC).checksum(text.as_bytes()) < 0x100)
        .expect("one of some hundreds");
    let sum = Crc16::new(&crc::CRC_16_ARC).checksum(short.as_bytes());
    for end in ["\r\n", "\n", ""] {
        assert_eq!(only(format!("{short}{sum:X}{end}").as_bytes()).check(), Check::Good);
    }
    let then = format!("{short}{sum:X}").into_bytes();
    assert_eq!(decode(&[then, good()].concat()).iter().filter(|event| event.is_ok()).count(), 2);
}

#[test]
fn the_exclamation_mark_may_follow_the_last_value() {
    let lines = LINES.trim_end();
    assert_eq!(import(&only(&sealed(&format!("/XYZ5\r\n{lines}!")))), Some(6_678_394));
}

#[test]
fn lines_end_with_cr_lf_or_both() {
    for end in ["\n", "\r", "\n\r", "\r\r\n"] {
        let text = format!("/XYZ5\r\n{LINES}!").replace("\r\n", end);
        assert_eq!(import(&only(&sealed(&text))), Some(6_678_394), "{end:?}");
    }
    let text = format!("/XYZ5_A{LINES}!").replace("\r\n", "");
    let telegram = only(&sealed(&text));
    assert_eq!((telegram.ident(), import(&telegram)), ("XYZ5_A", Some(6_678_394)));
    assert_eq!((telegram.time().is_some(), telegram.malformed()), (true, 0));
}

#[test]
fn slashes_and_exclamation_marks_in_text() {
    let text = "0-0:96.13.0(Släck! 5/6 (helst! /nu))";
    let telegram = line(&format!("{text}\r\n1-0:1.8.0(7*kWh)"));
    assert_eq!((import(&telegram), telegram.malformed()), (Some(7000), 0));
    let telegram = only(&sealed(&format!("/XY/Z5!/a\r\n{LINES}!")));
    assert_eq!((telegram.ident(), import(&telegram)), ("XY/Z5!/a", Some(6_678_394)));
}

#[test]
fn without_checksum_every_line_must_be_well_formed() {
    let unsealed = |lines: &str| format!("/XYZ5\r\n{lines}!\r\n").into_bytes();
    assert_eq!(only(&unsealed(LINES)).check(), Check::Absent);
    let gas = "0-1:24.3.0(161107190000)(00)(60)(1)(0-1:24.2.1)(m3)\r\n(00001.001)\r\n";
    assert_eq!(only(&unsealed(&format!("{LINES}{gas}"))).check(), Check::Absent);
    for lines in [
        "",
        "\r\n",
        "0-0:96.1.1(00)\r\n",
        "1-0:1.8.0(0001.0\r\n1-0:1.7.0(1*kW)\r\n",
        "1-0:1.8.0(1*kWh)\r\n1-0:4:24.7.0\r\n",
        "1-0:1.8.0(1*kWh)\r\n1-0:2.8.0(99999999999999999999*kWh)\r\n",
    ] {
        assert_eq!(decode(&unsealed(lines)), [Err(TelegramError::Unsure)], "{lines}");
    }
    // Without a line end it may be incomplete.
    let cut = format!("/XYZ5\r\n{LINES}!").into_bytes();
    assert_eq!(decode(&cut), [Err(TelegramError::Trailer)]);
    assert_eq!(decode(&[cut, good()].concat())[0], Err(TelegramError::Trailer));
}

#[test]
fn a_meter_that_has_sent_a_checksum_must_always_send_one() {
    let checked = sealed(&format!("/XYZ5\r\n{LINES}!"));
    let unchecked = format!("/XYZ5\r\n{LINES}!\r\n").into_bytes();
    let other = format!("/ABC5\r\n{LINES}!\r\n").into_bytes();
    let all = decode(&[&unchecked[..], &checked, &unchecked, &other].concat());
    assert!(all[0].is_ok() && all[1].is_ok() && all[3].is_ok());
    assert_eq!(all[2], Err(TelegramError::ChecksumMissing));
}

#[test]
fn a_telegram_after_one_truncated_anywhere() {
    let good = good();
    for cut in 1..good.len() {
        let line = [&good[..cut], &good].concat();
        let understood = decode(&line).into_iter().flatten().last().expect("the second");
        assert_eq!(import(&understood), Some(6_678_394), "cut at {cut}");
        let mut decoder = Decoder::new();
        let _ = events(&mut decoder, &line);
        let _ = decoder.end();
        let counters = decoder.counters();
        assert_eq!(counters.decoded() + counters.rejected(), 2, "cut at {cut}: {counters:?}");
    }
}

#[test]
fn a_telegram_joined_anywhere() {
    let good = good();
    for join in 1..good.len() {
        let line = [&good[join..], &good].concat();
        assert_eq!(decode(&line).into_iter().flatten().count(), 1, "joined at {join}");
    }
}

#[test]
fn seven_bits_and_parity() {
    let even = |bytes: &[u8]| -> Vec<u8> {
        bytes.iter().map(|byte| byte | ((byte.count_ones() % 2) as u8) << 7).collect()
    };
    let telegram = even(&format!("/XYZ5\r\n{LINES}!\r\n").into_bytes());
    let read = only(&telegram);
    assert_eq!((read.ident(), import(&read)), ("XYZ5", Some(6_678_394)));
    // A broken bit breaks the parity.
    let mut broken = telegram.clone();
    broken[60] ^= 4;
    assert_eq!(decode(&broken), [Err(TelegramError::Unsure)]);
    // From one kind of port to the other and back.
    let line = [&telegram[..], &good(), &telegram[..50], &good(), &telegram].concat();
    assert_eq!(decode(&line).iter().filter(|event| event.is_ok()).count(), 4);
}

#[test]
fn a_telegram_that_is_too_long_is_rejected() {
    let endless = format!("/XYZ5\r\n{}", "1-0:1.7.0(1*kW)\r\n".repeat(1000));
    assert_eq!(decode(endless.as_bytes()), [Err(TelegramError::Cut)]);
    let line = [endless.as_bytes(), b"noise without end of line", &good()].concat();
    let all = decode(&line);
    assert_eq!((all[0].clone().err(), all[1].is_ok()), (Some(TelegramError::Cut), true));
}

#[test]
fn errors_are_displayed() {
    let wrong = String::from_utf8(good()).expect("ASCII").replace("6678", "6679");
    let error = decode(wrong.as_bytes()).remove(0).expect_err("wrong");
    assert!(error.to_string().starts_with("checksum "), "{error}");
}

/// What lines are made of, with the bytes that mean something made likely.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        3 => any::<u8>(),
        3 => proptest::sample::select(b"/!()\r\n0123456789ABCDEF.:*-kWhVA\xaf".to_vec()),
    ];
    proptest::collection::vec(byte, 0..300)
}

proptest! {
    #[test]
    fn any_chunking_gives_the_same(
        noise in noise(),
        more in noise(),
        cut in 0_usize..300,
        sizes in proptest::collection::vec(1_usize..90, 1..40),
    ) {
        let good = good();
        let line = [&noise, &good[..], &good[..cut.min(good.len())], &more, &good].concat();
        let whole = decode(&line);
        let mut decoder = Decoder::new();
        let mut parts = Vec::new();
        let mut rest = &line[..];
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (part, after) = rest.split_at((*size).min(rest.len()));
            parts.extend(events(&mut decoder, part));
            rest = after;
        }
        parts.extend(decoder.end());
        prop_assert_eq!(parts, whole);
    }

    #[test]
    fn a_good_telegram_behind_noise_is_read(before in noise(), after in noise()) {
        let line = [&before, &good()[..], &after].concat();
        let read = decode(&line).into_iter().flatten().any(|telegram| {
            telegram.check() == Check::Good && import(&telegram) == Some(6_678_394)
        });
        prop_assert!(read);
    }

    #[test]
    fn repeated_lost_or_changed_bytes_never_give_a_wrong_value(
        at in 0_usize..300,
        length in 1_usize..40,
        how in 0..3,
        flip in 1_u8..=255,
    ) {
        let good = good();
        let body = good.len() - 6;
        let at = at % (body - 1);
        let end = (at + length).min(body);
        let line = match how {
            0 => [&good[..end], &good[at..]].concat(),
            1 => [&good[..at], &good[end..]].concat(),
            _ => {
                let mut line = good.clone();
                line[at] ^= flip;
                line
            }
        };
        // Behind a good one, from which it is known that this meter sends
        // checksums, and before one that must come through.
        let all = decode(&[&good, &line[..], &good].concat());
        let expected = only(&good);
        for telegram in all.iter().flatten() {
            prop_assert_eq!(telegram, &expected);
        }
        prop_assert!(all.last().is_some_and(Result::is_ok));
    }

    #[test]
    fn noise_never_panics(noise in proptest::collection::vec(noise(), 0..40)) {
        decode(&noise.concat());
    }
}
