//! Pseudo-random numbers as pure functions of (seed, stream, position).

/// 64 uniformly distributed bits (the finaliser of SplitMix64, Steele et al. 2014).
pub fn hash(seed: u64, stream: u64, position: i64) -> u64 {
    let mut z = seed
        ^ stream.wrapping_mul(0xd6e8_feb8_6659_fd93)
        ^ (position as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Uniformly distributed in [0, 1).
pub fn unit(seed: u64, stream: u64, position: i64) -> f64 {
    (hash(seed, stream, position) >> 11) as f64 / (1u64 << 53) as f64
}

/// Approximately standard normal: the sum of four uniform numbers, with its mean of 2
/// subtracted and divided by its standard deviation √(4/12).
pub fn normal(seed: u64, stream: u64, position: i64) -> f64 {
    let bits = hash(seed, stream, position);
    let sum: f64 = (0..4).map(|part| f64::from((bits >> (16 * part)) as u16) / 65536.0).sum();
    (sum - 2.0) * 3f64.sqrt()
}

/// Noise that varies smoothly over about `period` seconds: [`normal`] at multiples of
/// `period`, interpolated by 3x² − 2x³.
pub fn smooth(seed: u64, stream: u64, at: i64, period: i64) -> f64 {
    let cell = at.div_euclid(period);
    let part = at.rem_euclid(period) as f64 / period as f64;
    let ease = part * part * (3.0 - 2.0 * part);
    let (a, b) = (normal(seed, stream, cell), normal(seed, stream, cell + 1));
    a + (b - a) * ease
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_has_mean_zero_and_deviation_one() {
        let values: Vec<f64> = (0..100_000).map(|i| normal(7, 3, i)).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64;
        assert!(mean.abs() < 0.02, "{mean}");
        assert!((variance - 1.0).abs() < 0.03, "{variance}");
    }

    #[test]
    fn smooth_noise_has_no_jumps() {
        let largest = (0..20_000)
            .map(|i| (smooth(1, 1, i * 60, 21_600) - smooth(1, 1, (i + 1) * 60, 21_600)).abs())
            .fold(0.0, f64::max);
        assert!(largest < 0.05, "{largest}");
    }
}
