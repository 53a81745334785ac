//! Decisions of the organiser: validated, recorded in the audit log, then applied.
//!
//! What is in force is what the log says. A decision that another process recorded is
//! applied in the same way, and so is one whose application failed: the standings are
//! computed anew from the store, as a start computes them, and replaced once everything
//! that follows from the decision is in the log.
use std::time::Instant;

use competition::{Competition, Leaderboard, Participant, Time};

use super::{
    accepted_doubt::check_accepted_doubt,
    decision_state::{DecisionState, NewDecisions},
    state::EngineState,
    stored_standings::Failure,
};
use crate::{
    audit::{
        self, AuditEntry, AuditEvent, AuditEventKind, BoardPosition, CanonicalConfig, Change,
        Declaration, DeclarationError, DeclarationKind, Difference, LockedResult, moment,
    },
    store::StoreError,
};

/// Why a decision is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecisionError {
    /// The declaration is wrong.
    #[error(transparent)]
    Invalid(#[from] DeclarationError),
    /// Only an amendment changes a locked result.
    #[error("the result is locked")]
    Locked,
    /// There is no locked result to amend.
    #[error("the result is not locked")]
    NotLocked,
    /// The contest period has not ended; holds its end.
    #[error("the contest runs until {0}")]
    ContestRunning(String),
    /// The store does not accept it now.
    #[error("the decision cannot be stored: {0}")]
    Store(String),
}

impl DecisionError {
    /// How to fix it, in one line.
    pub fn hint(&self) -> &str {
        match self {
            Self::Invalid(error) => &error.hint,
            Self::Locked => "a locked result changes by an amendment only",
            Self::NotLocked => "declare it; amendments are for a locked result",
            Self::ContestRunning(_) => "lock the result when the contest is over",
            Self::Store(_) => "see that the disk has room and is writable, and try again",
        }
    }
}

/// A decision of the organiser.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// A declaration while the result is open.
    Declare(Declaration),
    /// A declaration that changes a locked result.
    Amend(Declaration),
    /// The result is final.
    Lock {
        /// Role of the person who locks it.
        by: String,
        /// The decision behind it, or why now.
        reason: String,
    },
}

/// Whether a decision may be taken now; its event for the audit log.
///
/// # Errors
/// Why not.
pub(super) fn validate(
    decision: Decision,
    now: Time,
    competition: &Competition,
    participants: &[Participant],
    decisions: &DecisionState,
) -> Result<AuditEvent, DecisionError> {
    let check = |declared: &Declaration| {
        audit::validate_declaration(declared, competition, participants, decisions.in_force())
    };
    match decision {
        Decision::Declare(_) | Decision::Lock { .. } if decisions.is_locked() => {
            Err(DecisionError::Locked)
        }
        Decision::Amend(_) if !decisions.is_locked() => Err(DecisionError::NotLocked),
        Decision::Declare(declared) if declared.change.kind() == DeclarationKind::LateData => {
            Err(DecisionError::NotLocked)
        }
        Decision::Declare(declared) => {
            check(&declared)?;
            Ok(AuditEvent::Declaration { declared })
        }
        Decision::Amend(declared) => {
            check(&declared)?;
            Ok(AuditEvent::Amendment { declared })
        }
        Decision::Lock { by, reason } => {
            audit::check_role_and_reason(&by, &reason)?;
            audit::check_characters("by", &by)?;
            audit::check_characters("reason", &reason)?;
            let end = audit::contest_end(competition);
            if now < end {
                return Err(DecisionError::ContestRunning(moment(end)));
            }
            Ok(AuditEvent::Lock { by, reason })
        }
    }
}

impl EngineState {
    /// Records the start in the audit log, and completes what a killed process began.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub(super) fn record_start(&mut self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let event = self.start_event()?;
        self.standings.append_audit(now, &[event])?;
        self.standings.append_imports(now)?;
        let cause = self.decisions.result_cause();
        let amended =
            self.standings.store().audit.entries_of(cause, &[AuditEventKind::Amendment])?;
        if self.release_late_data(&amended)? {
            self.checkpoint().map_err(Failure::into_error)?;
            let participants =
                audit::apply_declarations(&self.configured, self.decisions.in_force());
            let rebuilt = self.standings.rebuild(participants)?;
            self.standings.install(rebuilt);
            self.standings.lock(self.decisions.is_locked());
        }
        if let Some(cause) = self.decisions.missing_result() {
            let (board, event) = self.locked_result(cause, &self.decisions, &self.standings)?;
            self.standings.append_audit(now, &[event])?;
            self.decisions.set_result(cause, board);
        }
        Ok(())
    }

    fn start_event(&self) -> Result<AuditEvent, StoreError> {
        let config = CanonicalConfig::new(self.standings.competition(), &self.configured);
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let configuration = config.hash();
        let last = self.standings.store().audit.last_entry(Some(AuditEventKind::Configuration))?;
        let changes = match last.as_ref().map(AuditEntry::event) {
            Some(AuditEvent::Configuration { configuration: known, .. })
                if known == configuration =>
            {
                return Ok(AuditEvent::Start { version, configuration });
            }
            Some(AuditEvent::Configuration { content, .. }) => {
                config.differences(&CanonicalConfig::from_content(content))
            }
            _ => Vec::new(),
        };
        let content = config.content();
        Ok(AuditEvent::Configuration { version, configuration, changes, content })
    }

    /// Validates a decision and records it in the audit log;
    /// [`EngineState::apply_decisions`] has to follow. Gives its entry.
    ///
    /// # Errors
    /// [`DecisionError`]: nothing has changed. The outer error is fatal.
    pub(super) fn record_decision(
        &mut self,
        decision: Decision,
    ) -> Result<Result<AuditEntry, DecisionError>, StoreError> {
        let now = self.clock.now();
        let (competition, participants) =
            (self.standings.competition(), self.standings.participants());
        let event = match validate(decision, now, competition, participants, &self.decisions) {
            Ok(event) => event,
            Err(error) => return Ok(Err(error)),
        };
        if let AuditEvent::Declaration { declared } | AuditEvent::Amendment { declared } = &event
            && let Err(error) = check_accepted_doubt(declared, &self.standings)
        {
            return Ok(Err(error.into()));
        }
        let refused = |error: StoreError| Ok(Err(DecisionError::Store(error.to_string())));
        match self.checkpoint() {
            Ok(()) => {}
            Err(Failure::Retry(error)) => return refused(error),
            Err(Failure::Fatal(error)) => return Err(error),
        }
        // Late readings so far are not an effect of this decision.
        let before = self.audit.clone();
        let mut events = self.audit.take(&self.standings, self.ingest.directory(), Instant::now());
        events.push(event);
        let seq = match self.standings.append_audit(now, &events) {
            Ok(seq) => seq,
            Err(error) => {
                self.audit = before;
                return refused(error);
            }
        };
        self.decisions_pending = true;
        match self.standings.audit_entry(seq) {
            Ok(Some(entry)) => Ok(Ok(entry)),
            Ok(None) => Ok(Err(DecisionError::Store("the entry is gone".to_owned()))),
            Err(error) => refused(error),
        }
    }

    /// Whether the audit log may have decisions that are not applied.
    pub(super) const fn decisions_pending(&self) -> bool {
        self.decisions_pending
    }

    /// Applies the decisions that the log has and the standings have not, from any
    /// process, one after the other. Where the store refuses one, the standings and the
    /// decisions in force are those of before it, and the call may be repeated.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub(super) fn apply_decisions(&mut self) -> Result<(), Failure> {
        let zone = self.standings.competition().timezone.clone();
        while let Some(new) = self.decisions.read_new(self.standings.store(), &zone)? {
            if new.only_results() {
                self.decisions = new.state;
            } else {
                self.apply(new)?;
            }
        }
        self.decisions_pending = false;
        Ok(())
    }

    fn apply(&mut self, new: NewDecisions) -> Result<(), Failure> {
        let now = self.clock.now();
        let before = self.official(now);
        let declared = new.declaration();
        let rebuilt = if declared.is_some() {
            self.release_late_data(&new.entries)?;
            self.checkpoint()?;
            let participants = audit::apply_declarations(&self.configured, new.state.in_force());
            Some(self.standings.rebuild(participants)?)
        } else {
            None
        };
        let standings = rebuilt.as_ref().map_or(&*self.standings, |rebuilt| rebuilt.standings());
        let (mut decisions, mut events) = (new.state, Vec::new());
        if let Some(cause) = decisions.missing_result() {
            let (board, event) = self.locked_result(cause, &decisions, standings)?;
            decisions.set_result(cause, board);
            events.push(event);
        }
        if let Some(cause) = declared {
            let after = decisions.official(standings, now);
            let places = changed_positions(&before, &after, standings.participants());
            events.push(AuditEvent::Moved { cause, places });
        }
        if !events.is_empty() {
            self.standings.append_audit(now, &events)?;
        }
        // The log is complete; nothing fails from here on.
        if let Some(rebuilt) = rebuilt {
            self.standings.install(rebuilt);
            self.participants = self.standings.participants().into();
            self.live.mark_all_changed();
            self.audit.quarantine_changed();
        }
        self.standings.lock(decisions.is_locked());
        self.decisions = decisions;
        self.leaderboard_replaced = true;
        Ok(())
    }

    /// Takes in the rows received after the lock that these amendments name; whether
    /// there are such amendments.
    fn release_late_data(&mut self, entries: &[AuditEntry]) -> Result<bool, StoreError> {
        let mut released = false;
        for entry in entries {
            let AuditEvent::Amendment { declared } = entry.event() else { continue };
            let Change::LateData { participant: id } = declared.change else { continue };
            let Some(participant) = self.configured.iter().find(|it| it.id == id) else { continue };
            self.standings.release_post_lock(participant, self.clock.now())?;
            released = true;
        }
        Ok(released)
    }

    /// The leaderboard of this moment as the locked result, and its event for the log.
    fn locked_result(
        &self,
        cause: i64,
        decisions: &DecisionState,
        standings: &competition::Standings,
    ) -> Result<(LockedResult, AuditEvent), StoreError> {
        let rule = standings.competition().rule;
        let board = standings.leaderboard(rule, self.clock.now());
        let board = LockedResult::new(&board, standings.participants());
        let changes = self.configuration_changes_since_lock(decisions)?;
        for it in &changes {
            tracing::warn!(
                "the locked result is computed anew with another configuration than was locked: \
                 {}: {} -> {}",
                it.path,
                it.before,
                it.after
            );
        }
        let event = AuditEvent::Result { cause, board: board.clone(), changes };
        Ok((board, event))
    }

    fn configuration_changes_since_lock(
        &self,
        decisions: &DecisionState,
    ) -> Result<Vec<Difference>, StoreError> {
        let Some(lock) = decisions.lock() else { return Ok(Vec::new()) };
        let known = self.standings.store().audit.entries_of(0, &[AuditEventKind::Configuration])?;
        let locked = known.iter().take_while(|entry| entry.seq < lock.entry).last();
        let Some(AuditEvent::Configuration { content, .. }) = locked.map(AuditEntry::event) else {
            return Ok(Vec::new());
        };
        let config = CanonicalConfig::new(self.standings.competition(), &self.configured);
        Ok(config.differences(&CanonicalConfig::from_content(content)))
    }

    /// Appends what the audit log lacks, where it is time to or `now_or_never`.
    ///
    /// # Errors
    /// The store's; what could not be appended waits for the next time.
    pub(super) fn record_pending(&mut self, now_or_never: bool) -> Result<(), StoreError> {
        let real = Instant::now();
        if !now_or_never && !self.audit.is_due(real) {
            return Ok(());
        }
        let before = self.audit.clone();
        let recorded = self.append_pending(real);
        if recorded.is_err() {
            self.audit = before;
            self.audit.postpone(real);
        }
        recorded
    }

    fn append_pending(&mut self, real: Instant) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut events = self.audit.take(&self.standings, self.ingest.directory(), real);
        if let Some(before) = self.audit.take_before_import()
            && let Some(import) =
                self.standings.store().audit.last_entry(Some(AuditEventKind::Import))?
        {
            let participants = self.standings.participants();
            let places = changed_positions(&before, &self.official(now), participants);
            events.push(AuditEvent::Moved { cause: import.seq, places });
        }
        if !self.decisions.is_locked() {
            events.extend(self.audit.standing(&self.standings, now));
        }
        if !events.is_empty() {
            self.standings.append_audit(now, &events)?;
        }
        Ok(())
    }
}

/// Positions that differ between two leaderboards: before and after.
fn changed_positions(
    before: &Leaderboard,
    after: &Leaderboard,
    participants: &[Participant],
) -> Vec<[BoardPosition; 2]> {
    let pairs = after.rows.iter().filter_map(|row| {
        let known = before.rows.iter().find(|it| it.participant == row.participant)?;
        Some([known, row].map(|row| BoardPosition::of(row, participants)))
    });
    pairs.filter(|[before, after]| before != after).collect()
}
