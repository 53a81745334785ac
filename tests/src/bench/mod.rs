//! What the benches have in common: amounts, streams, medians, lines of the table.
mod feeder;
mod stream;

pub use feeder::{deliver_to_subscriber, publish_all};
pub use stream::Stream;

/// Whether smaller amounts were asked for.
pub fn quick() -> bool {
    std::env::args().any(|argument| argument == "--quick")
}

/// The middle one; of the two middle ones the larger.
///
/// # Panics
/// When there is none.
pub fn median(mut values: Vec<f64>) -> f64 {
    assert!(!values.is_empty(), "a median of something");
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The value below which this share of them lies.
///
/// # Panics
/// When there is none.
pub fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    assert!(!values.is_empty(), "a quantile of something");
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * share).round() as usize]
}

/// A line of the table.
pub fn line(what: &str, value: f64, unit: &str) {
    let digits = match value.abs() {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        _ => 2,
    };
    println!("{what:<58}{value:>12.digits$} {unit}");
}
