//! The page of one town hall: its load, its baseline, and how certain the saving is.
use competition::{Contact, Level, Participant, ParticipantIndex, Row, Score};
use maud::{Markup, html};
use wire::Language;

use super::{
    ViewContext,
    activities::insight,
    chart::{LoadCurve, chart},
    doubts,
    history::{self, DecisionHistory},
    layout::{PageFrame, page},
    panel_gallery::panel,
    row::state,
};
use crate::text::{ChooseText, FormatDate, FormatNumber, UNKNOWN, local};
use crate::{
    engine::{Insight, ParticipantFigures},
    web::rule::{score_range, score_text},
};

/// What the charts of a participant end with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum ChartEnd {
    /// This moment.
    Now,
    /// The newest values, which are older than a day.
    NewestValue,
    /// The end of the contest.
    Contest,
}

/// What the engine computes for a participant's page.
#[derive(Debug, Clone)]
pub(in crate::web) struct ParticipantCharts {
    pub(in crate::web) end: ChartEnd,
    pub(in crate::web) day: LoadCurve,
    pub(in crate::web) week: LoadCurve,
    pub(in crate::web) insight: Insight,
    pub(in crate::web) history: DecisionHistory,
}

/// A participant with its row and its current figures.
pub(super) struct ParticipantView<'a> {
    pub(super) who: &'a Participant,
    pub(super) row: &'a Row,
    pub(super) figures: &'a ParticipantFigures,
}

impl<'a> ParticipantView<'a> {
    pub(super) fn of(context: &ViewContext<'a>, index: ParticipantIndex) -> Option<Self> {
        let who = context.who(index)?;
        let row = context.snapshot.board.rows.iter().find(|row| row.participant == index)?;
        let figures = context.snapshot.figures.get(index.0 as usize)?;
        Some(Self { who, row, figures })
    }

    pub(super) fn saving(&self) -> Score {
        self.row.saving()
    }

    /// Saving since local midnight, percent of the baseline; negative where the building
    /// used more.
    pub(super) fn today_percent(&self) -> Option<f64> {
        let (used, normal) = self.figures.today.zip(self.figures.today_baseline)?;
        (normal.0 > 0).then(|| (1.0 - used.0 as f64 / normal.0 as f64) * 100.0)
    }
}

/// The page; `None` where the snapshot does not know the participant.
pub(in crate::web) fn participant(
    context: &ViewContext,
    index: ParticipantIndex,
    curves: &ParticipantCharts,
) -> Option<Markup> {
    let l = context.language;
    let participant_view = ParticipantView::of(context, index)?;
    let who = participant_view.who;
    let main = html! {
        section.hero.participant { div.inner {
            p.eyebrow { a href="/" { "← " (l.pick("Ställningen", "Standings")) } }
            h1 { (who.municipality) }
            p.lead { (who.building) " · " (who.cluster) }
            div #portrait data-live { (figures(context, &participant_view)) }
        } }
        section.curves { div.inner {
            div #day data-live {
                h2 { (match curves.end {
                    ChartEnd::Now => l.pick("Senaste dygnet", "The last 24 hours"),
                    ChartEnd::NewestValue => l.pick("Dygnet fram till de senaste mätvärdena", "The 24 hours up to the newest readings"),
                    ChartEnd::Contest => l.pick("Tävlingens sista dygn", "The last 24 hours of the contest"),
                }) }
                (chart(&curves.day, context.zone(), l))
            }
            (key(context))
            div #week data-live {
                h2 { (match curves.end {
                    ChartEnd::Now => l.pick("Senaste veckan", "The last seven days"),
                    ChartEnd::NewestValue => l.pick("Veckan fram till de senaste mätvärdena", "The seven days up to the newest readings"),
                    ChartEnd::Contest => l.pick("Tävlingens sista vecka", "The last seven days of the contest"),
                }) }
                (chart(&curves.week, context.zone(), l))
            }
        } }
        section.organiser { div.inner #doubts data-live { (doubts::list(context, participant_view.row)) } }
        section.organiser { div.inner #decisions data-live { (history::decisions(context, who, &curves.history)) } }
        section.facts { div.inner #facts data-live {
            @if !context.is_over() || participant_view.figures.today.is_some() {
                (today(context, &participant_view))
            }
            (night(context, &participant_view))
            (quality(context, &participant_view))
        } }
        (insight(context, who, &curves.insight))
        section.wall aria-labelledby="wall-title" { div.inner {
            h2 #wall-title { (l.pick("I entrén just nu", "In the lobby right now")) }
            div.pair { (panel(context, who, (128, 64))) (panel(context, who, (64, 32))) }
            p { a href={ "/kiosk/" (who.id) } { (l.pick("Bild för entréns tv", "Page for the lobby's television")) } }
        } }
    };
    let here = format!("/participants/{}", who.id);
    Some(page(
        context,
        &PageFrame { title: &who.municipality, here: &here, kind: "participant" },
        &main,
    ))
}

fn figures(context: &ViewContext, participant_view: &ParticipantView) -> Markup {
    let l = context.language;
    let ParticipantView { who, row, .. } = participant_view;
    let saving = participant_view.saving();
    let power = row.power.filter(|_| matches!(row.contact, Contact::Live | Contact::Stale));
    html! {
        dl.figures {
            div.first { dt { (l.pick("Effekt nu", "Power now")) }
                dd { span data-power=[power.is_some().then_some(&who.id)] { (power.map_or(UNKNOWN.into(), |p| l.kilowatts(p))) }
                    @if power.is_some() { " " span.unit { "kW" } } }
                dd.note { (state(context, row)) } }
            div { dt { (l.pick("Plats", "Rank")) }
                dd { (row.rank.map_or(UNKNOWN.into(), |rank| rank.to_string()))
                    " " span.unit { (l.pick("av", "of")) " " (context.competing()) } }
                @if let Some(reason) = row.public_reason.as_ref().filter(|_| row.rank.is_none()) { dd.note { (l.text(reason)) } } }
            div { dt { (l.pick("Besparing", "Saving")) }
                dd { (score_text(&saving, l)) }
                dd.note {
                    @if let Some(range) = score_range(&saving, l) { (range) " " (l.pick("med 90 % säkerhet", "with 90 % certainty")) br; }
                    @if let Some(target) = who.target { (l.pick("eget mål", "own target")) " " (l.percent(target.0, 0)) }
                } }
            div { dt { (l.pick("Sparat", "Saved")) }
                @match row.saved.zip(row.energy) {
                    Some((saved, used)) => {
                        dd.worse[saved.0 < 0] { (l.number(saved.kwh(), 0)) " " span.unit { "kWh" } }
                        dd.note { (l.pick("av normala", "of a normal")) " " (l.kwh(saved + used)) }
                    }
                    None => dd { (UNKNOWN) },
                } }
            div { dt { (l.pick("Per yta", "Per area")) }
                dd { @match row.kwh_per_m2 {
                    Some(v) => { (l.number(v, 2)) " " span.unit { "kWh/m²" } },
                    None => (UNKNOWN),
                } }
                @if let Some(area) = who.floor_area.at(local(context.now(), context.zone()).date()) {
                    dd.note { (l.number(area.0, 0)) " m² Atemp" } } }
        }
    }
}

fn key(context: &ViewContext) -> Markup {
    let l = context.language;
    html! {
        ul.key {
            li { svg viewBox="0 0 24 12" aria-hidden="true" { path.used d="M0 6H24" {} } (l.pick("använt", "used")) }
            li { svg viewBox="0 0 24 12" aria-hidden="true" { rect.normal x="0" y="0" width="24" height="12" {} } (l.pick("normalt för huset", "normal for the building")) }
            li { svg viewBox="0 0 24 12" aria-hidden="true" { rect.less x="0" y="0" width="24" height="12" {} path.used d="M0 12H24" {} } (l.pick("linjen under: sparat", "line below: saved")) }
            li { svg viewBox="0 0 24 12" aria-hidden="true" { rect.more x="0" y="0" width="24" height="12" {} path.used d="M0 0H24" {} } (l.pick("linjen över: mer än normalt", "line above: more than normal")) }
            li { svg viewBox="0 0 24 12" aria-hidden="true" { path.estimated d="M0 6H24" {} } (l.pick("uppskattat", "estimated")) }
            li { (l.pick("lucka: okänt", "gap: not known")) }
        }
    }
}

fn today(context: &ViewContext, participant_view: &ParticipantView) -> Markup {
    let l = context.language;
    let figures = participant_view.figures;
    html! {
        section { h2 { (l.pick("I dag mot normalt", "Today against normal")) }
            @match figures.today.zip(figures.today_baseline) {
                Some((used, normal)) => {
                    @let most = used.0.max(normal.0).max(1) as f64;
                    @let wide = |v: i64| (v.max(0) as f64 / most * 1000.0).round();
                    p.big { @match participant_view.today_percent() {
                        Some(p) if p >= 0.5 => { (l.percent(p, 0)) " " (l.pick("mindre", "less")) },
                        Some(p) if p <= -0.5 => { (l.percent(-p, 0)) " " (l.pick("mer", "more")) },
                        Some(_) => (l.pick("som vanligt", "as usual")),
                        None => (UNKNOWN),
                    } }
                    svg.versus viewBox="0 0 1000 60" preserveAspectRatio="none" aria-hidden="true" {
                        rect.used.worse[used > normal] x="0" y="0" width=(wide(used.0)) height="26" {}
                        rect.normal x="0" y="34" width=(wide(normal.0)) height="26" {}
                    }
                    p { (l.pick("Sedan midnatt", "Since midnight")) " " (l.kwh(used)) " · " (l.pick("normalt vid den här tiden", "normal by this time")) " " (l.kwh(normal)) }
                }
                None => p.nothing { (figures.today.map_or(UNKNOWN.into(), |used| l.kwh(used))) " "
                    (l.pick("sedan midnatt; det normala är inte känt.", "since midnight; what is normal is not known.")) },
            }
        }
    }
}

fn night(context: &ViewContext, participant_view: &ParticipantView) -> Markup {
    let l = context.language;
    let figures = participant_view.figures;
    html! {
        section { h2 { (l.pick("Natten, 22 till 05", "The night, 22:00 to 05:00")) }
            p.big { @match figures.night { Some(power) => { (l.kilowatts(power)) " kW" }, None => (UNKNOWN) } }
            @if let Some((last, before)) = figures.night.zip(figures.night_before) {
                p { (l.pick("Natten före:", "The night before:")) " " (l.kilowatts(before)) " kW · "
                    @match last.0 - before.0 {
                        0 => (l.pick("oförändrat", "unchanged")),
                        d if d < 0 => { "▼ " (l.kilowatts(before - last)) " kW " (l.pick("lägre", "lower")) },
                        _ => { "▲ " (l.kilowatts(last - before)) " kW " (l.pick("högre", "higher")) },
                    } }
            }
            p { (l.pick("Under tävlingen:", "During the contest:")) " "
                (participant_view.row.night_w_per_m2.map_or(UNKNOWN.into(), |v| l.number(v, 2))) " W/m²" }
        }
    }
}

fn quality(context: &ViewContext, participant_view: &ParticipantView) -> Markup {
    let l = context.language;
    let row = participant_view.row;
    let percent = |share: Option<f64>, decimals| {
        share.map_or(UNKNOWN.into(), |share| l.percent(share * 100.0, decimals))
    };
    let lines = [
        (
            l.pick("Kända timmar av tävlingen", "Known hours of the contest"),
            percent(row.coverage, 1),
        ),
        (
            l.pick(
                "Modellens spridning per timme, CV(RMSE)",
                "The model's hourly spread, CV(RMSE)",
            ),
            percent(row.cv_rmse, 0),
        ),
        (
            l.pick("Modellens spridning per dygn", "The model's daily spread"),
            percent(row.cv_rmse_daily, 0),
        ),
        (
            l.pick(
                "Nivån de sista tolv veckorna före tävlingen",
                "The level of the last twelve weeks before the contest",
            ),
            row.level.map_or(UNKNOWN.into(), |level| signed(l, level.percent())),
        ),
        (
            l.pick("Modellens systematiska fel, NMBE", "The model's bias, NMBE"),
            percent(row.nmbe, 1),
        ),
        (
            l.pick("Senaste mätning", "Newest reading"),
            row.measured_at
                .map_or(UNKNOWN.into(), |at| l.moment(at, context.now(), context.zone())),
        ),
    ];
    html! {
        section.quality { h2 { (l.pick("Hur säkert är det?", "How certain is it?")) }
            dl { @for (term, value) in lines { div { dt { (term) } dd { (value) } } } }
            @if let Some(level) = &row.level { p.note { (self::level(context, level)) } }
        }
    }
}

/// Percent with a plus where it is above zero.
fn signed(l: Language, percent: f64) -> String {
    let sign = if percent > 0.0 { "+" } else { "" };
    format!("{sign}{}", l.percent(percent, 1))
}

/// What the level is compared with, its hours, and what follows of it.
fn level(context: &ViewContext, level: &Level) -> String {
    let l = context.language;
    let day = |at| local(at, context.zone()).date();
    let last = day(level.until).yesterday().unwrap_or(day(level.until));
    let period = l.period(day(level.from), last);
    let hours = l.number(level.hours.into(), 0);
    let (found, applied) = (signed(l, level.percent()), signed(l, level.applied_percent()));
    match l {
        Language::Swedish => format!(
            "Nivån är {found} mot vad året förklarar ({period}, {hours} timmar); det normala är ändrat med {applied}."
        ),
        Language::English => format!(
            "The level is {found} against what the year explains ({period}, {hours} hours); normal use is changed by {applied}."
        ),
    }
}
