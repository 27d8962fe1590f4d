//! Log lines: JSON for machines, one readable line for a person at a terminal.

mod json;

use json::JsonLines;
use std::io::{IsTerminal as _, Write as _};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Readable on a terminal, JSON otherwise.
    #[default]
    Auto,
    /// Always JSON.
    Json,
    /// Always readable.
    Text,
}

/// Where log lines go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogStream {
    /// Standard output, where a shipper of logs looks: for processes that run on.
    Stdout,
    /// Standard error, so that standard output stays the command's own.
    Stderr,
}

impl LogStream {
    fn is_terminal(self) -> bool {
        match self {
            Self::Stdout => std::io::stdout().is_terminal(),
            Self::Stderr => std::io::stderr().is_terminal(),
        }
    }

    fn writer(self) -> BoxMakeWriter {
        match self {
            Self::Stdout => BoxMakeWriter::new(std::io::stdout),
            Self::Stderr => BoxMakeWriter::new(std::io::stderr),
        }
    }

    /// Nobody can be told when a log line cannot be written.
    fn print(self, line: &[u8]) {
        let _lost = match self {
            Self::Stdout => std::io::stdout().lock().write_all(line),
            Self::Stderr => std::io::stderr().lock().write_all(line),
        };
    }
}

/// What log lines need to know.
#[derive(Clone, Copy, Debug)]
pub struct Logging<'a> {
    /// How they look.
    pub format: LogFormat,
    /// A level, or a list such as `info,order=debug`.
    pub filter: &'a str,
    /// Where they go.
    pub stream: LogStream,
    /// Crates that are services: the name before a line of theirs.
    pub services: &'a [&'static str],
}

/// Begins to write log lines. A second call changes nothing.
pub fn init(logging: Logging<'_>) {
    let Logging { format, filter, stream, services } = logging;
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let json = match format {
        LogFormat::Auto => !stream.is_terminal(),
        LogFormat::Json => true,
        LogFormat::Text => false,
    };
    let registry = tracing_subscriber::registry().with(filter);
    let result = if json {
        registry.with(JsonLines::new(services, move |line: &[u8]| stream.print(line))).try_init()
    } else {
        let layer = tracing_subscriber::fmt::layer().compact().with_target(false);
        registry.with(layer.with_ansi(stream.is_terminal()).with_writer(stream.writer())).try_init()
    };
    if let Err(error) = result {
        tracing::debug!(%error, "log output was already set up");
    }
}
