//! The standings as a workbook: numbers as numbers, times as times, the total as a
//! formula that follows the board, so that an accountant can check it.
use competition::{Competition, Leaderboard, Participant, Row, Time};
use jiff::Timestamp;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet, XlsxError};

/// Columns of the board: heading, number format.
const BOARD: [(&str, &str); 11] = [
    ("Rank", "0"),
    ("Group", "0"),
    ("Municipality", ""),
    ("Cluster", ""),
    ("Saving", "0.0%"),
    ("90 % low", "0.0%"),
    ("90 % high", "0.0%"),
    ("Saved kWh", "#,##0.0"),
    ("Used kWh", "#,##0.0"),
    ("kWh/m²", "0.00"),
    ("Night W/m²", "0.00"),
];

const QUALITY: [(&str, &str); 6] = [
    ("Municipality", ""),
    ("Coverage", "0.0%"),
    ("CV(RMSE)", "0.0%"),
    ("NMBE", "0.0%"),
    ("Last reading", "yyyy-mm-dd hh:mm"),
    ("Not ranked because", ""),
];

pub(super) fn render(
    board: &Leaderboard,
    competition: &Competition,
    participants: &[Participant],
) -> anyhow::Result<Vec<u8>> {
    let rows: Vec<_> = board
        .rows
        .iter()
        .filter_map(|row| Some((row, participants.get(row.participant.0 as usize)?)))
        .collect();
    let mut book = Workbook::new();
    ranked(book.add_worksheet(), &rows)?;
    total(book.add_worksheet(), board, competition, rows.len())?;
    quality(book.add_worksheet(), competition, &rows)?;
    Ok(book.save_to_buffer()?)
}

fn ranked(sheet: &mut Worksheet, rows: &[(&Row, &Participant)]) -> Result<(), XlsxError> {
    let formats = begin(sheet, "Board", &BOARD)?;
    for (line, (row, who)) in (1..).zip(rows) {
        sheet.write(line, 2, &who.municipality)?;
        sheet.write(line, 3, &who.cluster)?;
        let share = |percent: f64| percent / 100.0;
        let [low, high] = row.interval_percent.map_or([None; 2], |ends| ends.map(Some));
        let numbers = [
            (0, row.rank.map(f64::from)),
            (1, row.group.map(f64::from)),
            (4, row.saving_percent.map(share)),
            (5, low.map(share)),
            (6, high.map(share)),
            (7, row.saved.map(|energy| energy.kwh())),
            (8, row.energy.map(|energy| energy.kwh())),
            (9, row.kwh_per_m2),
            (10, row.night_w_per_m2),
        ];
        // What is not known is an empty cell, never 0.
        for (column, value) in numbers {
            if let Some(value) = value {
                sheet.write_with_format(line, column, value, &formats[usize::from(column)])?;
            }
        }
    }
    sheet.autofit();
    Ok(())
}

/// The line that the report of 2011 left empty; as on the board, of the ranked.
fn total(
    sheet: &mut Worksheet,
    board: &Leaderboard,
    competition: &Competition,
    rows: usize,
) -> Result<(), XlsxError> {
    sheet.set_name("Total")?;
    let last = rows + 1;
    sheet.write(0, 0, "Competition")?;
    sheet.write(0, 1, &competition.name)?;
    sheet.write(1, 0, "As of (local time)")?;
    if let Some(at) = local(competition, board.as_of) {
        sheet.write_with_format(1, 1, &at, &Format::new().set_num_format(QUALITY[4].1))?;
    }
    sheet.write(2, 0, "Total saving in the project, kWh")?;
    let sum = Formula::new(format!("=SUMIF(Board!A2:A{last},\">0\",Board!H2:H{last})"))
        .set_result(board.total_saved.kwh().to_string());
    sheet.write_with_format(2, 1, sum, &Format::new().set_num_format(BOARD[7].1))?;
    sheet.write(3, 0, "Ranked participants")?;
    let ranked = board.rows.iter().filter(|row| row.rank.is_some()).count();
    let count = Formula::new(format!("=COUNT(Board!A2:A{last})")).set_result(ranked.to_string());
    sheet.write(3, 1, count)?;
    sheet.autofit();
    Ok(())
}

fn quality(
    sheet: &mut Worksheet,
    competition: &Competition,
    rows: &[(&Row, &Participant)],
) -> Result<(), XlsxError> {
    let formats = begin(sheet, "Data quality", &QUALITY)?;
    for (line, (row, who)) in (1..).zip(rows) {
        sheet.write(line, 0, &who.municipality)?;
        for (column, value) in [(1, row.coverage), (2, row.cv_rmse), (3, row.nmbe)] {
            if let Some(value) = value {
                sheet.write_with_format(line, column, value, &formats[usize::from(column)])?;
            }
        }
        if let Some(at) = row.measured_at.and_then(|at| local(competition, at)) {
            sheet.write_with_format(line, 4, &at, &formats[4])?;
        }
        if let Some(reason) = &row.reason {
            sheet.write(line, 5, reason.to_string())?;
        }
    }
    sheet.autofit();
    Ok(())
}

/// Names a sheet, writes its headings, sets it up for paper; the columns' formats.
fn begin(
    sheet: &mut Worksheet,
    name: &str,
    columns: &[(&str, &str)],
) -> Result<Vec<Format>, XlsxError> {
    sheet.set_name(name)?;
    sheet.set_landscape().set_print_fit_to_pages(1, 0);
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_repeat_rows(0, 0)?;
    let bold = Format::new().set_bold();
    for (column, (heading, _)) in (0..).zip(columns) {
        sheet.write_with_format(0, column, *heading, &bold)?;
    }
    Ok(columns.iter().map(|(_, format)| Format::new().set_num_format(*format)).collect())
}

/// A workbook knows no zones: the competition's wall clock.
fn local(competition: &Competition, at: Time) -> Option<ExcelDateTime> {
    let moment = Timestamp::from_second(at.0).ok()?.to_zoned(competition.timezone.clone());
    ExcelDateTime::parse_from_str(&moment.strftime("%Y-%m-%dT%H:%M:%S").to_string()).ok()
}
