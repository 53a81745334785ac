//! The client of a request: its address and whether its connection is encrypted, as far as
//! that can be known behind proxies.
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Whether a connection to this service has TLS of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Encrypted(pub(super) bool);

/// Who sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Client {
    pub(super) address: IpAddr,
    /// Whether the request was sent over TLS, to this service or to a trusted proxy.
    pub(super) https: bool,
}

impl Default for Client {
    fn default() -> Self {
        Self { address: Ipv4Addr::UNSPECIFIED.into(), https: false }
    }
}

/// Proxies whose headers are believed. What other peers write into them gives nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct TrustedProxies(pub(super) Vec<IpNet>);

impl TrustedProxies {
    fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The client of a request from `peer`: behind trusted proxies the right-most address
    /// that is not one of theirs.
    ///
    /// A proxy writes one of `Forwarded` and `X-Forwarded-*` and may pass the client's own
    /// other one on. Where the two disagree neither is believed.
    pub(super) fn client(&self, peer: Option<SocketAddr>, headers: &HeaderMap) -> Client {
        let Some(peer) = peer.map(|peer| peer.ip().to_canonical()) else {
            return Client::default();
        };
        let unproxied = Client { address: peer, https: false };
        if !self.contains(peer) {
            return unproxied;
        }
        let described = [forwarded(headers), x_forwarded(headers)];
        let clients = described.map(|hops| hops.map(|hops| self.outermost(peer, &hops)));
        match clients {
            [Some(one), None] | [None, Some(one)] => one,
            [Some(one), Some(other)] if one == other => one,
            [Some(_), Some(_)] | [None, None] => unproxied,
        }
    }

    /// Goes from the nearest hop outwards, as far as each is a trusted proxy's word.
    fn outermost(&self, peer: IpAddr, hops: &[Hop]) -> Client {
        let mut client = Client { address: peer, https: false };
        for hop in hops.iter().rev() {
            client.https = hop.https;
            // An address that is not understood is the last proxy's own.
            let Some(address) = hop.address else { break };
            client.address = address;
            if !self.contains(address) {
                break;
            }
        }
        client
    }
}

/// One forwarding, as a proxy describes it.
#[derive(Debug, Clone, Copy)]
struct Hop {
    address: Option<IpAddr>,
    https: bool,
}

/// All values of a header that is a list, in order; `None` where it is absent.
fn list(headers: &HeaderMap, name: &HeaderName) -> Option<Vec<String>> {
    let mut values = headers.get_all(name).iter().peekable();
    values.peek()?;
    let items = values.flat_map(|value| {
        String::from_utf8_lossy(value.as_bytes()).split(',').map(str::to_owned).collect::<Vec<_>>()
    });
    Some(items.map(|item| item.trim().to_owned()).collect())
}

/// RFC 7239: `for=192.0.2.7;proto=https, for="[2001:db8::1]:4711"`.
fn forwarded(headers: &HeaderMap) -> Option<Vec<Hop>> {
    let hops = list(headers, &header::FORWARDED)?;
    let hop = |text: &String| {
        let pair = |name: &str| {
            let mut pairs = text.split(';').filter_map(|pair| pair.trim().split_once('='));
            let found = pairs.find(|(key, _)| key.trim().eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.trim().trim_matches('"'))
        };
        Hop {
            address: pair("for").and_then(address),
            https: pair("proto").is_some_and(|proto| proto.eq_ignore_ascii_case("https")),
        }
    };
    Some(hops.iter().map(hop).collect())
}

/// `X-Forwarded-For: 192.0.2.7, 10.0.0.2` with `X-Forwarded-Proto: https`, of which the
/// nearest proxy's is the last.
fn x_forwarded(headers: &HeaderMap) -> Option<Vec<Hop>> {
    let protocols = list(headers, &X_FORWARDED_PROTO);
    let addresses = list(headers, &X_FORWARDED_FOR);
    if protocols.is_none() && addresses.is_none() {
        return None;
    }
    let https = protocols.and_then(|all| all.last().cloned());
    let https = https.is_some_and(|proto| proto.eq_ignore_ascii_case("https"));
    let addresses = addresses.unwrap_or_else(|| vec![String::new()]);
    Some(addresses.iter().map(|text| Hop { address: address(text), https }).collect())
}

/// An address with or without brackets and port.
fn address(text: &str) -> Option<IpAddr> {
    let plain = || text.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    plain().or_else(with_port).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, pairs: &[(&str, &str)]) -> (String, bool) {
        let trusted = ["127.0.0.1/32", "10.0.0.0/8"].map(|text| text.parse().expect("a network"));
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name: HeaderName = name.parse().expect("a name");
            headers.append(name, value.parse().expect("a value"));
        }
        let peer = SocketAddr::new(peer.parse().expect("an address"), 4711);
        let found = TrustedProxies(trusted.to_vec()).client(Some(peer), &headers);
        (found.address.to_string(), found.https)
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let headers = [("x-forwarded-for", "192.0.2.7"), ("x-forwarded-proto", "https")];
        assert_eq!(client("127.0.0.1", &headers), ("192.0.2.7".into(), true));
        assert_eq!(client("::ffff:127.0.0.1", &headers), ("192.0.2.7".into(), true));
        assert_eq!(client("127.0.0.2", &headers), ("127.0.0.2".into(), false));
        let standard = [("forwarded", "for=192.0.2.7;proto=https")];
        assert_eq!(client("203.0.113.5", &standard), ("203.0.113.5".into(), false));
        assert_eq!(client("127.0.0.1", &standard), ("192.0.2.7".into(), true));
    }

    #[test]
    fn the_client_is_the_right_most_address_that_no_trusted_proxy_has() {
        let cases = [
            ("1.2.3.4, 192.0.2.7", "192.0.2.7"),
            ("1.2.3.4, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
            ("10.0.0.9, 10.0.0.2", "10.0.0.9"),
            ("1.2.3.4, nonsense, 10.0.0.2", "10.0.0.2"),
            ("nonsense", "127.0.0.1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
        ];
        for (list, expected) in cases {
            assert_eq!(client("127.0.0.1", &[("x-forwarded-for", list)]).0, expected, "{list}");
        }
        let lines = [("x-forwarded-for", "1.2.3.4"), ("x-forwarded-for", "192.0.2.7")];
        assert_eq!(client("127.0.0.1", &lines).0, "192.0.2.7", "two lines are one list");
        let quoted = "for=1.2.3.4, For=\"[2001:db8::7]:99\";by=10.0.0.1, for=10.0.0.2";
        assert_eq!(client("127.0.0.1", &[("forwarded", quoted)]).0, "2001:db8::7");
    }

    #[test]
    fn a_header_that_the_proxy_passed_on_does_not_change_the_address() {
        let both = [("x-forwarded-for", "192.0.2.7"), ("forwarded", "for=1.2.3.4")];
        assert_eq!(client("127.0.0.1", &both).0, "127.0.0.1");
        let same = [("x-forwarded-for", "192.0.2.7"), ("forwarded", "for=192.0.2.7")];
        assert_eq!(client("127.0.0.1", &same).0, "192.0.2.7");
    }

    #[test]
    fn tls_is_what_the_nearest_proxy_reports() {
        let proto = |value| client("127.0.0.1", &[("x-forwarded-proto", value)]).1;
        assert!(proto("https") && proto("http, https"));
        assert!(!proto("http") && !proto("https, http"));
    }
}
