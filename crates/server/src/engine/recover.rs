//! From a data directory to standings that know all of it.
use std::path::Path;

use competition::{Competition, MeterIndex, Participant, Standings, Time};

use super::core::Stored;
use crate::store::{Durability, Inserted, Store, StoreError};

/// Seconds of readings that are held at once where days are made again.
const PART: i64 = 30 * 86_400;

/// A store and the standings of what it holds.
#[derive(Debug)]
pub struct Recovered {
    /// Settled.
    pub standings: Standings,
    /// With the journal read.
    pub store: Store,
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
        let mut standings = Standings::new(competition, participants);
        let names: Vec<String> = standings
            .participants()
            .iter()
            .flat_map(|participant| &participant.meters)
            .map(|meter| meter.id.clone())
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut recovering = Store::open(dir, durability, &names)?;
        recovering.days(|meter, record| match standings.restore(meter, record) {
            Ok(()) => true,
            Err(stale) => {
                tracing::info!(meter = names[meter.0 as usize], day = record.day, %stale, "days are made again");
                false
            }
        })?;
        let mut again = Vec::new();
        for meter in (0..names.len() as u32).map(MeterIndex) {
            if append_missing(&mut standings, recovering.store(), meter)? {
                again.push(meter);
            }
        }
        let mut store = recovering.replay(|meter, sample, inserted| match inserted {
            Inserted::Newest => {
                standings.append(meter, sample);
            }
            Inserted::Late | Inserted::Conflict { moved: true } => {
                standings.amend(meter, sample.at);
            }
            Inserted::Repeated | Inserted::Conflict { moved: false } => {}
        })?;
        for meter in again {
            store.touch(meter);
        }
        let history = Stored::new(&store);
        standings.settle(&history);
        history.done()?;
        Ok(Self { standings, store })
    }
}

/// Gives the standings what is in blocks and was in no day.
fn append_missing(
    standings: &mut Standings,
    store: &Store,
    meter: MeterIndex,
) -> Result<bool, StoreError> {
    let Some(newest) = store.newest(meter) else { return Ok(false) };
    let known = standings.newest(meter);
    if known.is_some_and(|known| known >= newest.at) {
        return Ok(false);
    }
    let mut from = known.map_or(Time(0), |known| Time(known.0 + 1));
    while let Some(first) = store.first_from(meter, from)? {
        let end = Time(first.at.0 + PART);
        for sample in store.samples(meter, first.at..end)? {
            standings.append(meter, sample);
        }
        from = end;
    }
    Ok(true)
}
