//! Wake-ups: a committed transaction tells background loops that there is work.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The wake-ups of one database in this process. Each channel counts how often it was woken, so
/// a listener that was busy still sees that something happened.
#[derive(Debug, Default)]
pub(crate) struct Channels(Mutex<HashMap<&'static str, watch::Sender<u64>>>);

impl Channels {
    pub(crate) fn listen(&self, channel: &'static str) -> Listener {
        let mut channels = self.lock();
        let sender = channels.entry(channel).or_default();
        Listener { receiver: sender.subscribe(), _alive: sender.clone() }
    }

    pub(crate) fn wake(&self, channel: &str) {
        if let Some(sender) = self.lock().get(channel) {
            sender.send_modify(|count| *count += 1);
        }
    }

    pub(crate) fn wake_all_of(&self, channels: &[&'static str]) {
        for channel in channels {
            self.wake(channel);
        }
    }

    /// Wakes everybody, when wake-ups may have been missed.
    pub(crate) fn wake_everybody(&self) {
        for sender in self.lock().values() {
            sender.send_modify(|count| *count += 1);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<&'static str, watch::Sender<u64>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for wake-ups of one channel, made by [`crate::Db::listen`].
#[derive(Debug)]
pub struct Listener {
    receiver: watch::Receiver<u64>,
    _alive: watch::Sender<u64>,
}

impl Listener {
    /// Returns when the channel was woken since the last return (at first: since it was made).
    /// Several wake-ups in between become one, none is lost, and there may be one too many; wait
    /// with a time-out and look for work anyway, because other processes can fail to wake us.
    pub async fn wait(&mut self) {
        self.receiver.changed().await.expect("the listener keeps its own sender alive");
    }
}
