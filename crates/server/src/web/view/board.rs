//! The front page: the live leaderboard, with what a first visitor needs to read it.
use competition::{Leaderboard, Row, Rule, by_name};
use maud::{Markup, html};
use wire::Language;

use super::{
    ViewContext,
    bar::Scale,
    layout::{PageFrame, page},
    panel_gallery::panel_gallery,
    row::{columns, row},
    selection::Selection,
    summary::{meaning, summary},
};
use crate::{text::ChooseText, web::rule};

/// The page; `board` is ranked by the selection's rule.
pub(in crate::web) fn board(
    context: &ViewContext,
    board: &Leaderboard,
    selection: &Selection,
) -> Markup {
    let l = context.language;
    let shown: Vec<&Row> =
        board.rows.iter().filter(|row| selection.includes(context, row)).collect();
    let main = html! {
        (summary(context))
        section.board aria-labelledby="board-title" {
            div.inner {
                h2 #board-title { (l.pick("Ställningen", "Standings")) }
                (rules(context, board, selection))
                p.sentence { (rule::sentence(board.rule, l)) " " (rule::production(context.competition.production, l))
                    @if board.rule != context.competition.rule {
                        " " em { (l.pick("Detta är inte tävlingens egen regel och därför inte officiellt.", "This is not the contest's own rule, so it is not official.")) }
                    }
                    " " a href=(selection.what_if()) { (l.pick("Tänk om?", "What if?")) }
                }
                @if let Some(reason) = board.no_interval(context.competition.method.baseline) {
                    p.note { (l.text(&reason)) "." }
                }
                (filter(context, selection))
                @if shown.is_empty() {
                    p.nothing { (l.pick("Inget rådhus passar ditt val.", "No town hall matches your choice.")) " "
                        a href=(Selection { rule: selection.rule, ..Selection::default() }.address()) { (l.pick("Visa alla", "Show all")) } }
                } @else {
                    (table(context, board, &shown))
                }
                (meaning(board, l))
            }
        }
        (panel_gallery(context, &shown, selection))
    };
    page(context, &PageFrame { title: "", here: &selection.address(), kind: "front" }, &main)
}

fn rules(context: &ViewContext, board: &Leaderboard, selection: &Selection) -> Markup {
    let l = context.language;
    html! {
        nav.rules aria-label=(l.pick("Rangordna efter", "Rank by")) {
            @for rule in Rule::ALL {
                @let own = rule == context.competition.rule;
                @let chosen = (!own).then_some(rule);
                a href=(Selection { rule: chosen, ..selection.clone() }.address())
                    aria-current=[(rule == board.rule).then_some("page")] { (rule::title(rule, l)) }
            }
        }
    }
}

fn filter(context: &ViewContext, selection: &Selection) -> Markup {
    let l = context.language;
    let mut clusters: Vec<&str> = context.participants.iter().map(|p| p.cluster.as_str()).collect();
    clusters.sort_by(|a, b| by_name(a, b));
    clusters.dedup();
    html! {
        form.filter method="get" action="/" role="search" {
            @if let Some(rule) = selection.rule { input type="hidden" name="rule" value=(rule.as_str()); }
            label { span { (l.pick("Sök", "Search")) }
                input type="search" name="q" value=(selection.search.as_deref().unwrap_or_default())
                    placeholder=(l.pick("Kommun eller hus", "Municipality or building")) autocomplete="off"; }
            label { span { (l.pick("Kluster", "Cluster")) }
                select name="cluster" {
                    option value="" { (l.pick("Alla", "All")) }
                    @for cluster in clusters {
                        option value=(cluster) selected[selection.cluster.as_deref() == Some(cluster)] { (cluster) }
                    }
                } }
            button type="submit" { (l.pick("Visa", "Show")) }
        }
    }
}

pub(super) fn table(context: &ViewContext, board: &Leaderboard, shown: &[&Row]) -> Markup {
    let l = context.language;
    // The scale covers all rows, so that a filter does not change the bars.
    let scale = Scale::over(board.rows.iter().map(|row| &row.score));
    let ranked = shown.iter().take_while(|row| row.rank.is_some()).count();
    let (ranked, unranked) = shown.split_at(ranked);
    let is_reference = |row: &&Row| context.who(row.participant).is_some_and(|who| who.reference);
    let (reference, unranked): (Vec<&Row>, Vec<&Row>) =
        unranked.iter().copied().partition(is_reference);
    html! {
        table #board data-live data-rule=(board.rule.as_str()) role="table" {
            caption { (caption(context, board.rule, shown.len())) }
            thead role="rowgroup" { tr role="row" {
                th.rank scope="col" role="columnheader" { (l.pick("Plats", "Rank")) }
                th.who scope="col" role="columnheader" { (l.pick("Rådhus", "Town hall")) }
                th.score scope="col" role="columnheader" { (rule::measure(board.rule, l)) }
                @for column in columns(board.rule) {
                    th.number scope="col" role="columnheader" { (column.title(context)) " " small { (column.unit()) } }
                }
                th.contact scope="col" role="columnheader" { (l.pick("Läge", "State")) }
            } }
            @for group in ranked.chunk_by(|a, b| a.group.is_some() && a.group == b.group) {
                tbody.group.several[group.len() > 1] role="rowgroup" {
                    @for r in group {
                        @if let Some(who) = context.who(r.participant) { (row(context, board.rule, r, who, &scale)) }
                    }
                }
            }
            @for (heading, rows) in [
                (l.pick("Utan placering", "Not ranked"), unranked),
                (l.pick("Referenshus, som inte tävlar", "Reference buildings, which do not compete"), reference),
            ] {
                @if !rows.is_empty() {
                    tbody.unranked role="rowgroup" {
                        tr.heading role="row" { th colspan="8" scope="rowgroup" role="rowheader" { (heading) } }
                        @for r in rows {
                            @if let Some(who) = context.who(r.participant) { (row(context, board.rule, r, who, &scale)) }
                        }
                    }
                }
            }
        }
    }
}

fn caption(context: &ViewContext, rule: Rule, shown: usize) -> String {
    let all = context.participants.len();
    let title = rule::title(rule, context.language).to_lowercase();
    match (context.language, shown == all) {
        (Language::Swedish, true) => format!("{all} rådhus efter {title}"),
        (Language::Swedish, false) => format!("{shown} av {all} rådhus efter {title}"),
        (Language::English, true) => format!("{all} town halls by {title}"),
        (Language::English, false) => format!("{shown} of {all} town halls by {title}"),
    }
}
