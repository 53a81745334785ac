//! Who stands where: the board, each participant's arithmetic, the clusters.
use competition::{Contact, Row, Rule, Status};

use crate::report::{
    summary::Summary,
    table::{Both, Cell, Column, Kind, Shown, Table, both},
};

fn rank(value: Option<u32>) -> Cell {
    Cell::number(value.map(f64::from), 0)
}

/// Saved kWh as precisely as the saving's interval supports.
fn saved_shown(row: &Row) -> Shown {
    let ends = row.interval_percent.zip(row.expected);
    ends.map_or(Shown::Decimals(0), |([low, high], expected)| {
        let kwh = |percent: f64| percent / 100.0 * expected.kwh();
        Shown::within([kwh(low), kwh(high)])
    })
}

fn saving(row: &Row) -> Cell {
    let saving = row.saving_percent;
    // Beside a comparison group it is not the own arithmetic alone.
    let own = row.saved.zip(row.expected).filter(|(_, expected)| expected.0 > 0);
    let own = own.map(|(saved, expected)| saved.0 as f64 / expected.0 as f64 * 100.0);
    Cell::number(saving, row.decimals()).if_it_is(own)
}

/// Used in the hours that have a baseline.
fn matched(row: &Row) -> Option<f64> {
    Some(row.expected?.kwh() - row.saved?.kwh())
}

pub(in crate::report) fn board(facts: &Summary) -> Table {
    let rows = facts.rows().map(|(row, who)| {
        let [low, high] = row.interval_percent.map_or([None; 2], |ends| ends.map(Some));
        let used = row.energy.map(|it| it.kwh());
        let area = facts.area(who);
        let per_area = used.zip(area).map(|(used, area)| used / area);
        let saved = row.saved.map(|it| it.kwh());
        vec![
            rank(row.rank),
            rank(row.group),
            Cell::name(&who.municipality),
            saving(row),
            Cell::number(low, row.decimals()),
            Cell::number(high, row.decimals()),
            Cell::shown(saved, saved_shown(row)).if_it_is(saved),
            Cell::number(used, 0).if_it_is(matched(row)),
            Cell::number(row.kwh_per_m2, 2).if_it_is(per_area),
            Cell::number(row.night_w_per_m2, 1),
            row.reason.as_ref().map_or(Cell::Unknown, |it| {
                let bare =
                    |text: &str, start: &str| text.strip_prefix(start).unwrap_or(text).to_owned();
                Cell::Words(Both(
                    format!("rankas inte: {}", bare(&it.swedish, "rankas inte: ")),
                    format!("not ranked: {}", bare(&it.english, "not ranked: ")),
                ))
            }),
        ]
    });
    let running = facts.board.status == Status::Running;
    let mut columns = board_columns();
    let mut rows: Vec<Vec<Cell>> = rows.collect();
    if facts.board.rule == Rule::MostImproved {
        improvement(facts, &mut columns, &mut rows);
    }
    if running {
        live(facts, &mut columns, &mut rows);
    }
    Table {
        id: "board",
        title: both("Ställning", "Standings"),
        tab: both("Ställning", "Standings"),
        note: Some(both(
            "Deltagare i samma grupp går inte att skilja åt. Siffrorna är avrundade till vad \
             intervallet bär.",
            "Participants of one group cannot be told apart. Figures are rounded to what the \
             interval supports.",
        )),
        empty: both("Ingen deltagare är inlagd.", "No participant is entered."),
        columns,
        rows,
    }
}

fn board_columns() -> Vec<Column> {
    vec![
        Column::new("rank", Kind::Number(0), "Plats", "Rank"),
        Column::new("group", Kind::Number(0), "Grupp", "Group"),
        Column::new("municipality", Kind::Words, "Kommun", "Municipality"),
        Column::new("saving_percent", Kind::Percent, "Besparing", "Saving"),
        Column::new("interval_low_percent", Kind::Low, "90 % från", "90 % from"),
        Column::new("interval_high_percent", Kind::High, "90 % till", "90 % to"),
        Column::new("saved_kwh", Kind::Number(1), "Sparat kWh", "Saved kWh"),
        Column::new("energy_kwh", Kind::Number(1), "Använt kWh", "Used kWh"),
        Column::new("kwh_per_m2", Kind::Number(2), "kWh/m²", "kWh/m²"),
        Column::new("night_w_per_m2", Kind::Number(2), "Natt W/m²", "Night W/m²"),
        Column::new("reason", Kind::Remark, "Anmärkning", "Remark"),
    ]
}

/// What this rule ranks by; before the remark.
fn improvement(facts: &Summary, columns: &mut Vec<Column>, rows: &mut [Vec<Cell>]) {
    let last = columns.len() - 1;
    let (sv, en) = ("Förbättring, %-enheter", "Improvement, % points");
    columns.insert(last, Column::new("improvement_points", Kind::Number(1), sv, en));
    for (cells, (row, _)) in rows.iter_mut().zip(facts.rows()) {
        cells.insert(last, Cell::number(row.improvement_points, 1));
    }
}

/// While the contest runs it matters whether a meter is heard; before the remark.
fn live(facts: &Summary, columns: &mut Vec<Column>, rows: &mut [Vec<Cell>]) {
    let last = columns.len() - 1;
    columns.insert(last, Column::new("state", Kind::Words, "Mätaren", "Meter"));
    for (cells, (row, _)) in rows.iter_mut().zip(facts.rows()) {
        let state = match row.contact {
            Contact::Live => Cell::Term("live", both("hörs", "live")),
            Contact::Stale => Cell::Term("stale", both("dröjer", "late")),
            Contact::Silent => Cell::Term("silent", both("tyst", "silent")),
        };
        cells.insert(last, state);
    }
}

pub(in crate::report) fn participants(facts: &Summary) -> Table {
    let factors = &facts.competition.factors;
    let rows = facts.rows().map(|(row, who)| {
        let saved = row.saved.map(|it| it.kwh());
        let worth = |factor: f64| {
            let value = saved.map(|it| it * factor);
            Cell::number(value, 0).if_it_is(value)
        };
        vec![
            rank(row.rank),
            Cell::name(&who.municipality),
            Cell::name(&who.building),
            Cell::name(&who.cluster),
            Cell::number(facts.area(who), 0),
            Cell::number(facts.employees(who).map(f64::from), 0),
            Cell::number(row.expected.map(|it| it.kwh()), 0),
            Cell::number(matched(row), 0),
            Cell::number(saved, 0).if_it_is(saved),
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
             hur säkra de är står under Ställning.",
            "Computed amounts, in whole kWh, over the hours in which both used and expected are \
             known; how sure they are stands under Standings.",
        )),
        empty: both("Ingen deltagare är inlagd.", "No participant is entered."),
        columns: vec![
            Column::new("rank", Kind::Number(0), "Plats", "Rank"),
            Column::new("municipality", Kind::Words, "Kommun", "Municipality"),
            Column::new("building", Kind::Words, "Byggnad", "Building"),
            Column::new("cluster", Kind::Words, "Kluster", "Cluster"),
            Column::new("floor_area_m2", Kind::Number(0), "m² Atemp", "m² Atemp"),
            Column::new("employees", Kind::Number(0), "Anställda", "Employees"),
            Column::new("expected_kwh", Kind::Number(1), "Förväntat kWh", "Expected kWh"),
            Column::new("used_kwh", Kind::Number(1), "Använt kWh", "Used kWh"),
            Column::new("saved_kwh", Kind::Number(1), "Sparat kWh", "Saved kWh"),
            Column::new("saving_percent", Kind::Percent, "Besparing", "Saving"),
            Column::new("saved_sek", Kind::Number(0), "SEK", "SEK"),
            Column::new("saved_kg_co2e", Kind::Number(1), "kg CO₂e", "kg CO₂e"),
        ],
        rows: rows.collect(),
    }
}

pub(in crate::report) fn clusters(facts: &Summary) -> Table {
    let rows = facts.clusters.iter().map(|cluster| {
        let members = || {
            facts.rows().filter(|(row, who)| row.rank.is_some() && who.cluster == cluster.cluster)
        };
        let decimals = members().map(|(row, _)| row.decimals()).min().unwrap_or(0);
        let by_area = |value: fn(&Row) -> Option<f64>| {
            let pairs = members().map(|(row, who)| Some((facts.area(who)?, value(row)?)));
            let pairs: Vec<(f64, f64)> = pairs.collect::<Option<_>>()?;
            let area: f64 = pairs.iter().map(|it| it.0).sum();
            Some(pairs.iter().map(|it| it.0 * it.1).sum::<f64>() / area)
        };
        let saved = (cluster.ranked > 0).then(|| cluster.saved.kwh());
        let counted = f64::from(cluster.ranked);
        vec![
            rank(cluster.rank),
            Cell::name(&cluster.cluster),
            Cell::count(counted).if_it_is(Some(counted)),
            Cell::number(cluster.saving_percent, decimals)
                .if_it_is(by_area(|it| it.saving_percent)),
            Cell::number(saved, 0).if_it_is(saved),
            Cell::number(cluster.kwh_per_m2, 2).if_it_is(by_area(|it| it.kwh_per_m2)),
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
        empty: both("Inga kluster.", "No clusters."),
        columns: vec![
            Column::new("rank", Kind::Number(0), "Plats", "Rank"),
            Column::new("cluster", Kind::Words, "Kluster", "Cluster"),
            Column::new("ranked", Kind::Number(0), "Rangordnade", "Ranked"),
            Column::new("saving_percent", Kind::Percent, "Besparing", "Saving"),
            Column::new("saved_kwh", Kind::Number(1), "Sparat kWh", "Saved kWh"),
            Column::new("kwh_per_m2", Kind::Number(2), "kWh/m²", "kWh/m²"),
        ],
        rows: rows.collect(),
    }
}
