//! Authentication at CONNECT, and authorisation of every publish and subscription.
use std::net::IpAddr;

use subtle::ConstantTimeEq;
use wire::{GatewayId, Topic};

use super::owner::Owner;
use crate::{Login, Secret};

/// What a connected client may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rights {
    /// An anonymous client on this machine: everything but publishing to the server's topics.
    Local,
    /// Publishes for one gateway, and subscribes to that gateway's topics.
    Gateway(GatewayId),
    /// Subscribes to everything and publishes nothing.
    Reader,
}

/// Why a client may not connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum AccessError {
    #[error("unknown user or wrong password")]
    BadCredentials,
    #[error("no credentials are configured, so only clients on this machine may connect")]
    NotLoopback,
}

/// The configured credentials. Without any, every client on a loopback address may connect.
#[derive(Debug)]
pub(super) struct Access {
    logins: Vec<Login>,
}

impl Access {
    pub(super) fn new(logins: Vec<Login>) -> Self {
        Self { logins }
    }

    /// Whose quotas a client with this user name counts against, once it is authenticated.
    pub(super) fn owner(&self, peer: IpAddr, user: Option<&str>) -> Owner {
        match user.filter(|_| !self.logins.is_empty()) {
            Some(user) => Owner::Login(user.into()),
            None => Owner::address(peer),
        }
    }

    /// The rights of a client that connects from `peer`.
    pub(super) fn authenticate(
        &self,
        peer: IpAddr,
        user: Option<&str>,
        password: Option<&[u8]>,
    ) -> Result<Rights, AccessError> {
        if self.logins.is_empty() {
            let local = peer.to_canonical().is_loopback();
            return if local { Ok(Rights::Local) } else { Err(AccessError::NotLoopback) };
        }
        let (user, password) =
            (user.ok_or(AccessError::BadCredentials)?, password.unwrap_or_default());
        let login = self
            .logins
            .iter()
            .find(|login| login.user == user && is_password(&login.password, password))
            .ok_or(AccessError::BadCredentials)?;
        Ok(login.gateway.clone().map_or(Rights::Reader, Rights::Gateway))
    }
}

/// Compares in constant time, so that the time to a refusal does not depend on how much of the
/// password is right.
fn is_password(secret: &Secret, given: &[u8]) -> bool {
    secret.0.as_bytes().ct_eq(given).into()
}

impl Rights {
    /// Whether the client may publish, or leave a will, to `topic`. Only the server publishes
    /// pages, and only the broker publishes to `$…`.
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

    /// Whether the client may subscribe to `filter`.
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
            ("192.168.1.7", Err(AccessError::NotLoopback)),
        ] {
            assert_eq!(access.authenticate(peer.parse().unwrap(), None, None), expected, "{peer}");
        }
    }

    #[test]
    fn a_login_publishes_for_its_gateway_only() {
        let login = |user: &str, gateway: Option<&str>| Login {
            user: user.into(),
            password: Secret(format!("{user}-pw")),
            gateway: gateway.map(|id| id.parse().unwrap()),
        };
        let access = Access::new(vec![login("mora", Some("mora-1")), login("tv", None)]);
        let authenticate = |user, password: &str| {
            access.authenticate("127.0.0.1".parse().unwrap(), user, Some(password.as_bytes()))
        };
        for (user, password) in
            [(None, ""), (Some("mora"), "mora-p"), (Some("mora"), "mora-pw2"), (Some("x"), "x-pw")]
        {
            assert_eq!(
                authenticate(user, password),
                Err(AccessError::BadCredentials),
                "{user:?} {password}"
            );
        }
        let mora = authenticate(Some("mora"), "mora-pw").unwrap();
        let tv = authenticate(Some("tv"), "tv-pw").unwrap();
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
