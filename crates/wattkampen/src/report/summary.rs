//! All that the final report tells beside the board, gathered once for every form:
//! clusters, activities with their effect, traps, quality, the project's weeks.
use competition::{
    Activity, ClusterRow, Competition, Effect, Leaderboard, MilliWattHours, Participant,
    ParticipantIndex, Rule, Standings, Time, Trap,
};
use jiff::{ToSpan, civil::Date};

/// A week of the contest, those participants summed who are known on both sides.
#[derive(Debug, Clone)]
pub(crate) struct Week {
    pub(crate) start: Date,
    pub(crate) used: MilliWattHours,
    pub(crate) expected: MilliWattHours,
}

/// The final report's facts.
#[derive(Debug, Clone)]
pub struct Summary {
    pub(crate) competition: Competition,
    pub(crate) participants: Vec<Participant>,
    pub(crate) board: Leaderboard,
    pub(crate) clusters: Vec<ClusterRow>,
    pub(crate) activities: Vec<(ParticipantIndex, Activity, Option<Effect>)>,
    pub(crate) traps: Vec<(ParticipantIndex, Trap)>,
    /// By participant: readings that are kept and do not count.
    pub(crate) doubted: Vec<u64>,
    pub(crate) weeks: Vec<Week>,
}

impl Summary {
    /// Around a board of these standings.
    pub fn new(standings: &Standings, board: Leaderboard) -> Self {
        let competition = standings.competition().clone();
        let participants = standings.participants().to_vec();
        let now = board.as_of;
        let everybody = || (0..).map(ParticipantIndex).zip(&participants);
        let mut activities: Vec<_> = everybody()
            .flat_map(|(index, who)| who.activities.iter().map(move |it| (index, it.clone())))
            .map(|(index, it)| {
                let effect = standings.effect_on(index, it.day, now);
                (index, it, effect)
            })
            .collect();
        activities.sort_by_key(|(index, it, _)| (it.day, *index));
        let price = competition.factors.price;
        let mut traps = standings.all_traps(now, price);
        traps.sort_by(|a, b| b.1.kwh_per_year.total_cmp(&a.1.kwh_per_year));
        let mut doubted = vec![0; participants.len()];
        for found in standings.quarantine() {
            doubted[found.participant.0 as usize] += found.count;
        }
        let weeks = weeks(standings, &board);
        // Of a locked board too: its clusters are those of its own rows.
        let clusters = standings.clusters_on(&board);
        Self { competition, participants, board, clusters, activities, traps, doubted, weeks }
    }

    pub(crate) fn who(&self, index: ParticipantIndex) -> Option<&Participant> {
        self.participants.get(index.0 as usize)
    }

    pub(crate) fn ranked(&self) -> usize {
        self.board.rows.iter().filter(|row| row.rank.is_some()).count()
    }

    /// The project's saving; `None` while nobody's is known.
    pub(crate) fn total_kwh(&self) -> Option<f64> {
        (self.board.rows.iter().any(|row| row.saved.is_some()))
            .then(|| self.board.total_saved.kwh())
    }

    /// Whether a board by this rule has a saving's interval to show.
    pub(crate) fn by_saving(&self) -> bool {
        self.board.rule == Rule::Saving
    }
}

fn weeks(standings: &Standings, board: &Leaderboard) -> Vec<Week> {
    let competition = standings.competition();
    let at = |day: Date| {
        day.to_zoned(competition.timezone.clone()).map(|it| Time(it.timestamp().as_second()))
    };
    let mut weeks = Vec::new();
    let mut start = competition.contest.start;
    while start < competition.contest.end {
        let end = start.saturating_add(7.days()).min(competition.contest.end);
        let (Ok(from), Ok(until)) = (at(start), at(end)) else { break };
        if until > board.as_of {
            break;
        }
        let mut week = Week { start, used: MilliWattHours(0), expected: MilliWattHours(0) };
        for row in board.rows.iter().filter(|row| row.rank.is_some()) {
            let both = standings.compared(row.participant, from..until);
            if let Some((used, expected)) = both.energy.zip(both.baseline) {
                week.used.0 += used.0;
                week.expected.0 += expected.0;
            }
        }
        weeks.push(week);
        start = end;
    }
    weeks
}
