//! How good the data are that the ranks rest on.
use crate::report::{
    summary::Summary,
    table::{Both, Cell, Column, Kind, Table, both},
    words::moment,
};

pub(in crate::report) fn quality(facts: &Summary) -> Table {
    let zone = &facts.competition.timezone;
    let rows = facts.rows().map(|(row, who)| {
        let share = |value: Option<f64>| Cell::number(value.map(|it| it * 100.0), 1);
        let excluded = |to: &str| {
            let each = who.exclusions.iter().map(|it| {
                format!("{} {to} {}: {}", moment(it.from, zone), moment(it.until, zone), it.reason)
            });
            each.collect::<Vec<_>>().join("; ")
        };
        let meters: usize = who.meters.iter().map(|meter| meter.epochs.len()).sum();
        vec![
            Cell::name(&who.municipality),
            share(row.coverage),
            share(row.cv_rmse),
            share(row.nmbe),
            row.measured_at.map_or(Cell::Unknown, Cell::Moment),
            Cell::count(facts.doubted[row.participant.0 as usize] as f64),
            Cell::count(meters as f64),
            match who.exclusions.is_empty() {
                true => Cell::Unknown,
                false => Cell::Words(Both(
                    format!("räknas inte: {}", excluded("till")),
                    format!("not counted: {}", excluded("to")),
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
             under basåret, timme för timme. Undantagna avläsningar var orimliga: de sparas \
             och räknas inte.",
            "Spread (CV(RMSE)) and bias (NMBE) say how well the model describes the house in the \
             baseline year, hour by hour. Readings set aside were not plausible: they are kept \
             and not counted.",
        )),
        empty: both("Ingen deltagare är inlagd.", "No participant is entered."),
        columns: vec![
            Column::new("municipality", Kind::Words, "Kommun", "Municipality"),
            Column::new("coverage_percent", Kind::Percent, "Kända timmar", "Known hours"),
            Column::new("cv_rmse_percent", Kind::Percent, "Spridning", "Spread"),
            Column::new("nmbe_percent", Kind::Percent, "Skevhet", "Bias"),
            Column::new("measured_at", Kind::Moment, "Senaste avläsning", "Last reading"),
            Column::new("set_aside", Kind::Number(0), "Undantagna", "Set aside"),
            Column::new("meter_changes", Kind::Number(0), "Mätarbyten", "Meter changes"),
            Column::new("excluded_hours", Kind::Remark, "Undantagna timmar", "Excluded hours"),
        ],
        rows: rows.collect(),
    }
}
