//! Sessions and API tokens in the file.
use rusqlite::OptionalExtension;

use super::{
    account::{AccountName, Identity, Principal, Role},
    accounts::stored_role,
    database::{Database, now},
    error::AccessError,
    secret::{RandomSecret, digest},
};
use crate::audit::{AccessChange, AccessRecord, AuditEvent};

/// A session ends when it is not used for this long: 2 hours.
const IDLE: i64 = 2 * 3600;
/// A session ends this long after the sign-in, however often it is used: 12 hours.
pub const SESSION: i64 = 12 * 3600;
/// The use of a session is recorded to this many seconds.
const SEEN_STEP: i64 = 60;
/// Sessions of one account; the one that is unused for longest ends for another.
const SESSIONS: i64 = 32;
/// Longest validity of an API token: three years.
const TOKEN: i64 = 3 * 366 * 86_400;

/// An API token as `wattkampen token list` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its number.
    pub id: i64,
    /// What it may do.
    pub role: Role,
    /// When it expires, Unix seconds.
    pub expires: i64,
}

fn record(change: AccessChange, id: i64, role: &Role, by: &str) -> AuditEvent {
    AuditEvent::Access(AccessRecord {
        change,
        name: format!("token {id}"),
        role: role.name().to_owned(),
        participants: role.participants().to_vec(),
        by: by.to_owned(),
    })
}

impl Database {
    /// Begins a session of an account; its cookie.
    pub(super) fn begin_session(&self, name: &AccountName) -> Result<RandomSecret, AccessError> {
        let secret = RandomSecret::draw();
        let mut connection = self.connection();
        let change = connection.transaction()?;
        let now = now();
        change.execute("DELETE FROM session WHERE expires <= ? OR seen <= ?", (now, now - IDLE))?;
        change.execute(
            "DELETE FROM session WHERE account = ?1 AND digest NOT IN (
                SELECT digest FROM session WHERE account = ?1 ORDER BY seen DESC LIMIT ?2)",
            (name.as_str(), SESSIONS - 1),
        )?;
        change.execute(
            "INSERT INTO session (digest, account, seen, expires) VALUES (?, ?, ?, ?)",
            (secret.digest().as_slice(), name.as_str(), now, now + SESSION),
        )?;
        let signed_in = "UPDATE account SET signed_in = ? WHERE name = ?";
        change.execute(signed_in, (now, name.as_str()))?;
        change.commit()?;
        Ok(secret)
    }

    /// Who a session's cookie is, while the session lasts.
    pub(super) fn session(&self, cookie: &str) -> Result<Option<Identity>, AccessError> {
        let (digest, now) = (digest(cookie), now());
        let connection = self.connection();
        let found: Option<(String, String, String, i64)> = connection
            .prepare_cached(
                "SELECT name, role, participants, seen FROM session JOIN account ON account = name
                 WHERE digest = ? AND expires > ? AND seen > ?",
            )?
            .query_row((digest.as_slice(), now, now - IDLE), |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()?;
        let Some((name, role, participants, seen)) = found else { return Ok(None) };
        if now - seen >= SEEN_STEP {
            let used = "UPDATE session SET seen = ? WHERE digest = ?";
            connection.execute(used, (now, digest.as_slice()))?;
        }
        let role = stored_role(&role, &participants);
        Ok(Some(Identity { principal: Principal::Account(name.parse()?), role }))
    }

    /// Ends a session, if there is one.
    pub(super) fn end_session(&self, cookie: &str) -> Result<(), AccessError> {
        let delete = "DELETE FROM session WHERE digest = ?";
        self.connection().execute(delete, [digest(cookie).as_slice()])?;
        Ok(())
    }

    /// Adds an API token that expires at a time; its number and its text.
    pub(super) fn add_token(
        &self,
        role: &Role,
        expires: i64,
        by: &str,
    ) -> Result<(i64, RandomSecret), AccessError> {
        let now = now();
        if !(now + 60..=now + TOKEN).contains(&expires) {
            return Err(AccessError::Expiry);
        }
        self.change(|connection| {
            let secret = RandomSecret::draw();
            connection.execute(
                "INSERT INTO token (digest, role, participants, created, expires) VALUES (?, ?, ?, ?, ?)",
                (
                    secret.digest().as_slice(),
                    role.name(),
                    role.participants().join(" "),
                    now,
                    expires,
                ),
            )?;
            let id = connection.last_insert_rowid();
            Ok(((id, secret), record(AccessChange::TokenAdded, id, role, by)))
        })
    }

    /// All tokens, by number.
    pub(super) fn tokens(&self) -> Result<Vec<Token>, AccessError> {
        let connection = self.connection();
        let select = "SELECT id, role, participants, expires FROM token ORDER BY id";
        let mut statement = connection.prepare_cached(select)?;
        let tokens = statement.query_map([], |row| {
            let (role, participants): (String, String) = (row.get(1)?, row.get(2)?);
            let role = stored_role(&role, &participants);
            Ok(Token { id: row.get(0)?, role, expires: row.get(3)? })
        })?;
        Ok(tokens.collect::<Result<_, _>>()?)
    }

    /// Removes a token.
    pub(super) fn remove_token(&self, id: i64, by: &str) -> Result<(), AccessError> {
        let token = self.tokens()?.into_iter().find(|token| token.id == id);
        let token = token.ok_or_else(|| AccessError::Missing(format!("token {id}")))?;
        self.change(|connection| {
            connection.execute("DELETE FROM token WHERE id = ?", [id])?;
            Ok(((), record(AccessChange::TokenRemoved, id, &token.role, by)))
        })
    }

    /// Who a token is, while it is valid.
    pub(super) fn token(&self, presented: &str) -> Result<Option<Identity>, AccessError> {
        let connection = self.connection();
        let found: Option<(i64, String, String)> = connection
            .prepare_cached(
                "SELECT id, role, participants FROM token WHERE digest = ? AND expires > ?",
            )?
            .query_row((digest(presented).as_slice(), now()), |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        Ok(found.map(|(id, role, participants)| Identity {
            principal: Principal::Token(id),
            role: stored_role(&role, &participants),
        }))
    }
}
