//! The zone of local times where a file names it: in the name of a column, or in the
//! lines above the table.
use jiff::tz::TimeZone;

use super::{table::Table, words};

/// What a file says about its zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NamedZone {
    /// The name of a zone.
    Is(String),
    /// `CET`: normal time all year, or the time that clocks show.
    NormalOrLocal,
}

/// The zone that the names of the time columns or a line above the table state. `zone`
/// is the competition's, whose normal time is meant.
pub(super) fn named_zone(table: &Table, time: &[usize], zone: &TimeZone) -> Option<NamedZone> {
    let by_column =
        time.iter().filter_map(|at| table.names.get(*at)).find_map(|name| zone_in(name, zone));
    by_column.or_else(|| zone_column(table)).or_else(|| {
        let is_key = |key: &str| {
            ["tidszon", "tidzon", "tidssone", "tidszone", "timezone", "time zone", "aikavyöhyke"]
                .contains(&key)
        };
        let value = table.preamble_value(is_key)?;
        match TimeZone::get(&value) {
            Ok(_) => Some(NamedZone::Is(value)),
            Err(_) => zone_in(&value.to_lowercase(), zone),
        }
    })
}

/// The zone that a column names in all rows, or normal time where a column says that
/// clocks were not put forward.
fn zone_column(table: &Table) -> Option<NamedZone> {
    let named = |known: &[&str]| table.names.iter().position(|name| words::is_one_of(name, known));
    if let Some(at) = named(words::OFFSETS) {
        let mut texts = table.column(at);
        let first = texts.next()?;
        let zone = std::str::from_utf8(first).ok()?.trim();
        let constant = texts.all(|text| text == first);
        return (constant && TimeZone::get(zone).is_ok()).then(|| NamedZone::Is(zone.to_owned()));
    }
    let at = named(words::SUMMER_TIME)?;
    let says_no = |text: &[u8]| {
        let text = String::from_utf8_lossy(text).trim().to_lowercase();
        ["nej", "nei", "no", "0", "false", "falskt", "ei", "n", "s0"].contains(&text.as_str())
    };
    let always = table.column(at).next().is_some() && table.column(at).all(says_no);
    always.then_some(NamedZone::NormalOrLocal)
}

/// A zone that a line above the table mentions, without stating that the times are of it.
pub(super) fn mentioned_zone(table: &Table, zone: &TimeZone) -> Option<NamedZone> {
    table.preamble.iter().flatten().find_map(|field| {
        let text = String::from_utf8_lossy(field).to_lowercase();
        zone_in(&text, zone)
    })
}

/// The normal time of a zone, by the name that `--zone` takes.
pub(super) fn normal_time(zone: &TimeZone) -> String {
    let january = jiff::civil::date(2026, 1, 1).to_zoned(zone.clone());
    let hours = january.map_or(0, |at| at.offset().seconds() / 3600);
    fixed(hours)
}

fn fixed(hours: i32) -> String {
    match hours {
        0 => "UTC".to_owned(),
        // The names of these zones have the sign the other way round.
        hours if hours > 0 => format!("Etc/GMT-{hours}"),
        hours => format!("Etc/GMT+{}", -hours),
    }
}

fn zone_in(text: &str, zone: &TimeZone) -> Option<NamedZone> {
    let normal = ["normaltid", "normal tid", "vintertid", "standard time", "normal time"];
    if normal.iter().any(|known| text.contains(known)) {
        return Some(NamedZone::Is(normal_time(zone)));
    }
    let words: Vec<&str> = words::words(text).collect();
    for (at, word) in words.iter().enumerate() {
        match *word {
            "utc" | "gmt" | "zulu" => {
                let after = text.find(word).map_or("", |found| &text[found + word.len()..]);
                let sign = match after.trim_start().chars().next() {
                    Some('+') => 1,
                    Some('-') => -1,
                    _ => return Some(NamedZone::Is("UTC".to_owned())),
                };
                let hours = words.get(at + 1).and_then(|word| word.parse::<i32>().ok());
                // `utc - start` has no number of hours.
                return Some(NamedZone::Is(match hours {
                    Some(hours) if hours <= 14 => fixed(sign * hours),
                    _ => "UTC".to_owned(),
                }));
            }
            "cest" | "eest" | "sommartid" => return None,
            "cet" if words.contains(&"cest") => return None,
            "cet" | "eet" => return Some(NamedZone::NormalOrLocal),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_columns_state_zones() {
        let zone = TimeZone::get("Europe/Stockholm").unwrap();
        let is = |zone: &str| Some(NamedZone::Is(zone.to_owned()));
        for (name, expected) in [
            ("tid (utc)", is("UTC")),
            ("timestamp_utc", is("UTC")),
            ("time [gmt]", is("UTC")),
            ("tid (utc+1)", is("Etc/GMT-1")),
            ("tid utc+01:00", is("Etc/GMT-1")),
            ("tid (normaltid)", is("Etc/GMT-1")),
            ("tid(norsk normaltid)", is("Etc/GMT-1")),
            ("tid (cet)", Some(NamedZone::NormalOrLocal)),
            ("tid (cet/cest)", None),
            ("tidpunkt", None),
            ("utcheckad", None),
        ] {
            assert_eq!(zone_in(name, &zone), expected, "{name}");
        }
        let helsinki = TimeZone::get("Europe/Helsinki").unwrap();
        assert_eq!(normal_time(&helsinki), "Etc/GMT-2");
    }
}
