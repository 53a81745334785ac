//! Layouts that are read, each with the energies that are true.
use super::{super::*, *};

const WINTER: &str = "2026-01-09T23:00:00Z";
const SUMMER: &str = "2026-07-09T22:00:00Z";

fn hours(kwh: &[f64]) -> Vec<Stored> {
    rows_of(METER, WINTER, 60, kwh)
}

fn quarters(kwh: &[f64]) -> Vec<Stored> {
    rows_of(METER, WINTER, 15, kwh)
}

#[test]
fn the_meter_above_the_table_may_stand_below_the_building() {
    for above in [
        format!("Anläggning;Rådhuset Söderhamn\nMätarnummer;{METER}\n"),
        format!("Mätarnummer;{METER}\nAnläggning;Rådhuset Söderhamn\n"),
        format!("Anläggning: Rådhuset Söderhamn\nMätarnummer: {METER}\n"),
    ] {
        let text = format!("{above}\nTid;kWh\n2026-01-10 00:00;1\n2026-01-10 01:00;2\n");
        assert_bytes_read(
            text.as_bytes(),
            &Reading { meter: None, ..Reading::default() },
            &rows_of(METER, "2026-01-09T23:00:00Z", 60, &[1.0, 2.0]),
        );
    }
}

#[test]
fn a_date_and_a_clock_in_two_columns_of_any_name() {
    let rows = "2026-01-10;00:00;1,5\n2026-01-10;01:00;2,5\n2026-01-10;02:00;3,5\n";
    for header in ["Datum;Tid;kWh", "Ätdatum;Kl;Energi kWh", "A;B;Förbrukning (kWh)"] {
        assert_reads(&format!("{header}\n{rows}"), &hours(&[1.5, 2.5, 3.5]));
    }
    let excel = rows.replace("2026-01-10;", "2026-01-10 00:00:00;");
    let stated = Statements {
        time_columns: vec!["dag".to_owned(), "kl".to_owned()],
        ..Statements::default()
    };
    let reading = Reading { stated, ..Reading::default() };
    assert_bytes_read(
        format!("Dag;Kl;kWh\n{excel}").as_bytes(),
        &reading,
        &hours(&[1.5, 2.5, 3.5]),
    );
    let year =
        "Year,Month,Day,Time,kWh\n2026,1,10,00:00,1.5\n2026,1,10,01:00,2.5\n2026,1,10,02:00,3.5\n";
    assert_reads(year, &hours(&[1.5, 2.5, 3.5]));
}

#[test]
fn ranges_of_clocks() {
    assert_reads(
        "Datum;Tid;kWh\n2026-01-10;00:00-01:00;1,5\n2026-01-10;01:00-02:00;2,5\n2026-01-10;23:00-00:00;3,5\n",
        &[hours(&[1.5, 2.5]), rows_of(METER, "2026-01-10T22:00:00Z", 60, &[3.5])].concat(),
    );
    assert_reads(
        "Datum;Tid;kWh\n2026-01-10;00-01;1,5\n2026-01-10;01-02;2,5\n2026-01-10;02-03;3,5\n",
        &hours(&[1.5, 2.5, 3.5]),
    );
    assert_reads(
        "Period;kWh\n2026-01-10 00:00 – 00:15;1,5\n2026-01-10 00:15 – 00:30;2,5\n",
        &quarters(&[1.5, 2.5]),
    );
    assert_reads(
        "Datum;Tid;kWh\n2026-01-10;00:00-00:59;1,5\n2026-01-10;01:00-01:59;2,5\n",
        &hours(&[1.5, 2.5]),
    );
    assert_reads(
        "Från;Till;kWh\n2026-01-10 00:00;2026-01-10 01:00;1,5\n2026-01-10 01:00;2026-01-10 02:00;2,5\n",
        &hours(&[1.5, 2.5]),
    );
    assert_reads(
        "Datum;Från kl;Till kl;kWh\n2026-01-10;22:00;23:00;1,5\n2026-01-10;23:00;00:00;2,5\n",
        &rows_of(METER, "2026-01-10T21:00:00Z", 60, &[1.5, 2.5]),
    );
}

#[test]
fn times_that_are_ends() {
    let ends = "2026-01-10 01:00;1,5\n2026-01-10 02:00;2,5\n2026-01-10 03:00;3,5\n";
    for header in ["Sluttid;kWh", "Till;kWh", "Period end;kWh", "Til;kWh"] {
        assert_reads(&format!("{header}\n{ends}"), &hours(&[1.5, 2.5, 3.5]));
    }
    let to_24 = "Tid;kWh\n2026-01-10 23:00;1,5\n2026-01-10 24:00;2,5\n2026-01-11 01:00;3,5\n";
    assert_reads(to_24, &rows_of(METER, "2026-01-10T21:00:00Z", 60, &[1.5, 2.5, 3.5]));
    // 00:00 of the date that it ends.
    let days: String = (10..12)
        .flat_map(|day| {
            (1..=24).map(move |hour| format!("2026-01-{day};{:02}:00;{hour}\n", hour % 24))
        })
        .collect();
    let kwh: Vec<f64> = (0..48).map(|hour| f64::from(hour % 24 + 1)).collect();
    assert_reads(&format!("Datum;Tid;kWh\n{days}"), &hours(&kwh));
    assert_reads(&format!("Datum;Sluttid;kWh\n{days}"), &hours(&kwh));
    let stated = Statements { times: Some(Times::Ends), ..Statements::default() };
    let reading = Reading { stated, ..Reading::default() };
    assert_bytes_read(format!("Datum;Tid;kWh\n{days}").as_bytes(), &reading, &hours(&kwh));
    let quarter = "Datum;Sluttid;kWh\n2026-01-10;00:15;1\n2026-01-10;00:30;2\n2026-01-10;00:45;3\n";
    assert_reads(quarter, &quarters(&[1.0, 2.0, 3.0]));
}

#[test]
fn numbers_of_hours() {
    let day = |first: i32, pad: bool| {
        let rows = (first..first + 24).map(|hour| {
            let hour_text = if pad { format!("{hour:02}") } else { hour.to_string() };
            format!("2026-01-10;{hour_text};{},5\n", hour - first)
        });
        rows.collect::<String>()
    };
    let kwh: Vec<f64> = (0..24).map(|hour| f64::from(hour) + 0.5).collect();
    for (first, pad) in [(0, true), (0, false), (1, true), (1, false)] {
        for header in ["Datum;Timme;kWh", "Dato;Time;kWh", "Date;Hour;kWh"] {
            assert_reads(&format!("{header}\n{}", day(first, pad)), &hours(&kwh));
        }
    }
    // The 25 hours of a day in autumn, counted.
    let rows: String = (1..=25).map(|hour| format!("2025-10-26;{hour};1\n")).collect();
    let autumn = rows_of(METER, "2025-10-25T22:00:00Z", 60, &[1.0; 25]);
    assert_reads(&format!("Datum;Timme;kWh\n{rows}"), &autumn);
}

#[test]
fn a_row_for_each_day_and_a_column_for_each_hour() {
    let names: Vec<String> =
        (0..24).map(|hour| format!("{hour:02}:00-{:02}:00", (hour + 1) % 24)).collect();
    let kwh: Vec<f64> = (0..48).map(|hour| f64::from(hour) / 2.0).collect();
    let row = |day: usize| {
        let values = kwh[24 * day..][..24].iter().map(|value| value.to_string().replace('.', ","));
        format!("2026-01-{:02};{}\n", 10 + day, values.collect::<Vec<_>>().join(";"))
    };
    let text = format!("Enhet;kWh\n\nDatum;{}\n{}{}", names.join(";"), row(0), row(1));
    assert_reads(&text, &hours(&kwh));
    let quarters: Vec<String> = (1..=96).map(|quarter| quarter.to_string()).collect();
    let values: Vec<String> = (0..96).map(|quarter| quarter.to_string()).collect();
    let text =
        format!("Enhet;kWh\n\nDatum;{}\n2026-01-10;{}\n", quarters.join(";"), values.join(";"));
    let kwh_96: Vec<f64> = (0..96).map(f64::from).collect();
    assert_reads(&text, &rows_of(METER, WINTER, 15, &kwh_96));
    let numbers: Vec<String> = (1..=24).map(|hour| hour.to_string()).collect();
    let text = format!("Enhet;kWh\n\nDatum;{}\n{}{}", numbers.join(";"), row(0), row(1));
    assert_reads(&text, &hours(&kwh));
    let text = format!("Datum;{}\n{}", names.join(";"), row(0));
    assert_refused(&text, "does not contain the unit", "--unit kWh");
    let some = "Enhet;kWh\n\nTid;00-01;01-02;02-03\n2026-01-10;1,5;2,5;3,5\n";
    assert_reads(some, &hours(&[1.5, 2.5, 3.5]));
    let some = "Tid;00:00;01:00;02:00\n2026-01-10;1,5;2,5;3,5\n";
    assert_refused(some, "columns for some of its hours", "");
}

#[test]
fn dates_and_times_in_many_forms() {
    for rows in [
        "1.1.2026 0:00;1\n1.1.2026 1:00;2\n1.1.2026 2:00;3\n",
        "01/01/2026 00:00;1\n01/01/2026 01:00;2\n01/01/2026 02:00;3\n",
        "26-01-01 00:00;1\n26-01-01 01:00;2\n26-01-01 02:00;3\n",
        "01.01.26 00:00;1\n01.01.26 01:00;2\n01.01.26 02:00;3\n",
        "202601010000;1\n202601010100;2\n202601010200;3\n",
        "20260101 0000;1\n20260101 0100;2\n20260101 0200;3\n",
        "2026-01-01, 00.00;1\n2026-01-01, 01.00;2\n2026-01-01, 02.00;3\n",
        "1 januari 2026 00:00;1\n1 januari 2026 01:00;2\n1 januari 2026 02:00;3\n",
        "46023;1\n46023,0416667;2\n46023,0833333;3\n",
        "1767222000;1\n1767225600;2\n1767229200;3\n",
        "1767222000000;1\n1767225600000;2\n1767229200000;3\n",
        "2026-01-01T00:00:00+01:00;1\n2026-01-01T01:00:00+01:00;2\n2026-01-01T02:00:00+01:00;3\n",
        "2026-01-01 00:00 CET;1\n2026-01-01 01:00 CET;2\n2026-01-01 02:00 CET;3\n",
        "2026-01-01;1\n2026-01-01 01:00;2\n2026-01-01 02:00;3\n",
    ] {
        let expected = rows_of(METER, "2025-12-31T23:00:00Z", 60, &[1.0, 2.0, 3.0]);
        assert_reads(&format!("Tidpunkt;kWh\n{rows}"), &expected);
    }
    let backwards = "Tid;kWh\n2026-01-10 02:00;3\n2026-01-10 01:00;2\n2026-01-10 00:00;1\n";
    let mut rows = hours(&[1.0, 2.0, 3.0]);
    rows.reverse();
    assert_reads(backwards, &rows);
}

#[test]
fn american_dates_show_by_their_order() {
    let mut rows = String::new();
    let mut kwh = Vec::new();
    for day in 10..14 {
        for hour in 0..24 {
            let half = if hour < 12 { "AM" } else { "PM" };
            rows += &format!("1/{day}/2026 {}:00 {half},{}\n", (hour + 11) % 12 + 1, kwh.len());
            kwh.push(kwh.len() as f64);
        }
    }
    assert_reads(&format!("Date,kWh\n{rows}"), &hours(&kwh));
    let one_day = "Date,kWh\n03/04/2026 00:00,1\n03/04/2026 01:00,2\n03/04/2026 02:00,3\n";
    assert_refused(one_day, "order of day and month", "--date-order dmy");
}

#[test]
fn the_zone_in_a_name() {
    for (name, start) in [
        ("Tid (UTC)", "2026-07-10T00:00:00Z"),
        ("timestamp_utc", "2026-07-10T00:00:00Z"),
        ("Tid (normaltid)", "2026-07-09T23:00:00Z"),
        ("Tidpunkt UTC+1", "2026-07-09T23:00:00Z"),
        ("Tidpunkt", SUMMER),
        ("Tid (CET/CEST)", SUMMER),
    ] {
        let rows = "2026-07-10 00:00;1\n2026-07-10 01:00;2\n2026-07-10 02:00;3\n";
        assert_reads(&format!("{name};kWh\n{rows}"), &rows_of(METER, start, 60, &[1.0, 2.0, 3.0]));
        let above = format!("Tidszon;UTC\n\nTid;kWh\n{rows}");
        assert_reads(&above, &rows_of(METER, "2026-07-10T00:00:00Z", 60, &[1.0, 2.0, 3.0]));
        assert_refused(&format!("Tid (CET);kWh\n{rows}"), "CET", "--zone Etc/GMT-1");
        assert_refused(
            &format!("Exporterad 2026-07-12 12:00 UTC;\n\nTid;kWh\n{rows}"),
            "mentions UTC",
            "--zone Europe/Stockholm",
        );
    }
}

#[test]
fn numbers_in_every_notation() {
    for (rows, kwh) in [
        ("2026-01-10 00:00;1 234,5\n2026-01-10 01:00;2,5\n", [1234.5, 2.5]),
        ("2026-01-10 00:00;1\u{a0}234,5\n2026-01-10 01:00;2,5\n", [1234.5, 2.5]),
        ("2026-01-10 00:00;1.234,5\n2026-01-10 01:00;2,5\n", [1234.5, 2.5]),
        ("2026-01-10 00:00;1234.5\n2026-01-10 01:00;2.5\n", [1234.5, 2.5]),
        ("2026-01-10 00:00;1,5 kWh\n2026-01-10 01:00;2,5 kWh\n", [1.5, 2.5]),
        ("2026-01-10 00:00;1,5E+1\n2026-01-10 01:00;2,5E-1\n", [15.0, 0.25]),
    ] {
        assert_reads(&format!("Tid;kWh\n{rows}"), &hours(&kwh));
    }
    let quoted = "Fra,Til,KWH 60 Forbruk,Kvalitet\n\
        10.01.2026 00:00,10.01.2026 01:00,\"1,234\",Målt\n\
        10.01.2026 01:00,10.01.2026 02:00,\"2,5\",Målt\n\
        10.01.2026 02:00,10.01.2026 03:00,\"3\",Målt\n";
    assert_reads(quoted, &hours(&[1.234, 2.5, 3.0]));
}

#[test]
fn units_in_names_columns_values_and_lines_above() {
    for (header, value) in [
        ("Tid;Wh", "1500"),
        ("Tid;Förbrukning [MWh]", "0,0015"),
        ("Tid;energy_kwh", "1,5"),
        ("Måttenhet;kWh\n\nTid;Kvantitet", "1,5"),
        ("Tid;Värde", "1,5 kWh"),
        ("Tid;Värde\n;kWh", "1,5"),
    ] {
        let text = format!("{header}\n2026-01-10 00:00;{value}\n2026-01-10 01:00;{value}\n");
        assert_reads(&text, &hours(&[1.5, 1.5]));
    }
    let rows = "2026-01-10 00:00;1500;Wh\n2026-01-10 01:00;2,5;kWh\n";
    assert_reads(&format!("Tid;Värde;Enhet\n{rows}"), &hours(&[1.5, 2.5]));
    assert_refused("Tid;Värde\n2026-01-10 00:00;0,5\n2026-01-10 01:00;0,5\n", "unit", "--unit MWh");
    assert_refused(
        "Enhet;MWh\n\nTid;kWh\n2026-01-10 00:00;1,5\n2026-01-10 01:00;1,5\n",
        "two different units",
        "--unit kWh",
    );
}

#[test]
fn temperatures_of_weather_services() {
    let smhi = "Stationsnamn;Klimatnummer;Mäthöjd (meter över marken)\nSöderhamn A;100000;2.0\n\n\
        Parameternamn;Beskrivning;Enhet\nLufttemperatur;momentanvärde, 1 gång/tim;celsius\n\n\
        Datum;Tid (UTC);Lufttemperatur;Kvalitet;;Tidsutsnitt:\n\
        2026-07-10;00:00:00;-9.1;G;;Kvalitetskontrollerade historiska data\n\
        2026-07-10;01:00:00;-9.3;Y;;\n";
    let weather = Reading { temperature: true, meter: None, ..Reading::default() };
    let row = |at: &str, value| ("soderhamn".to_owned(), at.to_owned(), 0, value);
    let expected = [row("2026-07-10T00:00:00Z", -910), row("2026-07-10T01:00:00Z", -930)];
    assert_bytes_read(smhi.as_bytes(), &weather, &expected);
    let finnish = "Havaintoasema,Vuosi,Kuukausi,Päivä,Aika [UTC],Lämpötilan keskiarvo [°C]\n\
        Helsinki,2026,7,10,00:00,-9.1\nHelsinki,2026,7,10,01:00,-9.3\n";
    assert_bytes_read(finnish.as_bytes(), &weather, &expected);
    let model = "latitude,longitude,utc_offset_seconds,timezone\n59.3,18.0,0,GMT\n\n\
        time,temperature_2m (°C)\n2026-07-10T00:00,-9.1\n2026-07-10T01:00,-9.3\n";
    assert_bytes_read(model.as_bytes(), &weather, &expected);
    let norwegian = "Navn;Stasjon;Tid(norsk normaltid);Lufttemperatur\n\
        Oslo;SN18700;10.07.2026 01:00;-9,1\nOslo;SN18700;10.07.2026 02:00;-9,3\n";
    assert_bytes_read(norwegian.as_bytes(), &weather, &expected);
}

#[test]
fn green_button_files_are_read() {
    let reading = |start: i64, value: i64| {
        format!(
            "<IntervalReading><timePeriod><duration>3600</duration><start>{start}</start></timePeriod>\
             <value>{value}</value></IntervalReading>"
        )
    };
    let feed = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\
         <entry><content><ReadingType xmlns=\"http://naesb.org/espi\"><flowDirection>1</flowDirection>\
         <powerOfTenMultiplier>0</powerOfTenMultiplier><uom>72</uom></ReadingType></content></entry>\
         <entry><content><IntervalBlock xmlns=\"http://naesb.org/espi\">{}{}</IntervalBlock>\
         </content></entry></feed>",
        reading(1_767_999_600, 1500),
        reading(1_768_003_200, 2500)
    );
    let xml = Reading { name: "export.xml", ..Reading::default() };
    assert_bytes_read(feed.as_bytes(), &xml, &hours(&[1.5, 2.5]));
    let produced = feed.replace("<flowDirection>1<", "<flowDirection>19<");
    assert_reading_refused(produced.as_bytes(), &xml, "not used by the building", "");
}

#[test]
fn text_in_every_encoding_with_lines_around_the_table() {
    let table = "Datum;Förbrukning (kWh)\r\n2026-01-10 00:00;1,5\r\n2026-01-10 01:00;2,5\r\n";
    let latin1: Vec<u8> = table.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let utf16: Vec<u8> =
        std::iter::once(0xfeff).chain(table.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let with = |text: String| text.into_bytes();
    for bytes in [
        table.as_bytes().to_vec(),
        latin1,
        utf16,
        with(format!("sep=;\r\n{table}")),
        with(format!("\u{feff}sep=;\r\n{table}")),
        with(format!(
            "Anläggning;735999100000000001\r\nPeriod;2026-01-10 - 2026-01-10\r\n\r\n{table}"
        )),
        with(format!("# exporterad\r\n{table}")),
        with(format!("{table}\r\nAntal rader: 2\r\n")),
        with(format!("{table}Summa;4,0\r\n")),
        with(table.replace(';', "\t")),
        with(table.replace(';', "|")),
    ] {
        assert_bytes_read(&bytes, &Reading::default(), &hours(&[1.5, 2.5]));
    }
}

#[test]
fn hours_that_become_quarter_hours() {
    let mut text = "Tidpunkt;kWh\n".to_owned();
    for hour in 0..6 {
        text += &format!("2026-01-10 0{hour}:00;4\n");
    }
    for quarter in 24..40 {
        text += &format!("2026-01-10 {:02}:{:02};1\n", quarter / 4, quarter % 4 * 15);
    }
    let expected =
        [hours(&[4.0; 6]), rows_of(METER, "2026-01-10T05:00:00Z", 15, &[1.0; 16])].concat();
    assert_reads(&text, &expected);
    // A gap among quarter-hours is no hour.
    let gap: String = text
        .lines()
        .filter(|line| {
            !line.contains("08:15") && !line.contains("08:30") && !line.contains("08:45")
        })
        .map(|line| format!("{line}\n"))
        .collect();
    let kept: Vec<Stored> = expected
        .into_iter()
        .filter(|(_, at, ..)| {
            !["2026-01-10T07:15:00Z", "2026-01-10T07:30:00Z", "2026-01-10T07:45:00Z"]
                .contains(&at.as_str())
        })
        .collect();
    assert_reads(&gap, &kept);
}
