//! The automaton against hand-computed quarter-hours.
use super::*;
use crate::{Competition, Epoch, Meter, Period, QuarantineReason, Sample, Time, WattHours, Watts};
use jiff::{civil::date, tz::TimeZone};

const START: i64 = 1_800_000_000; // a full quarter-hour and hour

fn spec(change: impl FnOnce(&mut Meter)) -> MeterConfig {
    let mut meter = Meter::new("m");
    change(&mut meter);
    let period = Period { start: date(2026, 1, 1), end: date(2027, 1, 1) };
    let competition = Competition::new("t", TimeZone::UTC, period, period);
    MeterConfig::new(&meter, &competition, 0)
}

fn sample(seconds: i64, wh: i64) -> Sample {
    Sample { at: Time(START + seconds), import: WattHours(wh), export: None, power: None }
}

/// Quarter-hours by number after `START`: energy in Wh, and the doubts.
fn run(spec: &MeterConfig, samples: &[Sample]) -> (Vec<(i64, f64)>, Vec<Option<QuarantineReason>>) {
    let (mut state, mut writes) = (RegisterState::default(), Vec::new());
    let doubts =
        samples.iter().map(|sample| state.push(spec, sample, &|_| 1, &mut writes).err()).collect();
    let mut bins = std::collections::BTreeMap::new();
    for write in writes {
        bins.insert(write.quarter - START / 900, write.energy as f64 / 1000.0);
    }
    (bins.into_iter().collect(), doubts)
}

fn total(bins: &[(i64, f64)]) -> f64 {
    bins.iter().map(|(_, energy)| energy).sum()
}

#[test]
fn a_straight_line_is_cut_at_the_quarters() {
    let samples = [sample(0, 1000), sample(600, 1600), sample(1200, 1900), sample(1800, 2500)];
    let (bins, _) = run(&spec(|_| ()), &samples);
    assert_eq!(bins, [(0, 750.0), (1, 750.0)]);
}

#[test]
fn an_hourly_register_measures_its_hour() {
    let (mut state, mut writes) = (RegisterState::default(), Vec::new());
    let spec = spec(|_| ());
    for sample in [sample(7, 0), sample(3607, 4000), sample(7204, 8000)] {
        state.push(&spec, &sample, &|_| 1, &mut writes).unwrap();
    }
    assert_eq!(writes.len(), 7, "the quarter of the first reading has no beginning");
    let hour: i64 = writes[3..7].iter().map(|write| write.energy).sum();
    assert!((hour - 4_000_000).abs() < 15_000, "{hour}");
    assert!(writes[3].from_exact && !writes[3].until_exact);
    assert!(!writes[6].from_exact && writes[6].until_exact);
}

#[test]
fn single_spikes_pass() {
    let base = [(0, 500_000), (10, 500_050), (20, 500_100)];
    for (wrong, doubt) in [
        (0, QuarantineReason::Zero),
        (1_000, QuarantineReason::Drop),
        (50_010, QuarantineReason::Factor),
        (5_001_000, QuarantineReason::Factor),
        (1_500_000, QuarantineReason::Step),
    ] {
        let mut samples: Vec<_> = base.iter().map(|(at, wh)| sample(*at, *wh)).collect();
        samples.push(sample(30, wrong));
        samples.push(sample(900, 504_500));
        let (bins, doubts) = run(&spec(|_| ()), &samples);
        assert_eq!(doubts, [None, None, None, Some(doubt), None]);
        assert_eq!(bins, [(0, 4500.0)]);
    }
}

#[test]
fn an_undeclared_reset_stays_until_declared() {
    let mut samples: Vec<_> = (0..100).map(|i| sample(i * 60, 400_000 + i * 300)).collect();
    samples.extend((100..4000).map(|i| sample(i * 60, (i - 100) * 300)));
    let (bins, doubts) = run(&spec(|_| ()), &samples);
    assert!(total(&bins) <= 99.0 * 300.0);
    assert!(doubts[100..].iter().all(Option::is_some));
    let declared = spec(|meter| {
        let at = Time(START + 100 * 60);
        meter.epochs.push(Epoch { at, last: WattHours(430_000), first: WattHours(0) });
    });
    let (bins, doubts) = run(&declared, &samples);
    assert!(doubts.iter().all(Option::is_none));
    let quarters = 3999 * 60 / 900;
    assert_eq!(bins.len() as i64, quarters);
    assert_eq!(total(&bins), (quarters * 15 * 300) as f64);
}

#[test]
fn a_step_never_becomes_energy_by_waiting() {
    let mut samples: Vec<_> = (0..100).map(|i| sample(i * 10, 400_000 + i * 50)).collect();
    samples.extend((100..20_000).map(|i| sample(i * 10, 900_000 + i * 50)));
    let (_, doubts) = run(&spec(|_| ()), &samples);
    assert!(doubts[100..].iter().all(|doubt| *doubt == Some(QuarantineReason::Step)));
}

#[test]
fn a_wrong_first_value_does_not_lock_the_meter_out() {
    for wrong in [0, 9_000_000_000] {
        let samples = [(0, wrong), (10, 500_000), (20, 500_050), (900, 504_000), (1800, 508_000)];
        let (bins, doubts) = run(&spec(|_| ()), &samples.map(|(at, wh)| sample(at, wh)));
        assert_eq!(doubts[2..], [None, None, None]);
        assert_eq!(bins, [(1, 4000.0)]);
    }
}

#[test]
fn a_declared_rollover_counts_on() {
    let spec = spec(|meter| meter.rollover = Some(WattHours(100_000_000)));
    let samples =
        [(0, 99_990_000), (900, 99_994_000), (1800, 99_998_000), (2700, 2_000), (3600, 6_000)];
    let (bins, doubts) = run(&spec, &samples.map(|(at, wh)| sample(at, wh)));
    assert!(doubts.iter().all(Option::is_none));
    assert_eq!(bins.iter().map(|bin| bin.1).collect::<Vec<_>>(), [4000.0; 4]);
    // a reset far from the end is no rollover
    let samples = [(0, 50_000_000), (900, 50_004_000), (1800, 0), (2700, 4_000)];
    let (bins, doubts) = run(&spec, &samples.map(|(at, wh)| sample(at, wh)));
    assert_eq!(doubts[2..], [Some(QuarantineReason::Zero), Some(QuarantineReason::Zero)]);
    assert_eq!(total(&bins), 4000.0);
}

#[test]
fn power_shapes_what_an_hourly_register_counts() {
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
    let (bins, doubts) = run(&spec(|_| ()), &samples);
    assert!(doubts.iter().all(Option::is_none));
    let expected = [3000.0, 3000.0, 1000.0, 1000.0];
    for (number, (quarter, energy)) in bins.iter().enumerate() {
        assert_eq!(*quarter, number as i64);
        assert!((energy - expected[number % 4]).abs() < 1.0, "{bins:?}");
    }
    assert_eq!(bins.len(), 8);
}

#[test]
fn a_register_that_stood_without_power_is_spread_back() {
    let samples =
        [(0, 0), (900, 8_000), (1800, 8_000), (2700, 8_000), (3590, 8_000), (3600, 16_000)];
    let (bins, _) = run(&spec(|_| ()), &samples.map(|(at, wh)| sample(at, wh)));
    assert_eq!(total(&bins), 16_000.0);
    assert!((bins[1].1 - 8000.0 / 3.0).abs() < 1.0, "{bins:?}");
}

#[test]
fn a_wrong_declaration_leaves_a_hole_and_no_energy() {
    let spec = spec(|meter| {
        let at = Time(START + 1000);
        meter.epochs.push(Epoch { at, last: WattHours(1), first: WattHours(70_000) });
    });
    let samples = [(0, 50_000), (900, 54_000), (1800, 74_000), (2700, 78_000)];
    let (bins, doubts) = run(&spec, &samples.map(|(at, wh)| sample(at, wh)));
    assert!(doubts.iter().all(Option::is_none));
    assert_eq!(bins, [(0, 4000.0), (2, 4000.0)]);
}
