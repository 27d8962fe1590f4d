//! The release binary: `EMPORION_BIN`, or the one of this target directory.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Where the binary is; `./test.sh` builds it before the tests.
pub(crate) fn path() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "tests are not configured by settings files")]
    if let Ok(path) = std::env::var("EMPORION_BIN") {
        return path.into();
    }
    let own = std::env::current_exe().expect("a test has a path");
    let target = own.ancestors().find(|folder| folder.ends_with("debug") || folder.ends_with("release"));
    let target = target.and_then(Path::parent).expect("tests run in a target directory");
    let path = target.join("release").join("emporion");
    assert!(path.exists(), "{} is missing: run `cargo build --release -p emporion` first", path.display());
    path
}

/// Runs a command of the binary to its end on a data folder.
pub(crate) fn run(data: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(path());
    command
        .arg("--data-dir")
        .arg(data)
        .args(["--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0"])
        .args(arguments);
    for (name, value) in crate::shop::environment(data) {
        command.env(name, value);
    }
    command.output().expect("the binary starts")
}

/// What a command printed, with its exit code; panics unless the code is `code`.
#[track_caller]
pub(crate) fn expect(output: &Output, code: i32) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "stdout: {text}\nstderr: {errors}");
    text
}
