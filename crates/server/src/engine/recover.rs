//! Computes the standings of everything in a data directory.
use std::{collections::HashMap, path::Path};

use competition::{
    Competition, DayRecord, MeterIndex, Participant, ParticipantIndex, Standings, Time,
};

use super::{decision_state::DecisionState, store_history::StoreHistory};
use crate::{
    audit::{self, LockedResult},
    store::{Durability, ImportedRow, Inserted, Recovering, Store, StoreError},
};

/// Seconds of readings that are in memory at once where days are computed anew.
const CHUNK: i64 = 30 * 86_400;

/// A store and the standings of what it holds.
#[derive(Debug)]
pub struct Recovered {
    /// Settled, with the declarations in force.
    pub standings: Standings,
    /// With its journal read.
    pub store: Store,
    /// Last row of the store's list of imports that the standings have.
    pub imported_up_to: i64,
    /// The participants as configured.
    pub(super) configured: Vec<Participant>,
    pub(super) decisions: DecisionState,
}

impl Recovered {
    /// Opens the store of a data directory and computes the standings: from stored days
    /// where they are valid, else from readings.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub fn open(
        dir: &Path,
        durability: Durability,
        competition: Competition,
        participants: Vec<Participant>,
    ) -> Result<Self, StoreError> {
        compute(competition, participants, |meters| Recovering::open(dir, durability, meters))
    }
}

/// The standings of what is committed in a data directory, whether or not a service runs
/// there, and the locked result if there is one.
///
/// # Errors
/// The store's; also where there is no store.
pub fn standings(
    dir: &Path,
    competition: Competition,
    participants: Vec<Participant>,
) -> Result<(Standings, Option<LockedResult>), StoreError> {
    let recovered =
        compute(competition, participants, |meters| Recovering::open_read_only(dir, meters))?;
    let Recovered { standings, decisions, .. } = recovered;
    Ok((standings, decisions.into_result()))
}

fn compute(
    competition: Competition,
    configured: Vec<Participant>,
    open: impl FnOnce(&[&str]) -> Result<Recovering, StoreError>,
) -> Result<Recovered, StoreError> {
    let names = names(&configured);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut recovering = open(&names)?;
    let decisions = DecisionState::read(recovering.store(), &competition.timezone)?;
    let participants = audit::apply_declarations(&configured, decisions.in_force());
    let mut standings = Standings::new(competition, participants);
    standings.lock(decisions.is_locked());
    recovering.days(|meter, record| restore_day(&mut standings, &names, meter, record))?;
    let again = append_all(&mut standings, recovering.store(), names.len())?;
    let mut store = recovering.replay(|meter, sample, inserted| match inserted {
        Inserted::Newest => {
            standings.append(meter, sample);
        }
        Inserted::Late | Inserted::Conflict { moved: true } => {
            standings.invalidate(meter, sample.at);
        }
        Inserted::Repeated | Inserted::Conflict { moved: false } => {}
    })?;
    for meter in again {
        store.readings.touch(meter);
    }
    let imported_up_to = apply_imports(&mut standings, &store, 0, |_| ())?;
    settle(&mut standings, &store)?;
    Ok(Recovered { standings, store, imported_up_to, configured, decisions })
}

/// Computes the standings of other participants with the same meters, as a start does,
/// from a store whose journal is merged; also gives the last row of its list of imports.
///
/// # Errors
/// The store cannot be read or written.
pub(super) fn rebuild(
    store: &mut Store,
    competition: Competition,
    participants: Vec<Participant>,
) -> Result<(Standings, i64), StoreError> {
    let names = names(&participants);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut standings = Standings::new(competition, participants);
    store.readings.days(|meter, record| restore_day(&mut standings, &names, meter, record))?;
    for meter in append_all(&mut standings, store, names.len())? {
        store.readings.touch(meter);
    }
    let imported_up_to = apply_imports(&mut standings, store, 0, |_| ())?;
    settle(&mut standings, store)?;
    Ok((standings, imported_up_to))
}

/// Ids of all meters, in the order of their [`MeterIndex`].
pub(super) fn names(participants: &[Participant]) -> Vec<String> {
    let meters = participants.iter().flat_map(|participant| &participant.meters);
    meters.map(|meter| meter.id.clone()).collect()
}

fn restore_day(
    standings: &mut Standings,
    names: &[&str],
    meter: MeterIndex,
    record: &DayRecord,
) -> bool {
    match standings.restore(meter, record) {
        Ok(()) => true,
        Err(stale) => {
            let meter = names[meter.0 as usize];
            tracing::info!(meter, day = record.day, %stale, "the days of a meter are computed anew");
            false
        }
    }
}

/// Adds the readings that no stored day covers; gives the meters that had some.
fn append_all(
    standings: &mut Standings,
    store: &Store,
    meters: usize,
) -> Result<Vec<MeterIndex>, StoreError> {
    let mut again = Vec::new();
    for meter in (0..meters as u32).map(MeterIndex) {
        if append_missing(standings, store, meter)? {
            again.push(meter);
        }
    }
    Ok(again)
}

fn settle(standings: &mut Standings, store: &Store) -> Result<(), StoreError> {
    let history = StoreHistory::new(store);
    standings.settle(&history);
    history.finish()
}

/// Applies the rows imported after row `since` of the list of imports, all where that is
/// 0, and calls `changed` for their participants; gives the last row.
pub(super) fn apply_imports(
    standings: &mut Standings,
    store: &Store,
    since: i64,
    mut changed: impl FnMut(ParticipantIndex),
) -> Result<i64, StoreError> {
    let ids = standings.participants().iter().zip((0..).map(ParticipantIndex));
    let ids: HashMap<String, _> = ids.map(|(who, index)| (who.id.clone(), index)).collect();
    let now = store.imports.rows_since(since, &mut |row| match row {
        ImportedRow::Removed { meter, first, last } => {
            if let Some(meter) = standings.meter(meter) {
                standings.remove_intervals(meter, first..Time(last.0 + 1));
                changed(standings.owner(meter));
            }
        }
        ImportedRow::Interval { meter, interval } => {
            if let Some(meter) = standings.meter(meter) {
                standings.interval(meter, &interval);
                changed(standings.owner(meter));
            }
        }
        ImportedRow::Temperature { participant, at, outdoor } => {
            if let Some(who) = ids.get(participant) {
                standings.temperature(*who, at, outdoor);
                changed(*who);
            }
        }
    })?;
    Ok(now)
}

/// Adds the readings of a meter that no stored day covers.
fn append_missing(
    standings: &mut Standings,
    store: &Store,
    meter: MeterIndex,
) -> Result<bool, StoreError> {
    let Some(newest) = store.readings.newest(meter) else { return Ok(false) };
    let known = standings.newest(meter);
    if known.is_some_and(|known| known >= newest.at) {
        return Ok(false);
    }
    let mut from = known.map_or(Time(0), |known| Time(known.0 + 1));
    while let Some(first) = store.readings.first_from(meter, from)? {
        let end = Time(first.at.0 + CHUNK);
        for sample in store.readings.samples(meter, first.at..end)? {
            standings.append(meter, sample);
        }
        from = end;
    }
    Ok(true)
}
