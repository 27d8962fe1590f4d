//! The envelope every message travels in (contracts §1), written strictly and read tolerantly.
//!
//! On RabbitMQ the same facts are repeated as message properties: `message_id`, `type` =
//! `messageType`, `timestamp` in whole seconds, `app_id` = `sourceService`, `correlation_id`, and
//! the headers `x-message-version`, `x-envelope-version`, `x-partition-key`, `x-causation-id`,
//! `traceparent` (see [`Properties`](crate::broker::Properties)). Where body and properties
//! disagree, the body wins.

use crate::message::{self, Message};
use crate::name::TypeName;
use base::{Error, Kind, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

/// The largest envelope, in bytes of JSON.
pub const MAX_BYTES: usize = 256 * 1024;

/// The version of the envelope we write; readers accept every `1.x`.
pub const ENVELOPE_VERSION: &str = "1.0";

const MAX_PARTITION_KEY: usize = 128;

/// A message with its envelope. The order of the fields is the order on the wire.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StandardMessage<T> {
    /// Identity of the message, the same on every delivery.
    pub message_id: Uuid,
    /// Name with kind and major version.
    pub message_type: TypeName,
    /// `<major>.<minor>` of the payload's schema.
    pub message_version: String,
    /// Version of the envelope itself.
    pub envelope_version: String,
    /// When the state changed.
    pub timestamp: Timestamp,
    /// The service that published it.
    pub source_service: String,
    /// Id of the whole business operation; the message's own id if a foreign publisher gave none.
    pub correlation_id: String,
    /// Id of the aggregate whose messages must stay in order; the message's own id if none was given.
    pub partition_key: String,
    /// The business data.
    pub payload: T,
}

/// A message whose payload has not been looked at yet.
pub type Envelope = StandardMessage<Box<RawValue>>;

/// Why bytes are no message we can handle. Repeating the delivery would not help.
#[derive(Debug, thiserror::Error)]
pub enum BadMessage {
    /// More than [`MAX_BYTES`].
    #[error("the message has {0} bytes, at most {MAX_BYTES} are allowed")]
    TooLarge(usize),
    /// Not JSON, or a field of the wrong type.
    #[error("not an envelope: {0}")]
    NotAnEnvelope(String),
    /// A required field is absent.
    #[error("the envelope has no {0}")]
    Missing(&'static str),
    /// A field is present and wrong.
    #[error("{field} {value:?} is not valid")]
    Invalid {
        /// Wire name of the field.
        field: &'static str,
        /// What it holds, shortened.
        value: String,
    },
    /// A major version of this type that the reader does not know.
    #[error("{0} is of a major version unknown here")]
    UnknownMajor(TypeName),
    /// The payload does not fit the schema of its type.
    #[error("the payload does not fit its schema: {0}")]
    Schema(String),
}

impl From<BadMessage> for Error {
    fn from(error: BadMessage) -> Self {
        let kind = if matches!(error, BadMessage::TooLarge(_)) { Kind::TooLarge } else { Kind::Invalid };
        Error::new(kind, "bad-message", error.to_string())
    }
}

impl<T> StandardMessage<T> {
    /// The same envelope around another payload.
    pub fn with_payload<U>(self, payload: U) -> StandardMessage<U> {
        StandardMessage {
            message_id: self.message_id,
            message_type: self.message_type,
            message_version: self.message_version,
            envelope_version: self.envelope_version,
            timestamp: self.timestamp,
            source_service: self.source_service,
            correlation_id: self.correlation_id,
            partition_key: self.partition_key,
            payload,
        }
    }
}

/// What foreign publishers may send (contracts §1.2 rule 5): every field has its own name and, for
/// some, another publisher's.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    message_id: Option<String>,
    event_id: Option<String>,
    message_type: Option<String>,
    event_type: Option<String>,
    #[serde(borrow)]
    message_version: Option<&'a RawValue>,
    event_version: Option<&'a RawValue>,
    version: Option<&'a RawValue>,
    envelope_version: Option<String>,
    timestamp: Option<String>,
    source_service: Option<String>,
    source: Option<String>,
    correlation_id: Option<String>,
    partition_key: Option<String>,
    payload: Option<&'a RawValue>,
    data: Option<&'a RawValue>,
}

impl Envelope {
    /// Reads an envelope; the payload is only known to be a JSON object.
    ///
    /// # Errors
    /// [`BadMessage`] for everything a reader must not accept.
    pub fn parse(body: &[u8]) -> Result<Self, BadMessage> {
        if body.len() > MAX_BYTES {
            return Err(BadMessage::TooLarge(body.len()));
        }
        let not_json = |error: &dyn std::fmt::Display| BadMessage::NotAnEnvelope(shorten(&error.to_string()));
        let text = std::str::from_utf8(body).map_err(|error| not_json(&error))?;
        let wire: Wire<'_> = serde_json::from_str(text).map_err(|error| not_json(&error))?;
        wire.into_envelope()
    }

    /// The message as an `M`: name, major version, schema and fields checked.
    ///
    /// # Errors
    /// [`BadMessage`] if it is another message, of another major version, or does not fit.
    pub fn open<M: Message>(self) -> Result<StandardMessage<M>, BadMessage> {
        if self.message_type.major() != M::MAJOR {
            return Err(BadMessage::UnknownMajor(self.message_type));
        }
        if self.message_type != message::type_name::<M>() {
            return Err(invalid("messageType", &self.message_type.to_string()));
        }
        let payload = message::read::<M>(self.payload.get())?;
        Ok(self.with_payload(payload))
    }
}

impl Wire<'_> {
    fn into_envelope(self) -> Result<Envelope, BadMessage> {
        let id = self.message_id.or(self.event_id).ok_or(BadMessage::Missing("messageId"))?;
        let message_id = Uuid::parse_str(&id).map_err(|_| invalid("messageId", &id))?;
        let written = self.message_type.or(self.event_type).ok_or(BadMessage::Missing("messageType"))?;
        let name: TypeName = written.parse().map_err(|_| invalid("messageType", &written))?;
        let version = self.message_version.or(self.event_version).or(self.version);
        let (message_type, message_version) = version_of(name, version)?;
        let envelope_version = self.envelope_version.unwrap_or_else(|| ENVELOPE_VERSION.to_owned());
        if envelope_version.split('.').next() != Some("1") {
            return Err(invalid("envelopeVersion", &envelope_version));
        }
        let time = self.timestamp.ok_or(BadMessage::Missing("timestamp"))?;
        let payload = self.payload.or(self.data).ok_or(BadMessage::Missing("payload"))?;
        if !payload.get().starts_with('{') {
            return Err(invalid("payload", payload.get()));
        }
        let usable_key = |key: &String| (1..=MAX_PARTITION_KEY).contains(&key.len()) && !key.contains('\0');
        let own_id = || message_id.to_string();
        Ok(StandardMessage {
            message_id,
            message_type,
            message_version,
            envelope_version,
            timestamp: time.parse().map_err(|_| invalid("timestamp", &time))?,
            source_service: self
                .source_service
                .or(self.source)
                .ok_or(BadMessage::Missing("sourceService"))?,
            correlation_id: self
                .correlation_id
                .filter(|id| base::context::is_correlation_id(id))
                .unwrap_or_else(own_id),
            partition_key: self.partition_key.filter(usable_key).unwrap_or_else(own_id),
            payload: payload.to_owned(),
        })
    }
}

/// The major version of the name and of the version field must agree where both are written.
fn version_of(name: TypeName, version: Option<&RawValue>) -> Result<(TypeName, String), BadMessage> {
    let Some(raw) = version else {
        let version = format!("{}.0", name.major());
        let major = name.major();
        return Ok((name.at_major(major), version));
    };
    let text = raw.get().trim_matches('"');
    let bad = || invalid("messageVersion", text);
    let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
    let major: u32 = major.parse().ok().filter(|major| *major > 0).ok_or_else(bad)?;
    let minor: u32 = minor.parse().map_err(|_| bad())?;
    if name.written_major().is_some_and(|written| written != major) {
        return Err(bad());
    }
    Ok((name.at_major(major), format!("{major}.{minor}")))
}

fn invalid(field: &'static str, value: &str) -> BadMessage {
    BadMessage::Invalid { field, value: shorten(value) }
}

/// At most 100 characters, none of them NUL, which a database text cannot hold.
fn shorten(text: &str) -> String {
    text.chars().filter(|c| *c != '\0').take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn example() -> Value {
        json!({
            "messageId": "0197b5a2-7c1e-7a44-9d0b-3f6f0f7f2a10",
            "messageType": "UserRegisteredEventV1", "messageVersion": "1.0", "envelopeVersion": "1.0",
            "timestamp": "2026-03-02T09:14:07.512Z", "sourceService": "UserService",
            "correlationId": "0197b5a2-7bff-7d01-8c55-0c1f5f0f9e77",
            "partitionKey": "0197b5a2-7c10-7c3e-b1f2-55a0d5d1c001",
            "payload": { "aggregateVersion": 1, "email": "ada@example.org" }
        })
    }

    fn parse(value: &Value) -> Result<Envelope, BadMessage> {
        Envelope::parse(value.to_string().as_bytes())
    }

    fn with(field: &str, value: Value) -> Value {
        let mut message = example();
        message[field] = value;
        message
    }

    fn without(field: &str) -> Value {
        let mut message = example();
        message.as_object_mut().unwrap().remove(field);
        message
    }

    #[test]
    fn the_wire_form_has_the_fields_of_the_contract_in_their_order() {
        let text = serde_json::to_string(&parse(&example()).unwrap()).unwrap();
        assert!(text.starts_with(
            r#"{"messageId":"0197b5a2-7c1e-7a44-9d0b-3f6f0f7f2a10","messageType":"UserRegisteredEventV1","messageVersion":"1.0","envelopeVersion":"1.0","timestamp":"2026-03-02T09:14:07.512Z","sourceService":"UserService","correlationId":"0197b5a2-7bff-7d01-8c55-0c1f5f0f9e77","partitionKey":"0197b5a2-7c10-7c3e-b1f2-55a0d5d1c001","payload":{"#
        ), "{text}");
    }

    #[test]
    fn a_foreign_publisher_is_understood() {
        let message = json!({
            "eventId": "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "eventType": "LoyaltyPointsEarned",
            "eventVersion": 1, "timestamp": "2026-03-02T10:14:07+01:00", "source": "LoyaltyService",
            "data": { "pointsEarned": 5 }, "somethingElse": [1, { "deep": null }]
        });
        let envelope = parse(&message).unwrap();
        assert_eq!(envelope.message_type.to_string(), "LoyaltyPointsEarnedEventV1");
        assert_eq!(envelope.message_version, "1.0");
        assert_eq!(envelope.source_service, "LoyaltyService");
        assert_eq!(envelope.timestamp.to_string(), "2026-03-02T09:14:07.000Z");
        assert_eq!(envelope.correlation_id, "3f2504e0-4f89-41d3-9a0c-0305e82c3301");
        assert_eq!(envelope.partition_key, envelope.correlation_id);
        assert_eq!(envelope.payload.get(), r#"{"pointsEarned":5}"#);
    }

    #[test]
    fn our_own_names_win_over_a_foreign_publishers() {
        let mut message = example();
        message["source"] = json!("Mallory");
        message["eventType"] = json!("OrderPlaced");
        let envelope = parse(&message).unwrap();
        assert_eq!(envelope.source_service, "UserService");
        assert_eq!(envelope.message_type.base, "UserRegistered");
    }

    #[test]
    fn versions_must_agree() {
        for good in [json!("1.0"), json!("1.7"), json!("1"), json!(1), Value::Null] {
            assert!(parse(&with("messageVersion", good.clone())).is_ok(), "{good}");
        }
        for bad in [json!("2.0"), json!("0.1"), json!(""), json!("1.x"), json!({}), json!(-1), json!("1.0.0")]
        {
            assert!(parse(&with("messageVersion", bad.clone())).is_err(), "{bad}");
        }
        let mut unversioned = with("messageType", json!("UserRegistered"));
        unversioned["messageVersion"] = json!("2.1");
        assert_eq!(parse(&unversioned).unwrap().message_type.to_string(), "UserRegisteredEventV2");
        assert!(parse(&with("envelopeVersion", json!("1.9"))).is_ok());
        assert!(parse(&with("envelopeVersion", json!("2.0"))).is_err());
    }

    #[test]
    fn required_fields_are_required_and_optional_ones_are_replaced() {
        for field in ["messageId", "messageType", "timestamp", "sourceService", "payload"] {
            assert!(parse(&without(field)).is_err(), "{field}");
        }
        for field in ["messageVersion", "envelopeVersion", "correlationId", "partitionKey"] {
            assert!(parse(&without(field)).is_ok(), "{field}");
        }
        let hostile = parse(&with("correlationId", json!("a\r\nSet-Cookie: x"))).unwrap();
        assert_eq!(hostile.correlation_id, hostile.message_id.to_string());
        let long = parse(&with("partitionKey", json!("k".repeat(129)))).unwrap();
        assert_eq!(long.partition_key, long.message_id.to_string());
    }

    #[test]
    fn what_is_no_envelope_is_refused_and_never_panics() {
        let deep_field = format!("{{\"x\":{}{}}}", "[".repeat(20_000), "]".repeat(20_000));
        let texts: Vec<Vec<u8>> = vec![
            b"".to_vec(),
            b"hello".to_vec(),
            b"[]".to_vec(),
            b"null".to_vec(),
            b"{}".to_vec(),
            vec![0xff, 0xfe, 0x00],
            vec![0; 1000],
            vec![b'['; 200_000],
            deep_field.into_bytes(),
            with("payload", json!([])).to_string().into_bytes(),
            with("payload", json!("text")).to_string().into_bytes(),
            with("messageId", json!(7)).to_string().into_bytes(),
            with("messageId", json!("not-a-uuid")).to_string().into_bytes(),
            with("timestamp", json!("yesterday")).to_string().into_bytes(),
            with("messageType", json!("no type at all")).to_string().into_bytes(),
            format!("{} {{}}", example()).into_bytes(),
            example().to_string().replacen('{', "{\"messageType\":\"A\",", 1).into_bytes(),
        ];
        for text in texts {
            assert!(Envelope::parse(&text).is_err(), "{:.80}", String::from_utf8_lossy(&text));
        }
        let large = with("payload", json!({ "text": "x".repeat(MAX_BYTES) }));
        assert!(matches!(parse(&large), Err(BadMessage::TooLarge(_))));
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(Envelope::parse(&bytes).is_err());
        }

        #[test]
        fn any_field_value_is_answered(field in 0_usize..9, text in "\\PC{0,30}") {
            let names = ["messageId", "messageType", "messageVersion", "envelopeVersion", "timestamp",
                "sourceService", "correlationId", "partitionKey", "payload"];
            let _no_panic = parse(&with(names[field], json!(text)));
        }
    }
}
