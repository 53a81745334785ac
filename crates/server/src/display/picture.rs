//! A panel's page as a PNG image, one pixel for each LED.
use panel::{Moment, Size};
use wire::Page;

/// Draws the page as the panel shows it at `moment`, as an RGB PNG.
///
/// # Errors
/// The error of the encoder. It writes to memory and the sizes are fixed, so none is
/// expected.
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
