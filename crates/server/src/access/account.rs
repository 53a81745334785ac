//! Names of accounts, roles, and what each role may do.
use std::{fmt, str::FromStr};

/// Longest name of an account, bytes.
const MAX_NAME: usize = 64;

/// The name of an account: ASCII letters, digits and `.@_+-`, so that an e-mail address is
/// one. Upper and lower case are the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountName(String);

/// A text is not the name of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an account's name has 1 to 64 of a-z, 0-9 and .@_+-, such as an e-mail address")]
pub struct InvalidName;

impl AccountName {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let valid = |c: char| c.is_ascii_alphanumeric() || ".@_+-".contains(c);
        let text = text.trim();
        if text.is_empty() || text.len() > MAX_NAME || !text.chars().all(valid) {
            return Err(InvalidName);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an account or a token may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Organiser,
    /// Declare and withdraw the activities of these participants, and nothing else.
    Town(Vec<String>),
    /// See what the organiser sees, and change nothing.
    Reader,
}

/// A role does not fit the participants that it was given with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRole {
    /// The text names no role.
    #[error("a role is organiser, town or reader")]
    Unknown,
    /// A town without a participant may do nothing.
    #[error("a town's role needs at least one participant")]
    NoParticipant,
    /// Only a town is bound to participants.
    #[error("only a town's role has participants")]
    Participants,
}

impl Role {
    /// The names of all roles.
    pub const NAMES: [&str; 3] = ["organiser", "town", "reader"];

    /// A role by its name, with the participants that it is bound to.
    ///
    /// # Errors
    /// [`InvalidRole`]
    pub fn new(name: &str, participants: Vec<String>) -> Result<Self, InvalidRole> {
        match (name, participants.is_empty()) {
            ("organiser", true) => Ok(Self::Organiser),
            ("reader", true) => Ok(Self::Reader),
            ("town", false) => Ok(Self::Town(participants)),
            ("town", true) => Err(InvalidRole::NoParticipant),
            ("organiser" | "reader", false) => Err(InvalidRole::Participants),
            _ => Err(InvalidRole::Unknown),
        }
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Organiser => "organiser",
            Self::Town(_) => "town",
            Self::Reader => "reader",
        }
    }

    /// The participants that it is bound to; empty where it is not.
    pub fn participants(&self) -> &[String] {
        match self {
            Self::Town(participants) => participants,
            Self::Organiser | Self::Reader => &[],
        }
    }

    /// Whether it may see the organiser's page and the audit trail.
    pub const fn sees_desk(&self) -> bool {
        matches!(self, Self::Organiser | Self::Reader)
    }

    /// Whether it may declare an activity of a participant.
    pub fn declares_activities_of(&self, participant: &str) -> bool {
        match self {
            Self::Organiser => true,
            Self::Town(participants) => participants.iter().any(|own| own == participant),
            Self::Reader => false,
        }
    }
}

/// Who sends a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account, or the token.
    pub principal: Principal,
    /// What it may do.
    pub role: Role,
}

/// The account or token of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// An account, by a session.
    Account(AccountName),
    /// An API token, by its number.
    Token(i64),
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(name) => name.fmt(f),
            Self::Token(id) => write!(f, "token {id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_plain_and_without_case() {
        let name: AccountName = " Energi@Soderhamn.example ".parse().expect("an address");
        assert_eq!(name.as_str(), "energi@soderhamn.example");
        for wrong in ["", "a b", "å", "a\u{202e}b", &"a".repeat(65), "a\nb", "<b>"] {
            assert_eq!(wrong.parse::<AccountName>(), Err(InvalidName), "{wrong:?}");
        }
    }

    #[test]
    fn only_a_town_has_participants_and_it_has_some() {
        let ids = || vec!["pitea".to_owned()];
        assert_eq!(Role::new("town", ids()), Ok(Role::Town(ids())));
        assert_eq!(Role::new("town", vec![]), Err(InvalidRole::NoParticipant));
        assert_eq!(Role::new("reader", ids()), Err(InvalidRole::Participants));
        assert_eq!(Role::new("root", vec![]), Err(InvalidRole::Unknown));
        for name in Role::NAMES {
            let ids = if name == "town" { ids() } else { vec![] };
            assert_eq!(Role::new(name, ids).expect("a role").name(), name);
        }
    }

    #[test]
    fn a_town_declares_its_own_activities_only() {
        let town = Role::Town(vec!["pitea".to_owned()]);
        assert!(town.declares_activities_of("pitea") && !town.declares_activities_of("sunne"));
        assert!(!town.sees_desk() && Role::Reader.sees_desk());
        assert!(!Role::Reader.declares_activities_of("pitea"));
    }
}
