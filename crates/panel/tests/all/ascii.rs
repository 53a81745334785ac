//! Layout of the small panel, LED by LED: `#` white, `l` label, `g` green, `o`
//! orange, `y` amber, `f` faint.
use embedded_graphics::{mock_display::MockDisplay, pixelcolor::Rgb565, prelude::*};
use panel::{Frame64x32, Moment, draw};
use wire::{Contact, Page};

use crate::pages::{NOW, page, time};

fn shown(page: &Page) -> String {
    let mut frame = Frame64x32::new();
    let Ok(()) =
        draw(&mut frame, panel::Size::W64H32, page, Moment { now: time(NOW), elapsed_ms: 0 });
    let mut text = String::new();
    for y in 0..32 {
        let row: String = (0..64)
            .map(|x| match frame.pixel(x, y) {
                Some([0, 0, 0]) => '.',
                Some([255, 255, 255]) => '#',
                Some([112, 176, 255]) => 'l',
                Some([0, 255, 80]) => 'g',
                Some([255, 128, 0]) => 'o',
                Some([255, 176, 0]) => 'y',
                Some([72, 80, 96]) => 'f',
                other => panic!("a colour not expected: {other:?}"),
            })
            .collect();
        text.push_str(row.trim_end_matches('.'));
        text.push('\n');
    }
    text
}

fn check(page: &Page, expected: &str) {
    let shown = shown(page);
    assert_eq!(shown.trim_matches('\n'), expected.trim_matches('\n'), "\n{shown}");
}

/// A target with another colour type has the same pixels lit.
#[test]
fn any_draw_target_shows_the_same_pixels() {
    let mut display = MockDisplay::<Rgb565>::new();
    display.set_allow_overdraw(true);
    let moment = Moment { now: time(NOW), elapsed_ms: 0 };
    draw(&mut display, panel::Size::W64H32, &page(), moment).expect("infallible");
    let lit = |x, y| display.get_pixel(Point::new(x, y)).is_some_and(|c| c != Rgb565::BLACK);
    for (y, row) in (0..).zip(POWER.trim_matches('\n').lines()) {
        // The first row is dark, and trimmed away.
        for (x, dot) in (0..).zip(row.chars()) {
            assert_eq!(lit(x, y + 1), dot != '.', "{x},{}", y + 1);
        }
    }
}

#[test]
fn power() {
    let page = page();
    check(&page, POWER);
}

const POWER: &str = "
.lllll...ll....ll........l......l
.l......l..l..l..l.......l......l
.l......l.....l.....lll..l...l.llll.....l.ll..l...l
.llll..llll..llll..l...l.l..l...l.......ll..l.l...l
.l......l.....l....lllll.lll....l.......l...l.l...l
.l......l.....l....l.....l..l...l..l....l...l.l..ll
.lllll..l.....l.....lll..l...l...ll.....l...l..ll.l



........####....#######.........#########
.......#####...#########........##########
......######..###########.......###########
......######..###.....###...............###
......##.###..###.....###...............###
......#..###..###.....###...............###
.........###..###.....###...............###
.........###..###.....###...............###
.........###..###########.........#########
.........###..###########........#########
.........###..###########.......#########
.........###..###.....###.......###
.........###..###.....###.......###...........l.....l...l
.........###..###.....###.......###...........l.....l...l
.........###..###.....###.......###...........l...l.l...l
.........###..###.....###.......###...........l..l..l.l.l
.........###..###########..###..###########...lll...l.l.l
.........###...#########...###...##########...l..l..ll.ll
.........###....#######....###....#########...l...l.l...l
...........................##
...........................#
";

#[test]
fn step() {
    let page = Page { step_w: Some(-2400), step_at: Some(time(NOW)), ..page() };
    check(&page, STEP);
}

const STEP: &str = "
..ggg..gg
.g...g..g
.g......g...ggg...gggg..ggg......ggg..g...g
..ggg...g..g...g.g...g.g............g.g...g
.....g..g..g...g.g...g..ggg......gggg..g.g
.g...g..g..g...g..gggg.....g....g...g..g.g
..ggg..ggg..ggg......g.gggg......gggg...g
.................g...g
..................ggg


......................ggggggg.........ggg...ggg
......................gggggggg........ggg...ggg
......ggg.............ggggggggg.......ggg...ggg
......ggg...................ggg.......ggg...ggg
......ggg...................ggg.......ggg...ggg
......ggg...................ggg.......ggg...ggg
......ggg.....gggggg....ggggggg.......ggggggggg
......ggg.....gggggg...ggggggg.........gggggggg
...ggggggggg..gggggg..ggggggg...........ggggggg
....ggggggg...........ggg...................ggg..g.....g...g
.....ggggg............ggg...................ggg..g.....g...g
......ggg.............ggg...................ggg..g...g.g...g
.......g..............ggg...................ggg..g..g..g.g.g
......................ggggggggg..ggg........ggg..ggg...g.g.g
.......................gggggggg..ggg........ggg..g..g..gg.gg
........................ggggggg..ggg........ggg..g...g.g...g
.................................gg
.................................g
";

#[test]
fn no_contact() {
    let page =
        Page { contact: Contact::Stale, since: Some(time("2027-04-20T05:08:00Z")), ..page() };
    check(&page, NO_CONTACT);
}

const NO_CONTACT: &str = "
.yyy........................y...............y........y.....y
..y.........................y...............y........y.....y
..y..yyy...yy...yy..yyy.....y..y..yy..yyy..yyy...yyy.y..y.yyy
..y..y..y.y..y.y.yy.y..y....yyy..y..y.y..y..y...y..y.yyy...y
..y..y..y..yyy.yy...y..y....y..y.y..y.y..y..y.y.y..y.y..y..y.y
.yyy.y..y....y..yy..y..y....y..y..yy..y..y...y...yyy.y..y...y
...........yy





............................yyyyy..yyyyyy......yyyyy...yyyyy
...........................yyyyyyy.yyyyyyy....yyyyyyy.yyyyyyy
...........................yy...yy......yy....yy...yy.yy...yy
...........................yy...yy......yy.yy.yy...yy.yy...yy
...........................yy...yy......yy.yy.yy...yy.yy...yy
...........................yy...yy......yy....yy...yy.yyyyyyy
...........................yy...yy.....yy.....yy...yy.yyyyyyy
..............y............yy...yy.....yy.....yy...yy.yy...yy
..............y............yy...yy.....yy..yy.yy...yy.yy...yy
...yy..yy...yyy..yyy.yyy...yy...yy.....yy..yy.yy...yy.yy...yy
..yy..y.yy.y..y.y..y.y..y..yy...yy....yy......yy...yy.yy...yy
....y.yy...y..y.y..y.y..y..yyyyyyy....yy......yyyyyyy.yyyyyyy
..yy...yy...yyy..yyy.y..y...yyyyy.....yy.......yyyyy...yyyyy
";
