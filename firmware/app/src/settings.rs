//! The settings of a board: a name and a text each, checked when they are set, and stored
//! in flash.
use core::fmt::{self, Debug, Write};

use embassy_time::Duration;
use embedded_storage_async::nor_flash::MultiwriteNorFlash;
use gateway::Multiplier;
use heapless::String;
use sequential_storage::Error;
use wire::{GatewayId, MeterId};

use crate::{
    address::Address,
    hex::{digits, key},
    secure::Fingerprint,
    storage::{StorageError, Store},
};

/// The text of a value.
pub type Text = String<64>;

/// Name, key in flash, default, and meaning. A key in flash is never used for another
/// setting.
const KEYS: [(&str, u8, &str, &str); 14] = [
    ("gateway", 1, "", "this board's name in MQTT topics"),
    ("meter", 2, "", "the meter's id, usually its 18 digits"),
    ("broker", 3, "", "host:port of the MQTT broker"),
    ("user", 4, "", "for the broker, empty: none"),
    ("password", 5, "", "for the broker"),
    ("ca", 12, "", "fingerprint (SHA-256) of the broker's authority, empty: no TLS; paste its PEM"),
    ("time", 6, "pool.ntp.org:123", "host:port of an SNTP server"),
    ("multiplier", 7, "1", "ratio of current transformers"),
    ("interval", 8, "10", "least seconds between two readings, 0: each telegram"),
    ("input", 9, "p1", "p1 or s0"),
    ("pulses", 10, "1000", "pulses for a kWh on s0"),
    ("brightness", 11, "100 20", "of a panel by day and from 22 to 06, percent"),
    ("update-key", 20, "", "key that signs updates, 64 hexadecimal digits, empty: no updates"),
    ("update-trial", 21, "600", "seconds in which the broker must acknowledge an update"),
];

/// Keys of the settings that only the serial port changes: those that could cut the board
/// off from MQTT or change whose readings it sends (gateway, meter, broker, user, password),
/// and those that define whom it trusts.
const LOCAL_ONLY: [u8; 8] = [1, 2, 3, 4, 5, 12, 20, 21];

/// The meter's interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Telegrams on the customer port.
    P1,
    /// S0 pulses.
    S0 {
        /// Pulses per kWh.
        per_kwh: u32,
    },
}

/// Why a setting is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingError {
    /// There is no setting of this name.
    Unknown,
    /// More than 64 bytes.
    TooLong,
    /// The setting can be changed at the serial port only.
    LocalOnly,
    /// The value is not valid; the text describes valid values.
    Value(&'static str),
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("there is no such setting; `show` lists them"),
            Self::TooLong => f.write_str("a setting has at most 64 bytes"),
            Self::LocalOnly => f.write_str("this is set at the serial port alone"),
            Self::Value(what) => write!(f, "this must be {what}"),
        }
    }
}

/// All settings of a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    texts: [Text; KEYS.len()],
}

impl Default for Settings {
    fn default() -> Self {
        Self { texts: KEYS.map(|(_, _, text, _)| Text::try_from(text).unwrap_or_default()) }
    }
}

impl Settings {
    /// Reads the settings from flash.
    ///
    /// # Errors
    /// The flash cannot be read or written.
    pub async fn load<F: MultiwriteNorFlash>(
        store: &mut Store<'_, F>,
    ) -> Result<Self, StorageError<F>>
    where
        F::Error: Debug,
    {
        let mut new = Self::default();
        for ((_, number, _, what), text) in KEYS.iter().zip(&mut new.texts) {
            let mut buffer = [0; 128];
            let stored = store.get(*number, &mut buffer).await?;
            let stored = stored.and_then(|bytes| core::str::from_utf8(bytes).ok());
            if let Some(stored) = stored.filter(|stored| check(*number, stored, what).is_ok()) {
                *text = Text::try_from(stored).unwrap_or_default();
            }
        }
        Ok(new)
    }

    /// Reads the settings at a start, and counts the start. A flash that is too damaged to be
    /// read or written is erased, and the settings that could be read are stored again: a
    /// board without settings can be set up over its serial port, a board that restarts for
    /// ever cannot.
    ///
    /// # Errors
    /// The flash cannot be read or written.
    pub async fn start<F: MultiwriteNorFlash>(
        store: &mut Store<'_, F>,
    ) -> Result<(Self, u32), StorageError<F>>
    where
        F::Error: Debug,
    {
        let settings = match Self::load(store).await {
            Err(error) if is_damage(&error) => Self::default(),
            settings => settings?,
        };
        let boots = match store.count_boot().await {
            Err(error) if is_damage(&error) => {
                store.erase().await?;
                settings.save(store).await?;
                store.count_boot().await?
            }
            boots => boots?,
        };
        Ok((settings, boots))
    }

    /// Stores the settings that differ from the stored ones.
    ///
    /// # Errors
    /// The flash cannot be read or written.
    pub async fn save<F: MultiwriteNorFlash>(
        &self,
        store: &mut Store<'_, F>,
    ) -> Result<(), StorageError<F>>
    where
        F::Error: Debug,
    {
        let stored = Self::load(store).await?;
        for (((_, number, ..), new), old) in KEYS.iter().zip(&self.texts).zip(&stored.texts) {
            if new != old {
                store.put(*number, new.as_bytes()).await?;
            }
        }
        Ok(())
    }

    /// Sets one setting.
    ///
    /// # Errors
    /// The name or the value is not valid.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), SettingError> {
        let row = KEYS.iter().zip(&mut self.texts).find(|((key, ..), _)| *key == name);
        let ((_, number, _, what), text) = row.ok_or(SettingError::Unknown)?;
        check(*number, value, what)?;
        *text = Text::try_from(value).map_err(|_| SettingError::TooLong)?;
        Ok(())
    }

    /// These settings with changes from MQTT, one a line as after `set`: all of them or none.
    ///
    /// # Errors
    /// The name of the first refused setting, and the reason.
    pub fn with_remote<'a>(&self, lines: &'a str) -> Result<Self, (&'a str, SettingError)> {
        let mut new = self.clone();
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(' ').unwrap_or((line, ""));
            let local_only = KEYS.iter().any(|key| key.0 == name && LOCAL_ONLY.contains(&key.1));
            let done =
                if local_only { Err(SettingError::LocalOnly) } else { new.set(name, value.trim()) };
            done.map_err(|error| (name, error))?;
        }
        Ok(new)
    }

    /// Writes all settings, one a line, without the password.
    ///
    /// # Errors
    /// The writer failed.
    pub fn show(&self, to: &mut impl Write) -> fmt::Result {
        for ((key, _, _, what), text) in KEYS.iter().zip(&self.texts) {
            let shown = if *key == "password" && !text.is_empty() { "(set)" } else { text };
            write!(to, "{key} {shown}  # {what}\r\n")?;
        }
        Ok(())
    }

    fn text(&self, number: u8) -> &str {
        let row = KEYS.iter().position(|(_, known, ..)| *known == number);
        row.map_or("", |row| &self.texts[row])
    }

    fn number(&self, number: u8) -> u32 {
        self.text(number).parse().unwrap_or_default()
    }

    /// The board's name, once set.
    pub fn gateway(&self) -> Option<GatewayId> {
        self.text(1).parse().ok()
    }

    /// The meter, once set.
    pub fn meter(&self) -> Option<MeterId> {
        self.text(2).parse().ok()
    }

    /// The broker, once set.
    pub fn broker(&self) -> Option<Address> {
        self.text(3).parse().ok()
    }

    /// User and password for the broker.
    pub fn account(&self) -> (&str, &str) {
        (self.text(4), self.text(5))
    }

    /// Fingerprint of the broker's authority, once set: the board then sends nothing without
    /// TLS.
    pub fn authority(&self) -> Option<Fingerprint> {
        key(self.text(12))
    }

    /// Sets the fingerprint of the broker's authority.
    pub(crate) fn set_authority(&mut self, fingerprint: &Fingerprint) {
        if let Some(row) = KEYS.iter().position(|(name, ..)| *name == "ca") {
            self.texts[row] = digits(fingerprint);
        }
    }

    /// The SNTP server.
    pub fn time(&self) -> Option<Address> {
        self.text(6).parse().ok()
    }

    /// Ratio of the current transformers.
    pub fn multiplier(&self) -> Multiplier {
        Multiplier::new(self.number(7)).unwrap_or_default()
    }

    /// Least time between two readings, s.
    pub fn interval_s(&self) -> u32 {
        self.number(8)
    }

    /// The meter's interface.
    pub fn input(&self) -> Input {
        match self.text(9) {
            "s0" => Input::S0 { per_kwh: self.number(10).max(1) },
            _ => Input::P1,
        }
    }

    /// The key that verifies updates, once set.
    pub fn update_key(&self) -> Option<[u8; 32]> {
        key(self.text(20))
    }

    /// Time in which the broker has to acknowledge something of a new program.
    pub fn update_trial(&self) -> Duration {
        Duration::from_secs(self.number(21).into())
    }

    /// Brightness of a panel by day and by night, percent.
    pub fn brightness(&self) -> (u8, u8) {
        percents(self.text(11)).unwrap_or((100, 20))
    }
}

/// Settings never fill their partition; a full one is damaged.
const fn is_damage<E>(error: &Error<E>) -> bool {
    matches!(error, Error::Corrupted { .. } | Error::FullStorage)
}

fn percents(text: &str) -> Option<(u8, u8)> {
    let percent = |text: &str| text.parse().ok().filter(|percent| *percent <= 100);
    let (day, night) = text.split_once(' ')?;
    Some((percent(day)?, percent(night)?))
}

fn check(number: u8, value: &str, what: &'static str) -> Result<(), SettingError> {
    let within = |least: u32, most: u32| {
        value.parse::<u32>().is_ok_and(|number| (least..=most).contains(&number))
    };
    let good = match number {
        1 => value.parse::<GatewayId>().is_ok(),
        2 => value.parse::<MeterId>().is_ok(),
        3 | 6 => value.parse::<Address>().is_ok(),
        7 => within(1, 1_000_000),
        8 => within(0, 900),
        9 => matches!(value, "p1" | "s0"),
        10 => within(1, 100_000),
        11 => percents(value).is_some(),
        12 | 20 => value.is_empty() || key(value).is_some(),
        21 => within(10, 3600),
        _ => !value.chars().any(char::is_control),
    };
    if good { Ok(()) } else { Err(SettingError::Value(what)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_keys_are_unique() {
        for (row, (name, number, text, what)) in KEYS.iter().enumerate() {
            let same = |other: &(&str, u8, &str, &str)| other.0 == *name || other.1 == *number;
            assert!(!KEYS[row + 1..].iter().any(same), "{name}");
            assert!(text.is_empty() || check(*number, text, what).is_ok(), "{name}");
        }
    }

    #[test]
    fn invalid_values_are_refused() {
        let mut settings = Settings::default();
        for (name, value) in [
            ("gateway", "soder hamn"),
            ("meter", ""),
            ("broker", "localhost"),
            ("multiplier", "0"),
            ("interval", "901"),
            ("input", "P1"),
            ("pulses", "0"),
            ("brightness", "101 0"),
            ("ca", "00"),
            ("update-key", "00"),
            ("update-key", &"0g".repeat(32)),
            ("update-trial", "0"),
        ] {
            assert!(
                matches!(settings.set(name, value), Err(SettingError::Value(_))),
                "{name} {value}"
            );
        }
        assert_eq!(settings.set("colour", "red"), Err(SettingError::Unknown));
        assert_eq!(settings.set("password", &"x".repeat(65)), Err(SettingError::TooLong));
        assert_eq!(settings.set("gateway", "soderhamn-1"), Ok(()));
        assert_eq!(settings.gateway().expect("set").as_str(), "soderhamn-1");
        assert_eq!(settings.set("update-key", &"1f".repeat(32)), Ok(()));
        assert_eq!(settings.update_key(), Some([0x1f; 32]));
    }

    #[test]
    fn remote_settings_apply_as_a_whole_and_cannot_cut_the_board_off() {
        let settings = Settings::default();
        let new = settings.with_remote("interval 60\r\n\nbrightness 80 5").expect("good");
        assert_eq!((new.interval_s(), new.brightness()), (60, (80, 5)));
        assert_eq!(settings.with_remote(" \n").as_ref(), Ok(&settings));
        for (lines, name, error) in [
            ("interval 60\nbroker 10.0.0.1:1883", "broker", SettingError::LocalOnly),
            ("gateway x", "gateway", SettingError::LocalOnly),
            ("password", "password", SettingError::LocalOnly),
            ("interval 60\ncolour red", "colour", SettingError::Unknown),
            ("interval soon", "interval", SettingError::Value(KEYS[8].3)),
        ] {
            assert_eq!(settings.with_remote(lines), Err((name, error)), "{lines}");
        }
        let local_only = KEYS.iter().filter(|key| LOCAL_ONLY.contains(&key.1)).map(|key| key.0);
        assert!(local_only.eq([
            "gateway",
            "meter",
            "broker",
            "user",
            "password",
            "ca",
            "update-key",
            "update-trial",
        ]));
    }

    #[test]
    fn the_password_is_not_shown() {
        let mut settings = Settings::default();
        settings.set("password", "hemligt").expect("a password");
        let mut shown = heapless::String::<2048>::new();
        settings.show(&mut shown).expect("it fits");
        assert!(shown.contains("password (set)") && !shown.contains("hemligt"), "{shown}");
    }
}
