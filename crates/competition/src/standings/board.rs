//! The leaderboard: the figures of each participant, then eligibility under the rule, then
//! ranks.
//!
//! - saving = 1 − Σe/Σê over the valid contest hours so far (e: energy, ê: baseline);
//!   saved = Σ(ê − e)
//! - kWh/m²: energy of the valid hours over Atemp, period by period
//! - night load: mean W/m² of the hours from 22 to 05
use core::ops::Range;
use std::borrow::Cow;

use super::{Standings, house_hour};
use crate::{
    ConfidenceInterval, GoodnessOfFit, Leaderboard, Method, ParticipantIndex, Row, Rule, Score,
    Status, Time,
    baseline::{FittedBaseline, Level, interval},
    by_name,
    comparison_group::CommonShift,
    eligibility::Ineligibility,
    participant_state::ParticipantState,
    ranking::{groups, ranks},
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
    /// w of the interval.
    log_half_width: Option<f64>,
    pub(super) intensity: Option<f64>,
    pub(super) night: Option<f64>,
    pub(super) saved_per_employee: Option<f64>,
    pub(super) improvement: Option<f64>,
    pub(super) coverage: Option<f64>,
    pub(super) fit: Option<GoodnessOfFit>,
    level: Option<Level>,
}

/// The baseline that a participant's figures are computed with.
pub(super) struct BaselineInUse<'a> {
    /// Where it is a fitted model.
    pub(super) fitted: Option<&'a FittedBaseline>,
    /// w of a saving over a number of days where it is not.
    pub(super) reference: Option<&'a dyn Fn(usize) -> Option<f64>>,
}

impl<'a> BaselineInUse<'a> {
    /// The competition's own.
    fn of(state: &'a ParticipantState) -> Self {
        Self { fitted: state.fitted.as_ref(), reference: None }
    }

    fn log_half_width(&self, days: usize) -> Option<f64> {
        match self.fitted {
            Some(fitted) => fitted.uncertainty?.log_half_width(days),
            None => self.reference?(days),
        }
    }
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
        let figures = |state: &ParticipantState, shift| {
            let baseline = BaselineInUse::of(state);
            self.figures(state, rule, &state.periods, &baseline, now, shift)
        };
        let mut board = self.board(rule, now, self.competition.method, figures);
        self.add_contact(&mut board);
        board
    }

    pub(super) fn add_contact(&self, board: &mut Leaderboard) {
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
        let figures = |state: &ParticipantState, shift| {
            let meter_days = &self.meter_days[state.meters.clone()];
            let hours = state.calendar.contest.start..Hour::containing(as_of);
            let expected = |hour| state.contest_baseline(hour);
            let periods =
                state.periods_within(hours, |hour| house_hour(meter_days, hour), expected);
            self.figures(state, rule, &periods, &BaselineInUse::of(state), as_of, shift)
        };
        let mut board = self.board(rule, as_of, self.competition.method, figures);
        self.add_contact_at(&mut board);
        board
    }

    pub(super) fn add_contact_at(&self, board: &mut Leaderboard) {
        for row in &mut board.rows {
            let heard = self.latest_reading(row.participant, board.as_of);
            if heard.measured_at.is_some_and(|at| at <= board.as_of) {
                (row.power, row.measured_at, row.contact) =
                    (heard.power, heard.measured_at, heard.contact);
            }
        }
    }

    pub(super) fn figures(
        &self,
        state: &ParticipantState,
        rule: Rule,
        periods: &[StaticPeriod],
        baseline: &BaselineInUse<'_>,
        now: Time,
        shift: Option<CommonShift>,
    ) -> Figures {
        let periods = shift.map_or(Cow::Borrowed(periods), |shift| shift.correct(periods));
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
        let own = baseline.log_half_width(days);
        let log_half_width = own.map(|w| shift.map_or(w, |shift| shift.widen(w)));
        let fitted = baseline.fitted;
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
            level: fitted.and_then(FittedBaseline::level),
            interval: saving.zip(log_half_width).map(|(saving, w)| interval(saving, w)),
            log_half_width,
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

    pub(super) fn board(
        &self,
        rule: Rule,
        now: Time,
        method: Method,
        figures: impl Fn(&ParticipantState, Option<CommonShift>) -> Figures,
    ) -> Leaderboard {
        let status = self.status(now);
        let shift = self.common_shift(method, status, now, &figures);
        let mut rows = Vec::with_capacity(self.states.len());
        let mut keys = Vec::with_capacity(self.states.len());
        for (who, state) in (0..).map(ParticipantIndex).zip(&self.states) {
            let reference = self.participants[who.0 as usize].reference;
            let figures = figures(state, shift.filter(|_| !reference));
            let reason = match reference {
                true => Some(Ineligibility::Reference),
                false => self.ineligibility(state, rule, &figures, status, now),
            };
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
                cv_rmse_daily: figures.fit.and_then(|fit| fit.cv_rmse_daily),
                level: figures.level,
                nmbe: figures.fit.map(|fit| fit.nmbe),
                doubts: state.doubts.open_at(now).cloned().collect(),
                reason: reason.clone().map(Ineligibility::text),
                public_reason: reason.map(Ineligibility::public_text),
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
        let summed = rows.iter().filter(|row| row.rank.is_some()).filter_map(|row| row.saved);
        let (total_saved, total_participants) = (summed.clone().sum(), summed.count());
        Leaderboard { as_of: now, rule, status, total_saved, total_participants, rows }
    }

    /// The shift of the reference buildings whose saving could be ranked.
    fn common_shift(
        &self,
        method: Method,
        status: Status,
        now: Time,
        figures: &impl Fn(&ParticipantState, Option<CommonShift>) -> Figures,
    ) -> Option<CommonShift> {
        let states = self.participants.iter().zip(&self.states);
        let references = states.filter(|(who, _)| who.reference && method.comparison_group);
        let buildings: Vec<(f64, f64)> = references
            .filter_map(|(_, state)| {
                let figures = figures(state, None);
                let eligible = self.ineligibility(state, Rule::Saving, &figures, status, now);
                Some((figures.saving?, figures.log_half_width.filter(|_| eligible.is_none())?))
            })
            .collect();
        CommonShift::of(&buildings)
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

/// Numbers the groups of the ranked rows, which come first; there are none where no row
/// has an interval.
fn group(rows: &mut [Row]) {
    let ranked = rows.iter().take_while(|row| row.rank.is_some());
    let intervals: Vec<_> = ranked.map(|row| row.interval_percent).collect();
    if intervals.iter().all(Option::is_none) {
        return;
    }
    for (row, group) in rows.iter_mut().zip(groups(&intervals)) {
        row.group = Some(group);
    }
}
