//! The standings as a table for a terminal.
use std::fmt::Write;

use competition::{Competition, Contact, Leaderboard, Participant, Row, Rule, Status, Time};
use jiff::Timestamp;

/// What stands where nothing is known.
const UNKNOWN: &str = "–";

const HEADINGS: [&str; 9] = [
    "rank",
    "municipality",
    "saving",
    "90 % interval",
    "saved kWh",
    "used kWh",
    "kWh/m²",
    "night W/m²",
    "heard",
];

pub(super) fn render(
    board: &Leaderboard,
    competition: &Competition,
    participants: &[Participant],
) -> String {
    let local = |at: Time| {
        let moment = Timestamp::from_second(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
        moment.to_zoned(competition.timezone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
    };
    let mut text = String::new();
    let contest = competition.contest;
    let status = match board.status {
        Status::Upcoming => "not begun",
        Status::Running => "running",
        Status::Ended => "ended",
        Status::Locked => "ended, the result is locked",
    };
    // Writing to a string never fails, here and below.
    let _ = writeln!(text, "{}: {status}, {} to {}", competition.name, contest.start, contest.end);
    let _ = writeln!(
        text,
        "As of {} ({}), ranked by {}",
        local(board.as_of),
        zone(competition),
        rule(board.rule)
    );
    text.push('\n');
    let rows: Vec<_> = board
        .rows
        .iter()
        .filter_map(|row| Some((row, participants.get(row.participant.0 as usize)?)))
        .collect();
    let mut table = vec![HEADINGS.map(str::to_owned)];
    table.extend(rows.iter().map(|(row, who)| cells(row, who, &local)));
    let widths: [usize; 9] = std::array::from_fn(|column| {
        table.iter().map(|line| line[column].chars().count()).max().unwrap_or(0)
    });
    for (number, line) in table.iter().enumerate() {
        let padded = line.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
            // Names and states to the left, numbers to the right.
            if matches!(column, 1 | 8) {
                format!("{cell:<width$}")
            } else {
                format!("{cell:>width$}")
            }
        });
        let _ = writeln!(text, "{}", padded.collect::<Vec<_>>().join("  ").trim_end());
        let reason = number.checked_sub(1).and_then(|row| rows[row].0.reason.as_ref());
        if let Some(reason) = reason {
            let _ = writeln!(text, "{:width$}  not ranked: {reason}", "", width = widths[0]);
        }
    }
    text.push('\n');
    if rows.iter().any(|(row, _)| row.saved.is_some()) {
        let saved = grouped(board.total_saved.kwh(), 0);
        let _ = writeln!(text, "Total saving in the project: {saved} kWh");
    } else {
        text.push_str("Total saving in the project: not known yet\n");
    }
    text
}

fn cells(row: &Row, who: &Participant, local: &impl Fn(Time) -> String) -> [String; 9] {
    let unknown = || UNKNOWN.to_owned();
    let number =
        |value: Option<f64>, decimals| value.map_or_else(unknown, |v| grouped(v, decimals));
    let decimals = row.decimals();
    let percent = |value: f64| format!("{} %", grouped(value, decimals));
    [
        row.rank.map_or_else(unknown, |rank| rank.to_string()),
        who.municipality.clone(),
        row.saving_percent.map_or_else(unknown, percent),
        row.interval_percent.map_or_else(unknown, |[low, high]| {
            format!("{} to {} %", grouped(low, decimals), grouped(high, decimals))
        }),
        number(row.saved.map(|energy| energy.kwh()), 0),
        number(row.energy.map(|energy| energy.kwh()), 0),
        number(row.kwh_per_m2, 2),
        number(row.night_w_per_m2, 1),
        match (row.contact, row.measured_at) {
            (Contact::Live, _) => "live".to_owned(),
            (_, Some(at)) => format!("last {}", local(at)),
            (_, None) => "never".to_owned(),
        },
    ]
}

fn zone(competition: &Competition) -> &str {
    competition.timezone.iana_name().unwrap_or("local time")
}

const fn rule(rule: Rule) -> &'static str {
    match rule {
        Rule::Intensity => "kWh/m², least first",
        Rule::Night => "night load per m², least first",
        Rule::SavingPerEmployee => "saved kWh per employee",
        Rule::MostImproved => "improvement of the last 14 days",
        _ => "saving against the own baseline",
    }
}

/// Thousands apart, a real minus, no negative nothing.
pub(super) fn grouped(value: f64, decimals: usize) -> String {
    let plain = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let mut text = String::new();
    if value < 0.0 && plain.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) {
        text.push('-');
    }
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}
