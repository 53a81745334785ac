//! The organiser's decisions: declarations in force, forms for new ones, the lock, and
//! the end of the audit log.
use competition::{ActivityKind, Bilingual, DoubtKind, Status};
use maud::{Markup, html};
use wire::Language;

use super::ViewContext;
use crate::text::{FormatDate, declaration_name, doubt_name};
use crate::{
    audit::{Declaration, DeclarationInForce, DeclarationKind, hex},
    engine::Decisions,
};

/// The declarations in force and the end of the audit log.
pub(super) fn decisions(context: &ViewContext, decisions: &Decisions) -> Markup {
    let l = context.language;
    html! {
        h2 #declared { (l.pick("Anmält av arrangören", "Declared by the organiser")) }
        @if let Some(at) = decisions.locked_at {
            p.sentence { strong {
                (l.pick("Resultatet är låst sedan", "The result has been locked since")) " "
                (l.date_time(at, context.zone())) ". "
            } (l.pick(
                "Mätvärden och konfiguration ändrar det inte längre. Bara en rättelse med angivet skäl kan ändra det.",
                "Readings and configuration no longer change it. Only an amendment with a reason can.")) }
        }
        @if decisions.declarations.is_empty() {
            p.nothing { (l.pick("Ingenting är anmält.", "Nothing is declared.")) }
        } @else {
            div.scroll tabindex="0" { table { thead { tr {
                    th.number scope="col" { (l.pick("Post", "Entry")) }
                    th scope="col" { (l.pick("Vad", "What")) }
                    th scope="col" { (l.pick("Rådhus", "Town hall")) }
                    th scope="col" { (l.pick("Gäller", "Applies")) }
                    th scope="col" { (l.pick("Skäl", "Reason")) }
                    th scope="col" { (l.pick("Av", "By")) }
                    th scope="col" { (l.pick("Anmält", "Declared")) } } }
                tbody { @for it in &decisions.declarations { (row(context, it)) } } } }
        }
        @if let Some(head) = &decisions.head {
            p.sentence { (l.pick("Händelseloggens senaste post är nummer", "The newest entry of the audit log is number")) " "
                strong { (head.seq) } ", " (l.pick("med kontrollsumman", "with the hash")) " "
                code.hash { (hex(&head.hash)) } ". "
                (l.pick("Skriv upp numret och kontrollsumman ibland. Då märks det om slutet av loggen har tagits bort.",
                    "Write down the number and the hash from time to time. They show whether the end of the log was removed.")) }
        }
    }
}

fn row(context: &ViewContext, it: &DeclarationInForce) -> Markup {
    let text = context.decision_text();
    let Declaration { change, reason, by } = &it.declaration;
    html! { tr {
    td.number { (it.entry) }
    th scope="row" { (declaration_name(change.kind(), context.language)) }
    td { (text.subject(change)) }
    td { (text.value(change)) }
    td { (reason) }
    td { (by) }
    td { (context.language.date_time(it.declared_at, context.zone())) } } }
}

fn activity(kind: ActivityKind, l: Language) -> &'static str {
    let Bilingual { english, swedish } = kind.names();
    l.pick(swedish, english)
}

/// The forms, which work without a script. The script does not reload them.
pub(super) fn forms(context: &ViewContext, decisions: &Decisions) -> Markup {
    let l = context.language;
    let locked = decisions.locked_at.is_some();
    let ended = matches!(context.snapshot.board.status, Status::Ended);
    let title = if locked {
        l.pick("Ändra det låsta resultatet", "Amend the locked result")
    } else {
        l.pick("Anmäl", "Declare")
    };
    html! {
        h2 { (title) }
        p.sentence { (l.pick(
            "En anmälan gäller genast, också bakåt i tiden. Händelseloggen sparar den med skäl och roll. Ange en roll, inte ett namn.",
            "A declaration applies at once, for the past as well. The audit log keeps it with its reason and role. Give a role, not a name.")) }
        (form(l, Some(DeclarationKind::Activity), &html! {
            (participant(context))
            label { span { (l.pick("Vad", "What")) } select name="activity" required {
                @for kind in ActivityKind::ALL { option value=(kind.as_str()) { (activity(kind, l)) } } } }
            (input(l.pick("Dag", "Day"), "day", "date"))
            label { span { (l.pick("Var i huset (frivilligt)", "Where in the building (optional)")) }
                input name="place" maxlength="80" autocomplete="off"; } }))
        (form(l, Some(DeclarationKind::Event), &html! {
            (participant(context))
            (input(l.pick("Första dagen", "First day"), "from", "date"))
            (input(l.pick("Dagen efter den sista", "The day after the last"), "until", "date")) }))
        (form(l, Some(DeclarationKind::ExcludedHours), &html! {
            (participant(context))
            (input(l.pick("Från", "From"), "from", "datetime-local"))
            (input(l.pick("Till", "Until"), "until", "datetime-local")) }))
        (form(l, Some(DeclarationKind::MeterSwap), &html! {
            (meter(context))
            (input(l.pick("Bytet", "The change"), "at", "datetime-local"))
            (digits(l.pick("Gamla mätarens sista ställning, kWh", "Last register value of the old meter, kWh"), "last_kwh"))
            (digits(l.pick("Nya mätarens första ställning, kWh", "First register value of the new meter, kWh"), "first_kwh")) }))
        (form(l, Some(DeclarationKind::Factor), &html! {
            (meter(context))
            (input(l.pick("Från", "From"), "from", "datetime-local"))
            label { span { (l.pick("Till (frivilligt)", "Until (optional)")) } input type="datetime-local" name="until"; }
            (digits(l.pick("Mätt energi gånger", "Measured energy times"), "factor")) }))
        (form(l, Some(DeclarationKind::AcceptDoubt), &html! {
            (participant(context))
            label { span { (l.pick("Vad", "What")) } select name="doubt" required {
                @for kind in DoubtKind::ALL { option value=(kind.as_str()) { (doubt_name(kind, l)) } } } }
            (input(l.pick("Från", "From"), "from", "datetime-local"))
            label { span { (l.pick("Till (frivilligt)", "Until (optional)")) } input type="datetime-local" name="until"; } }))
        (form(l, Some(DeclarationKind::FloorArea), &html! {
            (participant(context))
            (input(l.pick("Från och med", "From"), "from", "date"))
            (digits(l.pick("Atemp, m²", "Atemp, m²"), "m2")) }))
        (form(l, Some(DeclarationKind::Employees), &html! {
            (participant(context))
            (input(l.pick("Från och med", "From"), "from", "date"))
            (digits(l.pick("Antal", "Count"), "count")) }))
        @if locked {
            (form(l, Some(DeclarationKind::LateData), &html! { (participant(context)) }))
        }
        @if !decisions.declarations.is_empty() {
            (form(l, Some(DeclarationKind::Withdraw), &html! {
                label { span { (l.pick("Post", "Entry")) } select name="entry" required {
                    @for it in &decisions.declarations {
                        option value=(it.entry) { (it.entry) ": " (context.decision_text().sentence(&it.declaration.change)) } } } } }))
        }
        @if ended && !locked {
            (form(l, None, &html! {}))
        }
    }
}

/// The form of a kind of declaration, or of the lock.
fn form(l: Language, declared: Option<DeclarationKind>, fields: &Markup) -> Markup {
    let title = match declared {
        Some(DeclarationKind::Withdraw) => l.pick("Återta en anmälan", "Withdraw a declaration"),
        None => l.pick("Lås resultatet", "Lock the result"),
        Some(other) => declaration_name(other, l),
    };
    let reason = match declared {
        Some(DeclarationKind::Activity) => {
            l.pick("Vad ni gjorde, med egna ord", "What you did, in your own words")
        }
        _ => l.pick("Skäl", "Reason"),
    };
    let submit = match declared {
        Some(DeclarationKind::Withdraw) | None => title,
        Some(_) => l.pick("Spara", "Save"),
    };
    html! {
        details { summary { (title) }
            form.filter method="post" action="/organiser" {
                input type="hidden" name="kind" value=(declared.map_or("lock", DeclarationKind::id));
                (fields)
                label { span { (reason) }
                    input name="reason" required minlength="3" maxlength="500" autocomplete="off"; }
                label { span { (l.pick("Din roll", "Your role")) }
                    input name="by" required maxlength="80" autocomplete="organization-title"; }
                button type="submit" { (submit) }
            } }
    }
}

fn participant(context: &ViewContext) -> Markup {
    html! {
        label { span { (context.language.pick("Rådhus", "Town hall")) } select name="participant" required {
            @for who in context.participants { option value=(who.id) { (who.municipality) } } } }
    }
}

fn meter(context: &ViewContext) -> Markup {
    html! {
        label { span { (context.language.pick("Mätare", "Meter")) } select name="meter" required {
            @for who in context.participants { @for meter in &who.meters {
                option value=(meter.id) { (who.municipality) " " (meter.id) } } } } }
    }
}

fn input(words: &str, name: &str, kind: &str) -> Markup {
    html! { label { span { (words) } input type=(kind) name=(name) required; } }
}

fn digits(words: &str, name: &str) -> Markup {
    html! { label { span { (words) } input name=(name) inputmode="decimal" required autocomplete="off"; } }
}
