//! The time that a meter's clock shows, in local time of unknown offset.
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The season letter after the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Season {
    /// `W`, for normal time; not reliable.
    Winter,
    /// `S`, for summer time; not reliable.
    Summer,
    /// No letter, or another one.
    Unmarked,
}

impl Season {
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Winter => 0,
            Self::Summer => 1,
            Self::Unmarked => 2,
        }
    }
}

/// A time as shown by a meter. [`crate::MeterClock`] converts it to UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeterTime {
    local_unix: i64,
    season: Season,
}

impl MeterTime {
    /// Parses `YYMMDDhhmmssX`, where `X` is `W`, `S` or missing, or `20240111 09:35:00`.
    /// `None` for any other form and for an invalid date.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = text.trim_ascii();
        let (digits_text, season) = match text {
            [digits_text @ .., b'W' | b'w'] => (digits_text, Season::Winter),
            [digits_text @ .., b'S' | b's'] => (digits_text, Season::Summer),
            [digits_text @ .., letter] if letter.is_ascii_alphabetic() => {
                (digits_text, Season::Unmarked)
            }
            digits_text => (digits_text, Season::Unmarked),
        };
        let mut digits = [0_u8; 14];
        let mut count = 0;
        for &byte in digits_text {
            match byte {
                b'0'..=b'9' => {
                    *digits.get_mut(count)? = byte - b'0';
                    count += 1;
                }
                b' ' | b'-' | b':' | b'T' if count > 0 => {}
                _ => return None,
            }
        }
        let two = |at: usize| (digits[at] * 10 + digits[at + 1]) as i8;
        let (year, rest) = match count {
            12 => (2000 + i16::from(two(0)), 2),
            14 => (i16::from(two(0)) * 100 + i16::from(two(2)), 4),
            _ => return None,
        };
        let [month, day, hour, minute, second] =
            core::array::from_fn(|field| two(rest + 2 * field));
        if !(2000..=2099).contains(&year) {
            return None;
        }
        let civil = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
        let local_unix = TimeZone::UTC.to_timestamp(civil).ok()?.as_second();
        Some(Self { local_unix, season })
    }

    /// The shown date and time read as if it were UTC, Unix seconds.
    pub const fn local_unix(self) -> i64 {
        self.local_unix
    }

    pub(crate) const BYTES: usize = 9;

    /// The letter as a number, then the local time, little-endian.
    pub(crate) fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [self.season.index() as u8; Self::BYTES];
        bytes[1..].copy_from_slice(&self.local_unix.to_le_bytes());
        bytes
    }

    pub(crate) fn from_bytes(bytes: [u8; Self::BYTES]) -> Option<Self> {
        let [season, local_unix @ ..] = bytes;
        let letters = [Season::Winter, Season::Summer, Season::Unmarked];
        let season = *letters.get(usize::from(season))?;
        Some(Self { local_unix: i64::from_le_bytes(local_unix), season })
    }

    /// The season letter.
    pub const fn season(self) -> Season {
        self.season
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(i64, Season)> {
        MeterTime::parse(text.as_bytes()).map(|time| (time.local_unix(), time.season()))
    }

    #[test]
    fn forms_of_real_meters() {
        assert_eq!(read("210217184019W"), Some((1_613_587_219, Season::Winter)));
        assert_eq!(read("200426223325S"), Some((1_587_940_405, Season::Summer)));
        assert_eq!(read("210217184019"), Some((1_613_587_219, Season::Unmarked)));
        assert_eq!(read("20240111 09:35:00"), Some((1_704_965_700, Season::Unmarked)));
        assert_eq!(read("2024-01-11T09:35:00"), Some((1_704_965_700, Season::Unmarked)));
        assert_eq!(read("240229000000W"), Some((1_709_164_800, Season::Winter)));
    }

    #[test]
    fn invalid_dates() {
        for text in [
            "",
            "W",
            "632525252525W",
            "230229000000W",
            "000000000000W",
            "210217184060W",
            "210217240000W",
            "21021718401W",
            "2102171840190W",
            "210217184019WW",
            "210217184019?",
            "19700101 00:00:00",
            "00000000000000000000000000000000",
            "-2102171840",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
