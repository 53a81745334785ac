//! A use that only a closed building explains.
//!
//! Weeks are seven days, with nine tenths of their hours known; none crosses from the
//! baseline period into the contest. A week of the baseline period is closed where it has
//! less than `closure` of the lowest week that is not: the weeks are sorted, and the last
//! gap of that size in the lower half of them separates closed weeks from ordinary ones.
//! The seasons of a building leave no such gap, because they pass through every level in
//! between. A week of the contest is closed where it has less than `closure` of the lowest
//! ordinary week of the baseline period.
//!
//! A stretch of weeks outside of the summer holidays that is that low compared with the
//! weeks before it and after it is closed, too, where the seasons hide the gap.
//!
//! In the contest a closed week is a saving that no measure explains, and it is flagged
//! until the organiser says what it was. In the baseline period it lowers what is expected
//! of the building; it is named with its dates, and the declaration is an event.
use core::ops::Range;

use super::{
    DoubtKind, DoubtThresholds,
    evidence::{Evidence, median},
    finding::Finding,
};

const WEEK: usize = 7 * 24;
/// Weeks from which on a building has an ordinary one.
const MIN_WEEKS: usize = 8;

pub(super) fn find(evidence: &Evidence<'_>, limits: &DoubtThresholds) -> Vec<Finding> {
    let count = evidence.hour_count();
    // Weeks do not cross from the baseline period into the contest.
    let contest = (evidence.calendar.contest.start - evidence.first).max(0) as usize;
    let parts = [0..contest.min(count), contest.min(count)..count];
    let weeks: Vec<Week> = parts
        .into_iter()
        .flat_map(|part| {
            let starts = part.clone().step_by(WEEK).filter(move |start| start + WEEK <= part.end);
            starts.map(|start| start..start + WEEK).collect::<Vec<_>>()
        })
        .filter_map(|hours| {
            let known: Vec<f64> =
                hours.clone().filter_map(|index| evidence.energy(index)).collect();
            let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
            (known.len() * 10 >= WEEK * 9).then_some(Week { hours, mean })
        })
        .collect();
    let in_baseline = |week: &&Week| evidence.in_baseline(week.hours.start);
    let means = weeks.iter().filter(in_baseline).map(|week| week.mean);
    let Some(lowest) = lowest_ordinary(means.collect(), limits.closure) else { return Vec::new() };
    let beside = closed_beside_their_neighbours(&weeks, evidence, limits.closure);
    let is_closed = |week: &Week| match evidence.in_baseline(week.hours.start) {
        true => week.mean < lowest || beside.contains(&week.hours.start),
        false => week.mean < limits.closure * lowest,
    };
    let ordinary = weeks.iter().filter(in_baseline).filter(|week| !is_closed(week));
    let Some(ordinary) = median(ordinary.map(|week| week.mean).collect()) else {
        return Vec::new();
    };
    let mut closed: Vec<Range<usize>> = Vec::new();
    for week in weeks.iter().filter(|week| is_closed(week)) {
        match closed.last_mut() {
            Some(last) if last.end == week.hours.start && last.end != contest => {
                last.end = week.hours.end;
            }
            _ => closed.push(week.hours.clone()),
        }
    }
    let findings = closed.into_iter().map(|hours| {
        let mut finding = Finding::flagged(DoubtKind::Closure, hours).stake(evidence, |index| {
            evidence.energy(index).map_or(0.0, |energy| (ordinary - energy).max(0.0))
        });
        // A baseline that is too low gains nothing.
        finding.in_baseline = 0.0;
        finding
    });
    findings.collect()
}

#[derive(Debug)]
struct Week {
    hours: Range<usize>,
    /// Mean energy of an hour.
    mean: f64,
}

/// The beginnings of weeks of the baseline period that lie between two drops: a stretch of
/// two weeks to half a year of which every week has less than `share` of the lower of the
/// two weeks before and the two after. Stretches that touch the months June to August are
/// left out: they are holidays.
fn closed_beside_their_neighbours(
    weeks: &[Week],
    evidence: &Evidence<'_>,
    share: f64,
) -> Vec<usize> {
    let weeks: Vec<&Week> =
        weeks.iter().filter(|week| evidence.in_baseline(week.hours.start)).collect();
    let month = |index: usize| evidence.calendar.date(evidence.hour(index).start()).month();
    let mut found = Vec::new();
    let mut first = 2;
    while first + 2 < weeks.len() {
        let before = weeks[first - 1].mean.max(weeks[first - 2].mean);
        let end = (first..weeks.len().min(first + 26))
            .find(|it| weeks[*it].mean >= share * before)
            .unwrap_or(first);
        // The week in which the building closes or opens again is in between.
        let inner = first..end;
        let after = weeks.get(end..(end + 2).min(weeks.len())).unwrap_or_default();
        let after = after.iter().map(|week| week.mean).fold(0.0, f64::max);
        let highest = weeks[inner.clone()].iter().map(|week| week.mean).fold(0.0, f64::max);
        let is_holiday =
            weeks[inner.clone()].iter().any(|week| (6..=8).contains(&month(week.hours.start)));
        if inner.len() >= 2 && highest < share * before.min(after) && !is_holiday {
            found.extend(weeks[inner].iter().map(|week| week.hours.start));
            first = end;
        }
        first += 1;
    }
    found
}

/// The mean of the lowest week that is not closed.
fn lowest_ordinary(mut means: Vec<f64>, share: f64) -> Option<f64> {
    means.sort_unstable_by(f64::total_cmp);
    if means.len() < MIN_WEEKS {
        return None;
    }
    let gap = means[..=means.len() / 2].windows(2).rfind(|pair| pair[0] < share * pair[1]);
    Some(gap.map_or(means[0], |pair| pair[1])).filter(|lowest| *lowest > 0.0)
}
