//! Which quarter-hours of a meter are one gap, and when a gap is divided again.
use core::ops::Range;

use super::MeterDays;
use crate::{
    gaps::Gap,
    time::{QuarterHour, each_quarter},
};

impl MeterDays {
    /// A range of quarter-hours with all gaps that lie in it or touch it.
    pub(crate) fn with_gaps(&self, range: Range<QuarterHour>) -> Range<QuarterHour> {
        let Range { mut start, mut end } = range;
        while self.by_register(start + -1).is_some_and(|it| !it.ends_close()) {
            start = start + -1;
        }
        while self.by_register(end).is_some_and(|it| !it.starts_close()) {
            end = end + 1;
        }
        start..end
    }

    /// Divides the gaps of a range again, which is one of [`MeterDays::with_gaps`].
    pub(crate) fn divide_gaps(&mut self, range: &Range<QuarterHour>) {
        let old: Vec<QuarterHour> =
            self.gaps.range(range.clone()).map(|(start, _)| *start).collect();
        for start in old {
            self.gaps.remove(&start);
        }
        let (mut own, mut imported) = (Vec::new(), Vec::new());
        for quarter in each_quarter(range) {
            let Some(value) = self.by_register(quarter) else {
                (own, imported) = (Vec::new(), Vec::new());
                continue;
            };
            if own.is_empty() && value.starts_close() && value.ends_close() {
                continue;
            }
            own.push(value);
            imported.push(self.by_import(quarter));
            let next = self.by_register(quarter + 1);
            if value.ends_close() || next.is_none_or(|next| next.starts_close()) {
                let start = quarter + 1 - own.len() as i64;
                if let Some(gap) = Gap::new(start, &own, &imported, &self.edges) {
                    self.gaps.insert(start, gap);
                }
                (own, imported) = (Vec::new(), Vec::new());
            }
        }
    }

    /// Whether the register knows a quarter-hour only as a part of a gap.
    fn is_in_gap(&self, quarter: QuarterHour) -> bool {
        let own = self.by_register(quarter);
        own.is_some_and(|it| !it.starts_close() || !it.ends_close())
    }

    /// The imported energy of quarter-hours changes. True where some belong to gaps, which
    /// [`MeterDays::next_imported_into`] gives once each.
    pub(crate) fn imported_into(&mut self, quarters: impl Iterator<Item = QuarterHour>) -> bool {
        let before = self.imported_into.len();
        for quarter in quarters {
            if self.is_in_gap(quarter) {
                self.imported_into.insert(quarter);
            }
        }
        self.imported_into.len() > before
    }

    /// A range with a gap to divide again because of an import.
    pub(crate) fn next_imported_into(&mut self) -> Option<Range<QuarterHour>> {
        let first = self.imported_into.pop_first()?;
        let range = self.with_gaps(first..first + 1);
        self.imported_into = self.imported_into.split_off(&range.end);
        Some(range)
    }

    /// The gaps that hold imported intervals or reach over an edge, oldest first.
    pub(crate) fn gaps(&self) -> impl Iterator<Item = &Gap> {
        self.gaps.values()
    }
}
