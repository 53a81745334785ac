//! The printed report's tables.
use maud::{Markup, html};

use crate::report::{
    summary::Summary,
    words::{UNKNOWN, Words},
};

pub(super) fn board(facts: &Summary, w: Words) -> Markup {
    html! { div.scroll { table #board {
        thead { tr { th.n { (w.t("Plats", "Rank")) } th.n { (w.t("Grupp", "Group")) } th { (w.t("Kommun", "Municipality")) }
            th.n { (w.t("Besparing", "Saving")) } th.n { (w.t("90 % intervall", "90 % interval")) }
            th.n { (w.t("Sparat kWh", "Saved kWh")) } th.n { "kWh/m²" } th.n { (w.t("Natt W/m²", "Night W/m²")) } } }
        tbody { @for row in &facts.board.rows { @if let Some(who) = facts.who(row.participant) { tr {
            td.n { (row.rank.map_or(UNKNOWN.to_owned(), |it| it.to_string())) }
            td.n { (row.group.map_or(UNKNOWN.to_owned(), |it| it.to_string())) }
            td { (who.municipality) @if let Some(reason) = &row.reason { br; span.note { (w.t("inte rangordnad: ", "not ranked: ")) (w.t_reason(reason)) } } }
            td.n { (row.saving_percent.map_or(UNKNOWN.to_owned(), |it| w.percent(it, row.decimals()))) }
            td.n { (row.interval_percent.map_or(UNKNOWN.to_owned(), |it| w.interval(it, row.decimals()))) }
            td.n { (w.maybe(row.saved.map(|it| it.kwh()), 0)) }
            td.n { (w.maybe(row.kwh_per_m2, 2)) }
            td.n { (w.maybe(row.night_w_per_m2, 2)) }
        } } } }
    } } }
}

pub(super) fn clusters(facts: &Summary, w: Words) -> Markup {
    html! {
        p.note { (w.t("Vägt efter golvarea; bara rangordnade deltagare räknas.", "Weighted by floor area; only ranked participants count.")) }
        div.scroll { table #clusters {
            thead { tr { th.n { (w.t("Plats", "Rank")) } th { (w.t("Kluster", "Cluster")) } th.n { (w.t("Rangordnade", "Ranked")) }
                th.n { (w.t("Besparing", "Saving")) } th.n { (w.t("Sparat kWh", "Saved kWh")) } th.n { "kWh/m²" } } }
            tbody { @for row in &facts.clusters { tr {
                td.n { (row.rank.map_or(UNKNOWN.to_owned(), |it| it.to_string())) }
                td { (if row.cluster.is_empty() { UNKNOWN } else { &row.cluster }) }
                td.n { (row.ranked) }
                td.n { (row.saving_percent.map_or(UNKNOWN.to_owned(), |it| w.percent(it, 1))) }
                td.n { @if row.ranked > 0 { (w.number(row.saved.kwh(), 0)) } @else { (UNKNOWN) } }
                td.n { (w.maybe(row.kwh_per_m2, 2)) }
            } } }
        } }
    }
}

pub(super) fn participants(facts: &Summary, w: Words) -> Markup {
    let factors = &facts.competition.factors;
    html! { div.scroll { table #participants {
        thead { tr { th { (w.t("Kommun", "Municipality")) } th { (w.t("Byggnad", "Building")) } th { (w.t("Kluster", "Cluster")) }
            th.n { "m² Atemp" } th.n { (w.t("Anställda", "Employees")) } th.n { (w.t("Förväntat kWh", "Expected kWh")) }
            th.n { (w.t("Använt kWh", "Used kWh")) } th.n { (w.t("Sparat kWh", "Saved kWh")) } th.n { "SEK" } th.n { "kg CO₂" } } }
        tbody { @for row in &facts.board.rows { @if let Some(who) = facts.who(row.participant) {
            @let saved = row.saved.map(|it| it.kwh());
            tr {
                td { (who.municipality) } td { (who.building) } td { (who.cluster) }
                td.n { (w.maybe(who.floor_area.0.last().map(|(_, it)| it.0), 0)) }
                td.n { (w.maybe(who.employees.0.last().map(|(_, it)| f64::from(*it)), 0)) }
                td.n { (w.maybe(row.saved.zip(row.energy).map(|(saved, used)| (saved + used).kwh()), 0)) }
                td.n { (w.maybe(row.energy.map(|it| it.kwh()), 0)) }
                td.n { (w.maybe(saved, 0)) }
                td.n { (w.maybe(saved.map(|it| it * factors.price.0), 0)) }
                td.n { (w.maybe(saved.map(|it| it * factors.emission.0), 0)) }
            } } } }
    } } }
}

pub(super) fn activities(facts: &Summary, w: Words) -> Markup {
    if facts.activities.is_empty() {
        return html! { p { (w.t("Inga aktiviteter är antecknade.", "No activities are recorded.")) } };
    }
    html! { div.scroll { table #activities {
        thead { tr { th { (w.t("Dag", "Day")) } th { (w.t("Kommun", "Municipality")) } th { (w.t("Aktivitet", "Activity")) }
            th { (w.t("Var och av vem", "Where and by whom")) } th { (w.t("Effekt, procentenheter", "Effect, percentage points")) } } }
        tbody { @for (index, it, effect) in &facts.activities { @if let Some(who) = facts.who(*index) {
            @let names = it.kind.names();
            tr {
                td { (it.day) } td { (who.municipality) }
                td { (w.t(names.1, names.0)) @if !it.note.is_empty() { br; span.note { (it.note) } } }
                td { (it.place) @if !it.place.is_empty() && !it.by.is_empty() { ", " } (it.by) }
                td { @match effect {
                    None => (w.t("för få kända timmar före eller efter", "too few known hours before or after")),
                    Some(effect) => {
                        @let [low, high] = effect.interval_percent;
                        @if effect.distinguishable { b { (w.number(effect.change_percent, 1)) } }
                        @else { (w.t("går inte att särskilja", "not distinguishable")) }
                        br; span.note { (w.number(low, 1)) " " (w.t("till", "to")) " " (w.number(high, 1)) }
                    }
                } }
            } } } }
    } } }
}

pub(super) fn traps(facts: &Summary, w: Words) -> Markup {
    if facts.traps.is_empty() {
        return html! { p { (w.t("Inga fällor hittades.", "No traps were found.")) } };
    }
    html! { div.scroll { table #traps {
        thead { tr { th { (w.t("Kommun", "Municipality")) } th { (w.t("Fälla", "Trap")) } th { (w.t("Sedan", "Since")) }
            th.n { (w.t("kWh per år", "kWh a year")) } th.n { (w.t("SEK per år", "SEK a year")) } th { (w.t("Säkerhet", "Confidence")) } } }
        tbody { @for (index, trap) in &facts.traps { @if let Some(who) = facts.who(*index) { @let kind = trap.kind.names(); @let sure = trap.confidence.names(); @let beside = trap.beside.names(); tr {
            td { (who.municipality) } td { (w.t(kind.1, kind.0)) ", " (w.t(beside.1, beside.0)) }
            td { @if trap.at_least { (w.t("åtminstone ", "at least ")) } (trap.since) }
            td.n { (w.number(trap.kwh_per_year, 0)) } td.n { (w.number(trap.sek_per_year, 0)) }
            td { (w.t(sure.1, sure.0)) }
        } } } }
    } } }
}

pub(super) fn quality(facts: &Summary, w: Words) -> Markup {
    let share = |value: Option<f64>, decimals| {
        value.map_or_else(|| UNKNOWN.to_owned(), |it| w.percent(it * 100.0, decimals))
    };
    html! { div.scroll { table #quality {
        thead { tr { th { (w.t("Kommun", "Municipality")) } th.n { (w.t("Kända timmar", "Known hours")) } th.n { "CV(RMSE)" } th.n { "NMBE" }
            th { (w.t("Senaste avläsning", "Last reading")) } th.n { (w.t("Undantagna avläsningar", "Readings set aside")) }
            th { (w.t("Undantagna timmar", "Excluded hours")) } } }
        tbody { @for row in &facts.board.rows { @if let Some(who) = facts.who(row.participant) { tr {
            td { (who.municipality) } td.n { (share(row.coverage, 1)) } td.n { (share(row.cv_rmse, 1)) } td.n { (share(row.nmbe, 1)) }
            td { (row.measured_at.map_or(UNKNOWN.to_owned(), |at| w.moment(at, &facts.competition.timezone))) }
            td.n { (facts.doubted[row.participant.0 as usize]) }
            td { @for it in &who.exclusions { (it.reason) " (" (w.moment(it.from, &facts.competition.timezone)) " – "
                (w.moment(it.until, &facts.competition.timezone)) ")" br; } }
        } } } }
    } } }
}
