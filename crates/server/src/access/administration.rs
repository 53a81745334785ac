//! Changes of accounts and tokens, by the command line and by an organiser's page.
use std::path::Path;

use super::{
    account::{AccountName, Role},
    accounts::{Account, NewPassword},
    database::Database,
    error::AccessError,
    password, password_rules,
    secret::RandomSecret,
    sessions::Token,
};

/// The accounts of a data directory, with or without a running service.
#[derive(Debug)]
pub struct Administration<'a>(Held<'a>);

#[derive(Debug)]
enum Held<'a> {
    Owned(Database),
    Borrowed(&'a Database),
}

impl Administration<'static> {
    /// Opens the accounts beside a service, or without one.
    ///
    /// # Errors
    /// [`AccessError`]
    pub fn open(dir: &Path) -> Result<Self, AccessError> {
        Ok(Self(Held::Owned(Database::open(dir)?)))
    }
}

impl<'a> Administration<'a> {
    pub(super) const fn new(database: &'a Database) -> Self {
        Self(Held::Borrowed(database))
    }

    const fn database(&self) -> &Database {
        match &self.0 {
            Held::Owned(database) => database,
            Held::Borrowed(database) => database,
        }
    }

    /// All accounts, by name.
    ///
    /// # Errors
    /// [`AccessError`]
    pub fn accounts(&self) -> Result<Vec<Account>, AccessError> {
        self.database().accounts()
    }

    /// Adds an account; `by` is who does. Without a password an invitation is returned, the
    /// secret of a link that chooses one.
    ///
    /// # Errors
    /// [`AccessError`]
    pub fn add(
        &self,
        name: &AccountName,
        role: &Role,
        password: Option<&str>,
        by: &str,
    ) -> Result<Option<RandomSecret>, AccessError> {
        let password = new_password(name, password)?;
        self.database().add_account(name, role, password, by)
    }

    /// Removes an account and ends its sessions.
    ///
    /// # Errors
    /// [`AccessError`]
    pub fn remove(&self, name: &AccountName, by: &str) -> Result<(), AccessError> {
        self.database().remove_account(name, by)
    }

    /// Replaces the password of an account and ends its sessions; as [`Administration::add`].
    ///
    /// # Errors
    /// [`AccessError`]
    pub fn reset(
        &self,
        name: &AccountName,
        password: Option<&str>,
        by: &str,
    ) -> Result<Option<RandomSecret>, AccessError> {
        let password = new_password(name, password)?;
        self.database().reset_password(name, password, by)
    }

    /// Adds an API token that expires at a time, Unix seconds; its number and its text.
    ///
    /// # Errors
    /// [`AccessError`]
    pub fn add_token(
        &self,
        role: &Role,
        expires: i64,
        by: &str,
    ) -> Result<(i64, RandomSecret), AccessError> {
        self.database().add_token(role, expires, by)
    }

    /// All API tokens, by number.
    ///
    /// # Errors
    /// [`AccessError`]
    pub fn tokens(&self) -> Result<Vec<Token>, AccessError> {
        self.database().tokens()
    }

    /// Removes an API token.
    ///
    /// # Errors
    /// [`AccessError`]
    pub fn remove_token(&self, id: i64, by: &str) -> Result<(), AccessError> {
        self.database().remove_token(id, by)
    }
}

fn new_password(name: &AccountName, password: Option<&str>) -> Result<NewPassword, AccessError> {
    let Some(password) = password else { return Ok(NewPassword::Invitation) };
    password_rules::check(password, name.as_str())?;
    Ok(NewPassword::Hash(password::hash(password)?))
}
