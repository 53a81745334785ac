//! The placebo bench's promises on real buildings: the default beats the rule of
//! 2011, its interval holds, and an injected saving is found as algebra says.
use std::path::Path;

use competition::{
    Baseline, Method,
    placebo::{Building, Case, Line, Place, score, table},
};
use jiff::tz::TimeZone;

use crate::read;

fn buildings() -> Option<Vec<Building>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/oslo");
    if !path.is_dir() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(read::directory(&path).expect("readable data"))
}

fn place() -> Place {
    Place {
        timezone: TimeZone::get("Europe/Oslo").expect("a known zone"),
        holidays: "NO".to_owned(),
    }
}

#[test]
fn the_default_beats_last_year_and_its_interval_holds() {
    let Some(buildings) = buildings() else { return };
    let line = |method| table(&score(&buildings, &place(), method)).expect("cases");
    let default: Line = line(Method::default());
    let last_year = line(Method { baseline: Baseline::LastYear, ..Method::default() });
    assert_eq!(default.cases, last_year.cases);
    assert!(default.median < last_year.median, "{default:?} {last_year:?}");
    assert!(default.percentile_90 < last_year.percentile_90, "{default:?} {last_year:?}");
    assert!(default.deviation < last_year.deviation, "{default:?} {last_year:?}");
    assert!(default.off < last_year.off, "{default:?} {last_year:?}");
    assert!((0.85..=0.95).contains(&default.covered.unwrap()), "{default:?}");
}

/// Three months times f: the saving s becomes 1 − f(1 − s), and so do the ends of
/// its interval; where that held zero it now holds the truth, 1 − f.
#[test]
fn injected_savings_are_found() {
    let Some(buildings) = buildings() else { return };
    let building = &buildings[0];
    let cases =
        |building: &Building| score(std::slice::from_ref(building), &place(), Method::default());
    let case = cases(building)[0];
    let first = ((case.from.0 - building.start.0) / 3600) as usize;
    for factor in [0.95, 0.9, 0.8] {
        let mut saved = building.clone();
        for (energy, _) in &mut saved.hours[first..first + 92 * 24 + 24] {
            *energy = energy.map(|energy| energy * factor);
        }
        let found: Case = cases(&saved)[0];
        let becomes = |share: f64| 1.0 - factor * (1.0 - share);
        assert_eq!(found.from, case.from);
        assert!((found.saving - becomes(case.saving)).abs() < 1e-9);
        let (before, after) = (case.interval.unwrap(), found.interval.unwrap());
        for (before, after) in before.into_iter().zip(after) {
            assert!((after - becomes(before)).abs() < 1e-9);
        }
        let holds = |[low, high]: [f64; 2], truth: f64| low <= truth && truth <= high;
        assert_eq!(holds(before, 0.0), holds(after, 1.0 - factor));
        assert!(holds(after, 1.0 - factor), "{case:?} {found:?}");
    }
}
