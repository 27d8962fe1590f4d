//! What a command leaves behind: text on standard output, problems on standard error, an exit code.

use base::{Error, Kind};
use std::io::Write as _;
use std::process::ExitCode;

/// The check failed or the operation was refused.
pub(crate) const FAILED: u8 = 1;
/// Wrong usage or settings.
pub(crate) const WRONG_USAGE: u8 = 2;

/// How a command ended.
pub(crate) enum Outcome {
    /// Done.
    Done,
    /// The check failed; what is wrong was printed.
    Failed,
    /// Stopped by this signal after draining.
    Stopped(u8),
}

/// The result of a command.
pub(crate) type Result = base::Result<Outcome>;

/// Prints one line on standard output; a closed pipe is not an error worth a message.
pub(crate) fn line(text: impl AsRef<str>) {
    let mut out = std::io::stdout().lock();
    let _closed = writeln!(out, "{}", text.as_ref());
}

/// Prints one line on standard error.
pub(crate) fn note(text: impl AsRef<str>) {
    let mut out = std::io::stderr().lock();
    let _closed = writeln!(out, "{}", text.as_ref());
}

/// Says what is wrong and what to do.
pub(crate) fn refuse(error: &Error, code: u8) -> ExitCode {
    note(format!("emporion: {}", error.detail()));
    for field in error.fields() {
        note(format!("  {} {}", field.pointer, field.message));
    }
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        note(format!("  because: {error}"));
        cause = error.source();
    }
    ExitCode::from(code)
}

/// The exit code of a command.
pub(crate) fn finish(result: Result) -> ExitCode {
    match result {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Failed) => ExitCode::from(FAILED),
        Ok(Outcome::Stopped(signal)) => ExitCode::from(128 + signal),
        Err(error) if error.code() == "settings" => refuse(&error, WRONG_USAGE),
        Err(error) if error.kind() == Kind::Malformed => refuse(&error, WRONG_USAGE),
        Err(error) => refuse(&error, FAILED),
    }
}
