//! A row's score as a bar and its interval as a band, on a scale that all rows share.
use competition::{ConfidenceInterval, Score, ScoreUnit};
use maud::{Markup, html};

/// The range of values that the bars of a leaderboard show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    /// Includes zero and every score and interval. The ends are round numbers, so that
    /// the scale does not change with every reading.
    pub(super) fn over<'s>(scores: impl Iterator<Item = &'s Score>) -> Self {
        let values = scores.flat_map(|s| {
            s.value.into_iter().chain(s.interval.into_iter().flat_map(ConfidenceInterval::ends))
        });
        let (low, high) = values
            .filter(|v| v.is_finite())
            .fold((0.0_f64, 0.0_f64), |(low, high), v| (low.min(v), high.max(v)));
        let step = step((high - low).max(0.1));
        Self { low: (low / step).floor() * step, high: ((high / step).ceil() * step).max(step) }
    }

    /// The position of `value` in thousandths of the width.
    fn x(&self, value: f64) -> f64 {
        let share = (value - self.low) / (self.high - self.low);
        (share.clamp(0.0, 1.0) * 1000.0).round()
    }
}

/// 1, 2 or 5 times a power of ten, so that about five steps make up `range`.
pub(super) fn step(range: f64) -> f64 {
    let rough = range / 5.0;
    let power = 10f64.powf(rough.log10().floor());
    let digit = rough / power;
    power
        * if digit <= 1.0 {
            1.0
        } else if digit <= 2.0 {
            2.0
        } else if digit <= 5.0 {
            5.0
        } else {
            10.0
        }
}

/// The bar of one row. It has no text alternative: the number is beside it.
pub(super) fn bar(score: &Score, scale: &Scale) -> Markup {
    let zero = scale.x(0.0);
    let end = score.value.map_or(zero, |v| scale.x(v));
    // A negative saving or improvement is shown as worse; the other rules' scores are
    // never negative.
    let signed = match score.unit {
        ScoreUnit::Percent | ScoreUnit::KwhPerEmployee | ScoreUnit::PercentagePoints => true,
        ScoreUnit::KwhPerSquareMetre | ScoreUnit::WattsPerSquareMetre => false,
    };
    let worse = signed && end < zero;
    html! {
        svg.bar viewBox="0 0 1000 12" preserveAspectRatio="none" aria-hidden="true" {
            rect.track x="0" y="0" width="1000" height="12" {}
            @if score.value.is_some() {
                rect class={ "fill" @if worse { " worse" } } x=(zero.min(end)) y="0"
                    width=((end - zero).abs().max(2.0)) height="12" {}
            }
            @if let Some(ConfidenceInterval { low, high }) = score.interval {
                rect.band x=(scale.x(low)) y="4" width=((scale.x(high) - scale.x(low)).max(2.0)) height="4" {}
            }
            @if scale.low < 0.0 { rect.zero x=(zero - 1.0) y="0" width="2" height="12" {} }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(value: f64, interval: Option<[f64; 2]>) -> Score {
        Score::saving(Some(value), interval.map(ConfidenceInterval::from))
    }

    #[test]
    fn the_scale_includes_zero_and_every_interval() {
        let scores = [score(22.4, Some([20.1, 24.6])), score(-3.0, None), score(f64::NAN, None)];
        let scale = Scale::over(scores.iter());
        assert!(scale.low <= -3.0 && scale.high >= 24.6, "{scale:?}");
        assert_eq!(scale.x(scale.low), 0.0);
        assert_eq!(scale.x(scale.high), 1000.0);
        let empty = Scale::over([].iter());
        assert!(empty.high > empty.low, "{empty:?}");
    }

    #[test]
    fn steps_are_round_numbers() {
        for (range, expected) in
            [(24.0, 5.0), (10.0, 2.0), (5.0, 1.0), (0.4, 0.1), (80_000.0, 20_000.0)]
        {
            assert!((step(range) - expected).abs() < 1e-9, "{range}: {}", step(range));
        }
    }
}
