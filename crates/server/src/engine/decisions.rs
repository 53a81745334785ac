//! Decisions of the organiser: checked, noted in the audit log, then applied, so that
//! what is in force is always what the log says. The standings are made again from
//! the store as a start makes them; after a restart the board is therefore the same.
//! A decision that another process noted beside the service goes the same way.
use std::time::Instant;

use competition::{Competition, Leaderboard, Participant, Rule, Time};

use super::{Decisions, decision_state::DecisionState, recover, state::EngineState};
use crate::{
    audit::{
        self, AuditEntry, AuditEvent, AuditEventKind, BoardPosition, CanonicalConfig, Change,
        DeclarationError, DeclarationRequest, Difference, LockedResult, moment,
    },
    store::{Inserted, StoreError},
};

/// Why a decision is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecisionError {
    /// It makes no sense.
    #[error(transparent)]
    DeclarationError(#[from] DeclarationError),
    /// Only an amendment changes a locked result.
    #[error("the result is locked")]
    Locked,
    /// Nothing is locked that could be amended.
    #[error("the result is not locked")]
    NotLocked,
    /// The contest is not over.
    #[error("the contest goes on until {0}")]
    GoesOn(String),
    /// The store does not take it now.
    #[error("the decision cannot be stored: {0}")]
    Store(String),
}

impl DecisionError {
    /// How to fix it, in one line.
    pub fn hint(&self) -> &str {
        match self {
            Self::DeclarationError(mistake) => &mistake.hint,
            Self::Locked => "a locked result changes by an amendment only",
            Self::NotLocked => "declare it; amendments are for a locked result",
            Self::GoesOn(_) => "lock the result when the contest is over",
            Self::Store(_) => "see that the disk has room and is writable, and try again",
        }
    }
}

/// A decision.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// While the result is open.
    Declare(DeclarationRequest),
    /// Of a locked result.
    Amend(DeclarationRequest),
    /// Ends the contest for good.
    Lock {
        /// Role.
        by: String,
        /// Under which decision, or why now.
        reason: String,
    },
}

impl EngineState {
    /// Notes the start, and goes through with what a process that was killed left.
    ///
    /// # Errors
    /// The store's.
    pub(super) fn begin(&mut self) -> Result<(), StoreError> {
        let canonical_config = CanonicalConfig::new(self.standings.competition(), &self.configured);
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let configuration = canonical_config.hash();
        let last = self
            .store
            .audit
            .last_entry(Some(AuditEventKind::Configuration))?
            .as_ref()
            .map(AuditEntry::event);
        let event = match last {
            Some(AuditEvent::Configuration { configuration: known, .. })
                if known == configuration =>
            {
                AuditEvent::Start { version, configuration }
            }
            last => {
                let changes = match last {
                    Some(AuditEvent::Configuration { content, .. }) => {
                        canonical_config.differences(&CanonicalConfig::from_content(content))
                    }
                    _ => Vec::new(),
                };
                let content = canonical_config.content();
                AuditEvent::Configuration { version, configuration, changes, content }
            }
        };
        let now = self.clock.now();
        self.store.audit.append(now, &[event])?;
        self.store.append_import_entries(now)?;
        let cause = self.decided.result.as_ref().map_or(0, |(cause, _)| *cause);
        let amended = self.store.audit.entries_of(cause, &[AuditEventKind::Amendment])?;
        if self.take_in(&amended)? {
            self.checkpoint()?;
            self.rebuild()?;
            self.standings.lock(self.decided.locked.is_some());
        }
        if self.decided.result.as_ref().map_or(0, |(cause, _)| *cause) < self.decided.due {
            self.freeze()?;
        }
        Ok(())
    }

    /// Takes a decision; its entry in the log.
    ///
    /// # Errors
    /// [`DecisionError`]; nothing has changed then. The outer one is the store's when the
    /// standings cannot be made again: they must not be used any more.
    pub(super) fn decide(
        &mut self,
        decision: Decision,
    ) -> Result<Result<AuditEntry, DecisionError>, StoreError> {
        let now = self.clock.now();
        let (competition, participants) =
            (self.standings.competition(), self.standings.participants());
        let event = match validate(decision, now, competition, participants, &self.decided) {
            Ok(event) => event,
            Err(declined) => return Ok(Err(declined)),
        };
        // What was late before must not be laid at this decision's door.
        let events = self.trail.take(&self.standings, &self.directory, Instant::now());
        let noted = self
            .checkpoint()
            .and_then(|()| self.store.audit.append(now, &[events, vec![event]].concat()));
        let seq = match noted {
            Ok(seq) => seq,
            Err(error) => return Ok(Err(DecisionError::Store(error.to_string()))),
        };
        self.take_decisions()?;
        let entry = self.store.audit.entries(seq - 1)?.into_iter().next();
        Ok(entry.ok_or_else(|| DecisionError::Store("the entry is gone".to_owned())))
    }

    /// Applies what the log has and the standings have not, whoever noted it.
    ///
    /// # Errors
    /// The store's: the standings are then not to be used any more.
    pub(super) fn take_decisions(&mut self) -> Result<(), StoreError> {
        let zone = self.standings.competition().timezone.clone();
        let entries = self.decided.read(&self.store, &zone)?;
        if entries.is_empty() {
            return Ok(());
        }
        let declared: Vec<i64> =
            entries.iter().filter(|it| is_declared(it)).map(|it| it.seq).collect();
        let before = self.official(self.clock.now());
        if !declared.is_empty() {
            self.take_in(&entries)?;
            self.checkpoint()?;
            self.rebuild()?;
        }
        self.standings.lock(self.decided.locked.is_some());
        self.rebuilt = true;
        if self.decided.result.as_ref().map_or(0, |(cause, _)| *cause) < self.decided.due {
            self.freeze()?;
        }
        if let Some(&cause) = declared.last() {
            let now = self.clock.now();
            let places = self.moved(&before, &self.official(now));
            self.store.audit.append(now, &[AuditEvent::Moved { cause, places }])?;
        }
        Ok(())
    }

    /// Takes in what came after the lock, where these amendments say so.
    fn take_in(&mut self, entries: &[AuditEntry]) -> Result<bool, StoreError> {
        let mut any = false;
        for entry in entries {
            let AuditEvent::Amendment { declared } = entry.event() else { continue };
            let zone = &self.standings.competition().timezone;
            let Ok(Change::Late(id)) = declared.read(zone) else { continue };
            let Some(who) = self.configured.iter().find(|who| who.id == id) else { continue };
            let meters: Vec<String> = who.meters.iter().map(|meter| meter.id.clone()).collect();
            for (name, sample) in self.store.take_in_post_lock(&id, &meters, self.clock.now())? {
                let Some(meter) = self.standings.meter(&name) else { continue };
                match self.store.readings.insert(meter, sample)? {
                    Inserted::Newest => {
                        self.standings.append(meter, sample);
                    }
                    Inserted::Late | Inserted::Conflict { moved: true } => {
                        self.standings.invalidate(meter, sample.at);
                    }
                    Inserted::Repeated | Inserted::Conflict { moved: false } => {}
                }
            }
            self.store.readings.commit()?;
            self.store.imports.delete_post_lock_readings(&meters)?;
            any = true;
        }
        Ok(any)
    }

    fn rebuild(&mut self) -> Result<(), StoreError> {
        let began = Instant::now();
        let participants = audit::apply_declarations(&self.configured, &self.decided.active);
        let competition = self.standings.competition().clone();
        let (standings, imported) = recover::again(&mut self.store, competition, participants)?;
        self.participants = standings.participants().into();
        (self.standings, self.imported) = (standings, imported);
        self.watches.iter_mut().for_each(|watch| watch.touched = true);
        self.trail.doubted();
        tracing::info!(
            milliseconds = began.elapsed().as_millis() as u64,
            "the standings are made again by what was declared"
        );
        Ok(())
    }

    /// Notes the board of this moment as the locked result.
    fn freeze(&mut self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let rule = self.standings.competition().rule;
        let board = self.standings.leaderboard(rule, now);
        let board = LockedResult::new(&board, self.standings.participants());
        let (cause, changes) = (self.decided.due, self.changed_since_the_lock()?);
        for it in &changes {
            tracing::warn!(
                "the locked result is computed anew with another configuration than was locked: \
                 {}: {} -> {}",
                it.path,
                it.before,
                it.after
            );
        }
        let result = AuditEvent::Result { cause, board: board.clone(), changes };
        self.decided.upto = self.store.audit.append(now, &[result])?;
        self.decided.result = Some((cause, board));
        Ok(())
    }

    fn changed_since_the_lock(&self) -> Result<Vec<Difference>, StoreError> {
        let Some((lock, _)) = self.decided.locked else { return Ok(Vec::new()) };
        let known = self.store.audit.entries_of(0, &[AuditEventKind::Configuration])?;
        let locked =
            known.iter().take_while(|entry| entry.seq < lock).last().map(AuditEntry::event);
        let Some(AuditEvent::Configuration { content, .. }) = locked else { return Ok(Vec::new()) };
        let canonical_config = CanonicalConfig::new(self.standings.competition(), &self.configured);
        Ok(canonical_config.differences(&CanonicalConfig::from_content(content)))
    }

    /// The official board: the locked result where there is one.
    pub(super) fn official(&self, now: Time) -> Leaderboard {
        match &self.decided.result {
            Some((_, frozen)) => frozen.board(&self.standings, now),
            None => self.standings.leaderboard(self.standings.competition().rule, now),
        }
    }

    /// A board under any rule, now or as of a moment.
    pub(super) fn board(&self, rule: Rule, as_of: Option<Time>) -> Leaderboard {
        let now = self.clock.now();
        if self.decided.holds(rule, self.standings.competition().rule, as_of) {
            return self.official(now);
        }
        match as_of {
            Some(as_of) => self.standings.leaderboard_at(rule, as_of),
            None => self.standings.leaderboard(rule, now),
        }
    }

    /// What the organiser has decided.
    ///
    /// # Errors
    /// The store's.
    pub(super) fn decisions(&self) -> Result<Decisions, StoreError> {
        Ok(Decisions {
            declared: self.decided.active.clone(),
            locked: self.decided.locked.map(|(_, at)| at),
            head: self.store.audit.last_entry(None)?,
        })
    }

    fn moved(&self, before: &Leaderboard, after: &Leaderboard) -> Vec<[BoardPosition; 2]> {
        let who = self.standings.participants();
        let pairs = after.rows.iter().filter_map(|row| {
            let known = before.rows.iter().find(|it| it.participant == row.participant)?;
            Some([BoardPosition::of(known, who), BoardPosition::of(row, who)])
        });
        pairs.filter(|[before, after]| before != after).collect()
    }

    /// Notes what waits, where it is time to.
    pub(super) fn keep_trail(&mut self, at_once: bool) -> Result<(), StoreError> {
        let (real, now) = (Instant::now(), self.clock.now());
        if !at_once && !self.trail.is_due(real) {
            return Ok(());
        }
        let mut events = self.trail.take(&self.standings, &self.directory, real);
        if let Some(before) = self.before_import.take()
            && let Some(import) = self.store.audit.last_entry(Some(AuditEventKind::Import))?
        {
            let places = self.moved(&before, &self.official(now));
            events.push(AuditEvent::Moved { cause: import.seq, places });
        }
        if self.decided.locked.is_none() {
            events.extend(self.trail.standing(&self.standings, now));
        }
        if !events.is_empty() {
            self.store.audit.append(now, &events)?;
        }
        Ok(())
    }
}

/// Whether a decision may be taken now; what it is in the log.
pub(super) fn validate(
    decision: Decision,
    now: Time,
    competition: &Competition,
    participants: &[Participant],
    decided: &DecisionState,
) -> Result<AuditEvent, DecisionError> {
    let locked = decided.locked.is_some();
    let check = |asked: DeclarationRequest| {
        audit::check_declaration(&asked, competition, participants, &decided.active)?;
        Ok::<_, DecisionError>(asked)
    };
    match decision {
        Decision::Declare(_) | Decision::Lock { .. } if locked => Err(DecisionError::Locked),
        Decision::Amend(_) if !locked => Err(DecisionError::NotLocked),
        Decision::Declare(asked) if asked.kind == "late-data" => Err(DecisionError::NotLocked),
        Decision::Declare(asked) => Ok(AuditEvent::Declaration { declared: check(asked)? }),
        Decision::Amend(asked) => Ok(AuditEvent::Amendment { declared: check(asked)? }),
        Decision::Lock { by, reason } => {
            audit::check_role_and_reason(&by, &reason)?;
            let end = audit::contest_end(competition);
            if now < end {
                return Err(DecisionError::GoesOn(moment(end)));
            }
            Ok(AuditEvent::Lock { by, reason })
        }
    }
}

fn is_declared(entry: &AuditEntry) -> bool {
    matches!(entry.event(), AuditEvent::Declaration { .. } | AuditEvent::Amendment { .. })
}
