//! The URL of a broker, as it stands in configurations and on the command line.

/// Environment variable with the password of a broker.
pub(crate) const BROKER_PASSWORD: &str = "WATTKAMPEN_BROKER_PASSWORD";

/// `mqtt://user@host:port` or `mqtts://user@host:port`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BrokerUrl<'a> {
    /// Whether the scheme is `mqtts`.
    pub(crate) tls: bool,
    /// The user, if the URL has one.
    pub(crate) user: Option<&'a str>,
    /// Host name or IP address.
    pub(crate) host: &'a str,
    /// TCP port; by default 1883, and 8883 with TLS.
    pub(crate) port: u16,
}

impl<'a> BrokerUrl<'a> {
    /// Parses a URL. `None` for any other form, and for a URL with a password: secrets do
    /// not belong into URLs.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
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
    fn broker_urls_are_parsed() {
        let plain = BrokerUrl { tls: false, user: None, host: "broker.kommun.se", port: 1883 };
        assert_eq!(BrokerUrl::parse("mqtt://broker.kommun.se"), Some(plain));
        let full = BrokerUrl { tls: true, user: Some("wk"), host: "::1", port: 18_883 };
        assert_eq!(BrokerUrl::parse("mqtts://wk@[::1]:18883/"), Some(full));
        for wrong in ["", "embedded", "http://a", "mqtt://", "mqtt://u:secret@host", "mqtt://h:x"] {
            assert_eq!(BrokerUrl::parse(wrong), None, "{wrong}");
        }
    }
}
