//! Files that are not read, because they can be read in more than one way or not at all:
//! what is wrong, and the choices.
use super::{super::*, *};

/// Hours in local stamps from one date to another, exclusive.
fn stamps(from: &str, until: &str, zone: &str) -> Vec<String> {
    let zone = TimeZone::get(zone).unwrap();
    let at = |date: &str| {
        let date: jiff::civil::Date = date.parse().unwrap();
        date.to_zoned(zone.clone()).unwrap().timestamp().as_second()
    };
    (at(from)..at(until))
        .step_by(3600)
        .map(|at| {
            let local = Timestamp::from_second(at).unwrap().to_zoned(zone.clone());
            local.strftime("%Y-%m-%d %H:%M").to_string()
        })
        .collect()
}

fn file(header: &str, stamps: &[String]) -> String {
    let rows = stamps.iter().map(|stamp| format!("{stamp};1,5\n"));
    format!("{header}\n{}", rows.collect::<String>())
}

#[test]
fn normal_time_all_year_is_seen_by_either_sign() {
    for (from, until) in
        [("2026-03-20", "2026-04-10"), ("2026-10-20", "2026-11-01"), ("2025-03-01", "2026-06-01")]
    {
        for zone in ["Etc/GMT-1", "UTC"] {
            let stamps = stamps(from, until, zone);
            let text = file("Tidpunkt;kWh", &stamps);
            assert_refused(&text, "do not follow the clocks", "--zone Etc/GMT-1");
            assert_refused(&text, "do not follow the clocks", "--zone UTC");
            // Stated, it is read.
            let stated = Statements { zone: Some(zone.to_owned()), ..Statements::default() };
            let (rows, _) = Reading { stated, ..Reading::default() }.read(text.as_bytes()).unwrap();
            assert_eq!(rows.len(), stamps.len());
            // Ends, and the newest first.
            let ends = text.replace("Tidpunkt", "Sluttid");
            assert_refused(&ends, "do not follow the clocks", "--zone Etc/GMT-1");
            let mut backwards = stamps;
            backwards.reverse();
            assert_refused(&file("Tidpunkt;kWh", &backwards), "do not follow", "--zone UTC");
        }
        let local = stamps(from, until, "Europe/Stockholm");
        let (rows, tally) =
            Reading::default().read(file("Tidpunkt;kWh", &local).as_bytes()).unwrap();
        assert_eq!((rows.len(), tally.refused()), (local.len(), 0), "{tally}");
    }
}

#[test]
fn ends_of_both_kinds_are_exact_over_changes_of_the_clocks() {
    let zone = TimeZone::get("Europe/Stockholm").unwrap();
    for (from, until) in [("2026-03-20", "2026-04-10"), ("2026-10-20", "2026-11-01")] {
        let starts = stamps(from, until, "Europe/Stockholm");
        let (expected, _) =
            Reading::default().read(file("Starttid;kWh", &starts).as_bytes()).unwrap();
        assert_eq!(expected.len(), starts.len());
        // What a clock shows when the interval ends.
        let shown: Vec<String> = expected
            .iter()
            .map(|(_, at, ..)| {
                let end = at.parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_hours(1);
                end.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
            })
            .collect();
        assert_reads(&file("Sluttid;kWh", &shown), &expected);
        // The start on the clock, and an hour.
        let counted: Vec<String> = starts
            .iter()
            .map(|start| {
                let start: jiff::civil::DateTime = start.replace(' ', "T").parse().unwrap();
                let end = start.checked_add(jiff::SignedDuration::from_hours(1)).unwrap();
                end.strftime("%Y-%m-%d %H:%M").to_string()
            })
            .collect();
        assert_reads(&file("Sluttid;kWh", &counted), &expected);
    }
}

#[test]
fn an_hour_that_only_an_export_has_is_refused_alone() {
    let mut spring = stamps("2026-03-28", "2026-03-31", "Europe/Stockholm");
    let at = spring.iter().position(|stamp| stamp == "2026-03-29 03:00").unwrap();
    spring.insert(at, "2026-03-29 02:00".to_owned());
    let text = file("Tidpunkt;kWh", &spring).replace("2026-03-29 02:00;1,5", "2026-03-29 02:00;0");
    let (rows, tally) = Reading::default().read(text.as_bytes()).unwrap();
    assert_eq!((rows.len(), tally.refused()), (spring.len() - 1, 1), "{tally}");
}

#[test]
fn a_row_wider_than_the_header_is_not_read() {
    let text = "timestamp,kWh\n2026-01-10 00:00,1,5\n2026-01-10 01:00,2,5\n2026-01-10 02:00,3,5\n";
    assert_refused(text, "more fields than the header", "");
    let text = "timestamp,energy_wh\n2026-01-10T00:00:00Z,1,5\n2026-01-10T01:00:00Z,2,5\n";
    assert_refused(text, "more fields than the header", "");
    let mut mixed = "Tid,kWh\n".to_owned();
    for hour in 0..24 {
        mixed += &format!("2026-01-10 {hour:02}:00,{}\n", if hour == 7 { "1,5" } else { "2" });
    }
    let (rows, tally) = Reading::default().read(mixed.as_bytes()).unwrap();
    assert_eq!((rows.len(), tally.refused()), (23, 1), "{tally}");
    assert!(
        tally.to_string().contains("more fields than the header has names, as in \"5\" (line 9)"),
        "{tally}"
    );
}

#[test]
fn times_that_can_be_starts_or_ends_are_asked_for() {
    let day: String = (1..=96)
        .map(|quarter| {
            let (day, quarter) = (10 + quarter / 96, quarter % 96);
            format!("2026-01-{day} {:02}:{:02};1\n", quarter / 4, quarter % 4 * 15)
        })
        .collect();
    assert_refused(&format!("Tid;kWh\n{day}"), "starts of the intervals or their ends", "--ends");
    let days: String = (1..=60)
        .map(|hour| format!("2026-01-{} {:02}:00;1\n", 10 + hour / 24, hour % 24))
        .collect();
    assert_refused(&format!("Tid;kWh\n{days}"), "or their ends", "--starts");
    let hours = "Datum;Timme;kWh\n2026-01-10;5;1\n2026-01-10;6;1\n2026-01-10;7;1\n";
    assert_refused(hours, "whether hour 1 begins", "--starts");
}

#[test]
fn rows_of_several_series_are_asked_for() {
    let text = "Tid;Serie;kWh\n2026-01-10 00:00;A14;9\n2026-01-10 00:00;A15;1\n\
        2026-01-10 01:00;A14;9\n2026-01-10 01:00;A15;2\n2026-01-10 02:00;A14;9\n2026-01-10 02:00;A15;3\n";
    assert_refused(text, "several rows have one time", "--only serie=A15");
    let stated = Statements { only: vec!["serie=A15".to_owned()], ..Statements::default() };
    assert_bytes_read(
        text.as_bytes(),
        &Reading { stated, ..Reading::default() },
        &rows_of(METER, "2026-01-09T23:00:00Z", 60, &[1.0, 2.0, 3.0]),
    );
}

#[test]
fn a_mark_that_can_be_either_is_asked_for() {
    let text = "Tid,kWh\n2026-01-10 00:00,\"1,234\"\n2026-01-10 01:00,\"2,345\"\n";
    assert_refused(text, "1,234 can be a fraction", "--decimal-comma");
    let stated = Statements { decimal: Some(Decimal::Comma), ..Statements::default() };
    assert_bytes_read(
        text.as_bytes(),
        &Reading { stated, ..Reading::default() },
        &rows_of(METER, "2026-01-09T23:00:00Z", 60, &[1.234, 2.345]),
    );
    let text = "Tid;kWh\n2026-01-10 00:00;1.5\n2026-01-10 01:00;2,5\n";
    assert_refused(text, "others a decimal point", "--decimal-point");
    // A thousand watt-hours are ordinary in an interval, a thousand kilowatt-hours are not.
    let text = "Tid;Wh\n2026-01-10 00:00;1,234\n2026-01-10 01:00;2,345\n";
    assert_refused(text, "1,234 can be a fraction", "--decimal-comma");
}

#[test]
fn files_without_rows_are_empty() {
    for text in ["", "\n\n", "Tid;kWh\n", "timestamp,energy_wh\n", "\u{feff}Datum;Tid;kWh\r\n"] {
        let error = Reading::default().read(text.as_bytes()).unwrap_err();
        assert!(error.is_empty, "{text:?}: {error}");
    }
}

#[test]
fn days_months_and_other_lengths_are_not_read() {
    let days = "tid;kwh\n2026-01-01;1\n2026-01-02;1\n2026-01-03;1\n";
    for interval in [None, Some(60)] {
        let stated = Statements { interval, unit: Some(Unit::KWh), ..Statements::default() };
        let reading = Reading { stated, ..Reading::default() };
        let error = reading.read(days.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("each value is the energy of a day"), "{error}");
        assert!(error.choices.is_empty() && !error.hint.contains("--"), "{error}");
    }
    let months = "tid;kwh\n2026-01-01;1\n2026-02-01;1\n2026-03-01;1\n2026-04-01;1\n";
    assert_refused(months, "each value is the energy of a month", "");
    let even = "tid;kwh\n2026-01-01 00:00;1\n2026-01-01 02:00;1\n2026-01-01 04:00;1\n";
    assert_refused(even, "only if each value is of one hour", "--interval 60");
    let five = "tid;kwh\n2026-01-01 00:00;1\n2026-01-01 00:05;1\n2026-01-01 00:10;1\n";
    assert_refused(five, "the rows are 300 s apart", "");
    assert_refused("tid;kwh\n2026-01-01 00:00;1\n", "too few rows", "--interval 60");
}

#[test]
fn nothing_of_a_file_is_printed_as_it_is() {
    let text = "Tid;kWh\n2026-01-10 00:00;1\n\u{1b}[2Jx\u{202e};2\n2026-01-10 01:00;\u{7}\n2026-01-10 02:00;3\n";
    let (_, tally) = Reading::default().read(text.as_bytes()).unwrap();
    let shown = tally.to_string();
    let safe = |c: char| c == '\n' || (!c.is_control() && c != '\u{202e}');
    assert!(shown.chars().all(safe), "{shown:?}");
    assert!(shown.contains("\\u{1b}[2Jx\\u{202e}"), "{shown}");
    let names = "Tid;x\u{1b}[31m;y\u{202e}\n2026-01-10 00:00;1;2\n2026-01-10 01:00;1;2\n";
    let error = Reading::default().read(names.as_bytes()).unwrap_err();
    let shown = format!("{error}{:?}", error.choices);
    assert!(shown.chars().all(safe), "{shown:?}");
}

#[test]
fn values_of_a_register_are_not_energies() {
    let rows = |name: &str| {
        let rows = (0..48).map(|hour| {
            format!("2026-01-{} {:02}:00;{},5\n", 10 + hour / 24, hour % 24, 45_000 + hour * 3)
        });
        format!("Tid;{name}\n{}", rows.collect::<String>())
    };
    assert_refused(&rows("Värde kWh"), "as with a register", "--register");
    let typed: String =
        (0..4).map(|hour| format!("2026-01-10 0{hour}:00;{hour};kWh;Mätarställning\n")).collect();
    assert_refused(&format!("Tid;Värde;Enhet;Typ\n{typed}"), "not used by the building", "");
    let (rows, _) = Reading::default().read(rows("Mätarställning kWh").as_bytes()).unwrap();
    assert_eq!((rows.len(), rows[0].3), (48, 45_000_500_000));
}

#[test]
fn a_register_that_begins_at_zero_is_asked_about() {
    let rows = |value: &dyn Fn(i64) -> i64| {
        let rows = (0..720).map(|hour| {
            format!("2026-01-{:02} {:02}:00;{}\n", 1 + hour / 24, hour % 24, value(hour))
        });
        format!("Tid;Värde (kWh)\n{}", rows.collect::<String>())
    };
    // Accumulated since 1 January, and with a meter swap.
    assert_refused(&rows(&|hour| hour * 3 / 2), "as with a register", "--register");
    assert_refused(&rows(&|hour| hour * 3 % 1200), "as with a register", "--energies");
    let (read, _) = Reading::default().read(rows(&|hour| hour * 7 % 24).as_bytes()).unwrap();
    assert_eq!(read.len(), 720);
}

#[test]
fn temperatures_are_no_readings_and_energies_no_temperatures() {
    let smhi = "Datum;Tid (UTC);Lufttemperatur;Kvalitet\n2026-01-10;00:00:00;-5.9;G\n\
        2026-01-10;01:00:00;-6.1;G\n2026-01-10;02:00:00;-6.0;G\n";
    let other = "Tid;Utetemperatur\n2026-01-10 00:00;-5,9\n2026-01-10 01:00;-6,1\n";
    let windy = "Tid;Vindhastighet;Temperatur\n2026-01-10 00:00;4;-5,9\n2026-01-10 01:00;5;-6,1\n";
    let unnamed = windy.replace("Vindhastighet", "x");
    assert_refused(&unnamed, "none of these columns", "--value-column x");
    for text in [smhi, other, windy] {
        assert_refused(text, "a file of temperatures", "");
        let error = Reading::default().read(text.as_bytes()).unwrap_err();
        assert!(error.choices.is_empty() && error.hint.contains("import temperature"), "{error}");
        let weather = Reading { temperature: true, meter: None, ..Reading::default() };
        assert!(weather.read(text.as_bytes()).is_ok());
    }
    let weather = Reading { temperature: true, meter: None, ..Reading::default() };
    let energies = "Tid;kWh\n2026-01-10 00:00;3\n2026-01-10 01:00;4\n";
    assert_reading_refused(energies.as_bytes(), &weather, "a file of energies", "");
    let corrected = "Tid;Temperatur;kWh\n2026-01-10 00:00;-5,9;1\n2026-01-10 01:00;-6,1;2\n";
    assert_reads(corrected, &rows_of(METER, "2026-01-09T23:00:00Z", 60, &[1.0, 2.0]));
}

#[test]
fn a_register_that_no_row_has_is_not_asked_about() {
    let text = "Tid;Mätarställning kWh;Förbrukning kWh\n2026-01-10 00:00;;1\n2026-01-10 01:00;;2\n";
    assert_reads(text, &rows_of(METER, "2026-01-09T23:00:00Z", 60, &[1.0, 2.0]));
    let both = text.replace(";;", ";100;");
    assert_refused(&both, "a column of energies and one of registers", "");
}

#[test]
fn a_unit_in_which_a_connection_cannot_carry_the_values_is_not_proposed() {
    let options = |values: [&str; 3]| {
        let [a, b, c] = values;
        let text = format!(
            "Tid;Värde\n2026-01-10 00:00;{a}\n2026-01-10 01:00;{b}\n2026-01-10 02:00;{c}\n"
        );
        let error = Reading::default().read(text.as_bytes()).unwrap_err();
        error.choices.into_iter().map(|it| it.option).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(options(["62,699", "58,112", "60,007"]), "--unit Wh --unit kWh");
    assert_eq!(options(["62.699", "58.112", "60.007"]), "--unit Wh --unit kWh");
    assert_eq!(options(["62699", "58112", "60007"]), "--unit Wh");
    assert_eq!(options(["0,5", "0,4", "0,5"]), "--unit Wh --unit kWh --unit MWh");
    // A register stands above what a connection carries in an hour.
    assert_eq!(options(["62699", "62700", "62702"]), "--unit Wh --unit kWh --unit MWh");
}

#[test]
fn temperatures_of_other_kinds_are_not_read() {
    let weather = Reading { temperature: true, meter: None, ..Reading::default() };
    let fahrenheit = "Time;Temperature (°F)\n2026-01-10 00:00;30\n2026-01-10 01:00;31\n";
    assert_reading_refused(fahrenheit.as_bytes(), &weather, "not in °C", "--unit F");
    let kelvin = fahrenheit.replace("°F", "Kelvin");
    assert_reading_refused(kelvin.as_bytes(), &weather, "not in °C", "");
    for (degrees, expected) in [(Degrees::F, [-111, -56]), (Degrees::C, [3000, 3100])] {
        let stated = Statements { degrees: Some(degrees), ..Statements::default() };
        for name in ["°F", "°C"] {
            let text = fahrenheit.replace("°F", name);
            let (rows, _) = Reading { stated: stated.clone(), ..weather.clone() }
                .read(text.as_bytes())
                .unwrap();
            assert_eq!(rows.iter().map(|row| row.3).collect::<Vec<_>>(), expected, "{name}");
        }
    }
    let days = "Datum;Lufttemperatur\n2026-01-10;1,5\n2026-01-11;2,5\n2026-01-12;3,5\n";
    assert_reading_refused(days.as_bytes(), &weather, "24 hours apart", "");
}

#[test]
fn one_column_for_an_hour_that_clocks_showed_twice_is_unknown() {
    let names: Vec<String> = (0..24).map(|hour| format!("{hour:02}:00")).collect();
    let rows = |day: &str| format!("{day};{}\n", vec!["1,5"; 24].join(";"));
    let text = format!(
        "Enhet;kWh\n\nDatum;{}\n{}{}",
        names.join(";"),
        rows("2026-10-24"),
        rows("2026-10-25")
    );
    let (rows, tally) = Reading::default().read(text.as_bytes()).unwrap();
    assert_eq!((rows.len(), tally.refused()), (47, 1), "{tally}");
    assert!(rows.iter().all(|row| row.1 != "2026-10-25T00:00:00Z"), "{rows:?}");
}

#[test]
fn fractions_that_a_comma_cuts_off_are_seen() {
    for (header, tail) in [("timestamp,kWh,Status", ""), ("timestamp,kWh,Kommentar", ",")] {
        let rows = ["1,5", "2,5", "3,5"].iter().enumerate();
        let rows: String =
            rows.map(|(hour, value)| format!("2026-01-10 0{hour}:00,{value}{tail}\n")).collect();
        assert_refused(
            &format!("{header}\n{rows}"),
            "cut off at a decimal comma",
            "--decimal-point",
        );
    }
    let codes = "Tid,kWh,Kod\n2026-01-10 00:00,1.5,136\n2026-01-10 01:00,2,136\n";
    assert_reads(codes, &rows_of(METER, "2026-01-09T23:00:00Z", 60, &[1.5, 2.0]));
}

#[test]
fn a_second_table_in_a_file_is_not_read_as_the_first() {
    let rows = |day: u32, value: &str| {
        (0..4).map(|hour| format!("2026-01-{day} 0{hour}:00;{value}\n")).collect::<String>()
    };
    let units = format!("Tid;kWh\n{}Tid;Wh\n{}", rows(10, "1,5"), rows(11, "1500"));
    assert_refused(&units, "line 6 has the names of a second table", "");
    let repeated = format!("Tid;kWh\n{}Tid;kWh\n{}", rows(10, "1,5"), rows(11, "1,5"));
    let (rows, tally) = Reading::default().read(repeated.as_bytes()).unwrap();
    assert_eq!((rows.len(), tally.refused()), (8, 1), "{tally}");
}

#[test]
fn numbers_of_other_intervals_are_not_hours() {
    let rows: String = (1..=48).map(|period| format!("2026-01-10;{period};1,5\n")).collect();
    assert_refused(&format!("Datum;Period;kWh\n{rows}"), "none of the known formats", "");
}

#[test]
fn columns_of_zones_are_read_or_asked_for() {
    let file = |name: &str, zone: &str| {
        let rows = (0..3).map(|hour| format!("2026-07-10 0{hour}:00;{zone};{hour}\n"));
        format!("Tid;{name};kWh\n{}", rows.collect::<String>())
    };
    let reads = |name: &str, zone: &str, start: &str| {
        assert_reads(&file(name, zone), &rows_of(METER, start, 60, &[0.0, 1.0, 2.0]));
    };
    reads("Tidszon", "UTC", "2026-07-10T00:00:00Z");
    reads("Offset", "+01:00", "2026-07-09T23:00:00Z");
    reads("Timezone", "Europe/Helsinki", "2026-07-09T21:00:00Z");
    reads("Tidszon", "CEST", "2026-07-09T22:00:00Z");
    assert_refused(&file("Tidszon", "svensk"), "is not known: \"svensk\"", "--zone UTC");
    assert_refused(&file("Sommartid", "Nej"), "whether its times are of it", "--zone Etc/GMT-1");
    reads("Sommartid", "Ja", "2026-07-09T22:00:00Z");
}

#[test]
fn two_values_for_one_time_are_both_refused() {
    for header in ["Tid;kWh", "timestamp;energy_wh"] {
        let text = format!(
            "{header}\n2026-01-10T00:00:00Z;10\n2026-01-10T00:00:00Z;20\n2026-01-10T01:00:00Z;30\n\
             2026-01-10T01:00:00Z;30\n2026-01-10T02:00:00Z;40\n"
        );
        let (rows, tally) = Reading::default().read(text.as_bytes()).unwrap();
        assert_eq!((rows.len(), tally.refused()), (3, 2), "{tally}");
        assert!(tally.to_string().contains("two values for one time (line 2, 3)"), "{tally}");
    }
}
