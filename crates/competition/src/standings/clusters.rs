//! The leaderboard of the clusters, in which participants are weighted by floor area.
use std::collections::BTreeMap;

use super::Standings;
use crate::{
    ClusterRow, Leaderboard, MilliWattHours, Row, Rule, Score, ScoreUnit, Time, by_name,
    ranking::ranks, time::Hour,
};

impl Standings {
    /// The clusters by [`Rule::Intensity`], or by saving under any other rule, best
    /// first. Only participants that are ranked under that rule count.
    pub fn clusters(&self, rule: Rule, now: Time) -> Vec<ClusterRow> {
        let by_intensity = rule == Rule::Intensity;
        let rule = if by_intensity { rule } else { Rule::Saving };
        self.clusters_of(&self.leaderboard(rule, now), by_intensity)
    }

    /// The clusters of a given leaderboard, such as one of another time.
    pub fn clusters_on(&self, board: &Leaderboard) -> Vec<ClusterRow> {
        self.clusters_of(board, board.rule == Rule::Intensity)
    }

    fn clusters_of(&self, board: &Leaderboard, by_intensity: bool) -> Vec<ClusterRow> {
        let mut members: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
        for row in &board.rows {
            let cluster = self.participants[row.participant.0 as usize].cluster.as_str();
            let ranked = members.entry(cluster).or_default();
            if row.rank.is_some() {
                ranked.push(row);
            }
        }
        let mut rows: Vec<ClusterRow> = members
            .into_iter()
            .map(|(cluster, members)| ClusterRow {
                cluster: cluster.to_owned(),
                rank: None,
                ranked: members.len() as u32,
                saving_percent: self.weighted(&members, board.as_of, |row| row.saving_percent),
                kwh_per_m2: self.weighted(&members, board.as_of, |row| row.kwh_per_m2),
                saved: members.iter().filter_map(|row| row.saved).sum::<MilliWattHours>(),
            })
            .collect();
        let score = |row: &ClusterRow| match by_intensity {
            true => Score::new(row.kwh_per_m2, ScoreUnit::KwhPerSquareMetre),
            false => Score::saving(row.saving_percent, None),
        };
        let keys: Vec<Option<i64>> = rows.iter().map(|row| score(row).rank_key()).collect();
        for (row, rank) in rows.iter_mut().zip(ranks(&keys, by_intensity)) {
            row.rank = rank;
        }
        rows.sort_by(|a, b| {
            let rank = |row: &ClusterRow| row.rank.unwrap_or(u32::MAX);
            rank(a).cmp(&rank(b)).then_with(|| by_name(&a.cluster, &b.cluster))
        });
        rows
    }

    /// Σ area × value / Σ area over the members that have both.
    fn weighted(
        &self,
        members: &[&Row],
        at: Time,
        value: impl Fn(&Row) -> Option<f64>,
    ) -> Option<f64> {
        let hour = Hour::containing(at);
        let pairs = members.iter().filter_map(|row| {
            let area = self.states[row.participant.0 as usize].area(hour)?;
            Some((area, value(row)?))
        });
        let (area, sum) =
            pairs.fold((0.0, 0.0), |sum, (area, value)| (sum.0 + area, sum.1 + area * value));
        (area > 0.0).then(|| sum / area)
    }
}
