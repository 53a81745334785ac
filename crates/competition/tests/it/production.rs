//! Own production: what a new solar roof does under each rule, with and without the meters
//! that the rule needs.
use competition::{
    Measures, MeterIndex, Production, Row, Rule, Sample, Standings, Time, WattHours,
};
use jiff::civil::date;
use proptest::prelude::*;

use crate::support::{Map, competition, midnight, participant, sample};

const QUARTER: i64 = 900;

/// A building whose roof begins to produce on a day of March; it uses `percent` of what it
/// did in the contest. Meters: the grid's, its export, and the production.
fn row(rule: Production, entered: bool, peak: i64, roof: i64, percent: i64) -> Row {
    let mut rules = competition();
    rules.production = rule;
    let mut who = participant("a", if entered { 3 } else { 1 });
    if entered {
        who.meters[1].measures = Measures::Export;
        who.meters[1].from = Some(date(2027, 3, roof as i8));
        who.meters[2].measures = Measures::Production;
        who.meters[2].from = Some(date(2027, 3, roof as i8));
    }
    let mut standings = Standings::new(rules, vec![who]);
    let (start, contest, until) =
        (midnight(2027, 2, 1), midnight(2027, 3, 15), midnight(2027, 4, 1));
    let roof = midnight(2027, 3, roof as i8);
    let (mut import, mut export, mut produced) = (1_000_000, 0, 0);
    for at in (start..until).step_by(QUARTER as usize) {
        let reading = Sample { export: Some(WattHours(export)), ..sample(at, import) };
        standings.append(MeterIndex(0), reading);
        if entered && at >= roof {
            standings.append(MeterIndex(1), sample(at, export));
            standings.append(MeterIndex(2), sample(at, produced));
        }
        let hour = at / 3600 % 24;
        let used =
            (4_000 + hour * (24 - hour) * 60) / 4 * if at < contest { 100 } else { percent } / 100;
        let sun = if at < roof { 0 } else { peak / 4 * (6 - (hour - 12).abs()).max(0) / 6 };
        import += (used - sun).max(0);
        export += (sun - used).max(0);
        produced += sun;
    }
    standings.settle(&Map::default());
    standings.leaderboard(Rule::Saving, Time(until)).rows.remove(0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever roof, on whatever day before or in the contest.
    #[test]
    fn a_solar_roof_saves_nothing_where_own_use_counts(
        peak in 5_000i64..80_000,
        roof in 1i64..31,
        percent in 85i64..105,
    ) {
        let row = row(Production::OwnUseCounts, true, peak, roof, percent);
        prop_assert_eq!(row.rank, Some(1), "{:?}", row.reason);
        let saving = row.saving_percent.unwrap();
        prop_assert!((saving - (100 - percent) as f64).abs() < 0.5, "{}", saving);
    }

    /// A roof that exports and is not entered is no saving by default.
    #[test]
    fn a_roof_that_is_not_entered_is_not_ranked(peak in 30_000i64..80_000, roof in 1i64..20) {
        let row = row(Production::default(), false, peak, roof, 100);
        prop_assert_eq!(row.rank, None);
        prop_assert!(row.reason.unwrap().english.contains("produces electricity"));
    }
}

#[test]
fn the_other_rules_count_a_roof_as_a_saving() {
    let saving = |rule, entered| row(rule, entered, 20_000, 15, 100).saving_percent.unwrap();
    let (net, not_counted) = (saving(Production::Net, true), saving(Production::NotCounted, true));
    assert!(net > not_counted && not_counted > 20.0, "{net} {not_counted}");
    let row = row(Production::Net, false, 20_000, 15, 100);
    assert!(row.rank.is_none(), "its export is not entered");
}
