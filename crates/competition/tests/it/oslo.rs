//! The placebo bench on real buildings: the default method has smaller errors than the rule
//! of 2011, its interval has the nominal coverage, and an injected saving is found exactly.
use std::path::Path;

use competition::{
    Baseline, Country, Method,
    placebo::{Building, BuildingHour, Case, Location, Season, Summary, groups, score, summarize},
};
use jiff::{Timestamp, ToSpan, tz::TimeZone};

use crate::read;

fn buildings() -> Option<Vec<Building>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/oslo");
    if !path.is_dir() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(read::directory(&path).expect("readable data"))
}

fn place() -> Location {
    Location {
        timezone: TimeZone::get("Europe/Oslo").expect("a known zone"),
        holidays: Some(Country::Norway),
    }
}

/// In every column over all windows. The method was chosen on other buildings; halves of
/// the windows of seven buildings decide nothing about it.
#[test]
fn the_default_beats_last_year_and_its_interval_holds() {
    let Some(buildings) = buildings() else { return };
    let [ours, theirs] = [Method::default(), Method::of(Baseline::LastYear)]
        .map(|method| score(&buildings, &place(), method));
    assert_eq!(ours.len(), theirs.len());
    let [our_line, their_line] = [&ours, &theirs].map(|cases| summarize(cases).unwrap());
    for column in [
        |line: &Summary| line.median,
        |line: &Summary| line.percentile_90,
        |line: &Summary| line.deviation,
        |line: &Summary| line.large,
    ] {
        assert!(column(&our_line) < column(&their_line), "{our_line:?} {their_line:?}");
    }
    assert!((0.85..=0.95).contains(&our_line.covered.unwrap()), "{our_line:?}");
    for season in Season::ALL {
        let cases: Vec<Case> = ours.iter().copied().filter(|it| it.season == season).collect();
        let line = summarize(&cases).expect("every season has windows");
        assert!(line.covered.unwrap() >= 0.8, "{}: {line:?}", season.name());
    }
    let (windows, cut) = groups(&ours);
    assert!(windows > 50 && cut == 0, "{cut} of {windows} boards of placebo savings have groups");
}

/// Factors of the injected savings.
const FACTORS: [f64; 3] = [0.95, 0.9, 0.8];

/// What a case's contest hours become if all participants had used `factor` of theirs.
fn saved(building: &Building, case: &Case, factor: f64) -> Building {
    let first = ((case.from.0 - building.start.0) / 3600) as usize;
    let at = Timestamp::from_second(case.from.0).expect("a time").to_zoned(place().timezone);
    let until = at.checked_add(3.months()).expect("a time").timestamp().as_second();
    let last = ((until - building.start.0) / 3600) as usize;
    let mut saved = building.clone();
    for BuildingHour { energy, .. } in &mut saved.hours[first..last] {
        *energy = energy.map(|energy| energy * factor);
    }
    saved
}

/// Contest hours times f, in the first, the middle and the last window of every
/// building: the saving s becomes 1 − f(1 − s), and so do the ends of its
/// interval, because the expected energy stays the same. The intervals contain the true
/// saving 1 − f in the nominal share of cases, within the error of so small a sample.
#[test]
fn injected_savings_are_found() {
    let Some(buildings) = buildings() else { return };
    let (mut tried, mut held) = (0, 0);
    for building in &buildings {
        let cases = |building: &Building| {
            score(std::slice::from_ref(building), &place(), Method::default())
        };
        let all = cases(building);
        let Some(last) = all.len().checked_sub(1) else {
            eprintln!("skipped: {} has no 15 months", building.name);
            continue;
        };
        let mut chosen = vec![0, last / 2, last];
        chosen.dedup();
        for (case, factor) in
            chosen.iter().flat_map(|number| FACTORS.map(|factor| (&all[*number], factor)))
        {
            let again = cases(&saved(building, case, factor));
            let found = again.iter().find(|it| it.from == case.from).expect("the same window");
            let becomes = |share: f64| 1.0 - factor * (1.0 - share);
            assert!((found.saving - becomes(case.saving)).abs() < 1e-9, "{case:?} {found:?}");
            let (before, after) = (case.interval.unwrap(), found.interval.unwrap());
            for (before, after) in before.ends().into_iter().zip(after.ends()) {
                assert!((after - becomes(before)).abs() < 1e-9, "{case:?} {found:?}");
            }
            tried += 1;
            held += usize::from(after.contains(1.0 - factor));
        }
    }
    println!("{tried} injected savings, {held} intervals hold the truth");
    assert!(tried >= 60, "{tried}");
    // 90 % nominal; 21 windows of seven buildings have a standard error of 7 points
    let share = held as f64 / tried as f64;
    assert!((0.80..=1.0).contains(&share), "{held} of {tried}");
}
