//! Sufficient statistics of weighted least squares, by bin. They are additive over
//! the blocks of the training year, so that a fit without a block needs no second
//! pass over the hours.
use crate::{Celsius, calendar::BINS};

/// Knots of the piecewise-linear temperature response: the minimum, the quintiles and
/// the maximum of the training temperatures.
pub(super) const KNOTS: usize = 6;

/// °C, rising.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Knots([f64; KNOTS]);

/// Where a temperature lies between two neighbouring knots.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct KnotPosition {
    /// Index of the knot to the left, 0 to 4.
    pub(super) left: usize,
    /// Weight of the knot to the right, 0 to 1; the left one has the rest.
    pub(super) right_weight: f64,
}

impl Knots {
    /// `None` where the temperatures, °C, differ by a degree or less.
    pub(super) fn of(mut temperatures: Vec<f64>) -> Option<Self> {
        temperatures.sort_unstable_by(f64::total_cmp);
        let last = temperatures.len().checked_sub(1)?;
        let knots: [f64; KNOTS] =
            std::array::from_fn(|knot| temperatures[last * knot / (KNOTS - 1)]);
        (knots[KNOTS - 1] - knots[0] > 1.0).then_some(Self(knots))
    }

    /// A temperature beyond the training's range counts as the nearest end of it, so
    /// that the response is not extrapolated.
    pub(super) fn locate(&self, outdoor: Celsius) -> KnotPosition {
        let knots = &self.0;
        let outdoor = outdoor.0.clamp(knots[0], knots[KNOTS - 1]);
        let left = knots[1..KNOTS - 1].partition_point(|knot| *knot < outdoor);
        let width = knots[left + 1] - knots[left];
        let right_weight = if width > 0.0 { (outdoor - knots[left]) / width } else { 0.0 };
        KnotPosition { left, right_weight }
    }
}

/// Weighted sums of one bin: w is an hour's weight, e its energy in kWh, and x its
/// hat functions of the temperature, one for each knot.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Sums {
    /// Σw over all hours.
    pub(super) weight: f64,
    /// Σw·e over all hours.
    pub(super) energy: f64,
    /// Σw over the hours with a temperature, as all sums below.
    pub(super) temperature_weight: f64,
    /// Σw·e
    pub(super) temperature_energy: f64,
    /// Σw·x
    pub(super) x: [f64; KNOTS],
    /// Σw·x·e
    pub(super) xy: [f64; KNOTS],
    /// Σw·x·xᵀ: the diagonal, and its upper neighbour; all other elements are zero.
    pub(super) xx: [f64; KNOTS],
    pub(super) xx_next: [f64; KNOTS],
}

/// Sums of each bin.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stats(pub(super) Box<[Sums; BINS]>);

impl Default for Stats {
    fn default() -> Self {
        Self(Box::new([Sums::default(); BINS]))
    }
}

impl Stats {
    pub(super) fn add(
        &mut self,
        bin: usize,
        energy: f64,
        weight: f64,
        position: Option<KnotPosition>,
    ) {
        let sums = &mut self.0[bin];
        sums.weight += weight;
        sums.energy += weight * energy;
        let Some(KnotPosition { left, right_weight }) = position else { return };
        let (a, b) = (weight * (1.0 - right_weight), weight * right_weight);
        sums.temperature_weight += weight;
        sums.temperature_energy += weight * energy;
        sums.x[left] += a;
        sums.x[left + 1] += b;
        sums.xy[left] += a * energy;
        sums.xy[left + 1] += b * energy;
        sums.xx[left] += a * (1.0 - right_weight);
        sums.xx[left + 1] += b * right_weight;
        sums.xx_next[left] += a * right_weight;
    }

    pub(super) fn sum<'a>(parts: impl Iterator<Item = &'a Self>) -> Self {
        let mut all = Self::default();
        for part in parts {
            for (sum, other) in all.0.iter_mut().zip(part.0.iter()) {
                sum.weight += other.weight;
                sum.energy += other.energy;
                sum.temperature_weight += other.temperature_weight;
                sum.temperature_energy += other.temperature_energy;
                for knot in 0..KNOTS {
                    sum.x[knot] += other.x[knot];
                    sum.xy[knot] += other.xy[knot];
                    sum.xx[knot] += other.xx[knot];
                    sum.xx_next[knot] += other.xx_next[knot];
                }
            }
        }
        all
    }
}
