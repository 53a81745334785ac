//! Saving opportunities: synthetic loads with a known answer, and loads without any.
use competition::{
    Confidence, MeterIndex, OpportunityKind, ParticipantIndex, Period, ReferenceLoad,
    SavingOpportunity, SekPerKwh, SquareMetres, Standings, Time,
};
use jiff::civil::date;

use crate::support::{Map, competition, midnight, participant, sample};

const UNTIL: (i16, i8, i8) = (2027, 6, 10);
/// Hours a year from 18 to 06 before 250 working days, and of 115 days off.
const OFF_HOURS: f64 = 5760.0;

/// Wh of each hour.
type Load<'a> = &'a dyn Fn(i64) -> i64;

/// The saving opportunities of the first of some buildings of 1000 m² after fifteen months
/// of hourly readings up to 10 June.
fn saving_opportunities(loads: &[Load]) -> Vec<SavingOpportunity> {
    let mut rules = competition();
    rules.baseline = Period { start: date(2026, 3, 1), end: date(2027, 3, 1) };
    rules.contest = Period { start: date(2027, 3, 1), end: date(2027, 7, 1) };
    rules.holidays = None; // the buildings below are used on holidays
    let all = (0..loads.len()).map(|number| {
        let mut one = participant(&number.to_string(), 1);
        one.floor_area.0[0].1 = SquareMetres(1000.0);
        one
    });
    let mut standings = Standings::new(rules, all.collect());
    let until = midnight(UNTIL.0, UNTIL.1, UNTIL.2);
    for (meter, load) in loads.iter().enumerate() {
        let mut register = 1_000_000;
        for hour in midnight(2026, 3, 1) / 3600..=until / 3600 {
            standings.append(MeterIndex(meter as u32), sample(hour * 3600, register));
            register += load(hour);
        }
    }
    standings.settle(&Map::default());
    standings.saving_opportunities(ParticipantIndex(0), Time(until), SekPerKwh(2.0))
}

fn local(hour: i64) -> (i64, bool) {
    // summer time is from 28 March to 31 October 2027, and was in 2026
    let summer = [(2026, 3, 29, 10, 25), (2027, 3, 28, 10, 31)].iter().any(|it| {
        let (from, until) = (midnight(it.0, it.1 as i8, it.2), midnight(it.0, it.3, it.4));
        (from..until).contains(&(hour * 3600))
    });
    let local = hour + 1 + i64::from(summer);
    // 1970 began on a Thursday
    (local.rem_euclid(24), matches!((local.div_euclid(24) + 3) % 7, 5 | 6))
}

/// 10 kW, from 8 to 17 of working days 30 kW; a kilowatt of weather in it.
fn usual(hour: i64) -> i64 {
    let (of_day, off) = local(hour);
    let noise = (hour / 24 * 7919) % 1009;
    noise + if (8..17).contains(&of_day) && !off { 30_000 } else { 10_000 }
}

fn from(month: i8, day: i8) -> impl Fn(i64) -> bool {
    let start = midnight(2027, month, day);
    move |hour| hour * 3600 >= start
}

fn only(found: &[SavingOpportunity], kind: OpportunityKind) -> SavingOpportunity {
    let [opportunity] = found else { panic!("one opportunity: {found:?}") };
    assert_eq!(opportunity.kind, kind, "{opportunity:?}");
    assert_eq!(opportunity.sek_per_year, opportunity.kwh_per_year * 2.0);
    *opportunity
}

fn near(opportunity: &SavingOpportunity, month: i8, day: i8, days: i32) {
    assert!(
        (opportunity.since - date(2027, month, day)).get_days().abs() <= days,
        "{opportunity:?}"
    );
    assert!(!opportunity.at_least, "{opportunity:?}");
}

fn about(found: f64, truth: f64, share: f64) {
    assert!((found / truth - 1.0).abs() < share, "{found} of {truth}");
}

#[test]
fn a_building_with_quiet_nights_has_no_saving_opportunity() {
    assert_eq!(saving_opportunities(&[&usual]), []);
    // a large base load alone is none: seven tenths of the day, of the mean, of others' alike
    let servers = |hour: i64| usual(hour) + 30_000;
    let none = saving_opportunities(&[&|hour| usual(hour) * 2 / 3 + 10_000]);
    assert_eq!(none, [], "six tenths by night");
    let alike: Vec<Load> = vec![&servers; 7];
    let found = saving_opportunities(&alike);
    assert!(found.iter().all(|it| it.reference == ReferenceLoad::WorkingDays), "{found:?}");
}

#[test]
fn neither_lower_use_nor_one_bad_night_is_a_saving_opportunity() {
    let spring = from(5, 10);
    assert_eq!(
        saving_opportunities(&[&|hour| usual(hour) * if spring(hour) { 7 } else { 10 } / 10]),
        []
    );
    let night = midnight(2027, 5, 31) / 3600;
    let once =
        |hour: i64| usual(hour) + if (night..night + 6).contains(&hour) { 20_000 } else { 0 };
    assert_eq!(saving_opportunities(&[&once]), []);
}

/// Every summer the load rises on 10 May: a season, no step.
#[test]
fn a_rise_of_every_year_is_no_step() {
    let summer = |hour: i64| {
        let day = hour / 24 - midnight(2026, 1, 1) / 86_400;
        (129..243).contains(&(day % 365))
    };
    let found = saving_opportunities(&[&|hour| usual(hour) + if summer(hour) { 4_000 } else { 0 }]);
    assert_eq!(found, []);
}

/// 4 kW more, all the time, from 10 May on.
#[test]
fn a_step_has_its_day_and_its_year() {
    let broken = from(5, 10);
    let found = saving_opportunities(&[&|hour| usual(hour) + if broken(hour) { 4_000 } else { 0 }]);
    let step = only(&found, OpportunityKind::Step);
    about(step.kwh_per_year, 4.0 * 8760.0, 0.03);
    near(&step, 5, 10, 1);
    assert_eq!((step.reference, step.confidence), (ReferenceLoad::Before, Confidence::High));
}

/// 5 kW more from December on: too long ago for a step.
#[test]
fn a_base_load_above_that_of_last_year() {
    let start = midnight(2026, 12, 1);
    let found =
        saving_opportunities(&[&|hour| usual(hour) + if hour * 3600 >= start { 5_000 } else { 0 }]);
    let opportunity = only(&found, OpportunityKind::NeverAsleep);
    assert_eq!(
        (opportunity.reference, opportunity.confidence),
        (ReferenceLoad::LastYear, Confidence::High)
    );
    assert!((opportunity.since - date(2026, 12, 1)).get_days().abs() <= 1, "{opportunity:?}");
    about(opportunity.kwh_per_year, 5.0 * OFF_HOURS, 0.02);
}

/// A load as high at night as by day: half of it is the saving opportunity.
#[test]
fn a_flat_load_never_sleeps() {
    let opportunity =
        only(&saving_opportunities(&[&|hour| 20_000 + hour % 5]), OpportunityKind::NeverAsleep);
    assert_eq!(
        (opportunity.reference, opportunity.confidence),
        (ReferenceLoad::WorkingDays, Confidence::Low)
    );
    about(opportunity.kwh_per_year, 10.0 * OFF_HOURS, 0.01);
    assert!(opportunity.at_least, "as long as anything is known: {opportunity:?}");
    assert_eq!(opportunity.since, date(2026, 3, 1));
}

/// 22 W/m² at night where half of six others have 10: the rest is the saving opportunity.
#[test]
fn more_than_others_of_the_same_area() {
    let high = |hour: i64| usual(hour) + 12_000;
    let mut all: Vec<Load> = vec![&usual; 7];
    all[0] = &high;
    let opportunity = only(&saving_opportunities(&all), OpportunityKind::NeverAsleep);
    assert_eq!(
        (opportunity.reference, opportunity.confidence),
        (ReferenceLoad::Others, Confidence::Medium)
    );
    about(opportunity.kwh_per_year, 12.0 * OFF_HOURS, 0.01);
    assert!(opportunity.at_least, "{opportunity:?}");
    assert_eq!(saving_opportunities(&all[..4]), [], "three others are no comparison");
}

/// From 3 April on it works on days off too: 20 kW above the nights for 9 hours.
#[test]
fn weekends_as_busy_as_weekdays() {
    let open = from(4, 3);
    let busy = |hour: i64| {
        let (of_day, off) = local(hour);
        off && open(hour) && (8..17).contains(&of_day)
    };
    let found = saving_opportunities(&[&|hour| usual(hour) + if busy(hour) { 20_000 } else { 0 }]);
    let opportunity =
        found.iter().find(|it| it.kind == OpportunityKind::Weekend).expect("a weekend");
    near(opportunity, 4, 3, 1);
    about(opportunity.kwh_per_year, 20.0 * 9.0 * 115.0, 0.02);
    assert!(opportunity.confidence == Confidence::High, "{opportunity:?}");
    // half as busy is an open library
    let found = saving_opportunities(&[&|hour| usual(hour) + if busy(hour) { 8_000 } else { 0 }]);
    assert_eq!(found.iter().find(|it| it.kind == OpportunityKind::Weekend), None, "{found:?}");
}

/// From 26 April on every other night has 10 kW more: 5 kW in the mean.
#[test]
fn nights_on_which_something_is_left_on() {
    let forgot = from(4, 26);
    let left_on = |hour: i64| {
        let (of_day, _) = local(hour);
        let even = (hour + 4).div_euclid(24) % 2 == 0;
        even && forgot(hour) && !(5..22).contains(&of_day)
    };
    let found =
        saving_opportunities(&[&|hour| usual(hour) + if left_on(hour) { 10_000 } else { 0 }]);
    let opportunity = found.iter().find(|it| it.kind == OpportunityKind::Night).expect("nights");
    about(opportunity.kwh_per_year, 5.0 * 7.0 * 365.0, 0.1);
    near(opportunity, 4, 26, 3);
}
