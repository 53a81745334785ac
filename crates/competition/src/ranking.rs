//! Ranks: 1 is best, what the board prints as equal shares a rank, and the next
//! rank counts all before it (1, 1, 3).

/// Ranks of values, `None` for those without one. `resolution` is what the board
/// prints; larger is better where `descending`.
pub(crate) fn ranks(values: &[Option<f64>], resolution: f64, descending: bool) -> Vec<Option<u32>> {
    let sign = if descending { -1.0 } else { 1.0 };
    let key = |value: f64| (sign * value / resolution).round() as i64;
    let keys: Vec<Option<i64>> =
        values.iter().map(|value| value.filter(|value| value.is_finite()).map(key)).collect();
    let mut sorted: Vec<i64> = keys.iter().flatten().copied().collect();
    sorted.sort_unstable();
    let rank = |key: i64| sorted.partition_point(|other| *other < key) as u32 + 1;
    keys.into_iter().map(|key| key.map(rank)).collect()
}

/// Groups of participants in order of rank: each begins with its best, and whoever
/// has an interval that reaches into that of the best is not told apart from it.
pub(crate) fn groups(intervals: &[[f64; 2]]) -> Vec<u32> {
    let mut best: Option<[f64; 2]> = None;
    let mut group = 0;
    let mut place = |interval: &[f64; 2]| {
        if best.is_none_or(|best| interval[1] < best[0]) {
            best = Some(*interval);
            group += 1;
        }
        group
    };
    intervals.iter().map(&mut place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_end_where_intervals_part() {
        let intervals = [[20.0, 24.0], [18.0, 20.5], [15.0, 19.9], [5.0, 15.5], [4.0, 14.0]];
        assert_eq!(groups(&intervals), [1, 1, 2, 2, 3]);
        assert!(groups(&[]).is_empty());
    }

    #[test]
    fn equals_share() {
        let values = [Some(0.101), None, Some(0.2), Some(0.1012), Some(f64::NAN), Some(-0.3)];
        let best_first = ranks(&values, 0.001, true);
        assert_eq!(best_first, [Some(2), None, Some(1), Some(2), None, Some(4)]);
        assert_eq!(ranks(&values, 0.001, false)[5], Some(1));
    }
}
