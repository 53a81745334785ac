//! A store that refuses for a while, because another connection holds its write lock,
//! and one that is damaged.
use rusqlite::Connection;

use super::*;
use crate::{
    audit::{AuditEvent, Declaration, DeclarationRequest},
    engine::{Decision, DecisionError, EngineError, QueryError},
    store::{StoreError, append_audit_to},
};

fn area(m2: f64) -> Declaration {
    let request = DeclarationRequest {
        kind: "floor-area".to_owned(),
        by: "energy coordinator".to_owned(),
        reason: "as measured on site".to_owned(),
        participant: Some("p0".to_owned()),
        from: Some("2027-04-01".to_owned()),
        m2: Some(m2),
        ..DeclarationRequest::default()
    };
    request.try_into().unwrap()
}

fn file(dir: &Path) -> PathBuf {
    dir.join("wattkampen.sqlite")
}

/// Another connection with the write lock; it holds it until it is rolled back.
fn write_lock(dir: &Path) -> Connection {
    let other = Connection::open(file(dir)).unwrap();
    other.busy_timeout(Duration::from_secs(60)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    other
}

/// Floor areas on the leaderboard's participants, and declarations in force: they agree.
async fn areas_and_declarations(engine: &EngineClient) -> (usize, usize) {
    let declarations = engine.decisions().await.unwrap().declarations.len();
    (engine.snapshot().participants[0].floor_area.0.len(), declarations)
}

fn log_kinds(entries: &[crate::audit::AuditEntry]) -> Vec<&'static str> {
    let kind = |event| match event {
        AuditEvent::Late { .. } => Some("late"),
        AuditEvent::Declaration { .. } => Some("declaration"),
        AuditEvent::Moved { .. } => Some("moved"),
        _ => None,
    };
    entries.iter().filter_map(|entry| kind(entry.event())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_refused_while_the_store_is_locked_and_taken_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let mut service = Service::start(&settings(dir.path())).await;
    service.reading(0, NOW - 7200, 5_000, 100).await;
    service.acknowledged().await;
    let other = write_lock(dir.path());
    let declare = |m2| service.handle.decide(Decision::Declare(area(m2)));
    let refused = declare(1100.0).await.expect("the engine answers").unwrap_err();
    assert!(matches!(&refused, DecisionError::Store(_)), "{refused}");
    assert!(!refused.hint().is_empty());
    assert_eq!(areas_and_declarations(&service.handle).await, (1, 0));
    other.execute_batch("ROLLBACK").unwrap();
    declare(1100.0).await.unwrap().unwrap();
    assert_eq!(areas_and_declarations(&service.handle).await, (2, 1));
    // The late reading waited for the log as well.
    let log = service.handle.log(0).await.unwrap();
    assert_eq!(log_kinds(&log), ["late", "declaration", "moved"]);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_decision_is_applied_as_soon_as_the_store_allows_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut service = Service::start(&settings(dir.path())).await;
    let event = AuditEvent::Declaration { declared: area(1100.0) };
    let cause = append_audit_to(dir.path(), &event).unwrap().seq;
    let other = write_lock(dir.path());
    // Queries are answered and readings are received, although the decision waits.
    service.reading(0, NOW, 5_000, 100).await;
    while service.handle.counts().await.expect("the engine answers").stored == 0 {}
    let (areas, declarations) = areas_and_declarations(&service.handle).await;
    assert_eq!(areas, 1 + declarations, "what is shown is what is in force");
    other.execute_batch("ROLLBACK").unwrap();
    service.acknowledged().await;
    let applied = async { while areas_and_declarations(&service.handle).await != (2, 1) {} };
    tokio::time::timeout(Duration::from_secs(60), applied).await.expect("the decision is applied");
    let moved = service.handle.log(cause).await.unwrap();
    assert_eq!(log_kinds(&moved), ["moved"], "its effect is recorded once");
    let first = service.all().await;
    service.stop().await;
    let service = Service::start(&settings(dir.path())).await;
    assert!(service.all().await == first, "a restart changes the board");
    service.stop().await;
}

/// Two that another process recorded one after the other.
#[tokio::test(flavor = "multi_thread")]
async fn each_decision_has_its_own_effect_in_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::start(&settings(dir.path())).await;
    let causes = [1100.0, 1200.0].map(|m2| {
        let event = AuditEvent::Declaration { declared: area(m2) };
        append_audit_to(dir.path(), &event).unwrap().seq
    });
    let applied = async { while areas_and_declarations(&service.handle).await.1 != 2 {} };
    tokio::time::timeout(Duration::from_secs(60), applied).await.expect("both are applied");
    let log = service.handle.log(0).await.unwrap();
    let moved = log.iter().filter_map(|entry| match entry.event() {
        AuditEvent::Moved { cause, .. } => Some(cause),
        _ => None,
    });
    assert_eq!(moved.collect::<Vec<_>>(), causes);
    service.stop().await;
}

/// What is accepted has to be in doubt: a mistyped kind would go unnoticed.
#[tokio::test(flavor = "multi_thread")]
async fn a_doubt_that_there_is_not_cannot_be_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::start(&settings(dir.path())).await;
    let request = DeclarationRequest {
        kind: "accept-doubt".to_owned(),
        by: "energy coordinator".to_owned(),
        reason: "the school was closed".to_owned(),
        participant: Some("p0".to_owned()),
        doubt: Some("zero-run".to_owned()),
        from: Some("2027-04-01".to_owned()),
        ..DeclarationRequest::default()
    };
    let declared = request.try_into().unwrap();
    let refused = service.handle.decide(Decision::Declare(declared)).await.unwrap().unwrap_err();
    assert!(refused.to_string().contains("no open doubt of the kind zero-run"), "{refused}");
    assert!(refused.hint().contains("has no open doubts"), "{}", refused.hint());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_cannot_be_answered_gets_the_reason_and_the_engine_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::start(&settings(dir.path())).await;
    let other = Connection::open(file(dir.path())).unwrap();
    other.execute_batch("ALTER TABLE audit RENAME TO elsewhere").unwrap();
    let error = service.handle.log(0).await.unwrap_err();
    assert!(matches!(&error, QueryError::Store { what, .. } if what.contains("audit")), "{error}");
    assert!(service.handle.counts().await.is_ok());
    other.execute_batch("ALTER TABLE elsewhere RENAME TO audit").unwrap();
    assert!(!service.handle.log(0).await.unwrap().is_empty());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_cannot_go_on_says_why_and_its_end_may_be_awaited_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut service = Service::start(&settings(dir.path())).await;
    for (who, at, import, power) in a_day() {
        service.reading(who, at, import, power).await;
    }
    service.acknowledged().await;
    service.stop().await;
    let mut service = Service::start(&settings(dir.path())).await;
    let other = Connection::open(file(dir.path())).unwrap();
    other.execute_batch("UPDATE block SET data = zeroblob(length(data))").unwrap();
    // Only the block shows whether the time is new.
    service.reading(0, NOW - DAY + 30, 1_000_002, 100).await;
    let ended = tokio::time::timeout(Duration::from_secs(60), service.engine.ended()).await;
    let error = ended.expect("the engine ends").unwrap_err();
    assert!(matches!(&error, EngineError::Store(StoreError::Damaged { .. })), "{error}");
    assert!(error.hint().starts_with("restore the data directory from a backup"));
    assert_eq!(service.handle.counts().await, Err(QueryError::Stopped));
    service.engine.ended().await.expect("the reason was given");
    service.engine.shutdown().await.expect("the reason was given");
    assert_eq!(service.connection.tokens.lock().unwrap().len(), 0, "nothing is acknowledged");
}
