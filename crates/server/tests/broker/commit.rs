//! An acknowledgement means committed, in both versions and at QoS 1 and 2.
use std::time::Instant;

use crate::support::*;

const READING: &str = "wattkampen/v1/mora-1/reading";
const STATUS: &str = "wattkampen/v1/mora-1/status";

#[test]
fn no_acknowledgement_before_the_commit() {
    for v5 in [false, true] {
        let server = Server::start();
        let mut gateway = server.client(v5, "mora-1");
        server.commits.hold();
        gateway.publish(READING, b"{}", 1, false, 7);
        gateway.expect_silence();
        assert!(server.commits.deliveries().is_empty());
        // The connection handles other packets meanwhile.
        gateway.send(&[0xc0, 0]);
        assert_eq!(gateway.packet(), (0xd0, vec![]));
        server.commits.release();
        assert_eq!(gateway.expect_ack(0x40, 7), 0);
        assert_eq!(server.commits.deliveries(), [(READING.to_owned(), 2)]);

        // The same at QoS 2: a repetition before the commit gets no early PUBREC.
        server.commits.hold();
        gateway.publish(READING, b"{2}", 2, false, 8);
        let mut again = gateway.publish_bytes(READING, b"{2}", 2, false, 8);
        again[0] |= 8;
        gateway.send(&again);
        gateway.expect_silence();
        server.commits.release();
        assert_eq!(gateway.expect_ack(0x50, 8), 0);
        gateway.send(&[0x62, 2, 0, 8]);
        assert_eq!(gateway.expect_ack(0x70, 8), 0);
        assert_eq!(server.commits.deliveries().len(), 2);
    }
}

#[test]
fn a_publish_that_is_dropped_before_the_commit_is_never_acknowledged() {
    for v5 in [false, true] {
        let server = Server::start();
        let mut gateway = server.client(v5, "mora-1");
        server.commits.drop_next();
        gateway.publish(READING, b"{}", 1, false, 7);
        // Closed, so that the client delivers again.
        assert_eq!(gateway.expect_close(), v5.then_some(0x80));
        let mut gateway = server.client(v5, "mora-1");
        gateway.publish(READING, b"{}", 1, false, 7);
        gateway.expect_ack(0x40, 7);
        assert_eq!(server.commits.deliveries().len(), 1);
    }
}

#[test]
fn a_thousand_publishes_wait_for_one_commit() {
    for v5 in [false, true] {
        let server = Server::start();
        let mut gateway = server.client(v5, "mora-1");
        server.commits.hold();
        let mut bytes = Vec::new();
        for id in 1..=1000 {
            bytes.extend(gateway.publish_bytes(READING, b"{\"meter\":\"1\"}", 1, false, id));
        }
        gateway.send(&bytes);
        // Everything is read before the commit: the ping after it is answered.
        gateway.send(&[0xc0, 0]);
        assert_eq!(gateway.packet(), (0xd0, vec![]));
        server.commits.release();
        for id in 1..=1000 {
            gateway.expect_ack(0x40, id);
        }
        assert_eq!(server.commits.batches(), [1000]);
    }
}

#[test]
fn the_socket_is_not_read_while_the_engine_is_behind() {
    let server = Server::with(|config| config.limits.receive_maximum = 10_000);
    let mut gateway = server.client(false, "mora-1");
    let mut other = server.client(true, "panel");
    other.subscribe(&[("other", 1)]);
    server.commits.hold();
    // More than fits into the inbox (1024) and the committer's batch.
    let count = 8000;
    let bytes: Vec<u8> = (1..=count)
        .flat_map(|id| gateway.publish_bytes(READING, &[b'x'; 100], 1, false, id))
        .collect();
    gateway.send(&bytes);
    gateway.send(&[0xc0, 0]);
    gateway.expect_silence();
    // Other connections are not affected.
    let begun = Instant::now();
    other.publish("other", b"x", 1, false, 1);
    let mut packets = [other.packet().0 & 0xf0, other.packet().0 & 0xf0];
    packets.sort_unstable();
    assert_eq!(packets, [0x30, 0x40]);
    assert!(begun.elapsed() < TIMEOUT);
    server.commits.release();
    for id in 1..=count {
        let (head, body) = gateway.packet();
        if head == 0xd0 {
            // PINGRESP does not wait for the commits.
            assert!(id > 1);
            gateway.expect_ack(0x40, id);
        } else {
            assert_eq!((head, &body[..2]), (0x40, &id.to_be_bytes()[..]));
        }
    }
    assert_eq!(server.commits.deliveries().len(), usize::from(count));
}

#[test]
fn messages_are_routed_after_the_commit_and_in_order() {
    let server = Server::start();
    let mut panel = server.client(true, "panel");
    panel.subscribe(&[("wattkampen/v1/+/status", 1), ("tools/#", 1)]);
    let mut gateway = server.client(false, "mora-1");
    server.commits.hold();
    gateway.publish(STATUS, b"{\"state\":\"online\"}", 1, true, 1);
    // Also at QoS 0, which is not acknowledged.
    gateway.publish(STATUS, b"second", 0, true, 0);
    // Other topics need no commit, but acknowledgements keep their order.
    gateway.publish("tools/x", b"third", 1, false, 2);
    panel.expect_silence();
    gateway.expect_silence();
    let mut late = server.client(false, "late");
    late.subscribe(&[("wattkampen/v1/+/status", 0)]);
    late.expect_silence();
    server.commits.release();
    gateway.expect_ack(0x40, 1);
    gateway.expect_ack(0x40, 2);
    let received: Vec<_> = (0..3).map(|_| panel.receive()).collect();
    assert_eq!(received[0].payload, b"{\"state\":\"online\"}");
    assert_eq!((&received[1].payload[..], received[1].qos), (&b"second"[..], 0));
    assert_eq!(received[2].payload, b"third");
}

#[test]
fn publishes_before_the_connection_broke_are_committed_and_routed() {
    let server = Server::start();
    let mut panel = server.client(false, "panel");
    panel.subscribe(&[("wattkampen/v1/+/status", 1)]);
    let mut gateway = server.client(false, "mora-1");
    server.commits.hold();
    gateway.publish(STATUS, b"{\"state\":\"online\"}", 1, true, 1);
    gateway.send(&[0xc0, 0]);
    gateway.packet();
    drop(gateway);
    server.commits.release();
    assert_eq!(panel.receive().payload, b"{\"state\":\"online\"}");
    let mut late = server.client(true, "late");
    late.subscribe(&[(STATUS, 1)]);
    assert!(late.receive().retain);
}

#[test]
fn a_shutdown_acknowledges_the_commits_and_then_disconnects() {
    for v5 in [false, true] {
        let server = Server::start();
        let mut gateway = server.client(v5, "mora-1");
        server.commits.hold();
        for id in 1..=100 {
            gateway.publish(READING, b"{}", 1, false, id);
        }
        gateway.send(&[0xc0, 0]);
        gateway.packet();
        let commits = server.commits.clone();
        let end = std::thread::spawn(move || server.stop());
        gateway.expect_silence();
        commits.release();
        for id in 1..=100 {
            gateway.expect_ack(0x40, id);
        }
        assert_eq!(gateway.expect_close(), v5.then_some(0x8b));
        end.join().unwrap();
        assert_eq!(commits.deliveries().len(), 100);
    }
}
