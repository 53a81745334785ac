//! The final report as a page to print, in Swedish or English: one file without scripts
//! and without resources from elsewhere. It begins with the total saving in the project,
//! which the report of 2011 left empty.
mod chart;
mod tables;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use server::text::iso_minute;
use wire::Language;

use super::{summary::Summary, words};

const STYLE: &str = include_str!("style.css");

pub(super) fn render(summary: &Summary, language: Language) -> String {
    let competition = &summary.competition;
    let zone = &competition.timezone;
    let all = super::tables::all(summary);
    let page = html! {
        (DOCTYPE)
        html lang=(language.pick("sv", "en")) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (competition.name) " – " (language.pick("slutrapport", "final report")) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (competition.name) }
                p.lead { (lead(summary, language)) }
                @for table in &all {
                    @match table.id {
                        "total" => (tables::total(table, language, zone)),
                        "method" => (tables::answers(table, language, zone)),
                        "board" => {
                            (tables::section(table, language, zone))
                            (weeks(summary, language))
                            @if summary.by_saving() { (savings(summary, language)) }
                        }
                        _ => (tables::section(table, language, zone)),
                    }
                }
            }
        }
    };
    page.into_string()
}

fn lead(summary: &Summary, language: Language) -> String {
    let contest = &summary.competition.contest;
    let last = contest.end.yesterday().unwrap_or(contest.end);
    let as_of = iso_minute(summary.board.as_of, &summary.competition.timezone);
    format!(
        "{}. {} {} {} {}. {} {as_of}, {} {}.",
        words::status(language, summary.board.status),
        language.pick("Tävlingen:", "Contest:"),
        contest.start,
        language.pick("till och med", "through"),
        last,
        language.pick("Läget", "As of"),
        language.pick("rangordnat efter", "ranked by"),
        words::rule(language, summary.board.rule),
    )
}

fn savings(summary: &Summary, language: Language) -> Markup {
    html! { section {
        div.start {
            h2 { (language.pick("Besparing med osäkerhet", "Savings and their uncertainty")) }
            p.note { (language.pick(
                "Stapeln är besparingen, strecket det intervall som den sanna besparingen ligger i med 90 % säkerhet. Når strecket noll, går besparingen inte att skilja från ingen alls.",
                "The bar is the saving; the line is the interval that contains the true saving with 90 % certainty. Where the line reaches zero, the saving cannot be distinguished from no saving.")) }
        }
        (chart::savings(summary, language))
    } }
}

/// A chart of the project's weeks; their table follows later.
fn weeks(summary: &Summary, language: Language) -> Markup {
    if summary.weeks.is_empty() {
        return html! {};
    }
    html! { section.whole {
        h2 { (language.pick("Projektet vecka för vecka", "The project week by week")) }
        (chart::weeks(summary, language))
    } }
}
