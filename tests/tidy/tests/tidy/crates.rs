//! Which crate may depend on which.

use crate::tree::{none, root};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use std::collections::BTreeSet;

/// Libraries in the only direction dependencies may point: from right to left.
const LIBRARIES: [&str; 7] = ["base", "db", "auth", "peer", "events", "api", "service"];

/// Input and output crates and the one crate that may use each.
const OWNERS: [(&str, &[&str]); 16] = [
    ("sqlx", &["db"]),
    ("rusqlite", &["db"]),
    ("argon2", &["auth"]),
    ("jsonwebtoken", &["auth"]),
    ("ed25519-dalek", &["auth"]),
    ("hyper", &["service", "peer"]),
    ("hyper-util", &["service", "peer"]),
    ("moka", &["service", "auth", "product", "cart"]),
    ("prometheus-client", &["service"]),
    ("lettre", &["notification"]),
    ("mrml", &["notification"]),
    ("minijinja", &["notification"]),
    ("tantivy", &["product"]),
    ("csv", &["product"]),
    ("jsonschema", &["events"]),
    ("clap", &["emporion", "bench"]),
];

fn metadata() -> Metadata {
    let manifest = root().join("Cargo.toml");
    MetadataCommand::new().manifest_path(manifest).no_deps().exec().expect("cargo metadata works")
}

fn folder(package: &Package) -> String {
    let path = package.manifest_path.as_str();
    let root = root();
    let inner = path.strip_prefix(root.to_str().expect("a UTF-8 path")).unwrap_or(path);
    inner.trim_start_matches('/').split('/').next().unwrap_or_default().to_owned()
}

fn normal(package: &Package) -> impl Iterator<Item = &str> {
    package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal).map(|d| d.name.as_str())
}

#[test]
fn a_library_depends_only_on_libraries_to_its_left() {
    let metadata = metadata();
    let place = |name: &str| LIBRARIES.iter().position(|library| *library == name);
    let mut wrong = Vec::new();
    for package in metadata.packages.iter().filter(|package| folder(package) == "libs") {
        let Some(own) = place(package.name.as_str()) else { continue };
        for name in normal(package) {
            if place(name).is_some_and(|other| other >= own) {
                wrong.push(format!("libs/{} depends on {name}", package.name));
            }
        }
    }
    none("libraries point from right to left: base db auth peer events api service", wrong);
}

#[test]
fn a_service_never_depends_on_a_service() {
    let metadata = metadata();
    let services: BTreeSet<&str> =
        metadata.packages.iter().filter(|p| folder(p) == "services").map(|p| p.name.as_str()).collect();
    let mut wrong = Vec::new();
    for package in
        metadata.packages.iter().filter(|package| ["services", "libs"].contains(&folder(package).as_str()))
    {
        for dependency in &package.dependencies {
            if services.contains(dependency.name.as_str()) {
                wrong.push(format!("{} depends on {}", package.name, dependency.name));
            }
        }
    }
    none("services meet only in libs/api and app", wrong);
}

#[test]
fn every_io_crate_has_its_owners() {
    let metadata = metadata();
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        if ["tests", "benches"].contains(&folder(package).as_str()) {
            continue;
        }
        for name in normal(package) {
            let owners = OWNERS.iter().find(|owner| owner.0 == name);
            if owners.is_some_and(|owner| !owner.1.contains(&package.name.as_str())) {
                wrong.push(format!("{} uses {name}", package.name));
            }
        }
    }
    none("an input/output crate has its owners only", wrong);
}

#[test]
fn the_test_kit_is_for_tests() {
    let metadata = metadata();
    let mut wrong = Vec::new();
    for package in metadata.packages.iter().filter(|package| folder(package) != "tests") {
        if normal(package).any(|name| name == "testkit") {
            wrong.push(package.name.to_string());
        }
    }
    none("testkit only under [dev-dependencies]", wrong);
}

#[test]
fn every_third_party_crate_says_why_it_is_here() {
    let text = std::fs::read_to_string(root().join("Cargo.toml")).expect("the workspace manifest");
    let table = text.split("[workspace.dependencies]").nth(1).expect("a dependency table");
    let table =
        table.split("\n[").next().unwrap_or_default().split("# Workspace crates").next().unwrap_or_default();
    let lines = table.lines().filter(|line| line.contains('=') && !line.starts_with('#'));
    let wrong = lines.filter(|line| !line.contains(" # ")).map(str::to_owned).collect();
    none("one comment per dependency", wrong);
}
