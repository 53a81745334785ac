//! The placebo bench's figures of a method.
use super::Case;

/// A line of the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Number of cases.
    pub cases: usize,
    /// Median of |false saving|, percent.
    pub median: f64,
    /// Its 90th percentile, percent.
    pub percentile_90: f64,
    /// Root mean square of the false savings, that is their standard deviation
    /// about zero, where they should be; percent.
    pub deviation: f64,
    /// Share of cases off by more than five percent.
    pub off: f64,
    /// Share of cases whose interval holds zero.
    pub covered: Option<f64>,
    /// Median half-width of the intervals, percent.
    pub half_width: Option<f64>,
}

/// `None` without cases.
pub fn table(cases: &[Case]) -> Option<Line> {
    let mut errors: Vec<f64> = cases.iter().map(|case| case.saving.abs() * 100.0).collect();
    errors.sort_unstable_by(f64::total_cmp);
    let count = cases.len();
    let at = |share: f64| errors.get(((count as f64 - 1.0) * share).round() as usize).copied();
    let intervals: Vec<[f64; 2]> = cases.iter().filter_map(|case| case.interval).collect();
    let holds = intervals.iter().filter(|[low, high]| *low <= 0.0 && *high >= 0.0).count();
    let of = intervals.len() as f64;
    let halves = intervals.iter().map(|[low, high]| (high - low) * 50.0).collect();
    Some(Line {
        cases: count,
        median: at(0.5)?,
        percentile_90: at(0.9)?,
        deviation: (errors.iter().map(|error| error * error).sum::<f64>() / count as f64).sqrt(),
        off: errors.iter().filter(|error| **error > 5.0).count() as f64 / count as f64,
        covered: (of > 0.0).then(|| holds as f64 / of),
        half_width: (of > 0.0).then(|| crate::reference_baselines::median(halves)),
    })
}
