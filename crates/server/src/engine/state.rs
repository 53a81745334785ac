//! What the engine does, without threads and channels.
//!
//! The parts own their fields: [`StoredStandings`] the standings and the store,
//! [`IngestState`] the ingest path, [`DecisionState`] the organiser's decisions,
//! [`LiveParticipants`] the live figures, [`PendingAudit`] what the audit log lacks.
use std::sync::Arc;

use competition::{
    Baseline, ClusterRow, Leaderboard, Participant, ParticipantIndex, Revision, Rule, Time,
};

use super::{
    Decisions, EngineEvent, GatewayState, IngestCounts, Insight, ParticipantFigures, Recovered,
    decision_state::DecisionState,
    figures::LiveParticipants,
    ingest_state::{IngestState, IngestTargets},
    pending_audit::PendingAudit,
    stored_standings::{Failure, StoredStandings},
};
use crate::{
    audit::AuditEntry,
    clock::Clock,
    ingest::{DecodedBatch, MeterDirectory, Rejection},
    store::StoreError,
};

/// What a snapshot is made of.
pub(super) struct SnapshotContent {
    pub(super) board: Leaderboard,
    pub(super) participants: Arc<[Participant]>,
    pub(super) figures: Vec<Arc<ParticipantFigures>>,
    /// A decision replaced the leaderboard, even where it looks the same.
    pub(super) replaced: bool,
}

/// Everything that the engine's thread owns.
#[derive(Debug)]
pub(super) struct EngineState {
    pub(super) clock: Clock,
    pub(super) standings: StoredStandings,
    pub(super) ingest: IngestState,
    pub(super) decisions: DecisionState,
    pub(super) live: LiveParticipants,
    pub(super) audit: PendingAudit,
    /// As configured.
    pub(super) configured: Vec<Participant>,
    /// With the declarations in force.
    pub(super) participants: Arc<[Participant]>,
    /// The audit log may have decisions that are not applied.
    pub(super) decisions_pending: bool,
    /// A decision replaced the leaderboard since the last snapshot.
    pub(super) leaderboard_replaced: bool,
}

impl EngineState {
    /// Records the start in the audit log.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub(super) fn new(
        recovered: Recovered,
        directory: MeterDirectory,
        clock: Clock,
    ) -> Result<Self, StoreError> {
        let Recovered { standings, store, imported_up_to, configured, decisions } = recovered;
        let audit = PendingAudit::open(&store)?;
        let participants: Arc<[Participant]> = standings.participants().into();
        let mut state = Self {
            clock,
            ingest: IngestState::new(directory, standings.competition(), &participants),
            standings: StoredStandings::new(standings, store, imported_up_to),
            decisions,
            live: LiveParticipants::new(participants.len()),
            audit,
            configured,
            participants,
            decisions_pending: true,
            leaderboard_replaced: false,
        };
        state.record_start()?;
        Ok(state)
    }

    /// Applies a batch of readings; see [`IngestState::apply`].
    ///
    /// # Errors
    /// An earlier reading cannot be read from the store; the engine has to end.
    pub(super) fn apply_batch(&mut self, batch: DecodedBatch) -> Result<(), StoreError> {
        let now = self.clock.now();
        let Self { ingest, standings, live, audit, .. } = self;
        ingest.apply(batch, &mut IngestTargets { standings, live, audit }, now)
    }

    /// Makes durable what was applied, then acknowledges it.
    ///
    /// # Errors
    /// The store's. Nothing is acknowledged then; the call may be repeated.
    pub(super) fn commit(&mut self) -> Result<(), StoreError> {
        self.ingest.commit(&mut self.standings)
    }

    /// Lets late readings and imported rows change the standings.
    ///
    /// # Errors
    /// [`Failure::Fatal`] where stored readings cannot be read.
    pub(super) fn settle(&mut self) -> Result<Vec<Revision>, Failure> {
        if self.standings.changed_by_others()? {
            self.decisions_pending = true;
            let before = self.official(self.clock.now());
            let Self { standings, live, audit, .. } = self;
            if standings.apply_imports(|who| live.mark_changed(who))? {
                audit.imported(before);
            }
        }
        let Some(revisions) = self.standings.settle()? else { return Ok(Vec::new()) };
        self.audit.quarantine_changed();
        for revision in &revisions {
            let Revision { participant, before, after, .. } = *revision;
            if self.audit.has_late_readings(self.ingest.directory(), participant) {
                self.audit.totals_changed(participant, after - before);
            }
            self.live.mark_changed(participant);
        }
        Ok(revisions)
    }

    pub(super) fn checkpoint_due(&self) -> bool {
        self.standings.checkpoint_due()
    }

    /// One transaction of a checkpoint.
    pub(super) fn checkpoint_step(&mut self) -> Result<(), Failure> {
        self.settle()?;
        self.standings.checkpoint_step()?;
        Ok(())
    }

    /// A whole checkpoint.
    pub(super) fn checkpoint(&mut self) -> Result<(), Failure> {
        self.settle()?;
        Ok(self.standings.checkpoint()?)
    }

    pub(super) fn sealing_due(&self) -> bool {
        self.standings.sealing_due(self.clock.now())
    }

    /// Seals some days.
    pub(super) fn seal_step(&mut self) -> Result<(), StoreError> {
        self.standings.seal_step(self.clock.now())
    }

    /// The official leaderboard: the locked result where there is one.
    pub(super) fn official(&self, now: Time) -> Leaderboard {
        self.decisions.official(&self.standings, now)
    }

    /// The leaderboard by any rule, now or as of a moment.
    pub(super) fn leaderboard(&self, rule: Rule, as_of: Option<Time>) -> Leaderboard {
        let now = self.clock.now();
        if self.decisions.is_result(rule, self.standings.competition().rule, as_of) {
            return self.official(now);
        }
        match as_of {
            Some(as_of) => self.standings.leaderboard_at(rule, as_of),
            None => self.standings.leaderboard(rule, now),
        }
    }

    /// The leaderboard by another rule and baseline; some milliseconds a participant.
    pub(super) fn what_if(&self, rule: Rule, baseline: Baseline) -> (Leaderboard, Vec<ClusterRow>) {
        let method = self.standings.competition().method.with_baseline(baseline);
        let board = self.standings.what_if(rule, method, self.clock.now());
        let clusters = self.standings.clusters_on(&board);
        (board, clusters)
    }

    /// Effects of a participant's activities, and its saving opportunities.
    pub(super) fn insight(&self, who: ParticipantIndex) -> Insight {
        let now = self.clock.now();
        let activities = &self.participants[who.0 as usize].activities;
        let price = self.standings.competition().factors.price;
        let effects = activities.iter().map(|it| self.standings.effect_on(who, it.day, now));
        Insight {
            effects: effects.collect(),
            traps: self.standings.saving_opportunities(who, now, price),
            notices: self.standings.notices(who),
        }
    }

    /// The organiser's decisions.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub(super) fn decision_summary(&self) -> Result<Decisions, StoreError> {
        Ok(self.decisions.summary(self.standings.store().audit.last_entry(None)?))
    }

    /// Entries of the audit log after one.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub(super) fn audit_entries(&self, after: i64) -> Result<Vec<AuditEntry>, StoreError> {
        self.standings.store().audit.entries(after)
    }

    pub(super) fn counts(&self) -> IngestCounts {
        self.ingest.counts(self.readings())
    }

    /// Updates the metrics of what was received and what is stored.
    pub(super) fn publish_counters(&mut self) {
        self.ingest.publish_counters(&self.standings);
    }

    /// Readings in the store.
    pub(super) fn readings(&self) -> u64 {
        self.standings.store().readings.count()
    }

    pub(super) fn rejections(&self) -> Vec<Rejection> {
        self.ingest.rejections()
    }

    pub(super) fn gateways(&self) -> Vec<GatewayState> {
        self.ingest.gateways()
    }

    /// What the next snapshot holds, and the events of what changed. `all` recomputes
    /// the figures of every participant.
    pub(super) fn snapshot_content(
        &mut self,
        as_of: Time,
        all: bool,
    ) -> (SnapshotContent, Vec<EngineEvent>) {
        let events = self.live.refresh(&self.standings, as_of, all);
        let board = self.official(as_of);
        self.audit.published(&board);
        let content = SnapshotContent {
            board,
            participants: self.participants.clone(),
            figures: self.live.figures(),
            replaced: std::mem::take(&mut self.leaderboard_replaced),
        };
        (content, events)
    }
}
