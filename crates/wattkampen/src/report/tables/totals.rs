//! The total saving in kWh, SEK and kg CO₂, the savings by week, and the factors that
//! money and emissions are computed with.
use competition::Factors;
use server::text::FormatNumber;
use wire::Language;

use crate::report::{
    summary::Summary,
    table::{Cell, Column, ColumnKind, Precision, Table, both},
};

/// Rows: kWh, SEK, kg CO₂.
pub(in crate::report) fn total(summary: &Summary) -> Table {
    let factors = &summary.competition.factors;
    let units = [
        ("electricity", both("El", "Electricity"), "kWh", None),
        ("cost", both("Kostnad", "Cost"), "SEK", Some(factors.price.0)),
        ("emissions", both("Utsläpp", "Emissions"), "kg CO₂e", Some(factors.emission.0)),
    ];
    let rows = units.into_iter().map(|(id, name, unit, factor)| {
        let scale = factor.unwrap_or(1.0);
        let of = |energy: f64| energy * scale;
        let project = summary.project.as_ref();
        let ends = project.and_then(|it| it.interval_kwh()).map(|ends| ends.map(of).ends());
        let precision = ends.map_or(Precision::Decimals(0), Precision::for_interval);
        let computed =
            |value: Option<f64>| Cell::with_precision(value, precision).computed_as(value);
        vec![
            Cell::Term(id, name),
            Cell::text(unit),
            computed(project.map(|it| of(it.saved.kwh()))),
            computed(ends.map(|it| it[0])),
            computed(ends.map(|it| it[1])),
            Cell::with_precision(factor, Precision::of_constant(scale)),
        ]
    });
    let saving = summary.project.as_ref().and_then(|it| {
        let [low, high] = it.interval_percent()?.ends();
        Some((it.saving_percent()?, low, high))
    });
    let note = saving.map(|(saving, low, high)| {
        let note = |language: Language| {
            let share = |value| language.number(value, 0);
            let (saving, low, high) = (share(saving), share(low), share(high));
            match language {
                Language::Swedish => format!(
                    "Tillsammans {saving} % av det förväntade, med 90 % säkerhet {low} till {high} %. \
                     Bara rangordnade deltagare räknas."
                ),
                Language::English => format!(
                    "Together {saving} % of what was expected, with 90 % certainty {low} to {high} %. \
                     Only ranked participants count."
                ),
            }
        };
        both(note(Language::Swedish), note(Language::English))
    });
    Table {
        id: "total",
        title: both("Total besparing i projektet", "Total saving in the project"),
        tab: both("Total", "Total"),
        note,
        empty_text: both("Inte känd än.", "Not known yet."),
        columns: vec![
            Column::new("what", ColumnKind::Text, "Vad", "What"),
            Column::new("unit", ColumnKind::Text, "Enhet", "Unit"),
            Column::new("saved", ColumnKind::Number(1), "Sparat", "Saved"),
            Column::new("interval_low", ColumnKind::IntervalLow, "90 % från", "90 % from"),
            Column::new("interval_high", ColumnKind::IntervalHigh, "90 % till", "90 % to"),
            Column::new("per_kwh", ColumnKind::Number(3), "Per kWh", "Per kWh"),
        ],
        rows: if summary.project.is_some() { rows.collect() } else { Vec::new() },
    }
}

pub(in crate::report) fn weeks(summary: &Summary) -> Table {
    let rows = summary.weeks.iter().map(|week| {
        let (expected, used) = (week.expected.kwh(), week.used.kwh());
        let saved = Some(expected - used);
        let saving = (expected > 0.0).then(|| (1.0 - used / expected) * 100.0);
        vec![
            Cell::Day(week.start),
            Cell::Day(week.last),
            Cell::number(Some(expected), 0),
            Cell::number(Some(used), 0),
            Cell::number(saved, 0).computed_as(saved),
            Cell::number(saving, 0).computed_as(saving),
        ]
    });
    Table {
        id: "weeks",
        title: both("Veckorna i siffror", "The weeks in numbers"),
        tab: both("Veckor", "Weeks"),
        note: Some(both(
            "Alla rangordnade deltagare tillsammans. En enskild veckas besparing är osäkrare \
             än hela tävlingens.",
            "All ranked participants together. The saving of a single week is less certain \
             than that of the whole contest.",
        )),
        empty_text: both("Ingen timme är känd än.", "No hour is known yet."),
        columns: vec![
            Column::new("first_day", ColumnKind::Day, "Från", "From"),
            Column::new("last_day", ColumnKind::Day, "Till och med", "Through"),
            Column::new("expected_kwh", ColumnKind::Number(1), "Förväntat kWh", "Expected kWh"),
            Column::new("used_kwh", ColumnKind::Number(1), "Använt kWh", "Used kWh"),
            Column::new("saved_kwh", ColumnKind::Number(1), "Sparat kWh", "Saved kWh"),
            Column::new("saving_percent", ColumnKind::Percent, "Besparing", "Saving"),
        ],
        rows: rows.collect(),
    }
}

pub(in crate::report) fn factors(summary: &Summary) -> Table {
    let it = &summary.competition.factors;
    let rows = [
        ("price", both("Elpris", "Price of electricity"), it.price.0, "SEK/kWh", &it.price_source),
        (
            "emission",
            both("Utsläpp från el", "Emissions of electricity"),
            it.emission.0,
            "kg CO₂e/kWh",
            &it.emission_source,
        ),
    ];
    Table {
        id: "factors",
        title: both("Antaganden om pris och utsläpp", "Assumed price and emissions"),
        tab: both("Faktorer", "Factors"),
        note: Some(both(
            "Arrangören har angett dem; kronor och koldioxid i rapporten följer av dem.",
            "The organiser gave them; money and carbon dioxide in the report follow from them.",
        )),
        empty_text: both("Inga.", "None."),
        columns: vec![
            Column::new("factor", ColumnKind::Text, "Faktor", "Factor"),
            Column::new("value", ColumnKind::Number(3), "Värde", "Value"),
            Column::new("unit", ColumnKind::Text, "Enhet", "Unit"),
            Column::new("source", ColumnKind::Text, "Källa", "Source"),
        ],
        rows: rows
            .into_iter()
            .map(|(id, name, value, unit, source)| {
                vec![
                    Cell::Term(id, name),
                    Cell::with_precision(Some(value), Precision::of_constant(value)),
                    Cell::text(unit),
                    source_of(source),
                ]
            })
            .collect(),
    }
}

/// The sources of the default factors are bilingual; an organiser's source is one text.
fn source_of(source: &str) -> Cell {
    let default = Factors::default();
    let known = [default.price_source.as_str(), default.emission_source.as_str()];
    match source.split_once(" / ").filter(|_| known.contains(&source)) {
        Some((swedish, english)) => Cell::Bilingual(both(swedish, english)),
        None => Cell::text(source),
    }
}
