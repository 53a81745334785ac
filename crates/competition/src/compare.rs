//! The simple baselines of other competitions, for what-if and for the placebo
//! bench, and the comparison group.
use std::collections::HashMap;

use crate::baseline::Hour;

/// The rule of 2011: the same hour one year before. `year` is its length in
/// hours, as the calendar has it.
pub(crate) fn last_year(training: &[Hour], year: i64) -> impl Fn(i64) -> Option<f64> {
    let known: HashMap<i64, f64> =
        training.iter().map(|hour| (hour.hour + year, hour.energy)).collect();
    move |hour| known.get(&hour).copied()
}

/// Makahiki, Campus Conservation Nationals: the mean of the three weeks before
/// the contest, by weekday and hour.
pub(crate) fn three_weeks(training: &[Hour], contest: i64) -> impl Fn(i64) -> Option<f64> {
    let mut means = vec![(0.0, 0.0); 168];
    let of_week = move |hour: i64| (hour - contest).rem_euclid(168) as usize;
    for hour in training.iter().filter(|hour| hour.hour >= contest - 3 * 168 && hour.hour < contest)
    {
        let mean = &mut means[of_week(hour.hour)];
        mean.0 += hour.energy;
        mean.1 += 1.0;
    }
    move |hour| {
        let (sum, count) = means[of_week(hour)];
        (count > 0.0).then(|| sum / count)
    }
}

/// A saving beside the common shift of others, shares: what everybody did alike
/// (a mild spring, a pandemic) is nobody's merit.
pub(crate) fn relative(saving: f64, shift: f64) -> f64 {
    if shift < 1.0 { 1.0 - (1.0 - saving) / (1.0 - shift) } else { saving }
}

/// The middle value; of an even number the mean of the two.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        count if count % 2 == 1 => values[count / 2],
        count => (values[count / 2 - 1] + values[count / 2]) / 2.0,
    }
}
