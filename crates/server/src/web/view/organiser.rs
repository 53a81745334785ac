//! The organiser's page: what was received, what was rejected or quarantined and why,
//! and the state of the gateways.
use competition::{QuarantineReason, QuarantinedReadings, Time};
use maud::{Markup, html};

use wire::{ConnectionState, Language};

use super::{
    RefusedForm, ViewContext, decisions, doubts,
    layout::{PageFrame, page},
    sign_in,
};
use crate::text::{ChooseText, FormatDate, FormatNumber, UNKNOWN};
use crate::{
    access::Identity,
    engine::{Decisions, GatewayState, IngestCounts},
    ingest::Rejection,
    web::doubt_curves::DoubtCurve,
};

/// What the engine reports for the organiser's page.
#[derive(Debug, Clone)]
pub(in crate::web) struct OrganiserView {
    pub(in crate::web) identity: Identity,
    pub(in crate::web) quarantine: Vec<QuarantinedReadings>,
    pub(in crate::web) rejections: Vec<Rejection>,
    pub(in crate::web) gateways: Vec<GatewayState>,
    pub(in crate::web) counts: IngestCounts,
    pub(in crate::web) decisions: Decisions,
    pub(in crate::web) doubts: Vec<DoubtCurve>,
    /// The entry of a decision that was just taken with a form.
    pub(in crate::web) done: Option<i64>,
}

/// The page.
pub(in crate::web) fn organiser(
    context: &ViewContext,
    view: &OrganiserView,
    form: Option<&RefusedForm>,
) -> Markup {
    let l = context.language;
    let main = html! {
        section.hero.participant { div.inner {
            p.eyebrow { a href="/" { "← " (l.pick("Ställningen", "Standings")) } }
            h1 { (l.pick("För arrangören", "For the organiser")) }
            p.lead { (l.pick(
                "Här står vad tjänsten har tagit emot sedan den startade, och vad den har avvisat. Ett avvisat meddelande stoppar aldrig de meddelanden som kommer efter.",
                "This page shows what the service has received since it started, and what it has rejected. A rejected message never stops the messages behind it.")) }
            (sign_in::signed_in(context, &view.identity.principal.to_string(), context.decides))
            (figures(context, &view.counts))
        } }
        @if let Some(form) = form {
            section.organiser { div.inner { p.problem role="alert" {
                strong { (l.pick("Beslutet är inte sparat.", "The decision is not saved.")) } " " (form.problem) } } }
        }
        section.organiser { div.inner #doubted { (doubts::desk(context, &view.doubts, form)) } }
        section.organiser { div.inner #decided data-live {
            (decisions::decisions(context, &view.decisions, view.done)) } }
        // The script does not reload the forms, so that input is not lost.
        @if context.decides {
            section.organiser { div.inner #declare { (decisions::forms(context, &view.decisions, form)) } }
        }
        section.organiser { div.inner #messages data-live {
            (refused(context, &view.counts))
            (rejections(context, &view.rejections))
            (quarantine(context, &view.quarantine))
            (absent(context))
            (gateways(context, &view.gateways))
            (clocks(context, &view.counts))
        } }
    };
    let title = l.pick("För arrangören", "For the organiser");
    page(context, &PageFrame { title, here: "/organiser", kind: "organiser" }, &main)
}

fn figures(context: &ViewContext, counts: &IngestCounts) -> Markup {
    let l = context.language;
    let number = |n: u64| l.number(n as f64, 0);
    let refused: u64 = counts.refused.iter().map(|(_, n)| n).sum();
    html! {
        dl #counts .figures data-live {
            div.first { dt { (l.pick("Avläsningar från mätare", "Readings of meters")) } dd { (number(counts.readings)) }
                dd.note { (l.pick("sparade hittills, utöver importerade värden", "stored so far, beside imported values")) } }
            div { dt { (l.pick("Nya", "New")) } dd { (number(counts.stored)) }
                dd.note { (l.pick("varav sena", "of which late")) " " (number(counts.late)) } }
            div { dt { (l.pick("Upprepade", "Repeated")) } dd { (number(counts.repeated)) }
                dd.note { (l.pick("ändrar ingenting", "change nothing")) } }
            div { dt { (l.pick("I karantän", "In quarantine")) } dd { (number(counts.quarantined + counts.conflicts)) }
                dd.note { (l.pick("sparas men räknas inte", "stored but not counted")) } }
            div { dt { (l.pick("Avvisade", "Rejected")) } dd { (number(refused)) }
                dd.note { (l.pick("av", "of")) " " (number(counts.received)) " " (l.pick("meddelanden", "messages")) } }
        }
    }
}

/// What a reason of rejection means, and how to fix it.
fn words(label: &str, l: Language) -> &'static str {
    match label {
        "topic" => l.pick("Ämnet är varken wattkampen/v1/{gateway}/reading eller wattkampen/v1/{gateway}/status. Rätta ämnet i gatewayen.",
            "The topic is neither wattkampen/v1/{gateway}/reading nor wattkampen/v1/{gateway}/status. Correct it in the gateway."),
        "too_large" => l.pick("Meddelandet är för stort. Kontrollera vad som skickar till ämnet.",
            "The message is too large. Check what publishes to this topic."),
        "not_utf8" => l.pick("Meddelandet är inte text (UTF-8).", "The message is not text (UTF-8)."),
        "json" => l.pick("Meddelandet är inte den JSON som ämnet ska ha.", "The message is not the JSON that this topic must have."),
        "unknown_meter" => l.pick("Mätaren finns inte i konfigurationen. Lägg till den hos sitt rådhus.",
            "The meter is not in the configuration. Add it to its town hall."),
        "wrong_gateway" => l.pick("Mätaren hör till en annan gateway. Ändra konfigurationen om den har flyttats.",
            "The meter belongs to another gateway. Change the configuration if it was moved."),
        "future" => l.pick("Avläsningens tid ligger mer än fem minuter i framtiden. Ställ gatewayens klocka.",
            "The reading's time is more than five minutes in the future. Set the gateway's clock."),
        "ancient" => l.pick("Avläsningen är från tiden före referensperioden.", "The reading is from before the baseline begins."),
        "locked" => l.pick("Resultatet är låst.", "The result is locked."),
        "sentinel" => l.pick("Mätarställningen är ett värde som mätare använder för okänt.",
            "The register value is one that meters use for unknown."),
        "absurd" => l.pick("Värdet är större än vad mätaren eller anslutningen kan ge. Stämmer det, ange anslutningens effekt (capacity_kw) hos mätaren.",
            "The value is larger than the meter or the connection can give. If it is right, set the capacity of the connection (capacity_kw) at the meter."),
        _ => l.pick("Annat skäl.", "Another reason."),
    }
}

fn refused(context: &ViewContext, counts: &IngestCounts) -> Markup {
    let l = context.language;
    let some: Vec<_> = counts.refused.iter().filter(|(_, n)| *n > 0).collect();
    html! {
        h2 { (l.pick("Avvisade meddelanden, efter skäl", "Rejected messages, by reason")) }
        @if some.is_empty() {
            p.nothing { (l.pick("Inget meddelande har avvisats.", "No message has been rejected.")) }
        } @else {
            div.scroll tabindex="0" { table { thead { tr {
                    th scope="col" { (l.pick("Skäl", "Reason")) }
                    th.number scope="col" { (l.pick("Antal", "Count")) }
                    th scope="col" { (l.pick("Vad det betyder", "What it means")) } } }
                tbody { @for (label, n) in some { tr {
                    th scope="row" { code { (label) } }
                    td.number { (l.number(*n as f64, 0)) }
                    td { (words(label, l)) } } } } } }
        }
    }
}

fn when(context: &ViewContext, at: Time) -> String {
    context.language.moment(at, context.now(), context.zone())
}

fn rejections(context: &ViewContext, rejections: &[Rejection]) -> Markup {
    let l = context.language;
    html! {
        @if !rejections.is_empty() {
            h2 { (l.pick("De senaste avvisade meddelandena, efter ämne", "The latest rejected messages, by topic")) }
            div.scroll tabindex="0" { table { thead { tr {
                    th scope="col" { (l.pick("Ämne", "Topic")) }
                    th scope="col" { (l.pick("Skäl", "Reason")) }
                    th.number scope="col" { (l.pick("Antal", "Count")) }
                    th scope="col" { (l.pick("Först", "First")) }
                    th scope="col" { (l.pick("Senast", "Last")) } } }
                tbody { @for c in rejections.iter().take(100) { tr {
                    th scope="row" { code { (c.topic) } }
                    td { code { (c.label) } " " small { (c.detail) } }
                    td.number { (l.number(c.count as f64, 0)) }
                    td { (when(context, c.first)) }
                    td { (when(context, c.last)) } } } } } }
        }
    }
}

/// What a reason of quarantine means.
fn doubt(doubt: QuarantineReason, l: Language) -> &'static str {
    match doubt {
        QuarantineReason::Drop => l.pick(
            "Mätarställningen sjönk utan att ett mätarbyte är anmält.",
            "The register fell and no meter change was declared.",
        ),
        QuarantineReason::Step => l.pick(
            "Mätarställningen steg mer än anslutningen kan leverera. Stämmer det, ange anslutningens effekt (capacity_kw) hos mätaren.",
            "The register rose by more than the connection can carry. If it is right, set the capacity of the connection (capacity_kw) at the meter.",
        ),
        QuarantineReason::Zero => l.pick(
            "Mätaren visar noll efter att ha visat annat.",
            "The register reads zero after it did not.",
        ),
        QuarantineReason::Factor => l.pick(
            "Mätarställningen ändrades med en faktor tio eller mer: skalan har ändrats.",
            "The register changed by a factor of ten or more: its scale changed.",
        ),
        QuarantineReason::Conflict => {
            l.pick("Två olika värden för samma ögonblick.", "Two different values for one moment.")
        }
    }
}

fn quarantine(context: &ViewContext, quarantine: &[QuarantinedReadings]) -> Markup {
    let l = context.language;
    let meters: Vec<&str> =
        context.participants.iter().flat_map(|who| &who.meters).map(|m| m.id.as_str()).collect();
    html! {
        h2 { (l.pick("Mätvärden i karantän", "Readings in quarantine")) }
        p.sentence { (l.pick(
            "Avläsningar som inte kan stämma ligger i karantän. De sparas, men räknas varken som besparing eller som användning. Anmäl ett mätarbyte om mätaren har bytts.",
            "Readings that cannot be right are in quarantine. They are stored, and count neither as saving nor as use. Declare a meter change if the meter was replaced.")) }
        @if quarantine.is_empty() {
            p.nothing { (l.pick("Ingenting ligger i karantän.", "Nothing is in quarantine.")) }
        } @else {
            div.scroll tabindex="0" { table { thead { tr {
                    th scope="col" { (l.pick("Rådhus", "Town hall")) }
                    th scope="col" { (l.pick("Mätare", "Meter")) }
                    th scope="col" { (l.pick("Skäl", "Reason")) }
                    th.number scope="col" { (l.pick("Antal", "Count")) }
                    th.number scope="col" { (l.pick("Ställning, kWh", "Register, kWh")) }
                    th scope="col" { (l.pick("Först", "First")) }
                    th scope="col" { (l.pick("Senast", "Last")) } } }
                tbody { @for q in quarantine { tr {
                    th scope="row" { (context.who(q.participant).map_or(UNKNOWN, |who| &who.municipality)) }
                    td { code { (meters.get(q.meter.0 as usize).copied().unwrap_or(UNKNOWN)) } }
                    td { (doubt(q.doubt, l)) @if q.open { " " strong { (l.pick("Pågår.", "Still open.")) } } }
                    td.number { (l.number(q.count as f64, 0)) }
                    td.number { (l.number(q.register.milli().kwh(), 0)) }
                    td { (when(context, q.first)) }
                    td { (when(context, q.last)) } } } } } }
        }
    }
}

/// Participants that are not ranked, and why.
fn absent(context: &ViewContext) -> Markup {
    let l = context.language;
    let rows = context.snapshot.board.rows.iter().filter(|row| row.rank.is_none());
    let rows: Vec<_> = rows.filter_map(|row| Some((row, context.who(row.participant)?))).collect();
    html! {
        h2 { (l.pick("Rådhus utan placering", "Town halls that are not ranked")) }
        @if rows.is_empty() {
            p.nothing { (l.pick("Alla rådhus är rangordnade.", "All town halls are ranked.")) }
        } @else {
            ul.plain { @for (row, who) in rows {
                li { a href={ "/participants/" (who.id) } { (who.municipality) } ": "
                    (row.reason.as_ref().map_or(UNKNOWN, |reason| l.text(reason))) } } }
        }
    }
}

/// Clocks that date readings wrongly.
fn clocks(context: &ViewContext, counts: &IngestCounts) -> Markup {
    let l = context.language;
    let meters: Vec<&str> =
        context.participants.iter().flat_map(|who| &who.meters).map(|m| m.id.as_str()).collect();
    html! {
        @if !counts.clock_offsets.is_empty() {
            h2 { (l.pick("Klockor som går fel", "Clocks that are off")) }
            ul.plain { @for it in &counts.clock_offsets { li {
                code { (meters.get(it.meter.0 as usize).copied().unwrap_or(UNKNOWN)) } ": "
                (l.pick("avläsningarnas klocka går", "the clock of the readings is")) " "
                (l.number(it.seconds.unsigned_abs() as f64, 0)) " s "
                (if it.seconds > 0 { l.pick("före", "ahead") } else { l.pick("efter", "behind") }) ". "
                (l.pick("Ställ gatewayens klocka eller dess tidssynkronisering.", "Set the clock of the gateway, or its time synchronisation.")) } } }
        }
    }
}

fn gateways(context: &ViewContext, gateways: &[GatewayState]) -> Markup {
    let l = context.language;
    let number = |n: Option<u32>| n.map_or(UNKNOWN.into(), |n| l.number(n.into(), 0));
    html! {
        h2 { (l.pick("Gatewayer", "Gateways")) }
        @if gateways.is_empty() {
            p.nothing { (l.pick("Ingen gateway har skickat sin status än.", "No gateway has sent its status yet.")) }
        } @else {
            div.scroll tabindex="0" { table { thead { tr {
                    th scope="col" { "Gateway" }
                    th scope="col" { (l.pick("Läge", "State")) }
                    th scope="col" { (l.pick("Senaste status", "Last status")) }
                    th scope="col" { (l.pick("Program", "Firmware")) }
                    th.number scope="col" { (l.pick("I kö", "Queued")) }
                    th.number scope="col" { (l.pick("Kastade", "Dropped")) }
                    th.number scope="col" { (l.pick("Fel i telegram", "Telegram errors")) }
                    th scope="col" { (l.pick("Skäl till senaste start", "Reason of last start")) } } }
                tbody { @for g in gateways { tr {
                    th scope="row" { (g.id) }
                    td { @match g.status.state {
                        ConnectionState::Online => span.state.live { span.sign aria-hidden="true" { "●" } " " (l.pick("ansluten", "online")) },
                        ConnectionState::Offline => span.state.silent { span.sign aria-hidden="true" { "○" } " " (l.pick("inte ansluten", "offline")) },
                    } }
                    td { (when(context, g.received_at)) }
                    td { (g.status.firmware.as_ref().map_or(UNKNOWN, |f| f.as_str())) }
                    td.number { (number(g.status.queued)) }
                    td.number { (number(g.status.dropped)) }
                    td.number { (number(g.status.errors)) }
                    td { (g.status.reset.as_ref().map_or(UNKNOWN, |r| r.as_str())) } } } } } }
        }
    }
}
