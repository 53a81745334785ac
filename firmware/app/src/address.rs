//! Addresses of servers: `host:port`, where the host is a name or an IPv4 address.
use core::{fmt, str::FromStr};

use embassy_net::{IpEndpoint, Stack, dns::DnsQueryType};
use heapless::String;

/// Host and port of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    host: String<64>,
    port: u16,
}

/// The text is not `host:port`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressError;

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an address is host:port, such as broker.example:1883")
    }
}

impl core::error::Error for AddressError {}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (host, port) = text.rsplit_once(':').ok_or(AddressError)?;
        let fits = !host.is_empty()
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
        let host = String::try_from(host).map_err(|_| AddressError)?;
        let port = port.parse().map_err(|_| AddressError)?;
        if fits && port > 0 { Ok(Self { host, port }) } else { Err(AddressError) }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl Address {
    /// The host without the port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Resolves the host with the network's name server, unless it is an IPv4 address already.
    /// `None` where the name is unknown.
    pub async fn resolve(&self, stack: Stack<'_>) -> Option<IpEndpoint> {
        let found = stack.dns_query(&self.host, DnsQueryType::A).await.ok()?;
        Some(IpEndpoint::new(*found.first()?, self.port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_host_and_port_are_an_address() {
        assert!("10.0.2.2:1883".parse::<Address>().is_ok());
        assert!("broker.sodra-byn.example:8883".parse::<Address>().is_ok());
        for bad in ["", "x", ":1", "x:", "x:0", "x:65536", "x y:1", "mqtt://x:1", "ö:1"] {
            assert_eq!(bad.parse::<Address>(), Err(AddressError), "{bad}");
        }
    }
}
