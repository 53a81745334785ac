//! The page of accounts: who may sign in, and the forms that invite, reset and remove.
use competition::Time;
use maud::{Markup, html};
use wire::Language;

use super::{
    ViewContext,
    layout::{PageFrame, page},
    sign_in::alert,
};
use crate::{
    access::{Account, Role},
    text::{FormatDate, UNKNOWN},
};

/// What the page shows.
#[derive(Debug, Clone, Default)]
pub(in crate::web) struct AccountsPage {
    pub(in crate::web) accounts: Vec<Account>,
    /// The account that looks at it, which is not offered for removal.
    pub(in crate::web) own: String,
    /// An account with its new link, which is shown once.
    pub(in crate::web) link: Option<(String, String)>,
    /// Why the last change failed.
    pub(in crate::web) error: Option<String>,
}

/// A role's name for visitors.
pub(super) const fn role(role: &Role, l: Language) -> &'static str {
    match role {
        Role::Organiser => l.pick("Arrangör", "Organiser"),
        Role::Town(_) => l.pick("Rådhus", "Town hall"),
        Role::Reader => l.pick("Läsare", "Reader"),
    }
}

/// The page.
pub(in crate::web) fn accounts(context: &ViewContext, view: &AccountsPage) -> Markup {
    let l = context.language;
    let title = l.pick("Konton", "Accounts");
    let main = html! {
        section.access { div.inner {
            p.eyebrow { a href="/organiser" { "← " (l.pick("För arrangören", "For the organiser")) } }
            h1 { (title) }
            (alert(view.error.as_deref()))
            @if let Some((name, link)) = &view.link {
                div.note role="status" {
                    p { (l.pick("Ge den här länken till", "Give this link to")) " " strong { (name) } ". "
                        (l.pick("Den väljer ett lösenord, gäller en gång och i tre dagar, och visas bara nu.",
                            "It chooses a password, works once and for three days, and is shown only now.")) }
                    p { code.link { (link) } }
                }
            }
            div.scroll tabindex="0" { table { thead { tr {
                    th scope="col" { (l.pick("Namn", "Name")) }
                    th scope="col" { (l.pick("Roll", "Role")) }
                    th scope="col" { (l.pick("Senast inloggad", "Last sign-in")) }
                    th scope="col" { (l.pick("Ändra", "Change")) } } }
                tbody { @for account in &view.accounts { (row(context, account, &view.own)) } } } }
            h2 { (l.pick("Bjud in", "Invite")) }
            p.sentence { (l.pick(
                "Den som bjuds in väljer själv sitt lösenord. En arrangör kan allt. En läsare ser allt och ändrar ingenting. Ett rådhus anmäler sina egna aktiviteter.",
                "Who is invited chooses the password. An organiser can do everything. A reader sees everything and changes nothing. A town hall declares its own activities.")) }
            form.upright method="post" action="/organiser/accounts" {
                (context.token_field())
                input type="hidden" name="change" value="add";
                label { span { (l.pick("Namn, till exempel en e-postadress", "Name, such as an e-mail address")) }
                    input name="name" required maxlength="64" autocomplete="off" autocapitalize="none" spellcheck="false"; }
                label { span { (l.pick("Roll", "Role")) } select name="role" required {
                    option value="town" { (l.pick("Rådhus", "Town hall")) }
                    option value="reader" { (l.pick("Läsare", "Reader")) }
                    option value="organiser" { (l.pick("Arrangör", "Organiser")) } } }
                label { span { (l.pick("Vilket rådhus (bara för den rollen)", "Which town hall (for that role only)")) }
                    select name="participant" {
                        option value="" { "–" }
                        @for who in context.participants { option value=(who.id) { (who.municipality) } } } }
                button type="submit" { (l.pick("Skapa länk", "Create the link")) }
            }
        } }
    };
    page(context, &PageFrame { title, here: "/organiser/accounts", kind: "access-page" }, &main)
}

fn row(context: &ViewContext, account: &Account, own: &str) -> Markup {
    let l = context.language;
    let name = account.name.as_str();
    let towns = account.role.participants().iter().map(|id| {
        let who = context.participants.iter().find(|who| who.id == *id);
        who.map_or(id.as_str(), |who| &who.municipality)
    });
    let towns: Vec<&str> = towns.collect();
    let signed_in = |at: i64| l.date_time(Time(at), context.zone());
    html! { tr {
        th scope="row" { (name) @if name == own { " " small { (l.pick("(du)", "(you)")) } } }
        td { (role(&account.role, l)) @if !towns.is_empty() { " " small { (towns.join(", ")) } } }
        td { @if account.has_password { (account.signed_in.map_or(UNKNOWN.to_owned(), signed_in)) }
            @else { (l.pick("har inte valt lösenord", "has not chosen a password")) } }
        td { @if name != own {
            (change(context, name, "reset", l.pick("Nytt lösenord", "New password")))
            (change(context, name, "remove", l.pick("Ta bort", "Remove"))) } }
    } }
}

fn change(context: &ViewContext, name: &str, change: &str, words: &str) -> Markup {
    html! {
        form.inline method="post" action="/organiser/accounts" {
            (context.token_field())
            input type="hidden" name="change" value=(change);
            input type="hidden" name="name" value=(name);
            button type="submit" aria-label={ (words) ": " (name) } { (words) }
        }
    }
}
