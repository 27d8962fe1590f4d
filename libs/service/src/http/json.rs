//! JSON bodies in and out.

use super::answer::Failure;
use super::objects::Objects;
use super::scan::{escape, scan};
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use base::{Error, Kind};
use bytes::{BufMut as _, Bytes, BytesMut};
use http::header::{CONTENT_TYPE, HeaderValue};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The largest JSON body, in bytes.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// A JSON body: as extractor it answers 400 `malformed`, 413, 415, or 422 with the pointer of the
/// wrong field; as answer it is `application/json; charset=utf-8`.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let bytes = read(request, &["application/json"]).await?;
        Ok(Json(parse(&bytes)?))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let mut buffer = BytesMut::with_capacity(256).writer();
        match serde_json::to_writer(&mut buffer, &self.0) {
            Ok(()) => json_bytes(buffer.into_inner().freeze()),
            Err(error) => Failure(Error::internal(error)).into_response(),
        }
    }
}

/// An answer of JSON that was written before.
pub(super) fn json_bytes(bytes: Bytes) -> Response {
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    ([(CONTENT_TYPE, kind)], bytes).into_response()
}

/// A JSON merge patch (RFC 7396): the raw object, to be merged into the present representation.
#[derive(Clone, Debug)]
pub struct MergePatch(pub serde_json::Map<String, serde_json::Value>);

impl<S: Send + Sync> FromRequest<S> for MergePatch {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let bytes = read(request, &["application/merge-patch+json", "application/json"]).await?;
        Ok(MergePatch(parse(&bytes)?))
    }
}

impl MergePatch {
    /// Lays the patch over `target` and reads the result as a `T`; `null` removes a member.
    ///
    /// # Errors
    /// 422 `unknown-field` or `validation` with the pointer of the wrong field.
    pub fn apply<T: Serialize + DeserializeOwned>(&self, target: &T) -> base::Result<T> {
        let mut value = serde_json::to_value(target).map_err(Error::internal)?;
        merge(&mut value, &serde_json::Value::Object(self.0.clone()));
        typed(&mut serde_json::Deserializer::from_slice(
            &serde_json::to_vec(&value).map_err(Error::internal)?,
        ))
    }
}

fn merge(target: &mut serde_json::Value, patch: &serde_json::Value) {
    let serde_json::Value::Object(patch) = patch else {
        target.clone_from(patch);
        return;
    };
    if !target.is_object() {
        *target = serde_json::Value::Object(serde_json::Map::new());
    }
    let Some(target) = target.as_object_mut() else { return };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            merge(target.entry(name.clone()).or_insert(serde_json::Value::Null), value);
        }
    }
}

async fn read(request: Request, media: &[&str]) -> base::Result<Bytes> {
    let given = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let given = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !media.contains(&given.as_str()) {
        let detail = format!("send the body as {}", media.join(" or "));
        return Err(Error::new(Kind::UnsupportedMedia, "unsupported-media-type", detail));
    }
    collect(request.into_body(), MAX_BODY_BYTES).await
}

/// The whole body, at most `limit` bytes.
pub(super) async fn collect(body: axum::body::Body, limit: usize) -> base::Result<Bytes> {
    let collected = Limited::new(body, limit).collect().await.map_err(|error| {
        if error.downcast_ref::<LengthLimitError>().is_some() {
            return Error::new(
                Kind::TooLarge,
                "too-large",
                format!("the body may have at most {limit} bytes"),
            );
        }
        Error::new(Kind::Malformed, "malformed", "the body broke off").caused_by(error)
    })?;
    Ok(collected.to_bytes())
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> base::Result<T> {
    let malformed = |error: &serde_json::Error| {
        let detail =
            format!("the body is not JSON: {}", error.to_string().chars().take(200).collect::<String>());
        Error::new(Kind::Malformed, "malformed", detail)
    };
    if let Some(finding) = scan(bytes).map_err(|error| malformed(&error))? {
        return Err(Error::field(finding.pointer, finding.code, finding.message));
    }
    typed(&mut serde_json::Deserializer::from_slice(bytes))
}

fn typed<'de, T: DeserializeOwned, R: serde_json::de::Read<'de>>(
    deserializer: &mut serde_json::Deserializer<R>,
) -> base::Result<T> {
    serde_path_to_error::deserialize(Objects(deserializer)).map_err(|error| {
        let pointer = pointer_of(error.path());
        let text = error.inner().to_string();
        let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
        describe(pointer, text)
    })
}

fn pointer_of(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer = format!("{pointer}/{index}"),
            Segment::Map { key } => pointer = format!("{pointer}/{}", escape(key)),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

fn describe(pointer: String, text: &str) -> Error {
    let named = |prefix: &str| {
        let rest = text.strip_prefix(prefix)?;
        rest.split('`').nth(1).map(escape)
    };
    if let Some(name) = named("unknown field ") {
        let at = if pointer.ends_with(&format!("/{name}")) { pointer } else { format!("{pointer}/{name}") };
        let detail = format!("there is no field {name}");
        return Error::new(Kind::Invalid, "unknown-field", detail.clone()).with_field(
            at,
            "unknown-field",
            detail,
        );
    }
    if let Some(name) = named("missing field ") {
        return Error::field(format!("{pointer}/{name}"), "required", "is required");
    }
    let message: String = in_plain_words(text).chars().take(200).collect();
    Error::field(pointer, "invalid", message)
}

/// The text without the names our types have among ourselves.
fn in_plain_words(text: &str) -> String {
    if text.starts_with("data did not match any variant of ") {
        return "has none of the forms it may have".to_owned();
    }
    let Some((found, expected)) = text.rsplit_once(", expected ") else { return text.to_owned() };
    let expected = match expected.split(' ').next().unwrap_or_default() {
        "struct" | "internally" | "adjacently" => "an object",
        "tuple" => "an array",
        "enum" | "variant" => "one of the known words",
        "unit" => "null",
        _ => expected,
    };
    format!("{found}, expected {expected}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Line {
        sku: String,
        quantity: u32,
    }

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Order {
        lines: Vec<Line>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sender: Option<Sender>,
    }

    #[derive(Debug, Serialize, Deserialize)]
    struct Sender {
        name: String,
        #[serde(default)]
        speed: Option<Speed>,
    }

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(rename_all = "UPPERCASE")]
    enum Speed {
        Slow,
        Fast,
    }

    fn wrong(text: &str) -> (u16, String, String) {
        let error = parse::<Order>(text.as_bytes()).unwrap_err();
        let pointer = error.fields().first().map(|field| field.pointer.clone()).unwrap_or_default();
        (error.kind().status(), error.code().to_owned(), pointer)
    }

    #[test]
    fn the_answer_names_the_wrong_field() {
        let cases = [
            (r#"{"lines":[{"sku":"a","quantity":-1}]}"#, 422, "validation", "/lines/0/quantity"),
            (r#"{"lines":[{"sku":"a","quantity":1e40}]}"#, 422, "validation", "/lines/0/quantity"),
            (
                r#"{"lines":[{"sku":"a","quantity":99999999999999999999}]}"#,
                422,
                "validation",
                "/lines/0/quantity",
            ),
            (r#"{"lines":[{"sku":"a","quantity":"1"}]}"#, 422, "validation", "/lines/0/quantity"),
            (r#"{"lines":[{"sku":"a"}]}"#, 422, "validation", "/lines/0/quantity"),
            (r#"{"lines":[{"sku":"a","quantity":1,"price":1}]}"#, 422, "unknown-field", "/lines/0/price"),
            (r#"{"lines":[],"lines":[]}"#, 422, "validation", "/lines"),
            (r#"{"lines":[]"#, 400, "malformed", ""),
            ("[]", 422, "validation", ""),
            (r#"[[],"a note"]"#, 422, "validation", ""),
            (r#"{"lines":[{"sku":"a","quantity":1},["a",1]]}"#, 422, "validation", "/lines/1"),
            (r#"{"lines":[],"sender":["Ada"]}"#, 422, "validation", "/sender"),
        ];
        for (text, status, code, pointer) in cases {
            assert_eq!(wrong(text), (status, code.to_owned(), pointer.to_owned()), "{text}");
        }
    }

    #[test]
    fn no_answer_tells_what_our_types_are_called() {
        for text in [
            "[]",
            "7",
            "null",
            r#""x""#,
            "[[],null,null]",
            r#"{"lines":[7]}"#,
            r#"{"lines":{}}"#,
            r#"{"lines":[["a",1]]}"#,
            r#"{"lines":[],"sender":"x"}"#,
            r#"{"lines":[],"sender":["x"]}"#,
            r#"{"lines":[],"sender":{"name":"x","speed":1}}"#,
            r#"{"lines":[],"sender":{"name":"x","speed":[]}}"#,
            r#"{"lines":[],"sender":{"name":"x","speed":"FASTER"}}"#,
            r#"{"lines":[],"sender":{"name":"x","speed":{"FAST":1}}}"#,
        ] {
            let error = parse::<Order>(text.as_bytes()).unwrap_err();
            assert_eq!(error.code(), "validation", "{text}");
            let told = format!("{} {:?}", error.detail(), error.fields());
            for word in ["Order", "Line", "Sender", "Speed", "struct", "enum", "variant of", "elements"] {
                assert!(!told.contains(word), "{text}: {told}");
            }
        }
        let plain = in_plain_words("invalid type: map, expected tuple struct X with 2 elements");
        assert_eq!(plain, "invalid type: map, expected an array");
        assert_eq!(
            in_plain_words("data did not match any variant of untagged enum X"),
            "has none of the forms it may have"
        );
    }

    #[test]
    fn a_merge_patch_sets_removes_and_refuses_unknown_fields() {
        let order = Order { lines: vec![], note: Some("x".into()), sender: None };
        let patch = |text: &str| MergePatch(serde_json::from_str(text).unwrap());
        assert_eq!(patch(r#"{"note":null}"#).apply(&order).unwrap().note, None);
        assert_eq!(patch(r#"{"note":"y"}"#).apply(&order).unwrap().note.as_deref(), Some("y"));
        assert_eq!(patch(r#"{"nota":"y"}"#).apply(&order).unwrap_err().code(), "unknown-field");
        let error = patch(r#"{"sender":["Ada"]}"#).apply(&order).unwrap_err();
        assert_eq!((error.code(), error.fields()[0].pointer.as_str()), ("validation", "/sender"));
    }
}
