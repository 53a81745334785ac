//! Open doubts about the input: the mark on a leaderboard row, the list on a town hall's
//! page, and the organiser's list with the three decisions.
use competition::{Doubt, DoubtKind, Participant, ParticipantIndex, Row, Time};
use jiff::civil::Date;
use maud::{Markup, html};
use wire::Language;

use super::{
    RefusedForm, ViewContext,
    chart::doubted_chart,
    form::{Form, Input},
};
use crate::text::{ChooseText, FormatDate, FormatNumber, doubt_name, local, rfc3339};
use crate::{audit::DeclarationKind, web::doubt_curves::DoubtCurve};

/// A sentence with a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

/// The doubt for which a row is not ranked.
pub(super) fn barring(row: &Row) -> Option<&Doubt> {
    let reason = row.reason.as_ref().filter(|_| row.rank.is_none())?;
    row.doubts.iter().find(|doubt| reason.english.contains(&doubt.headline.english))
}

/// Why a town hall is not ranked, in a line: the kind of the doubt and its days; any other
/// reason as it is.
pub(super) fn short_reason(context: &ViewContext, row: &Row) -> Option<String> {
    let l = context.language;
    let Some(doubt) = barring(row) else {
        return row
            .public_reason
            .as_ref()
            .filter(|_| row.rank.is_none())
            .map(|it| l.text(it).to_owned());
    };
    let date = |at: Time| local(at, context.zone()).date();
    let (first, last) = (date(doubt.from), date(Time(doubt.until.0 - 1)));
    let days = match doubt.open {
        true => format!("{} {}", l.pick("sedan den", "since"), l.day(first)),
        false if first == last => l.day(first),
        false => format!("{}–{}", l.day(first), l.day(last)),
    };
    let decides = l.pick("arrangören beslutar", "the organiser decides");
    Some(format!("{}, {days} · {decides}", doubt_name(doubt.kind, l)))
}

/// The mark on a row with open doubts, but the one that its reason has the words of.
pub(super) fn mark(context: &ViewContext, row: &Row) -> Markup {
    let l = context.language;
    let reason = barring(row);
    let others: Vec<&Doubt> = row.doubts.iter().filter(|doubt| Some(*doubt) != reason).collect();
    html! {
        @for doubt in others.iter().take(3) {
            small.doubt title=(l.text(&doubt.notice())) {
                span aria-hidden="true" { "⚠ " } (doubt_name(doubt.kind, l)) ", "
                (l.moment(doubt.from, context.now(), context.zone()))
            }
        }
        @if let more @ 1.. = others.len().saturating_sub(3) {
            small.doubt { (more) " " (l.pick("till", "more")) }
        }
    }
}

/// The open doubts about a town hall, for its page: what to do is for the organiser only.
pub(super) fn list(context: &ViewContext, row: &Row) -> Markup {
    let l = context.language;
    html! {
        @if !row.doubts.is_empty() {
            h2 { (l.pick("Ifrågasatta mätvärden", "Values in doubt")) }
            ul.plain.doubts { @for doubt in &row.doubts {
                li { strong { (doubt_name(doubt.kind, l)) "." } " " (sentence(l.text(&doubt.notice()))) } } }
        }
    }
}

/// All open doubts with the decisions that the organiser has.
pub(super) fn desk(
    context: &ViewContext,
    curves: &[DoubtCurve],
    refused: Option<&RefusedForm>,
) -> Markup {
    let l = context.language;
    let rows = context.snapshot.board.rows.iter();
    let rows: Vec<(&Doubt, ParticipantIndex, &Participant)> = rows
        .flat_map(|row| row.doubts.iter().map(move |doubt| (doubt, row.participant)))
        .filter_map(|(doubt, index)| Some((doubt, index, context.who(index)?)))
        .collect();
    html! {
        h2 #doubts { (l.pick("Ifrågasatta mätvärden", "Values in doubt")) }
        p.sentence { (l.pick(
            "Mätvärden som inte kan stämma, eller som bara du kan förklara. Ett rådhus vars energi till en väsentlig del är ifrågasatt rangordnas inte förrän du har beslutat.",
            "Values that cannot be right, or that only you can explain. A town hall with a material part of its energy in doubt is not ranked until you decide.")) }
        @if rows.is_empty() {
            p.nothing { (l.pick("Ingenting är ifrågasatt.", "Nothing is in doubt.")) }
        }
        @for (doubt, index, who) in rows {
            @let curve = curves.iter().find(|curve| curve.is_of(index, doubt));
            (decision(context, doubt, who, curve, refused))
        }
    }
}

/// A decision that the organiser can take about a doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Accept,
    Exclude,
    /// Hours that the organiser chooses.
    ExcludeSome,
    Event,
    Factor,
}

/// What the words of a doubt advise.
const fn actions(kind: DoubtKind) -> &'static [Action] {
    match kind {
        DoubtKind::StuckRegister
        | DoubtKind::ZeroRun
        | DoubtKind::ConstantLoad
        | DoubtKind::RepeatedDays
        | DoubtKind::Spike
        | DoubtKind::Ceiling => &[Action::Accept, Action::Exclude],
        DoubtKind::LevelStep => &[Action::Factor, Action::Accept, Action::Exclude],
        DoubtKind::SubmeterAboveMain => &[Action::Factor, Action::Exclude],
        DoubtKind::ProductionLow | DoubtKind::ExportHigh => {
            &[Action::Factor, Action::Exclude, Action::Accept]
        }
        DoubtKind::Closure | DoubtKind::RaisedUse => &[Action::Event, Action::Accept],
        DoubtKind::ImplausibleSaving => &[Action::Accept, Action::ExcludeSome],
        DoubtKind::UndeclaredProduction
        | DoubtKind::TemperatureConstant
        | DoubtKind::TemperatureShift
        | DoubtKind::TemperatureUnit
        | DoubtKind::TemperaturePlace
        | DoubtKind::TemperatureLevel => &[Action::Accept],
    }
}

fn decision(
    context: &ViewContext,
    doubt: &Doubt,
    who: &Participant,
    curve: Option<&DoubtCurve>,
    refused: Option<&RefusedForm>,
) -> Markup {
    let l = context.language;
    let kwh = doubt.kwh.map(|kwh| l.number(kwh, 0));
    // Most sentences have the number already.
    let kwh = kwh.filter(|kwh| !l.text(&doubt.words).contains(kwh.as_str()));
    html! {
        article.doubt {
            h3 { (who.municipality) ": " (doubt_name(doubt.kind, l)) }
            p { (sentence(l.text(&doubt.words))) " "
                @if let Some(kwh) = kwh { small { (l.pick("Det gäller", "It is about")) " " (kwh) "\u{a0}kWh." } } }
            @if let Some(DoubtCurve { curve, .. }) = curve {
                (doubted_chart(curve, &(doubt.from..doubt.until), context.zone(), l))
                p.note { (l.pick(
                    "Linjen är vad huset använde, ytan det normala. Det ifrågasatta är markerat.",
                    "The line is what was used, the area is normal. What is in doubt is marked.")) }
            }
            @if context.decides {
                @for action in actions(doubt.kind) { (action_form(context, *action, doubt, who, refused)) }
            }
        }
    }
}

fn action_form(
    context: &ViewContext,
    action: Action,
    doubt: &Doubt,
    who: &Participant,
    refused: Option<&RefusedForm>,
) -> Markup {
    let l = context.language;
    let (title, kind) = match action {
        Action::Accept => (
            match doubt.kind {
                DoubtKind::ImplausibleSaving => l.pick("Godta besparingen", "Accept the saving"),
                DoubtKind::StuckRegister | DoubtKind::ZeroRun => {
                    l.pick("Godta nollorna", "Accept the zeros")
                }
                kind if kind.is_temperature() => {
                    l.pick("Godta temperaturerna", "Accept the temperatures")
                }
                _ => l.pick("Godta värdena", "Accept the values"),
            },
            DeclarationKind::AcceptDoubt,
        ),
        Action::Exclude => {
            (l.pick("Undanta timmarna", "Exclude the hours"), DeclarationKind::ExcludedHours)
        }
        Action::ExcludeSome => {
            (l.pick("Undanta timmar", "Exclude hours"), DeclarationKind::ExcludedHours)
        }
        Action::Event => (l.pick("Anmäl en händelse", "Declare an event"), DeclarationKind::Event),
        Action::Factor => (l.pick("Rätta faktorn", "Correct the factor"), DeclarationKind::Factor),
    };
    // The same for this doubt whenever the page is drawn.
    let id = format!("{}-{}-{}-{}", kind.id(), who.id, doubt.kind, doubt.from.0);
    let form = Form::new(context, id, kind.id(), refused);
    let participant = Form::fixed("participant", &who.id);
    let from = Form::fixed("from", &rfc3339(doubt.from));
    let until = Form::fixed("until", &rfc3339(doubt.until));
    let until_if_ended = html! { @if !doubt.open { (until) } };
    let moment = |title: &str, name: &str| form.input(title, name, Input::of("datetime-local"));
    let fields = match action {
        Action::Accept => html! {
        (participant) (Form::fixed("doubt", doubt.kind.as_str())) (from) (until_if_ended) },
        Action::Exclude => html! { (participant) (from) (until) },
        Action::ExcludeSome => html! {
        (participant)
        (moment(l.pick("Från", "From"), "from")) (moment(l.pick("Till", "Until"), "until")) },
        Action::Event => {
            let day = |at: Time| local(at, context.zone()).date();
            // An event has whole days, and ends before the day that it names.
            let last = day(Time(doubt.until.0 - 1));
            let end = last.tomorrow().unwrap_or(last);
            let input = |title: &str, name: &str, day: Date| {
                form.input(title, name, Input::of("date").proposing(day.to_string()))
            };
            html! {
            (participant)
            (input(l.pick("Första dagen", "First day"), "from", day(doubt.from)))
            (input(l.pick("Dagen efter den sista", "The day after the last"), "until", end)) }
        }
        Action::Factor => {
            let factor = doubt.correction.map(|factor| digits(factor, l));
            html! {
            (meter(context, &form, doubt, who)) (from) (until_if_ended)
            (form.input(l.pick("Mätt energi gånger", "Measured energy times"), "factor",
                Input::number().proposing(factor))) }
        }
    };
    let save = l.pick("Spara beslutet", "Save the decision");
    form.render(title, &fields, l.pick("Skäl", "Reason"), save)
}

/// The meter in doubt, or a choice among those of the town hall.
fn meter(context: &ViewContext, form: &Form, doubt: &Doubt, who: &Participant) -> Markup {
    let mut meters = context.participants.iter().flat_map(|who| &who.meters);
    match doubt.meter.and_then(|meter| meters.nth(meter.0 as usize)) {
        Some(meter) => Form::fixed("meter", &meter.id),
        None => {
            let all = who.meters.iter().map(|it| (it.id.clone(), it.id.clone()));
            form.select(context.language.pick("Mätare", "Meter"), "meter", all)
        }
    }
}

/// A factor without needless digits, with the decimal mark of the language.
fn digits(factor: f64, l: Language) -> String {
    let digits = format!("{factor:.6}");
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    digits.replace('.', l.pick(",", "."))
}
