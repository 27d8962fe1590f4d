//! Whether a changed schema is still the same major version (contracts §1.2 rule 2): adding an
//! optional field or an enum value is; removing, renaming, retyping or requiring is not.

use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Keywords that restrict a value; any change of them may break a reader or a writer.
const RESTRICTIONS: &[&str] = &[
    "format",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
];

/// What makes `new` a new major version of `old`, one sentence per place; empty if nothing does.
///
/// Both are JSON Schemas as [`message::schema`](crate::message::schema) makes them.
///
/// ```
/// # use serde_json::json;
/// let old = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]});
/// let mut new = old.clone();
/// new["properties"]["b"] = json!({"type": "string"});
/// assert!(events::compat::breaks(&old, &new).is_empty());
/// assert_eq!(events::compat::breaks(&new, &old), ["/b was removed"]);
/// ```
pub fn breaks(old: &Value, new: &Value) -> Vec<String> {
    let mut comparison = Comparison { old, new, seen: BTreeSet::new(), found: Vec::new() };
    comparison.compare("", old, new);
    comparison.found
}

struct Comparison<'a> {
    old: &'a Value,
    new: &'a Value,
    /// Pairs of references already compared, so that recursive types end.
    seen: BTreeSet<(&'a str, &'a str)>,
    found: Vec<String>,
}

impl<'a> Comparison<'a> {
    fn compare(&mut self, path: &str, old: &'a Value, new: &'a Value) {
        if let (Some(a), Some(b)) = (reference(old), reference(new))
            && !self.seen.insert((a, b))
        {
            return;
        }
        let (old, new) = (resolve(self.old, old), resolve(self.new, new));
        let (old_variants, new_variants) = (variants(self.old, old), variants(self.new, new));
        match (old_variants, new_variants) {
            (Some(old), Some(new)) => self.variants(path, &old, &new),
            (None, None) => self.plain(path, old, new),
            _ => self.note(path, "changed its type"),
        }
    }

    fn plain(&mut self, path: &str, old: &'a Value, new: &'a Value) {
        if types(old) != types(new) {
            return self.note(path, "changed its type");
        }
        for keyword in RESTRICTIONS {
            if old.get(keyword) != new.get(keyword) {
                self.note(path, &format!("changed its {keyword}"));
            }
        }
        self.properties(path, old, new);
        for part in ["items", "additionalProperties"] {
            match (old.get(part), new.get(part)) {
                (Some(old), Some(new)) if old.is_object() && new.is_object() => {
                    self.compare(&format!("{path}/*"), old, new);
                }
                (old, new) if open(old) && !open(new) => self.note(path, "no longer allows unknown fields"),
                (old, new) if part == "items" && old.is_some() != new.is_some() => {
                    self.note(path, "changed the type of its items");
                }
                _ => {}
            }
        }
    }

    fn properties(&mut self, path: &str, old: &'a Value, new: &'a Value) {
        static NONE: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
        let of = |schema: &'a Value| schema.get("properties").and_then(Value::as_object).unwrap_or(&NONE);
        for (name, old) in of(old) {
            let path = format!("{path}/{name}");
            match of(new).get(name) {
                Some(new) => self.compare(&path, old, new),
                None => self.note(&path, "was removed"),
            }
        }
        let (was, is) = (required(old), required(new));
        for name in is.difference(&was) {
            self.note(&format!("{path}/{name}"), "became required");
        }
        for name in was.difference(&is).filter(|name| of(new).contains_key(**name)) {
            self.note(&format!("{path}/{name}"), "is no longer always there");
        }
    }

    /// Variants may be added, never removed or changed.
    fn variants(&mut self, path: &str, old: &Variants<'a>, new: &Variants<'a>) {
        for (name, old) in old {
            match new.get(name) {
                Some(new) => self.compare(&format!("{path}<{name}>"), old, new),
                None => self.note(path, &format!("lost its variant {name}")),
            }
        }
    }

    fn note(&mut self, path: &str, what: &str) {
        let path = if path.is_empty() { "the payload" } else { path };
        self.found.push(format!("{path} {what}"));
    }
}

type Variants<'a> = BTreeMap<String, &'a Value>;

fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref").and_then(Value::as_str)
}

/// Follows `$ref`, at most a few steps, so that a loop of references ends.
fn resolve<'a>(root: &'a Value, mut schema: &'a Value) -> &'a Value {
    for _ in 0..16 {
        let target = reference(schema).and_then(|text| root.pointer(text.strip_prefix('#')?));
        let Some(target) = target else { break };
        schema = target;
    }
    schema
}

fn types(schema: &Value) -> BTreeSet<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => BTreeSet::from([one.as_str()]),
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => BTreeSet::new(),
    }
}

fn required(schema: &Value) -> BTreeSet<&str> {
    let names = schema.get("required").and_then(Value::as_array);
    names.into_iter().flatten().filter_map(Value::as_str).collect()
}

fn open(part: Option<&Value>) -> bool {
    part != Some(&Value::Bool(false))
}

/// The alternatives of an enumeration or a union by their names; `None` for anything else.
fn variants<'a>(root: &'a Value, schema: &'a Value) -> Option<Variants<'a>> {
    static VALUE: Value = Value::Null;
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return Some(values.iter().map(|value| (value.to_string(), &VALUE)).collect());
    }
    if let Some(value) = schema.get("const") {
        return Some(Variants::from([(value.to_string(), &VALUE)]));
    }
    let branches = ["oneOf", "anyOf"].iter().find_map(|keyword| schema.get(keyword)?.as_array())?;
    let mut all = Variants::new();
    for branch in branches {
        let resolved = resolve(root, branch);
        match variants(root, resolved).filter(|_| resolved.get("properties").is_none()) {
            Some(inner) => all.extend(inner),
            None => {
                all.insert(variant_name(branch, resolved), resolved);
            }
        }
    }
    Some(all)
}

/// A union's alternative is told by its tag, its only field, its reference or its type.
fn variant_name(branch: &Value, resolved: &Value) -> String {
    let properties = resolved.get("properties").and_then(Value::as_object);
    let constant = |(name, schema): (&String, &Value)| Some(format!("{name}={}", schema.get("const")?));
    let tag = properties.and_then(|fields| fields.iter().find_map(constant));
    let only = properties.filter(|fields| fields.len() == 1).and_then(|fields| fields.keys().next().cloned());
    tag.or(only)
        .or_else(|| reference(branch).map(str::to_owned))
        .unwrap_or_else(|| types(resolved).into_iter().collect::<Vec<_>>().join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn order() -> Value {
        json!({
            "type": "object",
            "properties": {
                "orderId": { "type": "string", "format": "uuid" },
                "note": { "type": ["string", "null"], "description": "free text" },
                "status": { "$ref": "#/$defs/Status" },
                "lines": { "type": "array", "items": { "$ref": "#/$defs/Line" } },
                "how": { "oneOf": [
                    { "type": "object", "properties": { "kind": { "const": "CARD" }, "last4": { "type": "string" } }, "required": ["kind", "last4"] },
                    { "type": "object", "properties": { "kind": { "const": "BANK" } }, "required": ["kind"] }
                ] }
            },
            "required": ["orderId", "status"],
            "$defs": {
                "Status": { "type": "string", "enum": ["PENDING", "PLACED"] },
                "Line": { "type": "object", "properties": {
                    "sku": { "type": "string", "maxLength": 64 }, "parts": { "type": "array", "items": { "$ref": "#/$defs/Line" } }
                }, "required": ["sku"] }
            }
        })
    }

    fn changed(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut new = order();
        change(&mut new);
        breaks(&order(), &new)
    }

    #[test]
    fn these_changes_are_minor() {
        assert!(changed(|_| ()).is_empty());
        assert!(changed(|s| s["properties"]["extra"] = json!({ "type": "integer" })).is_empty());
        assert!(changed(|s| s["$defs"]["Status"]["enum"] = json!(["PENDING", "PLACED", "LOST"])).is_empty());
        assert!(changed(|s| s["properties"]["note"]["description"] = json!("other words")).is_empty());
        assert!(
            changed(|s| s["$defs"]["Line"]["properties"]["size"] = json!({ "type": "string" })).is_empty()
        );
        let wallet = json!({ "type": "object", "properties": { "kind": { "const": "WALLET" } } });
        assert!(changed(|s| s["properties"]["how"]["oneOf"].as_array_mut().unwrap().push(wallet)).is_empty());
        let documented = json!({ "oneOf": [
            { "type": "string", "const": "PLACED", "description": "paid" }, { "type": "string", "enum": ["PENDING"] }
        ] });
        assert!(changed(|s| s["$defs"]["Status"] = documented).is_empty());
    }

    #[test]
    fn these_changes_are_major_and_named() {
        let remove = |s: &mut Value, at: &str, name: &str| {
            s.pointer_mut(at).unwrap().as_object_mut().unwrap().remove(name);
        };
        for (expected, found) in [
            ("/note was removed", changed(|s| remove(s, "/properties", "note"))),
            ("/orderId changed its type", changed(|s| s["properties"]["orderId"]["type"] = json!("integer"))),
            ("/orderId changed its format", changed(|s| remove(s, "/properties/orderId", "format"))),
            ("/note changed its type", changed(|s| s["properties"]["note"]["type"] = json!("string"))),
            ("/note became required", changed(|s| s["required"] = json!(["orderId", "status", "note"]))),
            ("/status is no longer always there", changed(|s| s["required"] = json!(["orderId"]))),
            (
                "/status lost its variant \"PLACED\"",
                changed(|s| s["$defs"]["Status"]["enum"] = json!(["PENDING"])),
            ),
            ("/status changed its type", changed(|s| s["$defs"]["Status"] = json!({ "type": "string" }))),
            (
                "/lines/*/sku changed its maxLength",
                changed(|s| s["$defs"]["Line"]["properties"]["sku"]["maxLength"] = json!(128)),
            ),
            (
                "/lines/*/size became required",
                changed(|s| s["$defs"]["Line"]["required"] = json!(["sku", "size"])),
            ),
            (
                "the payload no longer allows unknown fields",
                changed(|s| s["additionalProperties"] = json!(false)),
            ),
            (
                "/how<kind=\"CARD\">/last4 was removed",
                changed(|s| {
                    remove(s, "/properties/how/oneOf/0/properties", "last4");
                    s["properties"]["how"]["oneOf"][0]["required"] = json!(["kind"]);
                }),
            ),
            (
                "/how lost its variant kind=\"BANK\"",
                changed(|s| {
                    s["properties"]["how"]["oneOf"].as_array_mut().unwrap().pop();
                }),
            ),
        ] {
            assert_eq!(found, [expected]);
        }
    }

    #[test]
    fn a_renamed_field_is_a_removed_one() {
        let found = changed(|s| {
            let fields = s["properties"].as_object_mut().unwrap();
            let note = fields.remove("note").unwrap();
            fields.insert("remark".into(), note);
        });
        assert_eq!(found, ["/note was removed"]);
    }
}
