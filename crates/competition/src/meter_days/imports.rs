//! Imported intervals of a meter: quarter-hours beside those of its register.
use core::ops::Range;

use super::{LatestData, MeterDays};
use crate::{
    energy::QuarterEnergy,
    time::{Hour, QuarterHour, each_quarter},
};

impl MeterDays {
    /// Imports the quarter-hours of an interval, of which the first is `start`.
    pub(crate) fn import(&mut self, start: QuarterHour, values: &[QuarterEnergy]) {
        if self.index(start.day()).is_none() {
            return;
        }
        let end = start + values.len() as i64;
        let latest = LatestData {
            until: end.start(),
            interval: values.len() as i64 * QuarterHour::SECONDS,
            is_reading: false,
        };
        self.newest_import = self.newest_import.max(Some(latest));
        for (offset, value) in (0..).zip(values) {
            let quarter = start + offset;
            let Some(index) = self.index(quarter.day()) else { continue };
            if index >= self.imported.len() {
                self.imported.resize_with(index + 1, || None);
            }
            let day = self.imported[index].get_or_insert_default();
            day.set(quarter.index_in_day(), Some(*value));
        }
    }

    /// The quarter-hours of all days from the first to the last with imported intervals.
    pub(crate) fn imported_quarters(&self) -> Option<Range<QuarterHour>> {
        let first = self.imported.iter().position(Option::is_some)?;
        let first = self.first_day + first as i64;
        let end = self.first_day + self.imported.len() as i64;
        Some(first.first_quarter()..end.first_quarter())
    }

    /// The quarter-hours of an hour that belong to imported intervals with their beginning
    /// in a range.
    pub(crate) fn intervals_of(&self, hour: Hour, range: &Range<QuarterHour>) -> Vec<QuarterHour> {
        let mut found = Vec::new();
        let mut inside = false;
        for quarter in hour.quarters() {
            let Some(value) = self.by_import(quarter) else { continue };
            inside = if value.starts_exact() { range.contains(&quarter) } else { inside };
            found.extend(inside.then_some(quarter));
        }
        found
    }

    pub(crate) fn remove_imported(&mut self, quarters: &[QuarterHour]) {
        for quarter in quarters {
            let index = self.index(quarter.day());
            if let Some(Some(day)) = index.and_then(|index| self.imported.get_mut(index)) {
                day.set(quarter.index_in_day(), None);
            }
        }
    }

    /// Finds the newest imported interval again after some were taken back.
    pub(crate) fn find_newest_import(&mut self) {
        self.newest_import = None;
        let Some(range) = self.imported_quarters() else { return };
        let mut last = each_quarter(&range).rev().skip_while(|it| self.by_import(*it).is_none());
        let Some(end) = last.next() else { return };
        let starts = |it: &QuarterHour| self.by_import(*it).is_none_or(QuarterEnergy::starts_exact);
        let start = core::iter::once(end).chain(last).find(starts).unwrap_or(end);
        self.newest_import = Some(LatestData {
            until: (end + 1).start(),
            interval: (end + 1 - start) * QuarterHour::SECONDS,
            is_reading: false,
        });
    }
}
