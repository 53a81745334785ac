//! Another process holds the store's write lock, or damages the store: the service goes
//! on, or ends with the reason.
use std::time::{Duration, Instant};

use tests::Publisher;

use super::*;

/// Longer than the service waits for the lock at once.
const LOCKED: Duration = Duration::from_millis(3500);

/// Holds the write lock and asks the service meanwhile: it answers from what it has.
fn while_locked(contest: &Contest, server: &Server, mut ask: impl FnMut()) {
    let other = contest.store();
    other.busy_timeout(Duration::from_secs(60)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = Instant::now();
    while began.elapsed() < LOCKED {
        ask();
        for path in [BOARD, "/api/v1/leaderboard?rule=intensity", "/healthz"] {
            assert_eq!(server.get(path).status, 200, "{path}");
        }
    }
    other.execute_batch("ROLLBACK").unwrap();
}

/// Stops the service and verifies the log. Days may wait for their seals, because seals
/// are tried again only some seconds after the store refused them.
fn verified_audit(contest: &Contest, server: Server) -> Value {
    assert!(server.terminate().success());
    let (audit, verified) = contest.audit();
    assert!(verified, "{audit}");
    audit
}

#[test]
fn a_declaration_over_http_is_refused_while_the_store_is_locked() {
    let (contest, server) = Contest::new();
    let before = rows(&server);
    // A new token is an entry of the log, which takes none while it is locked.
    server.organiser();
    while_locked(&contest, &server, || {
        let refused = ask(&server, "declarations", &march("hall-1"));
        assert_eq!(refused.status, 503, "{}", refused.text());
        let problem = refused.json();
        assert!(problem["detail"].as_str().unwrap().contains("locked"), "{problem}");
    });
    assert_eq!(rows(&server), before, "nothing is applied");
    declared(&server, "declarations", &march("hall-1"));
    assert_ne!(row(&rows(&server), "hall-1"), row(&before, "hall-1"));
    let audit = verified_audit(&contest, server);
    assert_eq!(events(&audit, "declaration").len(), 1);
}

#[test]
fn a_declaration_beside_the_service_waits_for_the_store_and_is_applied() {
    let (contest, server) = Contest::new();
    let before = rows(&server);
    let declared = contest.run(&[
        "declare",
        "event",
        "--participant",
        "hall-1",
        "--from",
        "2025-03-01",
        "--until",
        "2025-04-01",
        "--by",
        "energy coordinator",
        "--reason",
        "a wing was closed",
    ]);
    assert!(declared.status.success(), "{}", String::from_utf8_lossy(&declared.stderr));
    while_locked(&contest, &server, || ());
    until("the declaration is applied", || (rows(&server) != before).then_some(()));
    let audit = verified_audit(&contest, server);
    assert_eq!((events(&audit, "declaration").len(), events(&audit, "moved").len()), (1, 1));
}

#[test]
fn a_service_with_a_damaged_store_says_why_it_ends() {
    let (contest, server) = Contest::new();
    contest.close(server);
    let server = Server::serve(&contest.config);
    contest.store().execute_batch("UPDATE block SET data = zeroblob(length(data))").unwrap();
    let late = tests::reading(&contest.halls[0], local("2025-04-01T12:30"), 9_000_000, 10, 1);
    let mut publisher = Publisher::connect(server.broker(), "late").unwrap();
    publisher.publish(&late).unwrap();
    publisher.flush().unwrap();
    let (status, log) = server.ended();
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("the store is damaged at"), "{log}");
    assert!(log.contains("restore the data directory from a backup"), "{log}");
    assert!(!log.contains("panicked"), "{log}");
}
