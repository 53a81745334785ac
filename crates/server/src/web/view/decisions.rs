//! The organiser's decisions: declarations in force, forms for new ones, the lock, and
//! the end of the audit log.
use super::{
    RefusedForm, ViewContext,
    form::{Form, Input},
};
use crate::text::{ChooseText, FormatDate, declaration_name, doubt_name};
use crate::{
    audit::{AuditEvent, Declaration, DeclarationInForce, DeclarationKind, hex},
    engine::Decisions,
};
use competition::{ActivityKind, DoubtKind, Participant, Status};
use maud::{Markup, html};

/// The declarations in force and the end of the audit log.
pub(super) fn decisions(context: &ViewContext, decisions: &Decisions, done: Option<i64>) -> Markup {
    let l = context.language;
    html! {
        h2 #declared { (l.pick("Anmält av arrangören", "Declared by the organiser")) }
        @if let Some(entry) = done { (saved(context, decisions, entry)) }
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
            div.scroll tabindex="0" { table.cards { thead { tr {
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
    let l = context.language;
    let text = context.decision_text();
    let Declaration { change, reason, by } = &it.declaration;
    html! { tr {
    td.number data-label=(l.pick("Post", "Entry")) { (it.entry) }
    th scope="row" { (declaration_name(change.kind(), l)) }
    td data-label=(l.pick("Rådhus", "Town hall")) { (text.subject(change)) }
    td data-label=(l.pick("Gäller", "Applies")) { (text.value(change)) }
    td data-label=(l.pick("Skäl", "Reason")) { (reason) }
    td data-label=(l.pick("Av", "By")) { (by) }
    td data-label=(l.pick("Anmält", "Declared")) { (l.date_time(it.declared_at, context.zone())) } } }
}

/// That a decision was saved, and what it says.
fn saved(context: &ViewContext, decisions: &Decisions, entry: i64) -> Markup {
    let l = context.language;
    let of_entry = decisions.history.iter().find(|it| it.seq == entry);
    let change = of_entry.and_then(|it| match it.event() {
        AuditEvent::Declaration { declared } | AuditEvent::Amendment { declared } => {
            Some(declared.change)
        }
        _ => None,
    });
    html! {
        @if decisions.head.as_ref().is_some_and(|head| entry <= head.seq) {
            p.saved role="status" {
                strong { (l.pick("Beslutet är sparat", "The decision is saved")) } ", "
                (l.pick("post", "entry")) " " (entry)
                @if let Some(change) = change.filter(|it| it.kind() != DeclarationKind::Withdraw) {
                    ": " (context.decision_text().sentence(&change)) }
                "."
            }
        }
    }
}

/// The forms, which work without a script. The script does not reload them.
pub(super) fn forms(
    context: &ViewContext,
    decisions: &Decisions,
    refused: Option<&RefusedForm>,
) -> Markup {
    let l = context.language;
    let locked = decisions.locked_at.is_some();
    let ended = matches!(context.snapshot.board.status, Status::Ended);
    let title = if locked {
        l.pick("Ändra det låsta resultatet", "Amend the locked result")
    } else {
        l.pick("Anmäl", "Declare")
    };
    let form = |kind: DeclarationKind| Form::new(context, kind.id().to_owned(), kind.id(), refused);
    html! {
        h2 { (title) }
        p.sentence { (l.pick(
            "En anmälan gäller genast, också bakåt i tiden. Händelseloggen sparar den med skäl och roll, och besökarna kan läsa dem på rådhusets sida. Ange en roll, inte ett namn.",
            "A declaration applies at once, for the past as well. The audit log keeps it with its reason and role, and visitors can read them on the town hall's page. Give a role, not a name.")) }
        @for kind in [
            DeclarationKind::Activity, DeclarationKind::Event, DeclarationKind::ExcludedHours,
            DeclarationKind::MeterSwap, DeclarationKind::Factor, DeclarationKind::AcceptDoubt,
            DeclarationKind::FloorArea, DeclarationKind::Employees,
        ] { (declaration(context, kind, &form(kind))) }
        @if locked { (declaration(context, DeclarationKind::LateData, &form(DeclarationKind::LateData))) }
        @if !decisions.declarations.is_empty() {
            @let form = form(DeclarationKind::Withdraw);
            @let title = l.pick("Återta en anmälan", "Withdraw a declaration");
            @let entries = decisions.declarations.iter().map(|it| {
                let sentence = context.decision_text().sentence(&it.declaration.change);
                (it.entry.to_string(), format!("{}: {sentence}", it.entry))
            });
            (form.render(title, &form.select(l.pick("Post", "Entry"), "entry", entries), l.pick("Skäl", "Reason"), title))
        }
        @if ended && !locked { (lock(context, &Form::new(context, "lock".to_owned(), "lock", refused))) }
    }
}

/// The form for an activity of the only participant of a context, and the declared ones with
/// the form that withdraws one.
pub(super) fn activities(
    context: &ViewContext,
    who: &Participant,
    all: &Decisions,
    refused: Option<&RefusedForm>,
) -> Markup {
    let l = context.language;
    let form = |kind: DeclarationKind| {
        Form::new(context, format!("{}-{}", kind.id(), who.id), kind.id(), refused)
    };
    let own: Vec<&DeclarationInForce> = all
        .declarations
        .iter()
        .filter(|it| it.declaration.change.kind() == DeclarationKind::Activity)
        .filter(|it| it.declaration.change.participant() == Some(who.id.as_str()))
        .collect();
    let text = context.decision_text();
    html! {
        @if own.is_empty() {
            p.nothing { (l.pick("Ingen aktivitet är anmäld.", "No activity is declared.")) }
        } @else {
            ul.plain { @for it in &own { li {
                (text.value(&it.declaration.change)) ". " (it.declaration.reason) " (" (it.declaration.by) ")" } } }
        }
        @if all.locked_at.is_some() {
            p.sentence { (l.pick("Resultatet är låst.", "The result is locked.")) }
        } @else {
            (declaration(context, DeclarationKind::Activity, &form(DeclarationKind::Activity)))
            @if !own.is_empty() {
                @let withdraw = form(DeclarationKind::Withdraw);
                @let entries = own.iter().map(|it| (it.entry.to_string(), text.value(&it.declaration.change)));
                @let fields = withdraw.select(l.pick("Aktivitet", "Activity"), "entry", entries);
                (withdraw.render(l.pick("Återta en aktivitet", "Withdraw an activity"), &fields,
                    l.pick("Skäl", "Reason"), l.pick("Återta", "Withdraw")))
            }
        }
    }
}

/// The form of a kind of declaration.
fn declaration(context: &ViewContext, kind: DeclarationKind, form: &Form) -> Markup {
    let l = context.language;
    let from = |input| form.input(l.pick("Från", "From"), "from", input);
    let until = |input| form.input(l.pick("Till", "Until"), "until", input);
    let open_end = || {
        let title = l.pick("Till (frivilligt)", "Until (optional)");
        form.input(title, "until", Input::of("datetime-local").optional())
    };
    let number = |title: &str, name: &str| form.input(title, name, Input::number());
    let first_day = || form.input(l.pick("Från och med", "From"), "from", Input::of("date"));
    let fields = match kind {
        DeclarationKind::Activity => html! {
        (participant(context, form))
        (form.select(l.pick("Vad", "What"), "activity",
            ActivityKind::ALL.map(|it| (it.as_str().to_owned(), l.text(&it.names()).to_owned()))))
        (form.input(l.pick("Dag", "Day"), "day", Input::of("date")))
        (form.input(l.pick("Var i huset (frivilligt)", "Where in the building (optional)"), "place",
            Input { max_length: Some(80), ..Input::default().optional() })) },
        DeclarationKind::Event => html! {
        (participant(context, form))
        (form.input(l.pick("Första dagen", "First day"), "from", Input::of("date")))
        (form.input(l.pick("Dagen efter den sista", "The day after the last"), "until", Input::of("date"))) },
        DeclarationKind::ExcludedHours => html! {
        (participant(context, form)) (from(Input::of("datetime-local"))) (until(Input::of("datetime-local"))) },
        DeclarationKind::MeterSwap => html! {
        (meter(context, form))
        (form.input(l.pick("Bytet", "The change"), "at", Input::of("datetime-local")))
        (number(l.pick("Gamla mätarens sista ställning, kWh", "Last register value of the old meter, kWh"), "last_kwh"))
        (number(l.pick("Nya mätarens första ställning, kWh", "First register value of the new meter, kWh"), "first_kwh")) },
        DeclarationKind::Factor => html! {
        (meter(context, form)) (from(Input::of("datetime-local"))) (open_end())
        (number(l.pick("Mätt energi gånger", "Measured energy times"), "factor")) },
        DeclarationKind::AcceptDoubt => html! {
        (participant(context, form))
        (form.select(l.pick("Vad", "What"), "doubt",
            DoubtKind::ALL.into_iter().map(|it| (it.as_str().to_owned(), doubt_name(it, l).to_owned()))))
        (from(Input::of("datetime-local"))) (open_end()) },
        DeclarationKind::FloorArea => html! {
        (participant(context, form)) (first_day()) (number("Atemp, m²", "m2")) },
        DeclarationKind::Employees => html! {
        (participant(context, form)) (first_day()) (number(l.pick("Antal", "Count"), "count")) },
        DeclarationKind::LateData | DeclarationKind::Withdraw => participant(context, form),
    };
    let reason = match kind {
        DeclarationKind::Activity => {
            l.pick("Vad ni gjorde, med egna ord", "What you did, in your own words")
        }
        _ => l.pick("Skäl", "Reason"),
    };
    form.render(declaration_name(kind, l), &fields, reason, l.pick("Spara", "Save"))
}

/// The form that locks the result.
fn lock(context: &ViewContext, form: &Form) -> Markup {
    let l = context.language;
    let title = l.pick("Lås resultatet", "Lock the result");
    let rows = context.snapshot.board.rows.iter().filter(|row| !row.doubts.is_empty());
    let doubted: Vec<&str> =
        rows.filter_map(|row| Some(context.who(row.participant)?.municipality.as_str())).collect();
    let notice = html! {
        @if !doubted.is_empty() { p.problem {
            (l.pick("De här rådhusens ifrågasatta mätvärden låses som de är, utan beslut:",
                "The values in doubt of these town halls are locked as they are, without a decision:"))
            " " strong { (doubted.join(", ")) } "." } }
    };
    form.render(title, &notice, l.pick("Skäl", "Reason"), title)
}

fn participant(context: &ViewContext, form: &Form) -> Markup {
    let all = context.participants.iter().map(|who| (who.id.clone(), who.municipality.clone()));
    form.select(context.language.pick("Rådhus", "Town hall"), "participant", all)
}

fn meter(context: &ViewContext, form: &Form) -> Markup {
    let all = context.participants.iter().flat_map(|who| {
        who.meters.iter().map(|it| (it.id.clone(), format!("{} {}", who.municipality, it.id)))
    });
    form.select(context.language.pick("Mätare", "Meter"), "meter", all)
}
