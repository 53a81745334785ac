//! Gaps in the readings that reach over an edge of what counts, imports inside gaps, and
//! readings off the hour: whatever is missing, the board shows no saving that is not there.
use competition::{
    Dated, DoubtKind, Exclusion, IntervalReading, MeterIndex, MilliWattHours, NoticeKind,
    Participant, ParticipantIndex, Period, Row, Rule, Sample, Sign, SquareMetres, Standings, Time,
};
use jiff::civil::date;
use proptest::prelude::*;

use crate::support::{Map, competition, midnight, participant, sample};

const METER: MeterIndex = MeterIndex(0);
const WHO: ParticipantIndex = ParticipantIndex(0);
const HOUR: i64 = 3600;

/// A building that uses `loads[hour of the day]` W, `scale[h]` percent of it in hour h after
/// the baseline's start.
struct Building {
    start: i64,
    /// Wh of each hour.
    hours: Vec<i64>,
}

impl Building {
    fn new(loads: &[i64], end: i64, percent: impl Fn(i64) -> i64) -> Self {
        let start = midnight(2027, 2, 1);
        let hours = (0..(end - start) / HOUR).map(|hour| {
            let at = start + hour * HOUR;
            loads[hour as usize % loads.len()] * percent(at) / 100
        });
        Self { start, hours: hours.collect() }
    }

    fn end(&self) -> i64 {
        self.start + self.hours.len() as i64 * HOUR
    }

    /// Energy of whole hours, Wh.
    fn energy(&self, from: i64, until: i64) -> i64 {
        let index = |at: i64| ((at - self.start) / HOUR).clamp(0, self.hours.len() as i64) as usize;
        self.hours[index(from)..index(until).max(index(from))].iter().sum()
    }

    /// The register, Wh.
    fn register(&self, at: i64) -> i64 {
        let whole = self.start + (at - self.start) / HOUR * HOUR;
        let within = self.hours.get(((at - self.start) / HOUR) as usize).copied().unwrap_or(0);
        1_000_000 + self.energy(self.start, whole) + within * (at - whole) / HOUR
    }

    fn sample(&self, at: i64) -> Sample {
        sample(at, self.register(at))
    }
}

fn row(standings: &Standings, now: i64) -> Row {
    standings.leaderboard(Rule::Saving, Time(now)).rows.remove(0)
}

/// Standings of a house that is read every `step` seconds, `offset` after the hour, but not
/// within the gaps.
fn read(
    who: Participant,
    house: &Building,
    (step, offset): (i64, i64),
    gaps: &[(i64, i64)],
) -> Standings {
    let (mut standings, mut map) = (Standings::new(competition(), vec![who]), Map::default());
    let mut at = house.start + offset;
    while at < house.end() {
        if !gaps.iter().any(|(from, until)| (*from..*until).contains(&at)) {
            map.take(&mut standings, METER, house.sample(at));
        }
        at += step;
    }
    standings.settle(&map);
    standings
}

fn edges(who: &mut Participant, election: i64) {
    let until = Time(election + 24 * HOUR);
    let reason = "election".to_owned();
    who.exclusions = vec![Exclusion { from: Time(election), until, reason }];
    let area = |day, m2| (date(2027, 3, day), SquareMetres(m2));
    who.floor_area = Dated(vec![area(1, 1000.0), area(25, 1100.0)]);
}

fn loads() -> impl Strategy<Value = Vec<i64>> {
    proptest::collection::vec(5_000i64..40_000, 24)
}

/// Distance and offset of the readings.
fn readings() -> impl Strategy<Value = (i64, i64)> {
    let step = prop_oneof![Just(300i64), Just(900), Just(1200), Just(1800), Just(3600), Just(4500)];
    step.prop_flat_map(|step| (Just(step), 0..step))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// A gap anywhere, over the start or the end of the contest or of excluded hours or not;
    /// the use before the contest, after it and on the excluded day is another one.
    #[test]
    fn no_gap_shows_a_saving_that_is_not_there(
        loads in loads(),
        readings in readings(),
        from in 0i64..70 * 24 * 60,
        minutes in prop_oneof![1i64..300, 300i64..40 * 24 * 60],
        (before, after, odd) in (10i64..400, 10i64..400, 10i64..400),
        contest in 80i64..=110,
    ) {
        let (begin, end) = (midnight(2027, 3, 15), midnight(2027, 4, 1));
        let election = midnight(2027, 3, 20);
        let from = midnight(2027, 2, 1) + from * 60;
        let gap = (from, from + minutes * 60);
        let house = |before| Building::new(&loads, midnight(2027, 5, 1), |at| match at {
            // the use before the contest differs in the gap alone, which teaches nothing
            _ if at < begin && gap.0 < at && at < gap.1 => before,
            _ if at < begin => 100,
            _ if (election..election + 24 * HOUR).contains(&at) => odd,
            _ if at < end => contest,
            _ => after,
        });
        let mut who = participant("a", 1);
        edges(&mut who, election);
        let now = midnight(2027, 4, 30);
        let standings = read(who.clone(), &house(before), readings, &[gap]);
        let whole = read(who, &house(100), readings, &[]);
        let (gapped, whole) = (row(&standings, now), row(&whole, now));
        prop_assert_eq!(whole.coverage, Some(1.0));
        prop_assert_eq!(whole.rank, Some(1), "{:?}", whole.reason);
        let true_saving = 100.0 - contest as f64;
        // readings an hour apart move at most the energy of an hour over each of four edges
        prop_assert!((whole.saving_percent.unwrap() - true_saving).abs() < 2.5, "{:?}", whole);
        if let (Some(_), Some(saving)) = (gapped.rank, gapped.saving_percent) {
            prop_assert!((saving - true_saving).abs() < 2.5, "{} of {}", saving, true_saving);
        }
        // what a gap of readings over an edge costs is its own hours, and it is reported
        let counted = |at: &i64| !(election..election + 24 * HOUR).contains(at);
        let hours = (begin..end).step_by(HOUR as usize).filter(counted);
        let (first, last) = (gap.0 - readings.0 - HOUR, gap.1 + readings.0);
        let touched = hours.clone().filter(|at| (first..last).contains(at)).count() as f64;
        let missing = (1.0 - gapped.coverage.unwrap()) * hours.count() as f64;
        prop_assert!(missing <= touched + 0.01, "{} of {} hours are missing", missing, touched);
        let notices = standings.notices(WHO);
        let unknown: i64 = notices.iter().map(|it| it.hours).sum();
        let is_over = gap.1 + readings.0 < house(100).end();
        prop_assert!(!is_over || (unknown as f64 - missing).abs() < 0.01, "{:?}", notices);
        prop_assert!(notices.iter().all(|it| it.kind == NoticeKind::GapOverEdge));
    }

    /// Imports of some hours of a gap, right or wrong by a factor, in any order with the
    /// readings: the meter has the energy that its register moved, and the board no saving
    /// that is not there.
    #[test]
    fn imports_in_a_gap_are_its_shape_and_never_its_amount(
        loads in loads(),
        (from, days) in (20i64..55, 1i64..30),
        (first, hours) in (-48i64..600, 1i64..900),
        factor in prop_oneof![4 => Just(1000i64), 1 => Just(1), 1 => Just(1_000_000), 1 => 100i64..3000],
        outside in 30i64..250,
        imported_first in any::<bool>(),
    ) {
        let (begin, end) = (midnight(2027, 3, 15), midnight(2027, 4, 1));
        let from = midnight(2027, 2, 1) + from * 24 * HOUR + 600;
        let until = from + days * 24 * HOUR;
        let start = from / HOUR * HOUR + first * HOUR;
        let is_imported = |at: i64| (start..start + hours * HOUR).contains(&at);
        let house = Building::new(&loads, midnight(2027, 5, 1), |at| match at {
            _ if (begin..end).contains(&at) => 100,
            // before the contest only where nothing teaches it
            _ if from < at && at < until && (at > end || !is_imported(at)) => outside,
            _ => 100,
        });
        let (mut standings, mut map) = (Standings::new(competition(), vec![participant("a", 1)]), Map::default());
        let rows = (0..hours).map(|hour| start + hour * HOUR).filter(|at| *at >= house.start && at + 2 * HOUR <= house.end());
        let rows: Vec<IntervalReading> = rows.map(|at| {
            let energy = MilliWattHours(house.energy(at, at + HOUR) * factor);
            IntervalReading { start: Time(at), seconds: HOUR, energy }
        }).collect();
        let import = |standings: &mut Standings| rows.iter().for_each(|row| standings.interval(METER, row));
        if imported_first {
            import(&mut standings);
        }
        let samples = (house.start..house.end()).step_by(900).filter(|at| !(from..until).contains(at));
        for at in samples {
            map.take(&mut standings, METER, house.sample(at));
        }
        if !imported_first {
            import(&mut standings);
        }
        standings.settle(&map);
        let all = standings.energy_comparison(WHO, Time(house.start)..Time(house.end()));
        let moved = house.register(house.end() - 900) - house.register(house.start);
        prop_assert_eq!(all.energy.unwrap().0, moved * 1000);
        let row = row(&standings, midnight(2027, 4, 30));
        // imports that leave every part of the gap six tenths of its share are believed
        let most = if factor == 1000 { 1.0 } else { 60.0 };
        if let (Some(_), Some(saving)) = (row.rank, row.saving_percent) {
            prop_assert!(saving < most, "{}", saving);
            prop_assert!(factor != 1000 || saving > -1.0, "{}", saving);
        }
        let notices = standings.notices(WHO);
        let reported = |kind| notices.iter().any(|it| it.kind == kind);
        prop_assert!(factor != 1000 || !reported(NoticeKind::ImportDisagrees), "{:?}", notices);
    }

    /// A sub-meter that has more than the main meter, at all hours or at some.
    #[test]
    fn below_zero_is_no_saving(
        loads in loads(),
        percent in 5i64..300,
        night in any::<bool>(),
    ) {
        let begin = midnight(2027, 3, 15);
        let until = midnight(2027, 4, 1);
        let house = Building::new(&loads, until, |_| 100);
        let tenant = Building::new(&loads, until, |at| match at {
            _ if at < begin || night && at / HOUR % 24 > 6 => 5,
            _ => percent,
        });
        let mut who = participant("a", 2);
        who.meters[1].sign = Sign::Minus;
        let mut standings = Standings::new(competition(), vec![who]);
        for at in (house.start..=until - 900).step_by(900) {
            standings.append(METER, house.sample(at));
            standings.append(MeterIndex(1), tenant.sample(at));
        }
        standings.settle(&Map::default());
        let row = row(&standings, until);
        // a few percent more than the main meter is what meters differ by
        if percent > 105 {
            prop_assert_eq!(row.rank, None);
            // The tenant's use that is many times what it was may be doubted before.
            let reason = row.reason.unwrap().english;
            let doubted = row.doubts.iter().any(|doubt| doubt.kind != DoubtKind::Closure);
            prop_assert!(reason.contains("subtracted") || doubted, "{}", reason);
            let reported = standings.notices(WHO).iter().any(|it| it.kind == NoticeKind::BelowZero);
            prop_assert!(reported || doubted);
        }
        if let Some(interval) = row.interval_percent {
            prop_assert!(interval.low <= interval.high && interval.high <= 100.0);
        }
        prop_assert!(row.saving_percent.is_none_or(|saving| saving <= 100.0));
        prop_assert!(row.rank.is_none() || row.energy.unwrap().0 >= 0);
    }
}

/// Hourly readings at :45 and every 20 minutes at :03 teach as those on the hour do.
#[test]
fn readings_off_the_hour_are_ranked_near_the_truth() {
    let loads: Vec<i64> = (0..24).map(|hour| 8_000 + hour * (24 - hour) * 150).collect();
    let (begin, until) = (midnight(2027, 3, 15), midnight(2027, 4, 1));
    let house = Building::new(&loads, until, |at| if at < begin { 100 } else { 92 });
    for readings in [(3600, 0), (3600, 29), (3600, 45 * 60), (1200, 180), (4500, 17), (7200, 40)] {
        let row = row(&read(participant("a", 1), &house, readings, &[]), until);
        assert_eq!(row.rank, Some(1), "{readings:?}: {:?}", row.reason);
        let saving = row.saving_percent.unwrap();
        assert!((saving - 8.0).abs() < 0.3, "{readings:?}: {saving}");
    }
}

/// A meter that is added in the contest: a new charger, a load that the baseline contains,
/// one without a date, and one that replaces another.
#[test]
fn a_meter_that_is_added_counts_from_its_day() {
    let loads: Vec<i64> = (0..24).map(|hour| 8_000 + hour * (24 - hour) * 150).collect();
    let (begin, until) = (midnight(2027, 3, 15), midnight(2027, 4, 15));
    let added = midnight(2027, 3, 25);
    let mut rules = competition();
    rules.contest.end = date(2027, 4, 15);
    let board = |is_new: bool, sign: Sign, from: Option<jiff::civil::Date>| {
        let charger = Building::new(&[5_000], until, |at| if at < added { 0 } else { 100 });
        let main = Building::new(&loads, until, |at| if at < begin { 100 } else { 90 });
        let mut who = participant("a", 2);
        (who.meters[1].sign, who.meters[1].from) = (sign, from);
        let mut standings = Standings::new(rules.clone(), vec![who]);
        for at in (main.start..=until - 900).step_by(900) {
            let Sample { import, .. } = main.sample(at);
            let more = if is_new { charger.register(at) } else { 0 };
            standings.append(METER, sample(at, import.0 + more));
            if at >= added {
                standings.append(MeterIndex(1), charger.sample(at));
            }
        }
        standings.settle(&Map::default());
        let notices = standings.notices(WHO);
        let notice = notices.into_iter().find(|it| it.kind == NoticeKind::MeterSet);
        (row(&standings, until), notice)
    };
    let from = Some(date(2027, 3, 25));
    let (row, notice) = board(true, Sign::Minus, from);
    assert_eq!(row.rank, Some(1), "{:?}", row.reason);
    assert!((row.saving_percent.unwrap() - 10.0).abs() < 0.1, "{row:?}");
    let text = notice.unwrap().text;
    assert!(text.english.contains("the meter has 120 kWh a day; the baseline fits"), "{text:?}");
    let (row, notice) = board(false, Sign::Minus, from);
    assert!(row.saving_percent.unwrap() > 15.0, "{row:?}");
    let text = notice.unwrap().text;
    assert!(text.english.contains("the baseline does not fit"), "{text:?}");
    let (row, notice) = board(true, Sign::Minus, None);
    assert_eq!((row.rank, notice), (None, None));
    let reason = row.reason.unwrap().english;
    assert!(reason.contains("a-1") && reason.contains("from = \"2027-03-25\""), "{reason}");
}

/// A register that is read once a day for a year: its history is not missing.
#[test]
fn a_register_that_is_read_once_a_day_has_a_reason_of_its_own() {
    let mut rules = competition();
    rules.baseline = Period { start: date(2026, 3, 1), end: date(2027, 3, 1) };
    rules.contest = Period { start: date(2027, 3, 1), end: date(2027, 6, 1) };
    rules.thresholds.baseline_days = 329;
    let mut standings = Standings::new(rules, vec![participant("a", 1)]);
    for day in 0..456 {
        let at = midnight(2026, 3, 1) + day * 86_400 + 7 * 3600;
        standings.append(MeterIndex(0), sample(at, 1_000_000 + day * 240_000));
    }
    standings.settle(&Map::default());
    let row = standings.leaderboard(Rule::Saving, Time(midnight(2027, 6, 1))).rows.remove(0);
    let reason = row.reason.expect("not ranked");
    insta::assert_snapshot!(reason.english, @"the readings of the baseline period are too far apart: 0 of its days have nine tenths of their hours from readings at most 4 hours apart, 329 are needed; import hourly values");
}
