//! Secrets of 256 random bits: links, sessions and API tokens. Only their digests are kept.
use std::fmt;

use argon2::password_hash::rand_core::{OsRng, RngCore};
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest as _, Sha256};

/// What is kept of a secret: as it has 256 random bits, a plain SHA-256 cannot be reversed.
pub(super) type Digest = [u8; 32];

/// A secret that this process has drawn, as it is handed over once.
#[derive(Clone, PartialEq, Eq)]
pub struct RandomSecret(String);

impl RandomSecret {
    /// Draws one from the operating system.
    pub(super) fn draw() -> Self {
        let mut bytes = [0; 32];
        OsRng.fill_bytes(&mut bytes);
        Self(BASE64URL_NOPAD.encode(&bytes))
    }

    /// The text, 43 characters that need no escape in an address.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(super) fn digest(&self) -> Digest {
        digest(&self.0)
    }
}

impl fmt::Debug for RandomSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RandomSecret(…)")
    }
}

/// The digest of a secret that someone presents.
pub(super) fn digest(presented: &str) -> Digest {
    Sha256::digest(presented).into()
}

/// A new value for the cookie of a visitor who is not signed in, whose forms are bound to it.
pub fn form_key() -> RandomSecret {
    RandomSecret::draw()
}

/// The token that a form carries. It follows from the visitor's cookie, which other sites
/// can neither read nor set.
pub fn form_token(cookie: &str) -> String {
    let hash = Sha256::new().chain_update(b"wattkampen form 1\n").chain_update(cookie).finalize();
    BASE64URL_NOPAD.encode(&hash)
}

/// Whether a form carries the token of this cookie; the comparison takes constant time.
pub fn is_form_token(cookie: &str, presented: &str) -> bool {
    use subtle::ConstantTimeEq;
    form_token(cookie).as_bytes().ct_eq(presented.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_secrets_differ_and_do_not_appear_in_a_log() {
        let [a, b] = [RandomSecret::draw(), RandomSecret::draw()];
        assert_ne!(a, b);
        assert_eq!(a.reveal().len(), 43);
        assert!(!format!("{a:?}").contains(a.reveal()));
    }

    #[test]
    fn a_form_token_belongs_to_one_cookie() {
        let token = form_token("a");
        assert!(is_form_token("a", &token));
        assert!(!is_form_token("b", &token) && !is_form_token("a", ""));
        assert_ne!(token, BASE64URL_NOPAD.encode(&digest("a")), "it does not show what is stored");
    }
}
