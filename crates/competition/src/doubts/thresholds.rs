//! When a doubt is raised. The configuration sets these numbers in `[doubts]`.
//!
//! Sources. `zero_hours`: three zeros in a row are no measurement where the meter's daily
//! minimum lies above zero (`../shared/fairness.md`). `constant_hours`: a day, the shortest
//! period over which both load and weather repeat. `step_factor`: 10, 60, 100 and 1000 are
//! the factors of decimal units, of current transformers (IEC 61869-2 ratios begin at 2) and
//! of kWh for Wh; 7 is the geometric middle between 5, which a school's holiday reaches in
//! Oslo's buildings, and 10. `closure`: half of the lowest ordinary week. `raised`: the
//! coldest week of Oslo's electrically heated buildings has 1.6 times the use of the weeks
//! around it. `saving`: the best of 24 town halls saved 22 % in the competition of 2011
//! (`../shared/fairness.md`). `material`: half of the tenth of the hours that may be
//! missing.

/// The thresholds of all doubts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DoubtThresholds {
    /// Zeros in a row that are no measurement, hours.
    pub zero_hours: u32,
    /// Equal values in a row that are no measurement, hours.
    pub constant_hours: u32,
    /// How many times its highest ordinary hours a meter does not reach.
    pub spike_factor: f64,
    /// The least factor of a change of level that units and transformers explain.
    pub step_factor: f64,
    /// Hours over which such a change must hold.
    pub step_hours: u32,
    /// Share of the lowest ordinary week below which a building counts as closed.
    pub closure: f64,
    /// How many times the use of the weeks before and after it a stretch of days does not
    /// reach.
    pub raised: f64,
    /// Saving of the contest above which it is doubted, percent.
    pub saving: f64,
    /// Share of a participant's energy in open doubts from which on it is not ranked.
    pub material: f64,
}

impl Default for DoubtThresholds {
    fn default() -> Self {
        Self {
            zero_hours: 3,
            constant_hours: 24,
            spike_factor: 4.0,
            step_factor: 7.0,
            step_hours: 18,
            closure: 0.5,
            raised: 1.75,
            saving: 30.0,
            material: 0.05,
        }
    }
}
