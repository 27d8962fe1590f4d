//! Routes of pictures.

use super::conditions::Seen;
use crate::App;
use crate::domain::picture::Format;
use crate::domain::view;
use crate::ops::images::{self, PictureFile};
use api::ids::{ImageId, ProductId};
use api::product::{AddImage, Image};
use auth::Caller;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Response};
use base::{Error, Kind};
use bytes::Bytes;
use http::HeaderValue;
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName,
    X_CONTENT_TYPE_OPTIONS,
};
use serde::Deserialize;
use service::http::{Created, Failure, Json, NoContent, Path, Query, Result};
use utoipa::ToSchema;

/// How wide a picture should be.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Size {
    /// 200, 600 or 1200 pixels; the whole picture when left out.
    size: Option<u32>,
}

/// The form of an upload.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the form for the OpenAPI document")]
pub(super) struct UploadImage {
    /// JPEG, PNG, WebP or SVG, at most 10 MiB.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// Text for those who cannot see it.
    alt: Option<String>,
    /// Order among the pictures, from 0; the last when left out.
    position: Option<i64>,
}

/// The bytes of a picture.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "it describes the answer for the OpenAPI document")]
pub(super) struct PictureBytes(Vec<u8>);

/// A picture as JSON that says where it is, or as a form that holds it.
pub(super) enum ImageBody {
    Elsewhere(AddImage),
    Uploaded { bytes: Bytes, alt: Option<String>, position: Option<i64> },
}

impl<S: Send + Sync> FromRequest<S> for ImageBody {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> std::result::Result<Self, Failure> {
        let kind =
            request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !kind.trim_start().to_ascii_lowercase().starts_with("multipart/form-data") {
            return Json::from_request(request, state).await.map(|Json(body)| Self::Elsewhere(body));
        }
        let form = Multipart::from_request(request, state).await;
        let form =
            form.map_err(|rejection| Error::new(Kind::Malformed, "malformed", rejection.body_text()))?;
        Ok(read_form(form).await?)
    }
}

async fn read_form(mut form: Multipart) -> std::result::Result<ImageBody, Error> {
    let (mut bytes, mut alt, mut position) = (None, None, None);
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name().unwrap_or_default() {
            "file" => bytes = Some(field.bytes().await.map_err(broken)?),
            "alt" => alt = Some(field.text().await.map_err(broken)?).filter(|text| !text.is_empty()),
            "position" => {
                let text = field.text().await.map_err(broken)?;
                let wrong = |_| Error::field("/position", "invalid", "must be a whole number");
                position = Some(text.trim().parse::<i64>().map_err(wrong)?);
            }
            _ => {}
        }
    }
    let bytes = bytes.ok_or_else(|| Error::field("/file", "required", "is required"))?;
    Ok(ImageBody::Uploaded { bytes, alt, position })
}

/// A form that is too large or broken.
pub(super) fn broken(error: MultipartError) -> Error {
    let kind = Kind::from_status(error.status().as_u16());
    let code = if kind == Kind::TooLarge { "too-large" } else { "malformed" };
    Error::new(kind, code, error.body_text())
}

/// Adds a picture: an upload, or an address elsewhere.
#[utoipa::path(post, path = "/api/products/{id}/images", tag = "products", params(("id" = String, Path),
        Seen),
    request_body(content((AddImage = "application/json"), (UploadImage = "multipart/form-data"))),
    responses((status = 201, body = Image)))]
pub(super) async fn add_image(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    seen: Seen,
    body: ImageBody,
) -> Result<Created<Json<Image>>> {
    let (product, id) = match body {
        ImageBody::Elsewhere(body) => images::add_address(&app, &caller, &name, seen.0, &body).await?,
        ImageBody::Uploaded { bytes, alt, position } => {
            images::add_file(&app, &caller, &name, seen.0, bytes, alt, position).await?
        }
    };
    let added =
        product.images.iter().find(|image| image.id == id).ok_or_else(|| Error::not_found("picture"))?;
    Ok(Created(format!("/api/products/{}/images/{id}", product.id), Json(view::image(&product, added))))
}

/// Reads an uploaded picture. It never changes: another picture has another id.
#[utoipa::path(get, path = "/api/products/{id}/images/{imageId}", tag = "products",
    params(("id" = ProductId, Path), ("imageId" = ImageId, Path), Size),
    responses((status = 200, content((PictureBytes = "image/jpeg"), (PictureBytes = "image/png"),
        (PictureBytes = "image/svg+xml")))))]
pub(super) async fn get_image(
    State(app): State<App>,
    Path((product, image)): Path<(ProductId, ImageId)>,
    Query(query): Query<Size>,
) -> Result<Response> {
    let file = images::get_image(&app, product, image, query.size).await?;
    Ok(send(file, image, query.size))
}

fn send(file: PictureFile, image: ImageId, size: Option<u32>) -> Response {
    let size = size.map(|size| format!("-{size}")).unwrap_or_default();
    let tag = format!("\"{}{size}\"", image.uuid().simple());
    let kind = HeaderValue::from_static(file.format.media_type());
    let mut response = file.bytes.into_response();
    let headers = response.headers_mut();
    let mut set =
        |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    set(CACHE_CONTROL, "public, max-age=31536000, immutable");
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(CONTENT_DISPOSITION, "inline");
    if file.format == Format::Svg {
        // Opened by itself, a drawing is a document: it may show itself and nothing else.
        set(CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox");
    }
    headers.insert(CONTENT_TYPE, kind);
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    response
}

/// Removes a picture.
#[utoipa::path(delete, path = "/api/products/{id}/images/{imageId}", tag = "products",
    params(("id" = String, Path), ("imageId" = ImageId, Path), Seen), responses((status = 204)))]
pub(super) async fn remove_image(
    State(app): State<App>,
    caller: Caller,
    Path((name, image)): Path<(String, ImageId)>,
    seen: Seen,
) -> Result<NoContent> {
    images::remove_image(&app, &caller, &name, image, seen.0).await?;
    Ok(NoContent)
}
