//! Forms of times that exports use, and texts that are none.
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use proptest::prelude::*;

use super::{super::options::DateOrder, *};

fn local(text: &str) -> i64 {
    let at: DateTime = text.parse().unwrap();
    at.to_zoned(TimeZone::UTC).unwrap().timestamp().as_second()
}

fn loose(order: DateOrder) -> TimeForm {
    TimeForm { order: Some(order), loose: true }
}

#[test]
fn every_form_states_the_same_moment() {
    let quarter = Moment::Local(local("2026-07-01T04:15:00"));
    for text in [
        "2026-07-01 04:15",
        "2026-07-01T04:15:00",
        "2026-07-01 04:15:00.000",
        "2026-07-01 04.15.00",
        "2026-07-01 0415",
        "2026-7-1 4:15",
        "2026/07/01 04:15",
        "2026.07.01 04:15",
        "20260701 0415",
        "20260701T04:15:00",
        "202607010415",
        "20260701041500",
        "01.07.2026 04:15",
        "1.7.2026 4.15",
        "1.7.2026 klo 4.15",
        "01-07-2026 04:15",
        "01/07/2026 04.15",
        "2026-07-01, 04:15",
        "1 juli 2026 kl. 04:15",
        "1-Jul-2026 04:15",
        "ons 2026-07-01 04:15",
        "Jul 1, 2026 4:15 AM",
        "01/07/2026 4:15:00 a.m.",
        "  2026-07-01   04:15 ",
        "2026-07-01\u{a0}04:15",
    ] {
        let found = parse(text, TimeForm::STRICT);
        assert_eq!(found.map(|found| found.start), Some(quarter), "{text}");
    }
    let utc = Moment::Utc("2026-07-01T02:15:00Z".parse::<Timestamp>().unwrap().as_second());
    for text in [
        "2026-07-01T02:15:00Z",
        "2026-07-01T04:15:00+02:00",
        "2026-07-01 04:15:00+02",
        "2026-07-01 04:15:00 +0200",
        "2026-06-30T22:15:00-04:00",
        "2026-07-01 04:15 CEST",
        "2026-07-01 02:15 (UTC)",
        "1782872100",
        "1782872100000",
        "1782872100.0",
    ] {
        let found = parse(text, TimeForm::STRICT);
        assert_eq!(found.map(|found| found.start), Some(utc), "{text}");
    }
    for (text, order, expected) in [
        ("26-07-01 04:15", DateOrder::Ymd, "2026-07-01T04:15:00"),
        ("01.07.26 04:15", DateOrder::Dmy, "2026-07-01T04:15:00"),
        ("7/1/26 4:15", DateOrder::Mdy, "2026-07-01T04:15:00"),
        ("7/1/2026 4:15 PM", DateOrder::Mdy, "2026-07-01T16:15:00"),
        ("46204.1770833", DateOrder::Ymd, "2026-07-01T04:15:00"),
        ("46204,1771", DateOrder::Ymd, "2026-07-01T04:15:00"),
        ("46204", DateOrder::Ymd, "2026-07-01T00:00:00"),
        ("2026 7 1 04:15", DateOrder::Ymd, "2026-07-01T04:15:00"),
        ("260701 0415", DateOrder::Ymd, "2026-07-01T04:15:00"),
    ] {
        let found = parse(text, loose(order)).map(|found| found.start);
        assert_eq!(found, Some(Moment::Local(local(expected))), "{text}");
    }
}

#[test]
fn ranges_have_both_ends() {
    for (text, start, end) in [
        ("2026-01-10 00:00-01:00", "2026-01-10T00:00:00", "2026-01-10T01:00:00"),
        ("2026-01-10 23:45 – 00:00", "2026-01-10T23:45:00", "2026-01-11T00:00:00"),
        ("2026-01-10 23-24", "2026-01-10T23:00:00", "2026-01-11T00:00:00"),
        ("2026-01-10 00:00 till 00:15", "2026-01-10T00:00:00", "2026-01-10T00:15:00"),
        ("2026-01-10 23:00 - 2026-01-11 00:00", "2026-01-10T23:00:00", "2026-01-11T00:00:00"),
        ("2026-01-10 00:00-00:59", "2026-01-10T00:00:00", "2026-01-10T00:59:00"),
    ] {
        let found = parse(text, TimeForm::STRICT).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(found.start, Moment::Local(local(start)), "{text}");
        assert_eq!(found.end, Some(Moment::Local(local(end))), "{text}");
    }
    let clock = |text| parse_clock(text).map(|clock| (clock.seconds, clock.end));
    assert_eq!(clock("00:15-00:30"), Some((900, Some(1800))));
    assert_eq!(clock("23-00"), Some((82_800, Some(86_400))));
    assert_eq!(clock("kl 1"), Some((3600, None)));
    assert_eq!(clock("24"), Some((86_400, None)));
    assert_eq!(clock("00:00:00"), Some((0, None)));
}

#[test]
fn how_the_clock_is_stated_is_kept() {
    let form = |text| parse(text, TimeForm::STRICT).map(|found| found.clock);
    assert_eq!(form("2026-01-10"), Some(ClockForm::None));
    assert_eq!(form("2026-01-10 24:00"), Some(ClockForm::Midnight24));
    assert_eq!(form("2026-01-10 1"), Some(ClockForm::Hour(1)));
    assert_eq!(form("2026-01-10 01:00"), Some(ClockForm::Clock));
}

#[test]
fn other_text_is_not_a_time() {
    for text in [
        "",
        "x",
        "12",
        "2026",
        "2026-13-01",
        "2026-02-30 00:00",
        "2026-01-01 25:00",
        "2026-01-01 24:01",
        "2026-01-01 23:59:60",
        "2026-01-01 12:60",
        "2026-01-01x00:00",
        "2026-01/01 00:00",
        "Summa",
        "å026-01-01",
        "99999999999",
        "2026-01-01 01:00 x",
        "2026-01-01 1:5",
        "2026-01-01 13:00 PM",
        "26-01-01 00:00",
        "45301.5",
        "1,5",
        "735999100000000001",
    ] {
        assert_eq!(parse(text, TimeForm::STRICT), None, "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,24}", order in 0..3) {
        let order = [DateOrder::Ymd, DateOrder::Dmy, DateOrder::Mdy][order as usize];
        let _ = parse(&text, loose(order));
        let _ = parse_clock(&text);
    }

    #[test]
    fn a_date_is_what_the_calendar_has(year in 1970_i16..2200, month in 1_i8..13, day in 1_i8..32) {
        let date = jiff::civil::Date::new(year, month, day).ok();
        let expected = date.map(|date| {
            date.to_zoned(TimeZone::UTC).unwrap().timestamp().as_second() / DAY
        });
        prop_assert_eq!(days(year.into(), month.into(), day.into()), expected);
    }
}
