//! An engine client over a fabricated snapshot, for tests of pages, panels and JSON.
use std::sync::Arc;

use arc_swap::ArcSwap;
use competition::{
    Competition, Leaderboard, MilliWattHours, Participant, Provenance, QuarantinedReadings, Rule,
    Score,
};
use tokio::sync::{broadcast, mpsc};

use super::{
    DecisionError, Decisions, EngineClient, EngineEvent, EngineHealth, GatewayState, IngestCounts,
    Insight, Point, Snapshot, client::Query,
};
use crate::ingest::Rejection;

/// What the fake engine answers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answers {
    pub(crate) rejections: Vec<Rejection>,
    pub(crate) quarantine: Vec<QuarantinedReadings>,
    pub(crate) gateways: Vec<GatewayState>,
    pub(crate) counts: IngestCounts,
    pub(crate) decisions: Decisions,
    /// Load curves in W by hour of the UTC day: used, and the baseline.
    pub(crate) load: [(i64, i64); 24],
}

/// A client of the fake engine; must be called inside a runtime.
pub(crate) fn client(
    competition: Competition,
    participants: Vec<Participant>,
    snapshot: Snapshot,
    answers: Answers,
) -> EngineClient {
    let (queries, mut received) = mpsc::channel(8);
    let handle = EngineClient {
        snapshot: Arc::new(ArcSwap::from_pointee(snapshot)),
        events: broadcast::Sender::new(64),
        queries,
        competition: Arc::new(competition),
        participants: participants.into(),
        health: Arc::new(EngineHealth::new(None)),
    };
    let snapshot = Arc::clone(&handle.snapshot);
    tokio::spawn(async move {
        while let Some(query) = received.recv().await {
            answer(query, &snapshot.load(), &answers);
        }
    });
    handle
}

/// Publishes a snapshot as the engine does.
pub(crate) fn publish(handle: &EngineClient, snapshot: Snapshot, events: &[EngineEvent]) {
    let version = snapshot.version;
    handle.snapshot.store(Arc::new(snapshot));
    for event in events {
        let _ = handle.events.send(event.clone());
    }
    let _ = handle.events.send(EngineEvent::Leaderboard(version));
}

/// The snapshot's board in the same order with the scores of another rule.
fn under_rule(snapshot: &Snapshot, rule: Rule) -> Leaderboard {
    let mut board = Leaderboard { rule, ..snapshot.board.clone() };
    for row in &mut board.rows {
        let who = &snapshot.participants[row.participant.0 as usize];
        let per_employee = || {
            let employees = who.employees.0.last().map(|(_, count)| f64::from(*count));
            row.saved.zip(employees).map(|(saved, employees)| saved.kwh() / employees)
        };
        row.score = match rule {
            Rule::Saving => row.saving(),
            Rule::Intensity => Score::new(row.kwh_per_m2, rule.unit()),
            Rule::Night => Score::new(row.night_w_per_m2, rule.unit()),
            Rule::SavingPerEmployee => Score::new(per_employee(), rule.unit()),
            Rule::MostImproved => Score::new(row.improvement_points, rule.unit()),
        };
    }
    board
}

fn answer(query: Query, snapshot: &Snapshot, answers: &Answers) {
    // The receiver may be gone.
    match query {
        Query::Leaderboard { rule, as_of, reply } => {
            let mut board = under_rule(snapshot, rule);
            board.as_of = as_of.unwrap_or(board.as_of);
            let _ = reply.send(Ok(Arc::new(board)));
        }
        Query::WhatIf { rule, baseline, reply } => {
            let mut board = under_rule(snapshot, rule);
            if baseline == competition::Baseline::LastYear {
                for row in &mut board.rows {
                    row.interval_percent = None;
                    row.score.interval = None;
                }
            }
            let _ = reply.send(Ok((board, Vec::new())));
        }
        Query::Insight { reply, .. } => {
            let effect = competition::Effect {
                before_percent: 8.0,
                after_percent: 8.5,
                change_percent: 0.5,
                interval_percent: [-2.5, 3.5].into(),
                distinguishable: false,
            };
            let trap = competition::SavingOpportunity {
                kind: competition::OpportunityKind::NeverAsleep,
                reference: competition::ReferenceLoad::Others,
                since: jiff::civil::date(2027, 3, 23),
                at_least: true,
                kwh_per_year: 12_000.0,
                sek_per_year: 18_000.0,
                confidence: competition::Confidence::Medium,
            };
            let notice = competition::Notice {
                kind: competition::NoticeKind::GapOverEdge,
                range: None,
                hours: 12,
                energy: None,
                text: competition::Bilingual::new(
                    "12 hours of the contest are unknown".to_owned(),
                    "12 av tävlingens timmar är okända".to_owned(),
                ),
            };
            let insight =
                Insight { effects: vec![Some(effect)], traps: vec![trap], notices: vec![notice] };
            let _ = reply.send(Ok(insight));
        }
        Query::Series { range, step, reply, .. } => {
            let step = step.seconds();
            let starts = (range.start.0..range.end.0).step_by(step as usize);
            let points = starts.map(|at| {
                let (used, normal) = answers.load[(at.div_euclid(3600) % 24) as usize];
                let energy = |watts: i64| MilliWattHours(watts * step * 1000 / 3600);
                // Something is always missing, and something estimated.
                let newest = snapshot.board.rows.iter().filter_map(|row| row.measured_at).max();
                let measured = newest.is_none_or(|newest| at < newest.0);
                let known = measured && at.rem_euclid(86_400) / 3600 != 13;
                Point {
                    at: competition::Time(at),
                    energy: known.then_some(energy(used)),
                    baseline: Some(energy(normal)),
                    estimated: at.rem_euclid(86_400) / 3600 == 4,
                    provenance: match at.rem_euclid(86_400) / 3600 {
                        4 => Provenance::Estimated,
                        13 => Provenance::Missing,
                        _ => Provenance::Measured,
                    },
                }
            });
            let _ = reply.send(Ok(points.collect()));
        }
        Query::Quarantine(reply) => drop(reply.send(Ok(answers.quarantine.clone()))),
        Query::Rejections(reply) => drop(reply.send(Ok(answers.rejections.clone()))),
        Query::Gateways(reply) => drop(reply.send(Ok(answers.gateways.clone()))),
        Query::Counts(reply) => drop(reply.send(Ok(answers.counts.clone()))),
        Query::Decisions(reply) => drop(reply.send(Ok(answers.decisions.clone()))),
        Query::Log { reply, .. } => drop(reply.send(Ok(Vec::new()))),
        Query::Decide { reply, .. } => {
            let error = DecisionError::Store("there is no store".to_owned());
            drop(reply.send(Ok(Err(error))));
        }
    }
}

impl EngineClient {
    /// Whether the clock is behind, as the engine says it.
    pub(crate) fn set_clock_behind(&self, behind: bool) {
        self.health.clock_behind.store(behind, std::sync::atomic::Ordering::Relaxed);
    }
}
