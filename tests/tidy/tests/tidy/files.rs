//! What every source file must and must not have.

use crate::tree::{none, rust, sources};

const MAX_LINES: usize = 500;

#[test]
fn files_have_at_most_500_lines() {
    let long = rust().into_iter().filter(|source| source.text.lines().count() > MAX_LINES);
    none(
        "a file has at most 500 lines",
        long.map(|s| format!("{} {}", s.text.lines().count(), s.path)).collect(),
    );
}

#[test]
fn every_file_starts_by_saying_what_it_is_for() {
    let bare = rust().into_iter().filter(|source| !source.text.starts_with("//!"));
    none("a file starts with //!", bare.map(|source| source.path).collect());
}

#[test]
fn nothing_is_left_unfinished() {
    let marks = ["TO\u{44}O", "FIX\u{4d}E", "XX\u{58}", "HAC\u{4b}"];
    let mut wrong = Vec::new();
    for source in sources(
        &["libs", "services", "app", "tests", "benches", "docs", "config"],
        &["rs", "html", "sql", "toml", "md", "sh"],
    ) {
        for (number, line) in source.text.lines().enumerate() {
            if marks.iter().any(|mark| line.split(|c: char| !c.is_alphanumeric()).any(|word| word == *mark)) {
                wrong.push(format!("{}:{}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    none("no unfinished marks", wrong);
}

#[test]
fn there_are_no_macros_of_our_own_and_no_ignored_tests() {
    let banned = ["macro_rules\u{21}", "#[allow(", "#![allow(", "#[ignore"];
    let mut wrong = Vec::new();
    for source in rust().into_iter().filter(|source| !source.path.starts_with("tests/tidy")) {
        for banned in banned.iter().filter(|banned| source.text.contains(**banned)) {
            wrong.push(format!("{}: {banned}", source.path));
        }
    }
    none("no macros of our own, no allow, no ignored tests", wrong);
}

#[test]
fn libraries_demand_documentation() {
    let roots = rust()
        .into_iter()
        .filter(|source| source.path.starts_with("libs/") && source.path.ends_with("/src/lib.rs"));
    let bare =
        roots.filter(|source| !source.text.contains("#![warn(missing_docs)]")).map(|source| source.path);
    none("libs have #![warn(missing_docs)]", bare.filter(|path| path != "libs/api/src/lib.rs").collect());
}

#[test]
fn migrations_use_only_types_both_engines_know() {
    let known = ["BIGINT", "TEXT", "BOOLEAN", "UUID", "TIMESTAMPTZ", "JSONB", "BYTEA", "DOUBLE"];
    let banned = [
        "INTEGER",
        "SERIAL",
        "BIGSERIAL",
        "VARCHAR",
        "NUMERIC",
        "DECIMAL",
        "TIMESTAMP",
        "JSON",
        "BLOB",
        "REAL",
        "SMALLINT",
        "now",
        "TRIGGER",
    ];
    let mut wrong = Vec::new();
    for source in
        sources(&["libs", "services"], &["sql"]).into_iter().filter(|s| s.path.contains("/migrations/"))
    {
        for (number, line) in source.text.lines().enumerate() {
            let line = line.split("--").next().unwrap_or_default();
            let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
            if let Some(word) = words.find(|word| banned.contains(word)) {
                wrong.push(format!("{}:{}: {word}; use one of {}", source.path, number + 1, known.join(" ")));
            }
        }
    }
    none("one DDL for both engines", wrong);
}
