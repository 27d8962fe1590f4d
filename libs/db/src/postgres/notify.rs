//! Wake-ups between processes through LISTEN and NOTIFY.
//!
//! NOTIFY inside the writing transactions would make the server commit them one at a time, so it
//! is sent after the commit, many wake-ups in one. If a process dies in between, the others find
//! the work when they look the next time; inside the process nothing of this is needed.

use crate::listen::Channels;
use sqlx::postgres::{PgListener, PgPool};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;

/// Sends and hears the wake-ups of one database.
#[derive(Debug)]
pub(super) struct Notifier {
    pool: PgPool,
    /// Holds the one connection that listens.
    hearing: PgPool,
    /// The channel of the server, the same for all processes with this schema.
    topic: String,
    /// Who we are, to ignore our own wake-ups.
    id: String,
    outgoing: Mutex<Outgoing>,
    listening: OnceLock<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Outgoing {
    channels: BTreeSet<&'static str>,
    sending: bool,
}

impl Notifier {
    pub(super) fn new(pool: PgPool, hearing: PgPool, schema: &str) -> Self {
        let id = base::Id::<()>::new().to_string();
        let topic = schema.to_owned();
        Self { pool, hearing, topic, id, outgoing: Mutex::default(), listening: OnceLock::new() }
    }

    /// Tells the other processes soon.
    pub(super) fn notify(self: &Arc<Self>, channels: &[&'static str]) {
        if channels.is_empty() {
            return;
        }
        let mut outgoing = self.lock();
        outgoing.channels.extend(channels);
        if !std::mem::replace(&mut outgoing.sending, true) {
            let notifier = self.clone();
            drop(base::spawn("notify", async move { notifier.send().await }));
        }
    }

    async fn send(&self) {
        loop {
            let channels = {
                let mut outgoing = self.lock();
                outgoing.sending = !outgoing.channels.is_empty();
                std::mem::take(&mut outgoing.channels)
            };
            if channels.is_empty() {
                return;
            }
            for channel in channels {
                let payload = format!("{} {channel}", self.id);
                let sent = sqlx::query("SELECT pg_notify($1, $2)").bind(&self.topic).bind(payload);
                if let Err(error) = sent.execute(&self.pool).await {
                    tracing::warn!(%error, channel, "cannot wake other processes");
                }
            }
        }
    }

    /// Starts to hear other processes, once.
    pub(super) fn listen(&self, channels: &Arc<Channels>) {
        self.listening.get_or_init(|| {
            let (pool, topic, id) = (self.hearing.clone(), self.topic.clone(), self.id.clone());
            let channels = channels.clone();
            base::spawn("listen", async move {
                loop {
                    if let Err(error) = hear(&pool, &topic, &id, &channels).await {
                        tracing::warn!(%error, "cannot hear the wake-ups of other processes, trying again");
                    }
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            })
        });
    }

    pub(super) fn close(&self) {
        if let Some(task) = self.listening.get() {
            task.abort();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Outgoing> {
        self.outgoing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Notifier {
    fn drop(&mut self) {
        self.close();
    }
}

/// Passes wake-ups on until the connection fails.
async fn hear(pool: &PgPool, topic: &str, id: &str, channels: &Channels) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(topic).await?;
    // What was sent while nobody heard it.
    channels.wake_everybody();
    while let Some(notification) = listener.try_recv().await? {
        match notification.payload().split_once(' ') {
            Some((sender, _)) if sender == id => {}
            Some((_, channel)) => channels.wake(channel),
            None => channels.wake_everybody(),
        }
    }
    Ok(())
}
