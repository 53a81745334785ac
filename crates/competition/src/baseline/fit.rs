//! From hours to a model, its goodness, and its error on what it did not see.
//!
//! The training year is cut into blocks of about the contest's length. Each is
//! predicted by a fit of the others: these residuals decide whether temperature
//! stays in the model, and they make the interval.
use super::{
    CrossValidation, Model, Observation, Season,
    stats::{Knots, Stats},
};
use crate::bin_sums::GoodnessOfFit;

/// Share of the hours that must have a temperature for it to be used.
const WARM: f64 = 0.9;

/// How to learn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FitOptions {
    pub(crate) temperature: bool,
    /// Days after which an hour weighs half, back from `until`.
    pub(crate) half_life: Option<f64>,
    /// Hour of the training's end.
    pub(crate) until: i64,
    /// Hours of the contest.
    pub(crate) contest: i64,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FittedBaseline {
    pub(crate) model: Model,
    /// `None` where the house used nothing.
    pub(crate) fit: Option<GoodnessOfFit>,
    /// Of the model. The season's share in it cannot be tested within one year.
    pub(crate) outside: CrossValidation,
    /// By which the model's expectations of the contest are drawn.
    pub(crate) season: Option<Season>,
}

impl FittedBaseline {
    /// What is expected of an hour of the contest, kWh.
    pub(crate) fn predict(&self, hour: i64, bin: usize, outdoor: f64) -> f64 {
        let model = self.model.predict(bin, outdoor);
        self.season.as_ref().map_or(model, |season| season.blend(hour, model))
    }

    /// With the season of the hours of the contest, given with their bins.
    pub(crate) fn with_season(
        mut self,
        hours: &[Observation],
        contest: impl Iterator<Item = (i64, usize)>,
    ) -> Self {
        let expect = |hour: &Observation| self.model.predict(hour.bin, hour.outdoor);
        self.season = Season::fit_baseline(hours, contest, &self.outside, expect);
        self
    }
}

/// `hours` in order of time. `None` without any.
pub(crate) fn fit_baseline(hours: &[Observation], how: &FitOptions) -> Option<FittedBaseline> {
    let (first, last) = (hours.first()?.hour, hours.last()?.hour);
    let span = last - first + 1;
    let count = ((span as f64 / how.contest.max(1) as f64).round() as i64).clamp(3, 12);
    let block = |hour: i64| ((hour - first) * count / span) as usize;
    let knots = knots(hours, how);
    let mut blocks = vec![Stats::default(); count as usize];
    for hour in hours {
        let at = knots.as_ref().filter(|_| hour.outdoor.is_finite());
        let at = at.map(|knots| knots.locate(hour.outdoor));
        blocks[block(hour.hour)].add(hour.bin, hour.energy, weight(hour.hour, how), at);
    }
    let full = Model::solve(&Stats::sum(blocks.iter()), knots)?;
    let without: Vec<Option<Model>> = (0..blocks.len())
        .map(|left_out| {
            let rest = blocks.iter().enumerate().filter(|(number, _)| *number != left_out);
            Model::solve(&Stats::sum(rest.map(|(_, stats)| stats)), knots)
        })
        .collect();
    let outside = |strip: bool| {
        let models: Vec<Option<Model>> = match strip {
            true => without.iter().map(|model| model.as_ref().map(Model::plain)).collect(),
            false => without.clone(),
        };
        CrossValidation::new(hours.iter().filter_map(|hour| {
            let model = models[block(hour.hour)].as_ref()?;
            Some((hour.hour, hour.energy, model.predict(hour.bin, hour.outdoor)))
        }))
    };
    let plain = outside(true);
    let warm = full.has_temperature().then(|| outside(false));
    let (model, outside) = match warm.filter(|warm| warm.daily_error() <= plain.daily_error()) {
        Some(warm) => (full, warm),
        None => (full.plain(), plain),
    };
    let fit = goodness(hours, &model);
    Some(FittedBaseline { model, fit, outside, season: None })
}

fn knots(hours: &[Observation], how: &FitOptions) -> Option<Knots> {
    if !how.temperature {
        return None;
    }
    let known: Vec<f64> =
        hours.iter().map(|hour| hour.outdoor).filter(|outdoor| outdoor.is_finite()).collect();
    (known.len() as f64 >= WARM * hours.len() as f64).then(|| Knots::of(known)).flatten()
}

fn weight(hour: i64, how: &FitOptions) -> f64 {
    how.half_life.map_or(1.0, |days| {
        let age = (how.until - hour).max(0) as f64 / 24.0;
        (-age / days.max(1.0)).exp2()
    })
}

/// ASHRAE Guideline 14: CV(RMSE) and NMBE over the training hours.
fn goodness(hours: &[Observation], model: &Model) -> Option<GoodnessOfFit> {
    let (mut sum, mut square, mut energy) = (0.0, 0.0, 0.0);
    for hour in hours {
        let miss = hour.energy - model.predict(hour.bin, hour.outdoor);
        sum += miss;
        square += miss * miss;
        energy += hour.energy;
    }
    let free = (hours.len() as f64 - model.parameters as f64).max(1.0);
    let mean = energy / hours.len() as f64;
    (mean > 0.0).then(|| GoodnessOfFit {
        cv_rmse: (square / free).sqrt() / mean,
        nmbe: sum / (free * mean),
        hours: hours.len() as u32,
        parameters: model.parameters as u32,
    })
}
