//! The bar that the default method has to clear on buildings that it was not chosen on:
//! small errors, intervals that hold without being wide, and no groups where there is no saving.
use super::{Case, Season, groups, summarize};

/// One criterion with the figure found.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// What is measured.
    pub name: String,
    /// The value found; `None` where the data do not have it.
    pub found: Option<f64>,
    /// What it has to be within.
    pub needed: core::ops::RangeInclusive<f64>,
}

impl Criterion {
    /// Whether the value found is within what is needed; `None` where there is none.
    pub fn is_met(&self) -> Option<bool> {
        self.found.map(|found| self.needed.contains(&found))
    }
}

/// The criteria with the figures of a method's cases; amounts and shares in percent.
pub fn bar(cases: &[Case]) -> Vec<Criterion> {
    let of = |season: Season| -> Vec<Case> {
        cases.iter().copied().filter(|case| case.season == season).collect()
    };
    let (all, spring) = (summarize(cases), summarize(&of(Season::Spring)));
    let most = |name: &str, found: Option<f64>, most: f64| Criterion {
        name: name.to_owned(),
        found,
        needed: 0.0..=most,
    };
    let within = |name: String, found: Option<f64>, needed| Criterion { name, found, needed };
    let percent = |share: Option<f64>| share.map(|share| share * 100.0);
    let mut criteria = vec![
        most("spring: median, mean over windows", spring.and_then(|it| it.window_median), 3.6),
        most("spring: SD, mean over windows", spring.and_then(|it| it.window_deviation), 5.5),
        most("all windows: median, mean over windows", all.and_then(|it| it.window_median), 3.9),
        most("all windows: SD, mean over windows", all.and_then(|it| it.window_deviation), 10.0),
        within(
            "interval holds zero, pooled".to_owned(),
            percent(all.and_then(|it| it.covered)),
            85.0..=95.0,
        ),
    ];
    for season in Season::ALL {
        let covered = summarize(&of(season)).and_then(|it| it.covered);
        let name = format!("interval holds zero in {}", season.name());
        criteria.push(within(name, percent(covered), 80.0..=100.0));
    }
    criteria.push(most("spring: median half-width", spring.and_then(|it| it.half_width), 11.0));
    let (windows, cut) = groups(cases);
    let cut = (windows > 0).then_some(cut as f64);
    criteria.push(most("windows with more than one group", cut, 0.0));
    criteria
}
