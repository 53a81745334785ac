//! From a data directory to standings that know all of it.
use std::{collections::HashMap, path::Path};

use competition::{
    Competition, DayRecord, MeterIndex, Participant, ParticipantIndex, Standings, Time,
};

use super::{decision_state::DecisionState, store_history::StoreHistory};
use crate::{
    audit::{self, LockedResult},
    store::{Durability, ImportedRow, Inserted, Recovering, Store, StoreError},
};

/// Seconds of readings that are held at once where days are made again.
const PART: i64 = 30 * 86_400;

/// A store and the standings of what it holds.
#[derive(Debug)]
pub struct Recovered {
    /// Settled; with what the organiser declared.
    pub standings: Standings,
    /// With the journal read.
    pub store: Store,
    /// Up to where the standings have what was imported.
    pub imported: i64,
    /// As the configuration has them.
    pub(super) configured: Vec<Participant>,
    pub(super) decided: DecisionState,
}

impl Recovered {
    /// Opens the store of a data directory and computes the standings: from its
    /// days where they are of use, from its readings where they are not.
    ///
    /// # Errors
    /// The store's.
    pub fn open(
        dir: &Path,
        durability: Durability,
        competition: Competition,
        participants: Vec<Participant>,
    ) -> Result<Self, StoreError> {
        compute(competition, participants, |meters| Recovering::open(dir, durability, meters))
    }
}

/// The standings of what is committed in a data directory now, while a server runs
/// there or after it, and the result where it is locked.
///
/// # Errors
/// The store's; where there is none, too.
pub fn standings(
    dir: &Path,
    competition: Competition,
    participants: Vec<Participant>,
) -> Result<(Standings, Option<LockedResult>), StoreError> {
    let recovered =
        compute(competition, participants, |meters| Recovering::open_read_only(dir, meters))?;
    let Recovered { standings, decided, .. } = recovered;
    Ok((standings, decided.result.map(|(_, frozen)| frozen)))
}

fn compute(
    competition: Competition,
    configured: Vec<Participant>,
    open: impl FnOnce(&[&str]) -> Result<Recovering, StoreError>,
) -> Result<Recovered, StoreError> {
    let names = names(&configured);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut recovering = open(&names)?;
    let mut decided = DecisionState::default();
    decided.read(recovering.store(), &competition.timezone)?;
    let participants = audit::apply_declarations(&configured, &decided.active);
    let mut standings = Standings::new(competition, participants);
    standings.lock(decided.locked.is_some());
    recovering.days(|meter, record| restored(&mut standings, &names, meter, record))?;
    let again = append_all(&mut standings, recovering.store(), names.len())?;
    let mut store = recovering.replay(|meter, sample, inserted| match inserted {
        Inserted::Newest => {
            standings.append(meter, sample);
        }
        Inserted::Late | Inserted::Conflict { moved: true } => {
            standings.invalidate(meter, sample.at)
        }
        Inserted::Repeated | Inserted::Conflict { moved: false } => {}
    })?;
    for meter in again {
        store.readings.touch(meter);
    }
    let imported = give_imported(&mut standings, &store, 0, |_| ())?;
    settle(&mut standings, &store)?;
    Ok(Recovered { standings, store, imported, configured, decided })
}

/// The standings again, of other participants with the same meters, from a store
/// whose journal is merged: the way a start goes.
///
/// # Errors
/// The store's; nothing else may be computed with it then.
pub(super) fn again(
    store: &mut Store,
    competition: Competition,
    participants: Vec<Participant>,
) -> Result<(Standings, i64), StoreError> {
    let names = names(&participants);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut standings = Standings::new(competition, participants);
    store.readings.days(|meter, record| restored(&mut standings, &names, meter, record))?;
    for meter in append_all(&mut standings, store, names.len())? {
        store.readings.touch(meter);
    }
    let imported = give_imported(&mut standings, store, 0, |_| ())?;
    settle(&mut standings, store)?;
    Ok((standings, imported))
}

/// Of all meters, in the order of their [`MeterIndex`].
pub(super) fn names(participants: &[Participant]) -> Vec<String> {
    let meters = participants.iter().flat_map(|participant| &participant.meters);
    meters.map(|meter| meter.id.clone()).collect()
}

fn restored(
    standings: &mut Standings,
    names: &[&str],
    meter: MeterIndex,
    record: &DayRecord,
) -> bool {
    match standings.restore(meter, record) {
        Ok(()) => true,
        Err(stale) => {
            let meter = names[meter.0 as usize];
            tracing::info!(meter, day = record.day, %stale, "days are made again");
            false
        }
    }
}

/// What is in blocks and was in no day; which meters had some.
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
    history.done()
}

/// Gives the standings what was imported since `since`, all of it where that is 0,
/// and tells whose it is.
pub(super) fn give_imported(
    standings: &mut Standings,
    store: &Store,
    since: i64,
    mut of: impl FnMut(ParticipantIndex),
) -> Result<i64, StoreError> {
    let ids = standings.participants().iter().zip((0..).map(ParticipantIndex));
    let ids: HashMap<String, _> = ids.map(|(who, index)| (who.id.clone(), index)).collect();
    let now = store.imports.rows_since(since, &mut |row| match row {
        ImportedRow::Interval { meter, interval } => {
            if let Some(meter) = standings.meter(meter) {
                standings.interval(meter, &interval);
                of(standings.owner(meter));
            }
        }
        ImportedRow::Temperature { participant, at, outdoor } => {
            if let Some(who) = ids.get(participant) {
                standings.temperature(*who, at, outdoor);
                of(*who);
            }
        }
    })?;
    Ok(now)
}

/// Gives the standings what is in blocks and was in no day.
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
        let end = Time(first.at.0 + PART);
        for sample in store.readings.samples(meter, first.at..end)? {
            standings.append(meter, sample);
        }
        from = end;
    }
    Ok(true)
}
