//! Open doubts about the input: the mark on a leaderboard row, the list on a town hall's
//! page, and the organiser's list with the three decisions.
use competition::{Consequence, Doubt, DoubtKind, Participant, Row, Time};
use maud::{Markup, html};
use wire::Language;

use super::ViewContext;
use crate::text::{ChooseText, FormatDate, FormatNumber, doubt_name, local, rfc3339};

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
        return row.reason.as_ref().filter(|_| row.rank.is_none()).map(|it| l.text(it).to_owned());
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
            small.doubt title=(l.text(&doubt.words)) {
                span aria-hidden="true" { "⚠ " } (doubt_name(doubt.kind, l)) ", "
                (l.moment(doubt.from, context.now(), context.zone()))
            }
        }
        @if let more @ 1.. = others.len().saturating_sub(3) {
            small.doubt { (more) " " (l.pick("till", "more")) }
        }
    }
}

/// The open doubts about a town hall, for its page.
pub(super) fn list(context: &ViewContext, row: &Row) -> Markup {
    let l = context.language;
    html! {
        @if !row.doubts.is_empty() {
            h2 { (l.pick("Ifrågasatta mätvärden", "Values in doubt")) }
            ul.plain.doubts { @for doubt in &row.doubts {
                li { strong { (doubt_name(doubt.kind, l)) "." } " " (sentence(l.text(&doubt.words))) } } }
        }
    }
}

/// All open doubts with the decisions that the organiser has.
pub(super) fn desk(context: &ViewContext) -> Markup {
    let l = context.language;
    let rows = context.snapshot.board.rows.iter();
    let rows: Vec<(&Doubt, &Participant)> = rows
        .flat_map(|row| row.doubts.iter().map(move |doubt| (doubt, row.participant)))
        .filter_map(|(doubt, who)| Some((doubt, context.who(who)?)))
        .collect();
    html! {
        h2 #doubts { (l.pick("Ifrågasatta mätvärden", "Values in doubt")) }
        p.sentence { (l.pick(
            "Mätvärden som inte kan stämma, eller som bara du kan förklara. Ett rådhus vars energi till en väsentlig del är ifrågasatt rangordnas inte förrän du har beslutat.",
            "Values that cannot be right, or that only you can explain. A town hall with a material part of its energy in doubt is not ranked until you decide.")) }
        @if rows.is_empty() {
            p.nothing { (l.pick("Ingenting är ifrågasatt.", "Nothing is in doubt.")) }
        }
        @for (doubt, who) in rows { (decision(context, doubt, who)) }
    }
}

fn decision(context: &ViewContext, doubt: &Doubt, who: &Participant) -> Markup {
    let l = context.language;
    let from = rfc3339(doubt.from);
    let until = rfc3339(doubt.until);
    let meters: Vec<&str> =
        context.participants.iter().flat_map(|who| &who.meters).map(|m| m.id.as_str()).collect();
    let meter = doubt.meter.and_then(|meter| meters.get(meter.0 as usize).copied());
    let consequence = match doubt.consequence {
        Consequence::Quarantined => l.pick("räknas som okänt", "counts as unknown"),
        Consequence::Flagged => l.pick("räknas som det är", "counts as it is"),
    };
    html! {
        article.doubt {
            h3 { (who.municipality) ": " (doubt_name(doubt.kind, l)) }
            p { (sentence(l.text(&doubt.words))) " "
                @if let Some(kwh) = doubt.kwh { small { (l.number(kwh, 0)) " kWh, " (consequence) } } }
            details { summary { (l.pick("Godta värdena", "Accept the values")) }
                (form(l, "accept-doubt", &html! {
                    input type="hidden" name="participant" value=(who.id);
                    input type="hidden" name="doubt" value=(doubt.kind.as_str());
                    input type="hidden" name="from" value=(from);
                    @if !doubt.open { input type="hidden" name="until" value=(until); } })) }
            @if !doubt.kind.is_temperature() {
                details { summary { (l.pick("Undanta timmarna", "Exclude the hours")) }
                    (form(l, "excluded-hours", &html! {
                        input type="hidden" name="participant" value=(who.id);
                        input type="hidden" name="from" value=(from);
                        input type="hidden" name="until" value=(until); })) }
            }
            @if let Some(meter) = meter.filter(|_| doubt.kind == DoubtKind::LevelStep) {
                details { summary { (l.pick("Rätta faktorn", "Correct the factor")) }
                    (form(l, "factor", &html! {
                        input type="hidden" name="meter" value=(meter);
                        input type="hidden" name="from" value=(from);
                        @if !doubt.open { input type="hidden" name="until" value=(until); }
                        label { span { (l.pick("Mätt energi gånger", "Measured energy times")) }
                            input name="factor" inputmode="decimal" required autocomplete="off" value=[doubt.correction.map(digits)]; } })) }
            }
        }
    }
}

fn form(l: Language, kind: &str, fields: &Markup) -> Markup {
    html! {
        form.filter method="post" action="/organiser" {
            input type="hidden" name="kind" value=(kind);
            (fields)
            label { span { (l.pick("Skäl", "Reason")) }
                input name="reason" required minlength="3" maxlength="500" autocomplete="off"; }
            label { span { (l.pick("Din roll", "Your role")) }
                input name="by" required maxlength="80" autocomplete="organization-title"; }
            button type="submit" { (l.pick("Spara beslutet", "Save the decision")) }
        }
    }
}

/// A factor without needless digits.
fn digits(factor: f64) -> String {
    let digits = format!("{factor:.6}");
    digits.trim_end_matches('0').trim_end_matches('.').to_owned()
}
