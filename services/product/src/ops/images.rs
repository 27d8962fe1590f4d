//! Adds and removes pictures, and reads their files.

use super::change::{Hand, change};
use super::shelf::find;
use crate::App;
use crate::domain::picture::{self, Format, Picture, SIZES};
use crate::domain::product::{Image, MAX_ALT, MAX_IMAGES, MAX_URL, Product, Source};
use crate::error::ProductError;
use crate::store;
use api::ids::{ImageId, ProductId};
use api::product::AddImage;
use auth::Caller;
use base::{Check, Error};
use bytes::Bytes;

/// A file as it is sent.
#[derive(Debug)]
pub(crate) struct PictureFile {
    pub(crate) bytes: Vec<u8>,
    pub(crate) format: Format,
}

/// Adds a picture that is elsewhere; it is not fetched. Answers the product and the picture's id.
///
/// # Errors
/// [`ProductError::NoProduct`]; 412; 422; more than 50 pictures.
pub(crate) async fn add_address(
    app: &App,
    caller: &Caller,
    name: &str,
    seen: Option<i64>,
    body: &AddImage,
) -> Result<(Product, ImageId), ProductError> {
    let mut check = Check::new();
    check.text("/url", &body.url, 1..=MAX_URL);
    let host = body.url.strip_prefix("https://").filter(|rest| !rest.is_empty() && !rest.starts_with('/'));
    let clean =
        !body.url.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>' | '\\'));
    check.that(host.is_some() && clean, "/url", "url", "must be an address that begins with https://");
    check_texts(&mut check, body.alt.as_deref(), body.position);
    check.finish()?;
    let image = Image {
        id: ImageId::new(),
        source: Source::Elsewhere(body.url.clone()),
        alt: body.alt.clone(),
        position: 0,
    };
    add(app, caller, name, seen, image, body.position).await
}

/// Adds an uploaded picture. Answers the product and the picture's id.
///
/// # Errors
/// As [`add_address`]; [`ProductError::BadPicture`], [`ProductError::PictureTooLarge`].
pub(crate) async fn add_file(
    app: &App,
    caller: &Caller,
    name: &str,
    seen: Option<i64>,
    bytes: Bytes,
    alt: Option<String>,
    position: Option<i64>,
) -> Result<(Product, ImageId), ProductError> {
    let mut check = Check::new();
    check_texts(&mut check, alt.as_deref(), position);
    check.finish()?;
    find(app, name).await?;
    let picture = read(app, bytes).await?;
    let id = ImageId::new();
    // The files first: a row never points to nothing, and files without a row harm nobody.
    app.pictures.store(id, &picture).await?;
    let image = Image { id, source: Source::Stored(picture.format), alt, position: 0 };
    let added = add(app, caller, name, seen, image, position).await;
    if added.is_err() {
        app.pictures.remove(id, picture.format).await;
    }
    added
}

fn check_texts(check: &mut Check, alt: Option<&str>, position: Option<i64>) {
    check.opt_text("/alt", alt, 1..=MAX_ALT);
    if let Some(position) = position {
        check.number("/position", position, 0..=1_000);
    }
}

/// Reads the upload on a thread for long work, a bounded number at once.
async fn read(app: &App, bytes: Bytes) -> Result<Picture, ProductError> {
    let _place = app.reading.acquire().await.map_err(Error::internal)?;
    let work = tokio::task::spawn_blocking(move || picture::read(&bytes));
    work.await.map_err(Error::internal)?
}

async fn add(
    app: &App,
    caller: &Caller,
    name: &str,
    seen: Option<i64>,
    image: Image,
    position: Option<i64>,
) -> Result<(Product, ImageId), ProductError> {
    let product = find(app, name).await?.id;
    let hand = Hand::of(app, caller, "product.image.create");
    let id = image.id;
    let product = change(app, &hand, product, seen, |product| {
        if product.images.len() >= MAX_IMAGES {
            return Err(ProductError::TooMany("50 pictures of a product"));
        }
        let place = position.unwrap_or(i64::MAX).min(product.images.len() as i64);
        product.images.insert(place as usize, image);
        for (position, image) in (0..).zip(&mut product.images) {
            image.position = position;
        }
        Ok(())
    })
    .await?;
    Ok((product, id))
}

/// Removes a picture and its files.
///
/// # Errors
/// [`ProductError::NoProduct`], [`ProductError::NoImage`]; 412.
pub(crate) async fn remove_image(
    app: &App,
    caller: &Caller,
    name: &str,
    id: ImageId,
    seen: Option<i64>,
) -> Result<(), ProductError> {
    let product = find(app, name).await?.id;
    let hand = Hand::of(app, caller, "product.image.delete");
    let mut gone = None;
    change(app, &hand, product, seen, |product| {
        let place = product.images.iter().position(|image| image.id == id).ok_or(ProductError::NoImage)?;
        gone = Some(product.images.remove(place));
        product.number_images();
        Ok(())
    })
    .await?;
    if let Some(Image { source: Source::Stored(format), .. }) = gone {
        app.pictures.remove(id, format).await;
    }
    Ok(())
}

/// The file of a picture, at least `size` pixels wide if there is one so wide, else the whole.
///
/// # Errors
/// [`ProductError::NoImage`]; 422 for a size that is not offered.
pub(crate) async fn get_image(
    app: &App,
    product: ProductId,
    id: ImageId,
    size: Option<u32>,
) -> Result<PictureFile, ProductError> {
    if size.is_some_and(|size| !SIZES.contains(&size)) {
        return Err(Error::field("/size", "unknown", "must be 200, 600 or 1200, or left out").into());
    }
    let format = store::products::image_format(&mut app.db.conn().await?, product, id)
        .await?
        .ok_or(ProductError::NoImage)?;
    let bytes = app.pictures.load(id, size, format).await?.ok_or(ProductError::NoImage)?;
    Ok(PictureFile { bytes, format })
}
