//! The state machine against hand-computed quarter-hours.
use super::*;
use crate::{
    Competition, Epoch, Meter, Period, QuarantineReason, Sample, Time, WattHours, Watts,
    time::QuarterHour,
};
use jiff::{civil::date, tz::TimeZone};

const START: i64 = 1_800_000_000; // a full quarter-hour and hour

fn config(change: impl FnOnce(&mut Meter)) -> MeterConfig {
    let mut meter = Meter::new("m");
    change(&mut meter);
    let period = Period { start: date(2026, 1, 1), end: date(2027, 1, 1) };
    let competition = Competition::new("t", TimeZone::UTC, period, period);
    MeterConfig::new(&meter, &competition, Time(0))
}

fn sample(seconds: i64, wh: i64) -> Sample {
    Sample { at: Time(START + seconds), import: WattHours(wh), export: None, power: None }
}

/// Quarter-hours by number after `START` with their energy, Wh, and for each reading why it
/// is quarantined.
fn run(
    config: &MeterConfig,
    samples: &[Sample],
) -> (Vec<(i64, f64)>, Vec<Option<QuarantineReason>>) {
    let (mut state, mut updates) = (RegisterState::default(), Vec::new());
    let reasons = samples
        .iter()
        .map(|sample| state.push(config, sample, &|_| 1, &mut updates).err())
        .collect();
    let mut bins = std::collections::BTreeMap::new();
    for update in updates {
        bins.insert(
            update.quarter - QuarterHour::containing(Time(START)),
            update.energy.0 as f64 / 1000.0,
        );
    }
    (bins.into_iter().collect(), reasons)
}

fn total(bins: &[(i64, f64)]) -> f64 {
    bins.iter().map(|(_, energy)| energy).sum()
}

#[test]
fn readings_are_interpolated_at_quarter_hours() {
    let samples = [sample(0, 1000), sample(600, 1600), sample(1200, 1900), sample(1800, 2500)];
    let (bins, _) = run(&config(|_| ()), &samples);
    assert_eq!(bins, [(0, 750.0), (1, 750.0)]);
}

#[test]
fn hourly_readings_measure_their_hours() {
    let (mut state, mut updates) = (RegisterState::default(), Vec::new());
    let config = config(|_| ());
    for sample in [sample(7, 0), sample(3607, 4000), sample(7204, 8000)] {
        state.push(&config, &sample, &|_| 1, &mut updates).unwrap();
    }
    assert_eq!(updates.len(), 7, "the quarter of the first reading has no beginning");
    let hour: i64 = updates[3..7].iter().map(|update| update.energy.0).sum();
    assert!((hour - 4_000_000).abs() < 15_000, "{hour}");
    assert_eq!((updates[3].start, updates[3].end), (Precision::Exact, Precision::Close));
    assert_eq!((updates[6].start, updates[6].end), (Precision::Close, Precision::Exact));
}

#[test]
fn a_single_wrong_value_is_quarantined() {
    let base = [(0, 500_000), (10, 500_050), (20, 500_100)];
    for (wrong, reason) in [
        (0, QuarantineReason::Zero),
        (1_000, QuarantineReason::Drop),
        (50_010, QuarantineReason::Factor),
        (5_001_000, QuarantineReason::Factor),
        (1_500_000, QuarantineReason::Step),
    ] {
        let mut samples: Vec<_> = base.iter().map(|(at, wh)| sample(*at, *wh)).collect();
        samples.push(sample(30, wrong));
        samples.push(sample(900, 504_500));
        let (bins, reasons) = run(&config(|_| ()), &samples);
        assert_eq!(reasons, [None, None, None, Some(reason), None]);
        assert_eq!(bins, [(0, 4500.0)]);
    }
}

#[test]
fn a_reset_is_quarantined_until_it_is_declared() {
    let mut samples: Vec<_> = (0..100).map(|i| sample(i * 60, 400_000 + i * 300)).collect();
    samples.extend((100..4000).map(|i| sample(i * 60, (i - 100) * 300)));
    let (bins, reasons) = run(&config(|_| ()), &samples);
    assert!(total(&bins) <= 99.0 * 300.0);
    assert!(reasons[100..].iter().all(Option::is_some));
    let declared = config(|meter| {
        let at = Time(START + 100 * 60);
        meter.epochs.push(Epoch { at, last: WattHours(430_000), first: WattHours(0) });
    });
    let (bins, reasons) = run(&declared, &samples);
    assert!(reasons.iter().all(Option::is_none));
    let quarters = 3999 * 60 / 900;
    assert_eq!(bins.len() as i64, quarters);
    assert_eq!(total(&bins), (quarters * 15 * 300) as f64);
}

#[test]
fn a_step_stays_in_quarantine() {
    let mut samples: Vec<_> = (0..100).map(|i| sample(i * 10, 400_000 + i * 50)).collect();
    samples.extend((100..20_000).map(|i| sample(i * 10, 900_000 + i * 50)));
    let (_, reasons) = run(&config(|_| ()), &samples);
    assert!(reasons[100..].iter().all(|reason| *reason == Some(QuarantineReason::Step)));
}

#[test]
fn a_wrong_first_value_is_corrected_by_later_values() {
    for wrong in [0, 9_000_000_000] {
        let samples = [(0, wrong), (10, 500_000), (20, 500_050), (900, 504_000), (1800, 508_000)];
        let (bins, reasons) = run(&config(|_| ()), &samples.map(|(at, wh)| sample(at, wh)));
        assert_eq!(reasons[2..], [None, None, None]);
        assert_eq!(bins, [(1, 4000.0)]);
    }
}

#[test]
fn a_declared_rollover_continues_the_register() {
    let config = config(|meter| meter.rollover = Some(WattHours(100_000_000)));
    let samples =
        [(0, 99_990_000), (900, 99_994_000), (1800, 99_998_000), (2700, 2_000), (3600, 6_000)];
    let (bins, reasons) = run(&config, &samples.map(|(at, wh)| sample(at, wh)));
    assert!(reasons.iter().all(Option::is_none));
    assert_eq!(bins.iter().map(|bin| bin.1).collect::<Vec<_>>(), [4000.0; 4]);
    // a reset far from the end is no rollover
    let samples = [(0, 50_000_000), (900, 50_004_000), (1800, 0), (2700, 4_000)];
    let (bins, reasons) = run(&config, &samples.map(|(at, wh)| sample(at, wh)));
    assert_eq!(reasons[2..], [Some(QuarantineReason::Zero), Some(QuarantineReason::Zero)]);
    assert_eq!(total(&bins), 4000.0);
}

#[test]
fn power_distributes_the_energy_of_an_hourly_register() {
    let powered = |seconds: i64, wh: i64, watts: i64| Sample {
        power: Some(Watts(watts)),
        ..sample(seconds, wh)
    };
    let mut samples = vec![];
    for i in 0..=721 {
        let seconds = i * 10;
        // 12 kW in the first half of each hour, 4 kW in the second
        let watts = if seconds % 3600 < 1800 { 12_000 } else { 4_000 };
        samples.push(powered(seconds, 100_000 + seconds / 3600 * 8_000, watts));
    }
    let (bins, reasons) = run(&config(|_| ()), &samples);
    assert!(reasons.iter().all(Option::is_none));
    let expected = [3000.0, 3000.0, 1000.0, 1000.0];
    for (number, (quarter, energy)) in bins.iter().enumerate() {
        assert_eq!(*quarter, number as i64);
        assert!((energy - expected[number % 4]).abs() < 1.0, "{bins:?}");
    }
    assert_eq!(bins.len(), 8);
}

#[test]
fn a_step_after_no_change_is_distributed_over_the_time_without_change() {
    let samples =
        [(0, 0), (900, 8_000), (1800, 8_000), (2700, 8_000), (3590, 8_000), (3600, 16_000)];
    let (bins, _) = run(&config(|_| ()), &samples.map(|(at, wh)| sample(at, wh)));
    assert_eq!(total(&bins), 16_000.0);
    assert!((bins[1].1 - 8000.0 / 3.0).abs() < 1.0, "{bins:?}");
}

#[test]
fn a_contradictory_declaration_leaves_the_energy_unknown() {
    let config = config(|meter| {
        let at = Time(START + 1000);
        meter.epochs.push(Epoch { at, last: WattHours(1), first: WattHours(70_000) });
    });
    let samples = [(0, 50_000), (900, 54_000), (1800, 74_000), (2700, 78_000)];
    let (bins, reasons) = run(&config, &samples.map(|(at, wh)| sample(at, wh)));
    assert!(reasons.iter().all(Option::is_none));
    assert_eq!(bins, [(0, 4000.0), (2, 4000.0)]);
}
