//! The command line.

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// What the help says of the whole program.
const EXAMPLES: &str = "Examples:
  emporion demo                                # a shop to try out
  emporion --data-dir /var/lib/emporion        # the real thing
  emporion config --defaults > emporion.toml   # every setting with its explanation

Environment:
  Every setting is also a variable, EMPORION_<SECTION>__<KEY>, e.g. EMPORION_GATEWAY__TIMEOUT=20s;
  for the section [platform] also EMPORION_<KEY>, e.g.
  EMPORION_PUBLIC_URL     base of every link in mails and redirects
  EMPORION_DATABASE_URL   postgres://…; without it SQLite files in the data folder
  EMPORION_LOG            level of log lines, or a list such as info,order=debug

Exit codes:
  0 done, 1 the check failed or it was refused, 2 wrong usage or settings, 130 or 143 stopped by a signal";

/// A whole e-commerce platform in one binary.
///
/// Without a command it runs the shop: all services in this process, data in ./data.
/// Try it with `emporion demo`.
#[derive(Debug, Parser)]
#[command(name = "emporion", version, arg_required_else_help = false, after_help = EXAMPLES)]
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
    #[arg(long, global = true, value_name = "FILE", env = "EMPORION_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
    /// Folder of databases, pictures and the installation's secret [default: ./data; `demo` makes a temporary one]
    #[arg(long, global = true, value_name = "DIR", env = "EMPORION_DATA_DIR", hide_env_values = true)]
    pub(crate) data_dir: Option<PathBuf>,
    /// Public address, where the API is [default: 127.0.0.1:8080]
    #[arg(long, global = true, value_name = "HOST:PORT", env = "EMPORION_LISTEN", hide_env_values = true)]
    pub(crate) listen: Option<String>,
    /// Private address: health, readiness, metrics, operator commands [default: 127.0.0.1:8081]
    #[arg(
        long,
        global = true,
        value_name = "HOST:PORT",
        env = "EMPORION_OPS_LISTEN",
        hide_env_values = true
    )]
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
    #[command(after_help = "Example:\n  emporion import shopify products.csv")]
    Import {
        #[command(subcommand)]
        what: ImportWhat,
    },
    /// Take products out
    #[command(after_help = "Example:\n  emporion export shopify products.csv")]
    Export {
        #[command(subcommand)]
        what: ExportWhat,
    },
    /// Manage administrators
    #[command(after_help = "Example:\n  emporion admin create --email ada@example.org")]
    Admin {
        #[command(subcommand)]
        what: AdminWhat,
    },
    /// Look at and handle messages that could not be processed
    #[command(after_help = "Example:\n  emporion dlq list")]
    Dlq {
        #[command(subcommand)]
        what: DlqWhat,
    },
    /// Look at messages that wait to be published
    #[command(after_help = "Example:\n  emporion outbox list")]
    Outbox {
        #[command(subcommand)]
        what: OutboxWhat,
    },
    /// Look at and retry durable work
    #[command(after_help = "Example:\n  emporion tasks list")]
    Tasks {
        #[command(subcommand)]
        what: TasksWhat,
    },
    /// Check that stock, carts, orders, payments and mails agree; exit 1 with the offending ids
    #[command(
        after_help = "Example:\n  emporion invariants --repair --dry-run   # say what would be done, change nothing"
    )]
    Invariants(Invariants),
    /// Check the books
    #[command(after_help = "Example:\n  emporion ledger verify")]
    Ledger {
        #[command(subcommand)]
        what: LedgerWhat,
    },
    /// Print the OpenAPI document of the platform or of one service
    #[command(after_help = "Example:\n  emporion openapi order-service > openapi.json")]
    Openapi {
        /// Name of a service, e.g. `order-service`, or `order` for short
        service: Option<String>,
    },
    /// Print the AsyncAPI document of all messages
    #[command(after_help = "Example:\n  emporion asyncapi > asyncapi.json")]
    Asyncapi,
}

impl Default for Command {
    fn default() -> Self {
        Self::Serve(Serve::default())
    }
}

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Serve {}

#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct Invariants {
    /// Repair what can be repaired without inventing facts; name what needs a person
    #[arg(long)]
    pub(crate) repair: bool,
    /// Only say what would be repaired
    #[arg(long, requires = "repair")]
    pub(crate) dry_run: bool,
}

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
    #[command(after_help = "Example:\n  emporion dlq list --queue order.payment.events")]
    List {
        /// Only this queue, e.g. `order.payment.events`
        #[arg(long)]
        queue: Option<String>,
    },
    /// Give dead messages another try
    #[command(
        after_help = "Example:\n  emporion dlq replay --queue order.payment.events   # all of them; or name their ids"
    )]
    Replay {
        /// The queue
        #[arg(long)]
        queue: String,
        /// Only these messages
        ids: Vec<String>,
    },
    /// Throw dead messages away
    #[command(
        after_help = "Example:\n  emporion dlq discard --queue order.payment.events --reason \"test data\" 0197b5a2-7c1e-7a44-9d0b-3f6f0f7f2a10"
    )]
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
    #[command(after_help = "Example:\n  emporion outbox list --data-dir /var/lib/emporion")]
    List,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum TasksWhat {
    /// List waiting, running and parked work
    #[command(after_help = "Example:\n  emporion tasks list --data-dir /var/lib/emporion")]
    List,
    /// Try a parked task again now
    #[command(after_help = "Example:\n  emporion tasks retry 0197b5a2-7c1e-7a44-9d0b-3f6f0f7f2a10")]
    Retry {
        /// Its id, as `tasks list` shows it
        id: String,
    },
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum LedgerWhat {
    /// Check that every transaction balances and every charge is booked; exit 1 with the offending ids
    #[command(after_help = "Example:\n  emporion ledger verify --data-dir /var/lib/emporion")]
    Verify,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    /// Calls `look` with the path of every level and its help.
    fn every_level(command: &mut clap::Command, path: &str, look: &mut impl FnMut(&str, &str)) {
        let path = format!("{path} {}", command.get_name());
        look(&path, &command.render_help().to_string());
        for inner in command.get_subcommands_mut().filter(|inner| inner.get_name() != "help") {
            every_level(inner, &path, look);
        }
    }

    #[test]
    fn every_level_explains_itself_with_an_example() {
        let mut command = Arguments::command();
        command.build();
        let (mut levels, mut bare) = (0, Vec::new());
        every_level(&mut command, "", &mut |path, help| {
            levels += 1;
            if !help.contains("Example") || !help.contains("  emporion ") {
                bare.push(path.to_owned());
            }
        });
        assert!(levels > 20, "{levels} levels");
        assert!(bare.is_empty(), "without an example: {bare:?}");
    }

    #[test]
    fn the_help_names_the_variables_and_promises_nothing_that_is_not_there() {
        let help = Arguments::command().render_help().to_string();
        for name in [
            "EMPORION_LISTEN",
            "EMPORION_OPS_LISTEN",
            "EMPORION_DATA_DIR",
            "EMPORION_CONFIG",
            "EMPORION_DATABASE_URL",
        ] {
            assert!(help.contains(name), "{name}\n{help}");
        }
        for word in ["storefront", "portal"] {
            assert!(!help.contains(word), "{word}\n{help}");
        }
    }
}
