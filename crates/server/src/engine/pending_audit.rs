//! What the audit log still lacks: late readings, quarantine, the standing at midnight.
//!
//! It is collected in memory and appended once a minute, before each decision of the
//! organiser, and at the end.
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

/// Between two appends.
const INTERVAL: Duration = Duration::from_secs(60);
/// Seconds after which a reading is late although it is its meter's newest: the
/// leaderboard has already shown its hour.
pub(super) const LATE_AFTER: i64 = 3600;
const DAY: i64 = 86_400;

/// Readings of one meter since the last append.
#[derive(Debug, Clone, Copy)]
struct ReadingSpan {
    readings: u64,
    first: Time,
    last: Time,
}

impl ReadingSpan {
    fn add(span: Option<Self>, at: Time) -> Self {
        let Self { readings, first, last } =
            span.unwrap_or(Self { readings: 0, first: at, last: at });
        Self { readings: readings + 1, first: first.min(at), last: last.max(at) }
    }
}

/// Cloned before its events are appended, and put back where the store refuses them.
#[derive(Debug, Clone, Default)]
pub(super) struct PendingAudit {
    late: BTreeMap<MeterIndex, ReadingSpan>,
    /// Received after the lock.
    post_lock: BTreeMap<MeterIndex, ReadingSpan>,
    /// What late readings added to the contest's sums.
    totals: BTreeMap<ParticipantIndex, ContestTotals>,
    /// Ranks on the last leaderboard, by participant.
    ranks: Vec<Option<u32>>,
    /// Ranks before the first late reading.
    ranks_before: Option<Vec<Option<u32>>>,
    /// The leaderboard before imports whose effect is not in the log.
    before_import: Option<Leaderboard>,
    /// Quarantine in the log: readings by meter, reason and first reading.
    quarantine: BTreeMap<(String, String, String), u64>,
    /// The quarantine may differ from the log.
    quarantine_changed: bool,
    /// The local date whose beginning is in the log.
    date: Option<Date>,
    appended: Option<Instant>,
}

impl PendingAudit {
    /// Continues from what the log has.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub(super) fn open(store: &Store) -> Result<Self, StoreError> {
        let mut pending = Self { quarantine_changed: true, ..Self::default() };
        for entry in store.audit.entries_of(0, &[AuditEventKind::Quarantine])? {
            if let AuditEvent::Quarantine(record) = entry.event() {
                let key = (record.meter, record.reason, record.first);
                pending.quarantine.insert(key, record.readings);
            }
        }
        let standing =
            store.audit.last_entry(Some(AuditEventKind::Standing))?.as_ref().map(AuditEntry::event);
        if let Some(AuditEvent::Standing { date, .. }) = standing {
            pending.date = date.parse::<Date>().ok().and_then(|date| date.tomorrow().ok());
        }
        Ok(pending)
    }

    /// A late reading was accepted.
    pub(super) fn late_reading(&mut self, meter: MeterIndex, at: Time) {
        if self.ranks_before.is_none() {
            self.ranks_before = Some(self.ranks.clone());
        }
        let span = self.late.get(&meter).copied();
        self.late.insert(meter, ReadingSpan::add(span, at));
    }

    /// A reading was received after the lock and is kept.
    pub(super) fn post_lock_reading(&mut self, meter: MeterIndex, at: Time) {
        let span = self.post_lock.get(&meter).copied();
        self.post_lock.insert(meter, ReadingSpan::add(span, at));
    }

    /// Late readings changed a participant's sums by so much.
    pub(super) fn totals_changed(&mut self, who: ParticipantIndex, by: ContestTotals) {
        *self.totals.entry(who).or_default() += by;
    }

    /// Whether late readings of a participant are pending.
    pub(super) fn has_late_readings(
        &self,
        directory: &MeterDirectory,
        who: ParticipantIndex,
    ) -> bool {
        self.late.keys().any(|meter| directory.owner(*meter) == who)
    }

    /// Readings may have entered or left quarantine.
    pub(super) fn quarantine_changed(&mut self) {
        self.quarantine_changed = true;
    }

    /// Rows were imported; `before` is the leaderboard without them.
    pub(super) fn imported(&mut self, before: Leaderboard) {
        self.before_import.get_or_insert(before);
    }

    /// The leaderboard before imports whose effect is not in the log.
    pub(super) fn take_before_import(&mut self) -> Option<Leaderboard> {
        self.before_import.take()
    }

    /// A leaderboard was published.
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
        self.appended.is_none_or(|appended| now.duration_since(appended) >= INTERVAL)
    }

    /// The next append is due an interval from now.
    pub(super) fn postpone(&mut self, now: Instant) {
        self.appended = Some(now);
    }

    /// Late readings and quarantine as events.
    pub(super) fn take(
        &mut self,
        standings: &Standings,
        directory: &MeterDirectory,
        now: Instant,
    ) -> Vec<AuditEvent> {
        self.appended = Some(now);
        let mut events = self.take_late(standings, directory);
        for (meter, span) in std::mem::take(&mut self.post_lock) {
            events.push(AuditEvent::PostLock {
                what: "reading".to_owned(),
                name: directory.name(meter).to_owned(),
                first: moment(span.first),
                last: moment(span.last),
                rows: span.readings,
            });
        }
        if std::mem::take(&mut self.quarantine_changed) {
            self.take_quarantine(standings, directory, &mut events);
        }
        events
    }

    fn take_late(&mut self, standings: &Standings, directory: &MeterDirectory) -> Vec<AuditEvent> {
        let mut meters_of: BTreeMap<ParticipantIndex, Vec<LateReadings>> = BTreeMap::new();
        for (meter, span) in std::mem::take(&mut self.late) {
            meters_of.entry(directory.owner(meter)).or_default().push(LateReadings {
                meter: directory.name(meter).to_owned(),
                from: day(span.first),
                until: day(span.last),
                readings: span.readings,
            });
        }
        let before = self.ranks_before.take().unwrap_or_default();
        let totals = std::mem::take(&mut self.totals);
        let events = meters_of.into_iter().map(|(who, meters)| {
            let ContestTotals { energy, saved } = totals.get(&who).copied().unwrap_or_default();
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

    fn take_quarantine(
        &mut self,
        standings: &Standings,
        directory: &MeterDirectory,
        events: &mut Vec<AuditEvent>,
    ) {
        for readings in standings.quarantine() {
            let record = QuarantineRecord {
                meter: directory.name(readings.meter).to_owned(),
                reason: readings.doubt.to_string(),
                readings: readings.count,
                first: moment(readings.first),
                last: moment(readings.last),
            };
            let key = (record.meter.clone(), record.reason.clone(), record.first.clone());
            if self.quarantine.insert(key, readings.count) != Some(readings.count) {
                events.push(AuditEvent::Quarantine(record));
            }
        }
    }

    /// The standing at the last local midnight, where that was in the contest and is not
    /// in the log.
    pub(super) fn standing(&mut self, standings: &Standings, now: Time) -> Option<AuditEvent> {
        let competition = standings.competition();
        let today = date(now, &competition.timezone)?;
        if self.date.is_some_and(|appended| appended >= today) {
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

/// The UTC day of a moment, such as `2027-04-11`.
fn day(at: Time) -> String {
    let midnight = moment(Time(at.0.div_euclid(DAY) * DAY));
    midnight.split('T').next().unwrap_or_default().to_owned()
}
