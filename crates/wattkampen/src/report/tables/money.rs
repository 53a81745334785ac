//! The line that the report of 2011 left empty: what was saved in all, in kWh, SEK
//! and kg CO₂; by week; and what a kilowatt-hour is taken to be worth.
use competition::Factors;
use server::text::FormatNumber;
use wire::Language;

use crate::report::{
    summary::Summary,
    table::{Both, Cell, Column, Kind, Shown, Table, both},
};

/// Rows: kWh, SEK, kg CO₂.
pub(in crate::report) fn total(facts: &Summary) -> Table {
    let factors = &facts.competition.factors;
    let units = [
        ("electricity", both("El", "Electricity"), "kWh", None),
        ("cost", both("Kostnad", "Cost"), "SEK", Some(factors.price.0)),
        ("emissions", both("Utsläpp", "Emissions"), "kg CO₂e", Some(factors.emission.0)),
    ];
    let rows = units.into_iter().map(|(id, name, unit, factor)| {
        let scale = factor.unwrap_or(1.0);
        let of = |energy: f64| energy * scale;
        let project = facts.project.as_ref();
        let ends = project.and_then(|it| it.interval_kwh()).map(|ends| ends.map(of));
        let shown = ends.map_or(Shown::Decimals(0), Shown::within);
        let follows = |value: Option<f64>| Cell::shown(value, shown).if_it_is(value);
        vec![
            Cell::Term(id, name),
            Cell::name(unit),
            follows(project.map(|it| of(it.saved.kwh()))),
            follows(ends.map(|it| it[0])),
            follows(ends.map(|it| it[1])),
            Cell::shown(factor, Shown::given(scale)),
        ]
    });
    let saving = facts.project.as_ref().and_then(|it| {
        let [low, high] = it.interval_percent()?;
        Some((it.saving_percent()?, low, high))
    });
    let note = saving.map(|(saving, low, high)| {
        let told = |language: Language| {
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
        Both(told(Language::Swedish), told(Language::English))
    });
    Table {
        id: "total",
        title: both("Total besparing i projektet", "Total saving in the project"),
        tab: both("Total", "Total"),
        note,
        empty: both("Inte känd än.", "Not known yet."),
        columns: vec![
            Column::new("what", Kind::Words, "Vad", "What"),
            Column::new("unit", Kind::Words, "Enhet", "Unit"),
            Column::new("saved", Kind::Number(1), "Sparat", "Saved"),
            Column::new("interval_low", Kind::LowNumber, "90 % från", "90 % from"),
            Column::new("interval_high", Kind::HighNumber, "90 % till", "90 % to"),
            Column::new("per_kwh", Kind::Number(3), "Per kWh", "Per kWh"),
        ],
        rows: if facts.project.is_some() { rows.collect() } else { Vec::new() },
    }
}

pub(in crate::report) fn weeks(facts: &Summary) -> Table {
    let rows = facts.weeks.iter().map(|week| {
        let (expected, used) = (week.expected.kwh(), week.used.kwh());
        let saved = Some(expected - used);
        let saving = (expected > 0.0).then(|| (1.0 - used / expected) * 100.0);
        vec![
            Cell::Day(week.start),
            Cell::Day(week.last),
            Cell::number(Some(expected), 0),
            Cell::number(Some(used), 0),
            Cell::number(saved, 0).if_it_is(saved),
            Cell::number(saving, 0).if_it_is(saving),
        ]
    });
    Table {
        id: "weeks",
        title: both("Veckorna i siffror", "The weeks in numbers"),
        tab: both("Veckor", "Weeks"),
        note: Some(both(
            "Alla rangordnade deltagare tillsammans. En enskild veckas besparing är mindre säker \
             än hela tävlingens.",
            "All ranked participants together. The saving of a single week is less sure than \
             that of the whole contest.",
        )),
        empty: both("Ingen timme är känd än.", "No hour is known yet."),
        columns: vec![
            Column::new("first_day", Kind::Day, "Från", "From"),
            Column::new("last_day", Kind::Day, "Till och med", "Through"),
            Column::new("expected_kwh", Kind::Number(1), "Förväntat kWh", "Expected kWh"),
            Column::new("used_kwh", Kind::Number(1), "Använt kWh", "Used kWh"),
            Column::new("saved_kwh", Kind::Number(1), "Sparat kWh", "Saved kWh"),
            Column::new("saving_percent", Kind::Percent, "Besparing", "Saving"),
        ],
        rows: rows.collect(),
    }
}

pub(in crate::report) fn factors(facts: &Summary) -> Table {
    let it = &facts.competition.factors;
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
        empty: both("Inga.", "None."),
        columns: vec![
            Column::new("factor", Kind::Words, "Faktor", "Factor"),
            Column::new("value", Kind::Number(3), "Värde", "Value"),
            Column::new("unit", Kind::Words, "Enhet", "Unit"),
            Column::new("source", Kind::Words, "Källa", "Source"),
        ],
        rows: rows
            .into_iter()
            .map(|(id, name, value, unit, source)| {
                vec![
                    Cell::Term(id, name),
                    Cell::shown(Some(value), Shown::given(value)),
                    Cell::name(unit),
                    source_of(source),
                ]
            })
            .collect(),
    }
}

/// The defaults' sources are in both languages; an organiser's is as it was written.
fn source_of(source: &str) -> Cell {
    let default = Factors::default();
    let known = [default.price_source.as_str(), default.emission_source.as_str()];
    match source.split_once(" / ").filter(|_| known.contains(&source)) {
        Some((swedish, english)) => Cell::Words(both(swedish, english)),
        None => Cell::name(source),
    }
}
