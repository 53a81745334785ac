//! Who may do what: credentials at the door, rights at every publish and
//! subscription.
use std::net::IpAddr;

use wire::{GatewayId, Topic};

use crate::{Login, Secret};

/// What a connected client may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rights {
    /// Anonymous on this machine: everything but the server's own topics.
    Local,
    /// Speaks for one gateway, and hears what is said to it.
    Gateway(GatewayId),
    /// Hears everything, says nothing.
    Reader,
}

/// Why a client is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Denied {
    #[error("unknown user or wrong password")]
    Login,
    #[error("no credentials are configured, so only clients on this machine may connect")]
    Remote,
}

/// The configured credentials. Empty: anybody, from loopback addresses only.
#[derive(Debug)]
pub(super) struct Access {
    logins: Vec<Login>,
}

impl Access {
    pub(super) fn new(logins: Vec<Login>) -> Self {
        Self { logins }
    }

    /// What the client at `peer` may do.
    pub(super) fn admit(
        &self,
        peer: IpAddr,
        user: Option<&str>,
        password: Option<&[u8]>,
    ) -> Result<Rights, Denied> {
        if self.logins.is_empty() {
            let local = peer.to_canonical().is_loopback();
            return if local { Ok(Rights::Local) } else { Err(Denied::Remote) };
        }
        let (user, password) = (user.ok_or(Denied::Login)?, password.unwrap_or_default());
        let login = self
            .logins
            .iter()
            .find(|login| login.user == user && same(&login.password, password))
            .ok_or(Denied::Login)?;
        Ok(login.gateway.clone().map_or(Rights::Reader, Rights::Gateway))
    }
}

/// Takes the same time wherever they differ.
fn same(secret: &Secret, given: &[u8]) -> bool {
    let secret = secret.0.as_bytes();
    let differing = secret.iter().zip(given).fold(0, |sum, (a, b)| sum | (a ^ b));
    std::hint::black_box(differing) == 0 && secret.len() == given.len()
}

impl Rights {
    /// Whether a publish (or a will) on `topic` is taken. Pages are the server's to
    /// say, and `$…` the broker's.
    pub(super) fn may_publish(&self, topic: &str) -> bool {
        match self {
            Self::Local => {
                !topic.starts_with('$') && !matches!(Topic::parse(topic), Ok(Topic::Page(_)))
            }
            Self::Gateway(own) => match Topic::parse(topic) {
                Ok(Topic::Page(_)) | Err(_) => false,
                Ok(other) => other.gateway() == own,
            },
            Self::Reader => false,
        }
    }

    /// Whether a subscription to `filter` is taken.
    pub(super) fn may_subscribe(&self, filter: &str) -> bool {
        match self {
            Self::Local | Self::Reader => true,
            Self::Gateway(own) => {
                let page = Topic::Page(own.clone()).to_buf();
                let root = page.strip_suffix("page").unwrap_or(&page);
                filter.starts_with(root)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anonymous_clients_are_local() {
        let access = Access::new(Vec::new());
        for (peer, expected) in [
            ("127.0.0.1", Ok(Rights::Local)),
            ("::1", Ok(Rights::Local)),
            ("::ffff:127.0.0.1", Ok(Rights::Local)),
            ("192.168.1.7", Err(Denied::Remote)),
        ] {
            assert_eq!(access.admit(peer.parse().unwrap(), None, None), expected, "{peer}");
        }
    }

    #[test]
    fn a_login_speaks_for_its_gateway_alone() {
        let login = |user: &str, gateway: Option<&str>| Login {
            user: user.into(),
            password: Secret(format!("{user}-pw")),
            gateway: gateway.map(|id| id.parse().unwrap()),
        };
        let access = Access::new(vec![login("mora", Some("mora-1")), login("tv", None)]);
        let admit = |user, password: &str| {
            access.admit("127.0.0.1".parse().unwrap(), user, Some(password.as_bytes()))
        };
        for (user, password) in
            [(None, ""), (Some("mora"), "mora-p"), (Some("mora"), "mora-pw2"), (Some("x"), "x-pw")]
        {
            assert_eq!(admit(user, password), Err(Denied::Login), "{user:?} {password}");
        }
        let mora = admit(Some("mora"), "mora-pw").unwrap();
        let tv = admit(Some("tv"), "tv-pw").unwrap();
        for (topic, allowed) in [
            ("wattkampen/v1/mora-1/reading", true),
            ("wattkampen/v1/mora-1/status", true),
            ("wattkampen/v1/mora-1/config", true),
            ("wattkampen/v1/mora-1/update", true),
            ("wattkampen/v1/mora-1/page", false),
            ("wattkampen/v1/mora-2/config", false),
            ("wattkampen/v1/mora-2/reading", false),
            ("other", false),
        ] {
            assert_eq!(mora.may_publish(topic), allowed, "{topic}");
            assert!(!tv.may_publish(topic));
            assert!(tv.may_subscribe(topic));
        }
        assert!(mora.may_subscribe("wattkampen/v1/mora-1/page"));
        assert!(mora.may_subscribe("wattkampen/v1/mora-1/#"));
        assert!(!mora.may_subscribe("wattkampen/v1/+/page"));
        assert!(!mora.may_subscribe("wattkampen/v1/mora-10/page"));
        assert!(!mora.may_subscribe("#"));
        assert!(!Rights::Local.may_publish("wattkampen/v1/mora-1/page"));
        assert!(!Rights::Local.may_publish("$SYS/x"));
        assert!(Rights::Local.may_publish("zigbee2mqtt/plug"));
    }
}
