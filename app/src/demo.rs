//! `emporion demo`: a shop to try out, filled with a catalogue of its own.

mod fill;
mod picture;
#[cfg(test)]
mod tests;
mod tour;

use crate::all::{Place, Shop};
use crate::output::{Outcome, Result, line};
use crate::settings::Settings;
use crate::signals::Signals;
use base::Error;
use fill::Filled;
use std::path::Path;
use tempfile::TempDir;

/// `emporion demo`
pub(crate) async fn run(settings: &Settings) -> Result {
    let mut signals = Signals::catch()?;
    // It goes away when this function ends, however it ends.
    let (settings, folder) = prepared(settings)?;
    let place = Place::take(&settings).await?;
    let filled = tokio::select! {
        filled = fill::fill(&place.settings) => filled?,
        signal = signals.next() => return Ok(Outcome::Stopped(signal)),
    };
    let shop = Shop::open(place).await?;
    tell(&shop, &filled, folder.as_ref().map(TempDir::path));
    Ok(shop.run(&mut signals).await)
}

/// The settings of a demonstration: nothing leaves this machine, nobody is slowed down, and without
/// a data folder of the user's choice there is one that goes away at the end.
fn prepared(settings: &Settings) -> base::Result<(Settings, Option<TempDir>)> {
    let mut settings = settings.with("database_url", "")?.set("notification", "smtp_url", "")?.set(
        "notification",
        "mailbox_public",
        true,
    )?;
    for (key, many) in [
        ("anonymous_per_minute", 6_000),
        ("user_per_minute", 6_000),
        ("staff_per_minute", 6_000),
        ("login_per_minute", 600),
        ("register_per_hour", 600),
        ("reset_per_hour", 600),
        ("refresh_per_minute", 600),
    ] {
        settings = settings.set("gateway", key, many)?;
    }
    if settings.data_dir_chosen {
        return Ok((settings, None));
    }
    let folder = tempfile::Builder::new().prefix("emporion-demo-").tempdir();
    let folder =
        folder.map_err(|error| Error::unavailable(format!("cannot make a temporary folder: {error}")))?;
    let settings = settings.with("data_dir", &folder.path().to_string_lossy())?;
    Ok((settings, Some(folder)))
}

fn tell(shop: &Shop, filled: &Filled, folder: Option<&Path>) {
    line("Emporion's demonstration shop is open.");
    line("");
    shop.announce();
    line("");
    match &filled.passwords {
        Some(passwords) => {
            line(format!("  customer       {}   password {}", fill::CUSTOMER, passwords.customer));
            line(format!(
                "  administrator  {}      password {}",
                fill::ADMINISTRATOR,
                passwords.administrator
            ));
        }
        None => line(tour::forgotten(&shop.base())),
    }
    line("");
    line(tour::purchase(&shop.base(), &filled.goods));
    line("");
    match folder {
        Some(folder) => {
            line(format!("All of it is in {} and goes away when you stop it with Ctrl-C.", folder.display()));
        }
        None => line("It stays in the data folder when you stop it with Ctrl-C."),
    }
}
