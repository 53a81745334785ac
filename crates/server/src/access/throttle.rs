//! A growing delay between failed attempts, for each account and for each address.
//!
//! An attempt is counted before it is examined, and forgiven when it succeeds, so that
//! attempts at the same time cannot pass together. While a delay lasts, attempts are
//! refused without a look at the password.
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Attempts without a delay.
const FREE: u32 = 5;
/// The first delay; it doubles with each further attempt.
const FIRST: Duration = Duration::from_secs(2);
/// Longest delay of an account. It is short, as a stranger can cause it.
const MOST_ACCOUNT: Duration = Duration::from_secs(60);
/// Longest delay of an address.
const MOST_ADDRESS: Duration = Duration::from_secs(15 * 60);
/// A key without an attempt for this long is forgotten.
const FORGET: Duration = Duration::from_secs(3600);
/// Keys that are kept; for a further one that with the fewest attempts gives way.
const KEYS: usize = 16_384;

/// What attempts are counted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// Sign-ins to an account, whether it exists or not.
    Account(String),
    /// Sign-ins from an address.
    SignIn(IpAddr),
    /// Tokens and links from an address, apart so that a script with an expired token does
    /// not keep people from signing in.
    Secret(IpAddr),
}

impl Key {
    const fn longest(&self) -> Duration {
        match self {
            Self::Account(_) => MOST_ACCOUNT,
            Self::SignIn(_) | Self::Secret(_) => MOST_ADDRESS,
        }
    }
}

/// What counts as one address: of IPv6 the network that one customer has.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let prefix = address.to_bits() & (u128::MAX << 64);
            Ipv6Addr::from_bits(prefix).into()
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Attempts {
    failed: u32,
    last: Instant,
    not_before: Instant,
}

/// Failed attempts by key.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<HashMap<Key, Attempts>>);

impl Throttle {
    /// Counts an attempt, unless a delay of one of its keys lasts; then how long.
    pub(super) fn begin(&self, keys: &[Key], now: Instant) -> Result<(), Duration> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = |key: &Key| {
            let attempts = all.get(key)?;
            attempts.not_before.checked_duration_since(now).filter(|wait| !wait.is_zero())
        };
        if let Some(wait) = keys.iter().filter_map(wait).max() {
            return Err(wait);
        }
        for key in keys {
            if all.len() >= KEYS && !all.contains_key(key) {
                make_room(&mut all, now);
            }
            let attempts = all.entry(key.clone()).or_insert(Attempts {
                failed: 0,
                last: now,
                not_before: now,
            });
            if now.duration_since(attempts.last) >= FORGET {
                attempts.failed = 0;
            }
            attempts.failed = attempts.failed.saturating_add(1);
            attempts.last = now;
            attempts.not_before = now + delay(attempts.failed, key.longest());
        }
        Ok(())
    }

    /// The attempt succeeded: its account has no delay, and it does not count for the
    /// address. Earlier failures from the address do, or an attacker with an account of
    /// his own could clear them.
    pub(super) fn succeeded(&self, keys: &[Key], now: Instant) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            match key {
                Key::Account(_) => drop(all.remove(key)),
                Key::SignIn(_) | Key::Secret(_) => {
                    if let Some(attempts) = all.get_mut(key) {
                        attempts.failed = attempts.failed.saturating_sub(1);
                        attempts.not_before = now;
                    }
                }
            }
        }
    }
}

/// The delay after a number of failed attempts.
fn delay(failed: u32, longest: Duration) -> Duration {
    match failed.checked_sub(FREE) {
        None | Some(0) => Duration::ZERO,
        Some(beyond) => FIRST.saturating_mul(1 << (beyond - 1).min(20)).min(longest),
    }
}

fn make_room(all: &mut HashMap<Key, Attempts>, now: Instant) {
    all.retain(|_, attempts| now.duration_since(attempts.last) < FORGET);
    if all.len() >= KEYS {
        let least = all.iter().min_by_key(|(_, attempts)| (attempts.failed, attempts.last));
        if let Some(key) = least.map(|(key, _)| key.clone()) {
            all.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> [Key; 2] {
        [Key::Account("anna".into()), Key::SignIn([192, 0, 2, 7].into())]
    }

    /// Attempts in an hour without a pause, each as soon as it may be.
    fn attempts_in_an_hour(keys: impl Fn(u32) -> Vec<Key>) -> u32 {
        let (throttle, start) = (Throttle::default(), Instant::now());
        let (mut now, mut attempts) = (start, 0);
        while now < start + Duration::from_secs(3600) {
            match throttle.begin(&keys(attempts), now) {
                Ok(()) => attempts += 1,
                Err(wait) => now += wait,
            }
            assert!(attempts < 10_000, "it is not slowed");
        }
        attempts
    }

    #[test]
    fn guesses_are_slowed_by_account_and_by_address() {
        // From ever other addresses at one account, and from one address at ever others.
        let account = attempts_in_an_hour(|n| {
            vec![Key::Account("anna".into()), Key::SignIn(IpAddr::V4(n.into()))]
        });
        assert!((50..=75).contains(&account), "{account}");
        let address = attempts_in_an_hour(|n| {
            vec![Key::Account(n.to_string()), Key::SignIn([192, 0, 2, 7].into())]
        });
        assert!((10..=20).contains(&address), "{address}");
    }

    #[test]
    fn attempts_at_the_same_time_do_not_pass_together() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        let passed = (0..100).filter(|_| throttle.begin(&keys(), now).is_ok()).count();
        assert_eq!(passed, 6);
    }

    #[test]
    fn success_clears_the_account_and_not_what_the_address_did() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        let [anna, address] = keys();
        let own = [Key::Account("mallory".into()), address.clone()];
        for _ in 0..5 {
            throttle.begin(&[anna.clone(), address.clone()], now).expect("no delay yet");
        }
        throttle.begin(&own, now).expect("the delay begins after this one");
        throttle.succeeded(&own, now);
        throttle.begin(&[anna, address], now).expect("the success was not counted");
        assert!(throttle.begin(&own, now).is_err(), "the failures are");
    }

    #[test]
    fn keys_are_bounded_and_forgotten() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for n in 0..KEYS as u32 + 10 {
            let key = [Key::SignIn(IpAddr::V4(n.into()))];
            throttle.begin(&key, now + Duration::from_millis(n.into())).expect("a first attempt");
        }
        assert!(throttle.0.lock().expect("not poisoned").len() <= KEYS);
        let (key, now) = (keys(), now + Duration::from_secs(60));
        let passed = (0..100).filter(|_| throttle.begin(&key, now).is_ok()).count();
        assert_eq!(passed, 6, "a flood of other keys does not clear it");
        assert!(throttle.begin(&key, now + FORGET + FORGET).is_ok());
    }

    #[test]
    fn an_ipv6_customer_is_one_address() {
        let network = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:2"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("::ffff:192.0.2.7"), network("192.0.2.7"));
    }
}
