//! Summary of a method's cases: one line of the placebo bench's table.
use super::Case;
use crate::ConfidenceInterval;

/// A false saving above this is large, percent.
const LARGE: f64 = 5.0;

/// Figures of a method over its cases.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// Number of cases.
    pub cases: usize,
    /// Median of the absolute false saving, percent.
    pub median: f64,
    /// Its 90th percentile, percent.
    pub percentile_90: f64,
    /// Root mean square of the false savings, percent: their standard deviation about
    /// zero.
    pub deviation: f64,
    /// Share of the cases with a false saving of more than five percent.
    pub large: f64,
    /// Share of the intervals that contain zero.
    pub covered: Option<f64>,
    /// Median half-width of the intervals, percent.
    pub half_width: Option<f64>,
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
    let any = !intervals.is_empty();
    Some(Summary {
        cases: cases.len(),
        median: quantile(0.5)?,
        percentile_90: quantile(0.9)?,
        deviation: (errors.iter().map(|error| error * error).sum::<f64>() / count).sqrt(),
        large: errors.iter().filter(|error| **error > LARGE).count() as f64 / count,
        covered: any.then(|| covered as f64 / intervals.len() as f64),
        half_width: any.then(|| crate::reference_baselines::median(half_widths)),
    })
}
