//! Accounts and invitations in the file, each change with its entry in the audit trail.
use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    account::{AccountName, Identity, Principal, Role},
    database::{Database, now},
    error::AccessError,
    secret::{Digest, RandomSecret, digest},
};
use crate::audit::{AccessChange, AccessRecord, AuditEvent};

/// How long a link to choose a password is valid: 3 days.
const INVITATION: i64 = 3 * 86_400;

/// An account as `wattkampen user list` and the page of accounts show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: AccountName,
    /// What it may do.
    pub role: Role,
    /// Whether a password is set: false until its invitation is used.
    pub has_password: bool,
    /// The last sign-in, Unix seconds.
    pub signed_in: Option<i64>,
}

/// How a new password is set.
#[derive(Debug)]
pub(super) enum NewPassword {
    /// Its hash.
    Hash(String),
    /// By a link that is returned.
    Invitation,
}

fn record(change: AccessChange, name: &AccountName, role: &Role, by: &str) -> AuditEvent {
    AuditEvent::Access(AccessRecord {
        change,
        name: name.to_string(),
        role: role.name().to_owned(),
        participants: role.participants().to_vec(),
        by: by.to_owned(),
    })
}

/// A role from its two columns. A row that another version wrote has the least rights.
pub(super) fn stored_role(name: &str, participants: &str) -> Role {
    let participants = participants.split_whitespace().map(str::to_owned).collect();
    Role::new(name, participants).unwrap_or(Role::Town(Vec::new()))
}

fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    let name: String = row.get(0)?;
    let (role, participants): (String, String) = (row.get(1)?, row.get(2)?);
    Ok(Account {
        name: name.parse().map_err(|_| rusqlite::Error::InvalidQuery)?,
        role: stored_role(&role, &participants),
        has_password: row.get(3)?,
        signed_in: row.get(4)?,
    })
}

const COLUMNS: &str =
    "SELECT name, role, participants, password IS NOT NULL, signed_in FROM account";

fn find(connection: &Connection, name: &AccountName) -> Result<Account, AccessError> {
    let found = connection
        .prepare_cached(&format!("{COLUMNS} WHERE name = ?"))?
        .query_row([name.as_str()], account)
        .optional()?;
    found.ok_or_else(|| AccessError::Missing(format!("account {name}")))
}

fn insert(
    connection: &Connection,
    name: &AccountName,
    role: &Role,
    hash: Option<&str>,
) -> Result<(), AccessError> {
    let inserted = connection.execute(
        "INSERT OR IGNORE INTO account (name, role, participants, password, created) VALUES (?, ?, ?, ?, ?)",
        (name.as_str(), role.name(), role.participants().join(" "), hash, now()),
    )?;
    if inserted == 0 {
        return Err(AccessError::Exists(name.to_string()));
    }
    Ok(())
}

fn invite(connection: &Connection, name: &AccountName) -> Result<RandomSecret, AccessError> {
    let secret = RandomSecret::draw();
    connection.execute(
        "INSERT OR REPLACE INTO invitation (account, digest, expires) VALUES (?, ?, ?)",
        (name.as_str(), secret.digest().as_slice(), now() + INVITATION),
    )?;
    Ok(secret)
}

fn invited(connection: &Connection, digest: &Digest) -> Result<Account, AccessError> {
    let found = connection
        .prepare_cached(
            "SELECT name, role, participants, password IS NOT NULL, signed_in
             FROM account JOIN invitation ON account = name WHERE digest = ? AND expires > ?",
        )?
        .query_row((digest.as_slice(), now()), account)
        .optional()?;
    found.ok_or(AccessError::Link)
}

impl Database {
    /// Whether there is an account.
    pub(super) fn has_accounts(&self) -> Result<bool, AccessError> {
        let connection = self.connection();
        Ok(connection.prepare_cached("SELECT 1 FROM account LIMIT 1")?.exists([])?)
    }

    /// All accounts, by name.
    pub(super) fn accounts(&self) -> Result<Vec<Account>, AccessError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(&format!("{COLUMNS} ORDER BY name"))?;
        let accounts = statement.query_map([], account)?;
        Ok(accounts.collect::<Result<_, _>>()?)
    }

    /// Adds an account; `by` is who does. Returns the invitation, where there is one.
    pub(super) fn add_account(
        &self,
        name: &AccountName,
        role: &Role,
        password: NewPassword,
        by: &str,
    ) -> Result<Option<RandomSecret>, AccessError> {
        self.change(|connection| {
            let invitation = match password {
                NewPassword::Hash(hash) => {
                    insert(connection, name, role, Some(&hash))?;
                    None
                }
                NewPassword::Invitation => {
                    insert(connection, name, role, None)?;
                    Some(invite(connection, name)?)
                }
            };
            Ok((invitation, record(AccessChange::AccountAdded, name, role, by)))
        })
    }

    /// Adds the first account, an organiser's; fails where there is one.
    pub(super) fn add_first_account(
        &self,
        name: &AccountName,
        hash: &str,
    ) -> Result<(), AccessError> {
        self.change(|connection| {
            if connection.prepare_cached("SELECT 1 FROM account LIMIT 1")?.exists([])? {
                return Err(AccessError::SetUp);
            }
            insert(connection, name, &Role::Organiser, Some(hash))?;
            let event = record(AccessChange::AccountAdded, name, &Role::Organiser, "setup link");
            Ok(((), event))
        })
    }

    /// Removes an account with its sessions.
    pub(super) fn remove_account(&self, name: &AccountName, by: &str) -> Result<(), AccessError> {
        self.change(|connection| {
            let Account { role, .. } = find(connection, name)?;
            connection.execute("DELETE FROM account WHERE name = ?", [name.as_str()])?;
            Ok(((), record(AccessChange::AccountRemoved, name, &role, by)))
        })
    }

    /// Replaces the password of an account and ends its sessions. Returns the invitation,
    /// where there is one; until it is used nothing signs in to the account.
    pub(super) fn reset_password(
        &self,
        name: &AccountName,
        password: NewPassword,
        by: &str,
    ) -> Result<Option<RandomSecret>, AccessError> {
        self.change(|connection| {
            let Account { role, .. } = find(connection, name)?;
            connection.execute("DELETE FROM session WHERE account = ?", [name.as_str()])?;
            connection.execute("DELETE FROM invitation WHERE account = ?", [name.as_str()])?;
            let (hash, invitation) = match password {
                NewPassword::Hash(hash) => (Some(hash), None),
                NewPassword::Invitation => (None, Some(invite(connection, name)?)),
            };
            let set = "UPDATE account SET password = ? WHERE name = ?";
            connection.execute(set, (hash, name.as_str()))?;
            Ok((invitation, record(AccessChange::PasswordReset, name, &role, by)))
        })
    }

    /// The account that a link invites.
    pub(super) fn invited(&self, secret: &str) -> Result<Account, AccessError> {
        invited(&self.connection(), &digest(secret))
    }

    /// Uses an invitation: sets the password.
    pub(super) fn accept(&self, secret: &str, hash: &str) -> Result<AccountName, AccessError> {
        self.change(|connection| {
            let Account { name, role, .. } = invited(connection, &digest(secret))?;
            connection.execute("DELETE FROM invitation WHERE account = ?", [name.as_str()])?;
            let set = "UPDATE account SET password = ? WHERE name = ?";
            connection.execute(set, (hash, name.as_str()))?;
            let event = record(AccessChange::PasswordChosen, &name, &role, name.as_str());
            Ok((name, event))
        })
    }

    /// The hash of an account's password, where it has one.
    pub(super) fn password_of(&self, name: &AccountName) -> Result<Option<String>, AccessError> {
        let connection = self.connection();
        let found: Option<Option<String>> = connection
            .prepare_cached("SELECT password FROM account WHERE name = ?")?
            .query_row([name.as_str()], |row| row.get(0))
            .optional()?;
        Ok(found.flatten())
    }

    /// The identity of an account.
    pub(super) fn identity(&self, name: &AccountName) -> Result<Identity, AccessError> {
        let Account { name, role, .. } = find(&self.connection(), name)?;
        Ok(Identity { principal: Principal::Account(name), role })
    }
}
