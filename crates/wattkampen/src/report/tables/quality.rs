//! The quality of the data behind the ranks.
use competition::{Bilingual, Row};
use server::text::{FormatDate, bilingual, local};

use crate::report::{
    summary::Summary,
    table::{Cell, Column, ColumnKind, Table, both},
};

/// What is doubted of a participant's input.
fn headlines(row: &Row, text: impl Fn(&Bilingual) -> &String) -> String {
    let each = row.doubts.iter().map(|doubt| text(&doubt.headline).clone());
    each.collect::<Vec<_>>().join("; ")
}

pub(in crate::report) fn quality(summary: &Summary) -> Table {
    let zone = &summary.competition.timezone;
    let day = |at| local(at, zone).date();
    let rows = summary.rows().map(|(row, who)| {
        let share = |value: Option<f64>| Cell::number(value.map(|it| it * 100.0), 1);
        let excluded = || {
            bilingual(|language| {
                let each = who.exclusions.iter().map(|it| {
                    let hours = language.span(it.from, Some(it.until), zone);
                    format!("{hours}: {}", it.reason)
                });
                let each = each.collect::<Vec<_>>().join("; ");
                format!("{}: {each}", language.pick("räknas inte", "not counted"))
            })
        };
        let notices = &summary.notices[row.participant.0 as usize];
        let meters: usize = who.meters.iter().map(|meter| meter.epochs.len()).sum();
        vec![
            Cell::text(&who.municipality),
            share(row.coverage),
            share(row.cv_rmse),
            share(row.cv_rmse_daily),
            share(row.nmbe),
            Cell::number(row.level.map(|it| it.percent()), 1),
            Cell::number(row.level.map(|it| it.applied_percent()), 1),
            row.level.map_or(Cell::Unknown, |it| Cell::Day(day(it.from))),
            row.level.map_or(Cell::Unknown, |it| {
                Cell::Day(day(it.until).yesterday().unwrap_or(day(it.until)))
            }),
            Cell::number(row.level.map(|it| f64::from(it.hours)), 0),
            row.measured_at.map_or(Cell::Unknown, Cell::Time),
            Cell::count(summary.quarantined[row.participant.0 as usize] as f64),
            Cell::count(meters as f64),
            match row.doubts.is_empty() {
                true => Cell::Unknown,
                false => Cell::Bilingual(both(
                    headlines(row, |it| &it.swedish),
                    headlines(row, |it| &it.english),
                )),
            },
            match who.exclusions.is_empty() {
                true => Cell::Unknown,
                false => Cell::Bilingual(excluded()),
            },
            match notices.is_empty() {
                true => Cell::Unknown,
                false => Cell::Bilingual(both(
                    notices
                        .iter()
                        .map(|it| it.text.swedish.as_str())
                        .collect::<Vec<_>>()
                        .join("; "),
                    notices
                        .iter()
                        .map(|it| it.text.english.as_str())
                        .collect::<Vec<_>>()
                        .join("; "),
                )),
            },
        ]
    });
    Table {
        id: "quality",
        title: both("Mätdatas kvalitet", "Quality of the data"),
        tab: both("Kvalitet", "Quality"),
        note: Some(both(
            "Spridning (CV(RMSE)) och skevhet (NMBE) säger hur väl modellen beskriver huset \
             under referensperioden, timme för timme och dygn för dygn; ju mindre dygnens \
             spridning är, desto bättre går huset att mäta. Nivån är hur mycket mer huset \
             använde de sista tolv veckorna före tävlingen än vad året förklarar; referensen \
             följer den till sju tiondelar, högst 16 %. Avläsningar i karantän var orimliga: de \
             sparas och räknas inte.",
            "Spread (CV(RMSE)) and bias (NMBE) show how well the model describes the building in \
             the baseline period, hour by hour and day by day; the smaller the spread of the \
             days, the better the building can be measured. The level is how much more the \
             building used in the last twelve weeks before the contest than its year explains; \
             the baseline follows seven tenths of it, at most 16 %. Quarantined \
             readings were not plausible: they are stored and do not count.",
        )),
        empty_text: both("Ingen deltagare är inlagd.", "No participant is entered."),
        columns: vec![
            Column::new("municipality", ColumnKind::Text, "Kommun", "Municipality"),
            Column::new("coverage_percent", ColumnKind::Percent, "Kända timmar", "Known hours"),
            Column::new("cv_rmse_percent", ColumnKind::Percent, "Spridning", "Spread"),
            Column::new("cv_rmse_daily_percent", ColumnKind::Percent, "Per dygn", "Daily"),
            Column::new("nmbe_percent", ColumnKind::Percent, "Skevhet", "Bias"),
            Column::new("level_percent", ColumnKind::Percent, "Nivå", "Level"),
            Column::new("level_applied_percent", ColumnKind::Percent, "Följs", "Followed"),
            Column::new("level_first_day", ColumnKind::Day, "Nivå från", "Level from"),
            Column::new("level_last_day", ColumnKind::Day, "Nivå till", "Level through"),
            Column::new("level_hours", ColumnKind::Number(0), "Nivåns timmar", "Level hours"),
            Column::new("measured_at", ColumnKind::Time, "Senaste avläsning", "Last reading"),
            Column::new("set_aside", ColumnKind::Number(0), "I karantän", "Quarantined"),
            Column::new("meter_changes", ColumnKind::Number(0), "Mätarbyten", "Meter changes"),
            Column::new("in_doubt", ColumnKind::Remark, "Ifrågasatt", "In doubt"),
            Column::new(
                "excluded_hours",
                ColumnKind::Remark,
                "Undantagna timmar",
                "Excluded hours",
            ),
            Column::new("notices", ColumnKind::Remark, "Att veta", "Notices"),
        ],
        rows: rows.collect(),
    }
}
