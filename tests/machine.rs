//! The instruments themselves: a browser that draws, a broker that answers.
use tests::{Browser, Mosquitto, Publisher, target_dir};

#[test]
fn the_browser_runs_scripts_only_where_asked_to() {
    let Some(mut browser) = Browser::start() else { return };
    let page = "data:text/html,<meta name=viewport content=width=device-width><title>a</title><p>å</p><script>document.title='b'</script>";
    for (scripts, title) in [(true, "b"), (false, "a")] {
        let mut tab = browser.tab(390, 300, scripts);
        tab.open(page);
        assert_eq!(tab.evaluate("document.title"), title);
        assert_eq!(tab.evaluate("innerWidth"), 390);
        let file = target_dir().join("screenshots/machine.png");
        tab.screenshot(&file);
        assert!(std::fs::read(file).unwrap().starts_with(b"\x89PNG"));
    }
}

#[test]
fn mosquitto_acknowledges_also_after_a_kill() {
    let Some(mut broker) = Mosquitto::start() else { return };
    let message = ("a/b".to_owned(), b"c".to_vec());
    Publisher::connect(broker.address, "test").unwrap().deliver(&message).unwrap();
    broker.kill_and_restart();
    Publisher::connect(broker.address, "test").unwrap().deliver(&message).unwrap();
}
