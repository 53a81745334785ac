//! Workbooks of spreadsheet programs as rows of text: dates as dates, numbers with a
//! decimal point.
use std::{
    collections::BTreeMap,
    io::{self, Cursor},
};

use calamine::{Data, Reader, Sheets, open_workbook_auto_from_rs};
use csv::ByteRecord;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::{
    columns::shell,
    error::{Choice, LayoutError},
    printable::quoted,
    table::find_in_rows,
};

/// Bytes of a workbook's parts when they are unpacked: of a million rows, 200 MB.
const MAX_UNPACKED: u64 = 512 << 20;
/// Cells of an ODS file, whose format repeats cells and rows by a number.
const MAX_CELLS: u64 = 20_000_000;

/// The rows of the sheet that has a table, or of the one that is stated.
pub(super) fn rows(bytes: Vec<u8>, sheet: Option<&str>) -> Result<Vec<ByteRecord>, LayoutError> {
    check_size(&bytes)?;
    // The library's arithmetic may overflow on a damaged file.
    std::panic::catch_unwind(|| rows_of_book(bytes, sheet)).unwrap_or_else(|_| {
        Err(LayoutError::new(
            "the workbook is damaged",
            "open it in a spreadsheet program and save it again, or save it as CSV",
        ))
    })
}

/// Refuses a workbook that is small as a file and takes all memory when it is unpacked.
fn check_size(bytes: &[u8]) -> Result<(), LayoutError> {
    let too_large = |what: String| {
        Err(LayoutError::new(what, "delete the sheets that have no values, or save one as CSV"))
    };
    // XLS is no archive.
    let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes)) else { return Ok(()) };
    let mut unpacked = 0;
    for index in 0..archive.len() {
        // What the archive states is checked when a part is read.
        let Ok(part) = archive.by_index_raw(index) else { continue };
        unpacked += part.size();
    }
    if unpacked > MAX_UNPACKED {
        return too_large(format!("the workbook has {} MiB when it is unpacked", unpacked >> 20));
    }
    let cells = match archive.by_name("content.xml") {
        Ok(content) => cells_of_ods(io::BufReader::new(content)),
        Err(_) => 0,
    };
    if cells > MAX_CELLS {
        return too_large(format!("the workbook has {cells} cells"));
    }
    Ok(())
}

/// How many cells an ODS table has up to the last one with a value of each row.
fn cells_of_ods(content: impl io::BufRead) -> u64 {
    let mut reader = quick_xml::Reader::from_reader(content);
    let (mut buffer, mut cells) = (Vec::new(), 0_u64);
    let (mut rows, mut columns, mut with_value) = (1_u64, 0_u64, 0_u64);
    loop {
        let event = match reader.read_event_into(&mut buffer) {
            Ok(Event::Eof) | Err(_) => return cells,
            Ok(event) => event,
        };
        match &event {
            Event::Start(tag) if tag.name().as_ref() == "table:table-row" => {
                rows = repeated(tag, "table:number-rows-repeated");
                (columns, with_value) = (0, 0);
            }
            Event::Start(tag) | Event::Empty(tag) if tag.name().as_ref() == "table:table-cell" => {
                columns = columns.saturating_add(repeated(tag, "table:number-columns-repeated"));
                let has_value = tag.attributes().flatten().any(|it| {
                    it.key.as_ref().starts_with("office:") || it.key.as_ref() == "table:formula"
                });
                if has_value || matches!(event, Event::Start(_)) {
                    with_value = columns;
                }
            }
            Event::End(tag) if tag.name().as_ref() == "table:table-row" => {
                cells = cells.saturating_add(rows.saturating_mul(with_value));
            }
            _ => {}
        }
        buffer.clear();
    }
}

/// The number of times that an element stands for.
fn repeated(tag: &BytesStart<'_>, attribute: &str) -> u64 {
    let value = tag.attributes().flatten().find(|it| it.key.as_ref() == attribute);
    let number = value.and_then(|it| it.value.trim().parse().ok());
    number.unwrap_or(1)
}

fn rows_of_book(bytes: Vec<u8>, sheet: Option<&str>) -> Result<Vec<ByteRecord>, LayoutError> {
    let mut book = open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|error| {
        LayoutError::new(
            format!("the file cannot be read as a workbook: {error}"),
            "if it is an archive, unpack it; if it is protected, save it without a password",
        )
    })?;
    let names = book.sheet_names();
    let mut read = |name: &str| {
        sheet_rows(&mut book, name).map_err(|error| {
            LayoutError::new(
                format!("the sheet {} cannot be read: {error}", quoted(name)),
                "open the workbook in a spreadsheet program and save it again, or save it as CSV",
            )
        })
    };
    if let Some(stated) = sheet {
        let Some(name) = names.iter().find(|name| name.as_str() == stated) else {
            let all: Vec<String> = names.iter().map(|name| quoted(name)).collect();
            return Err(LayoutError::new(
                format!("the workbook has no sheet {}", quoted(stated)),
                format!("its sheets are {}", all.join(", ")),
            ));
        };
        return read(name);
    }
    let mut found = Vec::new();
    let mut first = None;
    for name in &names {
        let rows = read(name)?;
        if find_in_rows(&rows).is_ok() {
            found.push((name, rows));
        } else if first.is_none() && !rows.is_empty() {
            first = Some(rows);
        }
    }
    match found.len() {
        // What is wrong with the first sheet is reported.
        0 => Ok(first.unwrap_or_default()),
        1 => Ok(found.swap_remove(0).1),
        _ => {
            let choices = found.iter().map(|(name, rows)| {
                let option = format!("--sheet {}", shell(name));
                Choice::new(option, format!("the sheet of {} rows", rows.len()))
            });
            Err(LayoutError::question(
                "several sheets of the workbook have times and values",
                "state the sheet",
                choices.collect(),
            ))
        }
    }
}

/// The rows of a sheet. Memory grows with its cells, and not with the distance of a stray
/// one, for which calamine's own table has all cells between.
fn sheet_rows(
    book: &mut Sheets<Cursor<Vec<u8>>>,
    name: &str,
) -> Result<Vec<ByteRecord>, calamine::Error> {
    let mut cells = Cells::default();
    match book {
        Sheets::Xlsx(book) => {
            let mut reader = book.worksheet_cells_reader(name)?;
            while let Some(cell) = reader.next_cell()? {
                let at = cell.get_position();
                cells.add(at, cell.get_value().clone().into());
            }
        }
        Sheets::Xlsb(book) => {
            let mut reader = book.worksheet_cells_reader(name)?;
            while let Some(cell) = reader.next_cell()? {
                let at = cell.get_position();
                cells.add(at, cell.get_value().clone().into());
            }
        }
        // XLS ends at row 65 536 and column 256; of ODS the library reads the table alone.
        Sheets::Xls(_) | Sheets::Ods(_) => {
            let range = book.worksheet_range(name)?;
            for (row, column, cell) in range.used_cells() {
                cells.add((row as u32, column as u32), cell.clone());
            }
        }
    }
    Ok(cells.rows())
}

/// Columns of a sheet that are read: a table of a portfolio has hundreds.
const COLUMNS: u32 = 1024;
/// Rows without a cell that are kept for the numbers of lines.
const BLANK_ROWS: u32 = 1000;

/// The cells of a sheet that have a value, by row.
#[derive(Debug, Default)]
struct Cells(BTreeMap<u32, Vec<(u32, Data)>>);

impl Cells {
    fn add(&mut self, (row, column): (u32, u32), cell: Data) {
        if column < COLUMNS && cell != Data::Empty {
            self.0.entry(row).or_default().push((column, cell));
        }
    }

    fn rows(mut self) -> Vec<ByteRecord> {
        let columns = || self.0.values().flatten().map(|(column, _)| *column);
        let (first, last) = (columns().min().unwrap_or(0), columns().max().unwrap_or(0));
        let width = (last - first) as usize + 1;
        // A column of dates shows no clock where all of them are midnights.
        let mut with_clock = vec![false; width];
        for (column, cell) in self.0.values_mut().flatten() {
            *column -= first;
            if let Data::DateTime(date) = cell
                && date.as_f64() >= 1.0
            {
                with_clock[*column as usize] |= date.as_f64().fract() > 1e-9;
            }
        }
        let mut rows = Vec::new();
        let mut next = self.0.keys().next().copied().unwrap_or(0);
        for (row, cells) in self.0 {
            let blank = row.saturating_sub(next).min(BLANK_ROWS);
            rows.extend((0..blank).map(|_| vec![""; width].into()));
            let mut texts = vec![String::new(); width];
            for (column, cell) in cells {
                let column = column as usize;
                texts[column] = text(&cell, with_clock[column]);
            }
            rows.push(texts.into());
            next = row.saturating_add(1);
        }
        rows
    }
}

fn text(cell: &Data, with_clock: bool) -> String {
    match cell {
        Data::Empty | Data::Error(_) => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        Data::Bool(value) => value.to_string(),
        Data::DateTime(date) => {
            let (mut year, mut month, mut day, mut hour, mut minute, mut second, milli) =
                date.to_ymd_hms_milli();
            // Fractions of a day are rounded to the second.
            if milli >= 500
                && let Ok(at) = jiff::civil::DateTime::new(
                    year.cast_signed(),
                    month.cast_signed(),
                    day.cast_signed(),
                    hour.cast_signed(),
                    minute.cast_signed(),
                    second.cast_signed(),
                    0,
                )
                && let Ok(next) = at.checked_add(jiff::SignedDuration::from_secs(1))
            {
                (year, month, day) = (
                    next.year().cast_unsigned(),
                    next.month().cast_unsigned(),
                    next.day().cast_unsigned(),
                );
                (hour, minute, second) = (
                    next.hour().cast_unsigned(),
                    next.minute().cast_unsigned(),
                    next.second().cast_unsigned(),
                );
            }
            if date.as_f64() < 1.0 {
                format!("{hour:02}:{minute:02}:{second:02}")
            } else if with_clock {
                format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
            } else {
                format!("{year:04}-{month:02}-{day:02}")
            }
        }
    }
}
