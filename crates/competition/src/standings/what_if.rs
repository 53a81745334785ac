//! The leaderboard under another method than the competition's own; a question, never the
//! result.
use super::{Standings, board::BaselineInUse, house_hour};
use crate::{Leaderboard, Method, Rule, Time, participant_state::ParticipantState, time::Hour};

impl Standings {
    /// The leaderboard under another method, which is not the official one. Takes some
    /// milliseconds a participant.
    pub fn what_if(&self, rule: Rule, method: Method, now: Time) -> Leaderboard {
        let mut board = self.what_if_by(rule, method, now, None);
        self.add_contact(&mut board);
        board
    }

    /// The leaderboard under another method by the contest hours that had ended by `as_of`,
    /// as [`Standings::leaderboard_at`].
    pub fn what_if_at(&self, rule: Rule, method: Method, as_of: Time) -> Leaderboard {
        let mut board = self.what_if_by(rule, method, as_of, Some(Hour::containing(as_of)));
        self.add_contact_at(&mut board);
        board
    }

    /// `until`: the end of the hours that count; `None`: all that are known.
    fn what_if_by(
        &self,
        rule: Rule,
        method: Method,
        now: Time,
        until: Option<Hour>,
    ) -> Leaderboard {
        let figures = |state: &ParticipantState, shift| {
            let fit = self.fit(state, method);
            let meter_days = &self.meter_days[state.meters.clone()];
            let contest = state.calendar.contest.clone();
            let periods = state.periods_within(
                contest.start..until.unwrap_or(contest.end),
                |hour| house_hour(meter_days, hour),
                |hour| fit.baseline.get(hour),
            );
            let half = |days| fit.reference_half_width(state, method, days);
            let baseline = BaselineInUse { fitted: fit.fitted.as_ref(), reference: Some(&half) };
            self.figures(state, rule, &periods, &baseline, now, shift)
        };
        self.board(rule, now, method, figures)
    }
}
