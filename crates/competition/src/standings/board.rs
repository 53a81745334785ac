//! The leaderboard: the figures of each participant, then eligibility under the rule, then
//! ranks.
//!
//! - saving = 1 − Σe/Σê over the valid contest hours so far (e: energy, ê: baseline);
//!   saved = Σ(ê − e)
//! - kWh/m²: energy of the valid hours over Atemp, period by period
//! - night load: mean W/m² of the hours from 22 to 05
use core::ops::Range;

use super::{Standings, house_hour};
use crate::{
    ConfidenceInterval, GoodnessOfFit, Leaderboard, Method, ParticipantIndex, Row, Rule, Score,
    Status, Time,
    baseline::{FittedBaseline, interval},
    by_name,
    eligibility::Ineligibility,
    participant_state::ParticipantState,
    ranking::{groups, ranks},
    reference_baselines::{median, relative},
    static_period::StaticPeriod,
    time::Hour,
    totals::Totals,
};

/// Days whose saving [`Rule::MostImproved`] compares with the days before.
pub(super) const RECENT_DAYS: i64 = 14;

/// Figures of a participant. Saving, interval and improvement are shares.
pub(super) struct Figures {
    pub(super) totals: Totals,
    pub(super) saving: Option<f64>,
    interval: Option<ConfidenceInterval>,
    pub(super) intensity: Option<f64>,
    pub(super) night: Option<f64>,
    pub(super) saved_per_employee: Option<f64>,
    pub(super) improvement: Option<f64>,
    pub(super) coverage: Option<f64>,
    pub(super) fit: Option<GoodnessOfFit>,
}

impl Figures {
    fn interval_percent(&self) -> Option<ConfidenceInterval> {
        self.interval.map(|interval| interval.map(|share| share * 100.0))
    }

    /// What the rule ranks by.
    fn score(&self, rule: Rule) -> Score {
        let percent = |share: f64| share * 100.0;
        let value = match rule {
            Rule::Saving => {
                return Score::saving(self.saving.map(percent), self.interval_percent());
            }
            Rule::Intensity => self.intensity,
            Rule::Night => self.night,
            Rule::SavingPerEmployee => self.saved_per_employee,
            Rule::MostImproved => self.improvement.map(percent),
        };
        Score::new(value, rule.unit())
    }
}

impl Standings {
    /// The leaderboard by all that is known now.
    pub fn leaderboard(&self, rule: Rule, now: Time) -> Leaderboard {
        let figures = |state: &ParticipantState| {
            let fitted = state.fitted.as_ref();
            self.figures(state, rule, &state.periods, fitted, now, &outside(fitted))
        };
        let mut board = self.board(rule, now, self.competition.method, figures);
        self.add_contact(&mut board);
        board
    }

    /// The leaderboard under another method, which is not the official one. Takes some
    /// milliseconds a participant.
    pub fn what_if(&self, rule: Rule, method: Method, now: Time) -> Leaderboard {
        let figures = |state: &ParticipantState| {
            let (fitted, baseline) = self.fit(state, method);
            let meter_days = &self.meter_days[state.meters.clone()];
            let periods = state.periods_within(
                state.calendar.contest.clone(),
                |hour| house_hour(meter_days, hour),
                |hour| baseline.get(hour),
            );
            let fitted = fitted.as_ref();
            let half = |days| match fitted {
                Some(_) => outside(fitted)(days),
                None => self.reference_half_width(state, method, days),
            };
            self.figures(state, rule, &periods, fitted, now, &half)
        };
        let mut board = self.board(rule, now, method, figures);
        self.add_contact(&mut board);
        board
    }

    fn add_contact(&self, board: &mut Leaderboard) {
        for row in &mut board.rows {
            let heard = self.latest_reading(row.participant, board.as_of);
            (row.power, row.measured_at, row.contact) =
                (heard.power, heard.measured_at, heard.contact);
        }
    }

    /// The leaderboard by the contest hours that had ended by `as_of`, with the baselines
    /// of now; work grows with these hours. Power and contact are unknown where there is a
    /// newer reading than `as_of`.
    pub fn leaderboard_at(&self, rule: Rule, as_of: Time) -> Leaderboard {
        let figures = |state: &ParticipantState| {
            let meter_days = &self.meter_days[state.meters.clone()];
            let hours = state.calendar.contest.start..Hour::containing(as_of);
            let expected = |hour| state.contest_baseline(hour);
            let periods =
                state.periods_within(hours, |hour| house_hour(meter_days, hour), expected);
            let fitted = state.fitted.as_ref();
            self.figures(state, rule, &periods, fitted, as_of, &outside(fitted))
        };
        let mut board = self.board(rule, as_of, self.competition.method, figures);
        for row in &mut board.rows {
            let heard = self.latest_reading(row.participant, as_of);
            if heard.measured_at.is_some_and(|at| at <= as_of) {
                (row.power, row.measured_at, row.contact) =
                    (heard.power, heard.measured_at, heard.contact);
            }
        }
        board
    }

    fn figures(
        &self,
        state: &ParticipantState,
        rule: Rule,
        periods: &[StaticPeriod],
        fitted: Option<&FittedBaseline>,
        now: Time,
        half: &dyn Fn(usize) -> Option<f64>,
    ) -> Figures {
        let mut totals = Totals::default();
        periods.iter().for_each(|period| totals += period.totals);
        // Σ over periods; one without its divisor makes the figure unknown.
        let per = |of: fn(&Totals) -> (i64, f64), by: fn(&StaticPeriod) -> Option<f64>| {
            periods.iter().filter(|period| period.totals.hours > 0).try_fold(0.0, |sum, it| {
                let (amount, scale) = of(&it.totals);
                Some(sum + amount as f64 / scale / by(it)?)
            })
        };
        let any = totals.hours > 0;
        let nights = totals.night_hours as f64;
        let elapsed = state.elapsed_hours(now);
        // Below zero is no use of a building, so it is no saving either.
        let saving = totals.saving().filter(|_| totals.matched_energy.0 >= 0);
        let days = (totals.matched_hours as f64 / 24.0).round() as usize;
        Figures {
            intensity: per(|it| (it.energy.0, 1e6), |it| it.area).filter(|_| any),
            night: per(|it| (it.night_energy.0, 1e3), |it| it.area)
                .filter(|_| nights > 0.0)
                .map(|sum| sum / nights),
            saved_per_employee: per(|it| (it.saved().0, 1e6), |it| it.employees)
                .filter(|_| totals.matched_hours > 0),
            improvement: (rule == Rule::MostImproved)
                .then(|| self.improvement(state, now))
                .flatten(),
            coverage: (elapsed > 0).then(|| (totals.hours as f64 / elapsed as f64).min(1.0)),
            fit: fitted.map_or_else(|| state.goodness_of_fit(), |it| it.goodness_of_fit),
            interval: saving.zip(half(days)).map(|(saving, half)| interval(saving, half)),
            saving,
            totals,
        }
    }

    /// Saving of the last 14 days minus that of the contest days before, a share.
    fn improvement(&self, state: &ParticipantState, now: Time) -> Option<f64> {
        let now = Hour::containing(now);
        let split = now - RECENT_DAYS * 24;
        let saving = |hours: Range<Hour>| self.sums(state, hours).saving();
        let start = state.calendar.contest.start;
        Some(saving(split.max(start)..now)? - saving(start..split)?)
    }

    fn board(
        &self,
        rule: Rule,
        now: Time,
        method: Method,
        figures: impl Fn(&ParticipantState) -> Figures,
    ) -> Leaderboard {
        let status = self.status(now);
        let mut all: Vec<Figures> = self.states.iter().map(figures).collect();
        if method.comparison_group {
            apply_comparison_group(&mut all);
        }
        let mut rows = Vec::with_capacity(self.states.len());
        let mut keys = Vec::with_capacity(self.states.len());
        let states = (0..).map(ParticipantIndex).zip(&self.states);
        for ((who, state), figures) in states.zip(all) {
            let reason = self.ineligibility(state, rule, &figures, status, now);
            let score = figures.score(rule);
            keys.push(score.rank_key().filter(|_| reason.is_none()));
            let saving = figures.saving;
            let totals = &figures.totals;
            rows.push(Row {
                participant: who,
                rank: None,
                group: None,
                score,
                saving_percent: saving.map(|saving| saving * 100.0),
                interval_percent: figures.interval_percent(),
                improvement_points: figures.improvement.map(|rise| rise * 100.0),
                saved: saving.map(|_| totals.saved()),
                expected: saving.map(|_| totals.baseline),
                energy: (totals.hours > 0).then_some(totals.energy),
                kwh_per_m2: figures.intensity,
                night_w_per_m2: figures.night,
                power: None,
                measured_at: None,
                contact: crate::Contact::Silent,
                coverage: figures.coverage,
                cv_rmse: figures.fit.map(|fit| fit.cv_rmse),
                nmbe: figures.fit.map(|fit| fit.nmbe),
                doubts: state.doubts.open_at(now).cloned().collect(),
                reason: reason.map(Ineligibility::text),
            });
        }
        for (row, rank) in rows.iter_mut().zip(ranks(&keys, rule.lower_is_better())) {
            row.rank = rank;
        }
        rows.sort_by(|a, b| {
            let who = |row: &Row| &self.participants[row.participant.0 as usize];
            let rank = |row: &Row| row.rank.unwrap_or(u32::MAX);
            let by_rank = rank(a).cmp(&rank(b));
            let (a, b) = (who(a), who(b));
            by_rank
                .then_with(|| by_name(&a.municipality, &b.municipality))
                .then_with(|| a.id.cmp(&b.id))
        });
        if rule == Rule::Saving {
            group(&mut rows);
        }
        let ranked = rows.iter().filter(|row| row.rank.is_some());
        let total_saved = ranked.filter_map(|row| row.saved).sum();
        Leaderboard { as_of: now, rule, status, total_saved, rows }
    }

    pub(super) fn status(&self, now: Time) -> Status {
        let contest = self.states.first().map(|state| state.calendar.contest.clone());
        match contest {
            _ if self.locked => Status::Locked,
            Some(contest) if now < contest.start.start() => Status::Upcoming,
            Some(contest) if now < contest.end.start() => Status::Running,
            _ => Status::Ended,
        }
    }
}

/// The half-width by cross-validation of a fitted baseline.
fn outside(fitted: Option<&FittedBaseline>) -> impl Fn(usize) -> Option<f64> {
    move |days| fitted?.validation.half_width(days)
}

/// Numbers the groups of the ranked rows, which come first. A row without an interval has
/// its saving as both ends.
fn group(rows: &mut [Row]) {
    let ranked = rows.iter_mut().take_while(|row| row.rank.is_some());
    let ranked: Vec<&mut Row> = ranked.collect();
    let interval = |row: &&mut Row| {
        let saving = row.saving_percent.unwrap_or(0.0);
        row.interval_percent.unwrap_or(ConfidenceInterval { low: saving, high: saving })
    };
    let intervals: Vec<ConfidenceInterval> = ranked.iter().map(interval).collect();
    for (row, group) in ranked.into_iter().zip(groups(&intervals)) {
        row.group = Some(group);
    }
}

/// Smallest number of other participants in a comparison group.
const MIN_OTHERS: usize = 3;

/// Makes every saving relative to the median saving of the others.
fn apply_comparison_group(all: &mut [Figures]) {
    let savings: Vec<Option<f64>> = all.iter().map(|figures| figures.saving).collect();
    for (index, figures) in all.iter_mut().enumerate() {
        let others = savings.iter().enumerate().filter(|(other, _)| *other != index);
        let others: Vec<f64> = others.filter_map(|(_, saving)| *saving).collect();
        if others.len() >= MIN_OTHERS {
            let shift = median(others);
            figures.saving = figures.saving.map(|saving| relative(saving, shift));
            figures.interval = figures.interval.map(|ends| ends.map(|end| relative(end, shift)));
        }
    }
}
