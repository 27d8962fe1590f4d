//! What a message is to the code that publishes or consumes it, and the facts about it that
//! documents are generated from.

use crate::envelope::BadMessage;
use crate::name::{MessageKind, TypeName};
use base::{Error, Result};
use jsonschema::Validator;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

/// The payload of a message type.
pub trait Message: Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// Base name, e.g. `OrderPlaced`.
    const NAME: &'static str;
    /// Event, command, query or reply.
    const KIND: MessageKind = MessageKind::Event;
    /// Major version; a new one is a new message with a routing key of its own.
    const MAJOR: u32 = 1;
    /// Minor version; raised by every optional field that is added.
    const MINOR: u32 = 0;
    /// Exchange it is published to, e.g. `order.events`.
    const EXCHANGE: &'static str;
    /// Routing key, e.g. `order.order.placed.v1`.
    const ROUTING_KEY: &'static str;
    /// `sourceService`, e.g. `OrderService`.
    const SOURCE: &'static str;

    /// Id of the aggregate whose messages must stay in order, at most 128 bytes.
    fn partition_key(&self) -> String;
}

/// The name of `M`; displayed it is the wire name, e.g. `OrderPlacedEventV1`.
pub fn type_name<M: Message>() -> TypeName {
    TypeName::new(M::NAME, M::KIND, M::MAJOR)
}

/// What there is to know about a message type without an instance of it.
#[derive(Clone, Debug)]
pub struct MessageInfo {
    /// Base name, e.g. `OrderPlaced`.
    pub name: &'static str,
    /// Wire name, e.g. `OrderPlacedEventV1`.
    pub message_type: String,
    /// `<major>.<minor>` of the schema.
    pub version: String,
    /// Event, command, query or reply.
    pub kind: MessageKind,
    /// Exchange it is published to.
    pub exchange: &'static str,
    /// Routing key.
    pub routing_key: &'static str,
    /// `sourceService`.
    pub source: &'static str,
    /// JSON Schema 2020-12 of the payload.
    pub schema: fn() -> Value,
}

impl MessageInfo {
    /// The facts about `M`.
    pub fn of<M: Message>() -> Self {
        Self {
            name: M::NAME,
            message_type: type_name::<M>().to_string(),
            version: format!("{}.{}", M::MAJOR, M::MINOR),
            kind: M::KIND,
            exchange: M::EXCHANGE,
            routing_key: M::ROUTING_KEY,
            source: M::SOURCE,
            schema: schema::<M>,
        }
    }

    /// The folder of its schema: `order` for the exchange `order.events`.
    pub fn domain(&self) -> &'static str {
        self.exchange.split('.').next().unwrap_or_default()
    }
}

/// JSON Schema 2020-12 of the payload of `M`.
pub fn schema<M: Message>() -> Value {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<M>();
    schema.to_value()
}

/// The payload of `message` as JSON that fits its schema.
///
/// # Errors
/// 500 if the value does not fit its own schema, which is a mistake in the code.
pub(crate) fn write<M: Message>(message: &M) -> Result<Value> {
    let value = serde_json::to_value(message).map_err(Error::internal)?;
    let validator = validator::<M>()?;
    match complaint(&validator, &value) {
        None => Ok(value),
        Some(complaint) => Err(Error::internal(format!("{} does not fit its schema: {complaint}", M::NAME))),
    }
}

/// Reads and checks the payload of an `M`.
pub(crate) fn read<M: Message>(payload: &str) -> Result<M, BadMessage> {
    let schema = |text: String| BadMessage::Schema(text);
    let value: Value = serde_json::from_str(payload).map_err(|error| schema(error.to_string()))?;
    let validator = validator::<M>().map_err(|error| schema(error.to_string()))?;
    if let Some(complaint) = complaint(&validator, &value) {
        return Err(schema(complaint));
    }
    serde_json::from_value(value).map_err(|error| schema(error.to_string()))
}

/// What is wrong, by path and rule; the value itself may be personal and is left out.
fn complaint(validator: &Validator, value: &Value) -> Option<String> {
    let error = validator.validate(value).err()?;
    let text = format!("{}: {}", error.instance_path(), error.masked());
    Some(text.chars().take(300).collect())
}

type Validators = RwLock<HashMap<TypeId, Arc<Validator>>>;

/// The compiled schema of `M`, made at its first use.
fn validator<M: Message>() -> Result<Arc<Validator>> {
    static COMPILED: LazyLock<Validators> = LazyLock::new(Validators::default);
    let key = TypeId::of::<M>();
    let known = COMPILED.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    if let Some(validator) = known {
        return Ok(validator);
    }
    let compiled =
        jsonschema::draft202012::new(&schema::<M>()).map_err(|error| Error::internal(error.to_string()))?;
    let compiled = Arc::new(compiled);
    COMPILED.write().unwrap_or_else(PoisonError::into_inner).insert(key, compiled.clone());
    Ok(compiled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    struct Shipped {
        #[schemars(length(min = 1))]
        order_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        carrier: Option<String>,
    }

    impl Message for Shipped {
        const NAME: &'static str = "OrderShipped";
        const EXCHANGE: &'static str = "order.events";
        const ROUTING_KEY: &'static str = "order.shipment.shipped.v1";
        const SOURCE: &'static str = "OrderService";

        fn partition_key(&self) -> String {
            self.order_id.clone()
        }
    }

    #[test]
    fn the_facts_of_a_message_come_from_its_type() {
        let info = MessageInfo::of::<Shipped>();
        assert_eq!((info.message_type.as_str(), info.version.as_str()), ("OrderShippedEventV1", "1.0"));
        assert_eq!(info.domain(), "order");
        let schema = (info.schema)();
        assert_eq!(schema["required"], serde_json::json!(["orderId"]));
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    }

    #[test]
    fn a_message_that_breaks_its_own_schema_is_not_published() {
        assert!(write(&Shipped { order_id: "o-1".into(), carrier: None }).is_ok());
        assert!(write(&Shipped { order_id: String::new(), carrier: None }).is_err());
    }

    #[test]
    fn a_payload_is_checked_against_the_schema_without_repeating_its_values() {
        assert_eq!(read::<Shipped>(r#"{"orderId":"o-1","new":1}"#).unwrap().order_id, "o-1");
        let deep = format!(r#"{{"orderId":"o-1","x":{}1{}}}"#, "[".repeat(20_000), "]".repeat(20_000));
        for bad in ["{}", r#"{"orderId":7}"#, r#"{"orderId":""}"#, r#"{"orderId":"\ud800"}"#, &deep] {
            assert!(read::<Shipped>(bad).is_err(), "{bad:.60}");
        }
        let error = read::<Shipped>(r#"{"orderId":"o-1","carrier":{"secret":"hunter2"}}"#).unwrap_err();
        assert!(error.to_string().contains("/carrier") && !error.to_string().contains("hunter2"), "{error}");
    }
}
