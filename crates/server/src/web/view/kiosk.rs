//! The page of one town hall for the television in its lobby.
use competition::{Contact, MilliWattHours, ParticipantIndex, Row, Score, Status};
use maud::{Markup, html};
use wire::Language;

use super::{
    ViewContext,
    chart::{LARGE, LoadCurve, draw},
    doubts,
    layout::kiosk_page,
    participant::{ChartEnd, ParticipantView},
};
use crate::text::{ChooseText, FormatDate, FormatNumber, UNKNOWN, hour_minute, local};
use crate::{
    display,
    web::rule::{score_range, score_text},
};

/// The page; `None` where the snapshot does not know the participant.
pub(in crate::web) fn kiosk(
    context: &ViewContext,
    index: ParticipantIndex,
    end: ChartEnd,
    curve: &LoadCurve,
) -> Option<Markup> {
    let l = context.language;
    let participant_view = ParticipantView::of(context, index)?;
    let ParticipantView { who, row, figures } = &participant_view;
    let time = local(context.now(), context.zone());
    let saving = participant_view.saving();
    let tendency = tendency(&saving, l);
    let night = display::is_night(&time);
    let class = if night { "kiosk dark" } else { "kiosk" };
    let heard = row.contact == Contact::Live;
    let main = html! {
        div #kiosk .stage.quiet[!heard] data-live data-dark[night] {
            header {
                h1 { (who.municipality) " " small { (who.building) } }
                p.clock { (l.weekday(time.weekday())) " " (l.day(time.date())) " " strong { (hour_minute(&time)) } }
            }
            section.now {
                @if context.is_over() {
                    (result(context, &participant_view))
                } @else if heard {
                    p.label { (l.pick("Huset drar nu", "The building draws")) }
                    p.huge { span data-power=(who.id) { (row.power.map_or(UNKNOWN.into(), |p| l.kilowatts(p))) } " " span.unit { "kW" } }
                    @if let Some((_, step)) = display::recent_step(figures, context.now()) {
                        p.step { @if step.0 > 0 { "▲ +" } @else { "▼ " } (l.kilowatts(step)) " kW "
                            (if step.0 > 0 { l.pick("slogs just på", "was just switched on") } else { l.pick("slogs just av", "was just switched off") }) }
                    }
                } @else {
                    p.label { @if row.contact == Contact::Imported { (l.pick("Mätvärdena importeras, de senaste är från", "Readings are imported, the newest are of")) }
                        @else { (l.pick("Ingen kontakt med mätaren", "No contact with the meter")) } }
                    (last_reading(context, row))
                }
                @if let Some(p) = participant_view.today_percent().filter(|_| heard && !context.is_over()) {
                    p.today { (l.pick("I dag hittills:", "So far today:")) " "
                        @if p >= 0.5 { strong { (l.percent(p, 0)) " " (l.pick("mindre", "less")) } " " (l.pick("än normalt", "than normal")) }
                        @else if p <= -0.5 { strong.worse { (l.percent(-p, 0)) " " (l.pick("mer", "more")) } " " (l.pick("än normalt", "than normal")) }
                        @else { strong { (l.pick("som vanligt", "as usual")) } } }
                }
            }
            section.place {
                @if context.is_over() {
                    // The rank is the largest item already.
                    p.label { (l.pick("Ställningen", "Standings")) }
                } @else {
                    p.label { (l.pick("Plats", "Rank")) }
                    p.huge { (row.rank.map_or(UNKNOWN.into(), |rank| rank.to_string())) " "
                        span.unit { (l.pick("av", "of")) " " (context.competing()) } }
                }
                @match &row.public_reason {
                    Some(_) if doubts::barring(row).is_some() =>
                        p { (l.pick("Mätvärdena kontrolleras av arrangören", "The organiser checks the readings")) },
                    Some(reason) if row.rank.is_none() => p { (l.text(reason)) },
                    _ => (neighbours(context, row)),
                }
            }
            section.saving {
                p.label { (l.pick("Besparing", "Saving")) }
                p.huge.worse[tendency == Tendency::Worse].even[tendency == Tendency::Even] { (score_text(&saving, l)) }
                @if let Some(range) = score_range(&saving, l) { p { (range) " " (l.pick("med 90 % säkerhet", "with 90 % certainty")) } }
                @if let Some(saved) = row.saved { p.last { (saved_words(l, saved)) } }
            }
            section.curve {
                p.label { (match end {
                        ChartEnd::Now => l.pick("Senaste dygnet.", "The last 24 hours."),
                        ChartEnd::NewestValue => l.pick("Veckan fram till de senaste mätvärdena.", "The seven days up to the newest readings."),
                        ChartEnd::Contest => l.pick("Tävlingens sista vecka.", "The last seven days of the contest."),
                    }) " " (l.pick("Linjen är vad huset använde, ytan det normala; grönt är sparat.", "The line is what was used, the area is normal; green was saved.")) }
                (draw(curve, context.zone(), l, LARGE))
            }
            footer { @if context.simulation_speed.is_some() { p.made-up { (l.pick("Demonstration med simulerade elmätare", "A demonstration with simulated meters")) } }
                p { (context.page_inputs().ticker()) } }
        }
    };
    Some(kiosk_page(context, &who.municipality, class, &main))
}

/// The result of the contest: rank, saving and energy.
fn result(context: &ViewContext, participant_view: &ParticipantView) -> Markup {
    let l = context.language;
    let ParticipantView { row, .. } = participant_view;
    let title = match context.snapshot.board.status {
        Status::Locked => l.pick("Slutresultat", "Final result"),
        _ => l.pick("Resultat, inte fastställt än", "Result, not confirmed yet"),
    };
    html! {
        p.label { (title) }
        @match row.rank {
            Some(rank) => p.huge { (l.pick("Plats", "Rank")) " " (rank) " "
                span.unit { (l.pick("av", "of")) " " (context.competing()) } },
            None => p.huge.none { small { (l.pick("Utan placering", "Not ranked")) } },
        }
        @let saving = participant_view.saving();
        @let percent = |value: f64| l.percent(value.abs(), saving.decimals());
        @match (saving.value, tendency(&saving, l)) {
            (None, _) => {},
            (Some(_), Tendency::Even) => p.step { (l.pick("Som normalt", "As normal")) },
            (Some(value), Tendency::Saved) => p.step { (percent(value)) " " (l.pick("mindre än normalt", "less than normal")) },
            (Some(value), Tendency::Worse) => p.step.worse { (percent(value)) " " (l.pick("mer än normalt", "more than normal")) },
        }
        @if let Some(saved) = row.saved { p.today { (saved_words(l, saved)) } }
    }
}

/// What a saving is, as it is shown: a rounded zero is neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tendency {
    Saved,
    Even,
    Worse,
}

fn tendency(saving: &Score, l: Language) -> Tendency {
    let text = score_text(saving, l);
    if !text.contains(|c: char| ('1'..='9').contains(&c)) {
        Tendency::Even
    } else if saving.value.is_some_and(|value| value < 0.0) {
        Tendency::Worse
    } else {
        Tendency::Saved
    }
}

/// Energy saved since the start, or used beyond what is normal.
fn saved_words(l: Language, saved: MilliWattHours) -> Markup {
    html! {
        @if saved.0 >= 0 { strong { (l.kwh(saved)) } " " (l.pick("sparat sedan starten", "saved since the start")) }
        @else { strong.worse { (l.kwh(MilliWattHours(-saved.0))) } " " (l.pick("mer än normalt sedan starten", "more than normal since the start")) }
    }
}

/// The time of the last reading, in place of the power.
fn last_reading(context: &ViewContext, row: &Row) -> Markup {
    let l = context.language;
    let Some(since) = row.measured_at.map(|at| local(at, context.zone())) else {
        return html! { p.huge.none { (UNKNOWN) } p.since { (l.pick("inga mätvärden än", "no readings yet")) } };
    };
    let today = since.date() == local(context.now(), context.zone()).date();
    html! {
        p.huge.none {
            @if row.contact != Contact::Imported { small { (l.pick("sedan", "since")) " " } }
            (hour_minute(&since)) }
        @if !today { p.since { (l.weekday(since.weekday())) " " (l.day(since.date())) } }
    }
}

/// The participant's row with the row before and the row after it.
fn neighbours(context: &ViewContext, row: &Row) -> Markup {
    let board = &context.snapshot.board;
    let ranked: Vec<&Row> = board.rows.iter().filter(|r| r.rank.is_some()).collect();
    let Some(own) = ranked.iter().position(|r| r.participant == row.participant) else {
        return html! {};
    };
    let from = own.saturating_sub(1).min(ranked.len().saturating_sub(3));
    html! {
        ol.last {
            @for r in ranked.iter().skip(from).take(3) {
                @if let Some(who) = context.who(r.participant) {
                    li.own[r.participant == row.participant] {
                        span { (r.rank.unwrap_or_default()) " " (who.municipality) }
                        span { (score_text(&r.score, context.language)) }
                    }
                }
            }
        }
    }
}
