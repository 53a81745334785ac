//! Outdoor temperature by the hour, to a hundredth of a degree in two bytes.

const UNKNOWN: i16 = i16::MIN;

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Weather {
    first: i64,
    hundredths: Vec<i16>,
}

impl Weather {
    /// Hour `index` after the first that will ever be set; whether that is news.
    pub(crate) fn set(&mut self, index: i64, hour: i64, outdoor: f64) -> bool {
        let Ok(index) = usize::try_from(index) else { return false };
        self.first = hour - index as i64;
        if index >= self.hundredths.len() {
            self.hundredths.resize(index + 1, UNKNOWN);
        }
        // beyond any weather: a broken sensor
        let sane = outdoor.is_finite() && (-80.0..=60.0).contains(&outdoor);
        let value = if sane { (outdoor * 100.0).round() as i16 } else { UNKNOWN };
        std::mem::replace(&mut self.hundredths[index], value) != value
    }

    /// °C; not a number where it is not known.
    pub(crate) fn at(&self, hour: i64) -> f64 {
        let index = usize::try_from(hour - self.first).ok();
        match index.and_then(|index| self.hundredths.get(index)) {
            Some(value) if *value != UNKNOWN => f64::from(*value) / 100.0,
            _ => f64::NAN,
        }
    }
}
