//! The leaderboard and the clusters under another rule or baseline. The page first
//! states that it is not official.
use competition::{Baseline, ClusterRow, Leaderboard, Rule};
use maud::{Markup, html};
use wire::Language;

use super::{
    ViewContext,
    board::table,
    layout::{PageFrame, page},
    selection::Selection,
};
use crate::text::{ChooseText, FormatNumber, UNKNOWN};
use crate::web::rule;

/// The page.
pub(in crate::web) fn what_if(
    context: &ViewContext,
    board: &Leaderboard,
    clusters: &[ClusterRow],
    baseline: Baseline,
) -> Markup {
    let l = context.language;
    let all: Vec<_> = board.rows.iter().collect();
    let own =
        context.competition.rule == board.rule && context.competition.method.baseline == baseline;
    let main = html! {
        section.board aria-labelledby="if-title" { div.inner {
            p.eyebrow { a href="/" { "← " (l.pick("Den officiella ställningen", "The official standings")) } }
            h1 #if-title { (l.pick("Tänk om?", "What if?")) }
            p.unofficial role="note" { strong { (l.pick("Inte officiellt.", "Not official.")) } " "
                (l.pick("Så skulle ställningen se ut med en annan regel eller jämförelse. Tävlingens resultat påverkas inte.",
                    "This is what the standings would be by another rule or comparison. The contest's result is not affected."))
                @if own { " " (l.pick("Valet är just nu tävlingens eget.", "The choice is the contest's own at present.")) } }
            form.filter method="get" action="/what-if" {
                label { span { (l.pick("Regel", "Rule")) } select name="rule" {
                    @for it in Rule::ALL { option value=(it.as_str()) selected[it == board.rule] { (rule::title(it, l)) } } } }
                label { span { (l.pick("Jämfört med", "Compared with")) } select name="baseline" {
                    @for it in Baseline::ALL { option value=(it.as_str()) selected[it == baseline] { (name(it, l)) } } } }
                button type="submit" { (l.pick("Räkna om", "Recompute")) }
            }
            p.sentence { (rule::sentence(board.rule, l)) }
            @if let Some(reason) = board.no_interval(baseline) {
                p.note { (l.text(&reason)) "." }
            }
            (table(context, board, &all))
            h2 { (l.pick("Kluster, vägda efter golvarea", "Clusters, weighted by floor area")) }
            table.plain #clusters {
                thead { tr { th { (l.pick("Plats", "Rank")) } th { (l.pick("Kluster", "Cluster")) }
                    th.number { (l.pick("Besparing", "Saving")) } th.number { "kWh/m²" } th.number { (l.pick("Rådhus", "Town halls")) } } }
                tbody { @for row in clusters { tr {
                    td { (row.rank.map_or(UNKNOWN.into(), |it| it.to_string())) }
                    td { (row.cluster) }
                    td.number { (row.saving_percent.map_or(UNKNOWN.into(), |it| l.percent(it, 1))) }
                    td.number { (row.kwh_per_m2.map_or(UNKNOWN.into(), |it| l.number(it, 2))) }
                    td.number { (row.ranked) }
                } } }
            }
        } }
    };
    let here = format!("/what-if?rule={}&baseline={}", board.rule.as_str(), baseline.as_str());
    let title = l.pick("Tänk om?", "What if?");
    page(context, &PageFrame { title, here: &here, kind: "what-if" }, &main)
}

/// A baseline's name for visitors.
fn name(baseline: Baseline, l: Language) -> &'static str {
    match baseline {
        Baseline::Level => l.pick(
            "husets normala användning, väder och nivån de senaste tolv veckorna",
            "the building's normal use, weather and the level of the last twelve weeks",
        ),
        Baseline::Season => l.pick(
            "husets normala användning, årstid och väder",
            "the building's normal use, season and weather",
        ),
        Baseline::HoursTemperature => {
            l.pick("husets normala användning och väder", "the building's normal use and weather")
        }
        Baseline::Hours => l.pick("husets normala användning", "the building's normal use"),
        Baseline::LastYear => l.pick(
            "samma datum förra året (2011 års regel)",
            "the same dates last year (the rule of 2011)",
        ),
        Baseline::ThreeWeeksBefore => {
            l.pick("de tre veckorna före tävlingen", "the three weeks before the contest")
        }
    }
}

impl Selection {
    /// The address of the what-if page for this selection.
    pub(super) fn what_if(&self) -> String {
        self.rule.map_or_else(
            || "/what-if?baseline=last-year".to_owned(),
            |rule| format!("/what-if?rule={}", rule.as_str()),
        )
    }
}
