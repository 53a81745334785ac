//! Fits a baseline and finds its errors on hours that the fit did not use.
use super::{
    CrossValidation, EnergySums, Level, Months, Observation, Season, Uncertainty,
    cross_validation::Blocks,
    model::Model,
    stats::{Knots, Stats},
    uncertainty::daily_cv_rmse,
    weights::weight,
};
use crate::{Celsius, bin_sums::GoodnessOfFit, time::Hour};

/// Share of the training hours that must have a temperature for it to be used.
const TEMPERATURE_COVERAGE: f64 = 0.9;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FitOptions {
    pub(crate) use_temperature: bool,
    /// Whether the temperature is left out where it predicts unseen months worse.
    pub(crate) select_temperature: bool,
    /// Days by which an hour's weight halves, counted back from `end`; `None` gives
    /// all hours the same weight.
    pub(crate) half_life: Option<f64>,
    /// Whether the predictions follow the level of the last twelve weeks.
    pub(crate) level: bool,
    /// End of the training.
    pub(crate) end: Hour,
    /// Calendar months of the contest.
    pub(crate) months: Months,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FittedBaseline {
    model: Model,
    /// `None` where the mean energy is zero.
    pub(crate) goodness_of_fit: Option<GoodnessOfFit>,
    /// Errors of the model on the months that it was not fitted to.
    pub(crate) validation: CrossValidation,
    /// `None` where the training has no positive energy.
    pub(crate) uncertainty: Option<Uncertainty>,
    /// The level that was found, whether the predictions follow it or not.
    level: Option<Level>,
    follows_level: bool,
    season: Option<Season>,
}

impl FittedBaseline {
    /// Whether the model uses the outdoor temperature.
    pub(crate) fn uses_temperature(&self) -> bool {
        self.model.uses_temperature()
    }

    /// The level that the predictions follow.
    pub(crate) fn level(&self) -> Option<Level> {
        self.level.filter(|_| self.follows_level)
    }

    /// Predicted energy of an hour by its bin and temperature, without season and level,
    /// kWh.
    pub(crate) fn predict_by_model(&self, bin: usize, outdoor: Option<Celsius>) -> f64 {
        self.model.predict(bin, outdoor)
    }

    /// Predicted energy of an hour of the contest, kWh.
    pub(crate) fn predict(&self, hour: Hour, bin: usize, outdoor: Option<Celsius>) -> f64 {
        let model = self.model.predict(bin, outdoor);
        let blended = self.season.as_ref().map_or(model, |season| season.blend(hour, model));
        self.level().map_or(blended, |level| blended * level.factor())
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
    let blocks = Blocks::new(training)?;
    let knots = knots(training, options);
    let mut stats = vec![Stats::default(); Blocks::COUNT];
    for it in training {
        let position = knots.as_ref().zip(it.outdoor).map(|(knots, outdoor)| knots.locate(outdoor));
        let weight = weight(it.hour, options.end, options.half_life);
        stats[blocks.of(it)].add(it.bin, it.energy, weight, position);
    }
    let full = Model::solve(&Stats::sum(stats.iter()), knots)?;
    let without: Vec<Option<Model>> = (0..Blocks::COUNT)
        .map(|left_out| {
            let others = stats.iter().enumerate().filter(|(number, _)| *number != left_out);
            Model::solve(&Stats::sum(others.map(|(_, stats)| stats)), knots)
        })
        .collect();
    let out_of_fit = |models: &[Option<Model>]| -> Vec<Option<f64>> {
        let predict =
            |it: &Observation| Some(models[blocks.of(it)].as_ref()?.predict(it.bin, it.outdoor));
        training.iter().map(predict).collect()
    };
    let means: Vec<Option<Model>> =
        without.iter().map(|model| model.as_ref().map(Model::without_temperature)).collect();
    let validated = |models: &[Option<Model>]| {
        let predictions = out_of_fit(models);
        let validation = validate(training, &predictions);
        (predictions, validation)
    };
    let by_means = validated(&means);
    let by_temperature = full.uses_temperature().then(|| validated(&without));
    let better = by_temperature.filter(|it| {
        !options.select_temperature || it.1.squared_error() <= by_means.1.squared_error()
    });
    let (model, (predictions, validation)) = match better {
        Some(validated) => (full, validated),
        None => (full.without_temperature(), by_means),
    };
    let predict = |it: &Observation| model.predict(it.bin, it.outdoor);
    let level = Level::of(training, options.end, predict);
    let daily = daily_cv_rmse(training, predict);
    let uncertainty =
        Uncertainty::new(training, &predictions, &blocks, options.months, daily, level.as_ref());
    let goodness_of_fit = goodness_of_fit(training, &model, daily);
    let follows_level = options.level;
    Some(FittedBaseline {
        model,
        goodness_of_fit,
        validation,
        uncertainty,
        level,
        follows_level,
        season: None,
    })
}

fn validate(training: &[Observation], predictions: &[Option<f64>]) -> CrossValidation {
    CrossValidation::new(training.iter().zip(predictions).filter_map(|(it, predicted)| {
        Some((it.hour, EnergySums { measured: it.energy, predicted: (*predicted)? }))
    }))
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

/// See [`GoodnessOfFit`] for the formulas.
fn goodness_of_fit(
    training: &[Observation],
    model: &Model,
    daily: Option<f64>,
) -> Option<GoodnessOfFit> {
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
        cv_rmse_daily: daily,
        nmbe: errors / (degrees_of_freedom * mean),
        hours: training.len() as u32,
        parameters: model.parameters as u32,
    })
}
