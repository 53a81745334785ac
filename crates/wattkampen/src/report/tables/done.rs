//! What was done and what it did, and what is left to look into.
use competition::Bilingual;

use crate::report::{
    summary::Summary,
    table::{Cell, Column, Kind, Shown, Table, both},
};

pub(in crate::report) fn activities(facts: &Summary) -> Table {
    let rows = facts.activities.iter().filter_map(|(index, it, effect)| {
        let who = facts.who(*index)?;
        let Bilingual { english, swedish } = it.kind.names();
        let told = [it.place.as_str(), it.by.as_str()];
        let told: Vec<&str> = told.into_iter().filter(|text| !text.is_empty()).collect();
        let verdict = match effect {
            None => Cell::Term(
                "unknown",
                both("för få kända timmar före eller efter", "too few known hours before or after"),
            ),
            Some(effect) if effect.distinguishable && effect.change_percent > 0.0 => {
                Cell::Term("less", both("huset använde mindre", "the house used less"))
            }
            Some(effect) if effect.distinguishable => {
                Cell::Term("more", both("huset använde mer", "the house used more"))
            }
            Some(_) => Cell::Term(
                "not-distinguishable",
                both("går inte att särskilja", "not distinguishable"),
            ),
        };
        let number = |value: fn(&competition::Effect) -> f64| {
            let wide =
                effect.is_some_and(|it| it.interval_percent[1] - it.interval_percent[0] >= 2.0);
            Cell::number(effect.as_ref().map(value), usize::from(!wide))
        };
        let change = effect.as_ref().map(|it| it.after_percent - it.before_percent);
        Some(vec![
            Cell::Day(it.day),
            Cell::name(&who.municipality),
            Cell::Term(it.kind.as_str(), both(swedish, english)),
            Cell::name(&told.join(", ")),
            number(|it| it.before_percent),
            number(|it| it.after_percent),
            number(|it| it.change_percent).if_it_is(change),
            number(|it| it.interval_percent[0]),
            number(|it| it.interval_percent[1]),
            verdict,
            Cell::name(&it.note),
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
        empty: both("Inga aktiviteter är antecknade.", "No activities are recorded."),
        columns: vec![
            Column::new("day", Kind::Day, "Dag", "Day"),
            Column::new("municipality", Kind::Words, "Kommun", "Municipality"),
            Column::new("activity", Kind::Words, "Aktivitet", "Activity"),
            Column::new("where_and_by_whom", Kind::Words, "Var, av vem", "Where, by whom"),
            Column::new("before_percent", Kind::Percent, "Före", "Before"),
            Column::new("after_percent", Kind::Percent, "Efter", "After"),
            Column::new("change_points", Kind::Number(1), "Ändring", "Change"),
            Column::new("interval_low_points", Kind::LowNumber, "90 % från", "90 % from"),
            Column::new("interval_high_points", Kind::HighNumber, "90 % till", "90 % to"),
            Column::new("effect", Kind::Words, "Effekt", "Effect"),
            Column::new("note", Kind::Remark, "Anteckning", "Note"),
        ],
        rows: rows.collect(),
    }
}

pub(in crate::report) fn traps(facts: &Summary) -> Table {
    let price = facts.competition.factors.price.0;
    let rows = facts.traps.iter().filter_map(|(index, trap)| {
        let who = facts.who(*index)?;
        let words = |text: Bilingual<&str>| Cell::Words(both(text.swedish, text.english));
        let worth = Some(trap.kwh_per_year * price);
        Some(vec![
            Cell::name(&who.municipality),
            words(trap.kind.names()),
            words(trap.reference.names()),
            Cell::Day(trap.since),
            match trap.at_least {
                true => Cell::Term("then-or-before", both("då eller tidigare", "then or before")),
                false => Cell::Term("then", both("då", "then")),
            },
            Cell::shown(Some(trap.kwh_per_year), Shown::roughly(trap.kwh_per_year)),
            Cell::shown(Some(trap.sek_per_year), Shown::roughly(trap.sek_per_year)).if_it_is(worth),
            words(trap.confidence.names()),
        ])
    });
    Table {
        id: "traps",
        title: both("Energifällor", "Energy traps"),
        tab: both("Energifällor", "Energy traps"),
        note: Some(both(
            "Laster värda att undersöka: den del som kunde försvinna, i runda tal. De överlappar \
             varandra och ska inte läggas ihop.",
            "Loads worth looking into: the part that could go, in round numbers. They overlap and \
             are not to be added up.",
        )),
        empty: both("Inga fällor hittades.", "No traps were found."),
        columns: vec![
            Column::new("municipality", Kind::Words, "Kommun", "Municipality"),
            Column::new("trap", Kind::Words, "Fälla", "Trap"),
            Column::new("beside", Kind::Words, "Räknat som", "Counted as"),
            Column::new("since", Kind::Day, "Sedan", "Since"),
            Column::new("began", Kind::Words, "Början", "Began"),
            Column::new("kwh_per_year", Kind::Number(0), "kWh per år", "kWh a year"),
            Column::new("sek_per_year", Kind::Number(0), "SEK per år", "SEK a year"),
            Column::new("confidence", Kind::Words, "Säkerhet", "Confidence"),
        ],
        rows: rows.collect(),
    }
}
