//! Least squares from the sums, and prediction.
//!
//! The bins' indicators are eliminated first (Frisch, Waugh and Lovell): what
//! remains are two systems of six unknowns, occupied and unoccupied, solved by
//! the eigenvalues of their symmetric matrices; directions without information
//! get the smallest answer instead of a division by nothing.
use nalgebra::{SMatrix, SVector, SymmetricEigen};

use super::stats::{KNOTS, Knots, Stats};
use crate::calendar::BINS;

/// Eigenvalues below this share of the largest carry no information.
const TOLERANCE: f64 = 1e-9;

/// What was learnt; kWh of an hour.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Model {
    means: Box<[f64; BINS]>,
    heat: Option<TemperatureResponse>,
    /// Numbers learnt.
    pub(crate) parameters: usize,
}

#[derive(Debug, Clone, PartialEq)]
struct TemperatureResponse {
    knots: Knots,
    /// Level of each bin, to which the temperature's part is added.
    levels: Box<[f64; BINS]>,
    occupied: Box<[bool; BINS]>,
    /// Unoccupied, occupied: the line's height at each knot.
    heights: [[f64; KNOTS]; 2],
}

impl Model {
    /// `None` without any hour.
    pub(crate) fn solve(stats: &Stats, knots: Option<Knots>) -> Option<Self> {
        let bins = &stats.0;
        let (weight, energy) =
            bins.iter().fold((0.0, 0.0), |sum, it| (sum.0 + it.weight, sum.1 + it.energy));
        if weight <= 0.0 {
            return None;
        }
        let mean = energy / weight;
        let means: Box<[f64; BINS]> = Box::new(std::array::from_fn(|bin| {
            let sums = &bins[bin];
            if sums.weight > 0.0 { sums.energy / sums.weight } else { mean }
        }));
        let mut parameters = bins.iter().filter(|sums| sums.weight > 0.0).count();
        let heat = knots.map(|knots| {
            let occupied = occupied(&means);
            let solved = [false, true].map(|class| heights(stats, &occupied, class));
            parameters += solved[0].1 + solved[1].1;
            let heights = solved.map(|(heights, _)| heights);
            let levels = levels(stats, &occupied, &heights);
            TemperatureResponse { knots, levels, occupied, heights }
        });
        Some(Self { means, heat, parameters })
    }

    /// The same without temperature.
    pub(crate) fn plain(&self) -> Self {
        let parameters = self.means.len();
        Self { means: self.means.clone(), heat: None, parameters }
    }

    pub(crate) fn has_temperature(&self) -> bool {
        self.heat.is_some()
    }

    /// Never negative; by the bin alone where the temperature is not known.
    pub(crate) fn predict(&self, bin: usize, outdoor: f64) -> f64 {
        match &self.heat {
            Some(heat) if outdoor.is_finite() => {
                let (left, share) = heat.knots.locate(outdoor);
                let heights = &heat.heights[usize::from(heat.occupied[bin])];
                let part = heights[left] * (1.0 - share) + heights[left + 1] * share;
                (heat.levels[bin] + part).max(0.0)
            }
            _ => self.means[bin].max(0.0),
        }
    }
}

/// Hours of the week in which the house uses more than the middle between its
/// quiet (10th percentile) and its busy (90th) hours.
fn occupied(means: &[f64; BINS]) -> Box<[bool; BINS]> {
    let mut sorted = *means;
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = (sorted[BINS / 10] + sorted[BINS - 1 - BINS / 10]) / 2.0;
    Box::new(means.map(|mean| mean > middle))
}

/// Heights at the knots of one class of hours, and how many of them the data tell.
fn heights(stats: &Stats, occupied: &[bool; BINS], class: bool) -> ([f64; KNOTS], usize) {
    let mut matrix = SMatrix::<f64, KNOTS, KNOTS>::zeros();
    let mut right = SVector::<f64, KNOTS>::zeros();
    for (sums, _) in
        stats.0.iter().zip(occupied).filter(|(sums, it)| **it == class && sums.warm > 0.0)
    {
        for row in 0..KNOTS {
            right[row] += sums.xy[row] - sums.x[row] * sums.warm_energy / sums.warm;
            matrix[(row, row)] += sums.xx[row];
            if row + 1 < KNOTS {
                matrix[(row, row + 1)] += sums.xx_next[row];
                matrix[(row + 1, row)] += sums.xx_next[row];
            }
            for column in 0..KNOTS {
                matrix[(row, column)] -= sums.x[row] * sums.x[column] / sums.warm;
            }
        }
    }
    let eigen = SymmetricEigen::new(matrix);
    let least = eigen.eigenvalues.max() * TOLERANCE;
    let (mut solution, mut rank) = (SVector::<f64, KNOTS>::zeros(), 0);
    for (value, vector) in eigen.eigenvalues.iter().zip(eigen.eigenvectors.column_iter()) {
        if *value > least && *value > 0.0 {
            solution += vector * (vector.dot(&right) / value);
            rank += 1;
        }
    }
    (solution.into(), rank)
}

/// Mean of a bin less what the temperature explains; of its class where the bin
/// was never seen with a temperature.
fn levels(stats: &Stats, occupied: &[bool; BINS], heights: &[[f64; KNOTS]; 2]) -> Box<[f64; BINS]> {
    let rest = |x: &[f64; KNOTS], class: bool| -> f64 {
        x.iter().zip(&heights[usize::from(class)]).map(|(x, height)| x * height).sum()
    };
    let mut classes = [(0.0, 0.0); 2];
    for (sums, class) in stats.0.iter().zip(occupied) {
        let sum = &mut classes[usize::from(*class)];
        sum.0 += sums.warm;
        sum.1 += sums.warm_energy - rest(&sums.x, *class);
    }
    Box::new(std::array::from_fn(|bin| {
        let (sums, class) = (&stats.0[bin], occupied[bin]);
        let (weight, left) = match sums.warm > 0.0 {
            true => (sums.warm, sums.warm_energy - rest(&sums.x, class)),
            false => classes[usize::from(class)],
        };
        if weight > 0.0 { left / weight } else { 0.0 }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 5 kWh, 3 more when occupied, 0.4 kWh for each degree below 10: found again.
    #[test]
    fn a_known_house_is_found() {
        let truth = |bin: usize, outdoor: f64| {
            5.0 + if (8..17).contains(&bin) { 3.0 } else { 0.0 } + 0.4 * (10.0 - outdoor).max(0.0)
        };
        let temperatures: Vec<f64> = (0..=40).map(|step| f64::from(step) - 20.0).collect();
        let knots = Knots::of(temperatures.clone()).unwrap();
        let mut stats = Stats::default();
        // knots at −20, −12, −4, 4, 12, 20: stay where the truth is one line
        for bin in 0..24 {
            for outdoor in temperatures.iter().filter(|outdoor| **outdoor <= 4.0) {
                let at = Some(knots.locate(*outdoor));
                stats.add(bin, truth(bin, *outdoor), 1.0, at);
            }
        }
        let model = Model::solve(&stats, Some(knots)).unwrap();
        for bin in 0..24 {
            for outdoor in [-19.5, -3.0, 3.9] {
                let found = model.predict(bin, outdoor);
                assert!((found - truth(bin, outdoor)).abs() < 1e-6, "{bin} {outdoor} {found}");
            }
        }
        assert!((model.predict(0, -40.0) - truth(0, -20.0)).abs() < 1e-6, "the end holds");
        assert!(model.predict(60, 0.0).is_finite());
    }

    #[test]
    fn nothing_to_learn_is_no_division() {
        assert!(Model::solve(&Stats::default(), None).is_none());
        assert!(Knots::of(vec![4.0; 100]).is_none());
        let mut stats = Stats::default();
        let knots = Knots::of(vec![0.0, 10.0]).unwrap();
        stats.add(3, 7.0, 1.0, Some(knots.locate(5.0)));
        let model = Model::solve(&stats, Some(knots)).unwrap();
        assert!((model.predict(3, 5.0) - 7.0).abs() < 1e-9);
        assert!(model.predict(70, 5.0).is_finite());
    }
}
