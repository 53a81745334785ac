//! Passwords: argon2id with the parameters that its library recommends (19 MiB, two
//! passes), on blocking threads, of which a few run at once.
use argon2::{
    Argon2,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString, rand_core::OsRng},
};
use tokio::sync::Semaphore;

use super::error::AccessError;

/// Hashes that are computed at once; each takes 19 MiB and a core.
const AT_ONCE: usize = 2;
/// Attempts that wait for their turn; further ones are refused.
const WAITING: usize = 16;

/// The hash of a password, with its salt and parameters.
///
/// # Errors
/// Where the library refuses, which it does for no password of a valid length.
pub fn hash(password: &str) -> Result<String, AccessError> {
    let salt = SaltString::generate(&mut OsRng);
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
    hash.map(|hash| hash.to_string()).map_err(|_| AccessError::Hash)
}

fn verify(password: &str, hash: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
}

/// Bounds how many hashes are computed at once.
#[derive(Debug)]
pub(super) struct Verifier {
    running: Semaphore,
    waiting: Semaphore,
    /// Compared where there is no account, which then takes as long as a wrong password.
    decoy: String,
}

impl Verifier {
    pub(super) fn new() -> Result<Self, AccessError> {
        let decoy = hash(super::secret::RandomSecret::draw().reveal())?;
        Ok(Self {
            running: Semaphore::new(AT_ONCE),
            waiting: Semaphore::new(AT_ONCE + WAITING),
            decoy,
        })
    }

    /// Whether a password belongs to a hash; false for no hash, after the same time.
    ///
    /// # Errors
    /// Where too many attempts wait.
    pub(super) async fn verify(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Result<bool, AccessError> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.clone());
        let matches = self.run(move || verify(&password, &hash)).await?;
        Ok(matches && known)
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// Where too many attempts wait.
    pub(super) async fn hash(&self, password: String) -> Result<String, AccessError> {
        self.run(move || self::hash(&password)).await?
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AccessError> {
        let _waiting = self.waiting.try_acquire().map_err(|_| AccessError::Busy)?;
        let _running = self.running.acquire().await.map_err(|_| AccessError::Busy)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| AccessError::Hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_argon2id_with_the_recommended_parameters_and_its_own_salt() {
        let [a, b] = [(); 2].map(|()| hash("fjorton julgranar").expect("a hash"));
        assert!(a.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{a}");
        assert_ne!(a, b);
        assert!(verify("fjorton julgranar", &a) && !verify("fjorton julgranar ", &a));
        assert!(!verify("fjorton julgranar", "damaged"));
    }

    #[tokio::test]
    async fn attempts_beyond_those_that_may_wait_are_refused() {
        let verifier = Verifier::new().expect("a decoy");
        let held = verifier.waiting.acquire_many((AT_ONCE + WAITING) as u32).await.expect("open");
        let refused = verifier.verify("x".to_owned(), None).await;
        assert!(matches!(refused, Err(AccessError::Busy)));
        drop(held);
        assert!(!verifier.verify("x".to_owned(), None).await.expect("room"));
    }
}
