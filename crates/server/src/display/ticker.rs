//! The line that runs along a panel: what all do together, how long it goes on,
//! who leads.
use competition::{Row, Rule, Status};
use wire::Language;

use super::Stage;

impl Stage<'_> {
    /// Such as `Alla tillsammans: 41 230 kWh sparat · 42 dagar kvar · etta: Söderhamn 22 %`.
    pub fn ticker(&self) -> String {
        let board = &self.snapshot.board;
        let mut parts = Vec::with_capacity(3);
        if board.rows.iter().any(|row| row.saved.is_some()) {
            let saved = grouped(board.total_saved.kwh(), self.language);
            parts.push(match self.language {
                Language::Sv => format!("Alla tillsammans: {saved} kWh sparat"),
                Language::En => format!("All together: {saved} kWh saved"),
            });
        }
        parts.push(self.remaining());
        parts.extend(self.first());
        parts.join(" · ")
    }

    fn remaining(&self) -> String {
        let today = self.local().date();
        let until = |date: jiff::civil::Date| date.since(today).map_or(0, |s| s.get_days()).max(0);
        let contest = self.competition.contest;
        let sv = self.language == Language::Sv;
        match (self.snapshot.board.status, sv) {
            (Status::Upcoming, true) => format!("börjar om {}", days(until(contest.start), sv)),
            (Status::Upcoming, false) => format!("begins in {}", days(until(contest.start), sv)),
            (Status::Running, true) => format!("{} kvar", days(until(contest.end), sv)),
            (Status::Running, false) => format!("{} left", days(until(contest.end), sv)),
            (Status::Ended | Status::Locked, true) => "tävlingen är över".into(),
            (Status::Ended | Status::Locked, false) => "the contest is over".into(),
        }
    }

    fn first(&self) -> Option<String> {
        let board = &self.snapshot.board;
        let row = board.rows.first().filter(|row| row.rank == Some(1))?;
        let who = self.participants.get(row.participant.0 as usize)?;
        let lead = match (board.status, self.language) {
            (Status::Ended | Status::Locked, Language::Sv) => "vinnare",
            (Status::Ended | Status::Locked, Language::En) => "winner",
            (_, Language::Sv) => "etta",
            (_, Language::En) => "first",
        };
        let by = match board.rule {
            Rule::Saving => row.saving_percent.map(|v| format!(" {v:.0} %")).unwrap_or_default(),
            _ => String::new(),
        };
        Some(format!("{lead}: {}{}{by}", who.municipality, shared(&board.rows, self.language)))
    }
}

/// Others on the first place.
fn shared(rows: &[Row], language: Language) -> String {
    match (rows.iter().filter(|row| row.rank == Some(1)).count(), language) {
        (0 | 1, _) => String::new(),
        (n, Language::Sv) => format!(" och {} till", n - 1),
        (n, Language::En) => format!(" and {} more", n - 1),
    }
}

fn days(n: i32, swedish: bool) -> String {
    match (n, swedish) {
        (1, true) => "1 dag".into(),
        (_, true) => format!("{n} dagar"),
        (1, false) => "1 day".into(),
        (_, false) => format!("{n} days"),
    }
}

/// Thousands apart, with plain characters that every panel's font has.
fn grouped(value: f64, language: Language) -> String {
    let plain = format!("{:.0}", value.abs());
    let mark = if language == Language::Sv { ' ' } else { ',' };
    let mut text = String::with_capacity(plain.len() + 4);
    if value < 0.0 && plain != "0" {
        text.push('-');
    }
    for (i, digit) in plain.chars().enumerate() {
        if i > 0 && (plain.len() - i).is_multiple_of(3) {
            text.push(mark);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(grouped(41230.4, Language::Sv), "41 230");
        assert_eq!(grouped(-1234567.0, Language::En), "-1,234,567");
        assert_eq!(grouped(-0.2, Language::Sv), "0");
        assert_eq!(grouped(999.6, Language::En), "1,000");
    }
}
