//! What the engine still has to tell the audit log: late readings, quarantine, the
//! standing at midnight. Collected in memory at next to no cost and noted once a
//! minute, before each decision of the organiser, and at the end.
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use competition::{ContestTotals, Leaderboard, MeterIndex, ParticipantIndex, Standings, Time};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{
    audit::{
        AuditEntry, AuditEvent, AuditEventKind, BoardPosition, LateReadings, QuarantineRecord,
        moment,
    },
    ingest::MeterDirectory,
    store::{Store, StoreError},
};

/// Between two notes.
const EVERY: Duration = Duration::from_secs(60);
/// Seconds after which a reading is late though it is its meter's newest: the board
/// has shown its hour.
pub(super) const LATE_AFTER: i64 = 3600;
const DAY: i64 = 86_400;

/// Late readings of a meter since the last note.
#[derive(Debug, Clone, Copy)]
struct Batch {
    readings: u64,
    first: Time,
    last: Time,
}

impl Batch {
    const fn none(at: Time) -> Self {
        Self { readings: 0, first: at, last: at }
    }

    fn add(&mut self, at: Time) {
        self.readings += 1;
        self.first = self.first.min(at);
        self.last = self.last.max(at);
    }
}

/// Not noted yet.
#[derive(Debug, Default)]
pub(super) struct PendingAudit {
    late: BTreeMap<MeterIndex, Batch>,
    /// Came after the lock.
    aside: BTreeMap<MeterIndex, Batch>,
    moved: BTreeMap<ParticipantIndex, ContestTotals>,
    /// By participant: on the last board, and on the one before the first late reading.
    ranks: Vec<Option<u32>>,
    before: Option<Vec<Option<u32>>>,
    /// What is noted of the quarantine, by meter, reason and first reading.
    held: BTreeMap<(String, String, String), u64>,
    /// Readings may have come into quarantine, or left it.
    doubts: bool,
    /// The local date whose beginning has been noted.
    date: Option<Date>,
    noted: Option<Instant>,
}

impl PendingAudit {
    /// Goes on from what the log has.
    ///
    /// # Errors
    /// The store's.
    pub(super) fn open(store: &Store) -> Result<Self, StoreError> {
        let mut trail = Self { doubts: true, ..Self::default() };
        for entry in store.audit.entries_of(0, &[AuditEventKind::Quarantine])? {
            if let AuditEvent::Quarantine(held) = entry.event() {
                trail.held.insert((held.meter, held.reason, held.first), held.readings);
            }
        }
        let standing =
            store.audit.last_entry(Some(AuditEventKind::Standing))?.as_ref().map(AuditEntry::event);
        if let Some(AuditEvent::Standing { date, .. }) = standing {
            trail.date = date.parse::<Date>().ok().and_then(|date| date.tomorrow().ok());
        }
        Ok(trail)
    }

    /// A late reading was taken.
    pub(super) fn late(&mut self, meter: MeterIndex, at: Time) {
        if self.before.is_none() {
            self.before = Some(self.ranks.clone());
        }
        self.late.entry(meter).or_insert(Batch::none(at)).add(at);
    }

    /// A reading was kept aside.
    pub(super) fn aside(&mut self, meter: MeterIndex, at: Time) {
        self.aside.entry(meter).or_insert(Batch::none(at)).add(at);
    }

    /// Late readings changed a participant's sums by so much.
    pub(super) fn moved(&mut self, who: ParticipantIndex, by: ContestTotals) {
        *self.moved.entry(who).or_default() += by;
    }

    /// Whether a participant's late readings wait for their note.
    pub(super) fn waits_for(&self, directory: &MeterDirectory, who: ParticipantIndex) -> bool {
        self.late.keys().any(|meter| directory.owner(*meter) == who)
    }

    pub(super) fn doubted(&mut self) {
        self.doubts = true;
    }

    /// A board was published.
    pub(super) fn published(&mut self, board: &Leaderboard) {
        self.ranks.resize(board.rows.len(), None);
        for row in &board.rows {
            if let Some(rank) = self.ranks.get_mut(row.participant.0 as usize) {
                *rank = row.rank;
            }
        }
    }

    /// Whether it is time for [`PendingAudit::take`].
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.noted.is_none_or(|noted| now.duration_since(noted) >= EVERY)
    }

    /// Late readings and quarantine that wait, as events.
    pub(super) fn take(
        &mut self,
        standings: &Standings,
        directory: &MeterDirectory,
        now: Instant,
    ) -> Vec<AuditEvent> {
        self.noted = Some(now);
        let mut events = self.take_late(standings, directory);
        for (meter, batch) in std::mem::take(&mut self.aside) {
            events.push(AuditEvent::PostLock {
                what: "reading".to_owned(),
                name: directory.name(meter).to_owned(),
                first: moment(batch.first),
                last: moment(batch.last),
                rows: batch.readings,
            });
        }
        if std::mem::take(&mut self.doubts) {
            self.take_held(standings, directory, &mut events);
        }
        events
    }

    fn take_late(&mut self, standings: &Standings, directory: &MeterDirectory) -> Vec<AuditEvent> {
        let mut of: BTreeMap<ParticipantIndex, Vec<LateReadings>> = BTreeMap::new();
        for (meter, batch) in std::mem::take(&mut self.late) {
            of.entry(directory.owner(meter)).or_default().push(LateReadings {
                meter: directory.name(meter).to_owned(),
                from: day(batch.first),
                until: day(batch.last),
                readings: batch.readings,
            });
        }
        let before = self.before.take().unwrap_or_default();
        let moved = std::mem::take(&mut self.moved);
        let events = of.into_iter().map(|(who, meters)| {
            let ContestTotals { energy, saved } = moved.get(&who).copied().unwrap_or_default();
            let index = who.0 as usize;
            let ranks = [&before, &self.ranks].map(|ranks| ranks.get(index).copied().flatten());
            AuditEvent::Late {
                participant: standings.participants()[index].id.clone(),
                meters,
                energy_kwh: energy.kwh(),
                saved_kwh: saved.kwh(),
                rank: (ranks[0] != ranks[1]).then_some(ranks),
            }
        });
        events.collect()
    }

    fn take_held(
        &mut self,
        standings: &Standings,
        directory: &MeterDirectory,
        out: &mut Vec<AuditEvent>,
    ) {
        for held in standings.quarantine() {
            let event = QuarantineRecord {
                meter: directory.name(held.meter).to_owned(),
                reason: held.doubt.to_string(),
                readings: held.count,
                first: moment(held.first),
                last: moment(held.last),
            };
            let key = (event.meter.clone(), event.reason.clone(), event.first.clone());
            if self.held.insert(key, held.count) != Some(held.count) {
                out.push(AuditEvent::Quarantine(event));
            }
        }
    }

    /// The standing at the last local midnight, where it is the contest's and new.
    pub(super) fn standing(&mut self, standings: &Standings, now: Time) -> Option<AuditEvent> {
        let competition = standings.competition();
        let today = date(now, &competition.timezone)?;
        if self.date.is_some_and(|noted| noted >= today) {
            return None;
        }
        self.date = Some(today);
        let ended = today.yesterday().ok()?;
        if ended < competition.contest.start || ended >= competition.contest.end {
            return None;
        }
        let midnight = today.to_zoned(competition.timezone.clone()).ok()?.timestamp();
        let board = standings.leaderboard_at(competition.rule, Time(midnight.as_second()));
        let places = BoardPosition::all(&board, standings.participants());
        Some(AuditEvent::Standing { date: ended.to_string(), places })
    }
}

fn date(at: Time, zone: &TimeZone) -> Option<Date> {
    Some(Timestamp::from_second(at.0).ok()?.to_zoned(zone.clone()).date())
}

/// A UTC day.
fn day(at: Time) -> String {
    let midnight = moment(Time(at.0.div_euclid(DAY) * DAY));
    midnight.split('T').next().unwrap_or_default().to_owned()
}
