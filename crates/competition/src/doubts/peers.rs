//! Outdoor temperatures compared with the median of all participants, in pieces of two
//! weeks. It needs three participants with temperatures.
//!
//! - Another unit: more than 20 °C from the median, and nearer when read as °F.
//! - Another place: the distance from the median differs by more than 5 °C from what is
//!   usual (between any two places of Sweden it varies by 2 °C, SD, from one fortnight to
//!   the next), or by more than 3 °C over eight weeks; or the hours do not follow the
//!   median at all (correlation under 0.2; under the same weather of Fennoscandia it is 0.6
//!   and more). Usual is the distance in the same season a year before; without it, that of
//!   a line through all pieces, because winters of the north and of the inland are further
//!   from the median than their summers.
//! - Shifted: the changes from hour to hour follow those of the median better some hours
//!   earlier or later, over four weeks, and again in the two weeks beside them.
use core::ops::Range;

use super::{
    DoubtKind,
    evidence::{Evidence, median},
};

/// Hours of a piece.
const PIECE: usize = 14 * 24;
const YEAR: usize = 364 * 24;
/// °C from the median, beyond which a unit is doubted.
const UNIT_APART: f64 = 20.0;
/// °C by which the distance from the median varies.
const PLACE_APART: f64 = 5.0;
/// °C by which it varies over eight weeks, in each of them, and the pieces of those weeks.
const LASTING_APART: f64 = 3.0;
const LASTING_EACH: f64 = 1.5;
const LASTING: usize = 4;
/// °C by which the medians of two pieces differ that determine a slope, and its bounds.
const SEASONS_APART: f64 = 3.0;
const SLOPES: [f64; 2] = [0.5, 2.0];
/// Correlation with the median below which the weather is another.
const OTHER_WEATHER: f64 = 0.2;
/// Margin by which another lag has to be better. The median of three is that of one place by
/// day and of another by night, so its changes follow none of them closely.
const LAG_MARGIN: f64 = 0.05;
const LAG_MARGIN_OF_THREE: f64 = 0.12;
const MAX_LAG: isize = 13;

/// A kind, its hours, and by how many °C or hours the temperature is off.
pub(super) type Found = (DoubtKind, Range<usize>, f64);

pub(super) fn find(known: &[Option<f64>], evidence: &Evidence<'_>) -> Vec<Found> {
    let Some(peers) = evidence.peers else { return Vec::new() };
    let mut found = in_another_unit(known, peers);
    // What is in another unit is no evidence of its place.
    let mut known = known.to_vec();
    found.iter().for_each(|(_, hours, _)| known[hours.clone()].fill(None));
    let margin = if evidence.peer_count > 3 { LAG_MARGIN } else { LAG_MARGIN_OF_THREE };
    found.extend(elsewhere(&known, peers, margin));
    found
}

/// Pieces more than 20 °C from the median that are nearer to it when read as °F.
fn in_another_unit(known: &[Option<f64>], peers: &[Option<f64>]) -> Vec<Found> {
    let count = known.len().min(peers.len());
    let pieces = (0..count).step_by(PIECE).map(|start| start..(start + PIECE).min(count));
    let mut found: Vec<Found> = Vec::new();
    for piece in pieces {
        let pairs = known[piece.clone()].iter().zip(&peers[piece.clone()]);
        let pairs: Vec<(f64, f64)> = pairs.filter_map(|(own, other)| (*own).zip(*other)).collect();
        let Some(means) = Means::of(&pairs) else { continue };
        let as_fahrenheit = (means.own - 32.0) / 1.8 - means.median;
        let distance = means.distance().abs();
        if distance > UNIT_APART && as_fahrenheit.abs() < distance / 2.0 {
            add(&mut found, DoubtKind::TemperatureUnit, &piece, 1.8);
        }
    }
    found
}

/// Adds a piece to what was found, or to the last of it.
fn add(found: &mut Vec<Found>, kind: DoubtKind, piece: &Range<usize>, off: f64) {
    match found.last_mut() {
        Some((last, hours, _)) if *last == kind && hours.end == piece.start => {
            hours.end = piece.end;
        }
        _ => found.push((kind, piece.clone(), off)),
    }
}

/// Pieces of another place or hour.
fn elsewhere(known: &[Option<f64>], peers: &[Option<f64>], lag_margin: f64) -> Vec<Found> {
    let pairs = |range: Range<usize>, lag: isize| -> Vec<(f64, f64)> {
        range
            .filter_map(|index| {
                let other = *peers.get(index.checked_add_signed(lag)?)?;
                Some((known[index]?, other?))
            })
            .collect()
    };
    let mut found: Vec<Found> = Vec::new();
    let count = known.len().min(peers.len());
    let pieces: Vec<Range<usize>> =
        (0..count).step_by(PIECE).map(|start| start..(start + PIECE).min(count)).collect();
    let means: Vec<Option<Means>> =
        pieces.iter().map(|piece| Means::of(&pairs(piece.clone(), 0))).collect();
    let line = Line::through(&means);
    let deviations: Vec<Option<f64>> = (0..pieces.len())
        .map(|number| Some(means[number]?.distance() - usual_distance(&means, line, number)?))
        .collect();
    let is_lasting = |number: usize| {
        let windows = deviations.windows(LASTING).enumerate();
        let mut around = windows.filter(|(first, _)| (*first..first + LASTING).contains(&number));
        around.any(|(_, window)| {
            let known: Vec<f64> = window.iter().copied().flatten().collect();
            let all = |sign: f64| known.iter().all(|it| it * sign > LASTING_EACH);
            known.len() == LASTING
                && (all(1.0) || all(-1.0))
                && known.iter().sum::<f64>().abs() > LASTING_APART * LASTING as f64
        })
    };
    let widened = |piece: &Range<usize>| {
        piece.start.saturating_sub(PIECE / 2)..(piece.end + PIECE / 2).min(count)
    };
    let lags: Vec<isize> =
        pieces.iter().map(|piece| best_lag(&widened(piece), &pairs, lag_margin)).collect();
    for (number, piece) in pieces.iter().enumerate() {
        let Some(distance) = means[number].map(Means::distance) else { continue };
        let deviation = deviations[number].unwrap_or(0.0);
        if deviation.abs() > PLACE_APART || is_lasting(number) {
            add(&mut found, DoubtKind::TemperaturePlace, piece, deviation);
            continue;
        }
        let wide = widened(piece);
        let correlation_of_level = correlation(&pairs(wide.clone(), 0)).unwrap_or(1.0);
        if correlation_of_level < OTHER_WEATHER && best_lag(&wide, &pairs, lag_margin) == 0 {
            add(&mut found, DoubtKind::TemperaturePlace, piece, distance);
            continue;
        }
        // A shift stays: in winter the hours of a single piece may follow another lag.
        let lag = lags[number];
        let beside = [number.checked_sub(1), Some(number + 1)];
        let mut beside = beside.into_iter().flatten().filter_map(|it| lags.get(it));
        if lag != 0 && beside.any(|other| *other == lag) {
            add(&mut found, DoubtKind::TemperatureShift, piece, lag.unsigned_abs() as f64);
        }
    }
    found
}

/// Mean temperatures of a piece, °C.
#[derive(Debug, Clone, Copy)]
struct Means {
    own: f64,
    median: f64,
}

impl Means {
    /// `None` where less than half of the piece is known.
    fn of(pairs: &[(f64, f64)]) -> Option<Self> {
        let count = pairs.len() as f64;
        let sum = pairs.iter().fold((0.0, 0.0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
        (pairs.len() * 2 > PIECE).then(|| Self { own: sum.0 / count, median: sum.1 / count })
    }

    fn distance(self) -> f64 {
        self.own - self.median
    }
}

/// own = offset + slope · median, by the medians of slopes and offsets (Theil and Sen), which
/// a quarter of the pieces cannot move far.
#[derive(Debug, Clone, Copy)]
struct Line {
    slope: f64,
    offset: f64,
}

impl Line {
    fn through(means: &[Option<Means>]) -> Option<Self> {
        let known: Vec<Means> = means.iter().copied().flatten().collect();
        let slopes = known.iter().enumerate().flat_map(|(number, one)| {
            known[number + 1..].iter().filter_map(move |other| {
                let apart = other.median - one.median;
                (apart.abs() >= SEASONS_APART).then(|| (other.own - one.own) / apart)
            })
        });
        let slope = median(slopes.collect()).unwrap_or(1.0).clamp(SLOPES[0], SLOPES[1]);
        let offset = median(known.iter().map(|it| it.own - slope * it.median).collect())?;
        Some(Self { slope, offset })
    }

    fn distance(self, median: f64) -> f64 {
        self.offset + (self.slope - 1.0) * median
    }
}

/// The distance from the median in the same season of the year before, else that of the
/// line.
fn usual_distance(means: &[Option<Means>], line: Option<Line>, number: usize) -> Option<f64> {
    let before = number.checked_sub(YEAR / PIECE).and_then(|center| {
        let near = means.get(center.saturating_sub(1)..(center + 2).min(means.len()))?;
        median(near.iter().flatten().map(|it| it.distance()).collect())
    });
    before.or_else(|| Some(line?.distance(means[number]?.median)))
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

/// The lag at which the changes follow best; 0 where no other is clearly better.
fn best_lag(range: &Range<usize>, pairs: &Pairs<'_>, margin: f64) -> isize {
    let Some(now) = of_changes(range, pairs, 0) else { return 0 };
    let lags = (-MAX_LAG..=MAX_LAG).filter(|lag| *lag != 0);
    let best = lags
        .filter_map(|lag| Some((lag, of_changes(range, pairs, lag)?)))
        .max_by(|a, b| a.1.total_cmp(&b.1));
    best.filter(|(_, best)| *best > 0.4 && *best > now + margin).map_or(0, |(lag, _)| lag)
}
