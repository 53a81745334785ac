//! Pictures of every view at both sizes, in all states of a participant, compared with
//! `tests/golden/*.png`.
//!
//! `UPDATE_GOLDEN=1 cargo test -p panel` writes them again; review them before committing.
//! `CONTACT_SHEETS=DIR` also writes contact sheets of them, in the order of the cases and enlarged to
//! round LEDs.
use std::{collections::BTreeSet, env, fs, path::Path};

use panel::{Frame, Moment, Size, View, draw, view};
use wire::Page;

use crate::pages::{Case, cases};

fn picture(size: Size, page: &Page, moment: Moment) -> Vec<u8> {
    fn drawn<const W: usize, const H: usize>(size: Size, page: &Page, moment: Moment) -> Vec<u8> {
        let mut frame = Frame::<W, H>::new();
        let Ok(()) = draw(&mut frame, size, page, moment);
        assert_eq!(frame.outside(), 0, "drawn outside: {page:?}");
        frame.rgb().to_vec()
    }
    match size {
        Size::W64H32 => drawn::<64, 32>(size, page, moment),
        Size::W128H64 => drawn::<128, 64>(size, page, moment),
    }
}

fn write_png(path: &Path, width: u32, height: u32, rgb: &[u8]) {
    let file = fs::File::create(path).expect("a file");
    let mut encoder = png::Encoder::new(file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(rgb).expect("pixels");
}

fn read_png(path: &Path) -> Option<(u32, u32, Vec<u8>)> {
    let file = std::io::BufReader::new(fs::File::open(path).ok()?);
    let mut reader = png::Decoder::new(file).read_info().expect("a PNG");
    let mut rgb = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut rgb).expect("pixels");
    assert_eq!(info.color_type, png::ColorType::Rgb, "{}", path.display());
    Some((info.width, info.height, rgb))
}

/// Pictures side by side, each pixel as a round LED on a dark board.
fn look(path: &Path, width: u32, pictures: &[Vec<u8>]) {
    let (width, columns) = (width as usize, if width > 64 { 3 } else { 4 });
    let (height, dot) = (width / 2, if width > 64 { 4 } else { 6 });
    let rows = pictures.len().div_ceil(columns);
    let (cell_x, cell_y) = ((width + 2) * dot, (height + 2) * dot);
    let mut large = Vec::with_capacity(columns * rows * cell_x * cell_y * 3);
    for y in 0..rows * cell_y {
        for x in 0..columns * cell_x {
            let off = |v: usize| (2 * (v % dot) + 1).abs_diff(dot);
            let round = off(x).pow(2) + off(y).pow(2) <= dot * dot * 5 / 4;
            let (u, v) = (x % cell_x / dot, y % cell_y / dot);
            let picture = pictures.get(y / cell_y * columns + x / cell_x);
            let at = 3 * (v * width + u);
            large.extend(match picture {
                Some(rgb) if u < width && v < height => {
                    [0, 1, 2].map(|i| if round { rgb[at + i].max(24) } else { 8 })
                }
                _ => [48; 3],
            });
        }
    }
    write_png(path, (columns * cell_x) as u32, (rows * cell_y) as u32, &large);
}

#[test]
fn pictures_equal_the_reviewed_ones() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let update = env::var_os("UPDATE_GOLDEN").is_some();
    let mut sheets = [Vec::new(), Vec::new()];
    let (mut wrong, mut names) = (Vec::new(), BTreeSet::new());
    for Case { name, page, moment, view: expected } in cases() {
        for size in Size::ALL {
            assert_eq!(view(&page, size, moment), expected, "{name}");
            let rgb = picture(size, &page, moment);
            let file = format!("{name}-{size}.png");
            let path = folder.join(&file);
            if env::var_os("CONTACT_SHEETS").is_some() {
                sheets[usize::from(size == Size::W128H64)].push(rgb.clone());
            }
            if update {
                write_png(&path, size.width(), size.height(), &rgb);
            } else if read_png(&path) != Some((size.width(), size.height(), rgb)) {
                wrong.push(file.clone());
            }
            assert!(names.insert(file), "{name}: twice");
        }
    }
    if let Some(folder) = env::var_os("CONTACT_SHEETS") {
        for (size, pictures) in Size::ALL.into_iter().zip(&sheets) {
            let many = 4096 / size.width() as usize;
            for (i, some) in pictures.chunks(many).enumerate() {
                look(&Path::new(&folder).join(format!("{size}-{i}.png")), size.width(), some);
            }
        }
    }
    for entry in fs::read_dir(&folder).expect("the folder") {
        let file = entry.expect("an entry").file_name().into_string().expect("a name");
        if !names.contains(&file) {
            wrong.push(format!("{file}: no case"));
        }
    }
    assert!(
        wrong.is_empty(),
        "pictures differ from the golden files (CONTACT_SHEETS=DIR writes them enlarged): {wrong:#?}"
    );
}

#[test]
fn every_view_has_a_picture() {
    let seen: BTreeSet<_> = cases().iter().map(|case| format!("{:?}", case.view)).collect();
    for view in View::ALL {
        assert!(seen.contains(&format!("{view:?}")), "{view:?}");
    }
}
