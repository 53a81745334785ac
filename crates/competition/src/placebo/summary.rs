//! Summary of a method's cases: one line of the placebo bench's table.
use super::Case;
use crate::{ConfidenceInterval, Time, ranking, reference_baselines::median};

/// A false saving above this is large, percent.
const LARGE: f64 = 5.0;
/// 2/α of the interval score for an interval of 90 %.
const MISS: f64 = 2.0 / 0.1;
/// Buildings that a window needs for a spread of its own.
const MIN_BUILDINGS: usize = 3;

/// A quarter of the year, by calendar months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Season {
    /// December to February.
    Winter,
    /// March to May.
    Spring,
    /// June to August.
    Summer,
    /// September to November.
    Autumn,
}

impl Season {
    /// All of them, in the order of the year.
    pub const ALL: [Self; 4] = [Self::Winter, Self::Spring, Self::Summer, Self::Autumn];

    /// Of a month, 1 to 12.
    pub(super) fn of(month: i8) -> Self {
        match month {
            3..=5 => Self::Spring,
            6..=8 => Self::Summer,
            9..=11 => Self::Autumn,
            _ => Self::Winter,
        }
    }

    /// Its English name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Winter => "winter",
            Self::Spring => "spring",
            Self::Summer => "summer",
            Self::Autumn => "autumn",
        }
    }
}

/// Figures of a method over its cases; amounts in percent, shares as shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// Number of cases.
    pub cases: usize,
    /// Number of windows, each with the buildings that have one from the same day on.
    pub windows: usize,
    /// Median of the absolute false saving.
    pub median: f64,
    /// Its 90th percentile.
    pub percentile_90: f64,
    /// Root mean square of the false savings: their standard deviation about zero.
    pub deviation: f64,
    /// Mean over the windows of the median within each; `None` where no window has three
    /// buildings.
    pub window_median: Option<f64>,
    /// Mean over the windows of the standard deviation within each.
    pub window_deviation: Option<f64>,
    /// Share of the cases with a false saving of more than five percent.
    pub large: f64,
    /// Share of the intervals that contain zero.
    pub covered: Option<f64>,
    /// Median half-width of the intervals.
    pub half_width: Option<f64>,
    /// Mean interval score: the width, and twenty times the distance from zero where the
    /// interval misses it. Gneiting and Raftery (J. American Statistical Association
    /// 102(477), 2007); less is better.
    pub interval_score: Option<f64>,
}

/// Summarizes cases; `None` without any.
pub fn summarize(cases: &[Case]) -> Option<Summary> {
    let mut errors: Vec<f64> = cases.iter().map(|case| case.saving.abs() * 100.0).collect();
    errors.sort_unstable_by(f64::total_cmp);
    let count = cases.len() as f64;
    let quantile = |share: f64| errors.get(((count - 1.0) * share).round() as usize).copied();
    let intervals: Vec<ConfidenceInterval> =
        cases.iter().filter_map(|case| case.interval).collect();
    let covered = intervals.iter().filter(|interval| interval.contains(0.0)).count();
    let half_widths = intervals.iter().map(|interval| interval.width() * 50.0).collect();
    let score: f64 = intervals.iter().map(interval_score).sum();
    let any = !intervals.is_empty();
    let windows = by_window(cases);
    let wide: Vec<&Vec<Case>> = windows.iter().filter(|it| it.len() >= MIN_BUILDINGS).collect();
    let mean = |of: fn(&[Case]) -> f64| {
        let sum: f64 = wide.iter().map(|cases| of(cases)).sum();
        (!wide.is_empty()).then(|| sum / wide.len() as f64)
    };
    Some(Summary {
        cases: cases.len(),
        windows: windows.len(),
        median: quantile(0.5)?,
        percentile_90: quantile(0.9)?,
        deviation: (errors.iter().map(|error| error * error).sum::<f64>() / count).sqrt(),
        window_median: mean(|cases| {
            median(cases.iter().map(|it| it.saving.abs() * 100.0).collect())
        }),
        window_deviation: mean(deviation),
        large: errors.iter().filter(|error| **error > LARGE).count() as f64 / count,
        covered: any.then(|| covered as f64 / intervals.len() as f64),
        half_width: any.then(|| median(half_widths)),
        interval_score: any.then(|| score * 100.0 / intervals.len() as f64),
    })
}

/// The score of an interval where the truth is zero, a share.
fn interval_score(interval: &ConfidenceInterval) -> f64 {
    interval.width() + MISS * (interval.low.max(0.0) + (-interval.high).max(0.0))
}

/// Standard deviation of the false savings about their mean, percent.
fn deviation(cases: &[Case]) -> f64 {
    let count = cases.len() as f64;
    let mean = cases.iter().map(|it| it.saving).sum::<f64>() / count;
    let squares: f64 = cases.iter().map(|it| (it.saving - mean) * (it.saving - mean)).sum();
    (squares / (count - 1.0).max(1.0)).sqrt() * 100.0
}

/// The cases of each window, by its beginning.
fn by_window(cases: &[Case]) -> Vec<Vec<Case>> {
    let mut starts: Vec<Time> = cases.iter().map(|case| case.from).collect();
    starts.sort_unstable();
    starts.dedup();
    let window = |from: Time| cases.iter().copied().filter(|case| case.from == from).collect();
    starts.into_iter().map(window).collect()
}

/// The number of windows, taken as contests of all their buildings, and that of the
/// windows whose board has more than one group.
pub fn groups(cases: &[Case]) -> (usize, usize) {
    let windows = by_window(cases);
    let cut = windows.iter().filter(|cases| {
        let mut ranked: Vec<&Case> = cases.iter().collect();
        ranked.sort_by(|a, b| b.saving.total_cmp(&a.saving));
        let intervals: Vec<_> = ranked.iter().map(|case| case.interval).collect();
        ranking::groups(&intervals).last().is_some_and(|last| *last > 1)
    });
    (windows.len(), cut.count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_score_is_the_width_and_twenty_times_the_miss() {
        let score = |low, high| interval_score(&ConfidenceInterval { low, high });
        assert!((score(-0.1, 0.1) - 0.2).abs() < 1e-12);
        assert!((score(0.01, 0.11) - (0.1 + 0.2)).abs() < 1e-12);
        assert!((score(-0.11, -0.01) - (0.1 + 0.2)).abs() < 1e-12);
    }
}
