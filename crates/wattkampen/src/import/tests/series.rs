//! Which rows and columns are the consumption, and whose.
use super::{super::*, *};

const WINTER: &str = "2026-01-09T23:00:00Z";

fn hours(kwh: &[f64]) -> Vec<Stored> {
    rows_of(METER, WINTER, 60, kwh)
}

fn quarters(kwh: &[f64]) -> Vec<Stored> {
    rows_of(METER, WINTER, 15, kwh)
}

#[test]
fn one_column_of_several_is_the_consumption() {
    let rows = "2026-01-10 00:00;7;1,5\n2026-01-10 01:00;8;2,5\n2026-01-10 02:00;9;3,5\n";
    for header in [
        "Datum;Energi inmatning kWh;Energi uttag kWh",
        "Datum;Produktion kWh;Förbrukning kWh",
        "Datum;Effekt kW;kWh",
        "Datum;Pris öre/kWh;Förbrukning kWh",
        "Datum;Kostnad (kr);Energi (kWh)",
        "Datum;Förbrukning normalårskorrigerad kWh;Förbrukning kWh",
        "Datum;Fjärrvärme kWh;El kWh",
        "Datum;Reaktiv energi kvarh;Aktiv energi kWh",
        "Datum;Temperatur;kWh",
        "Datum;Kvalitetskod;Kvalitetssäkrad förbrukning kWh",
    ] {
        assert_reads(&format!("{header}\n{rows}"), &hours(&[1.5, 2.5, 3.5]));
    }
    for header in ["Datum;Dag kWh;Natt kWh", "Datum;Förbrukning hus A kWh;Förbrukning hus B kWh"]
    {
        assert_refused(&format!("{header}\n{rows}"), "several columns", "");
    }
    let produced = "Datum;Produktion kWh\n2026-01-10 00:00;7\n2026-01-10 01:00;8\n";
    assert_refused(produced, "energy that the building delivers", "");
}

#[test]
fn columns_of_directions_statuses_and_sums() {
    let eon = "\u{feff}Anläggnings-id;Tidpunkt för export;Energiprodukt;Starttidpunkt;Sluttidpunkt;Måttenhet\r\n\
        735999100000000001;2026-02-01 12:00:00;Aktiv energi;2026-01-10 00:00:00;2026-01-10 01:00:00;kWh\r\n\r\n\
        Starttidpunkt;Sluttidpunkt;Energiriktning;Kvalitet;Kvantitet\r\n\
        2026-01-10 00:00:00;2026-01-10 00:15:00;Produktion;Uppmätt;9,000\r\n\
        2026-01-10 00:00:00;2026-01-10 00:15:00;Förbrukning;Uppmätt;0,100\r\n\
        2026-01-10 00:15:00;2026-01-10 00:30:00;Produktion;Uppmätt;9,000\r\n\
        2026-01-10 00:15:00;2026-01-10 00:30:00;Förbrukning;Uppmätt;0,200\r\n";
    assert_reads(eon, &quarters(&[0.1, 0.2]));
    // The file says whose it is.
    let reading = Reading { meter: None, ..Reading::default() };
    assert_bytes_read(eon.as_bytes(), &reading, &quarters(&[0.1, 0.2]));
    let of_other = Reading { meter: Some(OTHER), ..Reading::default() };
    assert_reading_refused(eon.as_bytes(), &of_other, "not of", "");

    let text = "Tidpunkt;kWh;Status\n2026-01-10 00:00;1,5;Uppmätt\n\
        2026-01-10 01:00;0;Saknas\n2026-01-10 02:00;3,5;Uppmätt\nSumma;5;\n";
    let (rows, tally) = Reading::default().read(text.as_bytes()).unwrap();
    assert_eq!(rows, [&hours(&[1.5])[..], &hours(&[0.0, 0.0, 3.5])[2..]].concat());
    assert_eq!((tally.empty, tally.refused()), (1, 1), "{tally}");
    assert_eq!(tally.findings, [] as [String; 0]);

    let wrong = "Tid;kWh\n2026-01-10 00:00;1\n2026-01-10 01:00;2\nTotalt;30\n";
    let (rows, tally) = Reading::default().read(wrong.as_bytes()).unwrap();
    assert_eq!(rows, hours(&[1.0, 2.0]));
    assert!(tally.to_string().contains("own sum is 30.000 kWh (line 4)"), "{tally}");

    let days = "timestamp;kWh\n2026-01-10;60\n2026-01-10 00:00;1\n2026-01-10 01:00;2\n";
    let (rows, tally) = Reading::default().read(days.as_bytes()).unwrap();
    assert_eq!((rows, tally.refused()), (hours(&[1.0, 2.0]), 1), "{tally}");
}

#[test]
fn a_file_of_several_meters_fills_them_all() {
    let text = "Mätpunkt;Tidpunkt;kWh\n735999100000000002;2026-01-10 00:00;50\n\
        735999100000000002;2026-01-10 01:00;60\n735999100000000001;2026-01-10 00:00;1\n\
        735999100000000001;2026-01-10 01:00;2\n735999100000000009;2026-01-10 01:00;7\n";
    let all = Reading { meter: None, ..Reading::default() };
    let expected = [rows_of(OTHER, WINTER, 60, &[50.0, 60.0]), hours(&[1.0, 2.0])].concat();
    let (mut rows, tally) = all.read(text.as_bytes()).unwrap();
    rows.sort();
    let mut sorted = expected;
    sorted.sort();
    assert_eq!(rows, sorted);
    assert!(tally.to_string().contains("left out 1"), "{tally}");
    assert_reads(text, &hours(&[1.0, 2.0]));
    // Interleaved, in quotes that keep spreadsheets from rounding.
    let text = "Tid;Mätare;kWh\n2026-01-10 00:00;=\"735999100000000002\";50\n\
        2026-01-10 00:00;=\"735999100000000001\";1\n2026-01-10 01:00;=\"735999100000000002\";60\n\
        2026-01-10 01:00;=\"735999100000000001\";2\n";
    assert_reads(text, &hours(&[1.0, 2.0]));
    // A column for each meter.
    let text =
        "Tid;735999100000000002;735999100000000001\n2026-01-10 00:00;50;1\n2026-01-10 01:00;60;2\n";
    let stated = Statements { unit: Some(Unit::KWh), ..Statements::default() };
    assert_bytes_read(
        text.as_bytes(),
        &Reading { stated, ..Reading::default() },
        &hours(&[1.0, 2.0]),
    );
    let text = "Tid;735999100000000001 Produktion kWh;735999100000000001 Förbrukning kWh\n\
        2026-01-10 00:00;50;1\n2026-01-10 01:00;60;2\n";
    assert_reads(text, &hours(&[1.0, 2.0]));
    let text = format!(
        "Mätpunkt;Datum;{}\n{OTHER};2026-01-10;{}\n{METER};2026-01-10;{}\n",
        (0..24).map(|hour| format!("{hour:02}-{:02} kWh", hour + 1)).collect::<Vec<_>>().join(";"),
        vec!["9"; 24].join(";"),
        vec!["1"; 24].join(";"),
    );
    assert_reads(&text, &hours(&[1.0; 24]));
    // The utility has another name for the meter that is stated.
    let text = "Mätpunkt;Tidpunkt;kWh\n77;2026-01-10 00:00;1\n77;2026-01-10 01:00;2\n";
    assert_reads(text, &hours(&[1.0, 2.0]));
    let none = Reading { meter: None, ..Reading::default() };
    assert_reading_refused(text.as_bytes(), &none, "none of the file's meters", "");
    let two = "Mätpunkt;Tidpunkt;kWh\n77;2026-01-10 00:00;1\n77;2026-01-10 01:00;2\n\
        78;2026-01-10 00:00;1\n78;2026-01-10 01:00;2\n";
    assert_refused(two, "no rows of the meter", "");
}

#[test]
fn layouts_of_utilities_are_recognised() {
    let eloverblik = "MålepunktsID;Fra_dato;Til_dato;Mængde;Måleenhed;Kvalitet;Type\n\
        735999100000000001;10-01-2026 00:00:00;10-01-2026 01:00:00;0,11;KWH;Målt;Tidsserie\n\
        735999100000000001;10-01-2026 01:00:00;10-01-2026 02:00:00;0,25;KWH;Målt;Tidsserie\n";
    assert_reads(eloverblik, &hours(&[0.11, 0.25]));
    let fingrid = "MeteringPointGSRN;Product Type;Resolution;Unit Type;Reading Type;Start Time;Quantity;Quality\n\
        735999100000000001;8716867000030;PT1H;kWh;BN01;2026-01-09T23:00:00Z;0,735000;OK\n\
        735999100000000001;8716867000030;PT15M;kWh;BN01;2026-01-10T00:00:00Z;0,144000;OK\n\
        735999100000000001;8716867000030;PT15M;kWh;BN01;2026-01-10T00:15:00Z;0,245000;OK\n\
        735999100000000001;8716867000030;PT15M;kWh;BN01;2026-01-10T00:30:00Z;0,000000;MISSING\n";
    let expected =
        [hours(&[0.735]), rows_of(METER, "2026-01-10T00:00:00Z", 15, &[0.144, 0.245])].concat();
    assert_reads(fingrid, &expected);
    let finnish = fingrid.replace(
        "MeteringPointGSRN;Product Type;Resolution;Unit Type;Reading Type;Start Time;Quantity;Quality",
        "Mittauspisteen tunnus;Tuotteen tyyppi;Resoluutio;Yksikkötyyppi;Lukeman tyyppi;Alkuaika;Määrä;Laatu",
    );
    assert_reads(&finnish, &expected);
    let tibber = "from,to,unitPrice,unitPriceVAT,consumption,consumptionUnit\n\
        2026-01-10T00:00:00.000+01:00,2026-01-10T01:00:00.000+01:00,0.5,0.1,1.5,kWh\n\
        2026-01-10T01:00:00.000+01:00,2026-01-10T02:00:00.000+01:00,0.5,0.1,2.5,kWh\n";
    assert_reads(tibber, &hours(&[1.5, 2.5]));
    // Three decimals each: the layout answers what the comma is.
    let elhub = "Fra,Til,KWH 60 Forbruk,Kvalitet\n\
        2026-01-10T00:00:00+01:00,2026-01-10T01:00:00+01:00,\"1,234\",Målt\n\
        2026-01-10T01:00:00+01:00,2026-01-10T02:00:00+01:00,\"2,345\",Målt\n";
    assert_reads(elhub, &hours(&[1.234, 2.345]));
    let vattenfall = "Datum;Tid;Förbrukning (kWh)\n2026-01-10;00:00;1,5\n2026-01-10;01:00;2,5\n";
    assert_reads(vattenfall, &hours(&[1.5, 2.5]));
}
