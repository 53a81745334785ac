//! The report for a terminal: every table in columns.
use std::fmt::Write;

use comfy_table::CellAlignment;
use competition::Status;
use jiff::tz::TimeZone;
use server::text::{ChooseText, FormatNumber, iso_minute};
use wire::Language;

use super::{
    printable::{PrintableRow, PrintableTable, cell_text},
    summary::Summary,
    table::Table,
    tables,
    words::rule,
};

/// Width of paragraphs, characters.
const WIDTH: usize = 100;

pub(super) fn render(summary: &Summary, language: Language) -> String {
    let mut text = head(summary, language);
    let zone = &summary.competition.timezone;
    for table in tables::all(summary) {
        text.push('\n');
        match table.id {
            "method" => answers(&mut text, &table, language),
            _ => columns(&mut text, &table, language, zone),
        }
    }
    text
}

/// The leaderboard and the total, such as of `what-if`.
pub(super) fn standings(summary: &Summary, language: Language) -> String {
    let mut text = head(summary, language);
    text.push('\n');
    let board = tables::all(summary).into_iter().find(|table| table.id == "board");
    if let Some(board) = board {
        columns(&mut text, &board, language, &summary.competition.timezone);
    }
    let total = match &summary.project {
        Some(project) => format!("{} kWh", language.number(project.saved.kwh(), 0)),
        None => language.pick("inte känd än", "not known yet").to_owned(),
    };
    let line = format!(
        "{}: {total}",
        language.pick("Total besparing i projektet", "Total saving in the project")
    );
    let _ = writeln!(text, "\n{}", plain(&line));
    text
}

fn head(summary: &Summary, language: Language) -> String {
    let (competition, board) = (&summary.competition, &summary.board);
    let contest = competition.contest;
    let status = match board.status {
        Status::Upcoming => language.pick("har inte börjat", "not begun"),
        Status::Running => language.pick("pågår", "running"),
        Status::Ended => language.pick("är slut", "ended"),
        Status::Locked => {
            language.pick("är slut, resultatet är låst", "ended, the result is locked")
        }
    };
    let (to, as_of) = (language.pick("till", "to"), language.pick("Läget", "As of"));
    format!(
        "{}: {status}, {} {to} {}\n{as_of} {} ({}), {} {}\n",
        competition.name,
        contest.start,
        contest.end,
        iso_minute(board.as_of, &competition.timezone),
        competition.timezone.iana_name().unwrap_or("local time"),
        language.pick("rangordnat efter", "ranked by"),
        rule(language, board.rule),
    )
}

fn title(text: &mut String, table: &Table, language: Language) {
    let title = language.text(&table.title);
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{title}\n{}", "-".repeat(title.chars().count()));
}

fn columns(text: &mut String, table: &Table, language: Language, zone: &TimeZone) {
    title(text, table, language);
    if table.rows.is_empty() {
        let _ = writeln!(text, "{}", language.text(&table.empty_text));
        return;
    }
    let printable = PrintableTable::new(table, language, zone);
    let headings = printable.headings.iter().map(|(heading, _)| plain(heading));
    let cells = |row: &PrintableRow| row.cells.iter().map(|cell| plain(cell)).collect::<Vec<_>>();
    let mut grid = borderless(headings);
    grid.add_rows(printable.rows.iter().map(cells));
    for (column, (_, kind)) in grid.column_iter_mut().zip(&printable.headings) {
        if kind.is_number() {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let widths = grid.column_max_content_widths();
    let before = &widths[..printable.remark_column];
    let indent: usize = before.iter().map(|width| usize::from(*width) + 2).sum();
    let mut lines = grid.lines();
    let mut next_line = || lines.next().unwrap_or_default();
    let _ = writeln!(text, "{}", next_line().trim_end());
    for row in &printable.rows {
        let _ = writeln!(text, "{}", next_line().trim_end());
        for remark in &row.remarks {
            paragraph(text, remark, indent + 2);
        }
    }
    if let Some(note) = &table.note {
        paragraph(text, language.text(note), 0);
    }
}

/// A table whose columns are two spaces apart, without lines.
pub(crate) fn borderless(headings: impl IntoIterator<Item = String>) -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    table.load_preset(comfy_table::presets::NOTHING).set_header(headings.into_iter());
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
}

fn answers(text: &mut String, table: &Table, language: Language) {
    title(text, table, language);
    for row in &table.rows {
        let cell =
            |at: usize| cell_text(&row[at], table.columns[at].kind, language, &TimeZone::UTC);
        let _ = writeln!(text, "{}", cell(0));
        paragraph(text, &cell(1), 2);
    }
}

fn paragraph(text: &mut String, words: &str, indent: usize) {
    let indent = " ".repeat(indent);
    let options = textwrap::Options::new(WIDTH)
        .initial_indent(&indent)
        .subsequent_indent(&indent)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let _ = writeln!(text, "{}", textwrap::fill(&plain(words), options));
}

/// Replaces no-break spaces, which terminals and `grep` handle badly.
fn plain(text: &str) -> String {
    text.replace('\u{a0}', " ")
}
