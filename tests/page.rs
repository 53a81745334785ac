//! The page at `/` in a real browser: complete without scripts, live with them, and
//! whole on a telephone.
use tests::{Browser, Server, target_dir, until};

const ROWS: &str = "document.querySelectorAll('table tbody tr:not(.heading)').length";
const TEXT: &str = "document.querySelector('#board').innerText";

#[test]
fn the_page_is_live_and_fits_every_screen() {
    let Some(mut browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::demo(&folder.path().join("data"), &["--speed", "60"]);
    until("the demo is ready", || (server.get("/readyz").status == 200).then_some(()));
    let address = format!("http://{}/", server.http);

    for (name, width, height) in [("desktop", 1280, 900), ("phone", 390, 844)] {
        for scripts in [true, false] {
            let mut tab = browser.tab(width, height, scripts);
            tab.open(&address);
            assert_eq!(tab.evaluate(ROWS), 24, "rows, {name}, scripts {scripts}");
            let widest = tab.evaluate("document.documentElement.scrollWidth").as_u64().unwrap();
            assert!(widest <= u64::from(width), "{name}: {widest} px wide in {width}");
            let suffix = if scripts { "" } else { "-without-scripts" };
            tab.screenshot(&target_dir().join(format!("screenshots/{name}{suffix}.png")));
        }
    }

    // The picture of README.md: `cargo xtask screenshot` copies it.
    {
        let mut tab = browser.tab(1280, 900, true);
        tab.open(&format!("{address}?lang=en"));
        tab.screenshot(&target_dir().join("screenshots/leaderboard.png"));
    }

    let mut tab = browser.tab(1280, 900, true);
    tab.open(&address);
    // A mark that a reload would wipe out.
    tab.evaluate("window.mark = 1");
    let before = tab.evaluate(TEXT);
    until("a number changes by itself", || (tab.evaluate(TEXT) != before).then_some(()));
    assert_eq!(tab.evaluate("window.mark"), 1, "it changed without a reload");
    assert!(server.terminate().success(), "the demo ends cleanly");
}
