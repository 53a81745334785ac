//! One table as one sheet: headings that stay in sight, a filter, widths, formats,
//! paper, a row of sums, the note below.
use competition::{Competition, Time};
use jiff::{Timestamp, civil::Date};
use rust_xlsxwriter::{
    ExcelDateTime, Format, FormatAlign, FormatBorder, Formula, Worksheet, XlsxError,
};

use super::formulas::{EXPECTED, HALF_WIDTH, Places, RANKED, SAVING, USED};
use crate::report::{
    print,
    summary::Summary,
    table::{Cell, Kind, Shown, Table},
    words::Words,
};

/// A4.
const PAPER: u8 = 9;
/// Columns of words are wrapped beyond this many characters.
const WIDEST: usize = 60;
/// Height of a line of words, in points.
const LINE: f64 = 15.5;

pub(super) fn write(
    sheet: &mut Worksheet,
    table: &Table,
    facts: &Summary,
    w: Words,
    places: &Places,
) -> Result<(), XlsxError> {
    sheet.set_name(w.of(&table.tab))?;
    sheet.set_landscape().set_paper_size(PAPER).set_print_fit_to_pages(1, 0);
    sheet.set_margins(0.4, 0.4, 0.7, 0.6, 0.3, 0.3);
    sheet.set_header(format!(
        "&L&\"Arial,Bold\"{}&R{}",
        facts.competition.name.replace('&', "&&"),
        w.of(&table.title)
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
        let heading = w.of(&column.head);
        let format = head.clone().set_align(align).set_indent(u8::from(!column.kind.is_number()));
        sheet.write_with_format(0, at, heading, &format)?;
        let longest = table.rows.iter().map(|row| {
            let cell = &row[usize::from(at)];
            print::cell(cell, column.kind, w, &facts.competition.timezone).chars().count()
        });
        let longest = longest.max().unwrap_or(0).max(heading.chars().count() + 2);
        let most = if table.id == "method" { 110 } else { WIDEST };
        widths.push((longest + 3).min(most));
        sheet.set_column_width(at, widths[usize::from(at)] as f64)?;
    }
    for (line, row) in (1..).zip(&table.rows) {
        for (at, (column, cell)) in (0..).zip(table.columns.iter().zip(row)) {
            let formula = places.formula(table.id, column.id, line + 1);
            write_cell(sheet, (line, at), cell, column.kind, formula, &facts.competition, w)?;
        }
        // Not every viewer finds the height of wrapped words itself.
        let lines = row.iter().zip(&table.columns).zip(&widths).map(|((cell, column), width)| {
            let text = print::cell(cell, column.kind, w, &facts.competition.timezone);
            text.chars().count().div_ceil(width.saturating_sub(3).max(1))
        });
        if let Some(lines) = lines.max().filter(|lines| *lines > 1) {
            sheet.set_row_height(line, LINE * lines as f64)?;
        }
    }
    let mut next = table.rows.len() as u32 + 1;
    if table.rows.is_empty() {
        sheet.write(1, 0, w.of(&table.empty))?;
        next += 1;
    } else {
        let last = table.columns.len() as u16 - 1;
        if !matches!(table.id, "total" | "factors" | "method") {
            sheet.autofilter(0, 0, next - 1, last)?;
        }
        if table.columns.iter().any(|column| places.sum(table.id, column.id).is_some()) {
            sums(sheet, next, table, w, places)?;
            next += 1;
        }
    }
    if table.id == "total" {
        next = basis(sheet, facts, w, places)?;
    }
    note(sheet, next + 1, table, w, &widths)
}

fn write_cell(
    sheet: &mut Worksheet,
    (line, at): (u32, u16),
    cell: &Cell,
    kind: Kind,
    formula: Option<String>,
    competition: &Competition,
    w: Words,
) -> Result<(), XlsxError> {
    // Indented: a number to the left of words would touch them.
    let words = || {
        Format::new()
            .set_text_wrap()
            .set_align(FormatAlign::Top)
            .set_align(FormatAlign::Left)
            .set_indent(1)
    };
    match cell {
        // Empty, never 0.
        Cell::Unknown => {}
        Cell::Name(text) => drop(sheet.write_with_format(line, at, text, &words())?),
        Cell::Term(_, text) | Cell::Words(text) => {
            sheet.write_with_format(line, at, w.of(text), &words())?;
        }
        Cell::Day(day) => {
            if let Some(day) = excel_day(*day) {
                sheet.write_with_format(line, at, &day, &dated("yyyy-mm-dd"))?;
            }
        }
        Cell::Moment(moment) => {
            if let Some(moment) = local(competition, *moment) {
                sheet.write_with_format(line, at, &moment, &dated("yyyy-mm-dd hh:mm"))?;
            }
        }
        Cell::Number { value, shown, follows } => {
            let value = if kind.is_percent() { value / 100.0 } else { *value };
            let format =
                Format::new().set_num_format(pattern(kind, *shown)).set_align(FormatAlign::Top);
            match formula.filter(|_| *follows) {
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

/// The workbook keeps every digit and shows what is printed; sums stay whole.
fn pattern(kind: Kind, shown: Shown) -> &'static str {
    let decimals = if let Shown::Decimals(decimals) = shown { decimals } else { 0 };
    match (kind.is_percent(), decimals) {
        (true, 0) => "0%",
        (true, _) => "0.0%",
        (false, 0) => "#,##0",
        (false, 1) => "#,##0.0",
        (false, 2) => "#,##0.00",
        (false, _) => "0.000",
    }
}

/// The sums of the numbers above, as the formulas have them.
fn sums(
    sheet: &mut Worksheet,
    line: u32,
    table: &Table,
    w: Words,
    places: &Places,
) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold().set_border_top(FormatBorder::Thin);
    let number = |row: &[Cell], at: usize| match row[at] {
        Cell::Number { value, .. } => Some(value),
        _ => None,
    };
    let column = |id: &str| table.columns.iter().position(|column| column.id == id);
    // Only participants have some that are not ranked.
    let counts = |row: &[Cell]| table.id != "participants" || number(row, 0).is_some();
    let total = |at: usize| -> f64 {
        table.rows.iter().filter(|row| counts(row)).filter_map(|row| number(row, at)).sum()
    };
    let label = match table.id {
        "participants" => w.t("Summa, de rangordnade", "Sum of the ranked"),
        _ => w.t("Summa", "Sum"),
    };
    let words = table.columns.iter().position(|it| it.kind == Kind::Words).unwrap_or(0);
    for (at, it) in table.columns.iter().enumerate() {
        let place = at as u16;
        let Some(formula) = places.sum(table.id, it.id) else {
            sheet.write_with_format(line, place, if at == words { label } else { "" }, &bold)?;
            continue;
        };
        let result = match (it.kind, column("used_kwh").zip(column("expected_kwh"))) {
            (Kind::Percent, Some((used, expected))) if total(expected) > 0.0 => {
                1.0 - total(used) / total(expected)
            }
            (Kind::Percent, _) => continue,
            _ => total(at),
        };
        let decimals = if table.id == "weeks" || it.kind == Kind::Percent { 1 } else { 0 };
        let format = bold.clone().set_num_format(pattern(it.kind, Shown::Decimals(decimals)));
        let formula = Formula::new(formula).set_result(result.to_string());
        sheet.write_with_format(line, place, formula, &format)?;
    }
    Ok(())
}

/// What the total is made of, and of which contest it is; the line after.
fn basis(
    sheet: &mut Worksheet,
    facts: &Summary,
    w: Words,
    places: &Places,
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
    if let Some(project) = &facts.project {
        let (expected, saved) = (project.expected.kwh(), project.saved.kwh());
        let used = expected - saved;
        let of = |column| places.of_ranked(column);
        put(
            sheet,
            EXPECTED,
            w.t("Förväntat kWh", "Expected kWh"),
            of("expected_kwh"),
            expected,
            "#,##0",
        )?;
        put(sheet, USED, w.t("Använt kWh", "Used kWh"), of("used_kwh"), used, "#,##0")?;
        if expected > 0.0 {
            let formula = Some(format!("1-C{USED}/C{EXPECTED}"));
            put(sheet, SAVING, w.t("Besparing", "Saving"), formula, 1.0 - used / expected, "0.0%")?;
        }
        if let Some(half) = project.half_width {
            let label = w.t("Osäkerhet ±, andel av förväntat", "Uncertainty ±, share of expected");
            put(sheet, HALF_WIDTH, label, None, half, "0.0%")?;
        }
        let label = w.t("Rangordnade deltagare", "Ranked participants");
        put(sheet, RANKED, label, places.ranked(), project.ranked as f64, "0")?;
    } else {
        line = 3;
    }
    let contest = &facts.competition.contest;
    let first = excel_day(contest.start);
    let last = excel_day(contest.end.yesterday().unwrap_or(contest.end));
    let days = [
        (w.t("Tävlingens första dag", "First day of the contest"), first, "yyyy-mm-dd"),
        (w.t("Tävlingens sista dag", "Last day of the contest"), last, "yyyy-mm-dd"),
        (
            w.t("Läget (lokal tid)", "As of (local time)"),
            local(&facts.competition, facts.board.as_of),
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
    sheet.write(line, 0, w.t("Läge", "State"))?;
    sheet.write(line, 2, w.status(facts.board.status))?;
    sheet.set_column_width(0, 34)?.set_column_width(2, 18)?;
    Ok(line + 1)
}

/// The note over all columns, as high as its lines.
fn note(
    sheet: &mut Worksheet,
    line: u32,
    table: &Table,
    w: Words,
    widths: &[usize],
) -> Result<(), XlsxError> {
    let Some(note) = &table.note else { return Ok(()) };
    let mut text = w.of(note).to_owned();
    if table.id == "board" {
        text += w.t(
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

/// A workbook knows no zones: the competition's wall clock.
fn local(competition: &Competition, at: Time) -> Option<ExcelDateTime> {
    let moment = Timestamp::from_second(at.0).ok()?.to_zoned(competition.timezone.clone());
    ExcelDateTime::parse_from_str(&moment.strftime("%Y-%m-%dT%H:%M:%S").to_string()).ok()
}
