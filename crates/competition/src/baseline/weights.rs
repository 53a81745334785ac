//! Weights of the training hours: 2^(−age/half-life), so that recent months count more
//! than those of a year ago, when the building may have been used otherwise.
use crate::time::Hour;

/// The weight of an hour; 1 without a half-life, in days. `end` is the end of the training.
pub(super) fn weight(hour: Hour, end: Hour, half_life: Option<f64>) -> f64 {
    half_life.map_or(1.0, |half_life| {
        let age = (end - hour).max(0) as f64 / 24.0;
        (-age / half_life.max(1.0)).exp2()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weight_halves_with_the_half_life() {
        let weight = |days: i64, half_life| weight(Hour::new(-days * 24), Hour::new(0), half_life);
        assert_eq!(weight(180, Some(180.0)), 0.5);
        assert_eq!(weight(360, Some(180.0)), 0.25);
        assert_eq!((weight(0, Some(180.0)), weight(360, None)), (1.0, 1.0));
        assert_eq!(weight(-5, Some(180.0)), 1.0, "after the end");
        assert!(weight(360, Some(0.0)).is_finite(), "a half-life of nothing");
    }
}
