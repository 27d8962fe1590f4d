//! Settings: embedded defaults < file < environment, each section a struct that refuses
//! unknown keys, each value documented in `config/default.toml`.

use crate::{Error, Kind, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use toml::Table;

/// A value of a setting, e.g. `Value::from("10s")` or `Value::from(7)`.
pub use toml::Value;

/// A length of time written as people write it: `10s`, `5m`, `30d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub std::time::Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        humantime::parse_duration(&text).map(Span).map_err(serde::de::Error::custom)
    }
}

/// The section of what concerns the whole process.
const PLATFORM: &str = "platform";
/// The key that every section of a service may have beside its own.
const DATABASE_URL: &str = "database_url";

/// All settings of a process.
#[derive(Clone, Debug)]
pub struct Config(Arc<Table>);

impl Config {
    /// Lays `file` over `defaults`, and `environment` over both. Variables are
    /// `EMPORION_<SECTION>__<KEY>`, for the section `[platform]` also `EMPORION_<KEY>`.
    ///
    /// # Errors
    /// 422 `settings` that names the key and what is wrong with it.
    pub fn load(defaults: &str, file: Option<&Path>, environment: &BTreeMap<String, String>) -> Result<Self> {
        let mut table: Table =
            defaults.parse().map_err(|error| bad(format!("the built-in defaults: {error}")))?;
        let known = table.clone();
        if let Some(path) = file {
            let text = std::fs::read_to_string(path)
                .map_err(|error| bad(format!("cannot read {}: {error}", path.display())))?;
            let over: Table = text.parse().map_err(|error| bad(format!("{}: {error}", path.display())))?;
            for (section, values) in over {
                lay_over(&mut table, &known, &section, values)?;
            }
        }
        for (name, value) in environment {
            if let Some((section, key)) = section_and_key(name, &known) {
                let old = known.get(&section).and_then(|section| section.get(&key));
                let value = parse_like(old, value).map_err(|what| bad(format!("{name}: {what}")))?;
                let values = Value::Table(Table::from_iter([(key, value)]));
                lay_over(&mut table, &known, &section, values)?;
            }
        }
        Ok(Self(Arc::new(table)))
    }

    /// The section `name` as its struct.
    ///
    /// # Errors
    /// 422 `settings` that names the key and what is wrong with it.
    pub fn section<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        let mut table = self.0.get(name).cloned().unwrap_or_else(|| Value::Table(Table::new()));
        if let Value::Table(keys) = &mut table
            && name != PLATFORM
        {
            keys.remove(DATABASE_URL);
        }
        serde_path_to_error::deserialize(table)
            .map_err(|error| bad(format!("[{name}] {}: {}", error.path(), error.inner().to_string().trim())))
    }

    /// The `database_url` of a service's own section: where it logs in with a role of its own.
    pub fn database_url(&self, service: &str) -> Option<&str> {
        let url = self.0.get(service)?.get(DATABASE_URL)?.as_str()?;
        Some(url).filter(|url| !url.is_empty() && service != PLATFORM)
    }

    /// The same settings with one value changed; for flags and tests.
    ///
    /// # Errors
    /// 422 `settings` for a key the defaults do not know.
    pub fn with(&self, section: &str, key: &str, value: impl Into<Value>) -> Result<Self> {
        let mut table = (*self.0).clone();
        let known = table.clone();
        lay_over(
            &mut table,
            &known,
            section,
            Value::Table(Table::from_iter([(key.to_owned(), value.into())])),
        )?;
        Ok(Self(Arc::new(table)))
    }

    /// All settings as TOML, secrets masked.
    pub fn to_masked_toml(&self) -> String {
        let mut table = (*self.0).clone();
        for (_, section) in &mut table {
            let Value::Table(section) = section else { continue };
            for (key, value) in section.iter_mut() {
                mask(key, value);
            }
        }
        toml::to_string_pretty(&table).unwrap_or_default()
    }
}

fn mask(key: &str, value: &mut Value) {
    let Value::String(text) = value else { return };
    let secret = ["secret", "password", "token", "key"].iter().any(|word| key.contains(word));
    if secret && !text.is_empty() && !key.ends_with("_file") {
        "********".clone_into(text);
    } else if let Some((scheme, rest)) = text.clone().split_once("://")
        && let Some((user, host)) = rest.rsplit_once('@')
    {
        let user = user.split(':').next().unwrap_or_default();
        *text = format!("{scheme}://{user}:********@{host}");
    }
}

fn bad(detail: String) -> Error {
    Error::new(Kind::Invalid, "settings", detail)
}

fn lay_over(table: &mut Table, known: &Table, section: &str, values: Value) -> Result<()> {
    let Value::Table(values) = values else {
        return Err(bad(format!("{section} is a section: write [{section}]")));
    };
    let Some(Value::Table(known)) = known.get(section) else {
        let names = known.keys().cloned().collect::<Vec<_>>().join(", ");
        return Err(bad(format!("there is no section [{section}]; sections are {names}")));
    };
    let Some(Value::Table(target)) = table.get_mut(section) else {
        return Err(bad(format!("there is no section [{section}]")));
    };
    for (key, value) in values {
        let own_role = key == DATABASE_URL && section != PLATFORM && value.is_str();
        if !known.contains_key(&key) && !own_role {
            let names = known.keys().cloned().collect::<Vec<_>>().join(", ");
            return Err(bad(format!("[{section}] has no key {key}; keys are {names}")));
        }
        target.insert(key, value);
    }
    Ok(())
}

fn section_and_key(name: &str, known: &Table) -> Option<(String, String)> {
    let rest = name.strip_prefix("EMPORION_")?;
    if let Some((section, key)) = rest.split_once("__") {
        return Some((section.to_lowercase(), key.to_lowercase()));
    }
    let key = rest.to_lowercase();
    let platform = known.get(PLATFORM).and_then(Value::as_table)?;
    platform.contains_key(&key).then(|| (PLATFORM.to_owned(), key))
}

fn parse_like(old: Option<&Value>, text: &str) -> Result<Value, String> {
    let expected = |what: &str| format!("{text:?} is not {what}");
    match old {
        Some(Value::Integer(_)) => text.parse().map(Value::Integer).map_err(|_| expected("a whole number")),
        Some(Value::Float(_)) => text.parse().map(Value::Float).map_err(|_| expected("a number")),
        Some(Value::Boolean(_)) => text.parse().map(Value::Boolean).map_err(|_| expected("true or false")),
        Some(Value::Array(_)) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Ok(Value::Array(items.map(|item| Value::String(item.to_owned())).collect()))
        }
        _ => Ok(Value::String(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const DEFAULTS: &str = "[platform]\nlisten = \"127.0.0.1:8080\"\ndatabase_url = \"\"\n[cart]\nidle_lifetime = \"30d\"\nmax_lines = 99\n";

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Cart {
        idle_lifetime: Span,
        max_lines: u32,
    }

    fn load(environment: &[(&str, &str)]) -> Result<Config> {
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Config::load(DEFAULTS, None, &environment)
    }

    #[test]
    fn the_environment_lies_over_the_defaults() {
        let cart: Cart = load(&[("EMPORION_CART__MAX_LINES", "7")]).unwrap().section("cart").unwrap();
        assert_eq!(cart.max_lines, 7);
        assert_eq!(cart.idle_lifetime, Span(Duration::from_hours(30 * 24)));
    }

    #[test]
    fn a_wrong_setting_is_named_with_what_to_do() {
        let error = load(&[("EMPORION_CART__MAX_LINES", "many")]).unwrap_err();
        assert!(
            error.detail().contains("EMPORION_CART__MAX_LINES") && error.detail().contains("whole number")
        );
        let error = load(&[("EMPORION_CART__MAX_LINE", "7")]).unwrap_err();
        assert!(error.detail().contains("keys are idle_lifetime, max_lines"), "{}", error.detail());
        let error =
            load(&[("EMPORION_CART__IDLE_LIFETIME", "soon")]).unwrap().section::<Cart>("cart").unwrap_err();
        assert!(error.detail().starts_with("[cart] idle_lifetime"), "{}", error.detail());
    }

    #[test]
    fn secrets_are_masked() {
        let config = load(&[("EMPORION_DATABASE_URL", "postgres://shop:hunter2@db/shop")]).unwrap();
        let text = config.to_masked_toml();
        assert!(!text.contains("hunter2") && text.contains("postgres://shop:********@db/shop"), "{text}");
    }

    #[test]
    fn a_service_may_have_a_role_of_its_own_in_the_database() {
        let config = load(&[("EMPORION_CART__DATABASE_URL", "postgres://cart:hunter2@db/shop")]).unwrap();
        assert_eq!(config.database_url("cart"), Some("postgres://cart:hunter2@db/shop"));
        assert_eq!((config.database_url("platform"), config.database_url("order")), (None, None));
        assert!(config.section::<Cart>("cart").is_ok(), "the service itself does not see it");
        let text = config.to_masked_toml();
        assert!(!text.contains("hunter2") && text.contains("postgres://cart:********@db/shop"), "{text}");
        let error = load(&[("EMPORION_ORDER__DATABASE_URL", "postgres://db/shop")]).unwrap_err();
        assert!(error.detail().contains("there is no section [order]"), "{}", error.detail());
        assert_eq!(load(&[("EMPORION_CART__DATABASE_URL", "")]).unwrap().database_url("cart"), None);
    }
}
