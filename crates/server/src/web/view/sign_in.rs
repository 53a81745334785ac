//! The pages to sign in and to choose a password. They work without a script.
use maud::{Markup, html};

use super::{
    ViewContext,
    layout::{PageFrame, page},
};
use crate::access::{MAX_PASSWORD, MIN_PASSWORD};

/// The page to sign in.
#[derive(Debug, Clone)]
pub(in crate::web) struct SignInPage {
    /// Whether there is an account to sign in to.
    pub(in crate::web) accounts: bool,
    /// A demonstration has a link and no password.
    pub(in crate::web) demonstration: bool,
    /// The name as it was sent.
    pub(in crate::web) name: String,
    /// Why the last attempt failed.
    pub(in crate::web) error: Option<String>,
}

/// The page to choose a password.
#[derive(Debug, Clone)]
pub(in crate::web) struct PasswordPage {
    /// Path of the link, to which the form is sent.
    path: String,
    /// The account's name, as far as it is known.
    pub(in crate::web) name: String,
    /// Whether the form asks for the name.
    pub(in crate::web) asks_name: bool,
    /// Why the last attempt failed.
    pub(in crate::web) error: Option<String>,
}

impl PasswordPage {
    /// For the first account of a service.
    pub(in crate::web) fn first_account(secret: &str) -> Self {
        let path = format!("/setup/{secret}");
        Self { path, name: String::new(), asks_name: true, error: None }
    }

    /// For an account that was invited.
    pub(in crate::web) fn invitation(secret: &str, name: &str) -> Self {
        let path = format!("/invitation/{secret}");
        Self { path, name: name.to_owned(), asks_name: false, error: None }
    }
}

fn frame(context: &ViewContext, title: &str, here: &str, content: &Markup) -> Markup {
    let main = html! {
        section.access { div.inner { h1 { (title) } (content) } }
    };
    page(context, &PageFrame { title, here, kind: "access-page" }, &main)
}

/// What went wrong; a screen reader reads it at once.
pub(super) fn alert(error: Option<&str>) -> Markup {
    html! { @if let Some(error) = error { p.alert role="alert" { (error) } } }
}

/// The page to sign in.
pub(in crate::web) fn sign_in(context: &ViewContext, page: &SignInPage) -> Markup {
    let l = context.language;
    let content = html! {
        @if page.demonstration {
            p.sentence { (l.pick(
                "Demonstrationen har inga lösenord. Öppna länken som programmet skrev ut när det startade.",
                "The demonstration has no passwords. Open the link that the program printed when it started.")) }
        } @else if !page.accounts {
            p.sentence { (l.pick(
                "Det finns inget konto ännu. Öppna länken som tjänsten skrev ut när den startade, i terminalen eller i loggen på den dator där den körs. Länken skapar det första kontot.",
                "There is no account yet. Open the link that the service printed when it started, in the terminal or in the log of the machine that runs it. The link creates the first account.")) }
            p.sentence { (l.pick("Ett konto kan också skapas med kommandot", "An account can also be created with the command")) " "
                code { "wattkampen user add" } "." }
        } @else {
            (alert(page.error.as_deref()))
            form.upright method="post" action="/sign-in" {
                (context.token_field())
                label { span { (l.pick("Namn", "Name")) }
                    input name="name" value=(page.name) required maxlength="64" autocomplete="username" autocapitalize="none" spellcheck="false"; }
                label { span { (l.pick("Lösenord", "Password")) }
                    input type="password" name="password" required maxlength=(MAX_PASSWORD) autocomplete="current-password"; }
                button type="submit" { (l.pick("Logga in", "Sign in")) }
            }
            p.sentence { (l.pick(
                "Har du glömt lösenordet? En arrangör kan ge dig en länk till ett nytt.",
                "Forgot the password? An organiser can give you a link to a new one.")) }
        }
    };
    frame(context, l.pick("Logga in", "Sign in"), "/sign-in", &content)
}

/// The page to choose a password.
pub(in crate::web) fn choose_password(context: &ViewContext, page: &PasswordPage) -> Markup {
    let l = context.language;
    let title = match page.asks_name {
        true => l.pick("Skapa det första kontot", "Create the first account"),
        false => l.pick("Välj ett lösenord", "Choose a password"),
    };
    let content = html! {
        @if page.asks_name {
            p.sentence { (l.pick(
                "Kontot är arrangörens: det kan allt, och kan bjuda in fler. När det finns gäller länken inte längre.",
                "The account is the organiser's: it can do everything, and can invite others. Once it exists the link is no longer valid.")) }
        } @else {
            p.sentence { (l.pick("För kontot", "For the account")) " " strong { (page.name) } ". "
                (l.pick("Länken gäller en gång.", "The link works once.")) }
        }
        (alert(page.error.as_deref()))
        form.upright method="post" action=(page.path) {
            (context.token_field())
            @if page.asks_name {
                label { span { (l.pick("Namn, till exempel din e-postadress", "Name, such as your e-mail address")) }
                    input name="name" value=(page.name) required maxlength="64" autocomplete="username" autocapitalize="none" spellcheck="false"; }
            } @else {
                // A password manager stores the password under this name.
                input type="text" name="username" value=(page.name) autocomplete="username" readonly hidden;
            }
            label { span { (l.pick("Lösenord, minst 12 tecken", "Password, 12 characters at least")) }
                input type="password" name="password" required minlength=(MIN_PASSWORD) maxlength=(MAX_PASSWORD) autocomplete="new-password"; }
            label { span { (l.pick("Lösenordet en gång till", "The password once more")) }
                input type="password" name="repeated" required maxlength=(MAX_PASSWORD) autocomplete="new-password"; }
            button type="submit" { (l.pick("Spara och logga in", "Save and sign in")) }
        }
        p.sentence { (l.pick(
            "Fyra ord utan samband är lätta att minnas och svåra att gissa.",
            "Four words that do not belong together are easy to remember and hard to guess.")) }
    };
    frame(context, title, &page.path, &content)
}

/// Who is signed in, with the form to sign out.
pub(super) fn signed_in(context: &ViewContext, who: &str, accounts: bool) -> Markup {
    let l = context.language;
    html! {
        form.signed-in method="post" action="/sign-out" {
            (context.token_field())
            span { (l.pick("Inloggad som", "Signed in as")) " " strong { (who) } }
            @if accounts { a href="/organiser/accounts" { (l.pick("Konton", "Accounts")) } }
            button type="submit" { (l.pick("Logga ut", "Sign out")) }
        }
    }
}
