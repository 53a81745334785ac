//! The line that runs along a panel: what all do together, how long it goes on,
//! who leads.
use competition::{Row, Rule, Status};
use wire::Language;

use super::Stage;
use crate::text::{FormatNumber, ascii};

impl Stage<'_> {
    /// Such as `Alla tillsammans: 41 230 kWh sparat · 42 dagar kvar · etta: Söderhamn 22 %`.
    pub fn ticker(&self) -> String {
        let board = &self.snapshot.board;
        let mut parts = Vec::with_capacity(3);
        if board.rows.iter().any(|row| row.saved.is_some()) {
            let saved = ascii(&self.language.number(board.total_saved.kwh(), 0));
            parts.push(match self.language {
                Language::Swedish => format!("Alla tillsammans: {saved} kWh sparat"),
                Language::English => format!("All together: {saved} kWh saved"),
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
        let sv = self.language == Language::Swedish;
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
            (Status::Ended | Status::Locked, Language::Swedish) => "vinnare",
            (Status::Ended | Status::Locked, Language::English) => "winner",
            (_, Language::Swedish) => "etta",
            (_, Language::English) => "first",
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
        (n, Language::Swedish) => format!(" och {} till", n - 1),
        (n, Language::English) => format!(" and {} more", n - 1),
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
