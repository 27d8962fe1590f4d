//! Documents for those who build on the platform: OpenAPI and AsyncAPI.

use crate::output::{Outcome, Result, line};
use crate::services;
use base::Error;
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

/// `emporion openapi [SERVICE]`
pub(crate) fn openapi(service: Option<&str>) -> Result {
    let chosen = match service {
        Some(name) => vec![services::named(name)?],
        None => services::all(),
    };
    let mut documents = chosen.iter().map(|definition| (definition.document)());
    let mut document: OpenApi = documents.next().ok_or_else(|| Error::internal("there are no services"))?;
    for next in documents {
        document.merge(next);
    }
    if service.is_none() {
        "Emporion".clone_into(&mut document.info.title);
    }
    line(document.to_pretty_json().map_err(Error::internal)?);
    Ok(Outcome::Done)
}

/// `emporion asyncapi`
pub(crate) fn asyncapi() -> Result {
    let text = serde_json::to_string_pretty(&asyncapi_document()).map_err(Error::internal)?;
    line(text);
    Ok(Outcome::Done)
}

/// The AsyncAPI 3 document of all messages; JSON is YAML, so it serves as both.
fn asyncapi_document() -> Value {
    let mut channels = Map::new();
    let mut operations = Map::new();
    let mut messages = Map::new();
    for message in api::registry::messages() {
        let kind = message.message_type.clone();
        let channel = message.routing_key.replace('.', "_");
        let reference = json!({ "$ref": format!("#/components/messages/{kind}") });
        channels.insert(
            channel.clone(),
            json!({ "address": message.routing_key, "messages": { (kind.as_str()): reference },
                "bindings": { "amqp": { "is": "routingKey", "exchange": { "name": message.exchange, "type": "topic", "durable": true } } } }),
        );
        operations.insert(
            format!("send{kind}"),
            json!({ "action": "send", "channel": { "$ref": format!("#/channels/{channel}") }, "title": format!("{} publishes {kind}", message.source) }),
        );
        messages.insert(
            kind.clone(),
            json!({ "name": kind, "title": message.name, "contentType": "application/json", "payload": (message.schema)() }),
        );
    }
    json!({
        "asyncapi": "3.0.0",
        "info": { "title": "Emporion events", "version": env!("CARGO_PKG_VERSION"), "description": "Payloads travel inside the StandardMessage envelope." },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": { "messages": messages },
    })
}
