//! Queries about one participant: load curve, energy of a range, nights, latest reading.
use core::ops::Range;

use super::{Standings, hour_energy};
use crate::{
    Contact, EnergyComparison, HourLoad, LatestReading, Measures, MeterIndex, MilliWattHours,
    ParticipantIndex, Provenance, QuarantinedReadings, SeriesPoint, Time, Watts,
    calendar::days_after,
    energy::{QuarterEnergy, provenance},
    meter_days::MeterDays,
    participant_state::ParticipantState,
    time::{Hour, QuarterHour, each_hour, each_quarter},
};

/// Largest number of bins of an answer.
const MAX_BINS: i64 = 200_000;
/// Hours from 22 to 05 that must be known for the mean of a night.
const NIGHT_HOURS: i64 = 4;

impl Standings {
    /// Energy of a quarter-hour and its baseline.
    fn quarter(
        &self,
        state: &ParticipantState,
        quarter: QuarterHour,
    ) -> (Option<QuarterEnergy>, Option<MilliWattHours>) {
        let mut sum: Option<QuarterEnergy> = None;
        let meters = &self.meter_days[state.meters.clone()];
        for days in meters.iter().filter(|days| days.is_active(quarter.hour())) {
            let Some(bin) = days.quarter(quarter) else {
                sum = None;
                break;
            };
            let energy = MilliWattHours(days.config.sign * bin.energy.0);
            let signed = QuarterEnergy { energy, ..bin };
            sum = Some(sum.map_or(signed, |sum| sum.plus(signed)));
        }
        let baseline = state.baseline(quarter.hour());
        (sum, baseline.map(|hour| hour.part(quarter.index_in_hour(), 4)))
    }

    fn state(&self, who: ParticipantIndex) -> &ParticipantState {
        &self.states[who.0 as usize]
    }

    /// The load curve in bins of `step` seconds from `range.start` on. The start is rounded
    /// down to a quarter-hour, the step up. At most 200 000 bins.
    pub fn series(&self, who: ParticipantIndex, range: Range<Time>, step: i64) -> Vec<SeriesPoint> {
        let state = self.state(who);
        let each = step.max(1).saturating_add(QuarterHour::SECONDS - 1) / QuarterHour::SECONDS;
        let (first, end) =
            (QuarterHour::containing(range.start), QuarterHour::at_or_after(range.end));
        let count = ((end - first).max(0) / each + i64::from((end - first).max(0) % each > 0))
            .min(MAX_BINS);
        (0..count)
            .map(|number| {
                let from = first + number * each;
                let quarters = from..(from + each).min(end);
                self.point(state, quarters)
            })
            .collect()
    }

    /// The load curve in local days of the competition, `days` of them in each bin; a
    /// day has 23 or 25 hours where the clocks change. The first and the last bin end
    /// at `range`, rounded to whole quarter-hours. At most 200 000 bins.
    pub fn daily_series(
        &self,
        who: ParticipantIndex,
        range: Range<Time>,
        days: u16,
    ) -> Vec<SeriesPoint> {
        let participant = self.state(who);
        let calendar = &participant.calendar;
        let end = QuarterHour::at_or_after(range.end);
        let mut from = QuarterHour::containing(range.start);
        let mut date = calendar.date(range.start);
        let mut points = Vec::new();
        while from < end && (points.len() as i64) < MAX_BINS {
            date = days_after(date, i64::from(days.max(1)));
            let midnight = QuarterHour::containing(calendar.midnight(date));
            let until = midnight.max(from + 1).min(end);
            points.push(self.point(participant, from..until));
            from = until;
        }
        points
    }

    fn point(&self, state: &ParticipantState, quarters: Range<QuarterHour>) -> SeriesPoint {
        let at = quarters.start.start();
        let zero = Some(MilliWattHours(0));
        let (mut energy, mut baseline) = (zero, zero);
        let (mut first, mut last, mut declared) = (None, None, false);
        for quarter in each_quarter(&quarters) {
            let (bin, expected) = self.quarter(state, quarter);
            energy = energy.zip(bin).map(|(sum, bin)| sum + bin.energy);
            baseline = baseline.zip(expected).map(|(sum, expected)| sum + expected);
            declared |= bin.is_some_and(QuarterEnergy::is_declared);
            first = first.or(bin);
            last = bin;
        }
        let provenance = match energy.and(first.zip(last)) {
            Some((first, last)) => provenance(first.starts_exact(), last.ends_exact(), declared),
            None => Provenance::Missing,
        };
        let energy = energy.filter(|_| provenance != Provenance::Missing);
        SeriesPoint { at, energy, baseline, provenance }
    }

    /// Energy since local midnight.
    pub fn today(&self, who: ParticipantIndex, now: Time) -> EnergyComparison {
        let calendar = &self.state(who).calendar;
        self.energy_comparison(who, calendar.midnight(calendar.date(now))..now)
    }

    /// Energy of the known quarter-hours of a range, which is rounded to whole
    /// quarter-hours. The baseline is `None` where one of them has none.
    pub fn energy_comparison(&self, who: ParticipantIndex, range: Range<Time>) -> EnergyComparison {
        let state = self.state(who);
        let mut compared = EnergyComparison::default();
        let mut complete = true;
        let (from, until) =
            (QuarterHour::containing(range.start), QuarterHour::at_or_after(range.end));
        for quarter in each_quarter(&(from..until.min(from + MAX_BINS))) {
            let (Some(bin), baseline) = self.quarter(state, quarter) else { continue };
            *compared.energy.get_or_insert_default() += bin.energy;
            complete &= baseline.is_some();
            *compared.baseline.get_or_insert_default() += baseline.unwrap_or_default();
        }
        compared.baseline = compared.baseline.filter(|_| complete);
        compared
    }

    /// Mean load of the 24 complete hours before `now`, oldest first.
    pub fn hours(&self, who: ParticipantIndex, now: Time) -> [HourLoad; 24] {
        let state = self.state(who);
        let end = Hour::containing(now);
        std::array::from_fn(|index| {
            let hour = end - 24 + index as i64;
            let energy = hour_energy(&self.meter_days[state.meters.clone()], hour);
            HourLoad {
                power: energy.map(|it| mean_power(it.energy, 1)),
                baseline: state.baseline(hour).map(|energy| mean_power(energy, 1)),
            }
        })
    }

    /// Mean load of the last complete night, from 22 to 05, and of the night before, where
    /// at least four hours are known. The baseline is that of the known hours.
    pub fn nights(&self, who: ParticipantIndex, now: Time) -> [HourLoad; 2] {
        let state = self.state(who);
        let calendar = &state.calendar;
        let today = calendar.date(now);
        let morning = if calendar.at(today, 5) <= now { today } else { days_after(today, -1) };
        [0, -1].map(|back| {
            let morning = days_after(morning, back);
            let hours = calendar.at(days_after(morning, -1), 22)..calendar.at(morning, 5);
            let zero = MilliWattHours(0);
            let (mut count, mut energy, mut baseline) = (0, zero, Some(zero));
            let hours = Hour::containing(hours.start)..Hour::containing(hours.end);
            for hour in each_hour(&hours) {
                let Some(used) = hour_energy(&self.meter_days[state.meters.clone()], hour) else {
                    continue;
                };
                count += 1;
                energy += used.energy;
                baseline = baseline.zip(state.baseline(hour)).map(|(sum, one)| sum + one);
            }
            let enough = count >= NIGHT_HOURS;
            HourLoad {
                power: enough.then(|| mean_power(energy, count)),
                baseline: baseline.filter(|_| enough).map(|energy| mean_power(energy, count)),
            }
        })
    }

    /// The newest reading or the end of the newest imported interval, which has no power;
    /// of several meters that of the one furthest behind. Live: not older than two and a
    /// half of the meter's own intervals, bounded to two minutes and two and a half hours.
    /// Silent: older than six hours. Imported: it is no reading of the meter.
    pub fn latest_reading(&self, who: ParticipantIndex, now: Time) -> LatestReading {
        let meters = &self.meter_days[self.state(who).meters.clone()];
        let active = |meter: &&MeterDays| {
            meter.config.measures == Measures::Use && meter.is_active(Hour::containing(now))
        };
        let meter_days: Vec<&MeterDays> = meters.iter().filter(active).collect();
        let behind = meter_days.iter().map(|meter| meter.latest()).min().flatten();
        let Some(behind) = behind else {
            return LatestReading { measured_at: None, power: None, contact: Contact::Silent };
        };
        let power = |meter: &MeterDays| {
            let power = meter
                .state
                .displayed_power
                .filter(|_| meter.latest().is_some_and(|it| it.is_reading));
            Some(Watts(meter.config.sign * power?.0))
        };
        let power = meter_days.into_iter().map(power).sum();
        let age = now.since(behind.until);
        let max_age = (behind.interval.saturating_mul(5) / 2).clamp(120, 9_000);
        let contact = match age {
            _ if !behind.is_reading => Contact::Imported,
            _ if age <= max_age => Contact::Live,
            _ if age <= 6 * Hour::SECONDS => Contact::Stale,
            _ => Contact::Silent,
        };
        LatestReading { measured_at: Some(behind.until), power, contact }
    }

    /// Quarantined readings, by meter and reason.
    pub fn quarantine(&self) -> Vec<QuarantinedReadings> {
        let mut found: Vec<QuarantinedReadings> = Vec::new();
        for (index, days) in self.meter_days.iter().enumerate() {
            let meter = MeterIndex(index as u32);
            let start = found.len();
            for tally in days.days().flat_map(|(_, day)| &day.quarantined) {
                let known = found[start..].iter_mut().find(|known| known.doubt == tally.reason);
                if let Some(known) = known {
                    known.count += tally.count;
                    known.last = tally.last;
                    continue;
                }
                found.push(QuarantinedReadings {
                    participant: self.owners[index],
                    meter,
                    doubt: tally.reason,
                    count: tally.count,
                    first: tally.first,
                    last: tally.last,
                    register: tally.register,
                    open: days.state.suspect.is_some_and(|it| it.reason == tally.reason),
                });
            }
        }
        found
    }
}

/// Mean power of an energy over `hours` hours.
fn mean_power(energy: MilliWattHours, hours: i64) -> Watts {
    Watts((energy.0 as f64 / (hours as f64 * 1000.0)).round() as i64)
}
