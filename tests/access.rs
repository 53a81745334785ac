//! The organiser's desk of the running service: closed behind a plain proxy, opened by the
//! printed link, by accounts and by tokens, and closed again by commands beside it.
use std::{path::PathBuf, process::Command};

use tests::{
    PAST, Place, Response, Server, TownHall, get_with, post, process, until, wattkampen,
    write_config,
};

const FORM: &str = "application/x-www-form-urlencoded";
const PASSWORD: &str = "fyra+ord+utan+samband";

struct Contest {
    _folder: tempfile::TempDir,
    config: PathBuf,
}

impl Contest {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let config = write_config(folder.path(), PAST, &TownHall::several(2), Place::Embedded);
        Self { _folder: folder, config }
    }

    /// Standard output of a command that succeeds.
    fn run(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(wattkampen());
        let done = process::output(command.args(arguments).arg("--config").arg(&self.config));
        let errors = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{arguments:?}: {errors}");
        String::from_utf8(done.stdout).expect("text")
    }
}

fn cookie(answer: &Response) -> String {
    let line = answer.head.lines().find_map(|line| line.strip_prefix("set-cookie: "));
    line.and_then(|line| line.split(';').next()).unwrap_or_default().to_owned()
}

fn form_token(page: &Response) -> String {
    let rest = page.text().split("name=\"csrf\" value=\"").nth(1).expect("a form");
    rest.split('"').next().expect("a value").to_owned()
}

/// Fills in the form of a page with more fields; the answer.
fn fill_in(server: &Server, path: &str, fields: &str) -> Response {
    let page = server.get(path);
    assert_eq!(page.status, 200, "{}", page.text());
    let kind = format!("{FORM}\r\nCookie: {}", cookie(&page));
    let body = format!("csrf={}&{fields}", form_token(&page));
    post(server.http, path, &kind, &body).expect("the server answers")
}

fn desk(server: &Server, header: &str) -> u16 {
    get_with(server.http, "/organiser", header).expect("the server answers").status
}

#[test]
fn behind_a_plain_proxy_there_is_no_desk_until_the_printed_link_makes_an_account() {
    let contest = Contest::new();
    let server = Server::serve(&contest.config);
    let link = server.link();
    let printed = server.printed();
    let lines: Vec<&str> = printed.lines().collect();
    assert!(lines[0].starts_with("http://") && lines[1].starts_with("mqtt://"), "{printed}");
    assert_eq!(lines[2], format!("organiser http://{}{link}", server.http));
    until("the log has the link", || server.log().contains(&link).then_some(()));

    // As nginx with proxy_pass sends it, with and without the usual headers.
    for header in ["", "X-Forwarded-For: 203.0.113.5\r\n", "Forwarded: for=203.0.113.5\r\n"] {
        assert_eq!(desk(&server, header), 401, "{header}");
        let kind = format!("application/json\r\n{header}");
        let body = r#"{"kind":"employees","participant":"hall-1","from":"2020-01-01","count":1,"by":"x","reason":"none at all"}"#;
        let sent = post(server.http, "/api/v1/organiser/declarations", kind.trim_end(), body);
        assert_eq!(sent.expect("the server answers").status, 401, "{header}");
    }

    let done =
        fill_in(&server, &link, &format!("name=anna&password={PASSWORD}&repeated={PASSWORD}"));
    assert_eq!(done.status, 303, "{}", done.text());
    let session = format!("Cookie: {}\r\n", cookie(&done));
    assert_eq!(desk(&server, &session), 200);
    assert_eq!(server.get(&link).status, 401, "once");

    // A session outlives a restart, and no link is printed any more.
    assert!(server.terminate().success());
    let server = Server::serve(&contest.config);
    assert_eq!(desk(&server, &session), 200);
    let again = fill_in(&server, "/sign-in", &format!("name=anna&password={PASSWORD}"));
    assert_eq!(again.status, 303, "{}", again.text());
    assert!(!server.printed().contains("/setup/"), "{}", server.printed());

    assert!(contest.run(&["user", "list"]).starts_with("anna\torganiser\tsigned in "));
    let link = contest.run(&["user", "reset", "anna"]);
    assert_eq!(desk(&server, &session), 401, "a reset ends sessions at once");
    let path = link.trim().split("127.0.0.1:0").nth(1).expect("a link").to_owned();
    let fields = format!("password={PASSWORD}&repeated={PASSWORD}");
    let session = format!("Cookie: {}\r\n", cookie(&fill_in(&server, &path, &fields)));
    assert_eq!(desk(&server, &session), 200);
    contest.run(&["user", "remove", "anna"]);
    assert_eq!(desk(&server, &session), 401);
    assert!(server.terminate().success());
    let trail = contest.run(&["audit"]);
    for words in [
        "account anna was added (organiser, by setup link)",
        "the password of account anna was reset (organiser, by command line)",
        "account anna chose a password (organiser, by anna)",
        "account anna was removed (organiser, by command line)",
    ] {
        assert!(trail.contains(words), "{trail}lacks {words}");
    }
}

#[test]
fn a_towns_token_changes_its_own_activities_and_is_void_when_it_is_removed() {
    let contest = Contest::new();
    let server = Server::serve(&contest.config);
    let town = ["token", "add", "--role", "town", "--participant", "hall-1", "--expires", "90d"];
    let token = contest.run(&town).trim().to_owned();
    let bearer = format!("Authorization: Bearer {token}");
    let declare = |hall: &str| {
        let body = format!(
            r#"{{"kind":"activity","participant":"{hall}","activity":"night-walk","day":"2025-04-15","by":"caretaker","reason":"14 screens were on"}}"#
        );
        let kind = format!("application/json\r\n{bearer}");
        let path = "/api/v1/organiser/declarations";
        post(server.http, path, &kind, &body).expect("the server answers").status
    };
    assert_eq!((declare("hall-1"), declare("hall-2")), (201, 403));
    let shown = server.get("/api/v1/participants/hall-1").json();
    assert_eq!(shown["activities"][0]["kind"], "night-walk");
    assert_eq!(server.metric("wattkampen_access_refused_total{reason=\"role\"}"), 1);
    assert!(contest.run(&["token", "list"]).starts_with("1\ttown of hall-1\tuntil "));
    contest.run(&["token", "remove", "1"]);
    assert_eq!(declare("hall-1"), 401);
    assert!(!server.log().contains(&token), "{}", server.log());
    assert!(server.log().contains("token 1"), "the log says who was refused: {}", server.log());
}
