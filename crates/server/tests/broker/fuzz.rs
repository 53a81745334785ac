//! No sequence of bytes panics the broker or affects other connections.
use std::{
    io::{Read, Write},
    net::Shutdown,
    sync::atomic::{AtomicUsize, Ordering},
};

use proptest::prelude::*;

use crate::support::*;

static PANICS: AtomicUsize = AtomicUsize::new(0);

/// A valid sequence of packets, whose bytes the test then changes.
fn conversation(v5: bool, properties: &[(u8, u8)], parts: &[u8]) -> Vec<u8> {
    let writer = |bytes: &mut Vec<u8>, part: u8| {
        let mut topic = Vec::new();
        string(&mut topic, if part & 1 == 0 { b"wattkampen/v1/g/reading" } else { b"t/x" });
        let none: &[u8] = if v5 { &[0] } else { &[] };
        let id = u16::from(part).max(1).to_be_bytes();
        bytes.extend(match part % 8 {
            0 | 1 => packet(0x32, &[&topic, &id[..], none, b"payload"].concat()),
            2 => packet(0x34, &[&topic, &id[..], none, b"p"].concat()),
            3 => packet(0x62, &id),
            4 => packet(0x82, &[&id[..], none, &[0, 1, b'#', part & 3]].concat()),
            5 => packet(0xa2, &[&id[..], none, &[0, 1, b'#']].concat()),
            6 => packet(0x40, &id),
            _ => vec![0xc0, 0],
        });
    };
    let mut bytes = Connect {
        will: Some(("t/will", b"x", 1, true, vec![])),
        properties: if v5 { connect_properties(properties) } else { Vec::new() },
        ..Connect::persistent(v5, "fuzz")
    }
    .encode();
    for part in parts {
        writer(&mut bytes, *part);
    }
    bytes
}

/// Properties of a CONNECT, each at most once, with values at the ends of their ranges and
/// within (MQTT 5, 3.1.2.11).
fn connect_properties(chosen: &[(u8, u8)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for (property, value) in chosen {
        let wide = match value % 4 {
            0 => 0,
            1 => 1,
            2 => u32::from(*value) << 8,
            _ => u32::MAX,
        };
        let [.., third, low] = wide.to_be_bytes();
        let property = property % 8;
        if property != 7 && !seen.insert(property) {
            continue;
        }
        match property {
            0 => bytes.extend([&[0x11][..], &wide.to_be_bytes()].concat()),
            1 => bytes.extend([0x21, third, low]),
            2 => bytes.extend([&[0x27][..], &wide.to_be_bytes()].concat()),
            3 => bytes.extend([0x22, third, low]),
            4 => bytes.extend([0x19, low & 1]),
            5 => bytes.extend([0x17, low & 1]),
            6 => {
                bytes.push(0x15);
                string(&mut bytes, b"method");
            }
            _ => {
                bytes.push(0x26);
                string(&mut bytes, b"name");
                string(&mut bytes, b"value");
            }
        }
    }
    bytes
}

#[test]
fn a_client_that_accepts_no_topic_alias_is_served() {
    let server = Server::start();
    let connect = Connect { properties: vec![0x22, 0, 0], ..Connect::new(true, "no-alias") };
    // 18 bytes and the identifier; also where they arrive one by one.
    let bytes = connect.encode();
    let mut client = RawClient::open(server.addr, true);
    for byte in bytes {
        client.stream.write_all(&[byte]).unwrap();
    }
    assert_eq!(client.packet().0, 0x20);
    client.subscribe(&[("t", 1)]);
    client.publish("t", b"x", 1, false, 1);
    let mut heads = [client.packet().0, client.packet().0];
    heads.sort_unstable();
    assert_eq!((heads[0] & 0xf0, heads[1]), (0x30, 0x40));
    server.stop();
}

#[test]
fn a_client_that_accepts_no_packet_is_closed() {
    let server = Server::start();
    // A Maximum Packet Size of 1; a will without the right to it gives a refusal.
    for will in [None, Some(("wattkampen/v1/g/page", &b"x"[..], 0, false, vec![]))] {
        let properties = vec![0x27, 0, 0, 0, 1];
        let connect = Connect { properties, will, ..Connect::new(true, "tiny") };
        let mut client = RawClient::open(server.addr, true);
        client.stream.write_all(&connect.encode()).unwrap();
        let mut answer = Vec::new();
        let _ = client.stream.read_to_end(&mut answer);
        assert!(answer.is_empty(), "no packet fits: {answer:?}");
    }
    server.stop();
}

#[test]
fn random_bytes_do_not_affect_other_connections() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().name().is_some_and(|name| name.starts_with("tokio")) {
            PANICS.fetch_add(1, Ordering::SeqCst);
        }
        hook(info);
    }));
    let server = Server::start();
    let mut witness = server.client(true, "witness");
    witness.subscribe(&[("witness/#", 1)]);
    let mut seen = 0u16;
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(400);
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let input = (
        any::<bool>(),
        prop::collection::vec(any::<(u8, u8)>(), 0..6),
        prop::collection::vec(any::<u8>(), 0..12),
        prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        prop::collection::vec(any::<u8>(), 0..40),
        any::<prop::sample::Index>(),
    );
    let mut runner = proptest::test_runner::TestRunner::new(config);
    runner
        .run(&input, |(v5, properties, parts, changes, tail, cut)| {
            let mut bytes = conversation(v5, &properties, &parts);
            for (at, to) in changes {
                let at = at.index(bytes.len());
                bytes[at] = to;
            }
            bytes.extend(tail);
            let mut raw = RawClient::open(server.addr, v5);
            // In two pieces; the broker may have closed the connection already.
            let (head, rest) = bytes.split_at(cut.index(bytes.len()));
            let _ = raw.stream.write_all(head);
            let _ = raw.stream.write_all(rest);
            let _ = raw.stream.shutdown(Shutdown::Write);
            let mut answer = Vec::new();
            let _ = raw.stream.read_to_end(&mut answer);
            prop_assert_eq!(PANICS.load(Ordering::SeqCst), 0);
            Ok(())
        })
        .unwrap();
    // The other connection still works.
    for _ in 0..3 {
        seen += 1;
        witness.publish("witness/x", &seen.to_be_bytes(), 1, false, seen);
        let mut heads = [witness.packet(), witness.packet()];
        heads.sort_by_key(|(head, _)| *head);
        assert_eq!(heads[1].0, 0x40);
        assert_eq!(heads[0].0 & 0xf0, 0x30);
    }
    server.stop();
    assert_eq!(PANICS.load(Ordering::SeqCst), 0);
}
