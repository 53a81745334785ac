//! The cases beside the repository, each with its expected outcome. Without them the test
//! says so and ends.
use std::path::PathBuf;

use super::{super::*, *};

fn cases(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not here", path.display());
    None
}

/// kWh from a start, or a refusal that contains a text.
enum Expected {
    Hours(&'static str, Vec<f64>),
    Quarters(&'static str, Vec<f64>),
    Temperatures(&'static str, Vec<f64>),
    Refused(&'static str),
}

#[test]
fn files_of_utilities_give_their_energies() {
    use Expected::{Hours, Quarters, Refused, Temperatures};
    let Some(folder) = cases("import") else { return };
    let three = || vec![1.5, 2.5, 3.5];
    let all: Vec<f64> = (1..=24).map(|hour| f64::from(hour) + 0.5).collect();
    let two_days = [all.clone(), all.clone()].concat();
    let night = "2024-01-09T23:00:00Z";
    for (file, expected) in [
        ("01-comma-decimal-in-comma-file.csv", Refused("more fields than the header")),
        ("01b-comma-decimal-mwh.csv", Refused("more fields than the header")),
        ("02-hour-range.csv", Hours(night, three())),
        ("02b-quarter-range.csv", Quarters(night, vec![1.5, 2.5, 3.5, 4.5])),
        ("03-two-energy-columns.csv", Hours(night, three())),
        ("04-timme-01-24.csv", Hours(night, two_days)),
        ("05-timme-1-24.csv", Hours(night, all)),
        (
            "06-temperature-utc-column.csv",
            Temperatures("2024-07-10T00:00:00Z", vec![9.1, 9.3, 9.5]),
        ),
        ("07-normaltid-column.csv", Hours("2024-07-09T23:00:00Z", vec![1.0, 2.0, 3.0])),
        ("08-direction-column.csv", Refused("does not contain the unit")),
        ("09-eon-preamble.csv", Quarters(night, vec![0.1, 0.2, 0.3])),
        ("10-latin1.csv", Hours(night, three())),
        ("11-elhub-quoted-comma.csv", Hours(night, vec![1.234, 2.5, 3.0])),
        ("12-workbook.xlsx", Hours(night, vec![1.5, 2.5, 3.5, 4.5])),
        ("13-smhi-archive.csv", Temperatures("2024-01-10T00:00:00Z", vec![-9.1, -9.3])),
        ("14-two-time-columns-other-names.csv", Hours(night, three())),
        ("15-day-sum-row-first.csv", Hours(night, vec![1.0, 2.0, 3.0])),
        ("16-unpadded.csv", Hours("2024-02-29T23:00:00Z", vec![1.0, 2.0, 3.0])),
        ("18-sluttid.csv", Hours(night, three())),
        ("19-two-meters-one-file.csv", Hours(night, vec![1.0, 2.0])),
    ] {
        let temperature = matches!(expected, Temperatures(..));
        let meter = (!temperature).then_some(METER);
        let reading = Reading { temperature, meter, ..Reading::default() };
        let found = reading.read_file(&folder.join(file));
        match (expected, found) {
            (Refused(what), Err(error)) => {
                assert!(error.to_string().contains(what), "{file}: {error}");
            }
            (Hours(start, kwh), Ok((rows, _))) => {
                assert_eq!(rows, rows_of(METER, start, 60, &kwh), "{file}");
            }
            (Quarters(start, kwh), Ok((rows, _))) => {
                assert_eq!(rows, rows_of(METER, start, 15, &kwh), "{file}");
            }
            (Temperatures(start, degrees), Ok((rows, _))) => {
                let degrees: Vec<f64> = degrees.iter().map(|it| it / 1e4).collect();
                let expected: Vec<Stored> = rows_of("soderhamn", start, 60, &degrees)
                    .into_iter()
                    .map(|(id, at, _, value)| (id, at, 0, value))
                    .collect();
                assert_eq!(rows, expected, "{file}");
            }
            (_, Ok((rows, tally))) => panic!("{file}: {rows:?} {tally}"),
            (_, Err(error)) => panic!("{file}: {error} {:?}", error.choices),
        }
    }
    let reading = Reading::default();
    let (rows, tally) =
        reading.read_file(&folder.join("17-status-column-missing-as-zero.csv")).unwrap();
    assert_eq!((rows.len(), tally.empty), (2, 1), "{tally}");
    assert!(rows.iter().all(|row| row.3 > 0), "{rows:?}");
}

#[test]
fn four_encodings_of_one_export_are_the_same() {
    let Some(folder) = cases("data/utility-files") else { return };
    let read = |name: &str| {
        let (meter, meters) = (Some("am"), vec!["am"]);
        let reading = Reading { meter, meters, ..Reading::default() };
        reading.read_file(&folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let (latin1, tally) = read("latin1.csv.gz");
    assert!(latin1.len() > 1000 && tally.refused() == 0, "{tally}");
    for name in ["utf16.csv.gz", "sepline.csv.gz", "preamble.csv.gz"] {
        assert_eq!(read(name).0, latin1, "{name}");
    }
}

#[test]
fn normal_time_all_year_is_not_read_as_local_time() {
    let Some(folder) = cases("data/normal-time-all-year") else { return };
    let reading = Reading { meter: Some("am"), ..Reading::default() };
    let am = folder.join("am.csv.gz");
    let error = reading.read_file(&am).unwrap_err();
    assert!(error.what.contains("2025-10-26") && error.what.contains("2026-03-29"), "{error}");
    assert!(error.choices.iter().any(|it| it.option == "--zone Etc/GMT-1"), "{error:?}");
    let stated = Statements { zone: Some("Etc/GMT-1".to_owned()), ..Statements::default() };
    let (normal, tally) = Reading { stated, ..reading.clone() }.read_file(&am).unwrap();
    assert_eq!(tally.refused(), 0, "{tally}");
    let (utc, _) = reading.read_file(&folder.join("bm.csv.gz")).unwrap();
    assert_eq!(normal.len(), utc.len());
    assert!(normal.iter().zip(&utc).all(|(a, b)| a.1 == b.1));
}
