//! Accounts, sessions and tokens over a file, as the service and the commands use them.
use std::net::Ipv4Addr;

use super::*;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PASSWORD: &str = "fyra ord utan samband";

fn open() -> (tempfile::TempDir, Access) {
    let dir = tempfile::tempdir().expect("a folder");
    let access = Access::open(dir.path()).expect("a file");
    (dir, access)
}

fn add(dir: &Path, name: &str, role: &Role) {
    let commands = Administration::open(dir).expect("the same file");
    let name = name.parse().expect("a name");
    commands.add(&name, role, Some(PASSWORD), "command line").expect("a new account");
}

async fn sign_in(access: &Access, name: &str) -> RandomSecret {
    access.sign_in(name, PASSWORD.to_owned(), HERE).await.expect("a sign-in").0
}

async fn is_session(access: &Access, cookie: &RandomSecret) -> bool {
    access.session(cookie.reveal().to_owned()).await.expect("the file").is_some()
}

/// Lets the time of all sessions pass.
fn age(access: &Access, seconds: i64) {
    let connection = access.0.database.connection();
    let back = "UPDATE session SET seen = seen - ?1, expires = expires - ?1";
    connection.execute(back, [seconds]).expect("sessions");
}

#[tokio::test]
async fn the_setup_link_creates_one_account_and_only_where_there_is_none() {
    let (dir, access) = open();
    let Some(StartLink::SetUp(secret)) = access.link() else { panic!("a setup link") };
    let guess = access.set_up("guess", "anna", PASSWORD.to_owned(), HERE).await;
    assert!(matches!(guess, Err(SignInError::Wrong)), "{guess:?}");
    let weak = access.set_up(secret.reveal(), "anna", "kort".to_owned(), HERE).await;
    assert!(matches!(weak, Err(SignInError::Failed(AccessError::Password(_)))), "{weak:?}");
    let set_up = access.set_up(secret.reveal(), "anna", PASSWORD.to_owned(), HERE).await;
    assert_eq!(set_up.expect("the first account").1.role, Role::Organiser);
    let again = access.set_up(secret.reveal(), "bertil", PASSWORD.to_owned(), HERE).await;
    assert!(matches!(again, Err(SignInError::Wrong)), "{again:?}");
    assert!(Access::open(dir.path()).expect("the same file").link().is_none());
}

#[tokio::test]
async fn an_account_that_a_command_adds_makes_the_setup_link_void() {
    let (dir, access) = open();
    let Some(StartLink::SetUp(secret)) = access.link() else { panic!("a setup link") };
    add(dir.path(), "anna", &Role::Organiser);
    assert!(access.check_setup_link(secret.reveal(), HERE).await.is_err());
}

#[tokio::test]
async fn a_session_ends_by_sign_out_idleness_age_reset_and_removal() {
    let (dir, access) = open();
    add(dir.path(), "anna", &Role::Organiser);
    let [first, second] = [sign_in(&access, "anna").await, sign_in(&access, "ANNA ").await];
    assert_ne!(first, second);
    access.sign_out(first.reveal().to_owned()).await.expect("the file");
    assert!(!is_session(&access, &first).await && is_session(&access, &second).await);
    age(&access, 2 * 3600 + 1);
    assert!(!is_session(&access, &second).await, "idle");

    let busy = sign_in(&access, "anna").await;
    for _ in 0..11 {
        age(&access, 3600);
        assert!(is_session(&access, &busy).await);
    }
    age(&access, 3600);
    assert!(!is_session(&access, &busy).await, "however often it is used");

    let commands = Administration::open(dir.path()).expect("the same file");
    let name = "anna".parse().expect("a name");
    let reset = sign_in(&access, "anna").await;
    commands.reset(&name, Some("fem andra ord utan samband"), "command line").expect("an account");
    assert!(!is_session(&access, &reset).await, "the password was reset");
    commands.reset(&name, Some(PASSWORD), "command line").expect("an account");
    let removed = sign_in(&access, "anna").await;
    commands.remove(&name, "command line").expect("an account");
    assert!(!is_session(&access, &removed).await, "the account was removed");
    let gone = access.sign_in("anna", PASSWORD.to_owned(), HERE).await;
    assert!(matches!(gone, Err(SignInError::Wrong)), "{gone:?}");
}

#[tokio::test]
async fn an_invitation_is_used_once_and_replaces_the_password() {
    let (dir, access) = open();
    add(dir.path(), "anna", &Role::Reader);
    let commands = Administration::open(dir.path()).expect("the same file");
    let name = "anna".parse().expect("a name");
    let link = commands.reset(&name, None, "command line").expect("an account").expect("a link");
    let old = access.sign_in("anna", PASSWORD.to_owned(), HERE).await;
    assert!(matches!(old, Err(SignInError::Wrong)), "the old password is void: {old:?}");
    assert_eq!(access.invited(link.reveal(), HERE).await.expect("invited").name, name);
    let accepted = access.accept(link.reveal(), PASSWORD.to_owned(), HERE).await;
    assert_eq!(accepted.expect("a session").1.role, Role::Reader);
    sign_in(&access, "anna").await;
    let again = access.accept(link.reveal(), PASSWORD.to_owned(), HERE).await;
    assert!(matches!(again, Err(SignInError::Wrong)), "{again:?}");
    let link = commands.reset(&name, None, "command line").expect("an account").expect("a link");
    let expire = "UPDATE invitation SET expires = expires - 3 * 86400";
    access.0.database.connection().execute(expire, []).expect("an invitation");
    assert!(access.invited(link.reveal(), HERE).await.is_err(), "expired");
}

#[tokio::test]
async fn a_token_has_its_role_until_it_expires_or_is_removed() {
    let (dir, access) = open();
    let commands = Administration::open(dir.path()).expect("the same file");
    let town = Role::Town(vec!["pitea".to_owned(), "sunne".to_owned()]);
    let soon = database::now() + 3600;
    assert!(matches!(commands.add_token(&town, soon - 3600, "x"), Err(AccessError::Expiry)));
    let (id, text) = commands.add_token(&town, soon, "command line").expect("a token");
    let token = || access.token(text.reveal().to_owned(), HERE);
    let identity = token().await.expect("valid");
    assert_eq!((identity.principal, identity.role), (Principal::Token(id), town));
    let wrong = access.token("guess".to_owned(), HERE).await;
    assert!(matches!(wrong, Err(SignInError::Wrong)), "{wrong:?}");
    let expire = "UPDATE token SET expires = expires - 3600";
    access.0.database.connection().execute(expire, []).expect("a token");
    assert!(token().await.is_err(), "expired");
    let (id, text) = commands.add_token(&Role::Reader, soon, "command line").expect("a token");
    commands.remove_token(id, "command line").expect("it is there");
    assert!(access.token(text.reveal().to_owned(), HERE).await.is_err(), "removed");
}

#[tokio::test]
async fn guesses_are_delayed_and_the_right_password_too_while_that_lasts() {
    let (dir, access) = open();
    add(dir.path(), "anna", &Role::Organiser);
    for name in ["anna", "who is this"] {
        for n in 0..6 {
            // From ever other addresses: the account's own delay.
            let from = IpAddr::V4(Ipv4Addr::new(192, 0, 2, n));
            let wrong = access.sign_in(name, "fel lösenord igen".to_owned(), from).await;
            assert!(matches!(wrong, Err(SignInError::Wrong)), "{n}: {wrong:?}");
        }
        let delayed = access.sign_in(name, PASSWORD.to_owned(), HERE).await;
        assert!(matches!(delayed, Err(SignInError::Wait(_))), "{delayed:?}");
    }
}

#[tokio::test]
async fn nothing_in_the_file_is_a_secret_that_was_handed_over() {
    let (dir, access) = open();
    add(dir.path(), "anna", &Role::Organiser);
    let session = sign_in(&access, "anna").await;
    let commands = Administration::open(dir.path()).expect("the same file");
    let link = commands.reset(&"anna".parse().expect("a name"), None, "x").expect("an account");
    let (_, token) =
        commands.add_token(&Role::Reader, database::now() + 3600, "x").expect("a token");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir.path()).expect("the folder") {
        files.extend(std::fs::read(entry.expect("an entry").path()).expect("a file"));
    }
    let link = link.expect("a link");
    for secret in [session.reveal(), link.reveal(), token.reveal(), PASSWORD] {
        assert!(!files.windows(secret.len()).any(|part| part == secret.as_bytes()));
    }
}

#[tokio::test]
async fn a_demonstration_has_a_link_for_its_run_and_no_password() {
    let access = Access::demonstration().expect("in memory");
    let Some(StartLink::Demonstration(secret)) = access.link() else { panic!("a link") };
    for _ in 0..2 {
        let (_, identity) = access.enter(secret.reveal(), HERE).await.expect("the link");
        assert_eq!(identity.role, Role::Organiser);
    }
    assert!(access.enter("guess", HERE).await.is_err());
    assert!(access.sign_in("demo", String::new(), HERE).await.is_err());
}
