//! One row of the leaderboard.
use competition::{Contact, Participant, Row, Rule, Time};
use maud::{Markup, html};

use super::{
    ViewContext,
    bar::{Scale, bar},
    doubts,
};
use crate::text::{FormatDate, FormatNumber, UNKNOWN, local};
use crate::web::rule::{score_range, score_text, title};

/// The columns after rank, name and score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Saving,
    Saved,
    Intensity,
    Night,
    Power,
}

/// The columns of a leaderboard by `rule`: the score has its own column and is not
/// repeated.
pub(super) fn columns(rule: Rule) -> impl Iterator<Item = Column> {
    let own = match rule {
        Rule::Intensity => Column::Intensity,
        Rule::Night => Column::Night,
        Rule::SavingPerEmployee => Column::Saved,
        Rule::Saving | Rule::MostImproved => Column::Saving,
    };
    let all = [Column::Saving, Column::Saved, Column::Intensity, Column::Night, Column::Power];
    // Saved per employee differs from saved, so both are shown.
    all.into_iter().filter(move |c| *c != own || rule == Rule::SavingPerEmployee)
}

impl Column {
    pub(super) fn title(self, context: &ViewContext) -> &'static str {
        let l = context.language;
        match self {
            Self::Saving => title(Rule::Saving, l),
            Self::Saved => l.pick("Sparat", "Saved"),
            Self::Intensity => l.pick("Per yta", "Per area"),
            Self::Night => l.pick("Nattlast", "Night load"),
            Self::Power => l.pick("Effekt nu", "Power now"),
        }
    }

    /// The class of its cells: the style sheet hides some columns on phones.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Saving => "c-saving",
            Self::Saved => "c-saved",
            Self::Intensity => "c-intensity",
            Self::Night => "c-night",
            Self::Power => "power",
        }
    }

    pub(super) fn unit(self) -> &'static str {
        match self {
            Self::Saving => "%",
            Self::Saved => "kWh",
            Self::Intensity => "kWh/m²",
            Self::Night => "W/m²",
            Self::Power => "kW",
        }
    }

    /// The number without its unit, which is in the column's head, on phones in the cell.
    fn number(self, context: &ViewContext, row: &Row) -> Option<String> {
        let l = context.language;
        match self {
            Self::Saving => row.saving_percent.map(|v| l.number(v, row.saving().decimals())),
            Self::Saved => row.saved.map(|e| l.number(e.kwh(), 0)),
            Self::Intensity => row.kwh_per_m2.map(|v| l.number(v, 2)),
            Self::Night => row.night_w_per_m2.map(|v| l.number(v, 1)),
            Self::Power => match row.contact {
                // A value that is hours old is not the power now.
                Contact::Silent | Contact::Imported => None,
                _ => row.power.map(|p| l.kilowatts(p)),
            },
        }
    }
}

/// Whether the meter is live, or since when it is not: a symbol and its text. After the
/// contest a meter that sends nothing is no fault.
pub(super) fn state(context: &ViewContext, row: &Row) -> Markup {
    let l = context.language;
    let is_over = context.is_over();
    let class = match row.contact {
        Contact::Live => "live",
        Contact::Imported => "imported",
        _ if is_over => "over",
        Contact::Stale => "stale",
        Contact::Silent => "silent",
    };
    let sign = match row.contact {
        Contact::Live => "●",
        Contact::Stale => "◐",
        Contact::Silent => "○",
        Contact::Imported => "◌",
    };
    let until = row.measured_at.map(|at| measured_until(context, at));
    let since = row.measured_at.map(|at| l.moment(at, context.now(), context.zone()));
    html! {
        span class={ "state " (class) } {
            span.sign aria-hidden="true" { (sign) }
            " "
            @match (row.contact, since, until) {
                (Contact::Live, _, _) => (l.pick("direkt", "live")),
                (Contact::Imported, _, Some(until)) => { (l.pick("importerat", "imported")) " " (until) },
                (_, _, Some(until)) if is_over => { (l.pick("mätt", "measured")) " " (until) },
                (Contact::Stale, Some(since), _) => { (l.pick("senast", "last heard")) " " (since) },
                (_, Some(since), _) => { (l.pick("tyst sedan", "silent since")) " " (since) },
                (_, None, _) => (l.pick("inga mätvärden än", "no readings yet")),
            }
        }
    }
}

/// Up to when there are values; a midnight is the end of the day before.
fn measured_until(context: &ViewContext, at: Time) -> String {
    let l = context.language;
    let end = local(at, context.zone());
    if (end.hour(), end.minute()) == (0, 0) {
        let day = end.date().yesterday().unwrap_or(end.date());
        format!("{} {}", l.pick("till och med", "to the end of"), l.day(day))
    } else {
        format!("{} {}", l.pick("till", "until"), l.moment(at, context.now(), context.zone()))
    }
}

/// The whole row.
pub(super) fn row(
    context: &ViewContext,
    rule: Rule,
    row: &Row,
    who: &Participant,
    scale: &Scale,
) -> Markup {
    let l = context.language;
    let score = &row.score;
    html! {
        tr id={ "p-" (who.id) } data-id=(who.id) role="row" {
            td.rank role="cell" {
                @match row.rank {
                    Some(rank) => (rank),
                    None => { span aria-hidden="true" { (UNKNOWN) } span.unseen { (l.pick("utan placering", "not ranked")) } },
                }
            }
            th.who scope="row" role="rowheader" {
                a href={ "/participants/" (who.id) } { (who.municipality) }
                small { (who.building) " · " (who.cluster) }
                @if let Some(reason) = doubts::short_reason(context, row) {
                    small.reason { (reason) }
                }
                (doubts::mark(context, row))
            }
            td.score role="cell" {
                span.value { (score_text(score, l)) }
                @if let Some(range) = score_range(score, l) {
                    " " span.range { (range) }
                }
                (bar(score, scale))
            }
            @for column in columns(rule) {
                @let number = column.number(context, row);
                @let now = column == Column::Power && matches!(row.contact, Contact::Live | Contact::Stale);
                td class={ "number " (column.class()) @if number.is_none() { " none" } } role="cell"
                    data-label=(column.title(context)) {
                    span data-power=[now.then_some(&who.id)] { (number.as_deref().unwrap_or(UNKNOWN)) }
                    @if number.is_some() { span.unit { "\u{a0}" (column.unit()) } }
                }
            }
            td.contact role="cell" { (state(context, row)) }
        }
    }
}
