//! The final report to print: one file without scripts or foreign resources, in
//! Swedish or English. It has the line that the report of 2011 left empty, the
//! total saving in the project.
mod chart;
mod tables;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{summary::Summary, words::Words};

const STYLE: &str = include_str!("style.css");

pub(super) fn render(facts: &Summary, w: Words) -> String {
    let competition = &facts.competition;
    let zone = &competition.timezone;
    let all = super::tables::all(facts);
    let page = html! {
        (DOCTYPE)
        html lang=(w.t("sv", "en")) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (competition.name) " – " (w.t("slutrapport", "final report")) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (competition.name) }
                p.lead { (lead(facts, w)) }
                @for table in &all {
                    @match table.id {
                        "total" => (tables::total(table, w, zone)),
                        "method" => (tables::answers(table, w, zone)),
                        "board" => {
                            (tables::section(table, w, zone))
                            (weeks(facts, w))
                            @if facts.by_saving() { (savings(facts, w)) }
                        }
                        _ => (tables::section(table, w, zone)),
                    }
                }
            }
        }
    };
    page.into_string()
}

fn lead(facts: &Summary, w: Words) -> String {
    let contest = &facts.competition.contest;
    let last = contest.end.yesterday().unwrap_or(contest.end);
    let as_of = super::words::moment(facts.board.as_of, &facts.competition.timezone);
    format!(
        "{}. {} {} {} {}. {} {as_of}, {} {}.",
        w.status(facts.board.status),
        w.t("Tävlingen:", "Contest:"),
        contest.start,
        w.t("till och med", "through"),
        last,
        w.t("Läget", "As of"),
        w.t("rangordnat efter", "ranked by"),
        w.rule(facts.board.rule),
    )
}

fn savings(facts: &Summary, w: Words) -> Markup {
    html! { section {
        div.start {
            h2 { (w.t("Besparing med osäkerhet", "Savings and how sure they are")) }
            p.note { (w.t(
                "Stapeln är besparingen, strecket det intervall som den sanna besparingen ligger i med 90 % säkerhet. Når strecket noll går besparingen inte att skilja från ingen alls.",
                "The bar is the saving, the line the interval that holds the true saving with 90 % certainty. Where the line reaches zero, the saving cannot be told from none.")) }
        }
        (chart::savings(facts, w))
    } }
}

/// The project's weeks as a picture; the table is further down.
fn weeks(facts: &Summary, w: Words) -> Markup {
    if facts.weeks.is_empty() {
        return html! {};
    }
    html! { section.whole {
        h2 { (w.t("Projektet vecka för vecka", "The project week by week")) }
        (chart::weeks(facts, w))
    } }
}
