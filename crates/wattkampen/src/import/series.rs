//! The rows of one meter in file order, each with the interval that it is of. Where a row
//! does not show its interval's end, the length is the distance to the next row (or to the
//! row before, where times are ends); a file may change from hours to quarter-hours, and a
//! gap is no long interval.
use std::collections::VecDeque;

use super::{
    layout::{Layout, Stamps},
    sink::ParsedRow,
    tally::Tally,
    time_text::{ClockForm, Moment, TimeText},
    timestamp::{LocalTime, Occurrences, TimestampError, ZoneOffsets},
};

/// Lengths that intervals have, seconds.
pub(super) const LENGTHS: [i64; 3] = [900, 1800, 3600];
/// So many steps of another length in a row are a change of length, and fewer a gap.
const CHANGE: usize = 4;

/// A row that waits for the rows after it.
#[derive(Debug, Clone, Copy)]
struct Pending {
    line: u64,
    /// The row's time, UTC.
    at: i64,
    /// Length that the row itself shows.
    seconds: Option<i64>,
    /// `None`: the row has no value and only shows where it stands.
    value: Option<i64>,
    /// A value that is not stored, since another row has another one for the time.
    disputed: Option<i64>,
}

#[derive(Debug)]
pub(super) struct Series {
    occurrences: Occurrences,
    pending: VecDeque<Pending>,
    /// The time of the last row that left `pending`.
    before: Option<i64>,
    seconds: i64,
}

/// Where rows go: the row, and whether it can be stored.
pub(super) type Push<'a, E> = &'a mut dyn FnMut(ParsedRow, &mut Tally) -> Result<(), E>;

impl Series {
    pub(super) fn new(layout: &Layout) -> Self {
        Self {
            occurrences: Occurrences::default(),
            pending: VecDeque::with_capacity(CHANGE + 1),
            before: None,
            seconds: layout.seconds,
        }
    }

    /// The row's time in UTC, and the length that it shows.
    pub(super) fn resolve(
        &mut self,
        time: &TimeText,
        layout: &Layout,
        offsets: &mut ZoneOffsets,
    ) -> Result<(i64, Option<i64>), TimestampError> {
        let local = match time.start {
            Moment::Utc(at) => {
                return Ok((at, time.end.and_then(|end| length(time, end, at, layout, offsets))));
            }
            Moment::Local(local) => local,
        };
        let clock_ends = layout.stamps == Stamps::ClockEnds;
        let at = if let (true, ClockForm::Hour(hour)) = (layout.ordinal_hours, time.clock) {
            let hours = i64::from(hour);
            let midnight = local - hours * 3600;
            let midnight = self.occurrences.resolve(midnight, offsets, layout.backwards)?;
            midnight + (hours - i64::from(clock_ends)) * 3600
        } else if clock_ends {
            self.occurrences.resolve(local - self.seconds, offsets, layout.backwards)?
        } else if layout.stamps == Stamps::Ends
            && let Some(LocalTime::Skipped(change)) = offsets.resolve(local)
            && offsets.local(change - 1) + 1 == local
        {
            // An interval ends when the clocks are put forward.
            change
        } else {
            self.occurrences.resolve(local, offsets, layout.backwards)?
        };
        Ok((at, time.end.and_then(|end| length(time, end, at, layout, offsets))))
    }

    pub(super) fn add<E>(
        &mut self,
        line: u64,
        (at, seconds): (i64, Option<i64>),
        value: Option<i64>,
        layout: &Layout,
        tally: &mut Tally,
        push: Push<'_, E>,
    ) -> Result<(), E> {
        let (mut value, mut disputed) = (value, None);
        if let Some(last) = self.pending.back_mut()
            && last.at == at
            && let (Some(new), Some(old)) = (value, last.value.or(last.disputed))
            && new != old
        {
            // Neither is known to be right.
            let reason = "the file has two values for one time";
            if last.value.take().is_some() {
                tally.refuse(reason, last.line);
                last.disputed = Some(old);
            }
            tally.refuse(reason, line);
            (value, disputed) = (None, Some(new));
        }
        self.pending.push_back(Pending { line, at, seconds, value, disputed });
        if self.pending.len() > CHANGE { self.emit(layout, tally, push) } else { Ok(()) }
    }

    pub(super) fn finish<E>(
        &mut self,
        layout: &Layout,
        tally: &mut Tally,
        push: Push<'_, E>,
    ) -> Result<(), E> {
        while !self.pending.is_empty() {
            self.emit(layout, tally, push)?;
        }
        Ok(())
    }

    /// Sends the oldest row that waits on its way.
    fn emit<E>(&mut self, layout: &Layout, tally: &mut Tally, push: Push<'_, E>) -> Result<(), E> {
        let Some(row) = self.pending.pop_front() else { return Ok(()) };
        let ends = layout.stamps == Stamps::Ends;
        // Which neighbour in the file is at the other end of the row's interval.
        let after = ends == layout.backwards;
        if row.seconds.is_none() && !layout.seconds_stated {
            let neighbour =
                if after { self.pending.front().map(|next| next.at) } else { self.before };
            let step = neighbour.map(|other| (other - row.at).abs());
            if let Some(step) = step
                && step != self.seconds
                && LENGTHS.contains(&step)
                && self.goes_on_with(step, row.at)
            {
                self.seconds = step;
            }
        }
        self.before = Some(row.at);
        let Some(value) = row.value else { return Ok(()) };
        let seconds = row.seconds.unwrap_or(self.seconds);
        let start = if ends { row.at - seconds } else { row.at };
        push(ParsedRow { line: row.line, start, seconds, value }, tally)
    }

    /// Whether the rows that wait are this far apart too.
    fn goes_on_with(&self, step: i64, from: i64) -> bool {
        let mut last = from;
        let mut steps = 0;
        for next in &self.pending {
            if (next.at - last).abs() != step {
                return false;
            }
            (last, steps) = (next.at, steps + 1);
        }
        steps >= CHANGE - 1 || (steps > 0 && self.before.is_none())
    }
}

/// The length of an interval with both ends. Around a change of the clocks the ends are an
/// hour off on the clock, or in UTC; the one that is a length of an interval is meant.
fn length(
    time: &TimeText,
    end: Moment,
    at: i64,
    layout: &Layout,
    offsets: &mut ZoneOffsets,
) -> Option<i64> {
    let whole = |seconds: i64| {
        // 00:00-00:59 and 00:00-00:59:59 are an hour.
        [seconds, seconds + 60, seconds + 1].into_iter().find(|seconds| LENGTHS.contains(seconds))
    };
    match (time.start, end) {
        (Moment::Utc(start), Moment::Utc(end)) => Some(whole(end - start).unwrap_or(end - start)),
        (Moment::Local(start), Moment::Local(end)) => {
            let on_clock = end - start;
            if let Some(seconds) = whole(on_clock) {
                return Some(seconds);
            }
            let in_utc = match offsets.resolve(end) {
                Some(LocalTime::Once(end)) => end - at,
                Some(LocalTime::Twice(before, after)) => {
                    if whole(before - at).is_some() {
                        before - at
                    } else {
                        after - at
                    }
                }
                _ => on_clock,
            };
            // Only where clocks change do both differ.
            if in_utc == on_clock {
                return Some(on_clock);
            }
            Some(whole(in_utc).unwrap_or(layout.seconds))
        }
        _ => None,
    }
}
