//! The load harness: starts the release binary as a process and, in the same run, the limits of
//! the machine beside it, and prints ratios (`design/performance.md` of the project's goals).

mod flows;
mod limits;
mod load;
mod report;
mod shop;

use clap::{Parser, Subcommand, ValueEnum};
use report::Report;
use std::path::PathBuf;
use std::time::Duration;

/// Load on the release binary beside the limits of the machine, as ratios.
#[derive(Debug, Parser)]
#[command(
    after_help = "Example:\n  cargo build --release -p emporion && cargo run --release -p bench -- --seconds 5"
)]
struct Arguments {
    /// The binary under load
    #[arg(long, default_value = "target/release/emporion")]
    binary: PathBuf,
    /// Products in the catalogue
    #[arg(long, default_value_t = 10_000)]
    products: usize,
    /// Length of each measurement
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Connections
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Measure these alone
    #[arg(long, value_enum, value_delimiter = ',', default_value = "reads,carts,checkouts,logins")]
    only: Vec<Flow>,
    #[command(subcommand)]
    limit: Option<Limit>,
}

/// What shoppers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Flow {
    /// Product list, product detail, search
    Reads,
    /// Additions to carts
    Carts,
    /// Orders from the empty cart to the payment
    Checkouts,
    /// Sign-ins
    Logins,
}

#[derive(Debug, Subcommand)]
enum Limit {
    /// Serve the bytes of a file from a bare axum route (started by the harness)
    #[command(hide = true)]
    ServeBytes {
        /// The file
        file: PathBuf,
    },
    /// Insert a row durably for each POST to a bare axum route (started by the harness)
    #[command(hide = true)]
    ServeCommits,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match &arguments.limit {
        Some(Limit::ServeBytes { file }) => return limits::serve_bytes(file).await,
        Some(Limit::ServeCommits) => return limits::serve_commits().await,
        None => {}
    }
    let time = Duration::from_secs(arguments.seconds.clamp(1, 60));
    let connections = arguments.connections.clamp(1, 256);
    let mut report = Report::default();
    let mut shop = shop::Shop::start(&arguments.binary).await?;
    report.value("release binary", shop::size_mib(&arguments.binary)?, "MiB", "≤ 60");
    let import = shop.import(arguments.products).await?;
    report.value("import until all is in stock", import.as_secs_f64(), "s", "none");
    let cold = shop.restart().await?;
    report.value("cold start with existing data", cold.as_secs_f64(), "s", "≤ 1");
    report.value("memory at rest", shop.memory_mib()?, "MiB", "≤ 120");
    for flow in arguments.only {
        match flow {
            Flow::Reads => flows::reads(&mut report, &shop, connections, time).await?,
            Flow::Carts => flows::carts(&mut report, &shop, connections, time).await?,
            Flow::Checkouts => flows::checkouts(&mut report, &shop, time).await?,
            Flow::Logins => flows::logins(&mut report, &shop, time).await?,
        }
    }
    report.value("memory after load", shop.memory_mib()?, "MiB", "≤ 200");
    shop.stop().await;
    report.print();
    Ok(())
}
