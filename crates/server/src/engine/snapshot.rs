//! Snapshots: what they hold, and how often they are made.
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use competition::{DoubtKind, Leaderboard, ParticipantIndex, Time};

use super::{
    EngineEvent, ParticipantFigures, Snapshot,
    state::{EngineState, SnapshotContent},
};
use crate::audit::LockedResult;

/// Least time between two snapshots.
const MIN_INTERVAL: Duration = Duration::from_millis(20);
/// Least time between two snapshots as a multiple of what one costs, so that publishing
/// takes a small share of the thread with ten thousand participants too.
const COST_FACTOR: u32 = 10;
/// Time between two snapshots without new readings: time alone changes the leaderboard
/// when a day begins or a meter becomes stale.
const IDLE: Duration = Duration::from_secs(1);

/// Decides when a snapshot is due, and keeps the last one.
#[derive(Debug)]
pub(super) struct SnapshotPublisher {
    last: Arc<Snapshot>,
    made: Option<Instant>,
    cost: Duration,
}

impl SnapshotPublisher {
    pub(super) fn new(last: Arc<Snapshot>) -> Self {
        Self { last, made: None, cost: Duration::ZERO }
    }

    /// When the next snapshot is due; `news` where readings arrived since the last.
    pub(super) fn due(&self, news: bool) -> Instant {
        let Some(made) = self.made else { return Instant::now() };
        let (least, times) =
            if news { (MIN_INTERVAL, COST_FACTOR) } else { (IDLE, 10 * COST_FACTOR) };
        made + least.max(self.cost * times)
    }

    /// Makes a snapshot, and the events of what changed.
    pub(super) fn publish(&mut self, state: &mut EngineState) -> (Arc<Snapshot>, Vec<EngineEvent>) {
        let began = Instant::now();
        let as_of = state.clock.now();
        let minute = |time: Time| time.0.div_euclid(60);
        let time_passed = minute(as_of) != minute(self.last.as_of);
        let (content, mut events) = state.snapshot_content(as_of, time_passed);
        let SnapshotContent { board, participants, figures, replaced } = content;
        let same = !replaced
            && self.made.is_some()
            && same(&board, &self.last.board)
            && figures == self.last.figures;
        let version = self.last.version + u64::from(!same);
        if !same {
            events.push(EngineEvent::Leaderboard(version));
        }
        self.last = Arc::new(Snapshot { version, as_of, board, participants, figures });
        let now = Instant::now();
        self.made = Some(now);
        self.cost = now - began;
        metrics::gauge!("wattkampen_board_version").set(version as f64);
        for kind in DoubtKind::ALL {
            let doubts = self.last.board.rows.iter().flat_map(|row| &row.doubts);
            let count = doubts.filter(|doubt| doubt.kind == kind).count();
            metrics::gauge!("wattkampen_open_doubts", "kind" => kind.as_str()).set(count as f64);
        }
        state.publish_counters();
        (self.last.clone(), events)
    }

    /// Version of the last snapshot.
    pub(super) fn version(&self) -> u64 {
        self.last.version
    }
}

/// The snapshot at a moment, computed from standings alone. It has no steps of the power,
/// which only a running service detects. The leaderboard is the locked result where there
/// is one.
pub fn snapshot(
    standings: &competition::Standings,
    locked: Option<&LockedResult>,
    as_of: Time,
) -> Snapshot {
    let who = (0..standings.participants().len() as u32).map(ParticipantIndex);
    Snapshot {
        version: 0,
        as_of,
        board: match locked {
            Some(result) => result.board(standings, as_of),
            None => standings.leaderboard(standings.competition().rule, as_of),
        },
        participants: standings.participants().into(),
        figures: who.map(|who| Arc::new(ParticipantFigures::at(standings, who, as_of))).collect(),
    }
}

/// Whether two leaderboards differ in nothing but their time.
fn same(one: &Leaderboard, other: &Leaderboard) -> bool {
    one.rows == other.rows
        && one.total_saved == other.total_saved
        && one.status == other.status
        && one.rule == other.rule
}
