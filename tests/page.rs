//! The page at `/` in a real browser: complete without scripts, live with them, and
//! whole on a telephone.
use std::{fs::File, io::BufReader, path::Path};

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
    until("every town hall is ranked", || {
        let board = server.get("/api/v1/leaderboard").json();
        let rows = board["rows"].as_array()?;
        rows.iter().all(|row| row["rank"].is_u64()).then_some(())
    });
    {
        let mut tab = browser.tab(1280, 900, true);
        tab.open(&format!("{address}?lang=en"));
        let picture = target_dir().join("screenshots/leaderboard.png");
        tab.screenshot(&picture);
        // The first town halls are enough for a picture.
        crop(&picture, 1400);
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

/// Keeps the first rows of a picture.
fn crop(file: &Path, rows: usize) {
    let mut reader =
        png::Decoder::new(BufReader::new(File::open(file).unwrap())).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let mut encoder = png::Encoder::new(File::create(file).unwrap(), info.width, rows as u32);
    encoder.set_color(info.color_type);
    encoder.set_depth(info.bit_depth);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&pixels[..info.line_size * rows]).unwrap();
}
