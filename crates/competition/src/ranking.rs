//! Ranks and groups of a leaderboard.
use crate::ConfidenceInterval;

/// Competition ranking ("1, 1, 3"): equal keys share a rank, and each rank is one more
/// than the number of better keys. A participant without a key has no rank.
pub(crate) fn ranks(keys: &[Option<i64>], lower_is_better: bool) -> Vec<Option<u32>> {
    let cost = |key: i64| if lower_is_better { key } else { -key };
    let mut sorted: Vec<i64> = keys.iter().flatten().map(|key| cost(*key)).collect();
    sorted.sort_unstable();
    let rank = |key: i64| sorted.partition_point(|other| *other < cost(key)) as u32 + 1;
    keys.iter().map(|key| key.map(rank)).collect()
}

/// Numbers the groups of participants whose intervals cannot be distinguished. The
/// intervals are in order of rank. Each group begins with its best participant and holds
/// all that follow whose intervals reach into that of the best.
pub(crate) fn groups(intervals: &[ConfidenceInterval]) -> Vec<u32> {
    let mut best: Option<ConfidenceInterval> = None;
    let mut group = 0;
    let mut number = |interval: &ConfidenceInterval| {
        if best.is_none_or(|best| interval.high < best.low) {
            best = Some(*interval);
            group += 1;
        }
        group
    };
    intervals.iter().map(&mut number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_ends_where_an_interval_lies_below_that_of_the_best() {
        let intervals = [[20.0, 24.0], [18.0, 20.5], [15.0, 19.9], [5.0, 15.5], [4.0, 14.0]];
        assert_eq!(groups(&intervals.map(ConfidenceInterval::from)), [1, 1, 2, 2, 3]);
        assert!(groups(&[]).is_empty());
    }

    #[test]
    fn equal_keys_share_a_rank() {
        let keys = [Some(101), None, Some(200), Some(101), None, Some(-300)];
        assert_eq!(ranks(&keys, false), [Some(2), None, Some(1), Some(2), None, Some(4)]);
        assert_eq!(ranks(&keys, true), [Some(2), None, Some(4), Some(2), None, Some(1)]);
    }
}
