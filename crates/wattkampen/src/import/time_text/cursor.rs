//! Reads the parts of a time's text, one after the other.
use super::{ClockForm, DAY, DateOrder, HOUR, Moment, TimeForm, days};

pub(super) enum Dated {
    /// Days since 1970-01-01.
    Day(i64),
    /// A date and a clock in one number, seconds.
    Whole(i64),
    /// Seconds of UTC.
    Epoch(i64),
}

pub(super) struct Clock {
    pub(super) seconds: i64,
    /// The number, where it is of an hour alone.
    hour_alone: Option<u8>,
}

impl Clock {
    pub(super) const fn form(&self) -> ClockForm {
        match self.hour_alone {
            Some(hour) => ClockForm::Hour(hour),
            None if self.seconds == DAY => ClockForm::Midnight24,
            None => ClockForm::Clock,
        }
    }
}

const MONTHS: [&[&str]; 12] = [
    &["jan"],
    &["feb"],
    &["mar", "mär"],
    &["apr"],
    &["maj", "mai", "may"],
    &["jun"],
    &["jul"],
    &["aug"],
    &["sep"],
    &["okt", "oct"],
    &["nov"],
    &["dec", "des", "dez"],
];

const WEEKDAYS: [&str; 20] = [
    "mån", "tis", "ons", "tor", "fre", "lör", "sön", "man", "tir", "lør", "søn", "mon", "tue",
    "wed", "thu", "fri", "sat", "sun", "die", "mit",
];

/// A text and how far it is read.
pub(super) struct Cursor<'a> {
    text: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text: text.trim().as_bytes(), at: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    pub(super) fn is_done(&mut self) -> bool {
        let from = self.at;
        self.spaces();
        let is_done = self.at == self.text.len();
        self.at = from;
        is_done
    }

    /// Skips spaces and returns whether there were some. A no-break space is one.
    fn spaces(&mut self) -> bool {
        let from = self.at;
        loop {
            match &self.text[self.at..] {
                [b' ' | b'\t', ..] => self.at += 1,
                [0xc2, 0xa0, ..] => self.at += 2,
                [0xe2, 0x80, 0xaf | 0x89, ..] => self.at += 3,
                _ => return self.at > from,
            }
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let eaten = self.peek() == Some(byte);
        self.at += usize::from(eaten);
        eaten
    }

    /// A number of at most 14 digits, and how many it has.
    fn digits(&mut self) -> Option<(i64, usize)> {
        let from = self.at;
        let mut value = 0;
        while let Some(byte @ b'0'..=b'9') = self.peek() {
            if self.at - from == 14 {
                return None;
            }
            value = value * 10 + i64::from(byte - b'0');
            self.at += 1;
        }
        (self.at > from).then_some((value, self.at - from))
    }

    /// Letters, in lower case.
    fn word(&mut self) -> String {
        let rest = &self.text[self.at..];
        let length = rest.iter().take_while(|b| b.is_ascii_alphabetic() || **b >= 0x80).count();
        self.at += length;
        String::from_utf8_lossy(&rest[..length]).to_lowercase()
    }

    /// `45301.0416667`: days since the end of 1899, as spreadsheets count. The fraction
    /// is rounded to a minute that is within a few seconds.
    pub(super) fn serial_number(&self) -> Option<i64> {
        let whole = self.text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let fraction = match &self.text[whole..] {
            [] => &[][..],
            [b'.' | b',', digits @ ..] if digits.iter().all(u8::is_ascii_digit) => digits,
            _ => return None,
        };
        let day: i64 = std::str::from_utf8(&self.text[..whole]).ok()?.parse().ok()?;
        if whole != 5 || !(30_000..60_000).contains(&day) || fraction.len() > 17 {
            return None;
        }
        let text = format!("0.{}", String::from_utf8_lossy(fraction));
        let seconds = (text.parse::<f64>().ok()? * DAY as f64).round() as i64;
        let minute = (seconds + 30).div_euclid(60) * 60;
        let seconds = if (seconds - minute).abs() <= 5 { minute } else { seconds };
        Some((day - 25_569) * DAY + seconds)
    }

    pub(super) fn date(&mut self, form: TimeForm) -> Option<Dated> {
        if self.peek()?.is_ascii_alphabetic() || self.peek()? >= 0x80 {
            let word = self.word();
            if let Some(month) = month(&word) {
                self.eat(b'.');
                self.spaces();
                let (day, _) = self.digits()?;
                self.eat(b',');
                self.spaces();
                let (year, 4) = self.digits()? else { return None };
                return days(year, month, day).map(Dated::Day);
            }
            if !WEEKDAYS.iter().any(|weekday| word.starts_with(weekday)) {
                return None;
            }
            self.eat(b'.');
            self.eat(b',');
            self.spaces();
        }
        let (first, length) = self.digits()?;
        let whole = |date: i64, time: i64| -> Option<i64> {
            let day = days(date / 10_000, date / 100 % 100, date % 100)?;
            let (hour, minute, second) = (time / 10_000, time / 100 % 100, time % 100);
            let valid = minute < 60 && second < 60 && time <= 240_000;
            valid.then_some(day * DAY + hour * HOUR + minute * 60 + second)
        };
        match length {
            8 => days(first / 10_000, first / 100 % 100, first % 100).map(Dated::Day),
            10 => match whole(first / 100, first % 100 * 10_000) {
                Some(local) if first / 1_000_000 >= 1990 && first / 1_000_000 < 2100 => {
                    Some(Dated::Whole(local))
                }
                _ => Some(Dated::Epoch(first)),
            },
            12 => whole(first / 10_000, first % 10_000 * 100).map(Dated::Whole),
            13 => (first % 1000 == 0).then_some(Dated::Epoch(first / 1000)),
            14 => whole(first / 1_000_000, first % 1_000_000).map(Dated::Whole),
            6 if form.loose && form.order == Some(DateOrder::Ymd) => {
                days(2000 + first / 10_000, first / 100 % 100, first % 100).map(Dated::Day)
            }
            1 | 2 | 4 => self.separated_date(first, length, form),
            _ => None,
        }
    }

    /// The rest of a date whose first number is read.
    fn separated_date(&mut self, first: i64, length: usize, form: TimeForm) -> Option<Dated> {
        let mark = self.date_mark(form)?;
        let named = self.peek()?.is_ascii_alphabetic() || self.peek()? >= 0x80;
        let (second, second_length) =
            if named { (month(&self.word())?, 2) } else { self.digits()? };
        let next = self.date_mark(form)?;
        if second_length > 2 || (!named && mark != next) {
            return None;
        }
        let (third, third_length) = self.digits()?;
        let date = match (length, third_length) {
            (4, 1 | 2) => days(first, second, third),
            (1 | 2, 4) if named => days(third, second, first),
            (1 | 2, 4) => match form.order {
                Some(DateOrder::Mdy) => days(third, first, second),
                _ => days(third, second, first),
            },
            (1 | 2, 2) if named => days(2000 + third, second, first),
            (1 | 2, 2) => match form.order? {
                DateOrder::Ymd => days(2000 + first, second, third),
                DateOrder::Dmy => days(2000 + third, second, first),
                DateOrder::Mdy => days(2000 + third, first, second),
            },
            _ => None,
        };
        date.map(Dated::Day)
    }

    /// The mark between the numbers of a date.
    fn date_mark(&mut self, form: TimeForm) -> Option<u8> {
        match self.peek()? {
            mark @ (b'-' | b'/' | b'.') => {
                self.at += 1;
                // `10. januari 2024`
                if mark == b'.' {
                    self.spaces();
                }
                Some(mark)
            }
            b' ' => {
                self.spaces();
                let letters = self.peek()?.is_ascii_alphabetic() || self.peek()? >= 0x80;
                let after_letters =
                    self.text[..self.at].trim_ascii_end().last()?.is_ascii_alphabetic();
                (form.loose || letters || after_letters).then_some(b' ')
            }
            _ => None,
        }
    }

    /// What separates a date and a clock; returns whether it is the `T` of ISO 8601.
    pub(super) fn date_separator(&mut self) -> Option<bool> {
        if self.eat(b'T') || self.eat(b't') || self.eat(b'_') {
            return Some(true);
        }
        let comma = self.eat(b',');
        let space = self.spaces();
        (comma || space).then_some(false)
    }

    pub(super) fn clock(&mut self) -> Option<Clock> {
        self.spaces();
        if self.peek()?.is_ascii_alphabetic() {
            let word = self.word();
            if !matches!(word.as_str(), "kl" | "klo" | "h" | "timme" | "time" | "hour" | "tim") {
                return None;
            }
            self.eat(b'.');
            self.spaces();
        }
        let (first, length) = self.digits()?;
        let (mut hour, mut minute, mut second, mut alone) = (first, 0, 0, false);
        match length {
            1 | 2 => match self.two_digits() {
                Some(minutes) => {
                    minute = minutes;
                    second = self.two_digits().unwrap_or(0);
                    self.fraction();
                }
                None => alone = true,
            },
            4 => (hour, minute) = (first / 100, first % 100),
            6 => (hour, minute, second) = (first / 10_000, first / 100 % 100, first % 100),
            _ => return None,
        }
        let from = self.at;
        self.spaces();
        if let Some(half @ (b'a' | b'A' | b'p' | b'P')) = self.peek() {
            self.at += 1;
            self.eat(b'.');
            if !(self.eat(b'm') || self.eat(b'M')) || !(1..=12).contains(&hour) {
                return None;
            }
            self.eat(b'.');
            hour = hour % 12 + if half.eq_ignore_ascii_case(&b'p') { 12 } else { 0 };
            alone = false;
        } else {
            self.at = from;
        }
        let latest = if alone { 25 } else { 24 };
        let valid = hour <= latest && minute < 60 && second < 60;
        let whole_day = hour < 24 || (minute == 0 && second == 0);
        (valid && whole_day).then_some(Clock {
            seconds: hour * HOUR + minute * 60 + second,
            hour_alone: alone.then_some(u8::try_from(hour).ok()?),
        })
    }

    /// `:15` or `.15`.
    fn two_digits(&mut self) -> Option<i64> {
        match &self.text[self.at..] {
            [b':' | b'.', a @ b'0'..=b'9', b @ b'0'..=b'9', rest @ ..]
                if !rest.first().is_some_and(u8::is_ascii_digit) =>
            {
                self.at += 3;
                Some(i64::from(a - b'0') * 10 + i64::from(b - b'0'))
            }
            _ => None,
        }
    }

    /// The fraction of a second, which is zero or dropped.
    pub(super) fn fraction(&mut self) {
        if let [b'.' | b',', b'0'..=b'9', ..] = &self.text[self.at..] {
            self.at += 1;
            while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
                self.at += 1;
            }
        }
    }

    /// The moment with the offset that follows, if one does. `iso`: a minus begins an
    /// offset, not the end of a range.
    pub(super) fn with_offset(&mut self, local: i64, iso: bool) -> Option<Moment> {
        let from = self.at;
        self.spaces();
        let in_brackets = self.eat(b'(');
        let sign = match self.peek() {
            Some(b'Z' | b'z') => {
                self.at += 1;
                return Some(Moment::Utc(local));
            }
            Some(b'+') => 1,
            Some(b'-') if iso => -1,
            Some(byte) if byte.is_ascii_alphabetic() => {
                let offset = match self.word().as_str() {
                    "utc" | "gmt" => 0,
                    "cet" | "mez" => HOUR,
                    "cest" | "mesz" | "eet" => 2 * HOUR,
                    "eest" => 3 * HOUR,
                    "till" | "til" | "to" => {
                        self.at = from;
                        return Some(Moment::Local(local));
                    }
                    _ => return None,
                };
                if in_brackets && !self.eat(b')') {
                    return None;
                }
                return Some(Moment::Utc(local - offset));
            }
            _ => {
                self.at = from;
                return Some(Moment::Local(local));
            }
        };
        self.at += 1;
        let (number, length) = self.digits()?;
        let offset = match length {
            1 | 2 => number * HOUR + self.two_digits().unwrap_or(0) * 60,
            4 => number / 100 * HOUR + number % 100 * 60,
            _ => return None,
        };
        (offset <= 18 * HOUR).then_some(Moment::Utc(local - sign * offset))
    }

    /// What separates the start of a range from its end.
    pub(super) fn range_mark(&mut self) -> bool {
        self.spaces();
        match &self.text[self.at..] {
            [b'-' | b'/', ..] => self.at += 1,
            [0xe2, 0x80, 0x93 | 0x94, ..] | [0xe2, 0x88, 0x92, ..] => self.at += 3,
            _ if matches!(self.word().as_str(), "till" | "til" | "to") => {}
            _ => return false,
        }
        self.spaces();
        true
    }

    pub(super) fn end_with_date(&mut self, form: TimeForm) -> Option<Moment> {
        match self.date(form)? {
            Dated::Day(day) => {
                let iso = self.date_separator()?;
                let seconds = self.clock()?.seconds;
                self.with_offset(day * DAY + seconds, iso)
            }
            Dated::Whole(local) => self.with_offset(local, true),
            Dated::Epoch(at) => Some(Moment::Utc(at)),
        }
    }
}

fn month(word: &str) -> Option<i64> {
    let at = MONTHS.iter().position(|names| names.iter().any(|name| word.starts_with(name)))?;
    i64::try_from(at + 1).ok()
}
