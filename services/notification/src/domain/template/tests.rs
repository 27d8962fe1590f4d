//! Every template, filled with its sample and with hostile values.

use super::*;
use serde_json::json;

const HOME: &str = "https://shop.test";

fn reader(language: Language) -> Reader<'static> {
    Reader { language, timezone: "Europe/Berlin", name: Some("Ada"), shop: "Emporion", home_url: HOME }
}

fn all() -> impl Iterator<Item = (&'static Entry, Language)> {
    ENTRIES.iter().flat_map(|entry| Language::ALL.map(|language| (entry, language)))
}

/// Puts `value` into every text of a context, except links and codes that a rule checks.
fn poison(context: &Value, value: &str) -> Value {
    match context {
        Value::String(text) if text.starts_with("http") || text.ends_with('Z') => context.clone(),
        Value::String(_) => value.into(),
        Value::Array(items) => items.iter().map(|item| poison(item, value)).collect(),
        Value::Object(fields) if fields.contains_key("currency") => context.clone(),
        Value::Object(fields) => {
            fields.iter().map(|(name, field)| (name.clone(), poison(field, value))).collect()
        }
        other => other.clone(),
    }
}

/// What a reader sees of an HTML part.
fn visible(html: &str) -> String {
    let body = html.split_once("<body").map_or(html, |(_, body)| body);
    let pieces = body.split('<').skip(1).filter_map(|piece| piece.split_once('>'));
    pieces.map(|(_, text)| text).collect::<Vec<_>>().join(" ")
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

#[test]
fn every_template_can_be_filled_with_its_sample() {
    let templates = Templates::compile().unwrap();
    for (entry, language) in all() {
        let place = format!("{} {}", entry.name, language.tag());
        let sample = entry.sample(HOME);
        assert_eq!(templates.missing(entry, &sample), [""; 0], "{place}");
        let mail =
            templates.render(entry, &reader(language), &sample).unwrap_or_else(|e| panic!("{place}: {e}"));
        for part in [&mail.subject, &visible(&mail.html), &mail.text] {
            for mark in ["{{", "{%", "}}", "%}", "none", "undefined", "null", "heading."] {
                assert!(!part.contains(mark), "{place} holds {mark}: {part}");
            }
            assert!(!part.trim().is_empty(), "{place}");
        }
        assert!(mail.html.contains("<html") && mail.html.contains("Emporion"), "{place}");
        assert!(mail.html.contains(&format!("lang=\"{}\"", language.tag())), "{place}");
        assert!(!mail.html.contains("fonts.googleapis"), "{place} tells somebody that it was opened");
        assert!(!mail.html.contains("<script") && !mail.html.contains("<img"), "{place}");
        assert!(!mail.text.contains('<') && mail.text.contains("Ada"), "{place}: {}", mail.text);
    }
}

#[test]
fn both_languages_use_the_same_variables() {
    let templates = Templates::compile().unwrap();
    for entry in &ENTRIES {
        let used: BTreeSet<String> = templates.variables[entry.name].clone();
        let sample: BTreeSet<String> = entry.sample(HOME).keys().cloned().collect();
        assert_eq!(used, sample, "{}: the sample holds what the parts use", entry.name);
        for language in Language::ALL {
            let html = templates.environment.get_template(&name_of(entry, language, "html")).unwrap();
            let names: BTreeSet<String> = html.undeclared_variables(false).into_iter().collect();
            assert!(used.iter().all(|name| names.contains(name)), "{} {}", entry.name, language.tag());
        }
    }
}

#[test]
fn what_optional_variables_leave_out_is_left_out() {
    let templates = Templates::compile().unwrap();
    for (entry, language) in all() {
        let mut sample = entry.sample(HOME);
        sample.retain(|name, _| !entry.optional.contains(&name.as_str()));
        let stranger = Reader { name: None, ..reader(language) };
        let mail =
            templates.render(entry, &stranger, &sample).unwrap_or_else(|e| panic!("{}: {e}", entry.name));
        let seen = format!("{} {}", mail.text, visible(&mail.html));
        assert!(!seen.contains("none"), "{}: {seen}", entry.name);
        assert!(!mail.text.contains("\n\n\n"), "{}", mail.text);
    }
}

#[test]
fn values_are_never_markup_and_never_templates() {
    let templates = Templates::compile().unwrap();
    for (entry, language) in all() {
        let evil = "<script>alert(1)</script>{{7*7}}{% raw %}\"'&\r\nBcc: x@example.org";
        let mut context = object(poison(&Value::Object(entry.sample(HOME)), evil));
        context.remove("timezone");
        let victim = Reader { name: Some(evil), ..reader(language) };
        let mail =
            templates.render(entry, &victim, &context).unwrap_or_else(|e| panic!("{}: {e}", entry.name));
        assert!(!mail.html.contains("<script>"), "{}", entry.name);
        assert!(mail.html.contains("&lt;script&gt;"), "{}", entry.name);
        assert!(mail.html.contains("{{7*7}}") && !mail.html.contains("49"), "{}", entry.name);
        assert!(mail.text.contains("{{7*7}}"), "{}", entry.name);
        assert!(!mail.subject.contains(['\r', '\n']), "{}: {}", entry.name, mail.subject);
    }
}

#[test]
fn links_lead_into_the_shop_or_there_is_no_mail() {
    let templates = Templates::compile().unwrap();
    for (entry, language) in all() {
        for url in entry.sample(HOME).keys().filter(|name| name.ends_with("Url")) {
            for bad in
                ["javascript:alert(1)", "https://evil.example\"", "https://shop.test.evil.example/", ""]
            {
                let mut context = entry.sample(HOME);
                context.insert(url.clone(), bad.into());
                if url == "trackingUrl" && bad.starts_with("https://shop.test.evil") || bad.is_empty() {
                    continue;
                }
                assert!(
                    templates.render(entry, &reader(language), &context).is_err(),
                    "{} {url} {bad}",
                    entry.name
                );
            }
        }
    }
}

#[test]
fn a_missing_variable_is_named() {
    let templates = Templates::compile().unwrap();
    let entry = Templates::entry("order-confirmation").unwrap();
    let mut context = entry.sample(HOME);
    context.remove("orderNumber");
    context.remove("card");
    assert_eq!(templates.missing(entry, &context), ["orderNumber"]);
    assert!(templates.render(entry, &reader(Language::English), &context).is_err());
}

#[test]
fn an_order_is_confirmed_with_its_lines_and_an_explained_total() {
    let templates = Templates::compile().unwrap();
    let entry = Templates::entry("order-confirmation").unwrap();
    let mail = templates.render(entry, &reader(Language::German), &entry.sample(HOME)).unwrap();
    for line in [
        "2 × Mug (Colour: blue), je 12,90\u{a0}€: 25,80\u{a0}€",
        "Zwischensumme: 1.024,80\u{a0}€",
        "Rabatt: -10,00\u{a0}€",
        "Versand (Standardversand): 4,90\u{a0}€",
        "Gesamtbetrag: 1.019,70\u{a0}€",
        "inkl. MwSt.: 162,81\u{a0}€",
        "Ada Lovelace\n12 St James’s Square",
        "2. März 2026, 10:00 Uhr CET",
        "Bezahlt mit Karte Visa •••• 4242.",
    ] {
        assert!(mail.text.contains(line), "{line} is missing in\n{}", mail.text);
    }
    let mut context = entry.sample(HOME);
    context.insert("taxContained".into(), false.into());
    context.insert("shippingCost".into(), Value::Null);
    let mail = templates.render(entry, &reader(Language::English), &context).unwrap();
    assert!(mail.text.contains("plus tax: €162.81\nTotal: €1,019.70"), "{}", mail.text);
    assert!(mail.text.contains("Shipping (Standard shipping): free"), "{}", mail.text);
}

#[test]
fn a_value_of_the_wrong_kind_is_an_error_and_is_not_repeated_in_it() {
    let templates = Templates::compile().unwrap();
    let entry = Templates::entry("refund-confirmation").unwrap();
    let mut context = entry.sample(HOME);
    context.insert("amount".into(), json!({"amount": "hunter2", "currency": "EUR"}));
    let error = templates.render(entry, &reader(Language::English), &context).unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
}
