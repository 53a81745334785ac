//! What the engine does, without threads and channels: readings in, standings and
//! store kept together.
use std::{collections::BTreeMap, sync::Arc, time::Instant};

use competition::{
    AppendOutcome, Leaderboard, MeterIndex, Participant, ParticipantIndex, RejectReason, Revision,
    Sample, Standings, Time, Watts,
};
use metrics::Counter;
use wire::{GatewayId, Status, Topic};

use super::{
    GatewayState, IngestCounts, ParticipantFigures,
    decision_state::DecisionState,
    pending_audit::{LATE_AFTER, PendingAudit},
    power_step::PowerStepDetector,
    recover::{Recovered, give_imported},
    store_history::StoreHistory,
    telegram_errors::TelegramErrors,
};
use crate::{
    audit,
    clock::Clock,
    ingest::{AckBatch, DecodedBatch, IngestError, MeterDirectory, Rejections, ResolvedReading},
    store::{Inserted, Store, StoreError},
};

/// Gateways that are remembered; more have no place in a competition.
const MOST_GATEWAYS: usize = 10_000;

/// Of one participant, beside what the standings know.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Something of it changed since it was last published.
    pub(super) touched: bool,
    /// Its last jump.
    pub(super) step: Option<(Time, Watts)>,
    /// It jumped since it was last published.
    pub(super) jumped: Option<Watts>,
    pub(super) house: Arc<ParticipantFigures>,
}

/// All that the engine's thread owns.
#[derive(Debug)]
pub(super) struct EngineState {
    pub(super) clock: Clock,
    pub(super) standings: Standings,
    pub(super) store: Store,
    pub(super) directory: MeterDirectory,
    pub(super) rejections: Rejections,
    pub(super) watches: Vec<Watch>,
    pub(super) gateways: BTreeMap<GatewayId, GatewayState>,
    telegram_errors: TelegramErrors,
    /// By meter: its jumps, and what its power counts for the house.
    steps: Vec<(PowerStepDetector, i64)>,
    received: Counted,
    stored: Counted,
    repeated: Counted,
    late: Counted,
    conflicts: Counted,
    doubted: Counted,
    statuses: Counted,
    refused: [Counted; IngestError::LABELS.len()],
    /// Committed with the next commit.
    acks: Vec<AckBatch>,
    /// Late readings wait for [`EngineState::settle`].
    unsettled: bool,
    /// Up to where the standings have what was imported.
    pub(super) imported: i64,
    /// The board before imports of which the audit log does not say what they moved.
    pub(super) before_import: Option<Leaderboard>,
    /// Late readings of a locked contest, to be kept with the next commit.
    aside: Vec<(String, Sample)>,
    /// As configured, and as declared on top of it.
    pub(super) configured: Vec<Participant>,
    pub(super) participants: Arc<[Participant]>,
    pub(super) decided: DecisionState,
    pub(super) trail: PendingAudit,
    /// The standings are others than at the last snapshot.
    pub(super) rebuilt: bool,
    contest: Time,
    contest_end: Time,
    /// Another process has written into the store; it may have noted a decision.
    pub(super) foreign: bool,
}

#[derive(Debug)]
struct Counted {
    here: u64,
    told: u64,
    metric: Counter,
}

impl Counted {
    fn new(metric: Counter) -> Self {
        Self { here: 0, told: 0, metric }
    }

    /// The metric is told once a batch: its counter is shared by all threads.
    fn tell(&mut self) {
        if self.told != self.here {
            self.metric.increment(self.here - self.told);
            self.told = self.here;
        }
    }
}

impl EngineState {
    pub(super) fn new(
        recovered: Recovered,
        directory: MeterDirectory,
        clock: Clock,
    ) -> Result<Self, StoreError> {
        let Recovered { standings, store, imported, configured, decided } = recovered;
        let contest = audit::contest_start(standings.competition());
        let contest_end = audit::contest_end(standings.competition());
        let trail = PendingAudit::open(&store)?;
        let participants = standings.participants();
        let steps = participants
            .iter()
            .flat_map(|participant| &participant.meters)
            .map(|meter| {
                let sign = if meter.sign == competition::Sign::Minus { -1 } else { 1 };
                (PowerStepDetector::default(), sign * i64::from(meter.multiplier))
            })
            .collect();
        let outcome = |outcome| {
            Counted::new(metrics::counter!("wattkampen_readings_total", "outcome" => outcome))
        };
        let plain = |name: &'static str| Counted::new(metrics::counter!(name));
        let mut core = Self {
            clock,
            participants: participants.into(),
            watches: participants
                .iter()
                .map(|_| Watch { touched: true, ..Watch::default() })
                .collect(),
            standings,
            store,
            directory,
            rejections: Rejections::default(),
            gateways: BTreeMap::new(),
            telegram_errors: TelegramErrors::default(),
            steps,
            received: plain("wattkampen_deliveries_total"),
            stored: outcome("stored"),
            repeated: outcome("repeated"),
            conflicts: outcome("conflict"),
            doubted: plain("wattkampen_doubted_readings_total"),
            late: plain("wattkampen_late_readings_total"),
            statuses: plain("wattkampen_status_total"),
            refused: IngestError::LABELS.map(|label| {
                Counted::new(metrics::counter!("wattkampen_refused_total", "reason" => label))
            }),
            acks: Vec::new(),
            unsettled: false,
            imported,
            before_import: None,
            aside: Vec::new(),
            configured,
            decided,
            trail,
            rebuilt: false,
            contest,
            contest_end,
            foreign: true,
        };
        core.begin()?;
        Ok(core)
    }

    /// Takes a batch; nothing of it is durable or acknowledged before
    /// [`EngineState::commit`].
    pub(super) fn take(&mut self, batch: DecodedBatch) -> Result<(), StoreError> {
        let (now, real) = (self.clock.now(), Instant::now());
        self.received.here += batch.received;
        self.acks.push(batch.acks);
        for accepted in batch.readings {
            self.reading(&accepted, now, real)?;
        }
        for (topic, reason) in batch.refused {
            self.refuse(&topic, &reason, now, real);
        }
        for (gateway, status) in batch.statuses {
            self.status(gateway, status, now);
        }
        Ok(())
    }

    fn reading(
        &mut self,
        accepted: &ResolvedReading,
        now: Time,
        real: Instant,
    ) -> Result<(), StoreError> {
        let &ResolvedReading { meter, sample, ref topic } = accepted;
        if let Err(refusal) = self.standings.screen(meter, &sample, now) {
            self.refuse(topic, &IngestError::Refused(refusal), now, real);
            if refusal == RejectReason::Locked {
                self.set_aside(meter, sample, now);
            }
            return Ok(());
        }
        let inserted = self.store.readings.insert(meter, sample)?;
        match inserted {
            Inserted::Newest => {
                self.stored.here += 1;
                // The board has shown its hour without it.
                let late = sample.at.0 < now.0 - LATE_AFTER && sample.at >= self.contest;
                let owner = self.directory.owner(meter);
                let before = late.then(|| self.standings.contest_totals(owner));
                match self.standings.append(meter, sample) {
                    AppendOutcome::Counted => self.step(meter, &sample),
                    AppendOutcome::Quarantined(_) => {
                        self.doubted.here += 1;
                        self.trail.doubted();
                    }
                    AppendOutcome::Late => self.unsettled = true,
                }
                if let Some(before) = before {
                    let after = self.standings.contest_totals(owner);
                    self.trail.late(meter, sample.at);
                    self.trail.moved(owner, after - before);
                }
            }
            Inserted::Late => {
                self.stored.here += 1;
                self.late.here += 1;
                self.amend(meter, sample.at);
            }
            Inserted::Repeated => {
                self.repeated.here += 1;
                return Ok(());
            }
            Inserted::Conflict { moved } => {
                self.conflicts.here += 1;
                let name = self.directory.name(meter).to_owned();
                self.rejections.add(topic, &IngestError::Conflict(name), now, real);
                if moved {
                    self.amend(meter, sample.at);
                }
            }
        }
        let ParticipantIndex(owner) = self.directory.owner(meter);
        self.watches[owner as usize].touched = true;
        Ok(())
    }

    /// A reading of the contest that came after the lock is kept, if it could be one.
    fn set_aside(&mut self, meter: MeterIndex, sample: Sample, now: Time) {
        if sample.at.0 >= self.contest_end.0 + LATE_AFTER {
            return;
        }
        self.standings.lock(false);
        let screened = self.standings.screen(meter, &sample, now);
        self.standings.lock(true);
        if screened.is_ok() {
            self.aside.push((self.directory.name(meter).to_owned(), sample));
            self.trail.aside(meter, sample.at);
        }
    }

    fn amend(&mut self, meter: MeterIndex, at: Time) {
        self.standings.invalidate(meter, at);
        self.trail.late(meter, at);
        self.unsettled = true;
    }

    fn step(&mut self, meter: MeterIndex, sample: &Sample) {
        let Some(power) = sample.power else { return };
        let (steps, weight) = &mut self.steps[meter.0 as usize];
        if let Some(step) = steps.see(sample.at, power) {
            let step = Watts(step.0.saturating_mul(*weight));
            let ParticipantIndex(owner) = self.directory.owner(meter);
            let watch = &mut self.watches[owner as usize];
            watch.step = Some((sample.at, step));
            watch.jumped = Some(step);
        }
    }

    fn refuse(&mut self, topic: &str, reason: &IngestError, now: Time, real: Instant) {
        let label = reason.label();
        if let Some(at) = IngestError::LABELS.iter().position(|known| *known == label) {
            self.refused[at].here += 1;
        }
        self.rejections.add(topic, reason, now, real);
    }

    fn status(&mut self, id: GatewayId, status: Status, heard: Time) {
        self.statuses.here += 1;
        if self.gateways.len() < MOST_GATEWAYS || self.gateways.contains_key(&id) {
            for (reason, more) in self.telegram_errors.heard(&id, &status) {
                let topic = Topic::Status(id.clone()).to_buf();
                let reason = IngestError::Telegrams(reason);
                self.rejections.add_many(more.into(), &topic, &reason, heard, Instant::now());
            }
            self.gateways.insert(id.clone(), GatewayState { id, status, heard });
        }
    }

    /// Makes what was taken last, then acknowledges it.
    ///
    /// # Errors
    /// The store's. Nothing is acknowledged then; the call may be repeated.
    pub(super) fn commit(&mut self) -> Result<(), StoreError> {
        if !self.aside.is_empty() {
            self.store.imports.keep_post_lock(&self.aside)?;
            self.aside.clear();
        }
        self.store.readings.commit()?;
        for acks in self.acks.drain(..) {
            acks.send();
        }
        for counted in [
            &mut self.received,
            &mut self.stored,
            &mut self.repeated,
            &mut self.late,
            &mut self.conflicts,
            &mut self.doubted,
            &mut self.statuses,
        ]
        .into_iter()
        .chain(&mut self.refused)
        {
            counted.tell();
        }
        Ok(())
    }

    /// Takes what others have committed beside us: imports, decisions.
    fn take_foreign(&mut self) -> Result<(), StoreError> {
        if !self.store.imports.changed_by_others()? {
            return Ok(());
        }
        self.foreign = true;
        let before = self.official(self.clock.now());
        let known = self.imported;
        let Self { standings, store, watches, .. } = self;
        self.imported = give_imported(standings, store, self.imported, |who| {
            watches[who.0 as usize].touched = true;
        })?;
        if self.imported != known {
            self.before_import.get_or_insert(before);
        }
        Ok(())
    }

    /// Lets late readings and imported rows move the standings.
    ///
    /// # Errors
    /// Where stored readings cannot be read: the standings are then not to be
    /// trusted any more.
    pub(super) fn settle(&mut self) -> Result<Vec<Revision>, StoreError> {
        self.take_foreign()?;
        if !self.unsettled && self.standings.is_settled() {
            return Ok(Vec::new());
        }
        let history = StoreHistory::new(&self.store);
        let moved = self.standings.settle(&history);
        history.done()?;
        self.unsettled = false;
        self.trail.doubted();
        for moved in &moved {
            if self.trail.waits_for(&self.directory, moved.participant) {
                self.trail.moved(moved.participant, moved.after - moved.before);
            }
            self.watches[moved.participant.0 as usize].touched = true;
        }
        Ok(moved)
    }

    /// One transaction of a checkpoint; whether it was the last.
    pub(super) fn checkpoint_step(&mut self) -> Result<bool, StoreError> {
        self.settle()?;
        let Self { standings, store, .. } = self;
        store.checkpoint_step(&mut |meter| standings.days(meter))
    }

    /// A whole checkpoint.
    pub(super) fn checkpoint(&mut self) -> Result<(), StoreError> {
        self.settle()?;
        let Self { standings, store, .. } = self;
        store.checkpoint(&mut |meter| standings.days(meter))
    }

    pub(super) fn counts(&self) -> IngestCounts {
        let refused = IngestError::LABELS.iter().zip(&self.refused);
        IngestCounts {
            received: self.received.here,
            stored: self.stored.here,
            late: self.late.here,
            repeated: self.repeated.here,
            conflicts: self.conflicts.here,
            doubted: self.doubted.here,
            refused: refused.filter(|(_, c)| c.here > 0).map(|(l, c)| (*l, c.here)).collect(),
            readings: self.store.readings.count(),
        }
    }
}
