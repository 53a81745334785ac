//! Read-only access for audits, exports and tests, while a service runs or after it. Each
//! call reads the state of one moment, whatever the writer does.
use std::{collections::BTreeMap, ops::Range, path::Path, vec};

use competition::{Sample, Time};
use rusqlite::{Connection, Transaction};

use super::{
    block::{self, Cache, END, time_of},
    chain, codec,
    error::StoreError,
    finding::Finding,
    import_seals,
    pending::resolve_conflict,
    schema,
    seal_check::{self, SealReport},
};
use crate::audit::AuditEntry;

/// Readings of the journal by meter key and time.
type Journal = BTreeMap<u32, BTreeMap<Time, Sample>>;

/// A store, open for reading.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
}

/// A reading as it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredReading {
    /// Position in [`Reader::meters`].
    pub meter: usize,
    /// Time and values.
    pub sample: Sample,
}

/// What a verification of the whole store has read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verified {
    /// Readings, each time of a meter counted once.
    pub readings: u64,
    /// Blocks.
    pub blocks: u64,
    /// Batches in the journal.
    pub batches: u64,
    /// Values that lost against another one of the same time.
    pub conflicts: u64,
}

impl Reader {
    /// Opens the store of a data directory.
    ///
    /// # Errors
    /// Where there is no store, or one of another version that cannot be migrated.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        schema::open_read_only(dir).map(|connection| Self { connection })
    }

    /// Names of all meters that were ever configured, in the order of their first
    /// configuration.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn meters(&self) -> Result<Vec<String>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT name FROM meter ORDER BY key")?;
        let names = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(names)
    }

    /// How many readings there are, each time of a meter counted once.
    ///
    /// # Errors
    /// Where the file cannot be read or is damaged.
    pub fn count(&self) -> Result<u64, StoreError> {
        let view = self.connection.unchecked_transaction()?;
        let blocks: i64 =
            view.query_row("SELECT coalesce(sum(readings), 0) FROM meter", [], |row| row.get(0))?;
        let cache = Cache::default();
        let mut count = blocks.max(0) as u64;
        for (meter, samples) in journal(&view)?.0 {
            for at in samples.into_keys() {
                count += u64::from(cache.find(&view, meter, at)?.is_none());
            }
        }
        Ok(count)
    }

    /// Readings by meter and time: of one meter by its name, or of all.
    ///
    /// # Errors
    /// Where the file cannot be read or is damaged.
    pub fn readings(
        &self,
        meter: Option<&str>,
        range: Range<Time>,
    ) -> Result<StoredReadings<'_>, StoreError> {
        let names = self.meters()?;
        let meters: Vec<u32> = names
            .iter()
            .zip(1..)
            .filter(|(name, _)| meter.is_none_or(|meter| meter == name.as_str()))
            .map(|(_, key)| key)
            .collect();
        let view = self.connection.unchecked_transaction()?;
        let journal = journal(&view)?.0;
        Ok(StoredReadings {
            view,
            journal,
            range,
            meters: meters.into_iter(),
            at: None,
            ready: Vec::new().into_iter(),
        })
    }

    /// Reads the whole store and checks blocks, counts and the journal against each other.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with the first place that is inconsistent.
    pub fn verify(&self) -> Result<Verified, StoreError> {
        let view = self.connection.unchecked_transaction()?;
        let report: String = view.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        let damaged = |place: String| StoreError::damaged(place)(codec::Corrupt::Range);
        if report != "ok" {
            return Err(damaged(format!("the file: {report}")));
        }
        let mut verified = Verified::default();
        let counts: Vec<i64> = view
            .prepare("SELECT readings FROM meter ORDER BY key")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for (count, meter) in counts.into_iter().zip(1u32..) {
            let mut found = 0;
            let mut next =
                block::covering(&view, meter, Time(0))?.or(block::after(&view, meter, Time(0))?);
            while let Some(block) = next {
                let start = time_of(block.key);
                let end = block::next_start(&view, meter, start)?;
                let sorted = block.samples.windows(2).all(|pair| pair[0].at < pair[1].at);
                let inside = block.samples.first().is_some_and(|first| first.at == start)
                    && block.samples.last().is_some_and(|last| last.at < end);
                if !sorted || !inside {
                    return Err(damaged(format!("block {} of meter {meter}", start.0)));
                }
                found += block.samples.len() as u64;
                verified.blocks += 1;
                next = block::after(&view, meter, start)?;
            }
            if found != count.max(0) as u64 {
                return Err(damaged(format!("the count of meter {meter}")));
            }
        }
        let (_, batches) = journal(&view)?;
        verified.batches = batches;
        verified.conflicts =
            view.query_row("SELECT count(*) FROM conflict", [], |row| row.get::<_, i64>(0))? as u64;
        drop(view);
        verified.readings = self.count()?;
        Ok(verified)
    }

    /// The entries of the audit log, and what is wrong with its chain.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn audit_entries(&self) -> Result<(Vec<AuditEntry>, Vec<Finding>), StoreError> {
        chain::verify(&*self.connection.unchecked_transaction()?)
    }

    /// Compares seals of readings with the entries that cover them, and readings with
    /// their seals.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn verify_seals(
        &self,
        entries: &[AuditEntry],
    ) -> Result<(SealReport, Vec<Finding>), StoreError> {
        seal_check::verify(&*self.connection.unchecked_transaction()?, entries)
    }

    /// Compares imported rows with the entries that cover them: how many days agree, and
    /// what does not.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn verify_imports(
        &self,
        entries: &[AuditEntry],
    ) -> Result<(u64, Vec<Finding>), StoreError> {
        import_seals::verify(&*self.connection.unchecked_transaction()?, entries)
    }
}

/// The readings of the journal, and how many batches it has.
fn journal(view: &Connection) -> Result<(Journal, u64), StoreError> {
    let mut statement = view.prepare_cached("SELECT seq, data FROM journal ORDER BY seq")?;
    let mut rows = statement.query([])?;
    let (mut journal, mut batches) = (Journal::new(), 0);
    while let Some(row) = rows.next()? {
        let seq: i64 = row.get(0)?;
        let bytes = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        codec::decode_batch(bytes, |meter, sample| {
            let known = journal.entry(meter).or_default().entry(sample.at).or_insert(sample);
            *known = resolve_conflict(*known, sample);
        })
        .map_err(StoreError::damaged(format!("journal row {seq}")))?;
        batches += 1;
    }
    Ok((journal, batches))
}

/// Iterator of [`Reader::readings`]. Holds one block at a time, and the journal.
#[derive(Debug)]
pub struct StoredReadings<'a> {
    view: Transaction<'a>,
    journal: Journal,
    range: Range<Time>,
    meters: vec::IntoIter<u32>,
    /// The meter that is being read, and the first time not read yet.
    at: Option<(u32, Time)>,
    ready: vec::IntoIter<StoredReading>,
}

impl StoredReadings<'_> {
    /// Reads the next block and the journal's readings within its span; false at the end.
    fn fill(&mut self) -> Result<bool, StoreError> {
        let (meter, from) = match self.at.take() {
            Some(at) => at,
            None => match self.meters.next() {
                Some(meter) => (meter, self.range.start.max(Time(0))),
                None => return Ok(false),
            },
        };
        if from >= self.range.end {
            return Ok(true);
        }
        let first = match block::covering(&self.view, meter, from)? {
            Some(block) => Some(block),
            None => block::after(&self.view, meter, from)?,
        };
        let end = match &first {
            Some(block) => block::next_start(&self.view, meter, time_of(block.key))?,
            None => END,
        };
        let mut samples: BTreeMap<Time, Sample> = match self.journal.get(&meter) {
            Some(samples) if from < end => {
                samples.range(from..end).map(|(at, s)| (*at, *s)).collect()
            }
            _ => BTreeMap::new(),
        };
        for &sample in first.iter().flat_map(|block| block.samples.iter()) {
            if sample.at >= from {
                let known = samples.entry(sample.at).or_insert(sample);
                *known = resolve_conflict(*known, sample);
            }
        }
        let range = &self.range;
        let ready: Vec<_> = samples
            .into_values()
            .filter(|sample| range.contains(&sample.at))
            .map(|sample| StoredReading { meter: meter as usize - 1, sample })
            .collect();
        self.ready = ready.into_iter();
        if end < END {
            self.at = Some((meter, end));
        }
        Ok(true)
    }
}

impl Iterator for StoredReadings<'_> {
    type Item = Result<StoredReading, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(reading) = self.ready.next() {
                return Some(Ok(reading));
            }
            match self.fill() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{block::key, *};

    #[test]
    fn keys_keep_meters_apart() {
        assert!(key(1, Time(i64::MAX)) < key(2, Time(0)));
        assert_eq!(time_of(key(7, Time(1_800_000_000))), Time(1_800_000_000));
        assert_eq!(block::meter_of(key(7, Time(5))), 7);
    }
}
