//! What all sessions hold together, and how long one client's publishes occupy the broker.
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::*;

/// What a message of these tests counts as: payload, topic `t`, and a place in a queue.
const CHARGE: usize = 300 + 1 + 2 * 64;

/// A broker whose queues have room for so many of these messages.
fn server_with_room_for(messages: usize) -> Server {
    Server::with(|config| {
        let limits = &mut config.limits;
        let retained = limits.retained_bytes + limits.reserved_retained_bytes;
        limits.memory_bytes = retained + messages * CHARGE;
    })
}

#[test]
fn the_queues_of_all_sessions_share_one_bound() {
    let server = server_with_room_for(50);
    let name = |n: usize| format!("absent-{n}");
    for n in 0..10 {
        let (mut client, _) = RawClient::connect(server.addr, Connect::persistent(true, &name(n)));
        assert_eq!(client.subscribe(&[("t", 1)]), [1]);
        client.disconnect();
    }
    let mut publisher = server.client(true, "publisher");
    for id in 1..=100u8 {
        publisher.publish("t", &[id; 300], 1, false, id.into());
        assert_eq!(publisher.expect_ack(0x40, id.into()), 0);
    }
    // Each queue has five, and what replaced its oldest is the newest.
    for n in 0..10 {
        let (mut client, present) =
            RawClient::connect(server.addr, Connect::persistent(true, &name(n)));
        assert!(present);
        for expected in 96..=100 {
            assert_eq!(client.receive().payload[0], expected);
        }
        client.expect_silence();
    }
}

#[test]
fn what_a_client_does_not_acknowledge_counts_until_it_does() {
    let server = server_with_room_for(3);
    let mut slow = server.client(true, "slow");
    assert_eq!(slow.subscribe(&[("t", 1)]), [1]);
    let mut publisher = server.client(true, "publisher");
    let mut publish = |id: u8| {
        publisher.publish("t", &[id; 300], 1, false, id.into());
        assert_eq!(publisher.expect_ack(0x40, id.into()), 0);
    };
    let received = [1, 2, 3].map(|id| {
        publish(id);
        let received = slow.receive_without_ack();
        assert_eq!(received.payload[0], id);
        received.id.to_be_bytes()
    });
    publish(4);
    slow.expect_silence();
    slow.send(&[0x40, 2, received[0][0], received[0][1]]);
    slow.send(&[0xc0, 0]);
    assert_eq!(slow.packet().0, 0xd0, "the acknowledgement is taken");
    publish(5);
    assert_eq!(slow.receive_without_ack().payload[0], 5);
}

/// 2500 sessions and one publish loop stalled the broker for six seconds.
#[test]
fn publish_loops_to_many_sessions_leave_other_clients_their_turns() {
    let server = Server::start();
    for n in 0..1000 {
        let name = format!("absent-{n}");
        let (mut client, _) = RawClient::connect(server.addr, Connect::persistent(true, &name));
        assert_eq!(client.subscribe(&[("t", 1)]), [1]);
        client.disconnect();
    }
    let mut honest = server.client(true, "honest");
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // More than the broker of these tests has threads.
        for n in 0..3 {
            let (ended, server) = (&ended, &server);
            scope.spawn(move || {
                let mut client = server.client(true, &format!("loop-{n}"));
                let mut id = 0u16;
                while !ended.load(Ordering::Relaxed) {
                    for _ in 0..1000 {
                        id = id % 1000 + 1;
                        client.publish("t", b"x", 1, false, id);
                    }
                    for _ in 0..1000 {
                        client.packet();
                    }
                }
            });
        }
        let mut slowest = std::time::Duration::ZERO;
        for id in 1..=100u16 {
            let begun = std::time::Instant::now();
            honest.publish("wattkampen/v1/soderhamn-1/reading", b"{}", 1, false, id);
            assert_eq!(honest.expect_ack(0x40, id), 0);
            slowest = slowest.max(begun.elapsed());
        }
        ended.store(true, Ordering::Relaxed);
        assert!(slowest.as_secs() < 2, "an honest client waits for {slowest:?}");
    });
}
