//! The simple baselines of other competitions, for what-if and for the placebo
//! bench, and the comparison group.
use std::collections::HashMap;

use crate::baseline::{CrossValidation, Observation, half_width};

/// The rule of 2011: the same hour one year before. `year` is its length in
/// hours, as the calendar has it.
pub(crate) fn last_year(training: &[Observation], year: i64) -> impl Fn(i64) -> Option<f64> {
    let known: HashMap<i64, f64> =
        training.iter().map(|hour| (hour.hour + year, hour.energy)).collect();
    move |hour| known.get(&hour).copied()
}

/// Its half-width of an interval of so many days, from the hours of the training
/// that have one a year before them: `None` in a training of one year alone.
pub(crate) fn last_year_width(training: &[Observation], year: i64, days: usize) -> Option<f64> {
    let expect = last_year(training, year);
    let hours = training.iter();
    CrossValidation::new(hours.filter_map(|it| Some((it.hour, it.energy, expect(it.hour)?))))
        .half_width(days)
}

/// Makahiki, Campus Conservation Nationals: the mean of the three weeks before
/// the contest, by weekday and hour.
pub(crate) fn three_weeks(training: &[Observation], contest: i64) -> impl Fn(i64) -> Option<f64> {
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

/// Its half-width of an interval of so many days: its savings in every such period
/// of the training year that has three weeks before it, a week apart.
pub(crate) fn three_weeks_width(training: &[Observation], days: usize) -> Option<f64> {
    let (first, last) = (training.first()?.hour, training.last()?.hour);
    let length = days.max(1) as i64 * 24;
    let at = |hour: i64| training.partition_point(|known| known.hour < hour);
    let starts = (first + 3 * 168..=(last + 1).saturating_sub(length)).step_by(168);
    let savings: Vec<f64> = starts
        .filter_map(|start| {
            let expect = three_weeks(&training[at(start - 3 * 168)..at(start)], start);
            let period = training[at(start)..at(start + length)].iter();
            let pairs = period.filter_map(|hour| Some((hour.energy, expect(hour.hour)?)));
            let (used, expected) = pairs.fold((0.0, 0.0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
            (expected > 0.0).then(|| 1.0 - used / expected)
        })
        .collect();
    half_width(&savings, days, ((last - first) / 24) as usize)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Hours of 10 kWh, and of 8 from a day on.
    fn hours(days: i64, less_from: i64) -> Vec<Observation> {
        let energy = |hour: i64| if hour / 24 < less_from { 10.0 } else { 8.0 };
        let hour =
            |hour: i64| Observation { hour, bin: 0, outdoor: f64::NAN, energy: energy(hour) };
        (0..days * 24).map(hour).collect()
    }

    #[test]
    fn a_year_alone_says_nothing_of_last_year() {
        assert_eq!(last_year_width(&hours(365, 400), 8760, 92), None);
        // in the second year a fifth less than in the first: off by that
        let width = last_year_width(&hours(730, 365), 8760, 92).unwrap();
        let exact = half_width(&[0.2], 92, 365).unwrap();
        assert!((width / exact - 1.0).abs() < 1e-9, "{width} {exact}");
    }

    #[test]
    fn three_weeks_by_hand() {
        assert!(three_weeks_width(&hours(365, 400), 92).unwrap() < 1e-12);
        assert_eq!(three_weeks_width(&hours(100, 400), 92), None, "less than two such periods");
        // of periods of 7 days those in the three weeks after the change are off: by a
        // fifth, and then by what the days since have taught
        let width = three_weeks_width(&hours(364, 182), 7).unwrap();
        let savings = [0.2, 1.0 - 24.0 / 28.0, 1.0 - 24.0 / 26.0];
        let mut all = vec![0.0; 49];
        all[..3].copy_from_slice(&savings);
        let exact = half_width(&all, 7, 363).unwrap();
        assert!((width / exact - 1.0).abs() < 1e-9, "{width} {exact}");
    }
}
