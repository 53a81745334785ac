//! Workbooks of spreadsheet programs.
use std::io::{Cursor, Read, Write};

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::{super::*, *};

fn hours(kwh: &[f64]) -> Vec<Stored> {
    rows_of(METER, "2026-01-09T23:00:00Z", 60, kwh)
}

#[test]
fn workbooks_are_read() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let date = Format::new().set_num_format("yyyy-mm-dd hh:mm");
    sheet.write(0, 0, "Anläggning").unwrap();
    sheet.write(0, 1, METER).unwrap();
    sheet.write(2, 0, "Datum").unwrap();
    sheet.write(2, 1, "Förbrukning (kWh)").unwrap();
    for hour in 0..4_u32 {
        let at = ExcelDateTime::from_ymd(2026, 1, 10).unwrap().and_hms(hour as u16, 0, 0).unwrap();
        sheet.write_with_format(3 + hour, 0, &at, &date).unwrap();
        sheet.write(3 + hour, 1, f64::from(hour) + 0.1).unwrap();
    }
    let bytes = book.save_to_buffer().unwrap();
    let reading = Reading { name: "export.xlsx", ..Reading::default() };
    assert_bytes_read(&bytes, &reading, &hours(&[0.1, 1.1, 2.1, 3.1]));
    // A second sheet with a table leaves a choice.
    let sheet = book.add_worksheet().set_name("2025 år").unwrap();
    sheet.write(0, 0, "Tid").unwrap();
    sheet.write(0, 1, "kWh").unwrap();
    sheet.write(1, 0, "2025-01-10 00:00").unwrap();
    sheet.write(1, 1, 7).unwrap();
    let bytes = book.save_to_buffer().unwrap();
    assert_reading_refused(&bytes, &reading, "several sheets", "--sheet '2025 år'");
    let stated = Statements { sheet: Some("Sheet1".to_owned()), ..Statements::default() };
    let stated = Reading { stated, ..reading };
    assert_bytes_read(&bytes, &stated, &hours(&[0.1, 1.1, 2.1, 3.1]));
}

#[test]
fn a_stray_cell_far_away_takes_no_memory() {
    for (row, column) in [(1_048_575, 16_383), (1_048_575, 3), (2, 16_383)] {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write_row(0, 0, ["Tid", "kWh"]).unwrap();
        for (hour, kwh) in [(1_u32, 1.0), (2, 2.0)] {
            let time = format!("2026-01-10 0{}:00", hour - 1);
            sheet.write(hour, 0, time).unwrap().write(hour, 1, kwh).unwrap();
        }
        sheet.write(row, column, "x").unwrap();
        let bytes = book.save_to_buffer().unwrap();
        let reading = Reading { name: "export.xlsx", ..Reading::default() };
        let (rows, _) = reading.read(&bytes).unwrap();
        assert_eq!(rows, rows_of(METER, "2026-01-09T23:00:00Z", 60, &[1.0, 2.0]));
    }
}

/// An archive of these parts.
fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn workbooks_that_take_all_memory_are_refused() {
    let reading = Reading { name: "export.ods", ..Reading::default() };
    let repeated = archive(&[
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        (
            "content.xml",
            "<office:document-content><office:body><office:spreadsheet><table:table \
             table:name=\"a\"><table:table-row table:number-rows-repeated=\"1000000\">\
             <table:table-cell table:number-columns-repeated=\"16384\" \
             office:value-type=\"float\" office:value=\"1\"/></table:table-row></table:table>\
             </office:spreadsheet></office:body></office:document-content>",
        ),
    ]);
    assert_reading_refused(&repeated, &reading, "16384000000 cells", "");
    // The directory of the archive, at its end, states the sizes.
    let mut large = archive(&[("xl/workbook.xml", "<workbook/>")]);
    let entry = large.windows(4).position(|it| it == b"PK\x01\x02").unwrap();
    large[entry + 24..entry + 28].copy_from_slice(&u32::to_le_bytes(1 << 30));
    assert_reading_refused(&large, &reading, "1024 MiB", "");
}

/// Rows far above those of the format.
#[test]
fn a_damaged_workbook_is_an_error() {
    let mut book = Workbook::new();
    book.add_worksheet().write_row(0, 0, ["Tid", "kWh"]).unwrap();
    let bytes = book.save_to_buffer().unwrap();
    let mut sound = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut parts = Vec::new();
    for index in 0..sound.len() {
        let mut part = sound.by_index(index).unwrap();
        let mut text = String::new();
        part.read_to_string(&mut text).unwrap();
        let name = part.name().unwrap().into_owned();
        parts.push((name, text.replace("r=\"A1\"", "r=\"A99999999999\"")));
    }
    let parts: Vec<(&str, &str)> =
        parts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let reading = Reading { name: "export.xlsx", ..Reading::default() };
    let error = reading.read(&archive(&parts)).unwrap_err();
    assert!(!error.to_string().is_empty());
}
