//! Solves the least squares from the sums, and predicts.
//!
//! An hour of bin b at the temperature T is modelled as e = level_b + Σ_k h_k·x_k(T),
//! with the hat functions x_k of the knots and heights h_k that are shared by all
//! occupied and by all unoccupied bins. The bins' indicator variables are eliminated
//! first (theorem of Frisch, Waugh and Lovell). There remain two symmetric systems of
//! six unknowns, which are solved by their eigenvalues. A direction without
//! information gets the coefficient zero (the minimum-norm solution).
use nalgebra::{SMatrix, SVector, SymmetricEigen};

use super::stats::{KNOTS, KnotPosition, Knots, Stats};
use crate::{Celsius, calendar::BINS};

/// Eigenvalues below this share of the largest count as zero.
const TOLERANCE: f64 = 1e-9;

/// Heights of the temperature response at the knots, kWh.
type Heights = [f64; KNOTS];

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Model {
    /// Mean energy of each bin, kWh.
    means: Box<[f64; BINS]>,
    response: Option<TemperatureResponse>,
    /// Number of fitted parameters.
    pub(super) parameters: usize,
}

#[derive(Debug, Clone, PartialEq)]
struct TemperatureResponse {
    knots: Knots,
    /// Energy of each bin to which the temperature's part is added, kWh.
    levels: Box<[f64; BINS]>,
    occupied: Box<[bool; BINS]>,
    /// Of unoccupied and of occupied bins.
    heights: [Heights; 2],
}

impl Model {
    /// `None` without any hour.
    pub(super) fn solve(stats: &Stats, knots: Option<Knots>) -> Option<Self> {
        let bins = &stats.0;
        let (mut weight, mut energy) = (0.0, 0.0);
        for sums in bins.iter() {
            weight += sums.weight;
            energy += sums.energy;
        }
        if weight <= 0.0 {
            return None;
        }
        let mean = energy / weight;
        let means: Box<[f64; BINS]> = Box::new(std::array::from_fn(|bin| {
            let sums = &bins[bin];
            if sums.weight > 0.0 { sums.energy / sums.weight } else { mean }
        }));
        let mut parameters = bins.iter().filter(|sums| sums.weight > 0.0).count();
        let response = knots.map(|knots| {
            let occupied = occupied(&means);
            let solutions = [false, true].map(|class| heights(stats, &occupied, class));
            parameters += solutions.iter().map(|it| it.rank).sum::<usize>();
            let heights = solutions.map(|it| it.heights);
            let levels = levels(stats, &occupied, &heights);
            TemperatureResponse { knots, levels, occupied, heights }
        });
        Some(Self { means, response, parameters })
    }

    /// The means of the bins alone.
    pub(super) fn without_temperature(&self) -> Self {
        Self { means: self.means.clone(), response: None, parameters: self.means.len() }
    }

    pub(super) fn uses_temperature(&self) -> bool {
        self.response.is_some()
    }

    /// Predicted energy, kWh, at least zero; the bin's mean where the temperature is
    /// not known.
    pub(super) fn predict(&self, bin: usize, outdoor: Option<Celsius>) -> f64 {
        match self.response.as_ref().zip(outdoor) {
            Some((response, outdoor)) => {
                let KnotPosition { left, right_weight } = response.knots.locate(outdoor);
                let heights = &response.heights[usize::from(response.occupied[bin])];
                let part = heights[left] * (1.0 - right_weight) + heights[left + 1] * right_weight;
                (response.levels[bin] + part).max(0.0)
            }
            None => self.means[bin].max(0.0),
        }
    }
}

/// A bin is occupied where its mean is above the middle between a quiet bin (10th
/// percentile) and a busy one (90th).
fn occupied(means: &[f64; BINS]) -> Box<[bool; BINS]> {
    let mut sorted = *means;
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = (sorted[BINS / 10] + sorted[BINS - 1 - BINS / 10]) / 2.0;
    Box::new(means.map(|mean| mean > middle))
}

struct Solution {
    heights: Heights,
    /// Number of directions that the data determine.
    rank: usize,
}

/// Heights of one class of bins, from Σ_b (XᵀX − x̄x̄ᵀ/w)·h = Σ_b (Xᵀe − x̄·ē/w), where
/// x̄, ē and w are the sums of x, energy and weight of a bin.
fn heights(stats: &Stats, occupied: &[bool; BINS], class: bool) -> Solution {
    let mut matrix = SMatrix::<f64, KNOTS, KNOTS>::zeros();
    let mut right = SVector::<f64, KNOTS>::zeros();
    let bins = stats.0.iter().zip(occupied);
    for (sums, _) in bins.filter(|(sums, it)| **it == class && sums.temperature_weight > 0.0) {
        let weight = sums.temperature_weight;
        for row in 0..KNOTS {
            right[row] += sums.xy[row] - sums.x[row] * sums.temperature_energy / weight;
            matrix[(row, row)] += sums.xx[row];
            if row + 1 < KNOTS {
                matrix[(row, row + 1)] += sums.xx_next[row];
                matrix[(row + 1, row)] += sums.xx_next[row];
            }
            for column in 0..KNOTS {
                matrix[(row, column)] -= sums.x[row] * sums.x[column] / weight;
            }
        }
    }
    let eigen = SymmetricEigen::new(matrix);
    let smallest = eigen.eigenvalues.max() * TOLERANCE;
    let (mut heights, mut rank) = (SVector::<f64, KNOTS>::zeros(), 0);
    for (value, vector) in eigen.eigenvalues.iter().zip(eigen.eigenvectors.column_iter()) {
        if *value > smallest && *value > 0.0 {
            heights += vector * (vector.dot(&right) / value);
            rank += 1;
        }
    }
    Solution { heights: heights.into(), rank }
}

/// Mean energy of each bin less the temperature's part; of its whole class where the
/// bin has no hour with a temperature.
fn levels(stats: &Stats, occupied: &[bool; BINS], heights: &[Heights; 2]) -> Box<[f64; BINS]> {
    #[derive(Clone, Copy, Default)]
    struct Remainder {
        weight: f64,
        energy: f64,
    }
    let remainder = |bin: usize| {
        let (sums, class) = (&stats.0[bin], usize::from(occupied[bin]));
        let response: f64 = sums.x.iter().zip(&heights[class]).map(|(x, height)| x * height).sum();
        Remainder { weight: sums.temperature_weight, energy: sums.temperature_energy - response }
    };
    let mut classes = [Remainder::default(); 2];
    for (bin, class) in occupied.iter().enumerate() {
        let (sum, one) = (&mut classes[usize::from(*class)], remainder(bin));
        sum.weight += one.weight;
        sum.energy += one.energy;
    }
    Box::new(std::array::from_fn(|bin| {
        let own = remainder(bin);
        let it = if own.weight > 0.0 { own } else { classes[usize::from(occupied[bin])] };
        if it.weight > 0.0 { it.energy / it.weight } else { 0.0 }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn predict(model: &Model, bin: usize, outdoor: f64) -> f64 {
        model.predict(bin, Some(Celsius(outdoor)))
    }

    /// 5 kWh, 3 more in occupied bins, and 0.4 kWh for each degree below 10.
    #[test]
    fn a_known_response_is_found() {
        let truth = |bin: usize, outdoor: f64| {
            5.0 + if (8..17).contains(&bin) { 3.0 } else { 0.0 } + 0.4 * (10.0 - outdoor).max(0.0)
        };
        let temperatures: Vec<f64> = (0..=40).map(|step| f64::from(step) - 20.0).collect();
        let knots = Knots::of(temperatures.clone()).unwrap();
        let mut stats = Stats::default();
        // The knots are at −20, −12, −4, 4, 12 and 20; up to 4 the truth is one line.
        for bin in 0..24 {
            for outdoor in temperatures.iter().filter(|outdoor| **outdoor <= 4.0) {
                let position = Some(knots.locate(Celsius(*outdoor)));
                stats.add(bin, truth(bin, *outdoor), 1.0, position);
            }
        }
        let model = Model::solve(&stats, Some(knots)).unwrap();
        for bin in 0..24 {
            for outdoor in [-19.5, -3.0, 3.9] {
                let found = predict(&model, bin, outdoor);
                assert!((found - truth(bin, outdoor)).abs() < 1e-6, "{bin} {outdoor} {found}");
            }
        }
        assert!((predict(&model, 0, -40.0) - truth(0, -20.0)).abs() < 1e-6, "not extrapolated");
        assert!(predict(&model, 60, 0.0).is_finite());
    }

    #[test]
    fn missing_information_is_no_division_by_zero() {
        assert!(Model::solve(&Stats::default(), None).is_none());
        assert!(Knots::of(vec![4.0; 100]).is_none());
        let mut stats = Stats::default();
        let knots = Knots::of(vec![0.0, 10.0]).unwrap();
        stats.add(3, 7.0, 1.0, Some(knots.locate(Celsius(5.0))));
        let model = Model::solve(&stats, Some(knots)).unwrap();
        assert!((predict(&model, 3, 5.0) - 7.0).abs() < 1e-9);
        assert!(predict(&model, 70, 5.0).is_finite());
    }
}
