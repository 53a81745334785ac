//! Hand-computed energies on the days of summer time's changes, of dated areas,
//! of excluded hours, and of meters that subtract.
use competition::{
    Competition, Contact, Dated, Exclusion, MeterIndex, ParticipantIndex, Period, Provenance, Rule,
    SeriesPoint, Sign, SquareMetres, Standings, Status, Time,
};
use jiff::{civil::date, tz::TimeZone};

use crate::support::{Map, competition, midnight, participant, sample};

const WHO: ParticipantIndex = ParticipantIndex(0);

/// Hourly readings of a load that is `watts(hour)` in each UTC hour.
fn hourly(
    standings: &mut Standings,
    meter: u32,
    range: core::ops::Range<i64>,
    watts: impl Fn(i64) -> i64,
) {
    let mut register = 100_000;
    for at in (range.start..=range.end).step_by(3600) {
        standings.append(MeterIndex(meter), sample(at, register));
        register += watts(at / 3600);
    }
}

/// 10 kW all the time: 230 kWh on 28 March 2027, 250 on 25 October 2026.
#[test]
fn days_of_23_and_25_hours() {
    let long = Competition::new(
        "both changes",
        TimeZone::get("Europe/Stockholm").unwrap(),
        Period { start: date(2025, 9, 1), end: date(2026, 9, 1) },
        Period { start: date(2026, 9, 1), end: date(2027, 6, 1) },
    );
    let mut standings = Standings::new(long, vec![participant("a", 1)]);
    let (from, until) = (midnight(2025, 9, 1), midnight(2027, 6, 1));
    hourly(&mut standings, 0, from..until, |_| 10_000);
    standings.settle(&Map::default());
    let day = |from: i64, until: i64| {
        let compared = standings.energy_comparison(WHO, Time(from)..Time(until));
        (compared.energy.unwrap().0, compared.baseline.unwrap().0)
    };
    let kwh = 1_000_000;
    assert_eq!(day(midnight(2027, 3, 28), midnight(2027, 3, 29)), (230 * kwh, 230 * kwh));
    assert_eq!(day(midnight(2026, 10, 25), midnight(2026, 10, 26)), (250 * kwh, 250 * kwh));
    assert_eq!(day(midnight(2026, 10, 26), midnight(2026, 10, 27)), (240 * kwh, 240 * kwh));
    let noon = standings.today(WHO, Time(midnight(2027, 3, 28) + 11 * 3600));
    assert_eq!(noon.energy.unwrap().0, 110 * kwh, "noon of summer time is 11 hours in");
    // 273 days with one hour lost and one won
    let row = &standings.leaderboard(Rule::Saving, Time(until)).rows[0];
    assert_eq!(row.energy.unwrap().0, 273 * 240 * kwh);
    assert_eq!(row.coverage, Some(1.0));
    assert_eq!((row.rank, row.saving_percent), (Some(1), Some(0.0)));
    // nights have six and eight hours there, and the same mean
    assert_eq!(
        standings.nights(WHO, Time(midnight(2027, 3, 28) + 10 * 3600))[0].power.unwrap().0,
        10_000
    );
}

/// A local day is 23 hours long in spring and 25 in autumn; the first and the last bin
/// are cut at the range.
#[test]
fn a_daily_series_follows_the_local_days() {
    let long = Competition::new(
        "both changes",
        TimeZone::get("Europe/Stockholm").unwrap(),
        Period { start: date(2025, 9, 1), end: date(2026, 9, 1) },
        Period { start: date(2026, 9, 1), end: date(2027, 6, 1) },
    );
    let mut standings = Standings::new(long, vec![participant("a", 1)]);
    hourly(&mut standings, 0, midnight(2026, 10, 1)..midnight(2027, 4, 10), |_| 10_000);
    standings.settle(&Map::default());
    let days = |from: i64, until: i64, days| {
        let points = standings.daily_series(WHO, Time(from)..Time(until), days);
        let day = |point: &SeriesPoint| (point.at.0, point.energy.unwrap().0 / 1_000_000);
        points.iter().map(day).collect::<Vec<_>>()
    };
    let spring = [27, 28, 29, 30].map(|day| midnight(2027, 3, day));
    let expected = [(spring[0], 240), (spring[1], 230), (spring[2], 240)];
    assert_eq!(days(spring[0], spring[3], 1), expected);
    assert_eq!(days(spring[0], spring[3], 2), [(spring[0], 470), (spring[2], 240)]);
    let autumn = [24, 25, 26, 27].map(|day| midnight(2026, 10, day));
    let expected = [(autumn[0], 240), (autumn[1], 250), (autumn[2], 240)];
    assert_eq!(days(autumn[0], autumn[3], 1), expected);
    let (from, until) = (autumn[0] + 18 * 3600, autumn[2] + 3 * 3600);
    assert_eq!(days(from, until, 1), [(from, 60), (autumn[1], 250), (autumn[2], 30)]);
}

/// The two hours from 02 to 03 of 25 October: 4 kW, then 6 kW.
#[test]
fn readings_at_the_fold() {
    let fold = midnight(2026, 10, 25) + 2 * 3600;
    let mut autumn = competition();
    autumn.baseline = Period { start: date(2026, 8, 1), end: date(2026, 10, 1) };
    autumn.contest = Period { start: date(2026, 10, 1), end: date(2026, 11, 1) };
    let mut standings = Standings::new(autumn, vec![participant("a", 1)]);
    for (at, register) in [(0, 1000), (1800, 3000), (3600, 5000), (5400, 8000), (7200, 11_000)] {
        standings.append(MeterIndex(0), sample(fold + at, register));
    }
    let points = standings.series(WHO, Time(fold)..Time(fold + 7200), 3600);
    let energies: Vec<_> = points.iter().map(|point| point.energy.unwrap().0).collect();
    assert_eq!(energies, [4_000_000, 6_000_000]);
    assert!(points.iter().all(|point| point.provenance == Provenance::Measured));
    let quarters = standings.series(WHO, Time(fold)..Time(fold + 3600), 900);
    assert!(quarters.iter().all(|point| point.energy.unwrap().0 == 1_000_000));
    assert_eq!(quarters[0].provenance, Provenance::Estimated, "readings are half an hour apart");
}

/// 10 kW in the baseline; in the contest 8 kW by day and 5 kW from 22 to 05.
#[test]
fn saving_area_and_night_by_hand() {
    let mut who = participant("a", 1);
    who.floor_area = Dated(vec![
        (date(2027, 1, 1), SquareMetres(1000.0)),
        (date(2027, 3, 20), SquareMetres(2000.0)),
    ]);
    let mut standings = Standings::new(competition(), vec![who]);
    let (from, contest) = (midnight(2027, 2, 1), midnight(2027, 3, 15));
    let until = contest + 10 * 86_400;
    let night = |hour: i64| !(4..21).contains(&hour.rem_euclid(24)); // UTC; winter time is one ahead
    let watts = |hour: i64| match hour {
        _ if hour * 3600 < contest => 10_000,
        _ if night(hour) => 5_000,
        _ => 8_000,
    };
    hourly(&mut standings, 0, from..until, watts);
    assert!(standings.settle(&Map::default()).iter().all(|moved| moved.participant == WHO));
    let board = standings.leaderboard(Rule::Saving, Time(until));
    let row = &board.rows[0];
    assert_eq!(board.status, Status::Running);
    let a_day = 17 * 8 + 7 * 5;
    assert_eq!(row.energy.unwrap().0, 10 * a_day * 1_000_000);
    assert_eq!(row.saved.unwrap().0, 10 * (240 - a_day) * 1_000_000);
    assert_eq!(board.total_saved, row.saved.unwrap());
    let saving = 100.0 * (1.0 - a_day as f64 / 240.0);
    assert!((row.saving_percent.unwrap() - saving).abs() < 1e-9);
    // five days of 1000 m², five of 2000 m²
    let intensity = 5.0 * a_day as f64 / 1000.0 + 5.0 * a_day as f64 / 2000.0;
    assert!((row.kwh_per_m2.unwrap() - intensity).abs() < 1e-9);
    let night = (5.0 + 2.5) / 2.0;
    assert!((row.night_w_per_m2.unwrap() - night).abs() < 1e-9);
    assert_eq!(row.contact, Contact::Live);
    // the board of an earlier evening is that of its own hours
    let earlier = standings.leaderboard_at(Rule::Saving, Time(contest + 4 * 86_400));
    assert_eq!(earlier.rows[0].energy.unwrap().0, 4 * a_day * 1_000_000);
    assert_eq!(earlier.rows[0].measured_at, None);
    let same = standings.leaderboard_at(Rule::Saving, Time(until));
    assert_eq!(same, board);
}

/// 30 kW of which a tenant's 12 are taken off; a day of 90 kW does not count.
#[test]
fn tenants_and_excluded_days() {
    let mut who = participant("a", 2);
    who.meters[1].sign = Sign::Minus;
    who.meters[1].multiplier = 60;
    let odd = midnight(2027, 3, 18);
    who.exclusions = vec![Exclusion {
        from: Time(odd),
        until: Time(odd + 86_400),
        reason: "election".to_owned(),
    }];
    let mut standings = Standings::new(competition(), vec![who]);
    let (from, until) = (midnight(2027, 2, 1), midnight(2027, 3, 25));
    hourly(&mut standings, 0, from..until, |hour| {
        if (odd..odd + 86_400).contains(&(hour * 3600)) { 90_000 } else { 30_000 }
    });
    hourly(&mut standings, 1, from..until, |_| 200);
    standings.settle(&Map::default());
    let row = &standings.leaderboard(Rule::Saving, Time(until)).rows[0];
    assert_eq!(row.energy.unwrap().0, 9 * 24 * 18 * 1_000_000);
    assert_eq!((row.saving_percent, row.coverage), (Some(0.0), Some(1.0)));
}

#[test]
fn a_participant_without_data_has_a_reason() {
    let mut standings =
        Standings::new(competition(), vec![participant("a", 1), participant("b", 0)]);
    let contest = midnight(2027, 3, 15);
    hourly(&mut standings, 0, midnight(2027, 2, 1)..contest + 3600 * 15, |hour| 9_000 + hour % 7);
    standings.settle(&Map::default());
    let reason = |standings: &Standings, now: i64, id: u32| {
        let board = standings.leaderboard(Rule::Saving, Time(now));
        let row = board.rows.iter().find(|row| row.participant.0 == id).unwrap();
        row.reason.as_ref().map(|reason| reason.english.clone())
    };
    assert_eq!(reason(&standings, contest + 15 * 3600, 0), None);
    assert_eq!(reason(&standings, contest + 15 * 3600, 1).unwrap(), "no meter is entered");
    assert_eq!(
        reason(&standings, contest + 20 * 3600, 0).unwrap(),
        "ranked from 18 March if nothing more is missing: \
         75 % of the contest's hours are known, 90 % are needed"
    );
    assert_eq!(
        reason(&standings, contest - 20 * 3600, 0).unwrap(),
        "the contest begins on 15 March"
    );
}

/// Hourly telegrams of which some never come: the register's sum is exact over the
/// gap, so a day of short gaps is a known day, and one of a long gap is not.
#[test]
fn days_with_lost_telegrams_count() {
    let board = |lost: &dyn Fn(i64) -> bool| {
        let mut strict = competition();
        strict.thresholds.baseline_days = 41;
        let mut map = Map::default();
        let mut standings = Standings::new(strict, vec![participant("a", 1)]);
        let (from, until) = (midnight(2027, 2, 1), midnight(2027, 3, 20));
        for (number, at) in (from..=until).step_by(3600).enumerate() {
            let hour = number as i64;
            if !lost(hour % 24) {
                map.take(&mut standings, MeterIndex(0), sample(at, hour * 9_000 + hour / 8 * 100));
            }
        }
        standings.settle(&map);
        let all = standings.energy_comparison(WHO, Time(from)..Time(until));
        let lost_day = standings.series(WHO, Time(from + 86_400)..Time(from + 172_800), 3600);
        let estimated = lost_day.iter().filter(|it| it.provenance == Provenance::Estimated).count();
        let row = standings.leaderboard(Rule::Saving, Time(until)).rows.remove(0);
        (all.energy.unwrap().0, estimated, row.reason.map(|reason| reason.english))
    };
    let whole = board(&|_| false);
    assert_eq!((whole.1, &whole.2), (0, &None));
    // three of a day's 24 lost: six hours are estimated, and the day is known
    let short = board(&|hour| hour % 8 == 4);
    assert_eq!((short.0, short.1, &short.2), (whole.0, 6, &None));
    let long = board(&|hour| (4..11).contains(&hour));
    assert_eq!((long.0, long.1), (whole.0, 8));
    assert!(long.2.unwrap().contains("0 of its days have nine tenths of their hours"));
}
