//! What a meter's clock shows, before anybody knows what it means.
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The letter after the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Season {
    /// `W`: normal time, or so the meter says.
    Winter,
    /// `S`: summer time, or so the meter says.
    Summer,
    /// No letter, or another.
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

/// Figures of a meter's clock; not a moment until its habit is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeterTime {
    figures: i64,
    season: Season,
}

impl MeterTime {
    /// From `YYMMDDhhmmssX` with `X` = `W`, `S` or nothing, or from
    /// `20240111 09:35:00`; nothing where it is no date.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = text.trim_ascii();
        let (figures, season) = match text {
            [figures @ .., b'W' | b'w'] => (figures, Season::Winter),
            [figures @ .., b'S' | b's'] => (figures, Season::Summer),
            [figures @ .., letter] if letter.is_ascii_alphabetic() => (figures, Season::Unmarked),
            figures => (figures, Season::Unmarked),
        };
        let mut digits = [0_u8; 14];
        let mut count = 0;
        for &byte in figures {
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
        let figures = TimeZone::UTC.to_timestamp(civil).ok()?.as_second();
        Some(Self { figures, season })
    }

    /// The figures read as if they were UTC, s since 1970.
    pub const fn figures(self) -> i64 {
        self.figures
    }

    pub(crate) const BYTES: usize = 9;

    /// For a storage: the letter, then the figures, little-endian.
    pub(crate) fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [self.season.index() as u8; Self::BYTES];
        bytes[1..].copy_from_slice(&self.figures.to_le_bytes());
        bytes
    }

    pub(crate) fn from_bytes(bytes: [u8; Self::BYTES]) -> Option<Self> {
        let [season, figures @ ..] = bytes;
        let letters = [Season::Winter, Season::Summer, Season::Unmarked];
        let season = *letters.get(usize::from(season))?;
        Some(Self { figures: i64::from_le_bytes(figures), season })
    }

    /// The letter.
    pub const fn season(self) -> Season {
        self.season
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(i64, Season)> {
        MeterTime::parse(text.as_bytes()).map(|time| (time.figures(), time.season()))
    }

    #[test]
    fn the_forms_of_meters() {
        assert_eq!(read("210217184019W"), Some((1_613_587_219, Season::Winter)));
        assert_eq!(read("200426223325S"), Some((1_587_940_405, Season::Summer)));
        assert_eq!(read("210217184019"), Some((1_613_587_219, Season::Unmarked)));
        assert_eq!(read("20240111 09:35:00"), Some((1_704_965_700, Season::Unmarked)));
        assert_eq!(read("2024-01-11T09:35:00"), Some((1_704_965_700, Season::Unmarked)));
        assert_eq!(read("240229000000W"), Some((1_709_164_800, Season::Winter)));
    }

    #[test]
    fn what_is_no_date() {
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
