//! `emporion`: arguments to one function call.

mod admin;
mod all;
mod args;
mod demo;
mod doctor;
mod documents;
mod import;
mod invariants;
mod links;
mod operator;
mod operator_client;
mod output;
mod services;
mod settings;
mod signals;
mod stores;

use args::{Arguments, Command};
use clap::Parser as _;
use std::process::ExitCode;

/// A quarter of a read from memory is spent on it; see docs/adr/0011.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let settings = match settings::Settings::load(&arguments.common) {
        Ok(settings) => settings,
        Err(error) => return output::refuse(&error, output::WRONG_USAGE),
    };
    settings.start_logging(arguments.command.as_ref());
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output::refuse(&base::Error::internal(error), output::FAILED),
    };
    runtime.block_on(run(arguments.command, settings))
}

async fn run(command: Option<Command>, settings: settings::Settings) -> ExitCode {
    let result = match command.unwrap_or_default() {
        Command::Serve(serve) => all::serve(&settings, &serve).await,
        Command::Demo => demo::run(&settings).await,
        Command::Migrate { check } => stores::migrate(&settings, check).await,
        Command::Doctor => doctor::doctor(&settings).await,
        Command::Config { defaults } => Ok(admin::config(&settings, defaults)),
        Command::Import { what } => import::import(&settings, &what).await,
        Command::Export { what } => import::export(&settings, &what).await,
        Command::Admin { what } => admin::create(&settings, &what).await,
        Command::Dlq { what } => operator_client::dlq(&settings, &what).await,
        Command::Outbox { what } => operator_client::outbox(&settings, &what).await,
        Command::Tasks { what } => operator_client::tasks(&settings, &what).await,
        Command::Invariants(what) => invariants::invariants(&settings, what).await,
        Command::Ledger { what } => invariants::ledger(&settings, &what).await,
        Command::Openapi { service } => documents::openapi(service.as_deref()),
        Command::Asyncapi => documents::asyncapi(),
    };
    output::finish(result)
}
