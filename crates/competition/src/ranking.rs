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
/// intervals are in order of rank; one that is not known reaches everywhere. A new group
/// begins only where every lower end of the ranks above lies over every upper end below,
/// so that no two participants of different groups have intervals that overlap.
pub(crate) fn groups(intervals: &[Option<ConfidenceInterval>]) -> Vec<u32> {
    let low = |it: &Option<ConfidenceInterval>| it.map_or(f64::NEG_INFINITY, |it| it.low);
    let high = |it: &Option<ConfidenceInterval>| it.map_or(f64::INFINITY, |it| it.high);
    // The highest upper end from each rank on.
    let mut below: Vec<f64> = intervals.iter().map(high).collect();
    for rank in (1..below.len()).rev() {
        below[rank - 1] = below[rank - 1].max(below[rank]);
    }
    let (mut above, mut group) = (f64::INFINITY, 1);
    let number = |(interval, below): (&Option<ConfidenceInterval>, &f64)| {
        if above > *below && above.is_finite() {
            group += 1;
        }
        above = above.min(low(interval));
        group
    };
    intervals.iter().zip(&below).map(number).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn groups_of(intervals: &[[f64; 2]]) -> Vec<u32> {
        let known: Vec<_> =
            intervals.iter().map(|it| Some(ConfidenceInterval::from(*it))).collect();
        groups(&known)
    }

    #[test]
    fn a_group_ends_where_all_above_lie_over_all_below() {
        // The second reaches into the third, which no cut may separate.
        let chain = [[20.0, 24.0], [18.0, 20.5], [15.0, 19.9], [5.0, 14.5], [4.0, 14.0]];
        assert_eq!(groups_of(&chain), [1, 1, 1, 2, 2]);
        // A wide interval further down reaches over the gap.
        let wide = [[20.0, 24.0], [10.0, 12.0], [-40.0, 30.0]];
        assert_eq!(groups_of(&wide), [1, 1, 1]);
        assert_eq!(groups_of(&[[3.0, 4.0], [1.0, 2.0], [-2.0, 0.0]]), [1, 2, 3]);
        assert!(groups_of(&[]).is_empty());
    }

    #[test]
    fn an_unknown_interval_reaches_everywhere() {
        let known = |low, high| Some(ConfidenceInterval { low, high });
        assert_eq!(groups(&[known(20.0, 24.0), None, known(1.0, 2.0)]), [1, 1, 1]);
        assert_eq!(groups(&[known(20.0, 24.0), known(1.0, 2.0), None]), [1, 1, 1]);
        assert_eq!(groups(&[None, known(1.0, 2.0)]), [1, 1]);
    }

    proptest! {
        /// Two participants are in different groups only if their intervals are disjoint,
        /// and neighbours that could be cut are.
        #[test]
        fn different_groups_never_overlap(
            ends in proptest::collection::vec((-50.0..50.0f64, 0.0..20.0f64), 0..30),
        ) {
            let intervals: Vec<_> =
                ends.iter().map(|(middle, half)| [middle - half, middle + half]).collect();
            let groups = groups_of(&intervals);
            for (a, one) in intervals.iter().enumerate() {
                for (b, other) in intervals.iter().enumerate().skip(a) {
                    prop_assert!(groups[a] == groups[b] || one[0] > other[1]);
                }
            }
            for cut in 1..intervals.len() {
                let lowest = intervals[..cut].iter().map(|it| it[0]).fold(f64::MAX, f64::min);
                let highest = intervals[cut..].iter().map(|it| it[1]).fold(f64::MIN, f64::max);
                prop_assert_eq!(groups[cut] > groups[cut - 1], lowest > highest);
            }
        }
    }

    #[test]
    fn equal_keys_share_a_rank() {
        let keys = [Some(101), None, Some(200), Some(101), None, Some(-300)];
        assert_eq!(ranks(&keys, false), [Some(2), None, Some(1), Some(2), None, Some(4)]);
        assert_eq!(ranks(&keys, true), [Some(2), None, Some(4), Some(2), None, Some(1)]);
    }
}
