//! Outdoor temperatures compared with the median of all participants, in pieces of two
//! weeks. It needs four participants with temperatures.
//!
//! - Another unit: more than 20 °C from the median, and nearer when read as °F.
//! - Another place: the distance from the median differs by more than 5 °C from what it is
//!   in the same season otherwise (between any two places of Sweden it varies by 2 °C, SD,
//!   from one fortnight to the next), or the hours do not follow the median at all
//!   (correlation under 0.2; under the same weather of Fennoscandia it is 0.6 and more).
//! - Shifted: the changes from hour to hour follow those of the median better some hours
//!   earlier or later, over four weeks, and again in the two weeks beside them.
use core::ops::Range;

use super::{DoubtKind, evidence::Evidence};

/// Hours of a piece.
const PIECE: usize = 14 * 24;
const YEAR: usize = 364 * 24;
/// °C from the median, beyond which a unit is doubted.
const UNIT_APART: f64 = 20.0;
/// °C by which the distance from the median varies.
const PLACE_APART: f64 = 5.0;
/// Correlation with the median below which the weather is another.
const OTHER_WEATHER: f64 = 0.2;
/// Margin by which another lag has to be better.
const LAG_MARGIN: f64 = 0.05;
const MAX_LAG: isize = 13;

/// A kind, its hours, and by how many °C or hours the temperature is off.
pub(super) type Found = (DoubtKind, Range<usize>, f64);

pub(super) fn find(known: &[Option<f64>], evidence: &Evidence<'_>) -> Vec<Found> {
    let Some(median) = evidence.peers else { return Vec::new() };
    let pairs = |range: Range<usize>, lag: isize| -> Vec<(f64, f64)> {
        range
            .filter_map(|index| {
                let other = *median.get(index.checked_add_signed(lag)?)?;
                Some((known[index]?, other?))
            })
            .collect()
    };
    let mut found: Vec<Found> = Vec::new();
    let mut add = |kind: DoubtKind, range: &Range<usize>, off: f64| match found.last_mut() {
        Some((last, hours, _)) if *last == kind && hours.end == range.start => {
            hours.end = range.end;
        }
        _ => found.push((kind, range.clone(), off)),
    };
    let count = known.len().min(median.len());
    let pieces: Vec<Range<usize>> =
        (0..count).step_by(PIECE).map(|start| start..(start + PIECE).min(count)).collect();
    let distances: Vec<Option<f64>> = pieces
        .iter()
        .map(|piece| {
            let pairs = pairs(piece.clone(), 0);
            let sum: f64 = pairs.iter().map(|(own, other)| own - other).sum();
            (pairs.len() * 2 > PIECE).then(|| sum / pairs.len() as f64)
        })
        .collect();
    let widened = |piece: &Range<usize>| {
        piece.start.saturating_sub(PIECE / 2)..(piece.end + PIECE / 2).min(count)
    };
    let lags: Vec<isize> = pieces.iter().map(|piece| best_lag(&widened(piece), &pairs)).collect();
    for (number, piece) in pieces.iter().enumerate() {
        let Some(distance) = distances[number] else { continue };
        let own = pairs(piece.clone(), 0);
        let as_fahrenheit = own.iter().map(|(own, other)| (own - 32.0) / 1.8 - other).sum::<f64>()
            / own.len() as f64;
        if distance.abs() > UNIT_APART && as_fahrenheit.abs() < distance.abs() / 2.0 {
            add(DoubtKind::TemperatureUnit, piece, 1.8);
            continue;
        }
        let usual = usual_distance(&distances, number);
        if usual.is_some_and(|usual| (distance - usual).abs() > PLACE_APART) {
            add(DoubtKind::TemperaturePlace, piece, distance - usual.unwrap_or(0.0));
            continue;
        }
        let wide = widened(piece);
        let correlation_of_level = correlation(&pairs(wide.clone(), 0)).unwrap_or(1.0);
        if correlation_of_level < OTHER_WEATHER && !follows_shifted(&wide, &pairs) {
            add(DoubtKind::TemperaturePlace, piece, distance);
            continue;
        }
        // A shift stays: in winter the hours of a single piece may follow another lag.
        let lag = lags[number];
        let beside = [number.checked_sub(1), Some(number + 1)];
        let mut beside = beside.into_iter().flatten().filter_map(|it| lags.get(it));
        if lag != 0 && beside.any(|other| *other == lag) {
            add(DoubtKind::TemperatureShift, piece, lag.unsigned_abs() as f64);
        }
    }
    found
}

/// The distance from the median in the same season of the other year, else the middle of
/// all other pieces.
fn usual_distance(distances: &[Option<f64>], number: usize) -> Option<f64> {
    let year = YEAR / PIECE;
    let near = |center: usize| {
        let near = distances.get(center.saturating_sub(1)..(center + 2).min(distances.len()));
        super::evidence::median(near.unwrap_or_default().iter().flatten().copied().collect())
    };
    let before = number.checked_sub(year).and_then(near);
    let after = if number + year < distances.len() { near(number + year) } else { None };
    let all = || {
        let others = distances.iter().enumerate().filter(|(other, _)| *other != number);
        super::evidence::median(others.filter_map(|(_, distance)| *distance).collect())
    };
    before.or_else(all).or(after)
}

fn correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    let count = pairs.len() as f64;
    let (a, b) = pairs.iter().fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
    let (a, b) = (a / count, b / count);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (own, other) in pairs {
        ab += (own - a) * (other - b);
        aa += (own - a).powi(2);
        bb += (other - b).powi(2);
    }
    (pairs.len() * 2 > PIECE && aa > 0.0 && bb > 0.0).then(|| ab / (aa * bb).sqrt())
}

type Pairs<'a> = dyn Fn(Range<usize>, isize) -> Vec<(f64, f64)> + 'a;

/// Correlation of the changes from hour to hour at a lag.
fn of_changes(range: &Range<usize>, pairs: &Pairs<'_>, lag: isize) -> Option<f64> {
    let pairs = pairs(range.clone(), lag);
    let changes: Vec<(f64, f64)> =
        pairs.windows(2).map(|it| (it[1].0 - it[0].0, it[1].1 - it[0].1)).collect();
    correlation(&changes)
}

fn follows_shifted(range: &Range<usize>, pairs: &Pairs<'_>) -> bool {
    best_lag(range, pairs) != 0
}

/// The lag at which the changes follow best; 0 where no other is clearly better.
fn best_lag(range: &Range<usize>, pairs: &Pairs<'_>) -> isize {
    let Some(now) = of_changes(range, pairs, 0) else { return 0 };
    let lags = (-MAX_LAG..=MAX_LAG).filter(|lag| *lag != 0);
    let best = lags
        .filter_map(|lag| Some((lag, of_changes(range, pairs, lag)?)))
        .max_by(|a, b| a.1.total_cmp(&b.1));
    best.filter(|(_, best)| *best > 0.4 && *best > now + LAG_MARGIN).map_or(0, |(lag, _)| lag)
}
