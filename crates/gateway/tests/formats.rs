//! Every real P1 telegram of `../shared/formats` against the values that other decoders
//! give. Skipped, with a message, where that folder is absent.
use std::path::PathBuf;

use gateway::meter::p1::Decoder;
use gateway::meter::{Check, MeterTime, Quantity, Telegram, TelegramError};
use serde_json::Value;

fn formats() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/formats");
    if !folder.join("index.json").exists() {
        eprintln!("skipped: {} does not exist", folder.display());
        return None;
    }
    Some(folder)
}

fn decode(bytes: &[u8], chunk: usize) -> Vec<Result<Telegram, TelegramError>> {
    let mut decoder = Decoder::new();
    let mut events = Vec::new();
    for mut chunk in bytes.chunks(chunk) {
        while let Some(event) = decoder.next(&mut chunk) {
            events.push(event);
        }
    }
    events.extend(decoder.end());
    events
}

/// Thousandths; the index has kWh, kW, V and A as decimal numbers.
fn thousandths(value: &Value) -> Option<i64> {
    value.as_f64().map(|number| (number * 1000.0).round() as i64)
}

fn phases(value: &Value) -> Vec<Option<i64>> {
    value.as_array().expect("three phases").iter().map(thousandths).collect()
}

fn compare(file: &str, telegram: &Telegram, expected: &Value) {
    let ident = expected["ident"].as_str().expect("ident");
    assert_eq!(telegram.ident(), &ident[1..], "{file}");
    let time = expected["timestamp"].as_str().and_then(|text| MeterTime::parse(text.as_bytes()));
    assert_eq!(time.is_some(), expected["timestamp"].is_string(), "{file}");
    assert_eq!(telegram.time(), time, "{file}");
    let energy = |value: Option<gateway::WattHours>| value.map(|value| value.0 as i64);
    assert_eq!(energy(telegram.import()), thousandths(&expected["import_kwh"]), "{file}");
    assert_eq!(energy(telegram.export()), thousandths(&expected["export_kwh"]), "{file}");
    let power = |register| telegram.get(register);
    assert_eq!(power(Quantity::ImportPower), thousandths(&expected["import_kw"]), "{file}");
    assert_eq!(power(Quantity::ExportPower), thousandths(&expected["export_kw"]), "{file}");
    let net = power(Quantity::ImportPower)
        .map(|import| import - power(Quantity::ExportPower).unwrap_or(0));
    assert_eq!(telegram.power().map(|value| value.0), net, "{file}");
    for (key, register) in [
        ("v", Quantity::Voltage as fn(u8) -> Quantity),
        ("a", Quantity::Current),
        ("phase_import_kw", Quantity::PhaseImportPower),
    ] {
        let values: Vec<_> = (0..3).map(|phase| telegram.get(register(phase))).collect();
        assert_eq!(values, phases(&expected[key]), "{file} {key}");
    }
    assert_eq!((telegram.malformed(), telegram.implausible()), (0, 0), "{file}");
}

#[test]
fn every_telegram_is_read_or_refused_for_the_reason_given() {
    let Some(folder) = formats() else { return };
    let index = std::fs::read_to_string(folder.join("index.json")).expect("index.json");
    let index: Vec<Value> = serde_json::from_str(&index).expect("JSON");
    let mut seen = 0;
    for entry in index.iter().filter(|entry| entry["kind"] == "p1") {
        let file = entry["file"].as_str().expect("file");
        let bytes = std::fs::read(folder.join(file)).expect(file);
        let expected = &entry["expected"];
        for chunk in [1, 7, 64, bytes.len()] {
            let events = decode(&bytes, chunk);
            if expected.get("framing").is_some() {
                assert_eq!(events, [Err(TelegramError::Cut)], "{file}");
                continue;
            }
            let hex = |key: &str| {
                expected[key].as_str().map(|text| u16::from_str_radix(text, 16).expect("CRC"))
            };
            let (stated, computed) = (hex("crc_in_telegram"), hex("crc_computed"));
            if expected["crc_ok"] == false {
                let (stated, computed) = (stated.expect("stated"), computed.expect("computed"));
                assert_eq!(events, [Err(TelegramError::Checksum { stated, computed })], "{file}");
                continue;
            }
            let [Ok(telegram)] = events.as_slice() else { panic!("{file}: {events:?}") };
            let check = if stated.is_some() { Check::Good } else { Check::Absent };
            assert_eq!(telegram.check(), check, "{file}");
            compare(file, telegram, expected);
        }
        seen += 1;
    }
    assert!(seen >= 18, "{seen} telegrams in the index");
}

#[test]
fn none_is_lost_when_all_follow_each_other() {
    let Some(folder) = formats() else { return };
    let mut files: Vec<_> = std::fs::read_dir(folder.join("p1"))
        .expect("p1")
        .map(|entry| entry.expect("entry").path())
        .collect();
    files.sort();
    let mut line = Vec::new();
    let mut alone = 0;
    for file in &files {
        let bytes = std::fs::read(file).expect("file");
        alone += decode(&bytes, bytes.len()).iter().filter(|event| event.is_ok()).count();
        line.extend(bytes);
    }
    let together = decode(&line, 100).iter().filter(|event| event.is_ok()).count();
    assert_eq!(together, alone);
}
