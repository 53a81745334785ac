//! Table `service_clock`: which clock the service uses, for processes beside it.
//!
//! Entries of the audit log are dated by the service's clock. A demonstration runs on a
//! simulated one, which the service records at its start: then an import or a decision
//! beside the service continues that clock. While no service runs, a simulated clock
//! stands still at the newest entry. Without a record the service uses the machine's
//! clock. In no case is an entry from beside the service earlier than the newest one.
use std::path::Path;

use competition::Time;
use rusqlite::{Connection, OptionalExtension};

use super::{
    chain,
    error::StoreError,
    schema::{self, FILE},
};
use crate::clock::Clock;

/// The clock that dates entries of the audit log in the store of a data directory.
///
/// # Errors
/// Where there is a store that cannot be read.
pub fn service_clock(dir: &Path) -> Result<Clock, StoreError> {
    if !dir.join(FILE).exists() {
        return Ok(Clock::real());
    }
    let connection = match schema::open_read_only(dir) {
        Ok(connection) => connection,
        Err(StoreError::Empty(_)) => return Ok(Clock::real()),
        Err(error) => return Err(error),
    };
    let running = matches!(schema::lock_shared(dir), Err(StoreError::InUse(_)));
    read(&connection, running)
}

/// Records the clock of the service that starts.
pub(super) fn record(connection: &Connection, clock: &Clock) -> Result<(), StoreError> {
    if !clock.is_simulated() {
        connection.execute("DELETE FROM service_clock", [])?;
        return Ok(());
    }
    let stop = clock.stop().map(|stop| stop.0);
    connection.execute(
        "INSERT OR REPLACE INTO service_clock (id, machine_ms, service, speed, stop)
         VALUES (1, ?, ?, ?, ?)",
        (jiff::Timestamp::now().as_millisecond(), clock.now().0, clock.speed(), stop),
    )?;
    Ok(())
}

/// The clock for entries beside the service, or while none is `running`.
pub(super) fn read(connection: &Connection, running: bool) -> Result<Clock, StoreError> {
    let recorded: Option<(i64, i64, f64, Option<i64>)> = connection
        .query_row("SELECT machine_ms, service, speed, stop FROM service_clock", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let clock = match recorded {
        None => Clock::real(),
        Some((machine_ms, service, speed, stop)) if running => {
            let elapsed_ms = (jiff::Timestamp::now().as_millisecond() - machine_ms).max(0);
            let now = service + (elapsed_ms as f64 / 1000.0 * speed) as i64;
            match stop {
                Some(stop) => Clock::simulated_until(Time(now), speed, Time(stop)),
                None => Clock::simulated(Time(now), speed),
            }
        }
        Some((_, service, ..)) => Clock::stopped(Time(service)),
    };
    // The machine's clock may have been corrected since, or the service has slept.
    let newest = newest(connection)?;
    Ok(if clock.now() < newest { Clock::stopped(newest) } else { clock })
}

/// The time of an entry that is appended now: never before the newest one.
pub(super) fn entry_time(connection: &Connection, clock: &Clock) -> Result<Time, StoreError> {
    Ok(clock.now().max(newest(connection)?))
}

fn newest(connection: &Connection) -> Result<Time, StoreError> {
    Ok(chain::last_entry(connection, None)?.map_or(Time(0), |entry| entry.at))
}
