//! All formats have the same data, and the formulas of the workbook give them too.
use std::{collections::HashMap, io::Cursor};

use calamine::{Data, Range, Reader, Xlsx};
use serde_json::Value;
use server::text::FormatNumber;

use super::*;

struct Book {
    sheets: HashMap<String, (Range<Data>, Range<String>)>,
    names: Vec<String>,
}

fn book(summary: &Summary, language: Language) -> Book {
    let bytes = render(Format::Xlsx, summary, language).expect("renders");
    let mut book = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    let names = book.sheet_names();
    let sheets = names.iter().map(|name| {
        let values = book.worksheet_range(name).expect("a sheet");
        (name.clone(), (values, book.worksheet_formula(name).expect("a sheet")))
    });
    let sheets = sheets.collect();
    Book { sheets, names }
}

impl Book {
    fn number(&self, sheet: &str, line: u32, column: u32) -> Option<f64> {
        match self.sheets[sheet].0.get_value((line, column)) {
            Some(Data::Float(value)) => Some(*value),
            Some(Data::Int(value)) => Some(*value as f64),
            _ => None,
        }
    }

    fn formula(&self, sheet: &str, line: u32, column: u32) -> &str {
        self.sheets[sheet].1.get_value((line, column)).map_or("", String::as_str)
    }
}

fn json(summary: &Summary) -> Value {
    let bytes = render(Format::Json, summary, Language::Swedish).expect("renders");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// What the JSON says of a table; the standings are its `rows`.
fn rows_of<'j>(json: &'j Value, name: &str) -> &'j Vec<Value> {
    let rows = if name == "board" { &json["rows"] } else { &json["tables"][name] };
    rows.as_array().unwrap_or_else(|| panic!("{name} is no table of the JSON"))
}

#[test]
fn every_format_has_every_table_with_the_same_rows() {
    let summary = summary();
    let json = json(&summary);
    let text = rendered(Format::Text);
    let page = rendered(Format::Html);
    let book = book(&summary, Language::English);
    assert_eq!(book.names.len(), TABLES.len());
    for (table, tab) in tables::all(&summary).iter().zip(&book.names) {
        let name = table.id;
        let count = rows_of(&json, name).len();
        assert_eq!(count, table.rows.len(), "{name}");
        let csv = table_csv(&summary, name).expect("renders");
        let csv = ::csv::Reader::from_reader(csv.as_slice()).into_records().count();
        assert_eq!(csv, count, "{name} as CSV");
        assert!(text.contains(&format!("\n{}\n--", table.title.english)), "{name} in the text");
        let section = page.split(&format!("id=\"{name}\"")).nth(1).expect(name);
        let section = section.split("</section>").next().expect(name);
        if !matches!(name, "total" | "method") {
            assert_eq!(section.matches("<tr>").count(), count + 1, "{name} on the page");
        }
        let first = book.sheets[tab].0.get_value((count as u32, 0));
        assert!(
            first.is_some() || name == "board" || name == "participants",
            "{name} in the workbook"
        );
    }
    assert_eq!(TABLES.to_vec(), tables::all(&summary).iter().map(|it| it.id).collect::<Vec<_>>());
}

#[test]
fn the_formulas_of_the_workbook_give_the_values_of_the_json() {
    let summary = summary();
    let (json, book) = (json(&summary), book(&summary, Language::English));
    let near = |found: Option<f64>, stated: &Value, fine: f64, what: &str| match (
        found,
        stated.as_f64(),
    ) {
        (Some(found), Some(stated)) => {
            assert!((found - stated).abs() <= fine, "{what}: {found} is not {stated}");
        }
        (found, stated) => assert_eq!(found, stated, "{what}"),
    };
    let of = |column: u32| move |book: &Book, line: u32| book.number("Participants", line, column);
    let (expected, used, saved) = (of(6), of(7), of(8));
    for (line, row) in (1..).zip(rows_of(&json, "participants")) {
        let what = row["municipality"].as_str().expect("a name");
        near(expected(&book, line), &row["expected_kwh"], 0.051, what);
        near(saved(&book, line), &row["saved_kwh"], 0.051, what);
        near(of(10)(&book, line), &row["saved_sek"], 0.51, what);
        let share = book.number("Participants", line, 9).map(|it| it * 100.0);
        near(share, &row["saving_percent"], 0.051, what);
        if row["rank"].is_null() {
            assert_eq!(book.formula("Participants", line, 8), "", "{what}");
            continue;
        }
        // Each formula's stored result is that of its arithmetic.
        let (e, u) = (expected(&book, line).expect("known"), used(&book, line).expect("known"));
        let row = line + 1;
        assert_eq!(book.formula("Participants", line, 8), format!("G{row}-H{row}"));
        assert_eq!(book.formula("Participants", line, 9), format!("1-H{row}/G{row}"));
        assert_eq!(book.formula("Participants", line, 10), format!("I{row}*price_sek_per_kwh"));
        assert_eq!(book.formula("Standings", line, 3), format!("'Participants'!$J${row}"));
        assert_eq!(book.formula("Standings", line, 8), format!("H{row}/'Participants'!$E${row}"));
        let near = |column, value: f64| {
            let found = of(column)(&book, line).expect("a result");
            assert!(
                (found - value).abs() < 1e-9,
                "{what}, column {column}: {found} is not {value}"
            );
        };
        near(8, e - u);
        near(9, 1.0 - u / e);
        near(10, (e - u) * book.number("Factors", 1, 1).expect("a price"));
        near(11, (e - u) * book.number("Factors", 2, 1).expect("emissions"));
    }
    for (line, row) in (1..).zip(rows_of(&json, "total")) {
        for (column, id) in [(2, "saved"), (3, "interval_low"), (4, "interval_high")] {
            near(book.number("Total", line, column), &row[id], 0.051, id);
            assert!(!book.formula("Total", line, column).is_empty(), "{id} is a formula");
        }
    }
    let sum = book.formula("Total", 1, 2);
    assert_eq!(sum, "SUMIF('Participants'!$A$2:$A$4,\">0\",'Participants'!$I$2:$I$4)");
    // Clusters and weeks sum up to the same.
    for (sheet, column) in [("Participants", 8), ("Clusters", 4), ("Weeks", 4)] {
        let last = if sheet == "Participants" { 4 } else { 2 };
        assert!(book.formula(sheet, last, column).starts_with("SUM"), "{sheet}");
        let sum = book.number(sheet, last, column).expect("a sum");
        assert!((sum - 5066.9).abs() < 1e-6, "{sheet}: {sum}");
    }
    assert!(book.formula("Clusters", 1, 3).starts_with("SUMPRODUCT("));
}

#[test]
fn the_workbook_has_typed_cells_and_empty_ones_for_unknown_values() {
    let swedish = book(&summary(), Language::Swedish);
    assert_eq!(swedish.names[..3], ["Total", "Ställning", "Deltagare"]);
    let quality = &swedish.sheets["Kvalitet"].0;
    assert!(matches!(quality.get_value((1, 10)), Some(Data::DateTime(_))));
    assert!(matches!(swedish.sheets["Veckor"].0.get_value((1, 0)), Some(Data::DateTime(_))));
    let unknown = swedish.sheets["Ställning"].0.get_value((3, 6));
    assert!(matches!(unknown, None | Some(Data::Empty)), "{unknown:?} is not nothing");
    let reason = swedish.sheets["Ställning"].0.get_value((3, 11)).map(ToString::to_string);
    assert_eq!(reason.as_deref(), Some("rangordnas inte: inga avläsningar än"));
    assert_eq!(swedish.formula("Total", 2, 2), "C$2*price_sek_per_kwh");
}

/// A value that its formula would not give is written as a number.
#[test]
fn a_value_that_its_formula_does_not_give_is_a_number() {
    let mut summary = summary();
    // Two areas in the contest, a comparison group, hours without a baseline.
    summary.board.rows[0].kwh_per_m2 = Some(2.5);
    summary.board.rows[0].saving_percent = Some(20.0);
    summary.board.rows[0].energy = Some(MilliWattHours(17_900_000_000));
    let book = book(&summary, Language::English);
    for (column, value) in [(3, 0.2), (7, 17_900.0), (8, 2.5)] {
        assert_eq!(book.formula("Standings", 1, column), "", "column {column}");
        assert_eq!(book.number("Standings", 1, column), Some(value));
    }
}

/// A contest that has not begun, and participants without data.
#[test]
fn a_contest_without_data_is_reported_as_unknown() {
    let mut summary = summary();
    summary.board.status = Status::Upcoming;
    summary.board.rows = vec![row(0), row(1), row(2)];
    summary.board.total_saved = MilliWattHours(0);
    for row in &mut summary.board.rows {
        row.reason =
            Some(Bilingual::new("the contest begins on 1 March", "tävlingen börjar den 1 mars"));
    }
    (summary.project, summary.entries) = (None, Vec::new());
    summary.weeks.clear();
    summary.activities.clear();
    summary.traps.clear();
    let text =
        String::from_utf8(render(Format::Text, &summary, Language::English).expect("renders"));
    let text = text.expect("UTF-8");
    for stated in
        ["not begun", "Not known yet.", "No hour is known yet.", "No activities are recorded."]
    {
        assert!(text.contains(stated), "{stated:?} is not in:\n{text}");
    }
    for language in [Language::Swedish, Language::English] {
        let page = render(Format::Html, &summary, language).expect("renders");
        let page = String::from_utf8(page).expect("UTF-8");
        assert!(!page.contains("NaN") && !page.contains("inf"), "{page}");
        let book = book(&summary, language);
        assert_eq!(book.names.len(), TABLES.len());
    }
    assert_eq!(rows_of(&json(&summary), "total").len(), 0);
}

#[test]
fn numbers_are_rounded_to_what_their_interval_supports() {
    let (sv, en) = (Language::Swedish, Language::English);
    assert_eq!(en.number(1_234_567.891, 1), "1,234,567.9");
    assert_eq!(sv.number(1_234_567.891, 1), "1\u{a0}234\u{a0}567,9");
    assert_eq!((en.number(-0.04, 1), en.number(-1234.5, 0)), ("0.0".into(), "−1,235".into()));
    let shown =
        |low, high, value| words::rounded(en, value, table::Precision::for_interval([low, high]));
    assert_eq!(shown(90_000.0, 250_000.0, 170_842.8), "170,000");
    assert_eq!(shown(10_300.0, 14_500.0, 12_487.9), "12,000");
    assert_eq!(shown(3.0, 6.0, 4.4), "4");
    assert_eq!(shown(f64::NAN, 6.0, 4.4), "4");
}
