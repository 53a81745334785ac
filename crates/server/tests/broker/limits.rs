//! Rights, limits, and clients that violate the protocol.
use std::{io::Write, time::Instant};

use server::{Login, Secret};

use crate::support::*;

fn login(user: &str, gateway: Option<&str>) -> Login {
    Login {
        user: user.into(),
        password: Secret(format!("{user}-secret")),
        gateway: gateway.map(|id| id.parse().unwrap()),
    }
}

#[test]
fn credentials_and_rights() {
    for v5 in [false, true] {
        let server = Server::with(|config| {
            config.logins = vec![login("mora", Some("mora-1")), login("tv", None)];
        });
        for login in [None, Some(("mora", "wrong")), Some(("unknown", "x"))] {
            let connect = Connect { login, ..Connect::new(v5, "c") };
            let (mut refused, answer) = RawClient::try_connect(server.addr, connect);
            assert_eq!(answer[..2], [0, if v5 { 0x86 } else { 4 }], "{login:?}");
            assert_eq!(refused.expect_close(), None);
        }
        let connect = |user, id| Connect {
            login: Some(match user {
                "mora" => ("mora", "mora-secret"),
                _ => ("tv", "tv-secret"),
            }),
            ..Connect::new(v5, id)
        };
        let (mut mora, _) = RawClient::connect(server.addr, connect("mora", "m"));
        let (mut tv, _) = RawClient::connect(server.addr, connect("tv", "t"));
        let refused = if v5 { 0x87 } else { 0x80 };
        assert_eq!(
            mora.subscribe(&[("wattkampen/v1/mora-1/page", 1), ("#", 0)]),
            [1, refused],
            "only its own topics"
        );
        assert_eq!(tv.subscribe(&[("#", 1)]), [1]);
        // PUBACK of MQTT 5 has a reason code; that of 3.1.1 has none.
        let code = if v5 { 0x87 } else { 0 };
        mora.publish("wattkampen/v1/falun-1/reading", b"{}", 1, false, 1);
        assert_eq!(mora.expect_ack(0x40, 1), code);
        tv.publish("wattkampen/v1/mora-1/reading", b"{}", 2, false, 1);
        assert_eq!(tv.expect_ack(0x50, 1), code);
        mora.publish("wattkampen/v1/mora-1/reading", b"{}", 1, false, 2);
        assert_eq!(mora.expect_ack(0x40, 2), 0);
        assert_eq!(server.commits.deliveries(), [("wattkampen/v1/mora-1/reading".to_owned(), 2)]);
        assert_eq!(tv.receive().topic, "wattkampen/v1/mora-1/reading");
        tv.expect_silence();
        // A will needs the same right.
        let will = Some(("wattkampen/v1/falun-1/status", &b"x"[..], 0, false, vec![]));
        let (_, answer) =
            RawClient::try_connect(server.addr, Connect { will, ..connect("mora", "w") });
        assert_eq!(answer[1], if v5 { 0x87 } else { 5 });
    }
}

#[test]
fn only_the_server_publishes_pages() {
    for v5 in [false, true] {
        let server = Server::start();
        let mut client = server.client(v5, "c");
        client.subscribe(&[("#", 1)]);
        client.publish("wattkampen/v1/mora-1/page", b"{}", 1, true, 1);
        assert_eq!(client.expect_ack(0x40, 1), if v5 { 0x87 } else { 0 });
        client.expect_silence();
        assert!(server.commits.deliveries().is_empty());
    }
}

#[test]
fn a_megabyte_is_accepted_and_more_than_the_packet_limit_is_not() {
    for v5 in [false, true] {
        let server = Server::start();
        let mut panel = server.client(!v5, "panel");
        panel.subscribe(&[("#", 1)]);
        let mut client = server.client(v5, "c");
        let big = vec![b'x'; 1_000_000];
        client.publish("wattkampen/v1/mora-1/reading", &big, 1, false, 1);
        client.publish("wattkampen/v1/mora-1/reading", b"{}", 1, false, 2);
        client.expect_ack(0x40, 1);
        client.expect_ack(0x40, 2);
        let sizes: Vec<usize> = server.commits.deliveries().iter().map(|(_, size)| *size).collect();
        assert_eq!(sizes, [1_000_000, 2]);
        assert_eq!(panel.receive().payload.len(), 1_000_000);
        assert_eq!(panel.receive().payload, b"{}");
        // Rejected at its fixed header, before the body.
        client.send(&[0x32, 0xff, 0xff, 0xff, 0x7f]);
        assert_eq!(client.expect_close(), v5.then_some(0x95));
    }
}

#[test]
fn a_packet_over_the_clients_maximum_packet_size_is_not_sent() {
    let server = Server::start();
    // Maximum packet size 100.
    let connect = Connect { properties: vec![0x27, 0, 0, 0, 100], ..Connect::new(true, "small") };
    let (mut small, _) = RawClient::connect(server.addr, connect);
    small.subscribe(&[("t", 1)]);
    let mut publisher = server.client(false, "p");
    publisher.publish("t", &[b'x'; 200], 1, false, 1);
    publisher.publish("t", b"fits", 1, false, 2);
    assert_eq!(small.receive().payload, b"fits");
}

#[test]
fn deliveries_respect_the_clients_receive_maximum() {
    let server = Server::start();
    // Receive maximum 3.
    let connect = Connect { properties: vec![0x21, 0, 3], ..Connect::new(true, "narrow") };
    let (mut narrow, _) = RawClient::connect(server.addr, connect);
    narrow.subscribe(&[("t", 1)]);
    let mut publisher = server.client(false, "p");
    for id in 1..=10u8 {
        publisher.publish("t", &[id], 1, false, id.into());
    }
    let first: Vec<_> = (0..3).map(|_| narrow.receive_without_ack()).collect();
    narrow.expect_silence();
    let [high, low] = first[1].id.to_be_bytes();
    narrow.send(&[0x40, 2, high, low]);
    assert_eq!(narrow.receive().payload, [4]);
    assert_eq!(narrow.receive().payload, [5]);
}

#[test]
fn a_publisher_over_the_receive_maximum_is_not_read() {
    let server = Server::with(|config| config.limits.receive_maximum = 5);
    server.commits.hold();
    let (mut client, answer) = RawClient::try_connect(server.addr, Connect::new(true, "greedy"));
    assert!(answer.windows(3).any(|w| w == [0x21, 0, 5]), "{answer:x?}");
    let bytes: Vec<u8> = (1..=6)
        .flat_map(|id| client.publish_bytes("wattkampen/v1/g/reading", b"{}", 1, false, id))
        .collect();
    client.send(&bytes);
    // The sixth is not read while five are pending.
    client.expect_silence();
    server.commits.release();
    for id in 1..=6 {
        client.expect_ack(0x40, id);
    }
}

#[test]
fn malformed_packets_end_their_connection_and_no_other() {
    for v5 in [false, true] {
        let server = Server::start();
        let mut witness = server.client(v5, "witness");
        let mut topic = Vec::new();
        string(&mut topic, b"a/+/b");
        topic.extend(if v5 { &[0, b'x'][..] } else { &b"x"[..] });
        let connect = Connect::new(v5, "again").encode();
        let bad: Vec<(&str, Vec<u8>)> = vec![
            ("type 0", vec![0x00, 0]),
            ("a server's packet", vec![0x20, 2, 0, 0]),
            ("second CONNECT", connect),
            ("endless length", vec![0x30, 0xff, 0xff, 0xff, 0xff, 0x7f]),
            ("topic beyond the end", vec![0x30, 3, 0, 9, b'x']),
            ("topic that is not UTF-8", vec![0x30, 5, 0, 2, 0xc3, 0x28, 0]),
            ("topic with a wildcard", packet(0x30, &topic)),
            ("no topic", if v5 { vec![0x30, 3, 0, 0, 0] } else { vec![0x30, 2, 0, 0] }),
            ("QoS 3", vec![0x36, 6, 0, 1, b'a', 0, 1, 0]),
            ("packet identifier 0", vec![0x32, 6, 0, 1, b'a', 0, 0, 0]),
            ("empty SUBSCRIBE", if v5 { vec![0x82, 3, 0, 1, 0] } else { vec![0x82, 2, 0, 1] }),
            ("PUBACK of nothing", vec![0x40, 2, 0, 9]),
            ("PUBREC of nothing", vec![0x50, 2, 0, 9]),
        ];
        for (what, bytes) in bad {
            let mut client = server.client(v5, "bad");
            client.send(&bytes);
            let reason = client.expect_close();
            assert_eq!(reason.is_some(), v5 && what != "endless length", "{what}: {reason:x?}");
            witness.send(&[0xc0, 0]);
            assert_eq!(witness.packet().0, 0xd0, "{what}");
        }
    }
}

#[test]
fn a_connection_whose_first_packet_is_not_connect_is_closed() {
    let server = Server::with(|config| config.limits.connect_timeout = QUIET);
    for bytes in [&b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..], &[0xc0, 0], &[0x10, 0], &[0x16, 3, 1]]
    {
        let mut client = RawClient::open(server.addr, false);
        client.send(bytes);
        assert_eq!(client.expect_close(), None);
    }
    // MQTT 3.1 and an unknown version get the return code for an unacceptable version.
    for name in
        [&b"\x00\x06MQIsdp\x03\x02\x00\x3c\x00\x01a"[..], b"\x00\x04MQTT\x06\x02\x00\x3c\x00\x01a"]
    {
        let mut client = RawClient::open(server.addr, false);
        client.send(&packet(0x10, name));
        assert_eq!(client.packet(), (0x20, vec![0, 1]));
        assert_eq!(client.expect_close(), None);
    }
    // A client that sends nothing.
    let begun = Instant::now();
    assert_eq!(RawClient::open(server.addr, false).expect_close(), None);
    assert!(begun.elapsed() >= QUIET);
}

#[test]
fn connections_over_the_limit_are_closed() {
    let server = Server::with(|config| config.limits.connections = 2);
    let _first = server.client(false, "1");
    let mut second = server.client(true, "2");
    let mut third = RawClient::open(server.addr, false);
    let _ = third.stream.write_all(&Connect::new(false, "3").encode());
    assert!(third.try_packet().is_none());
    second.send(&[0xc0, 0]);
    assert_eq!(second.packet().0, 0xd0);
    // There is room after a disconnect.
    second.disconnect();
    let end = Instant::now() + TIMEOUT;
    loop {
        let mut third = RawClient::open(server.addr, false);
        let sent = third.stream.write_all(&Connect::new(false, "3").encode());
        if sent.is_ok() && third.try_packet().is_some() {
            break;
        }
        assert!(Instant::now() < end, "no room after a client disconnected");
    }
}
