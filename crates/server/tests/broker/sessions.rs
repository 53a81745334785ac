//! Sessions: resumption, takeover, expiry, keep alive, and the queue of a disconnected client.
use std::{io::Write, time::Instant};

use crate::support::*;

#[test]
fn a_resumed_session_gets_what_it_missed() {
    for v5 in [false, true] {
        let server = Server::start();
        let (mut client, present) =
            RawClient::connect(server.addr, Connect::persistent(v5, "tablet"));
        assert!(!present);
        client.subscribe(&[("t/#", 1)]);
        let mut publisher = server.client(!v5, "publisher");
        publisher.publish("t/0", b"unanswered", 1, false, 1);
        publisher.expect_ack(0x40, 1);
        // Received and not acknowledged: delivered again with DUP and the same packet identifier.
        let first = client.receive_without_ack();
        assert!(!first.dup);
        drop(client);
        publisher.publish("t/1", b"missed", 1, false, 2);
        publisher.publish("t/2", b"at most once", 0, false, 0);
        publisher.expect_ack(0x40, 2);
        let (mut client, present) =
            RawClient::connect(server.addr, Connect::persistent(v5, "tablet"));
        assert!(present);
        let again = client.receive();
        assert_eq!((again.dup, again.id, &again.payload), (true, first.id, &first.payload));
        let mut rest = vec![client.receive()];
        // The QoS 0 message is lost if the broker sent it before it noticed the broken
        // connection, and delivered in its turn otherwise.
        publisher.publish("t/3", b"live", 1, false, 3);
        while rest.last().unwrap().topic != "t/3" {
            rest.push(client.receive());
        }
        assert_eq!(rest[0].payload, b"missed");
        client.disconnect();
        // A clean start discards the session.
        let clean = Connect { clean: true, ..Connect::persistent(v5, "tablet") };
        let (mut client, present) = RawClient::connect(server.addr, clean);
        assert!(!present);
        publisher.publish("t/4", b"x", 0, false, 0);
        client.expect_silence();
    }
}

#[test]
fn the_queue_of_a_disconnected_client_keeps_the_newest() {
    let server = Server::with(|config| config.limits.queued = 10);
    let (mut client, _) = RawClient::connect(server.addr, Connect::persistent(false, "away"));
    client.subscribe(&[("t", 1)]);
    client.disconnect();
    let mut publisher = server.client(true, "publisher");
    for id in 1..=25u8 {
        publisher.publish("t", &[id], 1, false, id.into());
        publisher.expect_ack(0x40, id.into());
    }
    let (mut client, present) = RawClient::connect(server.addr, Connect::persistent(false, "away"));
    assert!(present);
    let kept: Vec<u8> = (0..10).map(|_| client.receive().payload[0]).collect();
    assert_eq!(kept, (16..=25).collect::<Vec<u8>>());
    client.expect_silence();
}

#[test]
fn a_session_ends_when_it_expires() {
    let server = Server::with(|config| config.limits.session_expiry = QUIET);
    for v5 in [false, true] {
        let (client, _) = RawClient::connect(server.addr, Connect::persistent(v5, "brief"));
        drop(client);
        let end = Instant::now() + TIMEOUT;
        // A resumption restarts the expiry, so that each check follows a longer wait.
        while Instant::now() < end {
            let mut other = server.client(v5, "clock");
            other.expect_silence();
            other.expect_silence();
            let (_client, present) =
                RawClient::connect(server.addr, Connect::persistent(v5, "brief"));
            if !present {
                break;
            }
        }
        assert!(Instant::now() < end, "it never expired");
    }
    // The CONNACK of MQTT 5 states the shorter expiry interval (property 0x11).
    let (_, answer) = RawClient::try_connect(server.addr, Connect::persistent(true, "shortened"));
    assert!(answer.windows(5).any(|w| w == [0x11, 0, 0, 0, 0]), "{answer:x?}");
}

#[test]
fn a_client_that_connects_again_takes_over() {
    for (old, new) in [(false, false), (true, true), (true, false), (false, true)] {
        let server = Server::start();
        let (mut first, _) = RawClient::connect(server.addr, Connect::persistent(old, "same"));
        first.subscribe(&[("t", 1)]);
        let (mut second, present) =
            RawClient::connect(server.addr, Connect::persistent(new, "same"));
        assert!(present);
        assert_eq!(first.expect_close(), old.then_some(0x8e));
        second.publish("t", b"mine", 1, false, 1);
        let mut heads = [second.packet().0 & 0xf0, second.packet().0 & 0xf0];
        heads.sort_unstable();
        assert_eq!(heads, [0x30, 0x40]);
    }
    // Of many at once, one stays connected.
    let server = Server::start();
    let addr = server.addr;
    let racers: Vec<_> = (0..16)
        .map(|n| {
            std::thread::spawn(move || {
                let mut raw = RawClient::open(addr, n % 2 == 0);
                raw.send(&Connect::persistent(n % 2 == 0, "race").encode());
                // Connected and taken over, or taken over before the CONNACK.
                if raw.try_packet()?.0 != 0x20 {
                    return None;
                }
                raw.stream.write_all(&[0xc0, 0]).ok()?;
                match raw.try_packet() {
                    Some((0xd0, _)) => Some(raw),
                    _ => None,
                }
            })
        })
        .collect();
    let answered: Vec<_> = racers.into_iter().filter_map(|r| r.join().unwrap()).collect();
    assert!(!answered.is_empty());
    let alive = answered.into_iter().filter_map(|mut raw| {
        raw.stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        raw.stream.write_all(&[0xc0, 0]).ok()?;
        loop {
            match raw.try_packet()? {
                (0xd0, _) => return Some(()),
                _ => continue,
            }
        }
    });
    assert_eq!(alive.count(), 1);
}

#[test]
fn the_keep_alive_ends_a_silent_connection() {
    for v5 in [false, true] {
        let server = Server::start();
        let mut panel = server.client(v5, "panel");
        panel.subscribe(&[("will", 0)]);
        let will = Some(("will", &b"gone"[..], 0, false, vec![]));
        let (mut forever, _) = RawClient::connect(
            server.addr,
            Connect { keep_alive: 0, ..Connect::new(v5, "forever") },
        );
        let begun = Instant::now();
        let (mut silent, _) = RawClient::connect(
            server.addr,
            Connect { keep_alive: 1, will, ..Connect::new(v5, "silent") },
        );
        let (mut lively, _) = RawClient::connect(
            server.addr,
            Connect { keep_alive: 1, ..Connect::new(v5, "lively") },
        );
        let pinger = std::thread::spawn(move || {
            while begun.elapsed().as_millis() < 2500 {
                lively.send(&[0xc0, 0]);
                assert_eq!(lively.packet().0, 0xd0);
                lively.expect_silence();
            }
            lively
        });
        assert_eq!(silent.expect_close(), v5.then_some(0x8d));
        let after = begun.elapsed().as_millis();
        assert!((1400..5000).contains(&after), "one and a half of a second, but {after} ms");
        assert_eq!(panel.receive().payload, b"gone");
        let mut lively = pinger.join().unwrap();
        for client in [&mut forever, &mut lively] {
            client.send(&[0xc0, 0]);
            assert_eq!(client.packet().0, 0xd0);
        }
    }
}

#[test]
fn a_qos_2_publish_is_routed_once_across_connections() {
    for v5 in [false, true] {
        let server = Server::start();
        let mut panel = server.client(v5, "panel");
        panel.subscribe(&[("t", 1)]);
        let (mut client, _) = RawClient::connect(server.addr, Connect::persistent(v5, "twice"));
        client.publish("t", b"once", 2, false, 3);
        client.expect_ack(0x50, 3);
        assert_eq!(panel.receive().payload, b"once");
        drop(client);
        // The client repeats the publish as if PUBREC was lost.
        let (mut client, present) =
            RawClient::connect(server.addr, Connect::persistent(v5, "twice"));
        assert!(present);
        let mut again = client.publish_bytes("t", b"once", 2, false, 3);
        again[0] |= 8;
        client.send(&again);
        client.expect_ack(0x50, 3);
        client.send(&[0x62, 2, 0, 3]);
        client.expect_ack(0x70, 3);
        panel.expect_silence();
        // The packet identifier is free again.
        client.publish("t", b"twice", 2, false, 3);
        client.expect_ack(0x50, 3);
        assert_eq!(panel.receive().payload, b"twice");
    }
}

#[test]
fn a_client_without_an_identifier_is_assigned_one() {
    let server = Server::start();
    let (_, answer) = RawClient::try_connect(server.addr, Connect::new(true, ""));
    assert_eq!(answer[1], 0);
    assert!(answer.contains(&0x12), "assigned client identifier in {answer:x?}");
    let (_, answer) = RawClient::try_connect(server.addr, Connect::new(false, ""));
    assert_eq!(answer, [0, 0]);
    let lasting = Connect { clean: false, ..Connect::new(false, "") };
    let (mut refused, answer) = RawClient::try_connect(server.addr, lasting);
    assert_eq!(answer, [0, 2]);
    assert_eq!(refused.expect_close(), None);
}
