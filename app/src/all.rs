//! Everything in one process: the services, the public and the private listener, a graceful end.

#[cfg(test)]
mod tests;

use crate::args::Serve;
use crate::links;
use crate::operator;
use crate::operator_client::{Holder, Lock, Operator, take};
use crate::output::{Outcome, Result, line, note};
use crate::services;
use crate::settings::Settings;
use crate::signals::Signals;
use api::user::FirstAdminLink;
use base::keys::Keys;
use base::{Error, Kind};
use serde::Deserialize;
use service::server::{Limits, listen, serve as serve_http};
use service::{Host, ops_router};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What a shop needs for itself alone: two addresses and a data folder.
pub(crate) struct Place {
    /// The settings, with the addresses really taken where the port was 0.
    pub(crate) settings: Settings,
    public: TcpListener,
    private: TcpListener,
    lock: Lock,
}

impl Place {
    /// Takes the addresses and the data folder. Whoever connects waits until the shop is open.
    pub(crate) async fn take(settings: &Settings) -> base::Result<Self> {
        let private = open(&settings.platform.ops_listen, "--ops-listen").await?;
        let public = open(&settings.platform.listen, "--listen").await?;
        let ops_listen = address(&private)?;
        let settings = settings.with("listen", &address(&public)?)?.with("ops_listen", &ops_listen)?;
        match take(&settings.platform.data_dir, &ops_listen)? {
            Holder::Us(lock) => Ok(Self { settings, public, private, lock }),
            Holder::Shop(other) => Err(in_use(&settings, &other)),
        }
    }
}

async fn open(address: &str, flag: &str) -> base::Result<TcpListener> {
    let advice =
        |error: Error| Error::unavailable(format!("{}; choose another address with {flag}", error.detail()));
    listen(address).await.map_err(advice)
}

fn in_use(settings: &Settings, other: &str) -> Error {
    let who = if other.is_empty() {
        "it is a command that will end".into()
    } else {
        format!("its private address is {other}")
    };
    let folder = settings.platform.data_dir.display();
    let detail = format!(
        "another emporion uses the data folder {folder} ({who}); stop it or choose another --data-dir"
    );
    Error::conflict("data-folder-in-use", detail)
}

fn address(listener: &TcpListener) -> base::Result<String> {
    listener.local_addr().map(|address| address.to_string()).map_err(Error::internal)
}

/// The one key of the section that this file looks at.
#[derive(Deserialize)]
struct Mailbox {
    mailbox_public: bool,
}

/// A running shop.
pub(crate) struct Shop {
    host: Arc<Host>,
    keys: Keys,
    settings: Settings,
    stop: watch::Sender<bool>,
    servers: Vec<JoinHandle<()>>,
    _lock: Lock,
}

impl Shop {
    /// Starts the services at `place`; nobody is answered before everything stands.
    pub(crate) async fn open(place: Place) -> base::Result<Self> {
        let Place { settings, public, private, lock } = place;
        let options = settings.host_options(true)?;
        let keys = options.keys.clone();
        let host = Arc::new(Host::start(options, &services::all(), &[]).await?);
        let gateway = host
            .router("gateway")
            .ok_or_else(|| Error::internal("the gateway is not in the list of services"))?;
        let (stop, stopped) = watch::channel(false);
        let private_routes = ops_router(host.clone()).merge(operator::router(host.clone(), &keys));
        let servers = vec![
            base::spawn("public", serve_http(public, gateway, Limits::default(), stopped.clone())),
            base::spawn("private", serve_http(private, private_routes, Limits::default(), stopped)),
        ];
        Ok(Self { host, keys, settings, stop, servers, _lock: lock })
    }

    /// Base of every link, without a slash at the end.
    pub(crate) fn base(&self) -> String {
        self.settings.public_url()
    }

    /// Says where everything is.
    pub(crate) fn announce(&self) {
        let base = self.base();
        line(format!("  API            {base}/api/products"));
        line(format!("  API reference  {base}/api/docs"));
        let readers = if self.mailbox_is_open() { "" } else { " (with an access token of staff)" };
        line(format!("  mailbox        {base}/api/mailbox{readers}"));
        line(format!("  public         http://{} (the gateway listens here)", self.settings.platform.listen));
        line(format!(
            "  private        http://{} (health, metrics, operators)",
            self.settings.platform.ops_listen
        ));
    }

    /// Whether everybody may read the built-in mailbox, as in a demonstration.
    fn mailbox_is_open(&self) -> bool {
        let section = self.settings.config.section::<Mailbox>("notification");
        section.is_ok_and(|section| section.mailbox_public)
    }

    /// A way to the services for commands of this process.
    pub(crate) fn operator(&self) -> Operator {
        Operator::of_host(&self.host, &self.keys)
    }

    /// Runs until a signal comes, then ends gracefully; a second signal ends it at once.
    pub(crate) async fn run(self, signals: &mut Signals) -> Outcome {
        let signal = signals.next().await;
        note("emporion: finishing what is in progress; once more to stop at once");
        tokio::select! {
            () = self.stop() => {}
            _ = signals.next() => note("emporion: stopped; what was in progress is taken up again at the next start"),
        }
        Outcome::Stopped(signal)
    }

    /// Takes no more requests, lets those in progress end, then events and tasks, then the stores.
    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        for server in self.servers {
            if let Err(error) = server.await {
                tracing::error!(%error, "a listener ended badly");
            }
        }
        // The private listener's routes held the other reference; they are gone now.
        for _ in 0..50 {
            if Arc::strong_count(&self.host) == 1 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        match Arc::try_unwrap(self.host) {
            Ok(host) => host.stop().await,
            Err(_) => tracing::warn!("a connection outlived its listener; stores close with the process"),
        }
    }
}

/// `emporion serve`
pub(crate) async fn serve(settings: &Settings, _: &Serve) -> Result {
    let mut signals = Signals::catch()?;
    let shop = Shop::open(Place::take(settings).await?).await?;
    line("Emporion is running.");
    shop.announce();
    match first_administrator(&shop.operator()).await {
        Ok(Some(url)) => invite(&url),
        Ok(None) => {}
        Err(error) => note(format!("emporion: no administrator's link could be made: {}", error.detail())),
    }
    Ok(shop.run(&mut signals).await)
}

fn invite(url: &str) {
    line(format!("  There is no administrator yet. This link creates the first one, once:\n    {url}"));
    if let Some(call) = links::first_administrator(url) {
        line("  Until its page is there, this call does it; put in your address and a password of 15");
        line(format!("  characters or more:\n    {call}"));
    }
}

/// The one-time link that creates the first administrator; none if there is one.
async fn first_administrator(operator: &Operator) -> base::Result<Option<String>> {
    let path = "/operator/peer/user/internal/users/first-admin-link";
    match operator.post::<FirstAdminLink>(path, &serde_json::json!({})).await {
        Ok(link) => Ok(Some(link.url)),
        Err(error) if error.kind() == Kind::Conflict => Ok(None),
        Err(error) => Err(error),
    }
}
