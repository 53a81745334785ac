//! The ingest path behind the decoder: what a batch of resolved readings changes in
//! the standings, the store, the counters and the audit log, up to its commit.
use std::{collections::BTreeMap, time::Instant};

use competition::{
    AppendOutcome, Competition, MeterIndex, Participant, RejectReason, Sample, Sign, Time, Watts,
};
use wire::{GatewayId, Status, Topic};

use super::{
    GatewayState, IngestCounts,
    figures::LiveParticipants,
    gateway_clocks::GatewayClocks,
    pending_audit::{LATE_AFTER, PendingAudit},
    power_step::PowerStepDetector,
    reading_counters::ReadingCounters,
    stored_standings::StoredStandings,
    telegram_errors::TelegramErrors,
};
use crate::{
    audit,
    ingest::{
        AckBatch, DecodedBatch, IngestError, MeterDirectory, Rejection, Rejections, ResolvedReading,
    },
    store::{Inserted, StoreError},
};

/// Gateways whose state is kept. A competition has far fewer; the limit bounds memory
/// against clients that invent names.
const MAX_GATEWAYS: usize = 10_000;

/// What the ingest path changes besides its own state.
pub(super) struct IngestTargets<'a> {
    pub(super) standings: &'a mut StoredStandings,
    pub(super) live: &'a mut LiveParticipants,
    pub(super) audit: &'a mut PendingAudit,
}

/// State of the ingest path.
#[derive(Debug)]
pub(super) struct IngestState {
    directory: MeterDirectory,
    counters: ReadingCounters,
    rejections: Rejections,
    gateways: BTreeMap<GatewayId, GatewayState>,
    telegram_errors: TelegramErrors,
    meters: Vec<MeterPower>,
    clocks: GatewayClocks,
    contest_start: Time,
    contest_end: Time,
    /// Sent after the next commit.
    acks: Vec<AckBatch>,
    /// Readings received after the lock, stored apart with the next commit.
    post_lock: Vec<(String, Sample)>,
}

/// Detects steps of a meter's power and scales them to the building.
#[derive(Debug)]
struct MeterPower {
    detector: PowerStepDetector,
    /// Multiplier of the meter, negative for a sub-meter that is subtracted.
    weight: i64,
}

impl MeterPower {
    fn step(&mut self, sample: &Sample) -> Option<Watts> {
        let Watts(step) = self.detector.update(sample.at, sample.power?)?;
        Some(Watts(step.saturating_mul(self.weight)))
    }
}

impl IngestState {
    pub(super) fn new(
        directory: MeterDirectory,
        competition: &Competition,
        participants: &[Participant],
    ) -> Self {
        let meters = participants.iter().flat_map(|participant| &participant.meters);
        let meters = meters.map(|meter| {
            let sign = if meter.sign == Sign::Minus { -1 } else { 1 };
            let weight = sign * i64::from(meter.multiplier);
            MeterPower { detector: PowerStepDetector::default(), weight }
        });
        let meters: Vec<MeterPower> = meters.collect();
        Self {
            directory,
            clocks: GatewayClocks::new(meters.len()),
            counters: ReadingCounters::default(),
            rejections: Rejections::default(),
            gateways: BTreeMap::new(),
            telegram_errors: TelegramErrors::default(),
            meters,
            contest_start: audit::contest_start(competition),
            contest_end: audit::contest_end(competition),
            acks: Vec::new(),
            post_lock: Vec::new(),
        }
    }

    pub(super) const fn directory(&self) -> &MeterDirectory {
        &self.directory
    }

    pub(super) fn counts(&self, readings: u64) -> IngestCounts {
        IngestCounts { clock_offsets: self.clocks.offsets(), ..self.counters.counts(readings) }
    }

    pub(super) fn rejections(&self) -> Vec<Rejection> {
        self.rejections.list()
    }

    /// Logs rejections that have waited for their minute.
    pub(super) fn log_rejections(&mut self, now: Instant) {
        self.rejections.tick(now);
    }

    pub(super) fn gateways(&self) -> Vec<GatewayState> {
        self.gateways.values().cloned().collect()
    }

    /// Applies a batch. Nothing of it is durable or acknowledged before
    /// [`IngestState::commit`].
    ///
    /// # Errors
    /// An earlier reading cannot be read from the store; the batch is applied in part
    /// and must never be acknowledged.
    pub(super) fn apply(
        &mut self,
        batch: DecodedBatch,
        targets: &mut IngestTargets<'_>,
        now: Time,
    ) -> Result<(), StoreError> {
        let real = Instant::now();
        self.counters.delivered(batch.received);
        self.acks.push(batch.acks);
        for reading in batch.readings {
            self.apply_reading(&reading, targets, now, real)?;
            let export = self.directory.export(reading.meter, &reading.sample);
            if let Some((meter, sample)) = export {
                let reading = ResolvedReading { meter, sample, topic: reading.topic };
                self.apply_reading(&reading, targets, now, real)?;
            }
        }
        for (topic, error) in batch.refused {
            self.reject(&topic, &error, now, real);
        }
        for (gateway, status) in batch.statuses {
            self.apply_status(gateway, status, now);
        }
        Ok(())
    }

    fn apply_reading(
        &mut self,
        reading: &ResolvedReading,
        targets: &mut IngestTargets<'_>,
        now: Time,
        real: Instant,
    ) -> Result<(), StoreError> {
        let &ResolvedReading { meter, sample, ref topic } = reading;
        self.clocks.arrived(meter, sample.at, now);
        if let Err(reason) = targets.standings.screen(meter, &sample, now) {
            self.reject(topic, &IngestError::Refused(reason), now, real);
            if reason == RejectReason::Locked {
                self.keep_post_lock(meter, sample, targets, now);
            }
            return Ok(());
        }
        match targets.standings.insert(meter, sample)? {
            Inserted::Newest => {
                self.counters.stored();
                self.append(meter, sample, targets, now);
            }
            Inserted::Late => {
                self.counters.stored();
                self.counters.late();
                invalidate(meter, sample.at, targets);
            }
            Inserted::Repeated => {
                self.counters.repeated();
                return Ok(());
            }
            Inserted::Conflict { moved } => {
                self.counters.conflict();
                let name = self.directory.name(meter).to_owned();
                self.rejections.add(topic, &IngestError::Conflict(name), now, real);
                if moved {
                    invalidate(meter, sample.at, targets);
                }
            }
        }
        targets.live.mark_changed(self.directory.owner(meter));
        Ok(())
    }

    /// Adds the newest reading of a meter to the standings.
    fn append(
        &mut self,
        meter: MeterIndex,
        sample: Sample,
        targets: &mut IngestTargets<'_>,
        now: Time,
    ) {
        let IngestTargets { standings, live, audit } = targets;
        let owner = self.directory.owner(meter);
        // The leaderboard has already shown this hour without the reading.
        let late = sample.at.0 < now.0 - LATE_AFTER && sample.at >= self.contest_start;
        let before = late.then(|| standings.contest_totals(owner));
        match standings.append(meter, sample) {
            AppendOutcome::Counted => {
                if let Some(step) = self.meters[meter.0 as usize].step(&sample) {
                    live.record_step(owner, sample.at, step);
                }
            }
            AppendOutcome::Quarantined(_) => {
                self.counters.quarantined();
                audit.quarantine_changed();
            }
            AppendOutcome::Late => {}
        }
        if let Some(before) = before {
            audit.late_reading(meter, sample.at);
            audit.totals_changed(owner, standings.contest_totals(owner) - before);
        }
    }

    /// Keeps a reading of the contest that was received after the lock, if it would have
    /// been accepted before.
    fn keep_post_lock(
        &mut self,
        meter: MeterIndex,
        sample: Sample,
        targets: &mut IngestTargets<'_>,
        now: Time,
    ) {
        if sample.at.0 < self.contest_end.0 + LATE_AFTER
            && targets.standings.screen_as_unlocked(meter, &sample, now).is_ok()
        {
            self.post_lock.push((self.directory.name(meter).to_owned(), sample));
            targets.audit.post_lock_reading(meter, sample.at);
        }
    }

    fn reject(&mut self, topic: &str, error: &IngestError, now: Time, real: Instant) {
        self.counters.rejected(error);
        self.rejections.add(topic, error, now, real);
    }

    fn apply_status(&mut self, id: GatewayId, status: Status, received_at: Time) {
        self.counters.status();
        if self.gateways.len() >= MAX_GATEWAYS && !self.gateways.contains_key(&id) {
            return;
        }
        for (error, count) in self.telegram_errors.update(&id, &status) {
            let topic = Topic::Status(id.clone()).to_buf();
            let error = IngestError::Telegrams(error);
            self.rejections.add_many(count.into(), &topic, &error, received_at, Instant::now());
        }
        self.gateways.insert(id.clone(), GatewayState { id, status, received_at });
    }

    /// Updates the metrics of what was received and what is stored.
    pub(super) fn publish_counters(&mut self, standings: &StoredStandings) {
        self.counters.publish(standings.store().readings.count());
    }

    /// Makes durable what was applied, then acknowledges it.
    ///
    /// # Errors
    /// The store's. Nothing is acknowledged then; the call may be repeated.
    pub(super) fn commit(&mut self, standings: &mut StoredStandings) -> Result<(), StoreError> {
        if !self.post_lock.is_empty() {
            standings.keep_post_lock(&self.post_lock)?;
            self.post_lock.clear();
        }
        standings.commit()?;
        // A sender that has its acknowledgement finds its reading in the metrics.
        self.publish_counters(standings);
        for acks in self.acks.drain(..) {
            acks.send();
        }
        Ok(())
    }
}

fn invalidate(meter: MeterIndex, at: Time, targets: &mut IngestTargets<'_>) {
    targets.standings.invalidate(meter, at);
    targets.audit.late_reading(meter, at);
}
