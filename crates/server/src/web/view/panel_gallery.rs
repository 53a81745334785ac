//! The lobby panels as pictures, pixel by pixel as they hang in the town halls.
use competition::{Participant, Row};
use maud::{Markup, html};

use super::{ViewContext, selection::Selection};

/// How many panels are shown unless the visitor asks for all.
const DEFAULT_COUNT: usize = 24;

/// The panels of the rows shown, in the order of the leaderboard.
pub(super) fn panel_gallery(
    context: &ViewContext,
    shown: &[&Row],
    selection: &Selection,
) -> Markup {
    let l = context.language;
    let most = if selection.all_panels { shown.len() } else { DEFAULT_COUNT };
    html! {
        section.wall aria-labelledby="wall-title" { div.inner {
            h2 #wall-title { (l.pick("I entréerna just nu", "In the lobbies right now")) }
            p.sentence { (l.pick(
                "Varje rådhus har en lysdiodspanel i entrén. Så här ser de ut i detta ögonblick, bildpunkt för bildpunkt.",
                "Each town hall has an LED panel in its lobby. This is what they show at this moment, pixel by pixel.")) }
            ul.panels {
                @for row in shown.iter().take(most) {
                    @if let Some(who) = context.who(row.participant) {
                        li { a href={ "/participants/" (who.id) } { (panel(context, who, (128, 64))) span { (who.municipality) } } }
                    }
                }
            }
            @if shown.len() > most {
                p { a.button href=(Selection { all_panels: true, ..selection.clone() }.address()) {
                    (l.pick("Visa alla", "Show all")) " " (shown.len()) " " (l.pick("paneler", "panels")) } }
            }
        } }
    }
}

/// One panel; the script loads a new picture while it is visible.
pub(super) fn panel(
    context: &ViewContext,
    who: &Participant,
    (width, height): (u32, u32),
) -> Markup {
    let l = context.language;
    let source = format!("/api/v1/panels/{}.png?size={width}x{height}&lang={}", who.id, l.tag());
    html! {
        span class={ "led w" (width) } {
            img src=(source) data-panel=(source) width=(width) height=(height) loading="lazy" decoding="async"
                alt={ (l.pick("Panelen i entrén:", "The lobby panel:")) " " (who.municipality) };
        }
    }
}
