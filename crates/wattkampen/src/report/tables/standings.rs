//! The standings, the arithmetic of each participant, and the clusters.
use competition::{Bilingual, Contact, Row, Rule, Status};

use crate::report::{
    summary::Summary,
    table::{Cell, Column, ColumnKind, Precision, Table, both},
};

fn rank(value: Option<u32>) -> Cell {
    Cell::number(value.map(f64::from), 0)
}

/// The precision of saved kWh that the saving's interval supports.
fn saved_precision(row: &Row) -> Precision {
    let ends = row.interval_percent.zip(row.expected);
    ends.map_or(Precision::Decimals(0), |(interval, expected)| {
        let kwh = |percent: f64| percent / 100.0 * expected.kwh();
        Precision::for_interval(interval.map(kwh).ends())
    })
}

fn saving(row: &Row) -> Cell {
    let saving = row.saving_percent;
    let own = row.saved.zip(row.expected).filter(|(_, expected)| expected.0 > 0);
    let own = own.map(|(saved, expected)| saved.0 as f64 / expected.0 as f64 * 100.0);
    Cell::number(saving, row.saving().decimals()).computed_as(own)
}

/// Energy used in the hours that have a baseline, kWh.
fn matched(row: &Row) -> Option<f64> {
    Some(row.expected?.kwh() - row.saved?.kwh())
}

pub(in crate::report) fn board(summary: &Summary) -> Table {
    // The number that ranks has the decimals that rank.
    let by_night = summary.board.rule == Rule::Night;
    let rows = summary.rows().map(|(row, who)| {
        let [low, high] = row.interval_percent.map_or([None; 2], |it| it.ends().map(Some));
        let used = row.energy.map(|it| it.kwh());
        let area = summary.area(who);
        let per_area = used.zip(area).map(|(used, area)| used / area);
        let saved = row.saved.map(|it| it.kwh());
        vec![
            rank(row.rank),
            rank(row.group),
            Cell::text(&who.municipality),
            saving(row),
            Cell::number(low, row.saving().decimals()),
            Cell::number(high, row.saving().decimals()),
            Cell::with_precision(saved, saved_precision(row)).computed_as(saved),
            Cell::number(used, 0).computed_as(matched(row)),
            Cell::number(row.kwh_per_m2, 2).computed_as(per_area),
            Cell::number(row.night_w_per_m2, if by_night { 2 } else { 1 }),
            row.reason.as_ref().map_or(Cell::Unknown, |it| {
                let bare =
                    |text: &str, start: &str| text.strip_prefix(start).unwrap_or(text).to_owned();
                Cell::Bilingual(both(
                    format!("rangordnas inte: {}", bare(&it.swedish, "rangordnas inte: ")),
                    format!("not ranked: {}", bare(&it.english, "not ranked: ")),
                ))
            }),
        ]
    });
    let running = summary.board.status == Status::Running;
    let mut columns = board_columns();
    let mut rows: Vec<Vec<Cell>> = rows.collect();
    if let Some(column) = score_column(summary.board.rule) {
        // before the remark
        let last = columns.len() - 1;
        columns.insert(last, column);
        for (cells, (row, _)) in rows.iter_mut().zip(summary.rows()) {
            cells.insert(last, Cell::number(row.score.value, row.score.decimals()));
        }
    }
    if running {
        live(summary, &mut columns, &mut rows);
    }
    Table {
        id: "board",
        title: both("Ställning", "Standings"),
        tab: both("Ställning", "Standings"),
        note: Some(note(summary)),
        empty_text: both("Ingen deltagare är inlagd.", "No participant is entered."),
        columns,
        rows,
    }
}

/// How to read groups and intervals, and why savings have no interval where that is so.
fn note(summary: &Summary) -> Bilingual {
    let grouped = summary.board.rows.iter().any(|row| row.group.is_some());
    let mut note = match grouped {
        true => both(
            "Deltagare i samma grupp går inte att skilja åt. Siffrorna är avrundade till vad \
             intervallen bär.",
            "Participants of one group cannot be distinguished. Figures are rounded to what \
             their intervals support.",
        ),
        false => both(
            "Det som rangordnar har inga intervall, så det finns inga grupper: om två deltagare \
             går att skilja åt är inte känt.",
            "What ranks has no intervals, so there are no groups: whether two participants can \
             be distinguished is not known.",
        ),
    };
    if let Some(reason) = summary.board.no_interval(summary.competition.method.baseline) {
        note.swedish += &format!(" Besparing: {}.", reason.swedish);
        note.english += &format!(" Saving: {}.", reason.english);
    }
    note
}

fn board_columns() -> Vec<Column> {
    vec![
        Column::new("rank", ColumnKind::Number(0), "Plats", "Rank"),
        Column::new("group", ColumnKind::Number(0), "Grupp", "Group"),
        Column::new("municipality", ColumnKind::Text, "Kommun", "Municipality"),
        Column::new("saving_percent", ColumnKind::Percent, "Besparing", "Saving"),
        Column::new(
            "interval_low_percent",
            ColumnKind::IntervalLowPercent,
            "90 % från",
            "90 % from",
        ),
        Column::new(
            "interval_high_percent",
            ColumnKind::IntervalHighPercent,
            "90 % till",
            "90 % to",
        ),
        Column::new("saved_kwh", ColumnKind::Number(1), "Sparat kWh", "Saved kWh"),
        Column::new("energy_kwh", ColumnKind::Number(1), "Använt kWh", "Used kWh"),
        Column::new("kwh_per_m2", ColumnKind::Number(2), "kWh/m²", "kWh/m²"),
        Column::new("night_w_per_m2", ColumnKind::Number(2), "Natt W/m²", "Night W/m²"),
        Column::new("reason", ColumnKind::Remark, "Anmärkning", "Remark"),
    ]
}

/// The column of the score, where the rule ranks by what no other column shows.
fn score_column(rule: Rule) -> Option<Column> {
    let kind = ColumnKind::Number(rule.unit().decimals());
    let column = |id, swedish, english| Some(Column::new(id, kind, swedish, english));
    match rule {
        Rule::Saving | Rule::Intensity | Rule::Night => None,
        Rule::SavingPerEmployee => {
            column("saved_kwh_per_employee", "Sparat kWh per anställd", "Saved kWh per employee")
        }
        Rule::MostImproved => {
            column("improvement_points", "Förbättring, %-enheter", "Improvement, % points")
        }
    }
}

/// Adds the state of the meters while the contest runs, before the remarks.
fn live(summary: &Summary, columns: &mut Vec<Column>, rows: &mut [Vec<Cell>]) {
    let last = columns.len() - 1;
    columns.insert(last, Column::new("state", ColumnKind::Text, "Mätaren", "Meter"));
    for (cells, (row, _)) in rows.iter_mut().zip(summary.rows()) {
        let state = match row.contact {
            Contact::Live => Cell::Term("live", both("hörs", "live")),
            Contact::Stale => Cell::Term("stale", both("dröjer", "late")),
            Contact::Silent => Cell::Term("silent", both("tyst", "silent")),
            Contact::Imported => Cell::Term("imported", both("importerat", "imported")),
        };
        cells.insert(last, state);
    }
}

pub(in crate::report) fn participants(summary: &Summary) -> Table {
    let factors = &summary.competition.factors;
    let rows = summary.rows().map(|(row, who)| {
        let saved = row.saved.map(|it| it.kwh());
        let worth = |factor: f64| {
            let value = saved.map(|it| it * factor);
            Cell::number(value, 0).computed_as(value)
        };
        vec![
            rank(row.rank),
            Cell::text(&who.municipality),
            Cell::text(&who.building),
            Cell::text(&who.cluster),
            Cell::number(summary.area(who), 0),
            Cell::number(summary.employees(who).map(f64::from), 0),
            Cell::number(row.expected.map(|it| it.kwh()), 0),
            Cell::number(matched(row), 0),
            Cell::number(saved, 0).computed_as(saved),
            saving(row),
            worth(factors.price.0),
            worth(factors.emission.0),
        ]
    });
    Table {
        id: "participants",
        title: both("Deltagare", "Participants"),
        tab: both("Deltagare", "Participants"),
        note: Some(both(
            "Räknade belopp, i hela kWh, över de timmar där både använt och förväntat är kända; \
             deras intervall finns i tabellen Ställning.",
            "Computed amounts, in whole kWh, over the hours in which both used and expected are \
             known. Their intervals are in the table Standings.",
        )),
        empty_text: both("Ingen deltagare är inlagd.", "No participant is entered."),
        columns: vec![
            Column::new("rank", ColumnKind::Number(0), "Plats", "Rank"),
            Column::new("municipality", ColumnKind::Text, "Kommun", "Municipality"),
            Column::new("building", ColumnKind::Text, "Byggnad", "Building"),
            Column::new("cluster", ColumnKind::Text, "Kluster", "Cluster"),
            Column::new("floor_area_m2", ColumnKind::Number(0), "m² Atemp", "m² Atemp"),
            Column::new("employees", ColumnKind::Number(0), "Anställda", "Employees"),
            Column::new("expected_kwh", ColumnKind::Number(1), "Förväntat kWh", "Expected kWh"),
            Column::new("used_kwh", ColumnKind::Number(1), "Använt kWh", "Used kWh"),
            Column::new("saved_kwh", ColumnKind::Number(1), "Sparat kWh", "Saved kWh"),
            Column::new("saving_percent", ColumnKind::Percent, "Besparing", "Saving"),
            Column::new("saved_sek", ColumnKind::Number(0), "SEK", "SEK"),
            Column::new("saved_kg_co2e", ColumnKind::Number(1), "kg CO₂e", "kg CO₂e"),
        ],
        rows: rows.collect(),
    }
}

pub(in crate::report) fn clusters(summary: &Summary) -> Table {
    let rows = summary.clusters.iter().map(|cluster| {
        let members = || {
            summary.rows().filter(|(row, who)| row.rank.is_some() && who.cluster == cluster.cluster)
        };
        let decimals = members().map(|(row, _)| row.saving().decimals()).min().unwrap_or(0);
        let by_area = |value: fn(&Row) -> Option<f64>| {
            let pairs = members().map(|(row, who)| Some((summary.area(who)?, value(row)?)));
            let pairs: Vec<(f64, f64)> = pairs.collect::<Option<_>>()?;
            let area: f64 = pairs.iter().map(|it| it.0).sum();
            Some(pairs.iter().map(|it| it.0 * it.1).sum::<f64>() / area)
        };
        let saved = (cluster.ranked > 0).then(|| cluster.saved.kwh());
        let counted = f64::from(cluster.ranked);
        vec![
            rank(cluster.rank),
            Cell::text(&cluster.cluster),
            Cell::count(counted).computed_as(Some(counted)),
            Cell::number(cluster.saving_percent, decimals)
                .computed_as(by_area(|it| it.saving_percent)),
            Cell::number(saved, 0).computed_as(saved),
            Cell::number(cluster.kwh_per_m2, 2).computed_as(by_area(|it| it.kwh_per_m2)),
        ]
    });
    Table {
        id: "clusters",
        title: both("Kluster", "Clusters"),
        tab: both("Kluster", "Clusters"),
        note: Some(both(
            "Vägt efter golvarea; bara rangordnade deltagare räknas.",
            "Weighted by floor area; only ranked participants count.",
        )),
        empty_text: both("Inga kluster.", "No clusters."),
        columns: vec![
            Column::new("rank", ColumnKind::Number(0), "Plats", "Rank"),
            Column::new("cluster", ColumnKind::Text, "Kluster", "Cluster"),
            Column::new("ranked", ColumnKind::Number(0), "Rangordnade", "Ranked"),
            Column::new("saving_percent", ColumnKind::Percent, "Besparing", "Saving"),
            Column::new("saved_kwh", ColumnKind::Number(1), "Sparat kWh", "Saved kWh"),
            Column::new("kwh_per_m2", ColumnKind::Number(2), "kWh/m²", "kWh/m²"),
        ],
        rows: rows.collect(),
    }
}
