//! A thousand malformed messages among good ones: no good one is lost, each of the others
//! is counted and explained, and no task panics.
use std::collections::{BTreeMap, HashSet};

use tests::{PAST, Place, Publisher, Server, TownHall, local, reading, until, write_config};

const EACH: usize = 50;

/// Reason at `/metrics`, topic, payload; `NOW` stands for a good time.
fn nonsense(n: usize) -> Vec<(&'static str, String, Vec<u8>)> {
    let own = "wattkampen/v1/gateway-1/reading";
    let with = |old: &str, new: &str| GOOD.replace(old, new).into_bytes();
    let mut all: Vec<(&'static str, &str, Vec<u8>)> = vec![
        ("json", own, b"".to_vec()),
        ("json", own, b"{".to_vec()),
        ("json", own, b"null".to_vec()),
        ("json", own, format!("[{n}]").into_bytes()),
        ("json", own, with("1234567", "NaN")),
        ("json", own, with("1234567", "-5")),
        ("json", own, with("1234567", "\"1234567\"")),
        ("json", own, with("1234567", "1e400")),
        ("json", own, with("2025-03-05T12:00:00Z", "yesterday")),
        ("json", own, with("}", "")),
        ("json", own, with("\"import_wh\":1234567,", "")),
        ("not_utf8", own, vec![0xff, 0xfe, n as u8]),
        ("too_large", own, vec![b' '; 1_000_000]),
        ("future", own, with("2025-", "2999-")),
        ("ancient", own, with("2025-", "1999-")),
        ("sentinel", own, with("1234567", "4294967295")),
        ("absurd", own, with("1234567", "9223372036854775807")),
        ("unknown_meter", own, with("735999100000000001", &format!("unknown-{n}"))),
        ("wrong_gateway", "wattkampen/v1/gateway-2/reading", with("x", "x")),
        ("topic", "wattkampen/v1/gateway-1/rumour", with("x", "x")),
    ];
    all.drain(..).map(|(reason, topic, payload)| (reason, topic.to_owned(), payload)).collect()
}

const GOOD: &str = r#"{"meter":"735999100000000001","t":"2025-03-05T12:00:00Z","import_wh":1234567,"export_wh":0,"power_w":1727,"seq":1,"boot":1}"#;

#[test]
fn a_thousand_malformed_messages_stop_nothing() {
    let halls = TownHall::several(2);
    assert!(GOOD.contains(&halls[0].meter), "the meter of {GOOD} is the first hall's");
    let folder = tempfile::tempdir().unwrap();
    let server = Server::serve(&write_config(folder.path(), PAST, &halls, Place::Embedded));
    let start = local("2025-03-05T00:00").as_second();
    let mut publisher = Publisher::connect(server.broker(), "nonsense").unwrap();
    let (mut good, mut bad) = (0_u32, BTreeMap::<&str, u64>::new());
    for n in 0..EACH {
        let mut unacknowledged = HashSet::new();
        for (reason, topic, payload) in nonsense(n) {
            *bad.entry(reason).or_default() += 1;
            let at = jiff::Timestamp::from_second(start + i64::from(good) * 10).unwrap();
            let message = reading(&halls[0], at, 1_000_000 + u64::from(good), 360, good);
            good += 1;
            for message in [(topic, payload), message] {
                unacknowledged.insert(publisher.publish(&message).unwrap());
                publisher.flush().unwrap_or_else(|error| panic!("{reason}: {error}"));
            }
        }
        while !unacknowledged.is_empty() {
            unacknowledged.remove(&publisher.acknowledged().unwrap());
        }
    }
    assert_eq!(bad.values().sum::<u64>(), 1000);
    server.until_stored(u64::from(good));
    for (reason, count) in &bad {
        let metric = format!("wattkampen_refused_total{{reason=\"{reason}\"}}");
        until(&format!("{count} of {metric}"), || {
            let metrics = server.get("/metrics");
            let line =
                metrics.text().lines().find(|line| line.starts_with(&metric)).map(str::to_owned);
            line.is_some_and(|line| line.ends_with(&format!(" {count}"))).then_some(())
        });
    }
    let log = server.log();
    for topic in ["gateway-1/reading", "gateway-2/reading", "gateway-1/rumour"] {
        assert!(log.contains(topic), "the log names {topic}:\n{log}");
    }
    assert!(!log.contains("panicked"), "{log}");
    // Once a minute for each topic and reason, not once a message.
    let explained =
        log.lines().filter(|line| line.contains("wattkampen/v1/gateway-1/reading")).count();
    assert!((bad.len() - 2..=3 * bad.len()).contains(&explained), "{explained} lines:\n{log}");
}
