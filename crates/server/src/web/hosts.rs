//! The names by which the service is addressed. A request for another host is refused, so
//! that a foreign name which resolves to this machine opens nothing (DNS rebinding).
use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{Version, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    Web,
    client::Encrypted,
    handlers::PageRequest,
    problem::{Problem, wants_page},
};
use crate::access::RefusedBy;

/// The hosts that requests may name.
#[derive(Debug, Clone)]
pub struct Hosts {
    /// The address that the service listens on.
    listen: IpAddr,
    /// Configured names, lower case, without a port.
    names: Vec<String>,
}

impl Hosts {
    /// `localhost`, loopback addresses, the address that the service listens on, and `names`.
    pub fn new(listen: IpAddr, names: &[String]) -> Self {
        let names = names.iter().map(|name| plain(name)).collect();
        Self { listen: listen.to_canonical(), names }
    }

    /// Whether requests may name this host, with or without a port.
    pub(super) fn allows(&self, host: &str) -> bool {
        let Ok(authority) = host.parse::<Authority>() else { return false };
        if host.contains('@') {
            return false;
        }
        let name = plain(authority.host());
        name == "localhost" || self.names.contains(&name) || self.allows_address(&name)
    }

    /// Whether the configuration names this host.
    pub(super) fn is_configured(&self, host: &str) -> bool {
        host.parse::<Authority>().is_ok_and(|it| self.names.contains(&plain(it.host())))
    }

    /// A literal address is not a name that somebody else can point here.
    fn allows_address(&self, name: &str) -> bool {
        let Ok(address) = name.trim_matches(['[', ']']).parse::<IpAddr>() else { return false };
        let address = address.to_canonical();
        address.is_loopback() || self.listen.is_unspecified() || address == self.listen
    }
}

fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// What is wrong with the host of a request.
enum HostError {
    /// HTTP/1.1 without a host, or several hosts.
    Malformed,
    Foreign(String),
}

fn check(web: &Web, request: &Request) -> Result<(), HostError> {
    let mut named = request.headers().get_all(header::HOST).iter();
    let host = match (named.next(), named.next()) {
        (Some(host), None) => Some(host.to_str().map_err(|_| HostError::Malformed)?),
        (None, None) if request.version() < Version::HTTP_11 => None,
        (None, None) if request.version() > Version::HTTP_11 => None,
        _ => return Err(HostError::Malformed),
    };
    // A request for a whole address names the host there.
    let authority = request.uri().authority().map(Authority::as_str);
    match [host, authority].into_iter().flatten().find(|host| !web.hosts.allows(host)) {
        None => Ok(()),
        Some(foreign) => Err(HostError::Foreign(foreign.chars().take(200).collect())),
    }
}

/// Middleware: refuses foreign hosts, and finds the client of the request.
pub(super) async fn guard(
    State(web): State<Arc<Web>>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<ConnectInfo<_>>().map(|ConnectInfo(peer)| *peer);
    let mut client = web.proxies.client(peer, request.headers());
    client.https |= request.extensions().get() == Some(&Encrypted(true));
    match check(&web, &request) {
        Ok(()) => {
            request.extensions_mut().insert(client);
            next.run(request).await
        }
        Err(HostError::Malformed) => {
            RefusedBy::Host.count();
            Problem::bad_request(
                "the request does not have exactly one header Host",
                "send it once, as HTTP/1.1 requires",
            )
            .into_response()
        }
        Err(HostError::Foreign(host)) => {
            RefusedBy::Host.count();
            tracing::debug!(?host, address = %client.address, "a request for another host is refused");
            misdirected(&web, &request, &host)
        }
    }
}

fn misdirected(web: &Web, request: &Request, host: &str) -> Response {
    let page = PageRequest::new(web, request.uri().query(), request.headers());
    let l = page.language;
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let problem = Problem::misdirected(
        match l {
            wire::Language::Swedish => format!("Tjänsten svarar inte på namnet ”{host}”"),
            wire::Language::English => format!("The service does not answer to the name “{host}”"),
        },
        match l {
            wire::Language::Swedish => {
                format!(
                    "om namnet är rätt, skriv hosts = [\"{name}\"] under [server] i konfigurationen"
                )
            }
            wire::Language::English => {
                format!(
                    "if the name is right, write hosts = [\"{name}\"] in [server] of the configuration"
                )
            }
        },
    );
    match wants_page(request.uri().path(), request.headers()) {
        true => page.error_page(&problem),
        false => problem.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(listen: &str, names: &[&str]) -> Hosts {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Hosts::new(listen.parse().expect("an address"), &names)
    }

    #[test]
    fn loopback_and_the_own_address_need_no_configuration() {
        let local = hosts("127.0.0.1", &[]);
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "[::1]:8080", "127.9.9.9"] {
            assert!(local.allows(host), "{host}");
        }
        for host in ["example.org", "192.0.2.7", "localhost.example.org", "a@localhost", "", ":80"]
        {
            assert!(!local.allows(host), "{host}");
        }
        assert!(hosts("192.0.2.7", &[]).allows("192.0.2.7:80"));
        assert!(!hosts("192.0.2.7", &[]).allows("192.0.2.8"));
        let any = hosts("0.0.0.0", &[]);
        assert!(any.allows("192.0.2.8:8080") && any.allows("[2001:db8::1]"));
        assert!(!any.allows("example.org"));
    }

    #[test]
    fn a_configured_name_is_allowed_with_any_port_and_case() {
        let named = hosts("127.0.0.1", &["Tavling.Example.org"]);
        assert!(named.allows("tavling.example.org") && named.allows("TAVLING.example.org.:443"));
        assert!(!named.allows("x.tavling.example.org") && !named.allows("example.org"));
    }
}
