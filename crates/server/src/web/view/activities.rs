//! On a town hall's page: notices about its readings, its activities with their measured effects, and its energy
//! traps with their cost a year.
use competition::Participant;
use maud::{Markup, html};
use wire::Language;

use super::ViewContext;
use crate::engine::Insight;
use crate::text::{ChooseText, FormatNumber};

pub(super) fn insight(context: &ViewContext, who: &Participant, insight: &Insight) -> Markup {
    html! {
        section.insight { div.inner #insight {
            (notices(context, insight))
            (activities(context, who, insight))
            (traps(context, insight))
        } }
    }
}

fn notices(context: &ViewContext, insight: &Insight) -> Markup {
    let l = context.language;
    html! {
        @if !insight.notices.is_empty() {
            h2 { (l.pick("Att veta om avläsningarna", "What to know about the readings")) }
            ul.notices { @for notice in &insight.notices { li { (l.text(&notice.text)) "." } } }
        }
    }
}

fn activities(context: &ViewContext, who: &Participant, insight: &Insight) -> Markup {
    let l = context.language;
    html! {
        h2 { (l.pick("Aktiviteter", "Activities")) }
        @if who.activities.is_empty() {
            p.nothing { (l.pick("Inga aktiviteter är antecknade.", "No activities are recorded.")) }
        } @else {
            ul.activities { @for (it, effect) in who.activities.iter().zip(&insight.effects) {
                @let names = it.kind.names();
                li {
                    strong { (l.text(&names)) } " · " (it.day)
                    @for words in [&it.place, &it.by, &it.note] { @if !words.is_empty() { " · " (words) } }
                    br;
                    @match effect {
                        None => (l.pick("Effekten är inte känd: det behövs mätvärden för minst en vecka före och en vecka efter.",
                            "The effect is not known: it needs readings of at least a week before and a week after.")),
                        Some(effect) => {
                            @let [low, high] = effect.interval_percent.ends();
                            @if effect.distinguishable {
                                (l.pick("Besparingen ändrades med", "The saving changed by")) " " (l.number(effect.change_percent, 1)) " "
                            } @else {
                                (l.pick("Effekten går inte att skilja från den vanliga variationen", "The effect is not distinguishable from normal variation")) " "
                            }
                            span.note { "(" (l.number(low, 1)) " " (l.pick("till", "to")) " " (l.number(high, 1)) " "
                                (l.pick("procentenheter med 90 % säkerhet", "percentage points with 90 % certainty")) ")" }
                        }
                    }
                }
            } }
        }
    }
}

fn traps(context: &ViewContext, insight: &Insight) -> Markup {
    let l = context.language;
    let factors = &context.competition.factors;
    html! {
        h2 { (l.pick("Energifällor", "Energy traps")) }
        @if insight.traps.is_empty() {
            p.nothing { (l.pick("Inga fällor syns i mätvärdena för de senaste veckorna.", "The readings of the last weeks show no traps.")) }
        } @else {
            ul.traps { @for trap in &insight.traps { @let kind = trap.kind.names(); @let sure = trap.confidence.names(); li {
                @let reference = trap.reference.names();
                strong { (l.text(&kind)) } ", " (l.text(&reference)) " · " (since(trap.at_least, l)) " " (trap.since) " · " (l.text(&sure))
                br;
                (l.number(trap.kwh_per_year, 0)) " kWh · " (l.number(trap.sek_per_year, 0)) " SEK " (l.pick("per år om lasten består", "a year if the load stays"))
            } } }
            p.note { (l.number(factors.price.0, 2)) " SEK/kWh (" (factors.price_source) "). "
                (l.pick("Fällorna överlappar och ska inte summeras.", "The traps overlap and are not to be summed.")) }
        }
    }
}

/// A load that is as old as the readings may have begun before them.
const fn since(at_least: bool, l: Language) -> &'static str {
    if at_least { l.pick("åtminstone sedan", "at least since") } else { l.pick("sedan", "since") }
}
