//! The layout of every page: head, masthead, notices and footer.
use maud::{DOCTYPE, Markup, html};
use wire::Language;

use super::ViewContext;
use crate::text::{FormatDate, FormatNumber};
use crate::web::assets::{ICON, SCRIPT, STYLE};

/// What the layout needs to know of a page.
pub(super) struct PageFrame<'a> {
    /// Precedes the competition's name in the browser's title; empty on the front page.
    pub(super) title: &'a str,
    /// The page's address without the language, for the language links.
    pub(super) here: &'a str,
    /// Name of the page for the style sheet and the script.
    pub(super) kind: &'static str,
}

fn head(l: Language, title: &str, refresh: Option<u32>) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="description" content=(l.pick(
                "Rådhus tävlar om vem som sänker sin elanvändning mest. Ställningen enligt elmätarna.",
                "Town halls compete to lower their electricity use. The standings by their meters."));
            title { (title) }
            link rel="icon" href=(ICON.path()) type="image/svg+xml";
            link rel="stylesheet" href=(STYLE.path());
            script src=(SCRIPT.path()) defer {}
            // Without a script the kiosk still reloads by itself.
            @if let Some(seconds) = refresh {
                noscript { meta http-equiv="refresh" content=(seconds); }
            }
        }
    }
}

/// A whole page.
pub(super) fn page(context: &ViewContext, frame: &PageFrame, main: &Markup) -> Markup {
    let l = context.language;
    let name = &context.competition.name;
    let title =
        if frame.title.is_empty() { name.clone() } else { format!("{} · {name}", frame.title) };
    html! {
        (DOCTYPE)
        html lang=(l.tag()) {
            (head(l, &title, None))
            body class=(frame.kind) data-kind=(frame.kind)
                data-lost=(l.pick("Ingen kontakt med servern sedan", "No contact with the server since"))
                data-lost-more=(l.pick("Siffrorna nedan är från den tidpunkten.", "The figures below are from that time.")) {
                a.skip href="#content" { (l.pick("Till innehållet", "Skip to content")) }
                header.mast {
                    div.inner {
                        a.mark href="/" {
                            (logo())
                            span { "Wattkampen" }
                        }
                        nav aria-label=(l.pick("Språk", "Language")) { (languages(l, frame.here)) }
                    }
                }
                p #lost .lost role="status" hidden {}
                @if let Some(speed) = context.simulation_speed { (demonstration(l, speed)) }
                main #content tabindex="-1" { (main) }
                (foot(context))
            }
        }
    }
}

/// A page for a screen without a visitor: no masthead and no footer.
pub(super) fn kiosk_page(context: &ViewContext, title: &str, class: &str, main: &Markup) -> Markup {
    let l = context.language;
    html! {
        (DOCTYPE)
        html lang=(l.tag()) {
            (head(l, title, Some(30)))
            body class=(class) data-kind="kiosk"
                data-lost=(l.pick("Ingen kontakt med servern sedan", "No contact with the server since"))
                data-lost-more=(l.pick("Siffrorna är från den tidpunkten.", "The figures are from that time.")) {
                p #lost .lost role="status" hidden {}
                main #content { (main) }
            }
        }
    }
}

/// The logo: bars that become lower.
fn logo() -> Markup {
    html! {
        svg.sign viewBox="0 0 28 28" width="28" height="28" aria-hidden="true" {
            @for (x, top) in [(2, 3), (8, 8), (14, 13), (20, 18)] {
                @for y in (top..=23).step_by(5) {
                    rect x=(x) y=(y) width="4.4" height="3.4" rx="1" {}
                }
            }
        }
    }
}

fn languages(l: Language, here: &str) -> Markup {
    let glue = if here.contains('?') { '&' } else { '?' };
    html! {
        @for (other, name) in [(Language::Swedish, "Svenska"), (Language::English, "English")] {
            @if other == l {
                span.here lang=(other.tag()) aria-current="true" { (name) }
            } @else {
                a href={ (here) (glue) "lang=" (other.tag()) } lang=(other.tag()) hreflang=(other.tag()) { (name) }
            }
        }
    }
}

fn demonstration(l: Language, speed: f64) -> Markup {
    html! {
        div.demo role="note" aria-label=(l.pick("Om demonstrationen", "About the demonstration")) {
            div.inner {
                strong { (l.pick("Demonstration med simulerade elmätare.", "A demonstration with simulated meters.")) }
                " "
                (l.pick(
                    "Husen, lasten och klockan är påhittade. Vilka 24 av programmets kommuner som deltog 2011 är inte känt; att en kommun står här betyder inte att den var med.",
                    "The buildings, their load and the clock are made up. Which 24 of the programme's municipalities took part in 2011 is not known; a municipality's name here does not mean that it did."))
                @if speed > 1.0 {
                    " "
                    (l.pick("Klockan går", "The clock runs")) " " (l.number(speed, 0)) " "
                    (l.pick("gånger så fort.", "times as fast."))
                }
            }
        }
    }
}

fn foot(context: &ViewContext) -> Markup {
    let l = context.language;
    html! {
        footer.foot {
            div.inner {
                p #asof data-live {
                    (l.pick("Ställningen räknades", "Standings computed"))
                    " "
                    time {
                        (l.full_moment(context.now(), context.zone()))
                    }
                    ". " (l.pick("Tider är lokala.", "Times are local."))
                }
                nav aria-label=(l.pick("Mer", "More")) {
                    a href="/" { (l.pick("Ställningen", "Standings")) }
                    a href="/organiser" { (l.pick("För arrangören", "For the organiser")) }
                    a href="/api/v1/leaderboard" { "JSON" }
                    a href="/api/openapi.json" { "OpenAPI" }
                }
            }
        }
    }
}

/// The page for an unknown address or participant.
pub(in crate::web) fn not_found(context: &ViewContext, detail: &str) -> Markup {
    let l = context.language;
    let title = l.pick("Här finns ingenting", "There is nothing here");
    let link = l.pick("Se ställningen i stället", "See the standings instead");
    message(context, title, detail, link)
}

/// The page for a request that failed: `detail` is what is wrong and how to fix it.
pub(in crate::web) fn error(context: &ViewContext, detail: &str) -> Markup {
    let l = context.language;
    let title = l.pick("Det gick inte", "That did not work");
    message(context, title, detail, l.pick("Till ställningen", "To the standings"))
}

fn message(context: &ViewContext, title: &str, detail: &str, link: &str) -> Markup {
    let main = html! {
        section.missing {
            h1 { (title) }
            p { (detail) }
            p { a.button href="/" { (link) } }
        }
    };
    page(context, &PageFrame { title, here: "/", kind: "error" }, &main)
}
