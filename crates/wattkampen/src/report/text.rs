//! The report for a terminal: every table in columns.
use std::fmt::Write;

use competition::Status;
use jiff::tz::TimeZone;

use super::{
    print::{Row, printed},
    summary::Summary,
    table::Table,
    tables,
    words::{Words, moment},
};

/// Where long words go on to the next line.
const WIDTH: usize = 100;

/// All of it.
pub(super) fn render(facts: &Summary, w: Words) -> String {
    let mut text = head(facts, w);
    let zone = &facts.competition.timezone;
    for table in tables::all(facts) {
        text.push('\n');
        // Questions and answers read better below each other.
        match table.id {
            "method" => answers(&mut text, &table, w),
            _ => columns(&mut text, &table, w, zone),
        }
    }
    text
}

/// Only the standings and their total, such as of a what-if.
pub(super) fn standings(facts: &Summary, w: Words) -> String {
    let mut text = head(facts, w);
    text.push('\n');
    let board = tables::all(facts).into_iter().find(|table| table.id == "board");
    if let Some(board) = board {
        columns(&mut text, &board, w, &facts.competition.timezone);
    }
    let total = match &facts.project {
        Some(project) => format!("{} kWh", w.number(project.saved.kwh(), 0)),
        None => w.t("inte känd än", "not known yet").to_owned(),
    };
    let line =
        format!("{}: {total}", w.t("Total besparing i projektet", "Total saving in the project"));
    let _ = writeln!(text, "\n{}", plain(&line));
    text
}

fn head(facts: &Summary, w: Words) -> String {
    let (competition, board) = (&facts.competition, &facts.board);
    let contest = competition.contest;
    let status = match board.status {
        Status::Upcoming => w.t("har inte börjat", "not begun"),
        Status::Running => w.t("pågår", "running"),
        Status::Ended => w.t("är slut", "ended"),
        Status::Locked => w.t("är slut, resultatet är låst", "ended, the result is locked"),
    };
    let (to, as_of) = (w.t("till", "to"), w.t("Läget", "As of"));
    format!(
        "{}: {status}, {} {to} {}\n{as_of} {} ({}), {} {}\n",
        competition.name,
        contest.start,
        contest.end,
        moment(board.as_of, &competition.timezone),
        competition.timezone.iana_name().unwrap_or("local time"),
        w.t("rangordnat efter", "ranked by"),
        w.rule(board.rule),
    )
}

fn title(text: &mut String, table: &Table, w: Words) {
    let title = w.of(&table.title);
    // Writing to a string never fails, here and below.
    let _ = writeln!(text, "{title}\n{}", "-".repeat(title.chars().count()));
}

fn columns(text: &mut String, table: &Table, w: Words, zone: &TimeZone) {
    title(text, table, w);
    if table.rows.is_empty() {
        let _ = writeln!(text, "{}", w.of(&table.empty));
        return;
    }
    let printed = printed(table, w, zone);
    let mut lines = vec![printed.heads.iter().map(|(head, _)| plain(head)).collect::<Vec<_>>()];
    lines.extend(printed.rows.iter().map(|row| row.cells.iter().map(|it| plain(it)).collect()));
    let widths: Vec<usize> = (0..printed.heads.len())
        .map(|at| lines.iter().map(|line| line[at].chars().count()).max().unwrap_or(0))
        .collect();
    let indent: usize = widths[..printed.first_words].iter().map(|width| width + 2).sum();
    for (number, line) in lines.iter().enumerate() {
        let cells = line.iter().zip(&widths).zip(&printed.heads).map(|((cell, &width), head)| {
            if head.1.is_number() { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        let _ = writeln!(text, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
        let row: Option<&Row> = number.checked_sub(1).map(|number| &printed.rows[number]);
        for remark in row.iter().flat_map(|row| &row.remarks) {
            wrapped(text, remark, indent + 2);
        }
    }
    if let Some(note) = &table.note {
        wrapped(text, w.of(note), 0);
    }
}

fn answers(text: &mut String, table: &Table, w: Words) {
    title(text, table, w);
    for row in &table.rows {
        let cell =
            |at: usize| super::print::cell(&row[at], table.columns[at].kind, w, &TimeZone::UTC);
        let _ = writeln!(text, "{}", cell(0));
        wrapped(text, &cell(1), 2);
    }
}

fn wrapped(text: &mut String, words: &str, indent: usize) {
    let mut line = String::new();
    for word in plain(words).split(' ') {
        if !line.is_empty() && indent + line.chars().count() + word.chars().count() >= WIDTH {
            let _ = writeln!(text, "{:indent$}{line}", "");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let _ = writeln!(text, "{:indent$}{line}", "");
}

/// A terminal and `grep` want plain spaces.
fn plain(text: &str) -> String {
    text.replace('\u{a0}', " ")
}
