//! The audit log of a store, and the seals of its readings.
use std::rc::Rc;

use competition::Time;
use data_encoding::HEXLOWER;
use rusqlite::Connection;

use super::{
    chain::{self, ChainHead},
    error::StoreError,
    schema::begin_write,
    seal::Sealer,
    service_clock,
};
use crate::{
    audit::{AuditEntry, AuditEvent, AuditEventKind},
    clock::Clock,
};

/// The audit log: owns the tables `audit`, `seal`, `unsealed` and `service_clock`.
///
/// **Invariants.** Entries are numbered from 1 without a gap, and each hash covers the
/// one before. An entry is stored with everything that it covers, in one transaction.
/// Should the newest entry that this process wrote disappear, the next one says so.
#[derive(Debug)]
pub struct AuditLog {
    connection: Rc<Connection>,
    /// The newest entry that this process wrote.
    head: Option<ChainHead>,
    sealer: Sealer,
}

impl AuditLog {
    pub(super) fn new(connection: Rc<Connection>) -> Self {
        Self { connection, head: None, sealer: Sealer::default() }
    }

    /// Appends events, all or none, and returns the number of the last entry.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn append(&mut self, at: Time, events: &[AuditEvent]) -> Result<i64, StoreError> {
        let change = begin_write(&self.connection)?;
        let mut head = self.head;
        if let Some((entry, hash)) = chain::missing_head(&change, head)? {
            let hash = HEXLOWER.encode(&hash);
            tracing::error!(entry, hash, "another program changed the audit log");
            head = Some(chain::append(&change, at, &AuditEvent::Tampered { entry, hash })?);
        }
        for event in events {
            head = Some(chain::append(&change, at, event)?);
        }
        change.commit()?;
        self.head = head;
        Ok(head.map_or(0, |(entry, _)| entry))
    }

    /// Remembers an entry that another part of the store appended.
    pub(super) fn advance(&mut self, head: Option<ChainHead>) {
        self.head = head.or(self.head);
    }

    /// Entries after number `after`, in order.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn entries(&self, after: i64) -> Result<Vec<AuditEntry>, StoreError> {
        chain::entries(&self.connection, after)
    }

    /// Entries of some kinds after number `after`, in order.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn entries_of(
        &self,
        after: i64,
        kinds: &[AuditEventKind],
    ) -> Result<Vec<AuditEntry>, StoreError> {
        chain::entries_of(&self.connection, after, kinds)
    }

    /// The newest entry of a kind, or of all.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn last_entry(
        &self,
        kind: Option<AuditEventKind>,
    ) -> Result<Option<AuditEntry>, StoreError> {
        chain::last_entry(&self.connection, kind)
    }

    /// Records the clock of the service, so that other processes date their entries by it.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn record_clock(&self, clock: &Clock) -> Result<(), StoreError> {
        service_clock::record(&self.connection, clock)
    }

    /// Whether days may wait for a seal.
    pub(super) fn sealing_due(&self, now: Time) -> bool {
        self.sealer.is_due(now)
    }

    /// Seals some of the days that are over; true when none is left.
    pub(super) fn seal_step(&mut self, now: Time) -> Result<bool, StoreError> {
        let (done, head) = self.sealer.step(&self.connection, now)?;
        self.advance(head);
        Ok(done)
    }

    /// Appends the entry over what is sealed so far.
    pub(super) fn write_seals(&mut self) -> Result<(), StoreError> {
        let head = self.sealer.write(&self.connection)?;
        self.advance(head);
        Ok(())
    }

    /// A checkpoint has changed days: all are looked through again.
    pub(super) fn recheck_seals(&mut self) {
        self.sealer.recheck();
    }
}
