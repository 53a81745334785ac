//! Quotas of logins: what one login uses up, the others still have; and whose a session is.
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use server::{Login, Secret};

use crate::support::*;

/// The counters at `/metrics` belong to the process. Only the tests of this file reach the
/// limits whose counters they read, one test at a time.
struct Counters(#[expect(dead_code, reason = "held until the test ends")] MutexGuard<'static, ()>);

impl Counters {
    fn lock() -> Self {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        server::metrics::recorder().expect("the recorder of this process");
        Self(guard)
    }

    fn get(&self, limit: &str) -> u64 {
        let text = server::metrics::recorder().unwrap().render();
        let name = format!("wattkampen_broker_limits_total{{limit=\"{limit}\"}} ");
        let value = text.lines().find_map(|line| line.strip_prefix(&name));
        value.map_or(0, |value| value.parse().unwrap())
    }
}

/// The password of a test's login is its user name.
fn login(user: &str) -> Login {
    let gateway = (user != "tv").then(|| format!("{user}-1").parse().unwrap());
    Login { user: user.into(), password: Secret(user.into()), gateway }
}

fn of<'a>(user: &'a str, connect: Connect<'a>) -> Connect<'a> {
    Connect { login: Some((user, user)), ..connect }
}

/// Opens a persistent session and disconnects; returns Session Present.
fn visit(server: &Server, v5: bool, user: &str, id: &str) -> bool {
    let (client, present) = RawClient::connect(server.addr, of(user, Connect::persistent(v5, id)));
    client.disconnect();
    present
}

#[test]
fn a_flood_of_sessions_by_one_login_leaves_the_others_served() {
    let counters = Counters::lock();
    for v5 in [false, true] {
        // A login's share is ten.
        let server = Server::with(|config| {
            config.limits.sessions = 80;
            config.logins = vec![login("mora"), login("falun")];
        });
        let before = counters.get("sessions");
        assert!(!visit(&server, v5, "falun", "panel"));
        let (mut connected, _) =
            RawClient::connect(server.addr, of("mora", Connect::persistent(v5, "connected")));
        for n in 0..200 {
            assert!(!visit(&server, v5, "mora", &format!("flood-{n}")));
        }
        assert_eq!(counters.get("sessions") - before, 191, "each beyond the first nine");
        assert!(visit(&server, v5, "falun", "panel"), "the returning client has its session");
        assert!(!visit(&server, v5, "falun", "new"), "a new client is served");
        // Of the flood, the newest nine are left, and the connected one beside them.
        assert!(visit(&server, v5, "mora", "flood-191"));
        assert!(visit(&server, v5, "mora", "flood-199"));
        connected.send(&[0xc0, 0]);
        assert_eq!(connected.packet().0, 0xd0);
        assert!(!visit(&server, v5, "mora", "flood-190"));
    }
}

#[test]
fn where_all_sessions_are_taken_the_heaviest_login_gives_way() {
    let _counters = Counters::lock();
    let users: Vec<String> = (0..9).map(|n| format!("hall{n}")).collect();
    let server = Server::with(|config| {
        // A login's share is two, and eight logins have all there are.
        config.limits.sessions = 16;
        config.logins = users.iter().map(|user| login(user)).collect();
    });
    assert!(!visit(&server, true, &users[0], "only"));
    for user in &users[1..8] {
        for n in 0..5 {
            visit(&server, true, user, &format!("{n}"));
        }
    }
    for id in ["a", "b"] {
        assert!(!visit(&server, true, &users[8], id));
    }
    assert!(visit(&server, true, &users[0], "only"));
    assert!(visit(&server, true, &users[8], "b"));
}

#[test]
fn anonymous_clients_have_all_sessions_and_the_oldest_absent_one_gives_way() {
    let _counters = Counters::lock();
    let server = Server::with(|config| config.limits.sessions = 20);
    let visit = |id: usize| {
        let id = id.to_string();
        let (client, present) = RawClient::connect(server.addr, Connect::persistent(true, &id));
        client.disconnect();
        present
    };
    for n in 0..30 {
        assert!(!visit(n));
    }
    for n in 10..30 {
        assert!(visit(n), "{n}");
    }
    assert!(!visit(9));
    // Connected clients keep theirs: a further one is refused.
    let clients: Vec<RawClient> =
        (0..20).map(|n| server.client(true, &format!("connected-{n}"))).collect();
    for v5 in [false, true] {
        let (_, answer) = RawClient::try_connect(server.addr, Connect::new(v5, "further"));
        assert_eq!(answer[1], if v5 { 0x97 } else { 3 });
    }
    drop(clients);
}

#[test]
fn the_connections_of_one_login_leave_room_for_others() {
    let counters = Counters::lock();
    for v5 in [false, true] {
        let server = Server::with(|config| {
            // A login's share is two.
            config.limits.connections = 16;
            config.logins = vec![login("mora"), login("falun")];
        });
        let before = counters.get("connections");
        let connect =
            |user, id| RawClient::try_connect(server.addr, of(user, Connect::new(v5, id)));
        let (first, answer) = connect("mora", "1");
        let (_second, again) = connect("mora", "2");
        assert_eq!((answer[1], again[1]), (0, 0));
        let (mut third, answer) = connect("mora", "3");
        assert_eq!(answer[1], if v5 { 0x97 } else { 3 });
        assert_eq!(third.expect_close(), None);
        assert!(counters.get("connections") > before);
        let (_falun, answer) = connect("falun", "1");
        assert_eq!(answer[1], 0);
        first.disconnect();
        let end = Instant::now() + TIMEOUT;
        while connect("mora", "3").1[1] != 0 {
            assert!(Instant::now() < end, "no room after a client disconnected");
        }
    }
}

#[test]
fn connections_without_a_connect_do_not_take_all_places() {
    let counters = Counters::lock();
    let server = Server::with(|config| config.limits.connections = 8);
    let before = counters.get("half_open");
    let mut connected = server.client(true, "connected");
    let silent: Vec<RawClient> = (0..4).map(|_| RawClient::open(server.addr, true)).collect();
    let mut fifth = RawClient::open(server.addr, true);
    assert_eq!(fifth.expect_close(), None);
    assert_eq!(counters.get("half_open") - before, 1);
    connected.send(&[0xc0, 0]);
    assert_eq!(connected.packet().0, 0xd0);
    // One of the four that are admitted becomes a client, and that frees its place.
    let mut clients = silent.into_iter();
    let mut first = clients.next().unwrap();
    first.send(&Connect::new(true, "first").encode());
    assert_eq!(first.packet().1[1], 0);
    let end = Instant::now() + TIMEOUT;
    loop {
        let mut next = RawClient::open(server.addr, true);
        let sent =
            std::io::Write::write_all(&mut next.stream, &Connect::new(true, "next").encode());
        if sent.is_ok() && next.try_packet().is_some() {
            break;
        }
        assert!(Instant::now() < end, "no place after a client was accepted");
    }
}

#[test]
fn the_sessions_of_a_login_share_its_subscriptions() {
    let counters = Counters::lock();
    for v5 in [false, true] {
        let server = Server::with(|config| {
            config.limits.login_subscriptions = 3;
            config.logins = vec![login("tv"), login("mora")];
        });
        let before = counters.get("subscriptions");
        let connect = |user, id| RawClient::connect(server.addr, of(user, Connect::new(v5, id))).0;
        let (mut first, mut second) = (connect("tv", "1"), connect("tv", "2"));
        assert_eq!(first.subscribe(&[("a", 0), ("b", 0)]), [0, 0]);
        let refused = if v5 { 0x97 } else { 0x80 };
        assert_eq!(second.subscribe(&[("a", 0), ("b", 0), ("a", 1)]), [0, refused, 1]);
        assert_eq!(counters.get("subscriptions") - before, 1);
        let mut mora = connect("mora", "1");
        assert_eq!(mora.subscribe(&[("wattkampen/v1/mora-1/page", 1)]), [1]);
        // A session that ends frees its subscriptions.
        first.disconnect();
        assert_eq!(second.subscribe(&[("b", 0), ("c", 0), ("d", 0)]), [0, 0, refused]);
    }
}

#[test]
fn the_queues_of_a_login_share_its_bytes() {
    let counters = Counters::lock();
    let server = Server::with(|config| {
        // Two messages of 400 bytes fit, and three do not.
        config.limits.login_queued_bytes = 1000;
        config.logins = vec![login("tv"), login("mora"), login("falun")];
    });
    let before = counters.get("queued");
    let topic = "wattkampen/v1/mora-1/config";
    let away = [("tv", "1"), ("tv", "2"), ("mora", "away")];
    for (user, id) in away {
        let connect = of(user, Connect::persistent(true, id));
        let (mut client, _) = RawClient::connect(server.addr, connect);
        assert_eq!(client.subscribe(&[(topic, 1)]), [1]);
        client.disconnect();
    }
    let (mut mora, _) = RawClient::connect(server.addr, of("mora", Connect::new(true, "m")));
    for id in 1..=2u8 {
        mora.publish(topic, &[id; 300], 1, false, id.into());
        assert_eq!(mora.expect_ack(0x40, id.into()), 0);
    }
    assert!(counters.get("queued") >= before + 2);
    for ((user, id), expected) in away.into_iter().zip([&[2][..], &[2], &[1, 2]]) {
        let connect = of(user, Connect::persistent(true, id));
        let (mut client, present) = RawClient::connect(server.addr, connect);
        assert!(present);
        for first in expected {
            assert_eq!(client.receive().payload[0], *first, "{user}/{id}");
        }
        client.expect_silence();
    }
}

#[test]
fn a_retained_message_that_is_not_kept_is_not_acknowledged_as_kept() {
    let counters = Counters::lock();
    for v5 in [false, true] {
        let server = Server::with(|config| config.limits.retained = 3);
        let before = counters.get("retained");
        let mut witness = server.client(v5, "witness");
        witness.subscribe(&[("extra/#", 1)]);
        let mut client = server.client(v5, "c");
        for id in 1..=3u16 {
            client.publish(&format!("t/{id}"), b"x", 1, true, id);
            assert_eq!(client.expect_ack(0x40, id), 0);
        }
        for (qos, head) in [(1, 0x40), (2, 0x50)] {
            client.publish("extra/1", b"x", qos, true, 4);
            if v5 {
                assert_eq!(client.expect_ack(head, 4), 0x97);
            } else {
                assert_eq!(client.expect_close(), None);
                client = server.client(v5, "c");
            }
        }
        assert_eq!(counters.get("retained") - before, 2);
        witness.expect_silence();
        // What is kept can be replaced, and what is not retained is routed.
        client.publish("t/3", b"newer", 1, true, 5);
        assert_eq!(client.expect_ack(0x40, 5), 0);
        client.publish("extra/2", b"x", 1, false, 6);
        assert_eq!(client.expect_ack(0x40, 6), 0);
        assert_eq!(witness.receive().topic, "extra/2");
        // The gateways' own topics have room of their own.
        for (id, topic) in [(7, "wattkampen/v1/mora-1/status"), (8, "wattkampen/v1/mora-1/config")]
        {
            client.publish(topic, b"{}", 1, true, id);
            assert_eq!(client.expect_ack(0x40, id), 0, "{topic}");
            let mut panel = server.client(v5, "panel");
            panel.subscribe(&[(topic, 1)]);
            assert!(panel.receive().retain);
        }
    }
}

#[test]
fn a_login_retains_its_share() {
    let _counters = Counters::lock();
    let server = Server::with(|config| {
        // A login's share is one message in the common room and one in the reserved room.
        config.limits.retained = 8;
        config.limits.reserved_retained = 8;
        config.logins = vec![login("mora"), login("falun")];
    });
    let connect = |user| RawClient::connect(server.addr, of(user, Connect::new(true, "c"))).0;
    let mut mora = connect("mora");
    let kinds = [("status", 0), ("config", 0), ("update", 0x97), ("reading", 0x97)];
    for (id, (kind, code)) in (1..).zip(kinds) {
        mora.publish(&format!("wattkampen/v1/mora-1/{kind}"), b"{}", 1, true, id);
        assert_eq!(mora.expect_ack(0x40, id), code, "{kind}");
    }
    let mut falun = connect("falun");
    falun.publish("wattkampen/v1/falun-1/status", b"{}", 1, true, 1);
    assert_eq!(falun.expect_ack(0x40, 1), 0);
}

#[test]
fn a_session_belongs_to_login_and_client_identifier() {
    let logins = || vec![login("mora"), login("falun"), login("tv")];
    for v5 in [false, true] {
        let server = Server::with(|config| config.logins = logins());
        let status = "wattkampen/v1/falun-1/status";
        let will = Some((status, &b"gone"[..], 1, true, vec![]));
        let connect = Connect { will, ..of("falun", Connect::persistent(v5, "same")) };
        let (mut falun, _) = RawClient::connect(server.addr, connect);
        assert_eq!(falun.subscribe(&[("wattkampen/v1/falun-1/config", 1)]), [1]);
        // Another login with the same client identifier has a session of its own.
        for clean in [false, true] {
            let connect = Connect { clean, ..of("mora", Connect::persistent(v5, "same")) };
            let (mora, present) = RawClient::connect(server.addr, connect);
            assert!(!present, "clean start {clean}");
            mora.disconnect();
        }
        falun.publish("wattkampen/v1/falun-1/config", b"interval 60", 1, false, 1);
        assert_eq!(falun.expect_ack(0x40, 1), 0);
        assert_eq!(falun.receive().payload, b"interval 60");
        // Its will is still stored: it is published after a restart without the client.
        let directory = server.stop();
        let server = Server::restart_in(directory, |config| {
            config.logins = logins();
            config.limits.will_grace = Duration::from_millis(1);
        });
        let (mut tv, _) = RawClient::connect(server.addr, of("tv", Connect::new(v5, "tv")));
        tv.subscribe(&[(status, 1)]);
        assert_eq!(tv.receive().payload, b"gone");
    }
}

#[test]
fn a_client_that_has_a_login_since_the_restart_answers_for_its_old_will() {
    let server = Server::start();
    let topics = ["wattkampen/v1/mora-1/status", "wattkampen/v1/falun-1/status"];
    let clients = topics.map(|topic| {
        let will = Some((topic, &b"gone"[..], 1, true, vec![]));
        RawClient::connect(server.addr, Connect { will, ..Connect::new(true, topic) })
    });
    let directory = server.stop();
    drop(clients);
    let server = Server::restart_in(directory, |config| {
        config.logins = vec![login("mora"), login("falun"), login("tv")];
        config.limits.will_grace = QUIET * 3;
    });
    let (mut tv, _) = RawClient::connect(server.addr, of("tv", Connect::new(true, "tv")));
    tv.subscribe(&[("#", 1)]);
    // Mora is back, under both client identifiers; the will of Falun is not Mora's to end.
    let _back =
        topics.map(|id| RawClient::connect(server.addr, of("mora", Connect::new(true, id))));
    assert_eq!(tv.receive().topic, topics[1]);
    tv.expect_silence();
}

#[test]
fn rights_are_checked_again_when_a_session_resumes() {
    let server = Server::with(|config| {
        // One user name, whose gateway depends on the password.
        let of_gateway = |password: &str| Login {
            user: "mora".into(),
            password: Secret(password.into()),
            gateway: Some(password.parse().unwrap()),
        };
        config.logins = vec![of_gateway("mora-1"), of_gateway("mora-2")];
    });
    let connect = |password, id| {
        let login = Some(("mora", password));
        RawClient::connect(server.addr, Connect { login, ..Connect::persistent(true, id) })
    };
    let topic = "wattkampen/v1/mora-1/config";
    let (mut client, _) = connect("mora-1", "board");
    assert_eq!(client.subscribe(&[(topic, 1)]), [1]);
    let (mut publisher, _) = connect("mora-1", "publisher");
    publisher.publish(topic, b"in flight", 1, false, 1);
    assert_eq!(publisher.expect_ack(0x40, 1), 0);
    assert_eq!(client.receive_without_ack().payload, b"in flight");
    client.disconnect();
    publisher.publish(topic, b"queued", 1, false, 2);
    assert_eq!(publisher.expect_ack(0x40, 2), 0);
    let (mut client, present) = connect("mora-2", "board");
    assert!(present);
    publisher.publish(topic, b"live", 1, false, 3);
    assert_eq!(publisher.expect_ack(0x40, 3), 0);
    client.expect_silence();
}
