//! Uploaded pictures: what they are, and the sizes made of them. Everything that is kept was
//! written by our own encoder, so that neither hidden data (place, camera) nor tricks on readers
//! of a format survive. SVG is the exception: it is kept as it is if it holds nothing active, and
//! served so that a browser would not run it anyway.

use crate::error::ProductError;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// Widths in pixels every stored picture can be asked for.
pub(crate) const SIZES: [u32; 3] = [200, 600, 1200];
/// The largest upload, in bytes.
pub(crate) const MAX_BYTES: usize = 10 * 1024 * 1024;
/// The longest side kept, in pixels.
const MAX_SIDE: u32 = 2400;
/// The longest side read, in pixels.
const MAX_INPUT_SIDE: u32 = 12_000;
/// The most memory a decoder may take, in bytes: 50 million pixels.
const MAX_DECODED: u64 = 200 * 1024 * 1024;
const MAX_SVG_BYTES: usize = 256 * 1024;
const JPEG_QUALITY: u8 = 82;

/// How a picture is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Jpeg,
    Png,
    Svg,
}

impl Format {
    /// The end of the file's name, and how it is stored.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Format::Jpeg => "jpg",
            Format::Png => "png",
            Format::Svg => "svg",
        }
    }

    /// The format with this extension.
    pub(crate) fn from_extension(text: &str) -> Option<Self> {
        [Format::Jpeg, Format::Png, Format::Svg].into_iter().find(|format| format.extension() == text)
    }

    /// The media type.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Format::Jpeg => "image/jpeg",
            Format::Png => "image/png",
            Format::Svg => "image/svg+xml",
        }
    }
}

/// A picture ready to be stored: one file per size, the whole one under `None`.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) format: Format,
    pub(crate) files: Vec<(Option<u32>, Vec<u8>)>,
}

/// Reads an upload and makes its sizes. It takes long: call it where blocking is allowed.
///
/// # Errors
/// [`ProductError::BadPicture`] for anything but JPEG, PNG, WebP and harmless SVG;
/// [`ProductError::PictureTooLarge`].
pub(crate) fn read(bytes: &[u8]) -> Result<Picture, ProductError> {
    if bytes.len() > MAX_BYTES {
        return Err(ProductError::PictureTooLarge("a picture may have at most 10 MiB".into()));
    }
    let format = image::guess_format(bytes).ok();
    match format {
        Some(ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP) => raster(bytes),
        Some(_) => Err(bad("send JPEG, PNG, WebP or SVG")),
        None => svg(bytes),
    }
}

fn bad(what: impl Into<String>) -> ProductError {
    ProductError::BadPicture(what.into())
}

fn raster(bytes: &[u8]) -> Result<Picture, ProductError> {
    let whole = decode(bytes)?;
    let format = if whole.color().has_alpha() { Format::Png } else { Format::Jpeg };
    let whole = if whole.width().max(whole.height()) > MAX_SIDE {
        whole.thumbnail(MAX_SIDE, MAX_SIDE)
    } else {
        whole
    };
    let mut files = vec![(None, encode(&whole, format)?)];
    for size in SIZES {
        if whole.width() > size {
            let height =
                (u64::from(whole.height()) * u64::from(size) / u64::from(whole.width())).max(1) as u32;
            let small = whole.resize_exact(size, height, image::imageops::FilterType::Triangle);
            files.push((Some(size), encode(&small, format)?));
        }
    }
    Ok(Picture { format, files })
}

fn decode(bytes: &[u8]) -> Result<DynamicImage, ProductError> {
    let broken = |error: image::ImageError| match error {
        image::ImageError::Limits(_) => ProductError::PictureTooLarge(format!(
            "a picture may have at most {MAX_INPUT_SIDE} pixels per side and 50 million in all"
        )),
        other => bad(other.to_string().chars().take(200).collect::<String>()),
    };
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let mut decoder = reader.map_err(|error| bad(error.to_string()))?.into_decoder().map_err(broken)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_INPUT_SIDE);
    limits.max_image_height = Some(MAX_INPUT_SIDE);
    limits.max_alloc = Some(MAX_DECODED);
    let needed = decoder.total_bytes();
    decoder.set_limits(limits).map_err(broken)?;
    if needed > MAX_DECODED {
        return Err(ProductError::PictureTooLarge("a picture may have at most 50 million pixels".into()));
    }
    let turned = decoder.orientation().map_err(broken)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(broken)?;
    picture.apply_orientation(turned);
    Ok(picture)
}

fn encode(picture: &DynamicImage, format: Format) -> Result<Vec<u8>, ProductError> {
    let mut bytes = Cursor::new(Vec::new());
    let written = match format {
        Format::Png => picture.to_rgba8().write_to(&mut bytes, ImageFormat::Png),
        Format::Jpeg | Format::Svg => {
            picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY))
        }
    };
    written.map_err(|error| ProductError::Other(base::Error::internal(error)))?;
    Ok(bytes.into_inner())
}

/// Words no harmless drawing has: scripts, handlers, other documents, addresses elsewhere.
const ACTIVE: [&str; 12] = [
    "<script",
    "<foreignobject",
    "<iframe",
    "<object",
    "<embed",
    "<!doctype",
    "<!entity",
    "<?xml-stylesheet",
    "javascript:",
    "@import",
    "<handler",
    "<animate",
];

fn svg(bytes: &[u8]) -> Result<Picture, ProductError> {
    let text = std::str::from_utf8(bytes).map_err(|_| bad("send JPEG, PNG, WebP or SVG"))?;
    let lower = text.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    let starts = lower.starts_with("<svg") || (lower.starts_with("<?xml") && lower.contains("<svg"));
    if !starts || !lower.trim_end().ends_with("</svg>") {
        return Err(bad("send JPEG, PNG, WebP or SVG"));
    }
    if bytes.len() > MAX_SVG_BYTES {
        return Err(ProductError::PictureTooLarge("an SVG may have at most 256 KiB".into()));
    }
    if let Some(word) = ACTIVE.iter().find(|word| lower.contains(**word)) {
        return Err(bad(format!("an SVG must not contain {word}")));
    }
    if has_handler(&lower) || has_reference(&lower) {
        return Err(bad("an SVG must not contain handlers or references to other files"));
    }
    Ok(Picture { format: Format::Svg, files: vec![(None, bytes.to_vec())] })
}

/// An attribute such as `onload=`.
fn has_handler(lower: &str) -> bool {
    lower.match_indices("on").any(|(index, _)| {
        let before = lower[..index].chars().next_back();
        let rest = lower[index + 2..].trim_start_matches(|c: char| c.is_ascii_alphanumeric());
        before.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '-') && rest.trim_start().starts_with('=')
    })
}

/// A link to anything but a part of the same drawing, also in the encoded forms of its colon.
fn has_reference(lower: &str) -> bool {
    let outside = |marker: &str, open: &[char]| {
        lower.match_indices(marker).any(|(index, _)| {
            let value = lower[index + marker.len()..].trim_start();
            !value.trim_start_matches(open).trim_start().starts_with('#')
        })
    };
    outside("href=", &['"', '\''])
        || outside("href =", &['"', '\''])
        || outside("url(", &['"', '\''])
        || lower.contains("&#")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32, alpha: bool) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let picture = if alpha {
            DynamicImage::new_rgba8(width, height)
        } else {
            DynamicImage::new_rgb8(width, height)
        };
        picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    fn code(bytes: &[u8]) -> String {
        base::Error::from(read(bytes).unwrap_err()).code().to_owned()
    }

    #[test]
    fn a_picture_gets_the_sizes_smaller_than_itself() {
        let picture = read(&png(1000, 500, false)).unwrap();
        let sizes: Vec<_> = picture.files.iter().map(|file| file.0).collect();
        assert_eq!((picture.format, sizes), (Format::Jpeg, vec![None, Some(200), Some(600)]));
        let small = image::load_from_memory(&picture.files[1].1).unwrap();
        assert_eq!((small.width(), small.height()), (200, 100));
        assert_eq!(read(&png(10, 10, true)).unwrap().format, Format::Png, "transparency is kept");
    }

    #[test]
    fn a_very_long_picture_has_at_least_one_line() {
        assert_eq!(read(&png(3000, 1, false)).unwrap().files.len(), 4);
    }

    #[test]
    fn anything_else_is_refused() {
        for bytes in [&b""[..], b"hello", b"GIF89a\x01\0\x01\0\0\0\0;", b"%PDF-1.7", &[0xff; 64], b"BM......"]
        {
            assert_eq!(code(bytes), "unsupported-media-type", "{bytes:?}");
        }
        let mut cut = png(50, 50, false);
        cut.truncate(60);
        assert_eq!(code(&cut), "unsupported-media-type");
        assert_eq!(code(&vec![0; MAX_BYTES + 1]), "too-large");
    }

    #[test]
    fn a_small_file_that_unpacks_to_a_huge_picture_is_refused() {
        assert_eq!(code(&png(12_001, 1, false)), "too-large");
    }

    #[test]
    fn drawings_are_kept_if_they_hold_nothing_active() {
        let good = "<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"><defs/><use href=\"#a\"/><rect fill=\"url(#g)\"/></svg>";
        assert_eq!(read(good.as_bytes()).unwrap().format, Format::Svg);
        for part in [
            "<script>alert(1)</script>",
            "<SCRIPT/>",
            "<rect onload=\"x\"/>",
            "<rect\nONLOAD = 'x'/>",
            "<a href=\"javascript:x\"/>",
            "<a xlink:href='https://example.org'/>",
            "<a href=\"&#106;avascript:x\"/>",
            "<image href=\"data:text/html,x\"/>",
            "<foreignObject/>",
            "<style>@import 'x'</style>",
            "<rect fill=\"url(http://example.org/x)\"/>",
            "<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
        ] {
            assert_eq!(code(format!("<svg>{part}</svg>").as_bytes()), "unsupported-media-type", "{part}");
        }
    }
}
