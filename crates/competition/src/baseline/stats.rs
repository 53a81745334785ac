//! Sufficient statistics of least squares, by bin: additive over blocks of the
//! training year, so that leaving a block out costs no second pass.
use crate::calendar::BINS;

/// Ends and inner knots of the temperature's piecewise line: the training
/// temperatures' minimum, quintiles and maximum.
pub(crate) const KNOTS: usize = 6;

/// The knots, °C, rising.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Knots([f64; KNOTS]);

impl Knots {
    /// `None` where the temperature hardly moves.
    pub(crate) fn of(mut temperatures: Vec<f64>) -> Option<Self> {
        temperatures.retain(|outdoor| outdoor.is_finite());
        temperatures.sort_unstable_by(f64::total_cmp);
        let last = temperatures.len().checked_sub(1)?;
        let knots: [f64; KNOTS] =
            std::array::from_fn(|node| temperatures[last * node / (KNOTS - 1)]);
        (knots[KNOTS - 1] - knots[0] > 1.0).then_some(Self(knots))
    }

    /// Left knot and the share of the right one. Beyond the training's range the
    /// end holds: a line is not led on into weather that was never seen.
    pub(crate) fn locate(&self, outdoor: f64) -> (usize, f64) {
        let knots = &self.0;
        let outdoor = outdoor.clamp(knots[0], knots[KNOTS - 1]);
        let left = knots[1..KNOTS - 1].partition_point(|node| *node < outdoor);
        let width = knots[left + 1] - knots[left];
        let share = if width > 0.0 { (outdoor - knots[left]) / width } else { 0.0 };
        (left, share)
    }
}

/// Weighted sums of one bin. `x` are the hat functions of the knots.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Sums {
    pub(crate) weight: f64,
    pub(crate) energy: f64,
    /// Of hours with temperature only, from here on.
    pub(crate) warm: f64,
    pub(crate) warm_energy: f64,
    pub(crate) x: [f64; KNOTS],
    pub(crate) xy: [f64; KNOTS],
    /// x·x on the diagonal and next to it; the rest is zero.
    pub(crate) xx: [f64; KNOTS],
    pub(crate) xx_next: [f64; KNOTS],
}

/// Sums of all bins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stats(pub(crate) Box<[Sums; BINS]>);

impl Default for Stats {
    fn default() -> Self {
        Self(Box::new([Sums::default(); BINS]))
    }
}

impl Stats {
    pub(crate) fn add(&mut self, bin: usize, energy: f64, weight: f64, at: Option<(usize, f64)>) {
        let sums = &mut self.0[bin];
        sums.weight += weight;
        sums.energy += weight * energy;
        let Some((left, share)) = at else { return };
        let (a, b) = (weight * (1.0 - share), weight * share);
        sums.warm += weight;
        sums.warm_energy += weight * energy;
        sums.x[left] += a;
        sums.x[left + 1] += b;
        sums.xy[left] += a * energy;
        sums.xy[left + 1] += b * energy;
        sums.xx[left] += a * (1.0 - share);
        sums.xx[left + 1] += b * share;
        sums.xx_next[left] += a * share;
    }

    /// The sum of several.
    pub(crate) fn sum<'a>(parts: impl Iterator<Item = &'a Self>) -> Self {
        let mut all = Self::default();
        for part in parts {
            for (sum, other) in all.0.iter_mut().zip(part.0.iter()) {
                sum.weight += other.weight;
                sum.energy += other.energy;
                sum.warm += other.warm;
                sum.warm_energy += other.warm_energy;
                for node in 0..KNOTS {
                    sum.x[node] += other.x[node];
                    sum.xy[node] += other.xy[node];
                    sum.xx[node] += other.xx[node];
                    sum.xx_next[node] += other.xx_next[node];
                }
            }
        }
        all
    }
}
