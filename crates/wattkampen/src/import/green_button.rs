//! Green Button (NAESB ESPI) XML as rows of a table: start, duration, value in Wh, and the
//! direction of its energy.
use std::collections::HashMap;

use csv::ByteRecord;
use quick_xml::{Reader, events::Event};

use super::error::LayoutError;

/// The names of the columns, by which the layout is recognised.
const HEADER: [&str; 5] = ["start", "duration", "value", "unit", "direction"];

/// What a kind of reading is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct ReadingType {
    power_of_ten: i32,
    unit: Option<i32>,
    flow: Option<i32>,
    accumulation: Option<i32>,
}

#[derive(Debug, Default)]
struct Entry {
    own: String,
    up: String,
    related: Vec<String>,
    reading_type: Option<ReadingType>,
    /// Start, duration and value of each interval.
    intervals: Vec<[String; 3]>,
}

/// The rows of a feed, with a header.
pub(super) fn rows(bytes: &[u8]) -> Result<Vec<ByteRecord>, LayoutError> {
    let entries = entries(bytes)?;
    let types: HashMap<&str, ReadingType> = entries
        .iter()
        .filter_map(|entry| Some((entry.own.as_str(), entry.reading_type?)))
        .collect();
    let all: Vec<ReadingType> = entries.iter().filter_map(|entry| entry.reading_type).collect();
    let only = all.first().filter(|first| all.iter().all(|other| other == *first)).copied();
    let mut rows = vec![ByteRecord::from(HEADER.to_vec())];
    for entry in entries.iter().filter(|entry| !entry.intervals.is_empty()) {
        // A block is below its meter reading, which names its kind.
        let of_block = || {
            let reading = entries.iter().find(|other| {
                !other.own.is_empty()
                    && other.own != entry.own
                    && entry.up.starts_with(&other.own)
                    && other.related.iter().any(|link| types.contains_key(link.as_str()))
            })?;
            reading.related.iter().find_map(|link| types.get(link.as_str()).copied())
        };
        let Some(kind) = only.or_else(of_block) else {
            return Err(LayoutError::new(
                "the Green Button file does not say what kind of reading its intervals are",
                "export the consumption of one meter alone",
            ));
        };
        if kind.unit.is_some_and(|unit| unit != 72) {
            // Reactive energy, gas, water: another unit than Wh.
            continue;
        }
        if kind.accumulation.is_some_and(|kind| !matches!(kind, 4 | 0)) {
            return Err(LayoutError::new(
                "the Green Button file has registers, or values of another kind than energies of \
                 intervals",
                "export the energies of hours or quarter-hours",
            ));
        }
        let direction = match kind.flow {
            Some(19) => "produced",
            _ => "consumed",
        };
        for [start, duration, value] in &entry.intervals {
            let value = format!("{value}e{}", kind.power_of_ten);
            rows.push(ByteRecord::from(vec![start, duration, &value, "Wh", direction]));
        }
    }
    if rows.len() == 1 {
        return Err(LayoutError::empty("the Green Button file has no intervals of energy in Wh"));
    }
    Ok(rows)
}

fn entries(bytes: &[u8]) -> Result<Vec<Entry>, LayoutError> {
    let broken = |error: &dyn std::fmt::Display| {
        LayoutError::new(
            format!("the XML is broken: {error}"),
            "download the file again; it may be cut off",
        )
    };
    let text = String::from_utf8_lossy(bytes);
    let mut reader = Reader::from_str(&text);
    let mut entries = vec![Entry::default()];
    let mut path: Vec<String> = Vec::new();
    let mut interval: [String; 3] = Default::default();
    loop {
        let event = reader.read_event().map_err(|error| broken(&error))?;
        let (Event::Start(tag) | Event::Empty(tag)) = &event else {
            let entry = entries.last_mut().expect("there is one from the beginning");
            match event {
                Event::Text(text) => {
                    set(entry, &mut interval, &path, text.trim());
                }
                Event::End(tag) => {
                    if tag.local_name().as_ref() == "IntervalReading" {
                        entry.intervals.push(std::mem::take(&mut interval));
                    }
                    path.pop();
                }
                Event::Eof if path.is_empty() => return Ok(entries),
                Event::Eof => return Err(broken(&"it ends too early")),
                _ => {}
            }
            continue;
        };
        let name = tag.local_name().as_ref().to_owned();
        if name == "entry" {
            entries.push(Entry::default());
        }
        let entry = entries.last_mut().expect("there is one from the beginning");
        match name.as_str() {
            "link" => link(entry, tag),
            "ReadingType" => entry.reading_type = Some(ReadingType::default()),
            _ => {}
        }
        if matches!(event, Event::Start(_)) {
            path.push(name);
        }
    }
}

fn link(entry: &mut Entry, tag: &quick_xml::events::BytesStart<'_>) {
    let attribute = |name: &str| {
        let found = tag.try_get_attribute(name).ok().flatten()?;
        Some(found.value.into_owned())
    };
    let (Some(rel), Some(href)) = (attribute("rel"), attribute("href")) else { return };
    match rel.as_str() {
        "self" => entry.own = href,
        "up" => entry.up = href,
        "related" => entry.related.push(href),
        _ => {}
    }
}

fn set(entry: &mut Entry, interval: &mut [String; 3], path: &[String], text: &str) {
    let [.., above, name] = path else { return };
    match (above.as_str(), name.as_str()) {
        ("timePeriod", "start") if inside_reading(path) => text.clone_into(&mut interval[0]),
        ("timePeriod", "duration") if inside_reading(path) => text.clone_into(&mut interval[1]),
        ("IntervalReading", "value") => text.clone_into(&mut interval[2]),
        ("ReadingType", key) => {
            if let Some(kind) = &mut entry.reading_type {
                let number = text.parse().ok();
                match key {
                    "powerOfTenMultiplier" => kind.power_of_ten = number.unwrap_or(0),
                    "uom" => kind.unit = number,
                    "flowDirection" => kind.flow = number,
                    "accumulationBehaviour" => kind.accumulation = number,
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn inside_reading(path: &[String]) -> bool {
    path.iter().any(|name| name == "IntervalReading")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(kind: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:espi=\"http://naesb.org/espi\">
            <entry><content><espi:ReadingType>{kind}</espi:ReadingType></content></entry>
            <entry><content><espi:IntervalBlock>
            <espi:interval><espi:duration>7200</espi:duration><espi:start>1709251200</espi:start></espi:interval>
            <espi:IntervalReading><espi:timePeriod><espi:duration>3600</espi:duration><espi:start>1709251200</espi:start></espi:timePeriod><espi:value>15</espi:value></espi:IntervalReading>
            <espi:IntervalReading><espi:timePeriod><espi:duration>3600</espi:duration><espi:start>1709254800</espi:start></espi:timePeriod><espi:value>25</espi:value></espi:IntervalReading>
            </espi:IntervalBlock></content></entry></feed>"
        )
    }

    #[test]
    fn intervals_are_rows_in_watt_hours() {
        let kind =
            "<espi:powerOfTenMultiplier>2</espi:powerOfTenMultiplier><espi:uom>72</espi:uom>";
        let rows = rows(feed(kind).as_bytes()).unwrap();
        let row = |fields: [&str; 5]| ByteRecord::from(fields.to_vec());
        assert_eq!(
            rows[1..],
            [
                row(["1709251200", "3600", "15e2", "Wh", "consumed"]),
                row(["1709254800", "3600", "25e2", "Wh", "consumed"]),
            ]
        );
    }

    #[test]
    fn what_is_no_energy_of_intervals_is_refused() {
        let registers =
            "<espi:uom>72</espi:uom><espi:accumulationBehaviour>3</espi:accumulationBehaviour>";
        assert!(rows(feed(registers).as_bytes()).unwrap_err().to_string().contains("registers"));
        let reactive = "<espi:uom>73</espi:uom>";
        assert!(rows(feed(reactive).as_bytes()).unwrap_err().is_empty);
        let whole = feed("<espi:uom>72</espi:uom>");
        let cut = &whole.as_bytes()[..whole.len() - 40];
        assert!(rows(cut).unwrap_err().to_string().contains("broken"));
        assert!(rows(whole.replace("ReadingType", "Other").as_bytes()).is_err());
    }
}
