//! Imported rows in the audit log: a digest of what is stored from the first to the
//! last row of each import, and the comparison with it.
use competition::Time;
use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::{
    Reader, Store, StoreError,
    block::{key, moment},
    importer::{INTERVAL, TEMPERATURE},
    log::Fault,
};
use crate::audit::{Entry, Event, hex, moment as written};

const KINDS: [(i64, &str); 2] = [(INTERVAL, "interval"), (TEMPERATURE, "temperature")];

impl Store {
    /// Entries for what was imported after `since`, none where nothing was.
    ///
    /// # Errors
    /// SQLite's.
    pub(crate) fn import_events(&self, since: i64) -> Result<Vec<Event>, StoreError> {
        let connection = &self.connection;
        let upto: i64 =
            connection.query_row("SELECT coalesce(max(seq), 0) FROM imported", [], |r| r.get(0))?;
        let mut ranges = connection.prepare_cached(
            "SELECT kind, name, min(first), max(last) FROM imported
             WHERE seq > ? AND seq <= ? GROUP BY kind, name",
        )?;
        let ranges: Vec<(i64, String, i64, i64)> = ranges
            .query_map((since, upto), |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))?
            .collect::<Result<_, _>>()?;
        let mut events = Vec::new();
        for (kind, name, first, last) in ranges {
            let (rows, digest) = digest(connection, kind, &name, first, last)?;
            let what = KINDS.iter().find(|(known, _)| *known == kind).map_or("", |(_, what)| what);
            events.push(Event::Import {
                what: what.to_owned(),
                name,
                first: written(Time(first)),
                last: written(Time(last)),
                rows,
                digest,
                upto,
            });
        }
        Ok(events)
    }
}

/// How many rows are stored in a range, and the SHA-256 over them.
fn digest(
    connection: &Connection,
    kind: i64,
    name: &str,
    first: i64,
    last: i64,
) -> Result<(u64, String), StoreError> {
    let mut hash = Sha256::new().chain_update(b"wattkampen import 1\n");
    let mut count = 0;
    let mut add = |row: [i64; 3]| {
        row.iter().for_each(|value| hash.update(value.to_be_bytes()));
        count += 1;
    };
    if kind == INTERVAL {
        let meter: Option<u32> = connection
            .prepare_cached("SELECT key FROM meter WHERE name = ?")?
            .query_row([name], |row| row.get(0))
            .ok();
        let mut rows = connection.prepare_cached(
            "SELECT key, seconds, energy FROM interval WHERE key BETWEEN ? AND ? ORDER BY key",
        )?;
        let at = |time| key(meter.unwrap_or(0), Time(time));
        let mut rows = rows.query((at(first), at(last)))?;
        while let Some(row) = rows.next()? {
            add([moment(row.get(0)?).0, row.get(1)?, row.get(2)?]);
        }
    } else {
        let mut rows = connection.prepare_cached(
            "SELECT hour, hundredths FROM temperature
             WHERE participant = ? AND hour BETWEEN ? AND ? ORDER BY hour",
        )?;
        let mut rows = rows.query((name, first, last))?;
        while let Some(row) = rows.next()? {
            add([row.get(0)?, row.get(1)?, 0]);
        }
    }
    Ok((count, hex(&hash.finalize())))
}

/// What an entry covers.
struct Covered {
    entry: i64,
    kind: i64,
    name: String,
    first: i64,
    last: i64,
    digest: String,
}

impl Covered {
    fn overlaps(&self, kind: i64, name: &str, first: i64, last: i64) -> bool {
        self.kind == kind && self.name == name && self.last >= first && self.first <= last
    }
}

impl Reader {
    /// Imported rows against the entries that cover them: those that no later import
    /// overlaps, how many of them agree, and those that do not.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn imports(&self, entries: &[Entry]) -> Result<(u64, Vec<Fault>), StoreError> {
        let view = self.connection.unchecked_transaction()?;
        let mut open: Vec<Covered> = Vec::new();
        let mut noted = 0;
        for entry in entries {
            let Event::Import { what, name, first, last, digest, upto, .. } = entry.event() else {
                continue;
            };
            let second = |text: &str| text.parse::<wire::Time>().map_or(0, |at| at.unix());
            let (first, last) = (second(&first), second(&last));
            let kind = KINDS.iter().find(|(_, known)| *known == what).map_or(-1, |(kind, _)| *kind);
            open.retain(|it| !it.overlaps(kind, &name, first, last));
            open.push(Covered { entry: entry.seq, kind, name, first, last, digest });
            noted = upto.max(noted);
        }
        // What came after the last entry may have changed its rows.
        let mut later =
            view.prepare("SELECT kind, name, first, last FROM imported WHERE seq > ?")?;
        let mut later = later.query([noted])?;
        while let Some(row) = later.next()? {
            let name: String = row.get(1)?;
            let (kind, first, last) = (row.get(0)?, row.get(2)?, row.get(3)?);
            open.retain(|it| !it.overlaps(kind, &name, first, last));
        }
        let (mut agree, mut faults) = (0, Vec::new());
        for it in open {
            let (_, found) = digest(&view, it.kind, &it.name, it.first, it.last)?;
            if found == it.digest {
                agree += 1;
            } else {
                faults.push(Fault::Imported(it.entry));
            }
        }
        Ok((agree, faults))
    }
}
