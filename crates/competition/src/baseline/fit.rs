//! Fits a baseline and finds its errors on hours that the fit did not use.
//!
//! The training year is cut into blocks of about the contest's length. Each block is
//! predicted by a fit of the others. The errors of these predictions decide whether
//! the model uses temperature, and give the interval of the saving.
use super::{
    CrossValidation, EnergySums, Observation, Season,
    model::Model,
    stats::{Knots, Stats},
};
use crate::{Celsius, bin_sums::GoodnessOfFit, time::Hour};

/// Share of the training hours that must have a temperature for it to be used.
const TEMPERATURE_COVERAGE: f64 = 0.9;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FitOptions {
    pub(crate) use_temperature: bool,
    /// Days by which an hour's weight halves, counted back from `end`; `None` gives
    /// all hours the same weight.
    pub(crate) half_life: Option<f64>,
    /// End of the training.
    pub(crate) end: Hour,
    /// Length of the contest.
    pub(crate) contest_hours: i64,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FittedBaseline {
    model: Model,
    /// `None` where the mean energy is zero.
    pub(crate) goodness_of_fit: Option<GoodnessOfFit>,
    /// Errors of the model. One year of training cannot test the season's weight.
    pub(crate) validation: CrossValidation,
    season: Option<Season>,
}

impl FittedBaseline {
    /// Whether the model uses the outdoor temperature.
    pub(crate) fn uses_temperature(&self) -> bool {
        self.model.uses_temperature()
    }

    /// Predicted energy of an hour by its bin and temperature, without the season, kWh.
    pub(crate) fn predict_by_model(&self, bin: usize, outdoor: Option<Celsius>) -> f64 {
        self.model.predict(bin, outdoor)
    }

    /// Predicted energy of an hour of the contest, kWh.
    pub(crate) fn predict(&self, hour: Hour, bin: usize, outdoor: Option<Celsius>) -> f64 {
        let model = self.model.predict(bin, outdoor);
        self.season.as_ref().map_or(model, |season| season.blend(hour, model))
    }

    /// Adds the season to the predictions for `contest`, hours with their bins.
    pub(crate) fn with_season(
        mut self,
        training: &[Observation],
        contest: impl Iterator<Item = (Hour, usize)>,
    ) -> Self {
        let predict = |it: &Observation| self.model.predict(it.bin, it.outdoor);
        self.season = Season::fit(training, contest, &self.validation, predict);
        self
    }
}

/// `training` in order of time. `None` without any hour.
pub(crate) fn fit_baseline(
    training: &[Observation],
    options: &FitOptions,
) -> Option<FittedBaseline> {
    let (first, last) = (training.first()?.hour, training.last()?.hour);
    let span = last - first + 1;
    let count = ((span as f64 / options.contest_hours.max(1) as f64).round() as i64).clamp(3, 12);
    let block = |hour: Hour| ((hour - first) * count / span) as usize;
    let knots = knots(training, options);
    let mut blocks = vec![Stats::default(); count as usize];
    for it in training {
        let position = knots.as_ref().zip(it.outdoor).map(|(knots, outdoor)| knots.locate(outdoor));
        blocks[block(it.hour)].add(it.bin, it.energy, weight(it.hour, options), position);
    }
    let full = Model::solve(&Stats::sum(blocks.iter()), knots)?;
    let without: Vec<Option<Model>> = (0..blocks.len())
        .map(|left_out| {
            let others = blocks.iter().enumerate().filter(|(number, _)| *number != left_out);
            Model::solve(&Stats::sum(others.map(|(_, stats)| stats)), knots)
        })
        .collect();
    let validate = |models: &[Option<Model>]| {
        CrossValidation::new(training.iter().filter_map(|it| {
            let model = models[block(it.hour)].as_ref()?;
            let predicted = model.predict(it.bin, it.outdoor);
            Some((it.hour, EnergySums { measured: it.energy, predicted }))
        }))
    };
    let means: Vec<Option<Model>> =
        without.iter().map(|model| model.as_ref().map(Model::without_temperature)).collect();
    let by_means = validate(&means);
    let by_temperature = full.uses_temperature().then(|| validate(&without));
    let better = by_temperature.filter(|it| it.squared_error() <= by_means.squared_error());
    let (model, validation) = match better {
        Some(validation) => (full, validation),
        None => (full.without_temperature(), by_means),
    };
    let goodness_of_fit = goodness_of_fit(training, &model);
    Some(FittedBaseline { model, goodness_of_fit, validation, season: None })
}

/// `None` where temperature is not wanted, or known of too few hours.
fn knots(training: &[Observation], options: &FitOptions) -> Option<Knots> {
    if !options.use_temperature {
        return None;
    }
    let known: Vec<f64> = training.iter().filter_map(|it| Some(it.outdoor?.0)).collect();
    let enough = known.len() as f64 >= TEMPERATURE_COVERAGE * training.len() as f64;
    enough.then(|| Knots::of(known)).flatten()
}

/// 2^(−age/half-life), or 1.
fn weight(hour: Hour, options: &FitOptions) -> f64 {
    options.half_life.map_or(1.0, |half_life| {
        let age = (options.end - hour).max(0) as f64 / 24.0;
        (-age / half_life.max(1.0)).exp2()
    })
}

/// See [`GoodnessOfFit`] for the formulas.
fn goodness_of_fit(training: &[Observation], model: &Model) -> Option<GoodnessOfFit> {
    let (mut errors, mut squares, mut energy) = (0.0, 0.0, 0.0);
    for it in training {
        let error = it.energy - model.predict(it.bin, it.outdoor);
        errors += error;
        squares += error * error;
        energy += it.energy;
    }
    let degrees_of_freedom = (training.len() as f64 - model.parameters as f64).max(1.0);
    let mean = energy / training.len() as f64;
    (mean > 0.0).then(|| GoodnessOfFit {
        cv_rmse: (squares / degrees_of_freedom).sqrt() / mean,
        nmbe: errors / (degrees_of_freedom * mean),
        hours: training.len() as u32,
        parameters: model.parameters as u32,
    })
}
