//! What a new password needs: its length counts, not its kinds of characters.

/// Fewest characters of a password.
pub const MIN_PASSWORD: usize = 12;
/// Most bytes of a password: each attempt costs a hash over all of them.
pub const MAX_PASSWORD: usize = 200;

/// A password is not acceptable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// It is too short to withstand guesses.
    #[error("the password has fewer than {MIN_PASSWORD} characters")]
    Short,
    /// It is longer than anything that is typed.
    #[error("the password has more than {MAX_PASSWORD} bytes")]
    Long,
    /// It can be guessed from the name.
    #[error("the password contains the account's name")]
    Name,
}

/// Checks a new password of an account.
///
/// # Errors
/// [`WeakPassword`]
pub(super) fn check(password: &str, account: &str) -> Result<(), WeakPassword> {
    if password.chars().count() < MIN_PASSWORD {
        return Err(WeakPassword::Short);
    }
    if password.len() > MAX_PASSWORD {
        return Err(WeakPassword::Long);
    }
    if account.len() >= 4 && password.to_lowercase().contains(account) {
        return Err(WeakPassword::Name);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_and_not_the_name() {
        assert_eq!(check("kort", "anna"), Err(WeakPassword::Short));
        assert_eq!(check(&"å".repeat(150), "anna"), Err(WeakPassword::Long));
        assert_eq!(check("Anna i Söderhamn", "anna"), Err(WeakPassword::Name));
        assert_eq!(check("tolv tecken!", "anna"), Ok(()));
    }
}
