//! One table as one sheet: frozen headings, a filter, column widths, number formats, page
//! setup, a row of sums, and the note below.
use competition::{Competition, Time};
use jiff::{Timestamp, civil::Date};
use rust_xlsxwriter::{
    ExcelDateTime, Format, FormatAlign, FormatBorder, Formula, Worksheet, XlsxError,
};
use server::text::ChooseText;
use wire::Language;

use super::formulas::{EXPECTED, HALF_WIDTH, RANKED, SAVING, SheetRefs, USED};
use crate::report::{
    printable,
    summary::Summary,
    table::{Cell, ColumnKind, Precision, Table},
    words::status,
};

/// Paper size A4 in the file format.
const PAPER: u8 = 9;
/// Widest column, characters; longer text is wrapped.
const WIDEST: usize = 60;
/// Height of a line of text, points.
const LINE: f64 = 15.5;

pub(super) fn write(
    sheet: &mut Worksheet,
    table: &Table,
    summary: &Summary,
    language: Language,
    refs: &SheetRefs,
) -> Result<(), XlsxError> {
    sheet.set_name(language.text(&table.tab))?;
    sheet.set_landscape().set_paper_size(PAPER).set_print_fit_to_pages(1, 0);
    sheet.set_margins(0.4, 0.4, 0.7, 0.6, 0.3, 0.3);
    sheet.set_header(format!(
        "&L&\"Arial,Bold\"{}&R{}",
        summary.competition.name.replace('&', "&&"),
        language.text(&table.title)
    ));
    sheet.set_footer("&R&P / &N");
    sheet.set_freeze_panes(1, 0)?.set_repeat_rows(0, 0)?;
    let head = Format::new()
        .set_bold()
        .set_text_wrap()
        .set_background_color("E8F2EE")
        .set_border_bottom(FormatBorder::Medium)
        .set_align(FormatAlign::VerticalCenter);
    let mut widths = Vec::new();
    for (at, column) in (0..).zip(&table.columns) {
        let align = if column.kind.is_number() { FormatAlign::Right } else { FormatAlign::Left };
        let heading = language.text(&column.heading);
        let format = head.clone().set_align(align).set_indent(u8::from(!column.kind.is_number()));
        sheet.write_with_format(0, at, heading, &format)?;
        let longest = table.rows.iter().map(|row| {
            let cell = &row[usize::from(at)];
            printable::cell_text(cell, column.kind, language, &summary.competition.timezone)
                .chars()
                .count()
        });
        let longest = longest.max().unwrap_or(0).max(heading.chars().count() + 2);
        let most = if table.id == "method" { 110 } else { WIDEST };
        widths.push((longest + 3).min(most));
        sheet.set_column_width(at, widths[usize::from(at)] as f64)?;
    }
    for (line, row) in (1..).zip(&table.rows) {
        for (at, (column, cell)) in (0..).zip(table.columns.iter().zip(row)) {
            let formula = refs.formula(table.id, column.id, line + 1);
            write_cell(
                sheet,
                (line, at),
                cell,
                column.kind,
                formula,
                &summary.competition,
                language,
            )?;
        }
        // Some viewers do not compute the height of wrapped text.
        let lines = row.iter().zip(&table.columns).zip(&widths).map(|((cell, column), width)| {
            let text =
                printable::cell_text(cell, column.kind, language, &summary.competition.timezone);
            text.chars().count().div_ceil(width.saturating_sub(3).max(1))
        });
        if let Some(lines) = lines.max().filter(|lines| *lines > 1) {
            sheet.set_row_height(line, LINE * lines as f64)?;
        }
    }
    let mut next = table.rows.len() as u32 + 1;
    if table.rows.is_empty() {
        sheet.write(1, 0, language.text(&table.empty_text))?;
        next += 1;
    } else {
        let last = table.columns.len() as u16 - 1;
        if !matches!(table.id, "total" | "factors" | "method") {
            sheet.autofilter(0, 0, next - 1, last)?;
        }
        if table.columns.iter().any(|column| refs.sum(table.id, column.id).is_some()) {
            sums(sheet, next, table, language, refs)?;
            next += 1;
        }
    }
    if table.id == "total" {
        next = basis(sheet, summary, language, refs)?;
    }
    note(sheet, next + 1, table, language, &widths)
}

fn write_cell(
    sheet: &mut Worksheet,
    (line, at): (u32, u16),
    cell: &Cell,
    kind: ColumnKind,
    formula: Option<String>,
    competition: &Competition,
    language: Language,
) -> Result<(), XlsxError> {
    // The indent separates text from a number to its left.
    let words = || {
        Format::new()
            .set_text_wrap()
            .set_align(FormatAlign::Top)
            .set_align(FormatAlign::Left)
            .set_indent(1)
    };
    match cell {
        // An empty cell, never 0.
        Cell::Unknown => {}
        Cell::Text(text) => drop(sheet.write_with_format(line, at, text, &words())?),
        Cell::Term(_, text) | Cell::Bilingual(text) => {
            sheet.write_with_format(line, at, language.text(text), &words())?;
        }
        Cell::Day(day) => {
            if let Some(day) = excel_day(*day) {
                sheet.write_with_format(line, at, &day, &dated("yyyy-mm-dd"))?;
            }
        }
        Cell::Time(moment) => {
            if let Some(moment) = local(competition, *moment) {
                sheet.write_with_format(line, at, &moment, &dated("yyyy-mm-dd hh:mm"))?;
            }
        }
        Cell::Number { value, precision, is_formula } => {
            let value = if kind.is_percent() { value / 100.0 } else { *value };
            let format =
                Format::new().set_num_format(pattern(kind, *precision)).set_align(FormatAlign::Top);
            match formula.filter(|_| *is_formula) {
                Some(formula) => {
                    let formula = Formula::new(formula).set_result(value.to_string());
                    sheet.write_with_format(line, at, formula, &format)?;
                }
                None => drop(sheet.write_with_format(line, at, value, &format)?),
            }
        }
    }
    Ok(())
}

fn dated(pattern: &str) -> Format {
    let format = Format::new().set_num_format(pattern).set_align(FormatAlign::Left);
    format.set_align(FormatAlign::Top).set_indent(1)
}

/// The number format. The cell keeps every digit, so that sums stay exact.
fn pattern(kind: ColumnKind, precision: Precision) -> &'static str {
    let decimals = if let Precision::Decimals(decimals) = precision { decimals } else { 0 };
    match (kind.is_percent(), decimals) {
        (true, 0) => "0%",
        (true, _) => "0.0%",
        (false, 0) => "#,##0",
        (false, 1) => "#,##0.0",
        (false, 2) => "#,##0.00",
        (false, _) => "0.000",
    }
}

/// Writes the row of sums as formulas with their results.
fn sums(
    sheet: &mut Worksheet,
    line: u32,
    table: &Table,
    language: Language,
    refs: &SheetRefs,
) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold().set_border_top(FormatBorder::Thin);
    let number = |row: &[Cell], at: usize| match row[at] {
        Cell::Number { value, .. } => Some(value),
        _ => None,
    };
    let column = |id: &str| table.columns.iter().position(|column| column.id == id);
    // Only the table of participants has rows that are not ranked.
    let counts = |row: &[Cell]| table.id != "participants" || number(row, 0).is_some();
    let total = |at: usize| -> f64 {
        table.rows.iter().filter(|row| counts(row)).filter_map(|row| number(row, at)).sum()
    };
    let label = match table.id {
        "participants" => language.pick("Summa, de rangordnade", "Sum of the ranked"),
        _ => language.pick("Summa", "Sum"),
    };
    let words = table.columns.iter().position(|it| it.kind == ColumnKind::Text).unwrap_or(0);
    for (at, it) in table.columns.iter().enumerate() {
        let place = at as u16;
        let Some(formula) = refs.sum(table.id, it.id) else {
            sheet.write_with_format(line, place, if at == words { label } else { "" }, &bold)?;
            continue;
        };
        let result = match (it.kind, column("used_kwh").zip(column("expected_kwh"))) {
            (ColumnKind::Percent, Some((used, expected))) if total(expected) > 0.0 => {
                1.0 - total(used) / total(expected)
            }
            (ColumnKind::Percent, _) => continue,
            _ => total(at),
        };
        let decimals = if table.id == "weeks" || it.kind == ColumnKind::Percent { 1 } else { 0 };
        let format = bold.clone().set_num_format(pattern(it.kind, Precision::Decimals(decimals)));
        let formula = Formula::new(formula).set_result(result.to_string());
        sheet.write_with_format(line, place, formula, &format)?;
    }
    Ok(())
}

/// Writes what the total is computed from and the contest's dates, and returns the next line.
fn basis(
    sheet: &mut Worksheet,
    summary: &Summary,
    language: Language,
    refs: &SheetRefs,
) -> Result<u32, XlsxError> {
    let put = |sheet: &mut Worksheet,
               row: u32,
               label: &str,
               formula: Option<String>,
               value: f64,
               pattern: &str| {
        sheet.write(row - 1, 0, label)?;
        let format = Format::new().set_num_format(pattern);
        match formula {
            Some(formula) => {
                let formula = Formula::new(formula).set_result(value.to_string());
                sheet.write_with_format(row - 1, 2, formula, &format)?;
            }
            None => drop(sheet.write_with_format(row - 1, 2, value, &format)?),
        }
        Ok::<(), XlsxError>(())
    };
    let mut line = RANKED + 1;
    if let Some(project) = &summary.project {
        let (expected, saved) = (project.expected.kwh(), project.saved.kwh());
        let used = expected - saved;
        let of = |column| refs.of_ranked(column);
        put(
            sheet,
            EXPECTED,
            language.pick("Förväntat kWh", "Expected kWh"),
            of("expected_kwh"),
            expected,
            "#,##0",
        )?;
        put(sheet, USED, language.pick("Använt kWh", "Used kWh"), of("used_kwh"), used, "#,##0")?;
        if expected > 0.0 {
            let formula = Some(format!("1-C{USED}/C{EXPECTED}"));
            put(
                sheet,
                SAVING,
                language.pick("Besparing", "Saving"),
                formula,
                1.0 - used / expected,
                "0.0%",
            )?;
        }
        if let Some(half) = project.log_half_width {
            let label = language
                .pick("Osäkerhet i det förväntade, ± ln", "Uncertainty of the expected, ± ln");
            put(sheet, HALF_WIDTH, label, None, half, "0.000")?;
        }
        let label = language.pick("Rangordnade deltagare", "Ranked participants");
        put(sheet, RANKED, label, refs.ranked(), project.ranked as f64, "0")?;
    } else {
        line = 3;
    }
    let contest = &summary.competition.contest;
    let first = excel_day(contest.start);
    let last = excel_day(contest.end.yesterday().unwrap_or(contest.end));
    let days = [
        (language.pick("Tävlingens första dag", "First day of the contest"), first, "yyyy-mm-dd"),
        (language.pick("Tävlingens sista dag", "Last day of the contest"), last, "yyyy-mm-dd"),
        (
            language.pick("Läget (lokal tid)", "As of (local time)"),
            local(&summary.competition, summary.board.as_of),
            "yyyy-mm-dd hh:mm",
        ),
    ];
    for (label, moment, pattern) in days {
        sheet.write(line, 0, label)?;
        if let Some(moment) = moment {
            sheet.write_with_format(line, 2, &moment, &dated(pattern))?;
        }
        line += 1;
    }
    sheet.write(line, 0, language.pick("Läge", "State"))?;
    sheet.write(line, 2, status(language, summary.board.status))?;
    sheet.set_column_width(0, 34)?.set_column_width(2, 18)?;
    Ok(line + 1)
}

/// Writes the note across all columns, as high as its lines.
fn note(
    sheet: &mut Worksheet,
    line: u32,
    table: &Table,
    language: Language,
    widths: &[usize],
) -> Result<(), XlsxError> {
    let Some(note) = &table.note else { return Ok(()) };
    let mut text = language.text(note).to_owned();
    if table.id == "board" {
        text += language.pick(
            " I arbetsboken är kWh inte avrundade, så att summorna stämmer.",
            " In the workbook kWh are not rounded, so that sums agree.",
        );
    }
    let format = Format::new().set_text_wrap().set_align(FormatAlign::Top).set_italic();
    let wide: usize = widths.iter().sum::<usize>().max(30);
    let lines = text.chars().count() / wide + 1;
    sheet.set_row_height(line, LINE * lines as f64)?;
    let last = table.columns.len() as u16 - 1;
    sheet.merge_range(line, 0, line, last, &text, &format)?;
    Ok(())
}

fn excel_day(day: Date) -> Option<ExcelDateTime> {
    ExcelDateTime::from_ymd(u16::try_from(day.year()).ok()?, day.month() as u8, day.day() as u8)
        .ok()
}

/// A time in the competition's local time; workbooks have no time zones.
fn local(competition: &Competition, at: Time) -> Option<ExcelDateTime> {
    let moment = Timestamp::from_second(at.0).ok()?.to_zoned(competition.timezone.clone());
    ExcelDateTime::parse_from_str(&moment.strftime("%Y-%m-%dT%H:%M:%S").to_string()).ok()
}
