//! On a town hall's page: the organiser's decisions that change its result, also those
//! that were withdrawn, with date, role and reason.
use std::collections::HashMap;

use competition::{Exclusion, Participant};
use maud::{Markup, html};

use super::ViewContext;
use crate::{
    audit::{AuditEntry, AuditEvent, Change, Declaration},
    text::{FormatDate, without_contacts},
};

/// What is known of a town hall's decisions.
#[derive(Debug, Clone, Default)]
pub(in crate::web) struct DecisionHistory {
    /// All declarations and amendments of the competition, oldest first.
    pub(in crate::web) entries: Vec<AuditEntry>,
    /// Hours that the configuration excludes.
    pub(in crate::web) configured: Vec<Exclusion>,
}

/// The section; empty where there is no decision.
pub(super) fn decisions(
    context: &ViewContext,
    who: &Participant,
    history: &DecisionHistory,
) -> Markup {
    let l = context.language;
    let text = context.decision_text();
    let declared = |entry: &AuditEntry| match entry.event() {
        AuditEvent::Declaration { declared } => Some((false, declared)),
        AuditEvent::Amendment { declared } => Some((true, declared)),
        _ => None,
    };
    let all: Vec<(&AuditEntry, bool, Declaration)> = history
        .entries
        .iter()
        .filter_map(|entry| declared(entry).map(|(amends, it)| (entry, amends, it)))
        .collect();
    let withdrawn: HashMap<i64, (&AuditEntry, &Declaration)> = all
        .iter()
        .filter_map(|(entry, _, it)| match it.change {
            Change::Withdraw { entry: withdrawn } => Some((withdrawn, (*entry, it))),
            _ => None,
        })
        .collect();
    // Activities have their own section.
    let own: Vec<_> = all
        .iter()
        .filter(|(_, _, it)| !matches!(it.change, Change::Activity { .. }))
        .filter(|(_, _, it)| text.participant(&it.change).is_some_and(|it| it.id == who.id))
        .collect();
    let moment = |at| l.date_time(at, context.zone());
    html! {
        @if !own.is_empty() || !history.configured.is_empty() {
            h2 { (l.pick("Arrangörens beslut", "The organiser's decisions")) }
            ul.plain.decisions {
                @for it in &history.configured { li {
                    strong { (l.pick("Undantagna timmar", "Excluded hours")) ", "
                        (l.span(it.from, Some(it.until), context.zone())) } ". "
                    (without_contacts(&it.reason))
                    br; small { (l.pick("Bestämt i tävlingens konfiguration", "Set in the contest's configuration")) }
                } }
                @for (entry, amends, it) in &own {
                    @let taken_back = withdrawn.get(&entry.seq);
                    li.withdrawn[taken_back.is_some()] {
                        strong { (text.heading(&it.change)) } ". "
                        (without_contacts(&it.reason))
                        br; small {
                            @if *amends { (l.pick("Rättelse av det låsta resultatet", "Amendment of the locked result")) }
                            @else { (l.pick("Beslutat", "Decided")) }
                            " " (moment(entry.at)) " " (l.pick("av", "by")) " " (without_contacts(&it.by))
                            @if let Some((entry, it)) = taken_back {
                                br; strong { (l.pick("Återtaget", "Withdrawn")) } " " (moment(entry.at)) " "
                                (l.pick("av", "by")) " " (without_contacts(&it.by)) ": " (without_contacts(&it.reason))
                            }
                        }
                    }
                }
            }
        }
    }
}
