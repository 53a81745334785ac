//! Who may use the organiser's page: accounts, sessions, API tokens, and the link of a
//! service that has no account yet.
//!
//! Where a request comes from gives no right: behind a proxy every visitor has the
//! machine's own address. Without an account there is no organiser's page, except by the
//! link that the service prints when it starts; it opens the form for the first account. A
//! demonstration prints a link that signs in, and forgets everything when it ends.
//!
//! Passwords are hashed with argon2id ([`hash_password`]); links, sessions and tokens have
//! 256 random bits, of which the file has the SHA-256. A removed account or token, and a
//! reset password, end what they gave with the next request.
mod account;
mod accounts;
mod administration;
mod database;
mod error;
mod password;
mod password_rules;
mod secret;
mod sessions;
#[cfg(test)]
mod tests;
mod throttle;

use std::{
    net::IpAddr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use metrics::counter;
use subtle::ConstantTimeEq;

use accounts::NewPassword;
use database::Database;
use password::Verifier;
use throttle::{Key, Throttle, network};

pub use account::{AccountName, Identity, InvalidName, InvalidRole, Principal, Role};
pub use accounts::Account;
pub use administration::Administration;
pub use error::AccessError;
pub use password::hash as hash_password;
pub use password_rules::{MAX_PASSWORD, MIN_PASSWORD, WeakPassword};
pub use secret::{RandomSecret, form_key, form_token, is_form_token};
pub use sessions::{SESSION, Token};

/// The account of a demonstration.
const DEMONSTRATION: &str = "demo";

/// Why a request is refused: the label `reason` of `wattkampen_access_refused_total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedBy {
    /// There is no such account, or the password is wrong.
    Password,
    /// The delay after failed attempts lasts.
    Delay,
    /// Too many passwords are being compared.
    Busy,
    /// An API token is unknown or expired.
    Token,
    /// A link is wrong, used or expired.
    Link,
    /// A form or a request with a cookie lacks its token.
    Form,
    /// A page of another site sent the request.
    Origin,
    /// The role does not allow it.
    Role,
    /// The host is not one of the service's names.
    Host,
}

impl RefusedBy {
    /// The label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Delay => "delay",
            Self::Busy => "busy",
            Self::Token => "token",
            Self::Link => "link",
            Self::Form => "form",
            Self::Origin => "origin",
            Self::Role => "role",
            Self::Host => "host",
        }
    }

    /// Counts it at `/metrics`.
    pub fn count(self) {
        counter!("wattkampen_access_refused_total", "reason" => self.label()).increment(1);
    }
}

/// Why a sign-in, a token or a link is not accepted.
#[derive(Debug)]
pub enum SignInError {
    /// The account does not exist, or the password is wrong; a token or a link is not valid.
    Wrong,
    /// So many attempts have failed that the next one has to wait.
    Wait(Duration),
    /// The account's file failed, or too much is going on.
    Failed(AccessError),
}

impl<E: Into<AccessError>> From<E> for SignInError {
    fn from(error: E) -> Self {
        match error.into() {
            AccessError::Link => Self::Wrong,
            error => {
                if matches!(error, AccessError::Busy) {
                    RefusedBy::Busy.count();
                }
                Self::Failed(error)
            }
        }
    }
}

/// The link that the service prints when it starts.
#[derive(Debug, Clone)]
pub enum StartLink {
    /// Creates the first account, once.
    SetUp(RandomSecret),
    /// Signs in to a demonstration, until it ends.
    Demonstration(RandomSecret),
}

impl StartLink {
    /// The path of the link.
    pub fn path(&self) -> String {
        match self {
            Self::SetUp(secret) => format!("/setup/{}", secret.reveal()),
            Self::Demonstration(secret) => format!("/enter/{}", secret.reveal()),
        }
    }

    fn matches(&self, presented: &str) -> bool {
        let (Self::SetUp(secret) | Self::Demonstration(secret)) = self;
        secret.reveal().as_bytes().ct_eq(presented.as_bytes()).into()
    }
}

/// Accounts, sessions and tokens of a running service; cheap to clone.
#[derive(Debug, Clone)]
pub struct Access(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    database: Database,
    verifier: Verifier,
    throttle: Throttle,
    link: Option<StartLink>,
}

impl Access {
    /// The accounts in the directory of the store. Where there is none, a link creates the
    /// first one.
    ///
    /// # Errors
    /// [`AccessError`]
    pub fn open(dir: &Path) -> Result<Self, AccessError> {
        let database = Database::open(dir)?;
        let link = match database.has_accounts()? {
            true => None,
            false => Some(StartLink::SetUp(RandomSecret::draw())),
        };
        Self::new(database, link)
    }

    /// A demonstration: no account in a file, and a link that signs in.
    ///
    /// # Errors
    /// [`AccessError`]
    pub fn demonstration() -> Result<Self, AccessError> {
        let database = Database::in_memory()?;
        let password = NewPassword::Hash(String::new());
        database.add_account(&DEMONSTRATION.parse()?, &Role::Organiser, password, "service")?;
        Self::new(database, Some(StartLink::Demonstration(RandomSecret::draw())))
    }

    fn new(database: Database, link: Option<StartLink>) -> Result<Self, AccessError> {
        let throttle = Throttle::default();
        Ok(Self(Arc::new(Inner { database, verifier: Verifier::new()?, throttle, link })))
    }

    /// The link to print, where there is one.
    pub fn link(&self) -> Option<&StartLink> {
        self.0.link.as_ref()
    }

    /// Whether this is a demonstration, which has a link and no passwords.
    pub fn is_demonstration(&self) -> bool {
        matches!(self.0.link, Some(StartLink::Demonstration(_)))
    }

    /// Whether there is an account.
    ///
    /// # Errors
    /// [`AccessError`]
    pub async fn has_accounts(&self) -> Result<bool, AccessError> {
        self.run(|inner| inner.database.has_accounts()).await
    }

    /// Signs in with a password: the cookie of a new session, and who it is.
    ///
    /// # Errors
    /// [`SignInError`]; an account that does not exist takes as long as a wrong password.
    pub async fn sign_in(
        &self,
        name: &str,
        password: String,
        address: IpAddr,
    ) -> Result<(RandomSecret, Identity), SignInError> {
        let name: String = name.trim().to_ascii_lowercase().chars().take(64).collect();
        let keys = [Key::Account(name.clone()), Key::SignIn(network(address))];
        self.0.throttle.begin(&keys, Instant::now()).map_err(|wait| {
            RefusedBy::Delay.count();
            SignInError::Wait(wait)
        })?;
        let account = name.parse::<AccountName>().ok();
        let hash = match account.clone() {
            Some(account) => self.run(move |inner| inner.database.password_of(&account)).await?,
            None => None,
        };
        let long = password.len() > MAX_PASSWORD;
        let right = !long && self.0.verifier.verify(password, hash).await?;
        let Some(account) = account.filter(|_| right) else {
            RefusedBy::Password.count();
            tracing::warn!(account = ?name, %address, "a sign-in failed");
            return Err(SignInError::Wrong);
        };
        self.0.throttle.succeeded(&keys, Instant::now());
        self.begin_session(account, address).await
    }

    async fn begin_session(
        &self,
        account: AccountName,
        address: IpAddr,
    ) -> Result<(RandomSecret, Identity), SignInError> {
        tracing::info!(%account, %address, "signed in");
        counter!("wattkampen_sign_ins_total").increment(1);
        Ok(self
            .run(move |inner| {
                let identity = inner.database.identity(&account)?;
                Ok::<_, AccessError>((inner.database.begin_session(&account)?, identity))
            })
            .await?)
    }

    /// Who a session's cookie is; `None` where it has ended or never was.
    ///
    /// # Errors
    /// [`AccessError`]
    pub async fn session(&self, cookie: String) -> Result<Option<Identity>, AccessError> {
        self.run(move |inner| inner.database.session(&cookie)).await
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`AccessError`]
    pub async fn sign_out(&self, cookie: String) -> Result<(), AccessError> {
        self.run(move |inner| inner.database.end_session(&cookie)).await
    }

    /// Who an API token is.
    ///
    /// # Errors
    /// [`SignInError`]
    pub async fn token(&self, presented: String, address: IpAddr) -> Result<Identity, SignInError> {
        let found = self.run(move |inner| inner.database.token(&presented)).await?;
        found.ok_or_else(|| self.wrong_secret(RefusedBy::Token, address))
    }

    /// Signs in to a demonstration with its link.
    ///
    /// # Errors
    /// [`SignInError`]
    pub async fn enter(
        &self,
        presented: &str,
        address: IpAddr,
    ) -> Result<(RandomSecret, Identity), SignInError> {
        match &self.0.link {
            Some(link @ StartLink::Demonstration(_)) if link.matches(presented) => {
                self.begin_session(DEMONSTRATION.parse()?, address).await
            }
            _ => Err(self.wrong_secret(RefusedBy::Link, address)),
        }
    }

    /// Passes the link for the first account, while there is none.
    ///
    /// # Errors
    /// [`SignInError`]
    pub async fn check_setup_link(
        &self,
        presented: &str,
        address: IpAddr,
    ) -> Result<(), SignInError> {
        let right = match &self.0.link {
            Some(link @ StartLink::SetUp(_)) => link.matches(presented),
            _ => false,
        };
        if right && !self.has_accounts().await? {
            return Ok(());
        }
        Err(self.wrong_secret(RefusedBy::Link, address))
    }

    /// Creates the first account, an organiser's, and signs in to it.
    ///
    /// # Errors
    /// [`SignInError`]
    pub async fn set_up(
        &self,
        presented: &str,
        name: &str,
        password: String,
        address: IpAddr,
    ) -> Result<(RandomSecret, Identity), SignInError> {
        self.check_setup_link(presented, address).await?;
        let name: AccountName = name.parse()?;
        password_rules::check(&password, name.as_str())?;
        let hash = self.0.verifier.hash(password).await?;
        let account = name.clone();
        self.run(move |inner| inner.database.add_first_account(&account, &hash)).await?;
        self.begin_session(name, address).await
    }

    /// The account that a link invites to choose a password.
    ///
    /// # Errors
    /// [`SignInError`]
    pub async fn invited(&self, presented: &str, address: IpAddr) -> Result<Account, SignInError> {
        let secret = presented.to_owned();
        let found = self.run(move |inner| inner.database.invited(&secret)).await;
        found.map_err(|error| match error {
            AccessError::Link => self.wrong_secret(RefusedBy::Link, address),
            error => error.into(),
        })
    }

    /// Uses an invitation: sets the password and signs in.
    ///
    /// # Errors
    /// [`SignInError`]
    pub async fn accept(
        &self,
        presented: &str,
        password: String,
        address: IpAddr,
    ) -> Result<(RandomSecret, Identity), SignInError> {
        let account = self.invited(presented, address).await?;
        password_rules::check(&password, account.name.as_str())?;
        let hash = self.0.verifier.hash(password).await?;
        let secret = presented.to_owned();
        let name = self.run(move |inner| inner.database.accept(&secret, &hash)).await?;
        self.begin_session(name, address).await
    }

    /// A change of accounts, on a blocking thread.
    ///
    /// # Errors
    /// [`AccessError`]
    pub async fn administer<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Administration<'_>) -> Result<T, AccessError> + Send + 'static,
    ) -> Result<T, AccessError> {
        self.run(move |inner| change(&Administration::new(&inner.database))).await
    }

    /// A secret of 256 bits is not guessed: it is looked up however many were wrong, so that
    /// a neighbour at the same address cannot lock a valid one out.
    fn wrong_secret(&self, kind: RefusedBy, address: IpAddr) -> SignInError {
        match self.0.throttle.begin(&[Key::Secret(network(address))], Instant::now()) {
            Ok(()) => {
                kind.count();
                tracing::warn!(%address, "a {} was refused", kind.label());
                SignInError::Wrong
            }
            Err(wait) => {
                RefusedBy::Delay.count();
                SignInError::Wait(wait)
            }
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, AccessError> + Send + 'static,
    ) -> Result<T, AccessError> {
        let inner = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || work(&inner)).await.map_err(|_| AccessError::Busy)?
    }
}
