//! A competition for tests, and a store of samples in memory.
use core::ops::Range;
use std::collections::BTreeMap;

use competition::{
    Competition, Dated, Leaderboard, Meter, MeterIndex, Participant, Period, ReadingSource, Rule,
    Sample, SquareMetres, Standings, Time, WattHours,
};
use jiff::{civil::date, tz::TimeZone};

/// All samples by meter and time; of two values for a moment the lower.
#[derive(Debug, Clone, Default)]
pub(crate) struct Map(pub(crate) BTreeMap<(MeterIndex, Time), Sample>);

impl ReadingSource for Map {
    fn samples(&self, meter: MeterIndex, range: Range<Time>) -> Vec<Sample> {
        self.0.range((meter, range.start)..(meter, range.end)).map(|(_, sample)| *sample).collect()
    }
    fn last_before(&self, meter: MeterIndex, at: Time) -> Option<Sample> {
        self.0.range((meter, Time(i64::MIN))..(meter, at)).next_back().map(|(_, it)| *it)
    }
    fn first_from(&self, meter: MeterIndex, at: Time) -> Option<Sample> {
        self.0.range((meter, at)..=(meter, Time(i64::MAX))).next().map(|(_, sample)| *sample)
    }
}

impl Map {
    /// Stores a sample and applies it to the standings as the server does.
    pub(crate) fn take(&mut self, standings: &mut Standings, meter: MeterIndex, sample: Sample) {
        let newest = standings.newest(meter).is_none_or(|newest| newest < sample.at);
        let place = self.0.entry((meter, sample.at));
        let mut moved = false;
        let kept = place.or_insert_with(|| {
            moved = true;
            sample
        });
        if sample.import < kept.import {
            (*kept, moved) = (sample, true);
        }
        if newest {
            standings.append(meter, sample);
        } else if moved {
            standings.invalidate(meter, sample.at);
        }
    }
}

/// Local midnight of the zone of the tests.
pub(crate) fn midnight(year: i16, month: i8, day: i8) -> i64 {
    let zone = TimeZone::get("Europe/Stockholm").unwrap();
    date(year, month, day).to_zoned(zone).unwrap().timestamp().as_second()
}

/// 28 days of baseline before a contest of March 2027, which has a day of 23 hours.
pub(crate) fn competition() -> Competition {
    let mut competition = Competition::new(
        "test",
        TimeZone::get("Europe/Stockholm").unwrap(),
        Period { start: date(2027, 2, 1), end: date(2027, 3, 15) },
        Period { start: date(2027, 3, 15), end: date(2027, 4, 1) },
    );
    competition.thresholds.baseline_days = 28;
    competition.thresholds.cv_rmse = 10.0;
    competition
}

/// A participant with this number of meters.
pub(crate) fn participant(id: &str, meters: usize) -> Participant {
    Participant {
        id: id.to_owned(),
        municipality: id.to_owned(),
        floor_area: Dated(vec![(date(2027, 1, 1), SquareMetres(1000.0))]),
        employees: Dated(vec![(date(2027, 1, 1), 10)]),
        meters: (0..meters).map(|number| Meter::new(&format!("{id}-{number}"))).collect(),
        ..Participant::default()
    }
}

pub(crate) fn sample(at: i64, wh: i64) -> Sample {
    Sample { at: Time(at), import: WattHours(wh), export: None, power: None }
}

/// All leaderboards as text with all digits of every number.
pub(crate) fn boards(standings: &Standings, now: i64) -> String {
    let rules =
        [Rule::Saving, Rule::Intensity, Rule::Night, Rule::SavingPerEmployee, Rule::MostImproved];
    let boards: Vec<Leaderboard> =
        rules.iter().map(|rule| standings.leaderboard(*rule, Time(now))).collect();
    format!("{boards:#?}")
}
