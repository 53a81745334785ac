//! The baselines of other competitions, for what-if boards and for the placebo bench.
use std::collections::HashMap;

use crate::{
    baseline::{CrossValidation, EnergySums, Observation, half_width},
    time::Hour,
};

const HOURS_PER_WEEK: i64 = 168;

/// The rule of 2011: the energy of the same hour one year before, kWh. `year` is the
/// length of that year in hours.
pub(crate) fn last_year(training: &[Observation], year: i64) -> impl Fn(Hour) -> Option<f64> {
    let known: HashMap<Hour, f64> = training.iter().map(|it| (it.hour + year, it.energy)).collect();
    move |hour| known.get(&hour).copied()
}

/// Half-width of the interval of [`last_year`] over `days` days, a share, from the
/// training hours that have one a year before them; `None` in a training of one year.
pub(crate) fn last_year_half_width(
    training: &[Observation],
    year: i64,
    days: usize,
) -> Option<f64> {
    let predict = last_year(training, year);
    let pairs = training.iter().filter_map(|it| {
        let predicted = predict(it.hour)?;
        Some((it.hour, EnergySums { measured: it.energy, predicted }))
    });
    CrossValidation::new(pairs).half_width(days)
}

/// The rule of Makahiki and Campus Conservation Nationals: the mean of the three weeks
/// before the contest by hour of the week, kWh.
pub(crate) fn three_weeks(
    training: &[Observation],
    contest: Hour,
) -> impl Fn(Hour) -> Option<f64> + use<> {
    #[derive(Clone, Copy, Default)]
    struct Sums {
        energy: f64,
        hours: f64,
    }
    let mut week = [Sums::default(); HOURS_PER_WEEK as usize];
    let hour_of_week = move |hour: Hour| (hour - contest).rem_euclid(HOURS_PER_WEEK) as usize;
    let before = contest - 3 * HOURS_PER_WEEK..contest;
    for it in training.iter().filter(|it| before.contains(&it.hour)) {
        let sums = &mut week[hour_of_week(it.hour)];
        sums.energy += it.energy;
        sums.hours += 1.0;
    }
    move |hour| {
        let Sums { energy, hours } = week[hour_of_week(hour)];
        (hours > 0.0).then(|| energy / hours)
    }
}

/// Half-width of the interval of [`three_weeks`] over `days` days, a share, from the
/// false savings of all such periods of the training that begin a week apart, each
/// with three weeks before it.
pub(crate) fn three_weeks_half_width(training: &[Observation], days: usize) -> Option<f64> {
    let (first, last) = (training.first()?.hour, training.last()?.hour);
    let length = days.max(1) as i64 * 24;
    let index = |hour: Hour| training.partition_point(|it| it.hour < hour);
    let count = (last + 1 - length - (first + 3 * HOURS_PER_WEEK)).div_euclid(HOURS_PER_WEEK) + 1;
    let starts = (0..count).map(|week| first + (week + 3) * HOURS_PER_WEEK);
    let savings: Vec<f64> = starts
        .filter_map(|start| {
            let before = &training[index(start - 3 * HOURS_PER_WEEK)..index(start)];
            let predict = three_weeks(before, start);
            let period = training[index(start)..index(start + length)].iter();
            let pairs = period.filter_map(|it| {
                Some(EnergySums { measured: it.energy, predicted: predict(it.hour)? })
            });
            EnergySums::of(pairs).saving()
        })
        .collect();
    half_width(&savings, days, ((last - first) / 24) as usize)
}

/// The median; of an even number of values the mean of the middle two, of none 0.
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

    /// Hours of 10 kWh, and of 8 kWh from a day on.
    fn hours(days: i64, less_from: i64) -> Vec<Observation> {
        let energy = |hour: i64| if hour / 24 < less_from { 10.0 } else { 8.0 };
        let observation = |hour: i64| Observation {
            hour: Hour::new(hour),
            bin: 0,
            date: (hour / 24) as usize,
            month: 1,
            outdoor: None,
            energy: energy(hour),
        };
        (0..days * 24).map(observation).collect()
    }

    #[test]
    fn one_year_gives_no_interval_of_last_year() {
        assert_eq!(last_year_half_width(&hours(365, 400), 8760, 92), None);
        // In the second year a fifth less than in the first.
        let width = last_year_half_width(&hours(730, 365), 8760, 92).unwrap();
        let exact = half_width(&[0.2], 92, 365).unwrap();
        assert!((width / exact - 1.0).abs() < 1e-9, "{width} {exact}");
    }

    #[test]
    fn three_weeks_match_a_hand_computation() {
        assert!(three_weeks_half_width(&hours(365, 400), 92).unwrap() < 1e-12);
        assert_eq!(three_weeks_half_width(&hours(100, 400), 92), None, "less than two periods");
        // Of periods of 7 days those in the three weeks after the change have a false
        // saving: a fifth, then less as the prediction includes days after the change.
        let width = three_weeks_half_width(&hours(364, 182), 7).unwrap();
        let savings = [0.2, 1.0 - 24.0 / 28.0, 1.0 - 24.0 / 26.0];
        let mut all = vec![0.0; 49];
        all[..3].copy_from_slice(&savings);
        let exact = half_width(&all, 7, 363).unwrap();
        assert!((width / exact - 1.0).abs() < 1e-9, "{width} {exact}");
    }
}
