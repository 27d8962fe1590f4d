//! Every service has the same rooms, and each kind of code has its room.

use crate::tree::{Source, none, root, rust};

const ROOMS: [&str; 9] = ["lib", "config", "domain", "error", "store", "ops", "providers", "http", "events"];

/// Calls between services that contracts §4.14 permits: caller, then callees.
const PERMITTED_CALLS: [(&str, &[&str]); 8] = [
    ("cart", &["Product", "Order"]),
    ("gateway", &[]),
    ("inventory", &[]),
    ("notification", &["User"]),
    ("order", &["Cart", "Product", "Inventory", "Payment", "User"]),
    ("payment", &["Order"]),
    ("product", &["Inventory"]),
    ("user", &[]),
];

fn services() -> Vec<Source> {
    rust().into_iter().filter(|source| source.service().is_some()).collect()
}

#[test]
fn services_have_the_same_rooms_and_no_others() {
    let strange =
        services().into_iter().filter(|source| !source.room().is_some_and(|room| ROOMS.contains(&room)));
    none("rooms of architecture §5", strange.map(|source| source.path).collect());
}

#[test]
fn every_service_has_a_readme_and_tests() {
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(root().join("services")).expect("services").flatten() {
        for file in ["README.md", "tests/it/main.rs"] {
            if !entry.path().join(file).exists() {
                wrong.push(format!("{} lacks {file}", entry.file_name().to_string_lossy()));
            }
        }
    }
    none("a service has a README and one test binary", wrong);
}

fn found(rooms: &[&str], words: &[&str]) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in
        services().into_iter().filter(|source| !source.room().is_some_and(|room| rooms.contains(&room)))
    {
        let code = source.code();
        for (number, line) in code.lines().enumerate() {
            if let Some(word) = words.iter().find(|word| line.contains(**word)) {
                wrong.push(format!("{}:{}: {word}", source.path, number + 1));
            }
        }
    }
    wrong
}

#[test]
fn sql_is_only_in_the_store() {
    none(
        "SQL only in store",
        found(&["store"], &["db::sql", "sql(\"", "\"SELECT ", "\"INSERT INTO", "\"UPDATE ", "\"DELETE FROM"]),
    );
}

#[test]
fn axum_is_only_at_the_door() {
    none("axum only in http", found(&["http", "providers"], &["use axum", "axum::"]));
}

#[test]
fn transactions_are_opened_only_in_operations_and_event_handlers() {
    none(
        "begin only in ops, events and providers with books of their own",
        found(&["ops", "events", "providers"], &[".begin().await"]),
    );
}

#[test]
fn rules_are_pure() {
    let mut wrong = Vec::new();
    for source in services().into_iter().filter(|source| source.room() == Some("domain")) {
        let code = source.code();
        let impure = ["async fn", ".await", "db::", "Clock", "peer::", "axum", "Conn"];
        wrong.extend(
            impure.iter().filter(|word| code.contains(**word)).map(|word| format!("{}: {word}", source.path)),
        );
    }
    none("domain is pure: no waiting, no store, no clock", wrong);
}

#[test]
fn services_call_only_whom_the_contract_permits() {
    let clients = ["Cart", "Inventory", "Notification", "Order", "Payment", "Product", "User"];
    let mut wrong = Vec::new();
    for source in services() {
        let service = source.service().unwrap_or_default().to_owned();
        let row = PERMITTED_CALLS.iter().find(|row| row.0 == service);
        let permitted = row.map_or(&[][..], |row| row.1);
        let code = source.code();
        for client in clients {
            if code.contains(&format!("{client}Client")) && !permitted.contains(&client) {
                wrong.push(format!("{}: {client}Client", source.path));
            }
        }
    }
    none("calls of contracts §4.14 and no others", wrong);
}
