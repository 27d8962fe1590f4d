//! The command line.

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// A whole e-commerce platform in one binary.
///
/// Without a command it runs the shop: all services in this process, data in ./data.
/// Try it with `emporion demo`.
#[derive(Debug, Parser)]
#[command(name = "emporion", version, arg_required_else_help = false)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Settings that every command takes; all others are in the file of --config or the environment.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Common {
    /// Settings file (TOML) laid over the defaults; see `emporion config --defaults`
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Folder of databases, pictures, search index and the installation's secret [default: ./data]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Public address: API, storefront, admin portal [default: 127.0.0.1:8080]
    #[arg(long, global = true, value_name = "HOST:PORT")]
    pub(crate) listen: Option<String>,
    /// Private address: health, readiness, metrics, operator commands [default: 127.0.0.1:8081]
    #[arg(long, global = true, value_name = "HOST:PORT")]
    pub(crate) ops_listen: Option<String>,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the shop (the default)
    #[command(after_help = "Example:\n  emporion serve --data-dir /var/lib/emporion --listen 0.0.0.0:8080")]
    Serve(Serve),
    /// Run a demonstration shop in a fresh temporary folder
    #[command(
        after_help = "Example:\n  emporion demo\n\nPrints where to look, who to sign in as, and how to buy with curl.\nNothing of it survives unless --data-dir is given."
    )]
    Demo,
    /// Bring the databases up to date
    #[command(
        after_help = "Example:\n  emporion migrate --check   # exit 1 if something is pending, change nothing"
    )]
    Migrate {
        /// Only say what is pending; exit 1 if anything is
        #[arg(long)]
        check: bool,
    },
    /// Check every dependency and say what to do
    #[command(after_help = "Example:\n  emporion doctor --config /etc/emporion.toml")]
    Doctor,
    /// Print the settings in force, secrets masked
    #[command(after_help = "Example:\n  emporion config --defaults > emporion.toml")]
    Config {
        /// Print the built-in defaults with their explanations instead
        #[arg(long)]
        defaults: bool,
    },
    /// Bring products in
    Import {
        #[command(subcommand)]
        what: ImportWhat,
    },
    /// Take products out
    Export {
        #[command(subcommand)]
        what: ExportWhat,
    },
    /// Manage administrators
    Admin {
        #[command(subcommand)]
        what: AdminWhat,
    },
    /// Look at and handle messages that could not be processed
    Dlq {
        #[command(subcommand)]
        what: DlqWhat,
    },
    /// Look at messages that wait to be published
    Outbox {
        #[command(subcommand)]
        what: OutboxWhat,
    },
    /// Look at and retry durable work
    Tasks {
        #[command(subcommand)]
        what: TasksWhat,
    },
    /// Check that stock, orders, payments and mails agree; exit 1 with the offending ids
    #[command(after_help = "Example:\n  emporion invariants --data-dir /var/lib/emporion")]
    Invariants,
    /// Check the books
    Ledger {
        #[command(subcommand)]
        what: LedgerWhat,
    },
    /// Print the OpenAPI document of the platform or of one service
    #[command(after_help = "Example:\n  emporion openapi order")]
    Openapi {
        /// Short name of a service, e.g. `order`
        service: Option<String>,
    },
    /// Print the AsyncAPI document of all messages
    Asyncapi,
}

impl Default for Command {
    fn default() -> Self {
        Self::Serve(Serve::default())
    }
}

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Serve {}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum ImportWhat {
    /// Products from a CSV file in Shopify's format: good rows in, bad rows listed by line
    #[command(after_help = "Example:\n  emporion import shopify products.csv --dry-run")]
    Shopify {
        /// The file; `-` for standard input
        file: PathBuf,
        /// Check the file and say what would change, but change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum ExportWhat {
    /// Products into a CSV file in Shopify's format
    #[command(after_help = "Example:\n  emporion export shopify products.csv")]
    Shopify {
        /// The file; `-` for standard output
        file: PathBuf,
    },
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum AdminWhat {
    /// Create an administrator; without a password file it prints a one-time link that sets the password
    #[command(after_help = "Example:\n  emporion admin create --email ada@example.org")]
    Create {
        /// Address to sign in with
        #[arg(long)]
        email: String,
        /// File whose first line is the password
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum DlqWhat {
    /// List dead messages
    List {
        /// Only this queue, e.g. `order.payment.events`
        #[arg(long)]
        queue: Option<String>,
    },
    /// Give dead messages another try
    Replay {
        /// The queue
        #[arg(long)]
        queue: String,
        /// Only these messages
        ids: Vec<String>,
    },
    /// Throw dead messages away
    Discard {
        /// The queue
        #[arg(long)]
        queue: String,
        /// Why
        #[arg(long)]
        reason: String,
        /// The messages
        #[arg(required = true)]
        ids: Vec<String>,
    },
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum OutboxWhat {
    /// List messages that wait to be published, oldest first
    List,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum TasksWhat {
    /// List waiting, running and parked work
    List,
    /// Try a parked task again now
    Retry {
        /// Its id, as `tasks list` shows it
        id: String,
    },
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum LedgerWhat {
    /// Check that every transaction balances and every charge is booked; exit 1 with the offending ids
    Verify,
}
