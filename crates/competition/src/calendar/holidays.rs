//! Public holidays, computed by rule for any year. Included are the eves on which public
//! offices are closed by agreement (Midsummer Eve, Christmas Eve, in Sweden New Year's
//! Eve). Sources: lag (1989:253) om allmänna helgdagar; lov om høytidsfred
//! (1995-02-24-12) and lov om 1. og 17. mai (1947); Finland's Arbetstidslag
//! with kyrkolag; Danmark: lov om helligdage and lov 214/2023 (Great Prayer Day
//! abolished from 2024).
use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};

use super::easter::easter;
use crate::names::names;

/// A country with known public holidays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Country {
    /// Sweden.
    Sweden,
    /// Norway.
    Norway,
    /// Finland.
    Finland,
    /// Denmark.
    Denmark,
}

// The names are ISO 3166 codes.
names!(Country {
    Sweden = "SE",
    Norway = "NO",
    Finland = "FI",
    Denmark = "DK",
});

impl Country {
    /// Whether public offices are closed on a day for a reason other than its weekday.
    pub fn is_holiday(self, day: Date) -> bool {
        let easter = easter(day.year());
        let movable = |offset: i64| easter.checked_add(offset.days()).is_ok_and(|it| it == day);
        let fixed = |days: &[(i8, i8)]| days.contains(&(day.month(), day.day()));
        // Good Friday, Easter Sunday and Monday, Ascension, Whit Sunday, Christmas
        let common = [-2, 0, 1, 39, 49].into_iter().any(movable)
            || fixed(&[(1, 1), (12, 24), (12, 25), (12, 26)]);
        common
            || match self {
                Self::Sweden => {
                    fixed(&[(1, 6), (5, 1), (12, 31)])
                        || midsummer(day)
                        || all_saints(day)
                        || (fixed(&[(6, 6)]) && day.year() >= 2005)
                        || (movable(50) && day.year() <= 2004)
                }
                Self::Norway => fixed(&[(5, 1), (5, 17)]) || movable(-3) || movable(50),
                Self::Finland => {
                    fixed(&[(1, 6), (5, 1), (12, 6)]) || midsummer(day) || all_saints(day)
                }
                Self::Denmark => movable(-3) || movable(50) || (movable(26) && day.year() <= 2023),
            }
    }
}

/// Midsummer Eve and Day: the Friday of 19 to 25 June and the Saturday after it.
fn midsummer(day: Date) -> bool {
    let (weekday, number) = (day.weekday(), day.day());
    day.month() == 6
        && ((weekday == Weekday::Friday && (19..=25).contains(&number))
            || (weekday == Weekday::Saturday && (20..=26).contains(&number)))
}

/// All Saints' Day: the Saturday of 31 October to 6 November.
fn all_saints(day: Date) -> bool {
    day.weekday() == Weekday::Saturday
        && ((day.month() == 10 && day.day() == 31) || (day.month() == 11 && day.day() <= 6))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn holidays(country: Country, year: i16) -> Vec<(i8, i8)> {
        let mut days = Vec::new();
        let mut day = date(year, 1, 1);
        while day.year() == year {
            if country.is_holiday(day) {
                days.push((day.month(), day.day()));
            }
            day = day.tomorrow().unwrap();
        }
        days
    }

    /// Compared with the almanacs of these years.
    #[test]
    fn holidays_match_almanacs() {
        assert_eq!(
            holidays(Country::Sweden, 2027),
            [
                (1, 1),
                (1, 6),
                (3, 26),
                (3, 28),
                (3, 29),
                (5, 1),
                (5, 6),
                (5, 16),
                (6, 6),
                (6, 25),
                (6, 26),
                (11, 6),
                (12, 24),
                (12, 25),
                (12, 26),
                (12, 31)
            ]
        );
        assert_eq!(
            holidays(Country::Norway, 2019),
            [
                (1, 1),
                (4, 18),
                (4, 19),
                (4, 21),
                (4, 22),
                (5, 1),
                (5, 17),
                (5, 30),
                (6, 9),
                (6, 10),
                (12, 24),
                (12, 25),
                (12, 26)
            ]
        );
        assert_eq!(
            holidays(Country::Finland, 2026),
            [
                (1, 1),
                (1, 6),
                (4, 3),
                (4, 5),
                (4, 6),
                (5, 1),
                (5, 14),
                (5, 24),
                (6, 19),
                (6, 20),
                (10, 31),
                (12, 6),
                (12, 24),
                (12, 25),
                (12, 26)
            ]
        );
        let great_prayer = |year| holidays(Country::Denmark, year).contains(&(5, 5));
        assert!(great_prayer(2023));
        assert!(!Country::Denmark.is_holiday(date(2024, 4, 26)));
        assert_eq!(holidays(Country::Denmark, 2024).len(), 11);
    }

    /// In 2005 the National Day replaced Whit Monday.
    #[test]
    fn swedish_holidays_follow_the_law_of_their_year() {
        assert!(Country::Sweden.is_holiday(date(2004, 5, 31)));
        assert!(!Country::Sweden.is_holiday(date(2005, 5, 16)));
        assert!(!Country::Sweden.is_holiday(date(2004, 6, 6).yesterday().unwrap()));
        assert!(Country::Sweden.is_holiday(date(2005, 6, 6)));
    }
}
