//! Generated documents are committed and equal to what the code says. `UPDATE=1` writes them.

use service::Definition;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Compares `text` with the committed file, or writes it.
#[track_caller]
fn committed(path: &str, text: &str) {
    let file = root().join(path);
    #[expect(clippy::disallowed_methods, reason = "tests are not configured by settings files")]
    if std::env::var("UPDATE").is_ok() {
        fs::create_dir_all(file.parent().expect("a file is in a folder")).expect("folders can be made");
        fs::write(&file, text).expect("the file can be written");
        return;
    }
    let old = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        old == text,
        "{path} is out of date: run `UPDATE=1 cargo nextest run -p e2e documents` and commit it"
    );
}

fn definitions() -> Vec<Definition> {
    vec![
        cart::definition(),
        gateway::definition(),
        inventory::definition(),
        notification::definition(),
        order::definition(),
        payment::definition(),
        product::definition(),
        user::definition(),
    ]
}

#[test]
fn openapi_documents() {
    for definition in definitions() {
        let text = (definition.document)().to_yaml().expect("a document is YAML");
        committed(&format!("api-docs/{}/openapi.yaml", definition.name), &text);
    }
}

#[test]
fn every_operation_has_a_summary_an_id_and_an_access() {
    let mut wrong = Vec::new();
    let mut ids = BTreeSet::new();
    for definition in definitions() {
        let document = serde_json::to_value((definition.document)()).expect("a document is JSON");
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                let what = format!("{} {method} {path}", definition.name);
                let id = operation["operationId"].as_str().unwrap_or_default();
                if operation["summary"].as_str().unwrap_or_default().is_empty() {
                    wrong.push(format!("{what} has no summary"));
                }
                if operation["x-access"].as_str().is_none() {
                    wrong.push(format!("{what} does not say who may call it"));
                }
                if id.is_empty() || !ids.insert(format!("{}:{id}", definition.name)) {
                    wrong.push(format!("{what} has no operationId of its own"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every `$ref` in `value`.
fn references<'a>(value: &'a serde_json::Value, found: &mut BTreeSet<&'a str>) {
    match value {
        serde_json::Value::Object(members) => {
            found.extend(members.get("$ref").and_then(serde_json::Value::as_str));
            members.values().for_each(|member| references(member, found));
        }
        serde_json::Value::Array(members) => members.iter().for_each(|member| references(member, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let mut wrong = Vec::new();
    for definition in definitions() {
        let document = serde_json::to_value((definition.document)()).expect("a document is JSON");
        let mut found = BTreeSet::new();
        references(&document, &mut found);
        let lost = found.into_iter().filter(|there| document.pointer(&there[1..]).is_none());
        wrong.extend(lost.map(|there| format!("{}: {there}", definition.name)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn message_schemas_and_the_list_of_events() {
    let mut list = String::from(
        "# Events\n\nGenerated from the message registry. Every message travels in the `StandardMessage` envelope.\n\n| Message | Exchange | Routing key | Publisher |\n|---|---|---|---|\n",
    );
    let mut seen = BTreeSet::new();
    for message in api::registry::messages() {
        let domain = message.exchange.split('.').next().unwrap_or_default();
        if seen.insert(message.message_type.clone()) {
            let schema = serde_json::to_string_pretty(&(message.schema)()).expect("a schema is JSON");
            committed(&format!("api-docs/schemas/{domain}/{}.json", message.message_type), &(schema + "\n"));
        }
        writeln!(
            list,
            "| `{}` | `{}` | `{}` | {} |",
            message.message_type, message.exchange, message.routing_key, message.source
        )
        .expect("a string grows");
    }
    committed("docs/events.md", &list);
}

#[test]
fn a_published_schema_is_never_changed_incompatibly() {
    // The committed schemas are the last release: the present ones must read what they wrote.
    for message in api::registry::messages() {
        let domain = message.exchange.split('.').next().unwrap_or_default();
        let path = root().join(format!("api-docs/schemas/{domain}/{}.json", message.message_type));
        let Ok(old) = fs::read_to_string(path) else { continue };
        let old: serde_json::Value = serde_json::from_str(&old).expect("a schema is JSON");
        let problems = events::compat::breaks(&old, &(message.schema)());
        assert!(problems.is_empty(), "{}: {problems:?}", message.message_type);
    }
}

#[test]
fn the_reference_of_settings() {
    let defaults = fs::read_to_string(root().join("config/default.toml")).expect("the defaults");
    let mut text = String::from(
        "# Settings\n\nGenerated from `config/default.toml`. Each key is also an environment variable `EMPORION_<SECTION>__<KEY>` (for `[platform]` also `EMPORION_<KEY>`).\n",
    );
    let mut comment = Vec::new();
    for line in defaults.lines() {
        if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            write!(text, "\n## {section}\n\n| Key | Default | Meaning |\n|---|---|---|\n")
                .expect("a string grows");
            comment.clear();
        } else if let Some(words) = line.strip_prefix("# ") {
            comment.push(words.to_owned());
        } else if let Some((key, value)) = line.split_once(" = ")
            && !line.starts_with([' ', '{', '['])
        {
            writeln!(
                text,
                "| `{key}` | `{}` | {} |",
                value.replace('|', "\\|"),
                comment.join(" ").replace('|', "\\|")
            )
            .expect("a string grows");
            comment.clear();
        } else {
            comment.clear();
        }
    }
    committed("docs/config.md", &text);
}

#[test]
fn the_list_of_error_codes() {
    let mut codes: BTreeSet<(String, String)> = BTreeSet::new();
    for service in fs::read_dir(root().join("services")).expect("services").flatten() {
        let name = service.file_name().to_string_lossy().into_owned();
        let Ok(text) = fs::read_to_string(service.path().join("src/error.rs")) else { continue };
        for literal in text.split('"').skip(1).step_by(2) {
            let kebab = literal.contains('-')
                && literal.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
            if kebab {
                codes.insert((literal.to_owned(), name.clone()));
            }
        }
    }
    let mut text = String::from(
        "# Error codes\n\nGenerated from the error tables of the services. The codes every service uses are in `libs/base/src/error.rs`.\n\n| Code | Service |\n|---|---|\n",
    );
    for (code, service) in codes {
        writeln!(text, "| `{code}` | {service} |").expect("a string grows");
    }
    committed("docs/errors.md", &text);
}
