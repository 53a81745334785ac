//! Saving opportunities in real buildings: how often one is found, by kind, and that an
//! added load is found with its day and its size.
use std::{collections::BTreeMap, path::Path};

use competition::{
    Competition, Country, IntervalReading, Meter, MeterIndex, MilliWattHours, OpportunityKind,
    Participant, ParticipantIndex, Period, SavingOpportunity, SekPerKwh, Standings, Time,
    placebo::Building,
};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

use crate::{read, support::Map};

const WHO: ParticipantIndex = ParticipantIndex(0);

fn zone() -> TimeZone {
    TimeZone::get("Europe/Oslo").expect("a known zone")
}

fn midnight(day: Date) -> i64 {
    day.to_zoned(zone()).expect("a day").timestamp().as_second()
}

/// The saving opportunities at the end of the three months before `until`, after twelve of
/// baseline; kWh in these twelve. From `since` on the load is `more` kWh an hour higher.
fn saving_opportunities(
    building: &Building,
    until: Date,
    since: Date,
    more: f64,
) -> Vec<SavingOpportunity> {
    let from = until.saturating_sub(3.months());
    let start = from.saturating_sub(1.year());
    let periods = [Period { start, end: from }, Period { start: from, end: until }];
    let mut rules = Competition::new("oslo", zone(), periods[0], periods[1]);
    rules.holidays = Some(Country::Norway);
    let one = Participant { meters: vec![Meter::new("one")], ..Participant::default() };
    let mut standings = Standings::new(rules, vec![one]);
    let (start, since, end) = (midnight(start), midnight(since), midnight(until));
    let hours = (building.start.0..).step_by(3600).zip(&building.hours);
    for (at, hour) in hours.filter(|(at, _)| (start..end).contains(at)) {
        if let Some(outdoor) = hour.outdoor {
            standings.temperature(WHO, Time(at), outdoor);
        }
        if let Some(energy) = hour.energy {
            let kwh = energy + if at >= since { more } else { 0.0 };
            let energy = MilliWattHours((kwh * 1e6).round() as i64);
            let interval = IntervalReading { start: Time(at), seconds: 3600, energy };
            standings.interval(MeterIndex(0), &interval);
        }
    }
    standings.settle(&Map::default());
    standings.saving_opportunities(WHO, Time(end), SekPerKwh(1.5))
}

/// The first days of months at which a building has fifteen months behind it.
fn ends(building: &Building) -> Vec<Date> {
    let local = |at: i64| Timestamp::from_second(at).expect("a time").to_zoned(zone()).date();
    let first = local(building.start.0).saturating_add(16.months()).first_of_month();
    let last = local(building.start.0 + building.hours.len() as i64 * 3600);
    first.series(1.month()).take_while(|day| *day <= last).collect()
}

#[test]
fn real_buildings_have_few_saving_opportunities_and_an_added_load_is_found() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/oslo");
    if !path.is_dir() {
        eprintln!("skipped: {} is not there", path.display());
        return;
    }
    let (mut windows, mut tried, mut found, mut right) = (0, 0, 0, 0);
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for building in read::directory(&path).expect("readable data") {
        let energies: Vec<f64> = building.hours.iter().filter_map(|hour| hour.energy).collect();
        let mean = energies.iter().sum::<f64>() / energies.len().max(1) as f64;
        for until in ends(&building) {
            windows += 1;
            let plain = saving_opportunities(&building, until, until, 0.0);
            for opportunity in &plain {
                *kinds.entry(format!("{:?}", opportunity.kind)).or_default() += 1;
            }
            let lasting = [OpportunityKind::Step, OpportunityKind::NeverAsleep];
            if plain.iter().any(|opportunity| lasting.contains(&opportunity.kind)) {
                continue;
            }
            // a fifth of the mean load, for the last six weeks, day and night
            tried += 1;
            let since = until.saturating_sub(6.weeks());
            let more = saving_opportunities(&building, until, since, mean / 5.0);
            if let Some(opportunity) =
                more.iter().find(|opportunity| lasting.contains(&opportunity.kind))
            {
                found += 1;
                let off = (opportunity.since - since).get_days().abs();
                // a permanent load is counted outside of working hours
                let share = opportunity.kwh_per_year / (mean / 5.0 * 8760.0);
                let whole = if opportunity.kind == OpportunityKind::Step {
                    share
                } else {
                    share * 8760.0 / 5760.0
                };
                right += usize::from(off <= 7 && (0.5..1.5).contains(&whole));
            }
        }
    }
    println!("{windows} windows: {kinds:?}; added to {tried}, found {found}, right {right}");
    assert!(windows >= 200 && tried >= 150, "{windows} {tried}");
    // most buildings have none at most times
    assert!(kinds.values().sum::<usize>() * 4 < windows, "{kinds:?}");
    // schools vary by more than that load; where it is reported, it is mostly right
    assert!(found * 2 > tried && right * 5 > found * 3, "{found} of {tried}, right {right}");
}
