//! The 90 % interval of a saving, on the logarithmic scale (`../shared/fairness.md`,
//! "What unseen buildings taught").
//!
//! w = 1.78 · √(0.03² + q²/2 + (k·c)² + L²/2), and the interval of a saving s is
//! [1 − (1−s)·e^w, 1 − (1−s)·e^(−w)].
//!
//! - q: ln(Σe / Σê) of the training over the calendar months of the contest, each
//!   predicted by a fit without it.
//! - c: root mean square of the residual of a day over the mean energy of a day. Its
//!   factor k is 1/2 in a contest of 90 days, on which the constants were determined; the
//!   error of a day averages out, so k² = 30/(30 + d) before that, and 1 at the start.
//! - L: the level of the last twelve weeks (`level`).
//!
//! The constants were set on buildings of one town, and cover 90 % of the placebo cases
//! of another.
use super::{EnergySums, Level, Observation, cross_validation::Blocks};
use crate::ConfidenceInterval;

/// Factor of the root, which makes a standard error a 90 % interval.
const SCALE: f64 = 1.78;
/// What no building's own error shows.
const FLOOR: f64 = 0.03;
/// Days over which the residual of a day averages out to half of its variance.
const DAYS: f64 = 30.0;
/// Days whose interval has the factor 1/2 of c.
const CALIBRATED_DAYS: f64 = 90.0;
/// Days of a contest each of whose months the training has once.
const YEAR: usize = 366;
/// Hours that a day must have to count in c.
const MIN_HOURS: usize = 22;
/// Share of the hours of the contest's months that the training must have.
const MIN_SHARE: f64 = 0.6;
/// Error that the baselines of all participants have in common, one standard error.
const COMMON: f64 = 0.025;

/// A set of calendar months.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Months(u16);

impl Months {
    pub(crate) fn insert(&mut self, month: i8) {
        self.0 |= 1 << month;
    }

    fn contains(self, month: i8) -> bool {
        self.0 & (1 << month) != 0
    }

    fn count(self) -> u32 {
        self.0.count_ones()
    }
}

impl FromIterator<i8> for Months {
    fn from_iter<I: IntoIterator<Item = i8>>(months: I) -> Self {
        let mut all = Self::default();
        months.into_iter().for_each(|month| all.insert(month));
        all
    }
}

/// What a participant's training says about the error of its baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Uncertainty {
    /// q
    out_of_fit: f64,
    /// c
    daily: f64,
    /// L
    level: f64,
    /// Days of the longest contest that q describes.
    longest: usize,
}

impl Uncertainty {
    /// From the training with the predictions that are not fitted to it. `None` where the
    /// training's energy is not above zero.
    pub(super) fn new(
        training: &[Observation],
        out_of_fit: &[Option<f64>],
        blocks: &Blocks,
        months: Months,
        daily: Option<f64>,
        level: Option<&Level>,
    ) -> Option<Self> {
        let days = training.len() / 24;
        let (out_of_fit, longest) = match same_months(training, out_of_fit, months) {
            Some(error) => (error, YEAR),
            None => (any_block(training, out_of_fit, blocks)?, days / 2),
        };
        Some(Self {
            out_of_fit,
            daily: daily?,
            level: level.map_or(0.0, |level| level.log_ratio),
            longest,
        })
    }

    /// w of a contest of `days` days; `None` where it is longer than the training can
    /// describe.
    pub(crate) fn log_half_width(&self, days: usize) -> Option<f64> {
        if days > self.longest {
            return None;
        }
        let share = (DAYS / (DAYS + days as f64)).max(DAYS / (DAYS + CALIBRATED_DAYS));
        let square = |it: f64| it * it;
        let variance = square(FLOOR)
            + square(self.out_of_fit) / 2.0
            + square(self.daily) * share
            + square(self.level) / 2.0;
        Some(SCALE * variance.sqrt()).filter(|it| it.is_finite())
    }
}

/// ln(Σe / Σê) over the hours of the contest's calendar months.
fn same_months(
    training: &[Observation],
    out_of_fit: &[Option<f64>],
    months: Months,
) -> Option<f64> {
    let mut hours = 0;
    let pairs = training.iter().zip(out_of_fit).filter_map(|(it, predicted)| {
        let predicted = predicted.filter(|_| months.contains(it.month))?;
        hours += 1;
        Some(EnergySums { measured: it.energy, predicted })
    });
    let sums = EnergySums::of(pairs);
    let needed = MIN_SHARE * 30.0 * 24.0 * f64::from(months.count());
    sums.log_ratio().filter(|_| f64::from(hours) >= needed)
}

/// Root mean square of ln(Σe / Σê) over the blocks of the training.
fn any_block(training: &[Observation], out_of_fit: &[Option<f64>], blocks: &Blocks) -> Option<f64> {
    let mut sums = [EnergySums::default(); Blocks::COUNT];
    for (it, predicted) in training.iter().zip(out_of_fit) {
        let Some(predicted) = *predicted else { continue };
        let block = &mut sums[blocks.of(it)];
        block.measured += it.energy;
        block.predicted += predicted;
    }
    let errors: Vec<f64> = sums.iter().filter_map(|it| it.log_ratio()).collect();
    let squares: f64 = errors.iter().map(|error| error * error).sum();
    (!errors.is_empty()).then(|| (squares / errors.len() as f64).sqrt())
}

/// c, the daily CV(RMSE): root mean square of the residuals of the days over the mean
/// energy of a day. `None` without a positive mean.
pub(super) fn daily_cv_rmse(
    training: &[Observation],
    predict: impl Fn(&Observation) -> f64,
) -> Option<f64> {
    let (mut squares, mut energy, mut count) = (0.0, 0.0, 0.0);
    for day in training.chunk_by(|a, b| a.date == b.date) {
        if day.len() < MIN_HOURS {
            continue;
        }
        let used: f64 = day.iter().map(|it| it.energy).sum();
        let residual = used - day.iter().map(&predict).sum::<f64>();
        squares += residual * residual;
        energy += used;
        count += 1.0;
    }
    (energy > 0.0).then(|| (squares / count).sqrt() / (energy / count))
}

/// The interval of a saving with the half-width w, shares.
pub(crate) fn interval(saving: f64, log_half_width: f64) -> ConfidenceInterval {
    let at = |log: f64| 1.0 - (1.0 - saving) * log.exp();
    let (low, high) = (at(log_half_width), at(-log_half_width));
    // A building that fed in more than it used saves more than everything.
    ConfidenceInterval { low: low.min(high), high: low.max(high) }
}

/// w of a baseline that may be wrong by this share.
pub(crate) fn log_half_width(share: f64) -> f64 {
    -(1.0 - share.clamp(0.0, 0.95)).ln()
}

/// w of several participants together, each with its share of the expected energy and its
/// own w: own errors cancel in part, the common one stays.
pub(crate) fn portfolio_log_half_width(participants: impl Iterator<Item = [f64; 2]>) -> f64 {
    let own: f64 = participants.map(|[share, w]| (share * w) * (share * w)).sum();
    let common = 1.65 * COMMON;
    (common * common + own).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uncertainty(out_of_fit: f64, daily: f64, level: f64) -> Uncertainty {
        Uncertainty { out_of_fit, daily, level, longest: 366 }
    }

    /// By hand: √(0.03² + 0.04²/2 + 0.05² + 0.06²/2) = 0.0775.
    #[test]
    fn the_half_width_matches_a_hand_computation() {
        let w = |days| uncertainty(0.04, -0.1, 0.06).log_half_width(days).unwrap();
        assert!((w(92) - 1.78 * 0.006_f64.sqrt()).abs() < 1e-12, "{}", w(92));
        assert_eq!(w(92), w(366));
        assert!((w(0) - 1.78 * 0.0135_f64.sqrt()).abs() < 1e-12, "a day's residual counts whole");
        assert!(w(0) > w(14) && w(14) > w(60) && w(60) > w(90));
        assert_eq!(uncertainty(0.0, 0.0, 0.0).log_half_width(92), Some(1.78 * 0.03));
        assert_eq!(uncertainty(0.0, 0.0, 0.0).log_half_width(367), None);
    }

    #[test]
    fn an_interval_is_never_above_everything_nor_upside_down() {
        for saving in [-3.0, -0.2, 0.0, 0.1, 0.99, 1.0, 1.3] {
            for w in [0.05, 0.5, 3.0] {
                let ConfidenceInterval { low, high } = interval(saving, w);
                assert!(low <= saving && saving <= high, "{low} {saving} {high}");
                assert!(saving > 1.0 || high <= 1.0, "{saving} {high}");
            }
        }
        let ConfidenceInterval { low, high } = interval(0.1, 1.1_f64.ln());
        assert!((low - 0.01).abs() < 1e-12 && (high - (1.0 - 0.9 / 1.1)).abs() < 1e-12);
    }

    #[test]
    fn own_errors_cancel_and_the_common_one_stays() {
        let equal =
            |count: usize| portfolio_log_half_width((0..count).map(|_| [1.0 / count as f64, 0.1]));
        let common = 1.65 * 0.025;
        assert!((equal(1) - (common * common + 0.01_f64).sqrt()).abs() < 1e-12);
        assert!((equal(25) - (common * common + 0.0004_f64).sqrt()).abs() < 1e-12);
        assert!(equal(1_000_000) - common < 1e-6);
    }

    /// Two days of 24 kWh with residuals of 4.8 and −4.8 kWh, and one with too few hours.
    #[test]
    fn the_daily_spread_matches_a_hand_computation() {
        let observation = |hour: i64| Observation {
            hour: crate::time::Hour::new(hour),
            bin: 0,
            date: (hour / 24) as usize,
            month: 1,
            outdoor: None,
            energy: 1.0,
        };
        let training: Vec<_> = (0..60).map(observation).collect();
        let found = daily_cv_rmse(&training, |it| if it.date == 0 { 0.8 } else { 1.2 }).unwrap();
        assert!((found - 0.2).abs() < 1e-12, "{found}");
        assert_eq!(daily_cv_rmse(&training[..20], |_| 1.0), None);
    }
}
