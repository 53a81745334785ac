//! Retained messages, wildcards, wills, and what MQTT 5 adds to them.
use crate::support::*;

#[test]
fn wildcards_and_the_rule_of_the_dollar() {
    for v5 in [false, true] {
        let server = Server::start();
        let mut publisher = server.client(v5, "publisher");
        for (filter, matching) in [
            ("a/b", vec!["a/b"]),
            ("a/+", vec!["a/b", "a/"]),
            ("+/b", vec!["a/b", "x/b"]),
            ("a/#", vec!["a/b", "a/", "a", "a/b/c"]),
            ("#", vec!["a/b", "a/", "a", "a/b/c", "x/b", "/"]),
            ("+/+", vec!["a/b", "a/", "x/b", "/"]),
        ] {
            let mut subscriber = server.client(!v5, "subscriber");
            assert_eq!(subscriber.subscribe(&[(filter, 0)]), [0]);
            for topic in ["a/b", "a/", "a", "a/b/c", "x/b", "/"] {
                publisher.publish(topic, b"1", 0, false, 0);
            }
            for topic in matching {
                assert_eq!(subscriber.receive().topic, topic, "{filter}");
            }
            publisher.send(&[0xc0, 0]);
            publisher.packet();
            subscriber.expect_silence();
        }
        // A client may not publish to the broker's own topics.
        let mut subscriber = server.client(v5, "subscriber");
        assert_eq!(subscriber.subscribe(&[("$SYS/#", 1), ("#", 1)]), [1, 1]);
        publisher.publish("$SYS/broker/x", b"1", 1, false, 5);
        assert_eq!(publisher.expect_ack(0x40, 5), if v5 { 0x87 } else { 0 });
        subscriber.expect_silence();
    }
}

#[test]
fn retained_messages_are_delivered_to_later_subscribers() {
    for v5 in [false, true] {
        let server = Server::start();
        let mut publisher = server.client(v5, "publisher");
        publisher.publish("t/1", b"old", 1, true, 1);
        publisher.publish("t/1", b"new", 1, true, 2);
        publisher.publish("t/2", b"two", 0, true, 0);
        publisher.publish("t/3", b"gone", 1, true, 3);
        publisher.publish("t/3", b"", 1, true, 4);
        for id in 1..=4 {
            publisher.expect_ack(0x40, id);
        }
        let mut subscriber = server.client(v5, "subscriber");
        assert_eq!(subscriber.subscribe(&[("t/#", 2)]), [1], "at most QoS 1 is granted");
        let mut received: Vec<_> = (0..2)
            .map(|_| subscriber.receive())
            .map(|r| (r.topic, r.payload, r.qos, r.retain))
            .collect();
        received.sort();
        assert_eq!(
            received,
            [("t/1".into(), b"new".to_vec(), 1, true), ("t/2".into(), b"two".to_vec(), 0, true)]
        );
        subscriber.expect_silence();
        // A live message has no RETAIN flag.
        publisher.publish("t/1", b"live", 1, true, 5);
        assert!(!subscriber.receive().retain);
        // The server's own messages are retained too.
        server.broker.publisher().publish("t/page", b"drawn"[..].into(), true).unwrap();
        assert_eq!(subscriber.receive().payload, b"drawn");
        let mut late = server.client(v5, "late");
        late.subscribe(&[("t/page", 1)]);
        assert_eq!((late.receive().payload, server.broker.addr), (b"drawn".to_vec(), server.addr));
    }
}

#[test]
fn retained_messages_other_than_pages_survive_a_restart() {
    let status = "wattkampen/v1/mora-1/status";
    let page = "wattkampen/v1/mora-1/page";
    let server = Server::start();
    let mut gateway = server.client(true, "mora-1");
    gateway.publish(status, b"{\"state\":\"online\"}", 1, true, 1);
    gateway.expect_ack(0x40, 1);
    server.broker.publisher().publish(page, b"{}"[..].into(), true).unwrap();
    let directory = server.stop();

    let server = Server::restart_in(directory, |_| {});
    let mut panel = server.client(false, "panel");
    panel.subscribe(&[("wattkampen/#", 1)]);
    let kept = panel.receive();
    assert_eq!((kept.topic.as_str(), kept.retain), (status, true));
    panel.expect_silence();
}

#[test]
fn the_will_of_a_client_that_does_not_reconnect_after_a_restart_is_published() {
    let status = "wattkampen/v1/mora-1/status";
    let server = Server::start();
    let will = Some((status, &b"{\"state\":\"offline\"}"[..], 1, true, vec![]));
    let (mut gone, _) =
        RawClient::connect(server.addr, Connect { will, ..Connect::new(true, "mora-1") });
    gone.publish(status, b"{\"state\":\"online\"}", 1, true, 1);
    gone.expect_ack(0x40, 1);
    let will = Some(("tools/back", &b"offline"[..], 1, false, vec![]));
    let (back, _) =
        RawClient::connect(server.addr, Connect { will, ..Connect::new(false, "back") });
    let directory = server.stop();
    drop(back);

    let server = Server::restart_in(directory, |config| config.limits.will_grace = QUIET * 3);
    let mut panel = server.client(true, "panel");
    panel.subscribe(&[("#", 1)]);
    assert_eq!(panel.receive().payload, b"{\"state\":\"online\"}");
    let _back = server.client(false, "back");
    assert_eq!(panel.receive().payload, b"{\"state\":\"offline\"}");
    assert_eq!(server.commits.deliveries(), [(status.to_owned(), 19)]);
    panel.expect_silence();
}

#[test]
fn wills() {
    for v5 in [false, true] {
        let server = Server::start();
        let mut panel = server.client(!v5, "panel");
        panel.subscribe(&[("#", 1)]);
        let connect = |id| Connect {
            will: Some(("tools/will", &b"gone"[..], 1, true, vec![])),
            ..Connect::new(v5, id)
        };
        // DISCONNECT deletes the will.
        RawClient::connect(server.addr, connect("polite")).0.disconnect();
        panel.expect_silence();
        // A broken connection does not delete it.
        drop(RawClient::connect(server.addr, connect("rude")).0);
        assert_eq!(panel.receive().payload, b"gone");
        // Neither does a protocol error.
        RawClient::connect(server.addr, connect("wrong")).0.send(&[0, 0]);
        assert_eq!(panel.receive().payload, b"gone");
        // Nor a takeover; the will comes before anything the new connection says.
        let _old = RawClient::connect(server.addr, connect("twice")).0;
        let mut new = RawClient::connect(server.addr, connect("twice")).0;
        new.publish("tools/new", b"back", 1, false, 1);
        assert_eq!(panel.receive().payload, b"gone");
        assert_eq!(panel.receive().payload, b"back");
        // It was retained.
        let mut late = server.client(v5, "late");
        late.subscribe(&[("tools/will", 0)]);
        assert!(late.receive().retain);
        // DISCONNECT with will (MQTT 5).
        if v5 {
            let mut leaver = RawClient::connect(server.addr, connect("leaver")).0;
            leaver.send(&[0xe0, 1, 4]);
            assert_eq!(panel.receive().payload, b"gone");
        }
        // Through the engine, when it is a gateway's state.
        let status = "wattkampen/v1/mora-1/status";
        let will = Some((status, &b"{\"state\":\"offline\"}"[..], 1, true, vec![]));
        drop(RawClient::connect(server.addr, Connect { will, ..Connect::new(v5, "mora-1") }));
        assert_eq!(panel.receive().topic, status);
        assert_eq!(server.commits.deliveries().last().unwrap().0, status);
    }
}

#[test]
fn a_delayed_will_is_deleted_when_the_client_reconnects() {
    let server = Server::start();
    let mut panel = server.client(true, "panel");
    panel.subscribe(&[("#", 1)]);
    let connect = |clean| Connect {
        will: Some(("will", &b"gone"[..], 0, false, vec![0x18, 0, 0, 0, 1])),
        clean,
        ..Connect::persistent(true, "patient")
    };
    drop(RawClient::connect(server.addr, connect(true)).0);
    panel.expect_silence();
    // Reconnected before the delay ends.
    let (again, present) = RawClient::connect(server.addr, connect(false));
    assert!(present);
    drop(again);
    assert_eq!(panel.receive().payload, b"gone");
    // A clean start ends the session, and with it the delay.
    drop(RawClient::connect(server.addr, connect(false)).0);
    let (_new, present) = RawClient::connect(server.addr, connect(true));
    assert!(!present);
    assert_eq!(panel.receive().payload, b"gone");
}

#[test]
fn features_of_mqtt_5() {
    let server = Server::start();
    let mut client = server.client(true, "five");
    // Options: QoS 1; no local 4; retain as published 8; retain handling 16, 32.
    assert_eq!(client.subscribe(&[("own", 1 | 4), ("kept", 1 | 8)]), [1, 1]);
    client.publish("own", b"x", 1, false, 1);
    client.expect_ack(0x40, 1);
    let mut other = server.client(true, "other");
    other.publish("kept", b"as published", 1, true, 1);
    other.expect_ack(0x40, 1);
    assert!(client.receive().retain);
    // Retain handling: only for a new subscription, or never.
    client.subscribe(&[("kept", 1 | 16)]);
    client.expect_silence();
    client.subscribe(&[("kept2", 1 | 16), ("+", 1 | 32)]);
    client.expect_silence();
    client.subscribe(&[("kep+", 1), ("a/#/b", 0), ("$share/g/t", 1)]);
    client.send(&packet(0xa2, &[0, 9, 0, 0, 4, b'k', b'e', b'p', b't', 0, 1, b'x', 0, 1, b'+']));
    assert_eq!(client.packet(), (0xb0, vec![0, 9, 0, 0, 0x11, 0]));
    // Subscription identifier 5, and forwarded properties: content type, user property, expiry.
    let mut body = vec![0, 3, 2, 0x0b, 5];
    string(&mut body, b"props");
    body.push(1);
    client.send(&packet(0x82, &body));
    assert_eq!(client.packet(), (0x90, vec![0, 3, 0, 1]));
    let mut properties = vec![2, 0, 0, 0, 60, 3];
    string(&mut properties, b"text");
    properties.push(0x26);
    string(&mut properties, b"key");
    string(&mut properties, b"value");
    let mut body = Vec::new();
    string(&mut body, b"props");
    body.push(properties.len() as u8);
    body.extend(&properties);
    body.extend(b"hello");
    other.send(&packet(0x30, &body));
    let got = client.receive();
    assert_eq!(got.payload, b"hello");
    let text = String::from_utf8_lossy(&got.properties).into_owned();
    assert!(text.contains("text") && text.contains("key") && text.contains("value"), "{text}");
    assert!(got.properties.windows(2).any(|w| w == [0x0b, 5]), "{:x?}", got.properties);
    assert!(got.properties.windows(5).any(|w| w[..4] == [2, 0, 0, 0] && w[4] >= 50));
    // Topic alias: set once, then used without a topic.
    let mut body = Vec::new();
    string(&mut body, b"own");
    other.send(&packet(0x30, &[&body[..], &[3, 0x23, 0, 2], b"first"].concat()));
    other.send(&packet(0x30, &[&[0, 0, 3, 0x23, 0, 2][..], b"second"].concat()));
    assert_eq!(client.receive().payload, b"first");
    let second = client.receive();
    assert_eq!((second.topic.as_str(), &second.payload[..]), ("own", &b"second"[..]));
    // A topic alias that was never set.
    other.send(&packet(0x30, &[&[0, 0, 3, 0x23, 0, 9][..], b"x"].concat()));
    assert_eq!(other.expect_close(), Some(0x94));
}
