//! The sources, read once per question.

use std::fs;
use std::path::{Path, PathBuf};

/// One source file.
pub(crate) struct Source {
    /// Path from the root of the repository, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    /// Its text without comments and without the test modules at its end.
    pub(crate) fn code(&self) -> String {
        let text = self.text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
        lines.collect::<Vec<_>>().join("\n")
    }

    /// `cart` for a file below `services/cart/src`.
    pub(crate) fn service(&self) -> Option<&str> {
        let (service, rest) = self.path.strip_prefix("services/")?.split_once('/')?;
        rest.starts_with("src/").then_some(service)
    }

    /// `ops` for `services/cart/src/ops.rs` and for `services/cart/src/ops/add.rs`.
    pub(crate) fn room(&self) -> Option<&str> {
        self.service()?;
        let (_, inner) = self.path.split_once("/src/")?;
        Some(inner.split('/').next().unwrap_or_default().trim_end_matches(".rs"))
    }
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository exists")
}

/// All files below the folders with one of the endings.
pub(crate) fn sources(folders: &[&str], endings: &[&str]) -> Vec<Source> {
    let root = root();
    let mut found = Vec::new();
    for folder in folders {
        collect(&root, &root.join(folder), endings, &mut found);
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// All Rust files of the workspace.
pub(crate) fn rust() -> Vec<Source> {
    sources(&["libs", "services", "app", "tests", "benches"], &["rs"])
}

fn collect(root: &Path, folder: &Path, endings: &[&str], found: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') && name != "vendor" {
                collect(root, &path, endings, found);
            }
        } else if endings.iter().any(|ending| path.extension().is_some_and(|e| e == *ending)) {
            let inner = path.strip_prefix(root).expect("found below the root");
            let text = fs::read_to_string(&path).unwrap_or_default();
            found.push(Source { path: inner.to_string_lossy().replace('\\', "/"), text });
        }
    }
}

/// Panics with all findings, one a line, unless there are none.
#[track_caller]
pub(crate) fn none(rule: &str, findings: Vec<String>) {
    assert!(findings.is_empty(), "{rule}\n  {}\n", findings.join("\n  "));
}
