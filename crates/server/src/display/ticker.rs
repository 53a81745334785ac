//! The text that scrolls along a panel: the total saving, the time left, the leader.
use competition::{Row, Rule, Status};
use jiff::civil::Date;
use wire::Language;

use super::PageInputs;
use crate::text::{FormatNumber, ascii};

impl PageInputs<'_> {
    /// Such as `Alla tillsammans: 41 230 kWh sparat · 42 dagar kvar · etta: Söderhamn 22 %`.
    pub fn ticker(&self) -> String {
        let parts = [self.total(), Some(self.remaining()), self.leader()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }

    /// `None` while no participant's saving is known.
    fn total(&self) -> Option<String> {
        let board = &self.snapshot.board;
        if board.rows.iter().all(|row| row.saved.is_none()) {
            return None;
        }
        let saved = ascii(&self.language.number(board.total_saved.kwh(), 0));
        Some(match self.language {
            Language::Swedish => format!("Alla tillsammans: {saved} kWh sparat"),
            Language::English => format!("All together: {saved} kWh saved"),
        })
    }

    fn remaining(&self) -> String {
        let today = self.local().date();
        let days_until = |date: Date| date.since(today).map_or(0, |span| span.get_days()).max(0);
        let contest = self.competition.contest;
        match (self.snapshot.board.status, self.language) {
            (Status::Upcoming, Language::Swedish) => {
                format!("börjar om {}", days(days_until(contest.start), self.language))
            }
            (Status::Upcoming, Language::English) => {
                format!("begins in {}", days(days_until(contest.start), self.language))
            }
            (Status::Running, language) => {
                let days = days(days_until(contest.end), language);
                format!("{days} {}", language.pick("kvar", "left"))
            }
            (Status::Ended | Status::Locked, language) => {
                language.pick("tävlingen är över", "the contest is over").into()
            }
        }
    }

    fn leader(&self) -> Option<String> {
        let board = &self.snapshot.board;
        let row = board.rows.first().filter(|row| row.rank == Some(1))?;
        let who = self.participants.get(row.participant.0 as usize)?;
        let lead = match board.status {
            Status::Ended | Status::Locked => self.language.pick("vinnare", "winner"),
            Status::Upcoming | Status::Running => self.language.pick("etta", "first"),
        };
        let saving = match board.rule {
            Rule::Saving => row.score.value.map(|v| format!(" {v:.0} %")).unwrap_or_default(),
            Rule::Intensity | Rule::Night | Rule::SavingPerEmployee | Rule::MostImproved => {
                String::new()
            }
        };
        let shared = shared(&board.rows, self.language);
        Some(format!("{lead}: {}{shared}{saving}", who.municipality))
    }
}

/// How many others share the first rank; empty where there are none.
fn shared(rows: &[Row], language: Language) -> String {
    match (rows.iter().filter(|row| row.rank == Some(1)).count(), language) {
        (0 | 1, _) => String::new(),
        (n, Language::Swedish) => format!(" och {} till", n - 1),
        (n, Language::English) => format!(" and {} more", n - 1),
    }
}

fn days(n: i32, language: Language) -> String {
    let unit = if n == 1 { language.pick("dag", "day") } else { language.pick("dagar", "days") };
    format!("{n} {unit}")
}
