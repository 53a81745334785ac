//! Activities with their measured effect, and saving opportunities.
use competition::Bilingual;

use crate::report::{
    summary::Summary,
    table::{Cell, Column, ColumnKind, Precision, Table, both},
};

pub(in crate::report) fn activities(summary: &Summary) -> Table {
    let rows = summary.activities.iter().filter_map(|(index, it, effect)| {
        let who = summary.participant(*index)?;
        let Bilingual { english, swedish } = it.kind.names();
        let details = [it.place.as_str(), it.by.as_str()];
        let details: Vec<&str> = details.into_iter().filter(|text| !text.is_empty()).collect();
        let verdict = match effect {
            None => Cell::Term(
                "unknown",
                both("för få kända timmar före eller efter", "too few known hours before or after"),
            ),
            Some(effect) if effect.distinguishable && effect.change_percent > 0.0 => {
                Cell::Term("less", both("huset använde mindre", "the building used less"))
            }
            Some(effect) if effect.distinguishable => {
                Cell::Term("more", both("huset använde mer", "the building used more"))
            }
            Some(_) => Cell::Term(
                "not-distinguishable",
                both("går inte att särskilja", "not distinguishable"),
            ),
        };
        let number = |value: fn(&competition::Effect) -> f64| {
            let wide = effect.is_some_and(|it| it.interval_percent.width() >= 2.0);
            Cell::number(effect.as_ref().map(value), usize::from(!wide))
        };
        let change = effect.as_ref().map(|it| it.after_percent - it.before_percent);
        Some(vec![
            Cell::Day(it.day),
            Cell::text(&who.municipality),
            Cell::Term(it.kind.as_str(), both(swedish, english)),
            Cell::text(&details.join(", ")),
            number(|it| it.before_percent),
            number(|it| it.after_percent),
            number(|it| it.change_percent).computed_as(change),
            number(|it| it.interval_percent.low),
            number(|it| it.interval_percent.high),
            verdict,
            Cell::text(&it.note),
        ])
    });
    Table {
        id: "activities",
        title: both("Aktiviteter och deras effekt", "Activities and their effect"),
        tab: both("Aktiviteter", "Activities"),
        note: Some(both(
            "Besparing två veckor före och två veckor efter, och ändringen i procentenheter med \
             90 % intervall.",
            "The saving two weeks before and two weeks after, and the change in percentage \
             points with its 90 % interval.",
        )),
        empty_text: both("Inga aktiviteter är antecknade.", "No activities are recorded."),
        columns: vec![
            Column::new("day", ColumnKind::Day, "Dag", "Day"),
            Column::new("municipality", ColumnKind::Text, "Kommun", "Municipality"),
            Column::new("activity", ColumnKind::Text, "Aktivitet", "Activity"),
            Column::new("where_and_by_whom", ColumnKind::Text, "Var, av vem", "Where, by whom"),
            Column::new("before_percent", ColumnKind::Percent, "Före", "Before"),
            Column::new("after_percent", ColumnKind::Percent, "Efter", "After"),
            Column::new("change_points", ColumnKind::Number(1), "Ändring", "Change"),
            Column::new("interval_low_points", ColumnKind::IntervalLow, "90 % från", "90 % from"),
            Column::new("interval_high_points", ColumnKind::IntervalHigh, "90 % till", "90 % to"),
            Column::new("effect", ColumnKind::Text, "Effekt", "Effect"),
            Column::new("note", ColumnKind::Remark, "Anteckning", "Note"),
        ],
        rows: rows.collect(),
    }
}

pub(in crate::report) fn traps(summary: &Summary) -> Table {
    let price = summary.competition.factors.price.0;
    let rows = summary.traps.iter().filter_map(|(index, trap)| {
        let who = summary.participant(*index)?;
        let words = |text: Bilingual<&str>| Cell::Bilingual(both(text.swedish, text.english));
        let worth = Some(trap.kwh_per_year * price);
        Some(vec![
            Cell::text(&who.municipality),
            words(trap.kind.names()),
            words(trap.reference.names()),
            Cell::Day(trap.since),
            match trap.at_least {
                true => Cell::Term("then-or-before", both("då eller tidigare", "then or before")),
                false => Cell::Term("then", both("då", "then")),
            },
            Cell::with_precision(
                Some(trap.kwh_per_year),
                Precision::two_significant_digits(trap.kwh_per_year),
            ),
            Cell::with_precision(
                Some(trap.sek_per_year),
                Precision::two_significant_digits(trap.sek_per_year),
            )
            .computed_as(worth),
            words(trap.confidence.names()),
        ])
    });
    Table {
        id: "traps",
        title: both("Energifällor", "Energy traps"),
        tab: both("Energifällor", "Energy traps"),
        note: Some(both(
            "Laster värda att undersöka: den del som kan undvikas, i runda tal. De överlappar \
             varandra och ska inte läggas ihop.",
            "Loads worth examining: the part that can be avoided, in round numbers. They overlap \
             and must not be added up.",
        )),
        empty_text: both("Inga fällor hittades.", "No traps were found."),
        columns: vec![
            Column::new("municipality", ColumnKind::Text, "Kommun", "Municipality"),
            Column::new("trap", ColumnKind::Text, "Fälla", "Trap"),
            Column::new("beside", ColumnKind::Text, "Räknat som", "Counted as"),
            Column::new("since", ColumnKind::Day, "Sedan", "Since"),
            Column::new("began", ColumnKind::Text, "Början", "Began"),
            Column::new("kwh_per_year", ColumnKind::Number(0), "kWh per år", "kWh a year"),
            Column::new("sek_per_year", ColumnKind::Number(0), "SEK per år", "SEK a year"),
            Column::new("confidence", ColumnKind::Text, "Säkerhet", "Confidence"),
        ],
        rows: rows.collect(),
    }
}
