//! The standings and the store they are computed from, kept together: a reading is in
//! both or in neither.
use std::{ops::Deref, time::Instant};

use competition::{
    AppendOutcome, MeterIndex, Participant, ParticipantIndex, RejectReason, Revision, Sample,
    Standings, Time,
};

use super::{
    recover::{self, apply_imports},
    store_history::StoreHistory,
};
use crate::{
    audit::{AuditEntry, AuditEvent},
    store::{Inserted, Store, StoreError},
};

/// Dereferences to the standings, for reading.
#[derive(Debug)]
pub(super) struct StoredStandings {
    standings: Standings,
    store: Store,
    /// The store's list of imports has been applied up to this row.
    imported_up_to: i64,
    /// Late readings wait for [`StoredStandings::settle`].
    unsettled: bool,
}

/// Why an operation on the store failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nothing has changed; the operation may be repeated.
    Retry(StoreError),
    /// The standings may lack readings; they must not be used any more.
    Fatal(StoreError),
}

impl From<StoreError> for Failure {
    /// SQLite refuses for a while when its file is locked or the disk is full, and a file that
    /// was moved away may be put back; the other errors do not go away.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Sqlite(_) | StoreError::Replaced(_) => Self::Retry(error),
            other => Self::Fatal(other),
        }
    }
}

impl Failure {
    pub(super) fn into_error(self) -> StoreError {
        let (Self::Retry(error) | Self::Fatal(error)) = self;
        error
    }
}

/// Standings of other participants, computed and not yet in use.
pub(super) struct Rebuilt {
    standings: Standings,
    imported_up_to: i64,
}

impl Rebuilt {
    pub(super) const fn standings(&self) -> &Standings {
        &self.standings
    }
}

impl Deref for StoredStandings {
    type Target = Standings;

    fn deref(&self) -> &Standings {
        &self.standings
    }
}

impl StoredStandings {
    pub(super) const fn new(standings: Standings, store: Store, imported_up_to: i64) -> Self {
        Self { standings, store, imported_up_to, unsettled: false }
    }

    pub(super) const fn store(&self) -> &Store {
        &self.store
    }

    pub(super) fn lock(&mut self, locked: bool) {
        self.standings.lock(locked);
    }

    /// Screens a reading as if the result were not locked.
    pub(super) fn screen_as_unlocked(
        &mut self,
        meter: MeterIndex,
        sample: &Sample,
        now: Time,
    ) -> Result<(), RejectReason> {
        self.standings.lock(false);
        let screened = self.standings.screen(meter, sample, now);
        self.standings.lock(true);
        screened
    }

    /// Adds a reading to the store's batch; [`StoredStandings::append`] or
    /// [`StoredStandings::invalidate`] has to follow.
    pub(super) fn insert(
        &mut self,
        meter: MeterIndex,
        sample: Sample,
    ) -> Result<Inserted, StoreError> {
        self.store.readings.insert(meter, sample)
    }

    pub(super) fn append(&mut self, meter: MeterIndex, sample: Sample) -> AppendOutcome {
        let outcome = self.standings.append(meter, sample);
        self.unsettled |= matches!(outcome, AppendOutcome::Late);
        outcome
    }

    /// The stored readings of a meter changed at a moment.
    pub(super) fn invalidate(&mut self, meter: MeterIndex, at: Time) {
        self.standings.invalidate(meter, at);
        self.unsettled = true;
    }

    pub(super) fn commit(&mut self) -> Result<(), StoreError> {
        self.store.commit()
    }

    pub(super) fn keep_post_lock(
        &mut self,
        readings: &[(String, Sample)],
    ) -> Result<(), StoreError> {
        self.store.imports.keep_post_lock(readings).map(drop)
    }

    /// Adds entries to the audit log, all or none; the number of the last.
    pub(super) fn append_audit(
        &mut self,
        now: Time,
        events: &[AuditEvent],
    ) -> Result<i64, StoreError> {
        self.store.audit.append(now, events)
    }

    /// Adds the entries of imports that a killed process left out.
    pub(super) fn append_imports(&mut self, now: Time) -> Result<(), StoreError> {
        self.store.append_import_entries(now).map(drop)
    }

    pub(super) fn audit_entry(&self, seq: i64) -> Result<Option<AuditEntry>, StoreError> {
        Ok(self.store.audit.entries(seq - 1)?.into_iter().next())
    }

    /// Whether another process has written into the store since the last call.
    pub(super) fn changed_by_others(&mut self) -> Result<bool, StoreError> {
        self.store.imports.changed_by_others()
    }

    /// Applies rows that were imported since the last call; whether there are some.
    pub(super) fn apply_imports(
        &mut self,
        changed: impl FnMut(ParticipantIndex),
    ) -> Result<bool, StoreError> {
        let known = self.imported_up_to;
        self.imported_up_to = apply_imports(&mut self.standings, &self.store, known, changed)?;
        Ok(self.imported_up_to != known)
    }

    /// Lets late readings and imported rows change the standings.
    /// `None` where nothing waited.
    pub(super) fn settle(&mut self) -> Result<Option<Vec<Revision>>, Failure> {
        if !self.unsettled && self.standings.is_settled() {
            return Ok(None);
        }
        let history = StoreHistory::new(&self.store);
        let revisions = self.standings.settle(&history);
        history.finish().map_err(Failure::Fatal)?;
        self.unsettled = false;
        Ok(Some(revisions))
    }

    pub(super) fn checkpoint_due(&self) -> bool {
        self.store.readings.checkpoint_due()
    }

    /// One transaction of a checkpoint of settled standings; whether it was the last.
    pub(super) fn checkpoint_step(&mut self) -> Result<bool, StoreError> {
        let Self { standings, store, .. } = self;
        store.checkpoint_step(&mut |meter| standings.days(meter))
    }

    /// A whole checkpoint of settled standings.
    pub(super) fn checkpoint(&mut self) -> Result<(), StoreError> {
        let Self { standings, store, .. } = self;
        store.checkpoint(&mut |meter| standings.days(meter))
    }

    pub(super) fn sealing_due(&self, now: Time) -> bool {
        self.store.sealing_due(now)
    }

    pub(super) fn seal_step(&mut self, now: Time) -> Result<(), StoreError> {
        self.store.seal_step(now).map(drop)
    }

    /// Takes the rows of a participant that were received after the lock into the store
    /// and the standings. The call may be repeated.
    pub(super) fn release_post_lock(
        &mut self,
        participant: &Participant,
        now: Time,
    ) -> Result<(), StoreError> {
        let meters: Vec<String> = participant.meters.iter().map(|it| it.id.clone()).collect();
        for (name, sample) in self.store.take_in_post_lock(&participant.id, &meters, now)? {
            let Some(meter) = self.standings.meter(&name) else { continue };
            match self.store.readings.insert(meter, sample)? {
                Inserted::Newest => {
                    self.append(meter, sample);
                }
                Inserted::Late | Inserted::Conflict { moved: true } => {
                    self.invalidate(meter, sample.at);
                }
                Inserted::Repeated | Inserted::Conflict { moved: false } => {}
            }
        }
        self.store.commit()?;
        self.store.imports.delete_post_lock_readings(&meters)
    }

    /// Computes the standings of other participants with the same meters from the store,
    /// after a checkpoint; [`StoredStandings::install`] puts them to use.
    pub(super) fn rebuild(
        &mut self,
        participants: Vec<Participant>,
    ) -> Result<Rebuilt, StoreError> {
        let began = Instant::now();
        let competition = self.standings.competition().clone();
        let (standings, imported_up_to) =
            recover::rebuild(&mut self.store, competition, participants)?;
        tracing::info!(
            milliseconds = began.elapsed().as_millis() as u64,
            "the standings are computed with the declarations in force"
        );
        Ok(Rebuilt { standings, imported_up_to })
    }

    pub(super) fn install(&mut self, rebuilt: Rebuilt) {
        let Rebuilt { standings, imported_up_to } = rebuilt;
        (self.standings, self.imported_up_to) = (standings, imported_up_to);
        self.unsettled = false;
    }
}
