//! A panel's pixels as a PNG, one pixel for each LED.
use panel::{Moment, Size};
use wire::Page;

/// The picture of the panel at that moment, PNG, true colour.
///
/// # Errors
/// What the encoder says; it writes to memory, and the sizes are fixed.
pub fn png(page: &Page, size: Size, moment: Moment) -> Result<Vec<u8>, png::EncodingError> {
    panel::render(size, page, moment, |width, height, pixels| {
        let mut file = Vec::with_capacity(2048);
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(pixels)?;
        writer.finish()?;
        Ok(file)
    })
}
