//! Where a broker is, as users write it.

/// Where the password of an external broker is looked for.
pub(crate) const BROKER_PASSWORD: &str = "WATTKAMPEN_BROKER_PASSWORD";

/// `mqtt://user@host:port`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address<'a> {
    /// `mqtts`
    pub tls: bool,
    /// User, where given.
    pub user: Option<&'a str>,
    /// Name or IP address.
    pub host: &'a str,
    /// 1883 or 8883 where not given.
    pub port: u16,
}

impl<'a> Address<'a> {
    /// Nothing for anything else, a password in it included.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (tls, rest) = match text.split_once("://")? {
            ("mqtt", rest) => (false, rest),
            ("mqtts", rest) => (true, rest),
            _ => return None,
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (user, rest) = match rest.rsplit_once('@') {
            Some((user, rest)) => (Some(user), rest),
            None => (None, rest),
        };
        if user.is_some_and(|user| user.is_empty() || user.contains(':')) {
            return None;
        }
        let default = if tls { 8883 } else { 1883 };
        let (host, port) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, default),
            Some((host, port)) => (host, port.strip_prefix(':')?.parse().ok()?),
            None => match rest.split_once(':') {
                Some((host, port)) => (host, port.parse().ok()?),
                None => (rest, default),
            },
        };
        let named = !host.is_empty() && !host.contains(['/', ' ', '?', '#']);
        named.then_some(Self { tls, user, host, port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_brokers() {
        let plain = Address { tls: false, user: None, host: "broker.kommun.se", port: 1883 };
        assert_eq!(Address::parse("mqtt://broker.kommun.se"), Some(plain));
        let full = Address { tls: true, user: Some("wk"), host: "::1", port: 18_883 };
        assert_eq!(Address::parse("mqtts://wk@[::1]:18883/"), Some(full));
        for wrong in ["", "embedded", "http://a", "mqtt://", "mqtt://u:secret@host", "mqtt://h:x"] {
            assert_eq!(Address::parse(wrong), None, "{wrong}");
        }
    }
}
