//! The methods that the placebo bench compares.
use crate::{Baseline, Method};

/// A method to score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Name in the table.
    pub name: &'static str,
    /// The method.
    pub method: Method,
    /// Whether the other buildings are its reference buildings.
    pub compared: bool,
}

const fn alone(name: &'static str, method: Method) -> Candidate {
    Candidate { name, method, compared: false }
}

/// The baselines of the product and of other competitions, the default last.
pub fn candidates() -> Vec<Candidate> {
    [
        ("three weeks before", Baseline::ThreeWeeksBefore),
        ("same months last year", Baseline::LastYear),
        ("72 bins", Baseline::Hours),
        ("72 bins + temperature", Baseline::HoursTemperature),
        ("… blended with the season", Baseline::Season),
        ("the default", Baseline::Level),
    ]
    .map(|(name, baseline)| alone(name, Method::of(baseline)))
    .to_vec()
}

/// The default with and without each of its steps.
pub fn steps() -> Vec<Candidate> {
    let all = Method::default();
    let plain = Method { select_temperature: false, ..Method::of(Baseline::HoursTemperature) };
    vec![
        alone("72 bins + temperature, no step", plain),
        alone("only smoothed temperature", Method { smoothing: all.smoothing, ..plain }),
        alone("only weights, half-life 180 days", Method { half_life: all.half_life, ..plain }),
        alone("only the level", Method { level: true, ..plain }),
        alone("all but smoothed temperature", Method { smoothing: None, ..all }),
        alone("all but weights", Method { half_life: None, ..all }),
        alone("all but the level", Method { level: false, ..all }),
        alone(
            "all, temperature only where it predicts better",
            Method { select_temperature: true, ..all },
        ),
        alone("all, and the season", Method { baseline: Baseline::Season, ..all }),
        alone("all: the default", all),
        Candidate { name: "… with reference buildings", method: all, compared: true },
    ]
}
