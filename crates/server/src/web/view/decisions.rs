//! The organiser's decisions: declarations in force, forms for new ones, the lock, and
//! the end of the audit log.
use competition::{ActivityKind, Bilingual, Status};
use maud::{Markup, html};
use wire::Language;

use super::ViewContext;
use crate::text::{FormatDate, FormatNumber};
use crate::{
    audit::{Declaration, DeclarationRequest, hex},
    engine::Decisions,
};

/// The declarations in force and the end of the audit log.
pub(super) fn decisions(context: &ViewContext, decisions: &Decisions) -> Markup {
    let l = context.language;
    html! {
        h2 #declared { (l.pick("Anmält av arrangören", "Declared by the organiser")) }
        @if let Some(at) = decisions.locked {
            p.sentence { strong {
                (l.pick("Resultatet är låst sedan", "The result is locked since")) " "
                (l.moment(at, context.now(), context.zone())) ". "
            } (l.pick(
                "Mätvärden och konfiguration ändrar det inte längre. Bara ett tillägg med angivet skäl kan ändra det.",
                "Readings and configuration no longer change it. Only an amendment with a reason can.")) }
        }
        @if decisions.declared.is_empty() {
            p.nothing { (l.pick("Ingenting är anmält.", "Nothing is declared.")) }
        } @else {
            div.scroll tabindex="0" { table { thead { tr {
                    th.number scope="col" { (l.pick("Post", "AuditEntry")) }
                    th scope="col" { (l.pick("Vad", "What")) }
                    th scope="col" { (l.pick("Rådhus eller mätare", "Town hall or meter")) }
                    th scope="col" { (l.pick("Gäller", "Applies")) }
                    th scope="col" { (l.pick("Skäl", "Reason")) }
                    th scope="col" { (l.pick("Av", "By")) }
                    th scope="col" { (l.pick("Anmält", "Declared")) } } }
                tbody { @for it in &decisions.declared { (row(context, it)) } } } }
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

fn row(context: &ViewContext, it: &Declaration) -> Markup {
    let asked = &it.asked;
    html! { tr {
    td.number { (it.entry) }
    th scope="row" { (kind(&asked.kind, context.language)) }
    td { (subject(context, asked)) }
    td { (applies(asked, context.language)) }
    td { (asked.reason) }
    td { (asked.by) }
    td { (context.language.moment(it.made, context.now(), context.zone())) } } }
}

fn kind(kind: &str, l: Language) -> &'static str {
    match kind {
        "event" => l.pick("Ovanlig händelse", "Non-routine event"),
        "excluded-hours" => l.pick("Undantagna timmar", "Excluded hours"),
        "meter-swap" => l.pick("Mätarbyte", "Meter change"),
        "floor-area" => l.pick("Golvyta", "Floor area"),
        "employees" => l.pick("Anställda", "Employees"),
        "activity" => l.pick("Aktivitet", "Activity"),
        "late-data" => l.pick("Sent inkomna mätvärden", "Late readings"),
        _ => l.pick("Återtaget", "Withdrawn"),
    }
}

fn activity(kind: ActivityKind, l: Language) -> &'static str {
    let Bilingual { english, swedish } = kind.names();
    l.pick(swedish, english)
}

fn subject<'a>(context: &'a ViewContext, asked: &'a DeclarationRequest) -> &'a str {
    let of = asked.participant.as_deref();
    let who = context.participants.iter().find(|who| Some(who.id.as_str()) == of);
    who.map(|who| who.municipality.as_str()).or(asked.meter.as_deref()).or(of).unwrap_or_default()
}

fn applies(asked: &DeclarationRequest, l: Language) -> String {
    let text = |field: &Option<String>| field.clone().unwrap_or_default();
    let (from, until) = (text(&asked.from), text(&asked.until));
    let kwh = |wh: Option<i64>| l.number(wh.unwrap_or_default() as f64 / 1000.0, 0);
    match asked.kind.as_str() {
        "meter-swap" => {
            format!("{}: {} → {} kWh", text(&asked.at), kwh(asked.last_wh), kwh(asked.first_wh))
        }
        "floor-area" => format!("{from}: {} m²", l.number(asked.m2.unwrap_or_default(), 0)),
        "employees" => format!("{from}: {}", asked.count.unwrap_or_default()),
        "activity" => {
            let kind = asked.activity.as_deref().and_then(|kind| kind.parse().ok());
            format!("{}: {}", text(&asked.day), activity(kind.unwrap_or(ActivityKind::Other), l))
        }
        _ => format!("{from} – {until}"),
    }
}

/// The forms, which work without a script. The script does not reload them.
pub(super) fn forms(context: &ViewContext, decisions: &Decisions) -> Markup {
    let l = context.language;
    let locked = decisions.locked.is_some();
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
        (form(l, "activity", &html! {
            (participant(context))
            label { span { (l.pick("Vad", "What")) } select name="activity" required {
                @for kind in ActivityKind::ALL { option value=(kind.as_str()) { (activity(kind, l)) } } } }
            (input(l.pick("Dag", "Day"), "day", "date"))
            label { span { (l.pick("Var i huset (frivilligt)", "Where in the building (optional)")) }
                input name="place" maxlength="80" autocomplete="off"; } }))
        (form(l, "event", &html! {
            (participant(context))
            (input(l.pick("Första dagen", "First day"), "from", "date"))
            (input(l.pick("Dagen efter den sista", "The day after the last"), "until", "date")) }))
        (form(l, "excluded-hours", &html! {
            (participant(context))
            (input(l.pick("Från", "From"), "from", "datetime-local"))
            (input(l.pick("Till", "Until"), "until", "datetime-local")) }))
        (form(l, "meter-swap", &html! {
            label { span { (l.pick("Mätare", "Meter")) } select name="meter" required {
                @for who in context.participants { @for meter in &who.meters {
                    option value=(meter.id) { (who.municipality) " " (meter.id) } } } } }
            (input(l.pick("Bytet", "The change"), "at", "datetime-local"))
            (digits(l.pick("Gamla mätarens sista ställning, kWh", "Last register value of the old meter, kWh"), "last_kwh"))
            (digits(l.pick("Nya mätarens första ställning, kWh", "First register value of the new meter, kWh"), "first_kwh")) }))
        (form(l, "floor-area", &html! {
            (participant(context))
            (input(l.pick("Från och med", "From"), "from", "date"))
            (digits(l.pick("Atemp, m²", "Atemp, m²"), "m2")) }))
        (form(l, "employees", &html! {
            (participant(context))
            (input(l.pick("Från och med", "From"), "from", "date"))
            (digits(l.pick("Antal", "Count"), "count")) }))
        @if locked {
            (form(l, "late-data", &html! { (participant(context)) }))
        }
        @if !decisions.declared.is_empty() {
            (form(l, "withdraw", &html! {
                label { span { (l.pick("Post", "AuditEntry")) } select name="entry" required {
                    @for it in &decisions.declared {
                        option value=(it.entry) { (it.entry) ": " (kind(&it.asked.kind, l)) " " (subject(context, &it.asked)) } } } } }))
        }
        @if ended && !locked {
            (form(l, "lock", &html! {}))
        }
    }
}

fn form(l: Language, kind: &str, fields: &Markup) -> Markup {
    let title = match kind {
        "withdraw" => l.pick("Återta en anmälan", "Withdraw a declaration"),
        "lock" => l.pick("Lås resultatet", "Lock the result"),
        other => self::kind(other, l),
    };
    html! {
        details { summary { (title) }
            form.filter method="post" action="/organiser" {
                input type="hidden" name="kind" value=(kind);
                (fields)
                label { span { (if kind == "activity" {
                        l.pick("Vad ni gjorde, med egna ord", "What you did, in your own words")
                    } else {
                        l.pick("Skäl", "Reason")
                    }) }
                    input name="reason" required minlength="3" maxlength="500" autocomplete="off"; }
                label { span { (l.pick("Av (roll)", "By (role)")) }
                    input name="by" required maxlength="80" autocomplete="organization-title"; }
                button type="submit" { (if matches!(kind, "withdraw" | "lock") { title } else { l.pick("Anmäl", "Declare") }) }
            } }
    }
}

fn participant(context: &ViewContext) -> Markup {
    html! {
        label { span { (context.language.pick("Rådhus", "Town hall")) } select name="participant" required {
            @for who in context.participants { option value=(who.id) { (who.municipality) } } } }
    }
}

fn input(words: &str, name: &str, kind: &str) -> Markup {
    html! { label { span { (words) } input type=(kind) name=(name) required; } }
}

fn digits(words: &str, name: &str) -> Markup {
    html! { label { span { (words) } input name=(name) inputmode="decimal" required autocomplete="off"; } }
}
