//! The store, open for its one writer: readings, audit log and imports over one
//! connection, and what concerns two of them.
use std::{fs::File, rc::Rc};

use competition::{DayRecord, MeterIndex, Sample, Time};
use rusqlite::Connection;

use super::{
    audit_log::AuditLog, error::StoreError, files::StoreFiles, import_store::ImportStore,
    readings::ReadingStore, schema,
};

/// The store, open for writing; the module's documentation says what it promises.
#[derive(Debug)]
pub struct Store {
    /// Readings of registers.
    pub readings: ReadingStore,
    /// Decisions and events, and seals of the readings.
    pub audit: AuditLog,
    /// Intervals and temperatures, and rows that arrived after the lock.
    pub imports: ImportStore,
    connection: Rc<Connection>,
    /// `None` until it is open for a service.
    files: Option<StoreFiles>,
    /// `None` in a view of a store that another process may write.
    _lock: Option<File>,
}

impl Store {
    pub(super) fn new(
        connection: Rc<Connection>,
        lock: Option<File>,
        readings: ReadingStore,
    ) -> Self {
        Self {
            readings,
            audit: AuditLog::new(connection.clone()),
            imports: ImportStore::new(connection.clone()),
            connection,
            files: None,
            _lock: lock,
        }
    }

    /// From now on each commit asks whether these files are still in place.
    pub(super) fn watch(&mut self, files: StoreFiles) {
        self.files = Some(files);
    }

    /// The files of the store, where it is open for a service.
    pub fn files(&self) -> Option<&StoreFiles> {
        self.files.as_ref()
    }

    fn check_files(&self) -> Result<(), StoreError> {
        self.files.as_ref().map_or(Ok(()), StoreFiles::check)
    }

    /// Writes the readings since the last commit; they may be acknowledged then.
    ///
    /// # Errors
    /// Where the file cannot be written, or is no longer in the data directory. Nothing may
    /// be acknowledged then, and the call may be repeated.
    pub fn commit(&mut self) -> Result<(), StoreError> {
        self.readings.commit()?;
        self.check_files()
    }

    /// A write transaction that changes nothing, to see that the store can be written.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn probe(&self) -> Result<(), StoreError> {
        schema::rewrite_version(&self.connection)?;
        self.check_files()
    }

    /// One transaction of a checkpoint; true when it was the last. `days` returns the
    /// records of a meter that changed since the last call, which must cover every
    /// reading inserted so far.
    ///
    /// # Errors
    /// Where the file cannot be written; nothing has changed then, and the call may be
    /// repeated.
    pub fn checkpoint_step(
        &mut self,
        days: &mut dyn FnMut(MeterIndex) -> Vec<DayRecord>,
    ) -> Result<bool, StoreError> {
        self.commit()?;
        // Days with a seal and no entry may change now.
        self.audit.write_seals()?;
        let done = self.readings.checkpoint_step(days)?;
        if done {
            self.audit.recheck_seals();
        }
        Ok(done)
    }

    /// A whole checkpoint.
    ///
    /// # Errors
    /// As [`Store::checkpoint_step`].
    pub fn checkpoint(
        &mut self,
        days: &mut dyn FnMut(MeterIndex) -> Vec<DayRecord>,
    ) -> Result<(), StoreError> {
        // One that is under way covers only what was there when it began.
        if self.readings.in_checkpoint() {
            while !self.checkpoint_step(days)? {}
        }
        while !self.checkpoint_step(days)? {}
        Ok(())
    }

    /// Whether days may wait for a seal: one has ended, or a checkpoint has passed.
    pub fn sealing_due(&self, now: Time) -> bool {
        !self.readings.in_checkpoint() && self.audit.sealing_due(now)
    }

    /// Seals some of the days that are over; true when none is left.
    ///
    /// # Errors
    /// Where readings cannot be read or the file cannot be written. The call may be
    /// repeated.
    pub fn seal_step(&mut self, now: Time) -> Result<bool, StoreError> {
        self.audit.seal_step(now)
    }

    /// Appends entries about imports that the audit log does not mention yet.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub(crate) fn append_import_entries(&mut self, now: Time) -> Result<(), StoreError> {
        let head = self.imports.append_entries(now)?;
        self.audit.advance(head);
        Ok(())
    }

    /// Takes in rows of a participant and its meters that arrived after the lock.
    /// Imported rows go into their tables, where they replace other values. The readings
    /// are returned for [`ReadingStore::insert`]; after their commit
    /// [`ImportStore::delete_post_lock_readings`] deletes them.
    ///
    /// # Errors
    /// Where the file cannot be written; the call may be repeated.
    pub(crate) fn take_in_post_lock(
        &mut self,
        participant: &str,
        meters: &[String],
        now: Time,
    ) -> Result<Vec<(String, Sample)>, StoreError> {
        let (readings, head) = self.imports.take_in_post_lock(participant, meters, now)?;
        self.audit.advance(head);
        Ok(readings)
    }
}
