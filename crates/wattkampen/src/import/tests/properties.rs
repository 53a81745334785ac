//! Random layouts of random data: what is read is what is true, or the file is refused.
use proptest::prelude::*;

use super::*;

/// How a random file is written.
#[derive(Debug, Clone)]
struct Written {
    delimiter: char,
    comma: bool,
    decimals: usize,
    grouped: bool,
    stamp: usize,
    header: usize,
    unit: usize,
    crlf: bool,
    preamble: bool,
    sum: bool,
    backwards: bool,
    encoding: usize,
    zone: usize,
    minutes: i64,
    /// Hours after 1 January 2026.
    from: i64,
    mwh: Vec<i64>,
}

const ZONES: [&str; 3] = ["Europe/Stockholm", "UTC", "Etc/GMT-1"];

fn written() -> impl Strategy<Value = Written> {
    let look = (
        prop::sample::select(vec![';', ',', '\t']),
        any::<bool>(),
        0..4_usize,
        any::<bool>(),
        0..10_usize,
        0..7_usize,
        0..3_usize,
    );
    let frame =
        (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), 0..3_usize, 0..3_usize);
    let data = (
        prop::sample::select(vec![15_i64, 30, 60]),
        0..8500_i64,
        prop::collection::vec(0..1_000_000_000_i64, 3..120),
    );
    (look, frame, data).prop_map(|(look, frame, data)| {
        let (delimiter, comma, decimals, grouped, stamp, header, unit) = look;
        let (crlf, preamble, sum, backwards, encoding, zone) = frame;
        let (minutes, from, mut mwh) = data;
        // A town hall's connection carries a megawatt: an hour has less than a megawatt-hour.
        mwh.iter_mut().for_each(|energy| *energy = *energy * minutes / 60);
        Written {
            delimiter,
            comma,
            decimals,
            grouped,
            stamp,
            header,
            unit,
            crlf,
            preamble,
            sum,
            backwards,
            encoding,
            zone,
            minutes,
            from,
            mwh,
        }
    })
}

impl Written {
    /// A unit, and how many mWh it has as a power of ten.
    const fn unit(&self) -> (&'static str, u32) {
        match self.unit {
            0 => ("Wh", 3),
            1 => ("kWh", 6),
            _ => ("MWh", 9),
        }
    }

    /// A value as it is written, and as it is then true.
    fn number(&self, mwh: i64) -> (String, i64) {
        let (_, digits) = self.unit();
        let decimals = u32::try_from(self.decimals).unwrap_or(0).min(digits);
        let step = 10_i64.pow(digits - decimals);
        let scaled = mwh / step;
        let unit = 10_i64.pow(decimals);
        let mut whole = (scaled / unit).to_string();
        if self.grouped {
            let group = if self.comma { " " } else { "," };
            for at in (1..whole.len())
                .rev()
                .filter(|at| (whole.len() - at).is_multiple_of(3))
                .collect::<Vec<_>>()
            {
                whole.insert_str(at, group);
            }
        }
        let mark = if self.comma { ',' } else { '.' };
        let text = match decimals {
            0 => whole,
            n => format!("{whole}{mark}{:0width$}", scaled % unit, width = n as usize),
        };
        let text = if text.contains(self.delimiter) { format!("\"{text}\"") } else { text };
        (text, scaled * step)
    }

    fn stamp(&self, at: Timestamp) -> String {
        let zone = TimeZone::get(ZONES[self.zone]).unwrap();
        let local = at.to_zoned(zone);
        let end = at + jiff::SignedDuration::from_mins(self.minutes);
        let text = |format: &str| local.strftime(format).to_string();
        let mark = self.delimiter;
        match self.stamp {
            0 => text("%Y-%m-%d %H:%M"),
            1 => text("%d.%m.%Y %H:%M"),
            2 => at.to_string(),
            3 => text("%Y-%m-%dT%H:%M:%S%:z"),
            4 => text(&format!("%Y-%m-%d{mark}%H:%M")),
            5 => text("%d/%m/%Y %H:%M:%S"),
            6 => text("%y-%m-%d %H.%M"),
            7 => at.as_second().to_string(),
            8 => {
                let until = end.to_zoned(local.time_zone().clone()).strftime("%H:%M").to_string();
                text(&format!("%Y-%m-%d{mark}%H:%M-{until}"))
            }
            _ => {
                // The end alone.
                let end = end.to_zoned(local.time_zone().clone());
                end.strftime("%Y-%m-%d %H:%M").to_string()
            }
        }
    }

    fn header(&self) -> String {
        let (unit, _) = self.unit();
        let zone = ["", " (UTC)", " (normaltid)"][self.zone];
        let time = match self.stamp {
            4 | 8 => format!("Datum{}Tid{zone}", self.delimiter),
            9 => format!("Sluttid{zone}"),
            _ => format!("Tidpunkt{zone}"),
        };
        let value = match self.header {
            0 => unit.to_owned(),
            1 => format!("Förbrukning ({unit})"),
            2 => format!("Energi {unit}"),
            3 => format!("Uttag [{unit}]"),
            4 => format!("consumption_{}", unit.to_lowercase()),
            5 => format!("Energy, {unit}").replace(',', ""),
            _ => format!("Forbruk {unit}"),
        };
        format!("{time}{}{value}", self.delimiter)
    }

    fn file(&self) -> (Vec<u8>, Vec<Stored>) {
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let start = start + jiff::SignedDuration::from_hours(self.from);
        let mut rows: Vec<(String, Stored)> = (0..)
            .zip(&self.mwh)
            .map(|(n, mwh)| {
                let at = start + jiff::SignedDuration::from_mins(n * self.minutes);
                let (number, value) = self.number(*mwh);
                let row = format!("{}{}{number}", self.stamp(at), self.delimiter);
                (row, (METER.to_owned(), at.to_string(), self.minutes, value))
            })
            .collect();
        if self.backwards {
            rows.reverse();
        }
        let mut lines = Vec::new();
        if self.preamble {
            lines.push(format!("Anläggning{}Rådhuset", self.delimiter));
            lines.push(String::new());
        }
        lines.push(self.header());
        lines.extend(rows.iter().map(|(row, _)| row.clone()));
        if self.sum {
            let sum = rows.iter().map(|(_, row)| row.3).sum();
            let commas = self.header().matches(self.delimiter).count();
            let gap = self.delimiter.to_string().repeat(commas);
            lines.push(format!("Summa{gap}{}", self.number(sum).0));
        }
        let end = if self.crlf { "\r\n" } else { "\n" };
        let text = lines.join(end) + end;
        let bytes = match self.encoding {
            0 => text.into_bytes(),
            1 => text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect(),
            _ => std::iter::once(0xfeff)
                .chain(text.encode_utf16())
                .flat_map(u16::to_le_bytes)
                .collect(),
        };
        (bytes, rows.into_iter().map(|(_, row)| row).collect())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn what_is_read_is_true_or_the_file_is_refused(written in written()) {
        let (bytes, truth) = written.file();
        let Ok((rows, tally)) = Reading::default().read(&bytes) else { return Ok(()) };
        // Rows may be refused one by one, and then that is reported.
        let wrong: Vec<_> = rows.iter().filter(|row| !truth.contains(row)).collect();
        prop_assert!(wrong.is_empty(), "{wrong:?}\n{}", String::from_utf8_lossy(&bytes));
        let missing = truth.len() - rows.len();
        prop_assert!(
            missing as u64 <= tally.refused(),
            "{missing} missing: {tally}\n{}", String::from_utf8_lossy(&bytes)
        );
    }

    #[test]
    fn no_bytes_make_the_import_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Reading::default().read(&bytes);
    }

    #[test]
    fn no_text_makes_the_import_panic(
        rows in prop::collection::vec("[0-9a-zåäö:;,. \\-+T\"=]{0,30}", 0..20),
    ) {
        let _ = Reading::default().read(rows.join("\n").as_bytes());
    }
}

/// Most random files are read: a reader that refuses all would be right and useless.
#[test]
fn most_random_files_are_read() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let mut refused = std::collections::BTreeMap::<String, u32>::new();
    let all = 400;
    for _ in 0..all {
        let written = written().new_tree(&mut runner).unwrap().current();
        if let Err(error) = Reading::default().read(&written.file().0) {
            let what: String =
                error.what.chars().filter(|c| !c.is_ascii_digit()).take(50).collect();
            *refused.entry(what).or_default() += 1;
        }
    }
    let count: u32 = refused.values().sum();
    println!("{count} of {all} refused: {refused:#?}");
    assert!(count * 3 < all, "{refused:#?}");
}
