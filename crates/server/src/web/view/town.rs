//! The page of a town hall's account: its own activities, and the form for a new one.
use competition::Participant;
use maud::{Markup, html};

use super::{
    RefusedForm, ViewContext, decisions,
    layout::{PageFrame, page},
    sign_in::signed_in,
};
use crate::engine::Decisions;

/// The page for the participants that an account is bound to.
pub(in crate::web) fn town(
    context: &ViewContext,
    account: &str,
    own: &[Participant],
    all: &Decisions,
    refused: Option<&RefusedForm>,
) -> Markup {
    let l = context.language;
    let title = l.pick("Ert rådhus", "Your town hall");
    let main = html! {
        section.hero.participant { div.inner {
            p.eyebrow { a href="/" { "← " (l.pick("Ställningen", "Standings")) } }
            h1 { (title) }
            p.lead { (l.pick(
                "Här anmäler ni vad ni har gjort för att spara el. Det visas på ert rådhus sida med sin uppmätta effekt, och ändrar inte placeringen.",
                "Declare here what you did to save electricity. The page of your town hall shows it with its measured effect, and it does not change the ranking.")) }
            (signed_in(context, account, false))
        } }
        @if let Some(form) = refused {
            section.organiser { div.inner { p.problem role="alert" {
                strong { (l.pick("Inget är sparat.", "Nothing is saved.")) } " " (form.problem) } } }
        }
        @for who in own {
            section.organiser { div.inner {
                h2 { (who.municipality) }
                p { a href={ "/participants/" (who.id) } { (l.pick("Rådhusets sida", "The town hall's page")) } }
                @let of_one = ViewContext { participants: std::slice::from_ref(who), ..*context };
                (decisions::activities(&of_one, who, all, refused))
            } }
        }
        @if own.is_empty() {
            section.organiser { div.inner { p.nothing { (l.pick(
                "Kontot hör inte till något rådhus i tävlingen. Fråga arrangören.",
                "The account belongs to no town hall of the competition. Ask the organiser.")) } } }
        }
    };
    page(context, &PageFrame { title, here: "/town", kind: "organiser" }, &main)
}
