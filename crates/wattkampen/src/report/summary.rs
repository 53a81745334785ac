//! The data of the final report beside the leaderboard, gathered once for every format:
//! clusters, activities with their effects, saving opportunities, quality, weeks.
use competition::{
    Activity, ClusterRow, Competition, Effect, Leaderboard, MilliWattHours, Notice, Participant,
    ParticipantIndex, Portfolio, Row, Rule, SavingOpportunity, Standings, Time,
};
use jiff::{Timestamp, ToSpan, civil::Date};
use server::audit::AuditEntry;

/// A week of the contest: the sums over the ranked participants' hours in which both used
/// and expected energy are known.
#[derive(Debug, Clone)]
pub(crate) struct Week {
    pub(crate) start: Date,
    pub(crate) last: Date,
    pub(crate) used: MilliWattHours,
    pub(crate) expected: MilliWattHours,
}

/// The data of the final report.
#[derive(Debug, Clone)]
pub(crate) struct Summary {
    pub(crate) competition: Competition,
    pub(crate) participants: Vec<Participant>,
    pub(crate) board: Leaderboard,
    pub(crate) clusters: Vec<ClusterRow>,
    pub(crate) activities: Vec<(ParticipantIndex, Activity, Option<Effect>)>,
    pub(crate) traps: Vec<(ParticipantIndex, SavingOpportunity)>,
    /// By participant: the number of quarantined readings.
    pub(crate) quarantined: Vec<u64>,
    /// By participant.
    pub(crate) notices: Vec<Vec<Notice>>,
    pub(crate) weeks: Vec<Week>,
    /// All ranked participants together.
    pub(crate) project: Option<Portfolio>,
    /// The audit trail, oldest first.
    pub(crate) entries: Vec<AuditEntry>,
}

impl Summary {
    /// The data that belong to a leaderboard of these standings; `entries` is the audit log
    /// up to its time.
    pub(crate) fn new(standings: &Standings, board: Leaderboard, entries: Vec<AuditEntry>) -> Self {
        let competition = standings.competition().clone();
        let participants = standings.participants().to_vec();
        let now = board.as_of;
        let indexed = || (0..).map(ParticipantIndex).zip(&participants);
        let mut activities: Vec<_> = indexed()
            .flat_map(|(index, who)| who.activities.iter().map(move |it| (index, it.clone())))
            .map(|(index, it)| {
                let effect = standings.effect_on(index, it.day, now);
                (index, it, effect)
            })
            .collect();
        activities.sort_by_key(|(index, it, _)| (it.day, *index));
        let price = competition.factors.price;
        let mut traps = standings.all_saving_opportunities(now, price);
        traps.sort_by(|a, b| b.1.kwh_per_year.total_cmp(&a.1.kwh_per_year));
        let mut quarantined = vec![0; participants.len()];
        for found in standings.quarantine() {
            quarantined[found.participant.0 as usize] += found.count;
        }
        let notices = indexed().map(|(index, _)| standings.notices(index)).collect();
        let weeks = weeks(standings, &board);
        // Computed from the rows, so that those of a locked board are its own.
        let clusters = standings.clusters_on(&board);
        let project = standings.portfolio(&board);
        Self {
            competition,
            participants,
            board,
            clusters,
            activities,
            traps,
            quarantined,
            notices,
            weeks,
            project,
            entries,
        }
    }

    pub(crate) fn participant(&self, index: ParticipantIndex) -> Option<&Participant> {
        self.participants.get(index.0 as usize)
    }

    /// The board's rows, each with its participant.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&Row, &Participant)> {
        self.board.rows.iter().filter_map(|row| Some((row, self.participant(row.participant)?)))
    }

    /// Floor area at the time of the leaderboard, m².
    pub(crate) fn area(&self, who: &Participant) -> Option<f64> {
        who.floor_area.at(self.day()).map(|area| area.0)
    }

    pub(crate) fn employees(&self, who: &Participant) -> Option<u32> {
        who.employees.at(self.day())
    }

    /// The local day of the leaderboard, within the contest.
    fn day(&self) -> Date {
        let contest = &self.competition.contest;
        let at = Timestamp::from_second(self.board.as_of.0).unwrap_or(Timestamp::UNIX_EPOCH);
        let day = at.to_zoned(self.competition.timezone.clone()).date();
        day.clamp(contest.start, contest.end.saturating_sub(1.days()).max(contest.start))
    }

    /// Whether the rule ranks by the saving, whose interval the chart shows.
    pub(crate) fn by_saving(&self) -> bool {
        self.board.rule == Rule::Saving
    }
}

/// The weeks of the ranked participants; their sum is the total of the leaderboard.
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
        let until = until.min(board.as_of);
        if until <= from {
            break;
        }
        let last = end.saturating_sub(1.days());
        let mut week = Week { start, last, used: MilliWattHours(0), expected: MilliWattHours(0) };
        for row in board.rows.iter().filter(|row| row.rank.is_some()) {
            let matched = standings.matched_energy(row.participant, from..until);
            week.used += matched.energy.unwrap_or_default();
            week.expected += matched.baseline.unwrap_or_default();
        }
        weeks.push(week);
        start = end;
    }
    if weeks.iter().all(|week| week.expected.0 == 0) {
        weeks.clear();
    }
    weeks
}
